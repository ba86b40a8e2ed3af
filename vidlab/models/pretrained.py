"""A network that learnt from photographs, to be used on frames."""

import os
import shutil
import warnings
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import urlsplit
from urllib.request import urlopen

import keras
from keras import layers

ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"  # where Keras takes them from
SIDES, WIDTHS = (96, 128, 160, 192, 224), (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)  # for which ImageNet weights exist
HDF5 = b"\x89HDF\r\n\x1a\n"  # how such a file begins


class WeightsError(Exception):
    """Weights could not be had. The message says why and what to do, in one sentence."""


def backbone(image_shape, weights="imagenet", side=96, width=0.35, timeout=5.0):
    """MobileNetV2 without its last layer: one frame, float32 in [0, 1], to 1,280 features. 410,000 parameters, frozen.

    The network itself wants `side` by `side` pixels in [-1, 1]; both are seen to here. To fine-tune it, set
    `trainable`, and take that back for its batch normalisation, or training changes the statistics it came with.
    Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks, CVPR 2018.

    Parameters
    ----------
    image_shape
        (height, width, 3) of the frames that go in.
    weights
        "imagenet" fetches them once (2 MB, kept where Keras keeps them); a path takes them from a file; None
        leaves the network as it is drawn by chance.
    side, width
        Of the network; `width` multiplies its channels.
    timeout
        Seconds without an answer after which there counts as no network.

    Raises
    ------
    WeightsError
        They cannot be fetched, or the file is none or belongs to another network.
    ValueError
        There are no ImageNet weights for `side` and `width`.

    Examples
    --------
    >>> backbone((32, 32, 3), weights=None).output_shape
    (None, 1280)
    """
    if weights == "imagenet":
        if side not in SIDES or width not in WIDTHS:
            raise ValueError(f"side={side!r} must be one of {SIDES} and width={width!r} one of {WIDTHS}")
        weights = _fetched(f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(width)}_{side}_no_top.h5", timeout)
    network = keras.applications.MobileNetV2((side, side, 3), width, include_top=False, weights=None, pooling="avg")
    if weights is not None:
        _load(network, Path(weights).expanduser())
    frame = x = keras.Input(image_shape, name="frame")
    if tuple(image_shape[:2]) != (side, side):
        x = layers.Resizing(side, side)(x)
    x = network(layers.Rescaling(2.0, offset=-1.0)(x))
    model = keras.Model(frame, x, name="backbone")
    model.trainable = False
    return model


def _load(network, file):
    try:
        with open(file, "rb") as opened:
            begins_well = opened.read(len(HDF5)) == HDF5
    except OSError as error:
        raise WeightsError(f"{file} cannot be read ({error.strerror}): give the path of a weights file.") from None
    if not begins_well:
        raise WeightsError(f"{file} is no weights file (HDF5): fetch it again.")
    try:
        with warnings.catch_warnings(action="ignore"):  # about each layer that does not fit
            network.load_weights(file)
    except (ValueError, KeyError, OSError):
        raise WeightsError(
            f"{file} does not belong to this network: it must be a MobileNetV2 of the same width, without its top."
        ) from None


def _fetched(name, timeout):
    """The file's path in Keras's cache; fetched where it is not there yet."""
    file = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models" / name
    if file.exists():
        return file
    answers = SimpleQueue()

    def ask():
        try:
            answers.put(urlopen(ADDRESS + name, timeout=timeout))
        except (OSError, HTTPException) as error:
            answers.put(error)

    Thread(target=ask, daemon=True).start()  # since looking up a server's name knows no time limit
    part = file.with_suffix(".part")
    try:
        answer = answers.get(timeout=timeout)
        if isinstance(answer, Exception):
            raise answer
        file.parent.mkdir(parents=True, exist_ok=True)
        with answer, open(part, "wb") as opened:
            shutil.copyfileobj(answer, opened)
        if part.stat().st_size != int(answer.headers.get("Content-Length", -1)):
            raise OSError("the connection broke")
        with open(part, "rb") as opened:
            if opened.read(len(HDF5)) != HDF5:
                raise OSError("a web page came instead")
        os.replace(part, file)
    except (OSError, HTTPException, Empty) as error:
        part.unlink(missing_ok=True)
        reason = "no answer in time" if isinstance(error, Empty) else getattr(error, "reason", error)
        why = getattr(reason, "strerror", None) or reason
        raise WeightsError(
            f"The ImageNet weights cannot be fetched from {urlsplit(ADDRESS).hostname} ({why}): go on with "
            f"weights=None, or give the path of {name}, fetched elsewhere, as weights."
        ) from None
    return file
