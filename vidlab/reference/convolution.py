r"""Convolution: from the article's formula to the layer.

The article (section 3.1) writes, for an image x, a kernel k and an output y,

    y(x, y) = sum_{i=1..k} sum_{j=1..k} x(i, j) * k(i, j; x, y)

Its kernel k(i, j; x, y) depends on the output position (x, y): every output pixel has a kernel of its own.
The steps of this file: that formula (`conv2d_position_dependent`); one kernel shared by every position, with
channels and filters, as loops (`conv2d_loops`); the same thing fast (`conv2d`); its gradients; kernels that
are flipped, that look at one channel each, or that reach through time.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from vidlab.reference.arguments import as_floats, expect
from vidlab.reference.sliding import sliding_windows

# ---------------------------------------------------------------- the article's formula: a kernel a position


def conv2d_position_dependent(image, kernels):
    """Apply to each window of the image a kernel of its own, as the article's formula has it.

        y[p, q] = sum_i sum_j image[p + i, q + j] * kernels[p, q, i, j]

    Read to the letter, the article's x(i, j) is the same corner of the image for every output; what is
    meant is the window that begins at the output's position, so (p, q) is added here.

    Parameters
    ----------
    image
        Array (H, W)
    kernels : array (H - rows + 1, W - columns + 1, rows, columns)
        The article's k(i, j; x, y), with the output position first.

    Returns
    -------
    array (H - rows + 1, W - columns + 1)

    Raises
    ------
    ValueError
        If there is not one kernel for each window.

    Source: the article, section 3.1. The field calls this a locally connected layer.

    Examples
    --------
    >>> conv2d_position_dependent(np.eye(3), np.ones((2, 2, 2, 2)))
    array([[2., 1.],
           [1., 2.]])
    """
    image, kernels = _check_position_dependent(image, kernels)
    outputs_down, outputs_across, rows, columns = kernels.shape
    y = np.zeros((outputs_down, outputs_across), image.dtype)
    for p in range(outputs_down):
        for q in range(outputs_across):
            for i in range(rows):
                for j in range(columns):
                    y[p, q] += image[p + i, q + j] * kernels[p, q, i, j]
    return y


def position_dependent_matrix(kernels):
    """The Dense layer that does the same: M such that image.ravel() @ M == y.ravel().

    Parameters
    ----------
    kernels
        Array (H', W', rows, columns)

    Returns
    -------
    array (H * W, H' * W'), with H = H' + rows - 1 and W = W' + columns - 1
        Mostly zeros: a convolution is a Dense layer that looks at windows only.

    Examples
    --------
    >>> position_dependent_matrix(np.ones((2, 2, 2, 2))).shape  # 9 pixels, 4 outputs
    (9, 4)
    """
    kernels = as_floats(kernels=kernels)
    expect("kernels", kernels, ("H'", "W'", "rows", "columns"))
    outputs_down, outputs_across, rows, columns = kernels.shape
    height, width = outputs_down + rows - 1, outputs_across + columns - 1
    M = np.zeros((height, width, outputs_down, outputs_across), kernels.dtype)
    for p in range(outputs_down):
        for q in range(outputs_across):
            M[p : p + rows, q : q + columns, p, q] = kernels[p, q]
    return M.reshape(height * width, outputs_down * outputs_across)


def conv2d_position_dependent_gradients(image, kernels, dy):
    """Gradients of `conv2d_position_dependent`, given dy = dL/dy (H', W'): `image`, `kernels`.

    >>> conv2d_position_dependent_gradients(np.eye(3), np.ones((2, 2, 2, 2)), np.eye(2))["image"]
    array([[1., 1., 0.],
           [1., 2., 1.],
           [0., 1., 1.]])
    """
    image, kernels = _check_position_dependent(image, kernels)
    outputs_down, outputs_across, rows, columns = kernels.shape
    dy = np.asarray(dy, image.dtype)
    expect("dy", dy, kernels.shape[:2], f" for kernels {kernels.shape}")
    dimage = np.zeros_like(image)
    for i in range(rows):
        for j in range(columns):
            dimage[i : i + outputs_down, j : j + outputs_across] += kernels[:, :, i, j] * dy
    windows = sliding_window_view(image, (rows, columns))
    return {"image": dimage, "kernels": windows * dy[:, :, None, None]}


def _check_position_dependent(image, kernels):
    image, kernels = as_floats(image=image, kernels=kernels)
    expect("image", image, ("H", "W"))
    expect("kernels", kernels, ("H'", "W'", "rows", "columns"))
    (height, width), (rows, columns) = image.shape, kernels.shape[2:]
    windows = (height - rows + 1, width - columns + 1)
    expect("kernels", kernels, (*windows, rows, columns), f", one for each window of image {image.shape},")
    return image, kernels


# ---------------------------------------------------------------- the layer: one kernel for every position


def conv2d_loops(x, kernel, bias=None, stride=1, padding="valid", dilation=1):
    """2-D convolution as its formula reads; `conv2d` says what the arguments are, and is far faster.

    >>> x, kernel = np.eye(4).reshape(1, 4, 4, 1), np.eye(2).reshape(2, 2, 1, 1)
    >>> np.array_equal(conv2d_loops(x, kernel), conv2d(x, kernel))
    True
    """
    x, kernel, bias, windows = _prepare(x, kernel, bias, stride, padding, dilation)
    x = windows.pad(x)
    (s, s2), (d, d2) = windows.stride, windows.dilation
    rows, columns, channels, filters = kernel.shape
    y = np.zeros((len(x), *windows.outputs, filters), x.dtype)
    for b, p, q, n in np.ndindex(y.shape):
        for i in range(rows):
            for j in range(columns):
                for c in range(channels):
                    y[b, p, q, n] += x[b, s * p + d * i, s2 * q + d2 * j, c] * kernel[i, j, c, n]
    return y if bias is None else y + bias


def conv2d(x, kernel, bias=None, stride=1, padding="valid", dilation=1):
    """2-D convolution, as deep learning means the word: the kernel is not flipped (a cross-correlation).

        y[b, p, q, n] = bias[n] + sum_i sum_j sum_c x[b, s p + d i, s q + d j, c] * kernel[i, j, c, n]

    ======  ========  ==============================================
    symbol  argument  meaning
    ======  ========  ==============================================
    x       x         images; where "same", with zeros around them
    k       kernel    one kernel a filter, shared by every (p, q)
    s       stride    pixels from one window to the next
    d       dilation  pixels from one entry of a window to the next
    ======  ========  ==============================================

    Parameters
    ----------
    x
        Array (batch, height, width, channels)
    kernel
        Array (rows, columns, channels, filters)
    bias
        Array (filters,), optional
    stride, dilation : int or (int, int)
        Down and across. Only one of the two may be above 1.
    padding
        "valid" or "same"
        "same" gives ceil(size / stride) outputs; an odd zero goes below and to the right, as in Keras.

    Returns
    -------
    array (batch, height', width', filters)
        float32 where the arguments are, float64 where they are.

    Raises
    ------
    ValueError
        Where a shape, a stride, a dilation or the padding is wrong; the message names it.

    Source: the article, section 3.1, with the kernel shared: k(i, j; x, y) = k(i, j). LeCun et al. 1998,
    "Gradient-based learning applied to document recognition".

    Examples
    --------
    >>> x, kernel = np.eye(4).reshape(1, 4, 4, 1), np.eye(2).reshape(2, 2, 1, 1)
    >>> conv2d(x, kernel)[0, ..., 0]
    array([[2., 0., 0.],
           [0., 2., 0.],
           [0., 0., 2.]])
    """
    x, kernel, bias, windows = _prepare(x, kernel, bias, stride, padding, dilation)
    (s, s2), (d, d2) = windows.stride, windows.dilation
    rows, columns, channels, filters = kernel.shape
    height, width = windows.outputs

    # Every window's numbers side by side: then one matrix product serves a row of windows. They are copied
    # a band of rows at a time, to stay in the processor's cache, and in long runs: along the channels where
    # these are many, else along the row (pixels and matrix are turned for that).
    along_row = channels < 16
    x = windows.pad(x)
    if along_row:
        x = np.ascontiguousarray(x.swapaxes(2, 3)).swapaxes(2, 3)
    seen = sliding_window_view(x, ((rows - 1) * d + 1, (columns - 1) * d2 + 1), axis=(1, 2))
    seen = seen[:, ::s, ::s2, :, ::d, ::d2].transpose(0, 1, 2, 4, 5, 3)  # (..., rows, columns, channels)
    weights = kernel.reshape(-1, filters)
    y = np.empty((len(x), height, width, filters), x.dtype)
    band = max(1, 2**18 // (len(weights) * width))
    for b in range(len(x)):
        for p in range(0, height, band):
            out, part = y[b, p : p + band], seen[b, p : p + band]
            if along_row:
                numbers = np.moveaxis(part, 1, -1).reshape(len(out), len(weights), width).swapaxes(1, 2)
            else:
                numbers = part.reshape(len(out), width, len(weights))
            np.matmul(numbers, weights, out=out)
    return y if bias is None else y + bias


def conv2d_gradients(x, kernel, dy, stride=1, padding="valid", dilation=1):
    """Gradients of `conv2d`, given dy = dL/dy.

        dL/dkernel[i, j, c, n] = sum_{b, p, q} x[b, s p + d i, s q + d j, c] * dy[b, p, q, n]
        dL/dx[b, s p + d i, s q + d j, c] += sum_n dy[b, p, q, n] * kernel[i, j, c, n]    for all p, q, i, j
        dL/dbias[n] = sum_{b, p, q} dy[b, p, q, n]

    Parameters
    ----------
    x, kernel, stride, padding, dilation
        As given to `conv2d`.
    dy
        Array (batch, height', width', filters)

    Returns
    -------
    dict with `x`, `kernel`, `bias`, each of the shape of its argument

    Examples
    --------
    >>> x, kernel = np.eye(3).reshape(1, 3, 3, 1), np.ones((2, 2, 1, 1))
    >>> conv2d_gradients(x, kernel, np.ones((1, 2, 2, 1)))["kernel"][..., 0, 0]
    array([[2., 1.],
           [1., 2.]])
    """
    x, kernel, _, windows = _prepare(x, kernel, None, stride, padding, dilation)
    dy = _check_dy(dy, x, kernel, windows, kernel.shape[-1])

    padded = windows.pad(x)
    dx, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
    for i, j in np.ndindex(kernel.shape[:2]):
        at = windows.at(i, j)  # the pixel that entry (i, j) meets, for all windows at once
        dkernel[i, j] = np.tensordot(padded[at], dy, axes=((0, 1, 2), (0, 1, 2)))
        dx[at] += dy @ kernel[i, j].T
    return {"x": windows.crop(dx), "kernel": dkernel, "bias": dy.sum(axis=(0, 1, 2))}


_IMAGES, _KERNEL = ("height", "width"), ("rows", "columns")


def _prepare(x, kernel, bias, stride, padding, dilation, axes=_IMAGES, window=_KERNEL):
    x, kernel, bias = as_floats(x=x, kernel=kernel, bias=bias)
    expect("x", x, ("batch", *axes, "channels"))
    expect("kernel", kernel, (*window, x.shape[-1], "filters"), f" for x {x.shape}")
    if kernel.size == 0:
        raise ValueError(f"kernel: {kernel.shape} is empty, for x {x.shape}")
    if bias is not None:
        expect("bias", bias, kernel.shape[-1:], f" for kernel {kernel.shape}")
    return x, kernel, bias, sliding_windows("kernel", x, kernel.shape[:-2], stride, padding, dilation)


def _check_dy(dy, x, kernel, windows, filters):
    dy = np.asarray(dy, x.dtype)
    expect("dy", dy, (len(x), *windows.outputs, filters), f" for x {x.shape} and kernel {kernel.shape}")
    return dy


# ---------------------------------------------------------------- correlation or convolution


def flip_kernel(kernel):
    """The kernel turned by half a turn: (rows, columns, channels, filters), rows and columns reversed.

    >>> flip_kernel(np.arange(4.0).reshape(2, 2, 1, 1))[..., 0, 0]
    array([[3., 2.],
           [1., 0.]])
    """
    return np.asarray(kernel)[::-1, ::-1]


def true_convolution2d(x, kernel, bias=None, stride=1, padding="valid", dilation=1):
    """Convolution as mathematics and signal processing mean the word: the kernel is flipped first.

        y[p, q] = sum_i sum_j x[p - i, q - j] * kernel[i, j]

    A learner of weights does not care: it learns the flipped kernel and computes the same y. It matters
    where a kernel is written by hand. Arguments as for `conv2d`.

    >>> x, kernel = np.eye(3).reshape(1, 3, 3, 1), np.arange(4.0).reshape(2, 2, 1, 1)
    >>> np.array_equal(true_convolution2d(x, kernel), conv2d(x, flip_kernel(kernel)))
    True
    """
    return conv2d(x, flip_kernel(kernel), bias, stride, padding, dilation)


def true_convolution2d_gradients(x, kernel, dy, stride=1, padding="valid", dilation=1):
    """Gradients of `true_convolution2d`: those of `conv2d`, with the kernel's turned back.

    >>> x, kernel = np.eye(3).reshape(1, 3, 3, 1), np.arange(4.0).reshape(2, 2, 1, 1)
    >>> true_convolution2d_gradients(x, kernel, np.ones((1, 2, 2, 1)))["kernel"][..., 0, 0]
    array([[2., 1.],
           [1., 2.]])
    """
    gradients = conv2d_gradients(x, flip_kernel(kernel), dy, stride, padding, dilation)
    return gradients | {"kernel": flip_kernel(gradients["kernel"])}


# ---------------------------------------------------------------- one kernel a channel


def depthwise_conv2d(x, kernel, bias=None, stride=1, padding="valid", dilation=1):
    """Each channel with kernels of its own, never mixed: cheap, and half of a separable convolution.

        y[b, p, q, c M + m] = bias[c M + m] + sum_i sum_j x[b, s p + d i, s q + d j, c] * kernel[i, j, c, m]

    Parameters
    ----------
    x
        Array (batch, height, width, channels)
    kernel
        Array (rows, columns, channels, M)
    bias
        Array (channels * M,), optional
    stride, padding, dilation
        As for `conv2d`.

    Returns
    -------
    array (batch, height', width', channels * M)

    Source: Chollet 2017, "Xception: deep learning with depthwise separable convolutions", arXiv:1610.02357.

    Examples
    --------
    >>> depthwise_conv2d(np.ones((1, 3, 3, 2)), np.ones((2, 2, 2, 1)))[0, 0, 0]
    array([4., 4.])
    """
    x, kernel, bias = as_floats(x=x, kernel=kernel, bias=bias)
    x, kernel, _, windows = _prepare(x, kernel, None, stride, padding, dilation)
    padded = windows.pad(x)
    y = np.zeros((len(x), *windows.outputs, *kernel.shape[2:]), x.dtype)  # (..., channels, M)
    for i, j in np.ndindex(kernel.shape[:2]):
        y += padded[windows.at(i, j)][..., None] * kernel[i, j]
    y = y.reshape(*y.shape[:3], -1)
    if bias is None:
        return y
    expect("bias", bias, y.shape[-1:], f" for kernel {kernel.shape}")
    return y + bias


def depthwise_conv2d_gradients(x, kernel, dy, stride=1, padding="valid", dilation=1):
    """Gradients of `depthwise_conv2d`, given dy = dL/dy: keys `x`, `kernel`, `bias`.

    >>> x, kernel = np.ones((1, 3, 3, 2)), np.ones((2, 2, 2, 1))
    >>> depthwise_conv2d_gradients(x, kernel, np.ones((1, 2, 2, 2)))["bias"]
    array([4., 4.])
    """
    x, kernel, _, windows = _prepare(x, kernel, None, stride, padding, dilation)
    channels, multiplier = kernel.shape[2:]
    dy = _check_dy(dy, x, kernel, windows, channels * multiplier)
    dbias = dy.sum(axis=(0, 1, 2))
    dy = dy.reshape(*dy.shape[:3], channels, multiplier)

    padded = windows.pad(x)
    dx, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
    for i, j in np.ndindex(kernel.shape[:2]):
        at = windows.at(i, j)
        dkernel[i, j] = (padded[at][..., None] * dy).sum(axis=(0, 1, 2))
        dx[at] += (dy * kernel[i, j]).sum(axis=-1)
    return {"x": windows.crop(dx), "kernel": dkernel, "bias": dbias}


# ---------------------------------------------------------------- through time


def conv3d_loops(x, kernel, bias=None, stride=1, padding="valid", dilation=1):
    """3-D convolution as its formula reads: `conv2d_loops` with a frame, t, and a kernel frame, r.

    >>> x, kernel = np.ones((1, 3, 3, 3, 1)), np.ones((2, 2, 2, 1, 1))
    >>> np.array_equal(conv3d_loops(x, kernel), conv3d(x, kernel))
    True
    """
    x, kernel, bias, windows = _prepare(x, kernel, bias, stride, padding, dilation, *_CLIPS)
    x = windows.pad(x)
    s, d = windows.stride, windows.dilation
    y = np.zeros((len(x), *windows.outputs, kernel.shape[-1]), x.dtype)
    for b, t, p, q, n in np.ndindex(y.shape):
        for r, i, j, c in np.ndindex(kernel.shape[:-1]):
            pixel = x[b, s[0] * t + d[0] * r, s[1] * p + d[1] * i, s[2] * q + d[2] * j, c]
            y[b, t, p, q, n] += pixel * kernel[r, i, j, c, n]
    return y if bias is None else y + bias


def conv3d(x, kernel, bias=None, stride=1, padding="valid", dilation=1):
    """3-D convolution of clips: a sum of 2-D convolutions, one for each frame of the kernel.

        y[:, t] = bias + sum_r conv2d(x[:, s t + d r], kernel[r])

    Parameters
    ----------
    x
        Array (batch, frames, height, width, channels)
    kernel
        Array (kernel frames, rows, columns, channels, filters)
    bias
        Array (filters,), optional
    stride, dilation : int or (int, int, int)
        Through time, down and across. Only one of the two may be above 1.
    padding
        "valid" or "same"

    Returns
    -------
    array (batch, frames', height', width', filters)

    Raises
    ------
    ValueError
        As `conv2d`.

    Source: Tran et al. 2015, "Learning spatiotemporal features with 3D convolutional networks",
    arXiv:1412.0767.

    Examples
    --------
    >>> conv3d(np.ones((1, 4, 5, 5, 1)), np.ones((3, 3, 3, 1, 1))).shape
    (1, 2, 3, 3, 1)
    """
    x, kernel, bias, windows = _prepare(x, kernel, bias, stride, padding, dilation, *_CLIPS)
    in_time, in_space = _split_time(windows)
    x = windows.pad(x)
    y = 0
    for r in range(len(kernel)):
        seen = x[in_time.at(r)]  # the frames that kernel frame r meets: (batch, frames', H, W, channels)
        y = y + conv2d(seen.reshape(-1, *seen.shape[2:]), kernel[r], None, **in_space)
    y = y.reshape(len(x), *windows.outputs, -1)
    return y if bias is None else y + bias


def conv3d_gradients(x, kernel, dy, stride=1, padding="valid", dilation=1):
    """Gradients of `conv3d`, given dy = dL/dy: keys `x`, `kernel`, `bias`.

    >>> x, kernel = np.ones((1, 4, 5, 5, 1)), np.ones((3, 3, 3, 1, 1))
    >>> conv3d_gradients(x, kernel, np.ones((1, 2, 3, 3, 1)))["bias"]
    array([18.])
    """
    x, kernel, _, windows = _prepare(x, kernel, None, stride, padding, dilation, *_CLIPS)
    in_time, in_space = _split_time(windows)
    dy = _check_dy(dy, x, kernel, windows, kernel.shape[-1])

    dframes = dy.reshape(-1, *dy.shape[2:])
    padded = windows.pad(x)
    dx, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
    for r in range(len(kernel)):
        seen = padded[in_time.at(r)]
        gradients = conv2d_gradients(seen.reshape(-1, *seen.shape[2:]), kernel[r], dframes, **in_space)
        dkernel[r] = gradients["kernel"]
        dx[in_time.at(r)] += gradients["x"].reshape(seen.shape)
    return {"x": windows.crop(dx), "kernel": dkernel, "bias": dy.sum(axis=(0, 1, 2, 3))}


_CLIPS = (("frames", "height", "width"), ("kernel frames", "rows", "columns"))


def _split_time(windows):
    """The windows along time alone, and what `conv2d` needs for those in a frame that is padded already."""
    in_time = windows._replace(**{name: values[:1] for name, values in windows._asdict().items()})
    return in_time, {"stride": windows.stride[1:], "dilation": windows.dilation[1:]}
