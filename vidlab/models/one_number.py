"""How one number of a layer comes about: the numbers that it is made from, taken from the answers at hand."""

from dataclasses import dataclass

import numpy as np
from keras import activations
from keras import layers as kinds

from vidlab.models.layers import CONVOLUTIONS, DEPTHWISE
from vidlab.reference.sliding import same_padding
from vidlab.tensorflow import tf

POOLING = {  # the kinds that slide, and those that take all
    "largest": (
        (kinds.MaxPooling1D, kinds.MaxPooling2D, kinds.MaxPooling3D),
        (kinds.GlobalMaxPooling1D, kinds.GlobalMaxPooling2D, kinds.GlobalMaxPooling3D),
    ),
    "mean": (
        (kinds.AveragePooling1D, kinds.AveragePooling2D, kinds.AveragePooling3D),
        (kinds.GlobalAveragePooling1D, kinds.GlobalAveragePooling2D, kinds.GlobalAveragePooling3D),
    ),
}
TAKES_ALL = POOLING["largest"][1] + POOLING["mean"][1]
SLIDES = CONVOLUTIONS + DEPTHWISE + POOLING["largest"][0] + POOLING["mean"][0]
ONE_BY_ONE = kinds.ReLU, kinds.LeakyReLU, kinds.ELU, kinds.PReLU, kinds.Activation, kinds.Rescaling, kinds.Identity
TOGETHER = activations.softmax, activations.log_softmax  # of all filters: not one by one


@dataclass(frozen=True)
class Terms:
    """What one number is made from.

    Attributes
    ----------
    how
        "sum" (of products), "largest", "mean" or "one" (one number made of one number).
    size
        Of the window, along the axes of what the layer was given: (rows, columns), or (frames, rows, columns).
    window
        (entries of the window, channels that count): the numbers in it; 0 outside.
    outside
        (entries,) bool: beyond the edge, where padding puts zeros, which a pooling layer leaves out.
    places
        (entries, channels, 4): frame, filter, row and column in the answers of the layer before.
    number
        What comes of it.
    weights
        (entries, channels) of a sum.
    bias, total
        Of a sum: the bias, and the bias with all products, before the activation.
    """

    how: str
    size: tuple
    window: np.ndarray
    outside: np.ndarray
    places: np.ndarray
    number: float
    weights: np.ndarray | None = None
    bias: float = 0.0
    total: float = 0.0

    @property
    def products(self):
        return self.window.astype(np.float64) * self.weights


def terms(one, filter, frame, row, column):
    """The Terms of a number of a layer; None where the layer makes its numbers in another way.

    For convolutions with any stride, padding, dilation and groups, for depthwise and dense layers and for batch
    normalisation,

        number = activation(bias + sum over entries and channels of window * weights)

    for pooling layers the largest number of the window, or its mean, and for layers such as ReLU, which make one number
    of one, that number.

    Parameters
    ----------
    one
        `LayerAnswers` of a layer.
    filter, frame, row, column
        Where the number stands: `one.values[frame, filter, row, column]`.

    Examples
    --------
    >>> import keras
    >>> from vidlab import models
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, activation="relu")])
    >>> clip = np.random.default_rng(0).random((1, 8, 8, 3), np.float32)
    >>> (one,) = models.layer_answers(model, clip)
    >>> found = terms(one, filter=1, frame=0, row=4, column=5)
    >>> found.size, found.window.shape
    ((3, 3), (9, 3))
    >>> total = found.bias + found.products.sum()
    >>> bool(np.isclose(max(total, 0), one.values[0, 1, 4, 5], atol=1e-5))
    True
    """
    how = _how(one)
    if how is None:
        return None
    size, entries, outside = _window(one, (frame, row, column))
    if how != "sum":
        window, places = _numbers(one, entries, outside, np.array([filter]))
        inside = window[~outside].astype(np.float64)
        number = {"largest": inside.max, "mean": inside.mean, "one": lambda: one.values[frame, filter, row, column]}
        return Terms(how, size, window, outside, places, float(number[how]()))
    weights, bias = one.weights
    _, channels, groups, filters = weights.shape
    group, mine = divmod(filter, filters)
    window, places = _numbers(one, entries, outside, group * channels + np.arange(channels))
    own = weights[:, :, group, mine].astype(np.float64)
    total, bias_of_it = float(bias[filter] + (window * own).sum()), float(bias[filter])
    activation = getattr(one.layer, "activation", activations.linear)
    totals, place = [total], 0
    if activation in TOGETHER:  # then those of the other filters are needed, too
        every, _ = _numbers(one, entries, outside, np.arange(one.given[-1]))
        every = every.reshape(-1, groups, channels).astype(np.float64)
        totals, place = bias + np.einsum("kgc,kcgf->gf", every, weights).ravel(), filter
    number = activation(tf.constant([totals], tf.float32)).numpy()[0, place]
    return Terms(how, size, window, outside, places, float(number), own, bias_of_it, total)


def _how(one):
    if one.before is None or len(one.given) < 2:
        return None
    if one.weights is not None:
        return "sum"
    for how, kinds_of_it in POOLING.items():
        if isinstance(one.layer, kinds_of_it[0] + kinds_of_it[1]):
            return how
    alike = one.shape == one.given and getattr(one.layer, "activation", None) not in TOGETHER
    return "one" if alike and isinstance(one.layer, ONE_BY_ONE) else None


def _window(one, place):
    """(size, number of each entry among all places of what was given, which of them lie outside)."""
    layer, (_, *along) = one.layer, one.given[:-1]
    frames, _, rows, columns = one.values.shape
    n = np.ravel_multi_index(place, (frames, rows, columns))  # Keras's order of all places, whatever its axes are
    first, *at = np.unravel_index(n, one.shape[:-1])
    ones = (1,) * len(along)
    size, stride, dilation, zeros = ones, ones, ones, (0,) * len(along)
    if isinstance(layer, TAKES_ALL):
        size, at = tuple(along), zeros
    elif isinstance(layer, SLIDES):
        size = tuple(getattr(layer, "kernel_size", ()) or layer.pool_size)
        stride, dilation = layer.strides, getattr(layer, "dilation_rate", ones)
        if layer.padding == "same":
            zeros = [same_padding(*axis)[0] for axis in zip(along, size, stride, dilation, strict=True)]
        elif layer.padding == "causal":
            zeros = [(k - 1) * d for k, d in zip(size, dilation, strict=True)]
    axes = [
        p * s - before + np.arange(k) * d
        for p, s, before, k, d in zip(at, stride, zeros, size, dilation, strict=True)
    ]  # fmt: skip
    grid = [axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")] if along else []
    outside = np.zeros(int(np.prod(size)), bool)
    for axis, length in zip(grid, along, strict=True):
        outside |= (axis < 0) | (axis >= length)
    entries = np.ravel_multi_index((np.full(len(outside), first), *grid), one.given[:-1], mode="clip")
    return size, entries, outside


def _numbers(one, entries, outside, channels):
    """The numbers that the layer was given there, and where they stand in the answers of the layer before."""
    n = entries[:, None] * one.given[-1] + channels
    frames, filters, rows, columns = one.before.values.shape
    frame, row, column, filter = np.unravel_index(n, (frames, rows, columns, filters))
    window = np.where(outside[:, None], np.float32(0), one.before.values[frame, filter, row, column])
    return window, np.stack([frame, filter, row, column], axis=-1)
