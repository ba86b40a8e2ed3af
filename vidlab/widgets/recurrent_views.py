"""What the labs of a SimpleRNN show of a run: how strongly it depends on what was before, and what its radius means."""

import numpy as np

from vidlab import reference
from vidlab.widgets import lab

ACTIVATIONS = {"tanh": np.tanh, "relu": reference.relu, "linear": reference.linear}
SPAN = {"tanh": 1, "relu": 4, "linear": 4}  # of the picture of a state, which may explode
DECADES = -8, 4  # of the picture of gradients, powers of ten


def through_time(x, W, U, b, activation, step, unit=None):
    """How strongly the state of `step`, T, depends on what was before: the largest stretch of two matrices.

    Parameters
    ----------
    x
        (time, features)
    unit
        One number of the state, for which the matrices are vectors, and the stretch their length; None for all.

    Returns
    -------
    |dh_T / dx_t| and |dh_T / dh_t| for every t, each (time,); 0 after T.
    """
    units = len(U)
    asked = np.eye(units)[slice(None) if unit is None else slice(unit, unit + 1)]  # a row of the batch for each
    seen = np.repeat(np.asarray(x, float)[None, : step + 1], len(asked), axis=0)
    # One more input for each unit, always zero: its gradient is dL/dz_t.
    wide = np.concatenate([seen, np.zeros((*seen.shape[:2], units))], axis=2)
    dh = np.zeros((len(asked), step + 1, units))
    dh[:, -1] = asked
    dz = reference.rnn_gradients(wide, np.concatenate([W, np.eye(units)]), U, b, dh, activation=activation)["x"]
    dz = np.nan_to_num(dz[:, :, len(W) :].swapaxes(0, 1))  # (time, those asked for of h_T, units)
    to_state = np.concatenate([dz[1:] @ U.T, asked[None]])
    both = np.zeros((2, len(x)))
    for line, jacobian in zip(both, (dz @ W.T, to_state), strict=True):
        line[: step + 1] = np.linalg.norm(jacobian, ord=2, axis=(1, 2))
    return both


def gradient(to_input, to_state, radius, step, what):
    """The panel of `through_time`, beside the powers of the spectral radius; and in words what arrives from step 0."""
    t = np.arange(len(to_state))
    expected = np.where(t <= step, float(radius) ** (step - np.minimum(t, step)), 0)
    arrives = f"A small change of the state at step 0 arrives at step {step} multiplied by {_plain(to_state[0])}"
    panel = lab.lines(
        {"|dh_T/dh_t|": _decades(to_state), "|dh_T/dx_t|": _decades(to_input), "radius^(T-t)": _decades(expected)},
        f"how strongly {what} at step T = {step} depends on each step t before it, in powers of ten",
        f"{arrives}; the radius to the power of {step} is {_plain(expected[0])}.",
        *DECADES, ylabel="log10", mark=step, height=150,
    )  # fmt: skip
    return panel, f" {arrives}." if step else ""


def meaning(radius, activation):
    """What a spectral radius says of the memory, in words."""
    text = f"The spectral radius of U is {radius:.2f}: "
    if radius < 0.995:
        return text + "below 1, so it forgets, a part at each step."
    if radius <= 1.005:
        return text + f"1, so what it holds stays{', while it is small' if activation == 'tanh' else ''}."
    if activation == "tanh":
        return text + "above 1, so a small state grows; tanh holds it below 1, where it may stay for ever."
    return text + "above 1, so states and gradients may explode."


def leaves(h, span):
    """In words, where a state (time,) leaves its picture, if it does."""
    out = np.flatnonzero(np.abs(h) > span)
    return f" At step {out[0]} the state leaves the picture; it is drawn at the edge, {span}." if len(out) else ""


def _decades(values):
    low, high = DECADES
    return np.clip(np.log10(np.maximum(values, 10.0**low)), low, high)


def _plain(number):
    if number > 1e6:
        return "more than a million"
    if 0 < number < 1e-6:
        return "less than a millionth"
    return np.format_float_positional(number, precision=2, fractional=False, trim="-")
