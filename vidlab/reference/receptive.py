"""Receptive fields by index arithmetic: which cells of the input each cell of a stack of layers depends on.

`models.receptive_fields` measures the same on a Keras model.
"""

from typing import NamedTuple

import numpy as np

CELLS = {0: (), 1: ("step",), 2: ("row", "column"), 3: ("frame", "row", "column")}  # names of a layer's axes


class Window(NamedTuple):
    """What one output sees along an axis: `kernel` entries, `dilation` apart; its neighbour, `stride` further on."""

    kernel: int = 1
    stride: int = 1
    dilation: int = 1


class Windows(NamedTuple):
    """A layer of a stack: its windows over space and time. `reduce` is what it keeps of them: here a convolution takes
    the mean. `causal`: all zeros over time come before.
    """

    space: Window = Window()
    time: Window = Window()
    reduce: str = "convolve"
    causal: bool = False


class Map(NamedTuple):
    """The output of a layer: cells at places, and what each of them depends on.

    axes : names of the axes of its cells, of "frame", "row", "column", "step", "place"; none for a vector.
    seen : for each axis of the input, bool (*cells, size of that axis).
    most : for each axis of the input, how many entries the cell that sees most depends on.
    values : (*cells,) floats: how large the numbers are, in the mean over the channels.
    """

    axes: tuple
    seen: list
    most: list
    values: np.ndarray


def axis_matrix(size, window, padding="valid", noun="entries"):
    """Which of `size` entries of an axis each output of a layer depends on: bool (outputs, size).

    Output p sees the entries p * stride - before + i * dilation, i = 0 ... kernel - 1, that exist. "valid" has
    nothing before and only whole windows; "same" shares the zeros between both ends as Keras does; "causal" has all of
    them before.
    """
    reach = (window.kernel - 1) * window.dilation + 1
    outputs, before = -(-size // window.stride), reach - 1  # causal
    if padding == "valid":
        outputs, before = (size - reach) // window.stride + 1, 0
    elif padding == "same":
        before = max((outputs - 1) * window.stride + reach - size, 0) // 2
    if outputs < 1:
        raise ValueError(f"it needs {reach} {noun} and gets {size}")
    seen = np.arange(outputs)[:, None] * window.stride - before + np.arange(window.kernel) * window.dilation
    matrix = np.zeros((outputs, size), bool)
    output, tap = np.nonzero((seen >= 0) & (seen < size))
    matrix[output, seen[output, tap]] = True
    return matrix


def stacked(layers, clip, padding="valid"):
    """What a stack of layers makes of a clip.

    `layers` holds pairs (name, Windows), `clip` is ([frames,] height, width). Gives its Map, and the sizes of all maps
    from the clip on.

    The matrices of two layers, one after the other, are multiplied: an output sees an entry when it sees an entry
    between that sees it.
    """
    matrices, values, sizes = [np.eye(n, dtype=bool) for n in clip.shape], clip, [clip.shape]
    for place, (name, layer) in enumerate(layers, 1):
        try:
            for axis, window in enumerate((layer.time, layer.space, layer.space)[-clip.ndim :]):
                if window == Window():
                    continue
                how = "causal" if layer.causal and window is layer.time else padding
                own = axis_matrix(values.shape[axis], window, how, f"{CELLS[clip.ndim][axis]}s")
                matrices[axis] = own @ matrices[axis]
                values = _reduce(values, axis, own, layer.reduce, window.kernel)
        except ValueError as error:
            raise ValueError(f"layer {place}, {name}: {error}. Take a layer out, or choose padding same.") from None
        sizes.append(values.shape)
    cells = values.shape
    seen = []
    for axis, matrix in enumerate(matrices):
        shape = [1] * clip.ndim + [matrix.shape[1]]
        shape[axis] = len(matrix)
        seen.append(np.broadcast_to(matrix.reshape(shape), (*cells, matrix.shape[1])))
    return Map(CELLS[clip.ndim], seen, [int(m.sum(axis=1).max()) for m in matrices], values), sizes


def receptive_field(windows):
    """Size r of the field of a stack of `Window`s and distance j of neighbours, (r, j), where no edge cuts it off.

    Layer by layer, r grows by (kernel - 1) dilation j, and then j is multiplied by the stride. Araujo, Norris and Sim,
    Computing receptive fields of convolutional neural networks, Distill 2019.

    >>> receptive_field([Window(3), Window(2, stride=2), Window(3)])
    (8, 2)
    """
    r = j = 1
    for kernel, stride, dilation in windows:
        r, j = r + (kernel - 1) * dilation * j, j * stride
    return r, j


def _reduce(values, axis, matrix, reduce, kernel):
    """What the layer keeps of the entries that each output sees; zeros beyond the edge count in a convolution alone."""
    keep = {"max": np.max, "average": np.mean, "convolve": lambda seen, axis: seen.sum(axis=axis) / kernel}[reduce]
    values = np.moveaxis(values, axis, 0)
    return np.moveaxis(np.stack([keep(values[seen], axis=0) for seen in matrix]), 0, axis)
