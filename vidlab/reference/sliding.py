"""Windows that slide over an image: how many there are, and which pixels each of their entries meets.

Convolution and pooling share this arithmetic (Dumoulin and Visin 2016, "A guide to convolution arithmetic
for deep learning", arXiv:1603.07285).
"""

from typing import NamedTuple

import numpy as np

from vidlab.reference.arguments import sizes


def output_size(n, k, stride=1, padding="valid", dilation=1):
    """How many outputs a window of k entries gives on n inputs, along one axis.

        valid: floor((n - span) / stride) + 1, with span = (k - 1) * dilation + 1
        same:  ceil(n / stride)

    Raises ValueError for any other padding. Below 1 the window does not fit.

    >>> output_size(8, 3), output_size(8, 3, stride=2, padding="same")
    (6, 4)
    """
    if padding == "same":
        return -(-n // stride)
    if padding == "valid":
        return (n - (k - 1) * dilation - 1) // stride + 1
    raise ValueError(f"padding: expected 'valid' or 'same', got {padding!r}")


def same_padding(n, k, stride=1, dilation=1):
    """How many zeros (before, after) an axis of n inputs gets under "same" padding.

    Of an odd number the odd one goes after, as in TensorFlow and Keras; zeros depend on n and stride, so
    this is not always k // 2 on both sides.

    >>> same_padding(8, 3), same_padding(8, 3, stride=2)
    ((1, 1), (0, 1))
    """
    total = max((output_size(n, k, stride, "same") - 1) * stride + (k - 1) * dilation + 1 - n, 0)
    return total // 2, total - total // 2


class Windows(NamedTuple):
    """All windows over an array (batch, height, width, channels), or one with more axes in the middle."""

    outputs: tuple  # windows along each axis
    stride: tuple
    dilation: tuple
    padding: list  # (before, after) along each axis

    def pad(self, x, value=0):
        if not np.any(self.padding):
            return x
        return np.pad(x, [(0, 0), *self.padding, (0, 0)], constant_values=value)

    def crop(self, padded):
        """Undo `pad`."""
        ends = zip(self.padding, padded.shape[1:], strict=False)
        return padded[:, *(slice(before, n - after) for (before, after), n in ends)]

    def at(self, *entry):
        """Where in the padded array all windows find this entry: entry * dilation + window * stride.

        `padded[windows.at(i, j)]` is (batch, *outputs, channels).
        """
        firsts = (i * d for i, d in zip(entry, self.dilation, strict=True))
        steps = zip(firsts, self.outputs, self.stride, strict=True)
        return np.s_[:, *(slice(first, first + (n - 1) * s + 1, s) for first, n, s in steps)]


def sliding_windows(name, x, size, stride, padding, dilation=1):
    """The Windows of `size` over x; ValueError where they do not fit. `name` says whose size it is."""
    axes = len(size)
    shape, stride, dilation = x.shape[1:-1], sizes("stride", stride, axes), sizes("dilation", dilation, axes)
    if max(stride) > 1 and max(dilation) > 1:
        raise ValueError(f"stride {stride} and dilation {dilation}: only one may be above 1, as in Keras")
    along = list(zip(shape, size, stride, dilation, strict=True))
    outputs = tuple(output_size(n, k, s, padding, d) for n, k, s, d in along)
    if min(outputs) < 1:
        spread = f" with dilation {dilation}" if max(dilation) > 1 else ""
        raise ValueError(f"{name}: a window of {tuple(size)}{spread} does not fit into x {x.shape}")
    zeros = [same_padding(n, k, s, d) if padding == "same" else (0, 0) for n, k, s, d in along]
    return Windows(outputs, stride, dilation, zeros)
