"""Gradients checked by moving each number a little, and looking at what the result does."""

import numpy as np

from vidlab.reference.arguments import expect


def numerical_gradient(f, x, step=1e-5):
    """Central differences: dL/dx[k] = (f(x + step e_k) - f(x - step e_k)) / (2 step).

    Parameters
    ----------
    f
        Function of an array like x, giving a number
    x : array of any shape
        Worked on in float64; f is called twice for each of its entries.
    step : float
        1e-5 balances the formula's own error (step squared) against rounding (1e-16 / step).

    Returns
    -------
    array of x's shape, float64

    Examples
    --------
    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    x = np.array(x, np.float64)
    gradient = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        middle = x[k]
        x[k] = middle + step
        above = f(x)
        x[k] = middle - step
        below = f(x)
        x[k] = middle
        gradient[k] = (above - below) / (2 * step)
    return gradient


def check_gradient(f, x, analytic):
    """How far an analytic gradient is from central differences: max|difference| / max|numeric|.

    In float64, away from kinks (ReLU at 0) and ties (max pooling), below 1e-6 is right, and near 1 is wrong.

    Parameters
    ----------
    f
        Function of an array like x, giving a number
    x
        Array
    analytic : array of the same shape
        The gradient of f at x, as you worked it out.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> check_gradient(lambda x: (x**3).sum(), x, 3 * x**2) < 1e-8
    True
    """
    x, analytic = np.asarray(x), np.asarray(analytic)
    expect("analytic", analytic, x.shape, f", that of x {x.shape}")
    if x.size == 0:
        return 0.0
    numeric = numerical_gradient(f, x)
    difference, size = np.abs(analytic - numeric).max(), np.abs(numeric).max()
    return float(difference / size) if size > 0 else float(difference)
