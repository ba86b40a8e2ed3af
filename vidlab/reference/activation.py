"""Activations: what happens to each number after a layer's sums.

The article (sections 3.1 to 3.3) uses ReLU after convolutions, f in the recurrent layer, and sigma and tanh
in the gates of the LSTM.
"""

import numpy as np

from vidlab.reference.arguments import as_floats, expect


def relu(x):
    """Rectified linear unit: max(x, 0), for an array of any shape.

    Source: the article, section 3.1, step 2. Nair and Hinton 2010.

    >>> relu([-1.0, 0, 2])
    array([0., 0., 2.])
    """
    return np.maximum(as_floats(x=x), 0)


def relu_gradients(x, dy):
    """dL/dx = dy where x > 0, else 0; at the kink x = 0 it is 0, as in TensorFlow. Key `x`.

    >>> relu_gradients([-1.0, 0, 2], [5.0, 5, 5])["x"]
    array([0., 0., 5.])
    """
    x, dy = _same_shape(x, dy)
    return {"x": np.where(x > 0, dy, 0)}


def sigmoid(x):
    """The logistic function, between 0 and 1: sigma(x) = 1 / (1 + exp(-x)).

    Written with exp(-|x|), which cannot overflow.

    Source: the article, section 3.3: the sigma of the gates.

    >>> sigmoid([-1000.0, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    x = as_floats(x=x)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def sigmoid_gradients(x, dy):
    """dL/dx = dy * sigma(x) * (1 - sigma(x)). Key `x`.

    >>> sigmoid_gradients([0.0], [1.0])["x"]
    array([0.25])
    """
    x, dy = _same_shape(x, dy)
    y = sigmoid(x)
    return {"x": dy * y * (1 - y)}


def tanh(x):
    """Hyperbolic tangent, between -1 and 1: (exp(x) - exp(-x)) / (exp(x) + exp(-x)) = 2 sigma(2 x) - 1.

    >>> tanh([0.0])
    array([0.])
    """
    return np.tanh(as_floats(x=x))


def tanh_gradients(x, dy):
    """dL/dx = dy * (1 - tanh(x)^2). Key `x`.

    >>> tanh_gradients([0.0], [1.0])["x"]
    array([1.])
    """
    x, dy = _same_shape(x, dy)
    return {"x": dy * (1 - np.tanh(x) ** 2)}


def linear(x):
    """No activation: x itself. A recurrent layer without one shows what the matrix U does alone.

    >>> linear([1.0, 2.0])
    array([1., 2.])
    """
    return as_floats(x=x)


def linear_gradients(x, dy):
    """dL/dx = dy. Key `x`.

    >>> linear_gradients([1.0, 2.0], [3.0, 4.0])["x"]
    array([3., 4.])
    """
    return {"x": _same_shape(x, dy)[1]}


def _same_shape(x, dy):
    x = as_floats(x=x)
    dy = np.asarray(dy, x.dtype)
    expect("dy", dy, x.shape, f", that of x {x.shape}")
    return x, dy
