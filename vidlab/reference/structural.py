"""How alike two pictures are, not number by number but in their structure."""

import numpy as np

from vidlab.reference.arguments import as_floats, expect


def ssim(a, b, window=7, peak=1.0):
    r"""Structural similarity, averaged over all windows: 1 for equal pictures, near 0 where nothing is alike.

    In each window of both pictures, with means m, variances v and the covariance c:

        s = (2 m_a m_b + C1) (2 c + C2) / ((m_a^2 + m_b^2 + C1) (v_a + v_b + C2)),   C1 = (0.01 L)^2,  C2 = (0.03 L)^2

    A blurred picture keeps its means and loses variance, which lowers its similarity.

    Parameters
    ----------
    a, b
        (..., height, width): a picture or many of them, of one shape.
    window
        Side of the windows, in pixels; all its pixels count alike.
    peak
        L, the difference between the largest and the smallest value that a pixel can have.

    Returns
    -------
    (...)
        A number for each picture.

    Raises
    ------
    ValueError
        The shapes differ, or the window does not fit.

    Notes
    -----
    Wang, Bovik, Sheikh and Simoncelli, Image quality assessment: from error visibility to structural similarity, IEEE
    Transactions on Image Processing 13(4), 2004. They weigh a window's pixels by a Gaussian;
    `skimage.metrics.structural_similarity` counts them alike, as here, and takes sample (co)variances unless told.

    Examples
    --------
    >>> picture = np.random.default_rng(0).random((16, 16))
    >>> bool(np.isclose(ssim(picture, picture), 1)), bool(ssim(picture, 0 * picture + 0.5) < 0.1)
    (True, True)
    """
    a, b = as_floats(a=a, b=b)
    expect("b", b, a.shape, ", as a has")
    if a.ndim < 2 or not 2 <= window <= min(a.shape[-2:]):
        raise ValueError(f"window={window} must be from 2 to the shorter side of pictures of {a.shape[-2:]}")
    x, y = (np.lib.stride_tricks.sliding_window_view(p, (window, window), axis=(-2, -1)) for p in (a, b))
    inside = (-2, -1)
    m_a, m_b = x.mean(inside), y.mean(inside)
    v_a, v_b = x.var(inside), y.var(inside)
    c = (x * y).mean(inside) - m_a * m_b
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    s = (2 * m_a * m_b + c1) * (2 * c + c2) / ((m_a**2 + m_b**2 + c1) * (v_a + v_b + c2))
    return s.mean(axis=(-2, -1))
