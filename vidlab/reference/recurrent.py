r"""The recurrent layer: a state that each element of the sequence changes.

The article (section 3.2):

    h_t = f(W x_t + U h_{t-1} + b)

Its wording, "add the result to the next input", means this sum inside f: the state passes through U, the
input through W, and the two are added. Here a batch of vectors is a matrix with a row each, so W x_t is
written x_t @ W.
"""

import numpy as np

from vidlab.reference.activation import linear, relu, sigmoid, tanh
from vidlab.reference.arguments import as_floats, expect


def rnn_step(x_t, h, W, U, b, activation=np.tanh):
    """One step: h_t = f(x_t W + h_{t-1} U + b), for x_t (batch, features) and h (batch, units).

    >>> rnn_step(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)), np.zeros(1)).round(3)
    array([[0.964]])
    """
    return activation(x_t @ W + h @ U + b)


def rnn(x, W, U, b, h0=None, activation=np.tanh):
    """The recurrent layer over whole sequences.

        h_t = f(W x_t + U h_{t-1} + b),    t = 1 .. time

    ======  ==========  ====================================  =======================
    symbol  argument    meaning                               shape
    ======  ==========  ====================================  =======================
    x_t     x           the t-th element of the sequence      (batch, time, features)
    W       W           from the input to the layer           (features, units)
    U       U           from the layer to itself              (units, units)
    b       b           bias                                  (units,)
    h_0     h0          state before the first step, or None  (batch, units)
                        for zeros
    f       activation  np.tanh, relu, ...                    any function
    ======  ==========  ====================================  =======================

    Returns
    -------
    h : array (batch, time, units)
        The state after each step. Keras: `SimpleRNN(units, return_sequences=True)`.

    Raises
    ------
    ValueError
        If a shape does not fit the others; the message names it.

    Source: the article, section 3.2. Elman 1990, "Finding structure in time".

    Examples
    --------
    >>> rnn(np.ones((1, 3, 1)), np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), activation=relu)[0, :, 0]
    array([1., 2., 3.])
    """
    x, W, U, b, h = _prepare(x, W, U, b, h0)
    states = np.empty((*x.shape[:2], len(U)), x.dtype)
    from_input = x @ W + b  # every step's at once: only the state must wait for its turn
    for t in range(x.shape[1]):
        h = states[:, t] = activation(from_input[:, t] + h @ U)
    return states


# ---------------------------------------------------------------- back-propagation through time

_DERIVATIVE = {  # f'(z), written with h = f(z)
    np.tanh: lambda h: 1 - h * h,
    tanh: lambda h: 1 - h * h,
    relu: lambda h: (h > 0).astype(h.dtype),
    sigmoid: lambda h: h * (1 - h),
    linear: np.ones_like,
}


def rnn_gradients(x, W, U, b, dy, h0=None, activation=np.tanh, truncate=None, derivative=None):
    r"""Back-propagation through time: gradients of `rnn` for every argument.

    With z_t = W x_t + U h_{t-1} + b, walking from the last step to the first,

        dL/dz_t     = (dh_t + U^T dL/dz_{t+1}) * f'(z_t)
        dL/dW = sum_t x_t^T dL/dz_t,    dL/dU = sum_t h_{t-1}^T dL/dz_t,    dL/db = sum_t dL/dz_t
        dL/dx_t = W dL/dz_t,            dL/dh_0 = U dL/dz_1

    Parameters
    ----------
    x, W, U, b, h0, activation
        As given to `rnn`.
    dy : array (batch, time, units)
        What the loss wants of each h_t directly; zeros but for the last step if only that one is used.
    truncate : int, optional
        Truncated back-propagation: the sequence is cut into pieces of so many steps, from the first; states
        pass from piece to piece, gradients do not.
    derivative : function, optional
        f' as a function of h = f(z); needed where f is not np.tanh, tanh, relu, sigmoid or linear.

    Returns
    -------
    dict with `x`, `W`, `U`, `b`, `h0`

    Source: Werbos 1990, "Backpropagation through time: what it does and how to do it".

    Examples
    --------
    >>> x, one = np.ones((1, 3, 1)), np.ones((1, 1))
    >>> rnn_gradients(x, one, one, np.zeros(1), np.ones((1, 3, 1)), activation=relu)["W"]
    array([[6.]])
    """
    x, W, U, b, first = _prepare(x, W, U, b, h0)
    h = rnn(x, W, U, b, first, activation)
    dz, dfirst = _back_through_time(h, U, dy, activation, truncate, derivative)
    h_before = np.concatenate([first[:, None], h[:, :-1]], axis=1)
    return {
        "x": dz @ W.T,
        "W": np.tensordot(x, dz, axes=((0, 1), (0, 1))),
        "U": np.tensordot(h_before, dz, axes=((0, 1), (0, 1))),
        "b": dz.sum(axis=(0, 1)),
        "h0": dfirst,
    }


def _back_through_time(h, U, dy, activation, truncate=None, derivative=None):
    """dL/dz_t for every step, (batch, time, units), and dL/dh_0, (batch, units)."""
    dy = np.asarray(dy, h.dtype)
    expect("dy", dy, h.shape, ", that of h")
    if truncate is not None and truncate < 1:
        raise ValueError(f"truncate: expected a positive number of steps, got {truncate!r}")
    if derivative is None and activation not in _DERIVATIVE:
        raise ValueError(f"derivative: give f' as a function of h for the activation {activation!r}")
    slope = (derivative or _DERIVATIVE[activation])(h)
    dz = np.empty_like(h)
    from_later = np.zeros_like(h[:, 0])  # U^T dL/dz_{t+1}
    for t in reversed(range(h.shape[1])):
        dz[:, t] = (dy[:, t] + from_later) * slope[:, t]
        from_later = dz[:, t] @ U.T
        if truncate is not None and t % truncate == 0 and t > 0:
            from_later[:] = 0
    return dz, from_later


# ---------------------------------------------------------------- exploding and vanishing


def spectral_radius(U):
    """The largest |eigenvalue| of U: by how much U stretches a state in the long run, at each step.

    >>> spectral_radius(np.diag([0.5, -2.0]))
    2.0
    """
    return float(np.abs(np.linalg.eigvals(U)).max())


def with_spectral_radius(U, radius):
    """U scaled so that its largest |eigenvalue| is `radius`; of U's type.

    Raises ValueError where U has none but zero.

    >>> with_spectral_radius(np.diag([0.5, 2.0]), 1.0)
    array([[0.25, 0.  ],
           [0.  , 1.  ]])
    """
    U = as_floats(U=U)
    expect("U", U, ("units", U.shape[0] if U.ndim else "units"))
    now = spectral_radius(U)
    if now == 0:
        raise ValueError(f"U: all eigenvalues of this {U.shape} matrix are 0, no scale changes that")
    return (U * (radius / now)).astype(U.dtype)


def gradient_norms(x, W, U, b, h0=None, activation=np.tanh, derivative=None, seed=0):
    """How much of the last step's gradient reaches each step: |dL/dh_t| / |dL/dh_T|, (time,).

        dL/dh_{t-1} = U^T (dL/dh_t * f'(z_t))

    so that U's spectral radius decides whether it vanishes or explodes with T - t (for f linear: alone;
    tanh's slope of at most 1 makes it smaller).

    Parameters
    ----------
    x, W, U, b, h0, activation, derivative
        As for `rnn_gradients`.
    seed : int or numpy.random.Generator
        Draws the direction of dL/dh_T, one for each sequence of the batch; norms are over batch and units.

    Source: Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks",
    arXiv:1211.5063.

    Examples
    --------
    >>> x, U = np.zeros((1, 3, 1)), np.array([[0.5]])
    >>> gradient_norms(x, np.ones((1, 1)), U, np.zeros(1))  # halved at each step back
    array([0.25, 0.5 , 1.  ])
    """
    x, W, U, b, first = _prepare(x, W, U, b, h0)
    h = rnn(x, W, U, b, first, activation)
    dh = np.zeros_like(h)
    dh[:, -1] = np.random.default_rng(seed).standard_normal(h[:, -1].shape)
    dz, _ = _back_through_time(h, U, dh, activation, derivative=derivative)
    total = dh.copy()
    total[:, :-1] = dz[:, 1:] @ U.T
    norms = np.linalg.norm(total, axis=(0, 2))
    return norms / norms[-1]


def clip_by_norm(gradients, limit):
    """All gradients of a dict scaled by one factor so that their joint norm is at most `limit`.

        g <- g * min(1, limit / |g|),    |g| over every entry of every array

    Returns
    -------
    (clipped dict, the norm before)

    Examples
    --------
    >>> clip_by_norm({"W": np.array([3.0, 4.0])}, 1)[0]["W"]
    array([0.6, 0.8])
    """
    norm = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in gradients.values())))
    factor = min(1.0, limit / norm) if norm > 0 else 1.0
    return {name: g * g.dtype.type(factor) for name, g in gradients.items()}, norm


def _prepare(x, W, U, b, h0):
    x, W, U, b, h0 = as_floats(x=x, W=W, U=U, b=b, h0=h0)
    expect("x", x, ("batch", "time", "features"))
    if x.shape[1] == 0:
        raise ValueError(f"x: expected at least one time step, got {x.shape}")
    expect("W", W, (x.shape[2], "units"), f" for x {x.shape}")
    units = W.shape[1]
    expect("U", U, (units, units), f" for W {W.shape}")
    expect("b", b, (units,), f" for W {W.shape}")
    if h0 is None:
        h0 = np.zeros((len(x), units), x.dtype)
    expect("h0", h0, (len(x), units), f" for x {x.shape} and W {W.shape}")
    return x, W, U, b, h0
