r"""The LSTM, with its peepholes, exactly as the article writes it (section 3.3):

    i_t = sigma(W_xi x_t + W_hi h_{t-1} + W_ci c_{t-1} + b_i)
    f_t = sigma(W_xf x_t + W_hf h_{t-1} + W_cf c_{t-1} + b_f)
    c_t = f_t * c_{t-1} + i_t * tanh(W_xc x_t + W_hc h_{t-1} + b_c)
    o_t = sigma(W_xo x_t + W_ho h_{t-1} + W_co c_t + b_o)
    h_t = o_t * tanh(c_t)

The article calls c_t the hidden state; it is the cell state, and h_t is the hidden one. Its W_ci, W_cf and
W_co are the peepholes: they let the gates look at the cell. The output gate looks at the new c_t, the other
two at c_{t-1}. Without them this is Keras's LSTM.

Sources: Hochreiter and Schmidhuber 1997, "Long short-term memory"; Gers, Schraudolph and Schmidhuber 2002,
"Learning precise timing with LSTM recurrent networks" (peepholes); Graves 2013, arXiv:1308.0850 (these
equations, diagonal).
"""

from typing import NamedTuple

import numpy as np

from vidlab.reference.activation import sigmoid
from vidlab.reference.arguments import as_floats, expect


class LSTMWeights(NamedTuple):
    """The weights of an LSTM; four gates side by side, in Keras's order: i, f, c, o.

    ================  ============================  =======================  ==========================
    field             the article's letters         shape                    Keras
    ================  ============================  =======================  ==========================
    kernel            W_xi, W_xf, W_xc, W_xo        (features, 4 * units)    kernel
    recurrent_kernel  W_hi, W_hf, W_hc, W_ho        (units, 4 * units)       recurrent_kernel
    bias              b_i, b_f, b_c, b_o            (4 * units,)             bias
    peephole_i        W_ci                          (units,) for a diagonal  none: `models.PeepholeLSTM`
    peephole_f        W_cf                          matrix, (units, units)   has them
    peephole_o        W_co                          for a full one, or None
    ================  ============================  =======================  ==========================

    `LSTMWeights(*layer.get_weights())` takes them from a Keras `LSTM` or from `models.PeepholeLSTM`.
    """

    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray
    peephole_i: np.ndarray | None = None
    peephole_f: np.ndarray | None = None
    peephole_o: np.ndarray | None = None


class LSTMTrace(NamedTuple):
    """What happened at every step, each (batch, time, units).

    h: hidden state (the output); c: cell state; i, f, o: input, forget and output gate, between 0 and 1;
    g: the candidate tanh(W_xc x_t + W_hc h_{t-1} + b_c), which the input gate lets in.
    """

    h: np.ndarray
    c: np.ndarray
    i: np.ndarray
    f: np.ndarray
    o: np.ndarray
    g: np.ndarray


def peep(c, P):
    """What a gate sees of the cell: c * P for P (units,), c @ P for P (units, units), nothing for None."""
    if P is None:
        return 0
    return c * P if P.ndim == 1 else c @ P


def lstm_step(x_t, h, c, weights):
    """One step, as the article writes it: from x_t (batch, features) and the state h, c (batch, units).

    Returns
    -------
    LSTMTrace of this step, each (batch, units)

    Examples
    --------
    >>> weights = LSTMWeights(np.ones((1, 4)), np.zeros((1, 4)), np.zeros(4))
    >>> step = lstm_step(np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), weights)
    >>> step.c.round(2)
    array([[0.56]])
    """
    W_xi, W_xf, W_xc, W_xo = np.split(weights.kernel, 4, axis=1)
    W_hi, W_hf, W_hc, W_ho = np.split(weights.recurrent_kernel, 4, axis=1)
    b_i, b_f, b_c, b_o = np.split(weights.bias, 4)
    W_ci, W_cf, W_co = weights.peephole_i, weights.peephole_f, weights.peephole_o

    i = sigmoid(x_t @ W_xi + h @ W_hi + peep(c, W_ci) + b_i)
    f = sigmoid(x_t @ W_xf + h @ W_hf + peep(c, W_cf) + b_f)
    g = np.tanh(x_t @ W_xc + h @ W_hc + b_c)
    c = f * c + i * g
    o = sigmoid(x_t @ W_xo + h @ W_ho + peep(c, W_co) + b_o)
    h = o * np.tanh(c)
    return LSTMTrace(h, c, i, f, o, g)


def lstm(x, weights, h0=None, c0=None):
    """The LSTM over whole sequences, with a trace of every gate.

    The equations are at the head of this file; this gives what `lstm_step` gives step after step, with the
    work that needs no state (x @ kernel + bias, all steps and gates) done in one product before the loop.

    Parameters
    ----------
    x
        Array (batch, time, features)
    weights
        LSTMWeights
    h0, c0
        Arrays (batch, units), optional
        The state before the first step; zeros unless given.

    Returns
    -------
    LSTMTrace
        `.h` is the layer's output: Keras's `LSTM(units, return_sequences=True)`.

    Raises
    ------
    ValueError
        If a shape does not fit the others; the message names it.

    Examples
    --------
    >>> weights = LSTMWeights(np.ones((1, 4)), np.zeros((1, 4)), np.zeros(4))
    >>> lstm(np.ones((1, 3, 1)), weights).c[0, :, 0].round(2)
    array([0.56, 0.96, 1.26])
    """
    x, weights, h, c = _prepare(x, weights, h0, c0)
    _, U, _, P_i, P_f, P_o = weights
    units = len(U)
    from_input = x.swapaxes(0, 1) @ weights.kernel + weights.bias  # (time, batch, 4 * units)
    peepholes = not (P_i is None and P_f is None and P_o is None)

    trace = LSTMTrace(*np.empty((6, x.shape[1], len(x), units), x.dtype))  # (time, batch, units) for now
    for t, z in enumerate(from_input):
        z += h @ U
        z_i, z_f, z_c, z_o = (z[:, k * units : (k + 1) * units] for k in range(4))
        if peepholes:
            z_i += peep(c, P_i)
            z_f += peep(c, P_f)
        i, f, g = sigmoid(z_i), sigmoid(z_f), np.tanh(z_c)
        c = f * c + i * g
        if peepholes:
            z_o += peep(c, P_o)
        o = sigmoid(z_o)
        h = o * np.tanh(c)
        for kept, value in zip(trace, (h, c, i, f, o, g), strict=True):
            kept[t] = value
    return LSTMTrace(*(kept.swapaxes(0, 1) for kept in trace))


def lstm_gradients(x, weights, dy, h0=None, c0=None):
    r"""Back-propagation through time: gradients of `lstm` for every argument, peepholes included.

    Walking from the last step to the first, with dh_t and dc_t the sums of all that depends on h_t and c_t:

        dz_o = dh_t * tanh(c_t) * o_t (1 - o_t)
        dc_t = dc_t + dh_t * o_t * (1 - tanh(c_t)^2) + W_co^T dz_o       (the output gate looked at c_t)
        dz_i = dc_t * g_t * i_t (1 - i_t)
        dz_f = dc_t * c_{t-1} * f_t (1 - f_t)
        dz_c = dc_t * i_t * (1 - g_t^2)
        dc_{t-1} = dc_t * f_t + W_ci^T dz_i + W_cf^T dz_f                (f_t: the road of long memory)
        dh_{t-1} = W_hi^T dz_i + W_hf^T dz_f + W_hc^T dz_c + W_ho^T dz_o

    Every weight's gradient is then a sum over batch and time of what it saw times the dz that it fed.

    Parameters
    ----------
    x, weights, h0, c0
        As given to `lstm`.
    dy : array (batch, time, units)
        What the loss wants of each h_t directly.

    Returns
    -------
    dict with `x`, `kernel`, `recurrent_kernel`, `bias`, `h0`, `c0`, and those of `peephole_i`, `peephole_f`
    and `peephole_o` that the weights have

    Examples
    --------
    >>> weights = LSTMWeights(np.ones((1, 4)), np.zeros((1, 4)), np.zeros(4))
    >>> lstm_gradients(np.ones((1, 3, 1)), weights, np.ones((1, 3, 1)))["bias"].round(2)
    array([0.23, 0.09, 0.48, 0.41])
    """
    x, weights, h_first, c_first = _prepare(x, weights, h0, c0)
    W, U, _, P_i, P_f, P_o = weights
    h, c, i, f, o, g = lstm(x, weights, h_first, c_first)
    dy = np.asarray(dy, x.dtype)
    expect("dy", dy, h.shape, ", that of h")
    h_before = np.concatenate([h_first[:, None], h[:, :-1]], axis=1)
    c_before = np.concatenate([c_first[:, None], c[:, :-1]], axis=1)

    dz = np.empty((*x.shape[:2], 4, len(U)), x.dtype)  # gates i, f, c, o
    dh_later = np.zeros_like(h_first)
    dc_later = np.zeros_like(c_first)
    for t in reversed(range(x.shape[1])):
        dh_t = dy[:, t] + dh_later
        squashed = np.tanh(c[:, t])
        dz_o = dh_t * squashed * o[:, t] * (1 - o[:, t])
        dc_t = dc_later + dh_t * o[:, t] * (1 - squashed**2) + _peep_back(dz_o, P_o)
        dz_i = dc_t * g[:, t] * i[:, t] * (1 - i[:, t])
        dz_f = dc_t * c_before[:, t] * f[:, t] * (1 - f[:, t])
        dz_c = dc_t * i[:, t] * (1 - g[:, t] ** 2)
        dz[:, t] = np.stack([dz_i, dz_f, dz_c, dz_o], axis=1)
        dc_later = dc_t * f[:, t] + _peep_back(dz_i, P_i) + _peep_back(dz_f, P_f)
        dh_later = dz[:, t].reshape(len(x), -1) @ U.T

    dz_all = dz.reshape(*x.shape[:2], -1)
    over_batch_and_time = ((0, 1), (0, 1))
    gradients = {
        "x": dz_all @ W.T,
        "kernel": np.tensordot(x, dz_all, axes=over_batch_and_time),
        "recurrent_kernel": np.tensordot(h_before, dz_all, axes=over_batch_and_time),
        "bias": dz_all.sum(axis=(0, 1)),
    }
    for name, P, seen, gate in (
        ("peephole_i", P_i, c_before, 0),
        ("peephole_f", P_f, c_before, 1),
        ("peephole_o", P_o, c, 3),
    ):
        if P is not None and P.ndim == 1:
            gradients[name] = (seen * dz[:, :, gate]).sum(axis=(0, 1))
        elif P is not None:
            gradients[name] = np.tensordot(seen, dz[:, :, gate], axes=over_batch_and_time)
    return gradients | {"h0": dh_later, "c0": dc_later}


def _peep_back(dz, P):
    if P is None:
        return 0
    return dz * P if P.ndim == 1 else dz @ P.T


def _prepare(x, weights, h0, c0):
    x, h0, c0, *arrays = as_floats(x=x, h0=h0, c0=c0, **LSTMWeights(*weights)._asdict())
    weights = LSTMWeights(*arrays)
    expect("x", x, ("batch", "time", "features"))
    if x.shape[1] == 0:
        raise ValueError(f"x: expected at least one time step, got {x.shape}")
    expect("recurrent_kernel", weights.recurrent_kernel, ("units", "4 * units"))
    units = len(weights.recurrent_kernel)
    expect("recurrent_kernel", weights.recurrent_kernel, (units, 4 * units))
    expect("kernel", weights.kernel, (x.shape[2], 4 * units), f" for x {x.shape} and {units} units")
    expect("bias", weights.bias, (4 * units,), f" for {units} units")
    for name in ("peephole_i", "peephole_f", "peephole_o"):
        P = getattr(weights, name)
        if P is not None and P.shape not in ((units,), (units, units)):
            raise ValueError(f"{name}: expected shape ({units},) or ({units}, {units}), got {P.shape}")
    zeros = np.zeros((len(x), units), x.dtype)
    h0, c0 = (zeros if state is None else state for state in (h0, c0))
    expect("h0", h0, zeros.shape, f" for x {x.shape} and {units} units")
    expect("c0", c0, zeros.shape, f" for x {x.shape} and {units} units")
    return x, weights, h0, c0
