"""The one form of all explanations, and what a model is asked for."""

import inspect
from dataclasses import dataclass
from functools import lru_cache, wraps
from time import perf_counter

import keras
import numpy as np

from vidlab.clips import require
from vidlab.models.layers import fitting
from vidlab.tensorflow import tf

AT_A_TIME = 32  # clips
KEPT = 4  # models whose graphs are kept, since to build one takes as long as many answers


@dataclass(frozen=True)
class Explanation:
    """What of a clip mattered for one class of a model.

    Attributes
    ----------
    values
        (frames, height, width) float32, in the method's own unit. Above 0: speaks for the class. Below: against it.
    target
        The number of the class.
    method
        The name of the method.
    seconds
        How long it took.
    """

    values: np.ndarray
    target: int
    method: str
    seconds: float

    @property
    def heat(self) -> np.ndarray:
        """(frames, height, width) from 0 to 1: what speaks for the class, as a part of the largest."""
        above = np.maximum(self.values, 0)
        return above / max(above.max(), 1e-12)

    @property
    def over_time(self) -> np.ndarray:
        """(frames,): the sum over each frame."""
        return self.values.sum(axis=(1, 2))


def method(function):
    """Make of (model, clip (frames, height, width, channels), target, ...) -> values a method of this room.

    The clip is checked and brought to floats, the class that the model itself names is the target where none is given,
    and the time is taken.
    """

    @wraps(function)
    def explained(model, clip, target=None, **settings):
        clip = fitting(model, clip)
        classes = model.output_shape[-1]
        if target is None:
            target = int(np.argmax(model(clip[None], training=False)))
        whole = isinstance(target, int | np.integer) and not isinstance(target, bool) and 0 <= target < classes
        require(whole, f"target={target!r} must be the number of a class, from 0 to {classes - 1}")
        begun = perf_counter()
        values = np.asarray(function(model, clip, int(target), **settings), np.float32)
        return Explanation(values, int(target), function.__name__, perf_counter() - begun)

    shown = inspect.signature(function)
    explained.__signature__ = shown.replace(
        parameters=[p.replace(default=None) if p.name == "target" else p for p in shown.parameters.values()],
        return_annotation=Explanation,
    )
    return explained


@lru_cache(KEPT)
def scores(model) -> keras.Model:
    """The model up to its softmax: the logits.

    Their differences do not flatten out where a probability comes near 1. Where the last layer is no softmax of its
    own, the logarithm of the output stands for them; it differs from them by a number that is the same for all classes.
    """
    last = model.layers[-1]
    if isinstance(last, keras.layers.Dense) and last.activation is keras.activations.softmax:
        logits = keras.ops.matmul(last.input, last.kernel) + (last.bias if last.use_bias else 0.0)
    else:
        logits = keras.ops.log(keras.ops.maximum(model.output, 1e-7))
    return keras.Model(model.input, logits)


@lru_cache(KEPT)
def _answers(model):
    return tf.function(lambda x: model(x, training=False), reduce_retracing=True)


def probability(model, target: int):
    """A function clips (n, frames, height, width, channels) -> (n,), the probability of a class, some at a time."""
    answer = _answers(model)

    def asked(clips):
        parts = [answer(tf.constant(clips[i : i + AT_A_TIME])).numpy() for i in range(0, len(clips), AT_A_TIME)]
        return np.concatenate(parts)[:, target]

    return asked


def filling(clip, fill):
    """What stands where a part of a clip is taken away: an array that broadcasts to the clip.

    A number: this grey. "mean": the clip's mean colour. "still": each pixel's median over time, which takes away what
    moves and leaves the ground. An array: as it is.
    """
    if isinstance(fill, str):
        require(fill in ("mean", "still"), f'fill={fill!r} must be a number from 0 to 1, "mean", "still" or an array')
        return clip.mean(axis=(0, 1, 2), keepdims=True) if fill == "mean" else np.median(clip, axis=0, keepdims=True)
    fill = np.asarray(fill, np.float32)
    try:
        np.broadcast_to(fill, clip.shape)
    except ValueError:
        raise ValueError(f"fill: an array of shape {fill.shape} does not fit a clip of {clip.shape}") from None
    return fill
