"""Pooling: one number for each window of a feature map.

The article (section 3.1, step 3) names two kinds:

    max:      y[p, q] = max_{i, j} x[s p + i, s q + j]
    average:  y[p, q] = mean_{i, j} x[s p + i, s q + j]

in each channel by itself. Where "same" padding lets a window reach over the border, the pixels beyond it do
not count: the maximum and the mean are those of the pixels that are there, as in TensorFlow.
"""

import numpy as np

from vidlab.reference.arguments import as_floats, expect, sizes
from vidlab.reference.sliding import sliding_windows


def pool2d_loops(x, reduce, size=2, stride=None, padding="valid"):
    """Pooling as its formula reads: `reduce` is np.max or np.mean (or any other, such as np.median).

    A window at the border is cut to the image. The other arguments are those of `max_pool2d`.

    >>> pool2d_loops(np.arange(16.0).reshape(1, 4, 4, 1), np.max)[0, ..., 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    x, (rows, columns), windows = _prepare(x, size, stride, padding)
    (height, width), (s, s2) = windows.outputs, windows.stride
    (above, _), (left, _) = windows.padding
    y = np.zeros((len(x), height, width, x.shape[-1]), x.dtype)
    for p in range(height):
        for q in range(width):
            i, j = s * p - above, s2 * q - left
            y[:, p, q] = reduce(x[:, max(i, 0) : i + rows, max(j, 0) : j + columns], axis=(1, 2))
    return y


# ---------------------------------------------------------------- max


def max_pool2d(x, size=2, stride=None, padding="valid"):
    """The largest value of each window.

        y[b, p, q, c] = max_{i, j} x[b, s p + i, s q + j, c]

    Parameters
    ----------
    x
        Array (batch, height, width, channels)
    size : int or (int, int)
        Rows and columns of the window.
    stride : int or (int, int), optional
        Steps between windows; the window's size unless given.
    padding
        "valid" or "same"

    Returns
    -------
    array (batch, height', width', channels)

    Raises
    ------
    ValueError
        Where a shape, a size, a stride or the padding is wrong; the message names it.

    Source: the article, section 3.1, step 3.

    Examples
    --------
    >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4, 1))[0, ..., 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    x, size, windows = _prepare(x, size, stride, padding)
    padded = windows.pad(x, -np.inf)
    y = np.full((len(x), *windows.outputs, x.shape[-1]), -np.inf, x.dtype)
    for i, j in np.ndindex(size):
        np.maximum(y, padded[windows.at(i, j)], out=y)
    return y


def max_pool2d_gradients(x, dy, size=2, stride=None, padding="valid"):
    """Gradient of `max_pool2d`, given dy = dL/dy: key `x`.

        dL/dx[b, s p + i, s q + j, c] += dy[b, p, q, c]     for the (i, j) that won the window (p, q)

    Where several pixels tie, the first in reading order (rows from the top, each from the left) takes all of
    it, as in TensorFlow.

    >>> x = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> max_pool2d_gradients(x, np.ones((1, 1, 1, 1)))["x"].ravel()
    array([0., 0., 0., 1.])
    """
    x, size, windows = _prepare(x, size, stride, padding)
    y = max_pool2d(x, size, windows.stride, padding)
    dy = np.asarray(dy, x.dtype)
    expect("dy", dy, y.shape, f" for x {x.shape}")

    padded = windows.pad(x, -np.inf)
    dx = np.zeros_like(padded)
    waiting = np.ones(y.shape, bool)  # the windows whose winner has not come yet
    for i, j in np.ndindex(size):  # in reading order
        at = windows.at(i, j)
        wins = waiting & (padded[at] == y)
        dx[at] += np.where(wins, dy, 0)
        waiting &= ~wins
    return {"x": windows.crop(dx)}


# ---------------------------------------------------------------- average


def average_pool2d(x, size=2, stride=None, padding="valid"):
    """The mean of each window; pixels beyond the border do not count.

        y[b, p, q, c] = 1 / n[p, q] * sum_{i, j} x[b, s p + i, s q + j, c]

    with n[p, q] the number of the window's pixels that lie in the image. Arguments and errors as for
    `max_pool2d`.

    Source: the article, section 3.1, step 3.

    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> average_pool2d(x)[0, ..., 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    x, size, windows = _prepare(x, size, stride, padding)
    return _window_sums(x, size, windows) / _window_sums(np.ones_like(x[:1, ..., :1]), size, windows)


def average_pool2d_gradients(x, dy, size=2, stride=None, padding="valid"):
    """Gradient of `average_pool2d`, given dy = dL/dy: key `x`. Each pixel of a window gets an equal share.

    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> average_pool2d_gradients(x, np.ones((1, 2, 2, 1)))["x"][0, :2, :2, 0]
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    x, size, windows = _prepare(x, size, stride, padding)
    dy = np.asarray(dy, x.dtype)
    expect("dy", dy, (len(x), *windows.outputs, x.shape[-1]), f" for x {x.shape}")
    share = dy / _window_sums(np.ones_like(x[:1, ..., :1]), size, windows)
    dx = np.zeros_like(windows.pad(x))
    for i, j in np.ndindex(size):
        dx[windows.at(i, j)] += share
    return {"x": windows.crop(dx)}


def _window_sums(x, size, windows):
    """(batch, height', width', channels). Of ones: how many pixels of each window lie in the image."""
    padded = windows.pad(x)
    return sum(padded[windows.at(i, j)] for i, j in np.ndindex(size))


# ---------------------------------------------------------------- the whole map


def global_average_pool(x):
    """The mean of each channel over the whole map: (batch, ..., channels) to (batch, channels).

        y[b, c] = mean_{p, q} x[b, p, q, c]

    Images (batch, height, width, channels) and clips (batch, frames, height, width, channels) alike.

    Source: Lin, Chen and Yan 2014, "Network in network", arXiv:1312.4400.

    >>> global_average_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[3., 4.]])
    """
    x = _with_map(x)
    return x.mean(axis=tuple(range(1, x.ndim - 1)))


def global_average_pool_gradients(x, dy):
    """Gradient of `global_average_pool`, given dy (batch, channels): key `x`.

    >>> global_average_pool_gradients(np.ones((1, 2, 2, 1)), np.ones((1, 1)))["x"].ravel()
    array([0.25, 0.25, 0.25, 0.25])
    """
    x = _with_map(x)
    dy = np.asarray(dy, x.dtype)
    expect("dy", dy, (len(x), x.shape[-1]), f" for x {x.shape}")
    pixels = int(np.prod(x.shape[1:-1]))
    share = (dy / pixels).reshape(len(x), *(1,) * (x.ndim - 2), -1)
    return {"x": np.broadcast_to(share, x.shape).copy()}


def _with_map(x):
    x = as_floats(x=x)
    if x.ndim < 3 or 0 in x.shape[1:-1]:
        raise ValueError(f"x: expected shape (batch, height, width, channels), got {x.shape}")
    return x


def _prepare(x, size, stride, padding):
    x = as_floats(x=x)
    expect("x", x, ("batch", "height", "width", "channels"))
    size = sizes("size", size)
    return x, size, sliding_windows("size", x, size, size if stride is None else stride, padding)
