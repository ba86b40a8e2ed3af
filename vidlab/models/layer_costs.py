"""What a batch of clips costs in each layer of a Keras model: multiplications, and numbers that must be moved.

A layer that makes y of x by weights w multiplies as often as each number of y has weights: a convolution or a dense
layer ``w.size * places of y``, a recurrent layer all its weights at each step, attention between n tokens of width d
``2 n^2 d`` beside its dense layers. It must read x and w and write y, 4 bytes a number. Multiplications for a byte are
its *intensity* (Williams, Waterman and Patterson, Roofline, CACM 52(4), 2009).
"""

from dataclasses import dataclass

import numpy as np
from keras import layers as kinds

from vidlab.models.layers import frames_as_batch, instead, layers_of
from vidlab.tensorflow import tf


@dataclass(frozen=True)
class Cost:
    """One layer's part of a forward pass.

    Attributes
    ----------
    name, kind
        The layer's, and its class.
    multiplications
        Each with an addition.
    numbers
        That are read and written at least: input, weights and output.
    layer, given
        The Keras layer, and what it got: ``layer(*given)`` computes it again.
    """

    name: str
    kind: str
    multiplications: int
    numbers: int
    layer: object
    given: tuple

    @property
    def intensity(self):
        """Multiplications for a byte."""
        return self.multiplications / (4 * self.numbers)


def costs(model, clips) -> list[Cost]:
    """The Cost of every layer of a model, in the order in which they are called, for a batch of clips.

    Convolutions (also depthwise), dense layers, recurrent layers and attention of a sequence to itself are counted,
    channels last; what multiplies by no kernel (pooling, ReLU, normalisation) counts 0. For a model of several inputs
    give {name: array}.

    >>> from vidlab import models
    >>> found = costs(models.conv3d((12, 32, 32, 3), classes=8), np.zeros((1, 12, 32, 32, 3), np.float32))
    >>> sum(one.multiplications for one in found)
    11944448
    """
    found = []

    def watch(name, layer):
        call = layer.call

        def watched(x, *args, **kwargs):
            answer = call(x, *args, **kwargs)
            given, y = tf.nest.flatten((x, *args)), tf.nest.flatten(answer)[0]
            weights = sum(int(np.prod(w.shape)) for w in layer.weights)
            moved = sum(_size(one) for one in {id(one): one for one in given}.values()) + weights + _size(y)
            kind = type(layer).__name__
            found.append(Cost(name, kind, _multiplications(layer, given[0], y), moved, layer, (x, *args)))
            return answer

        return layer, watched

    inside = {name: layer for name, layer in layers_of(model).items() if not hasattr(layer, "layers")}
    given = tf.nest.map_structure(tf.constant, clips)
    with instead([watch(name, layer) for name, layer in inside.items()]), frames_as_batch(model):
        model(given, training=False)
    return found


def _multiplications(layer, x, y):
    if isinstance(layer, kinds.MultiHeadAttention):
        tokens, width = x.shape[-2], layer.num_heads * layer.key_dim
        dense = sum(_size(w) for w in layer.weights if len(w.shape) > 2) * _size(x) // x.shape[-1]
        return dense + 2 * tokens * width * (_size(x) // x.shape[-1])
    cell = getattr(layer, "cell", None)
    if cell is not None:  # x is (batch, steps, ...); a convolution in the recurrence has places beside
        weights = sum(_size(w) for w in cell.trainable_weights if len(w.shape) > 1 and "bias" not in w.name)
        places = int(np.prod(y.shape[-3:-1])) if isinstance(layer, kinds.ConvLSTM2D) else 1
        return weights * x.shape[0] * x.shape[1] * places
    kernel = getattr(layer, "kernel", None)  # as many weights for each number of y; of a depthwise one, too
    return 0 if kernel is None else _size(kernel) * _size(y) // y.shape[-1]


def _size(x):
    return int(np.prod(x.shape))
