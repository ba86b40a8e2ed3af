"""The RNN lab: one or two units over a sequence, with weights set by hand or taken from a layer.

What is shown comes from `reference.rnn` and its gradients.
"""

import numpy as np

from vidlab import reference
from vidlab.widgets import lab

ACTIVATIONS = {"tanh": np.tanh, "relu": reference.relu, "linear": reference.linear}
SPAN = {"tanh": 1, "relu": 4, "linear": 4}  # of the picture of a state, which may explode
DECADES = -8, 4  # of the picture of gradients, powers of ten
LONGEST = 200
NAMES = "W1", "W2", "U11", "U12", "U21", "U22", "b1", "b2"
SECOND = "W2", "U12", "U21", "U22", "b2"  # what a single unit does not have
BY_HAND, DRAWN = "set by hand", "drawn by hand"

WEIGHTS = {  # units, activation, the numbers of NAMES
    "forgets": (1, "tanh", (1, 0, 0.8, 0, 0, 0, 0, 0)),
    "keeps a pulse": (1, "tanh", (1, 0, 2, 0, 0, 0, 0, 0)),
    "changes its sign": (1, "tanh", (1, 0, -0.95, 0, 0, 0, 0, 0)),
    "adds up": (1, "relu", (0.2, 0, 1, 0, 0, 0, 0, 0)),
    "explodes": (1, "relu", (0.5, 0, 1.2, 0, 0, 0, 0, 0)),
    "turns": (2, "tanh", (1, 0, 0.92, 0.38, -0.38, 0.92, 0, 0)),
    "a slow and a fast unit": (2, "tanh", (0.5, 1, 0.95, 0, 0, 0.5, 0, 0)),
}


@lab.plainly
def rnn(layer=None, x=None, weights="forgets", sequence="impulse"):
    """The RNN lab: set W, U and b of one or two units, draw a sequence, and step through time.

        h_t = f(W x_t + U h_{t-1} + b)

    It shows the state, its path (for one unit h_t against h_{t-1}, for two units one against the other), and how
    strongly the state of the chosen step depends on each earlier step.

    Parameters
    ----------
    layer
        A Keras `SimpleRNN` of 1 or 2 units on one feature, or its weights (W, U, b), with tanh; None to start
        from one of `recurrent.WEIGHTS`.
    x
        (time,) the sequence to start from, 2 to 200 steps; None for one of 40 steps.
    weights, sequence
        What to start from where nothing is given: a name that the menus of the lab show.

    Raises
    ------
    ValueError
        If a layer has more units or features, another activation, or `x` is no sequence of finite numbers.
    """
    given = WEIGHTS if layer is None else {"as given": _weights_of(layer)}
    start = given.get(weights if layer is None else "as given")
    if start is None:
        raise ValueError(f"weights: expected one of {', '.join(WEIGHTS)}, got {weights!r}")
    drawn = None if x is None else _checked(x)
    inputs = sequences(40) if drawn is None else {"as given": drawn.tolist()} | sequences(len(drawn))
    first = sequence if drawn is None else "as given"
    if first not in inputs:
        raise ValueError(f"sequence: expected one of {', '.join(inputs)}, got {sequence!r}")
    steps, top = len(inputs[first]), 1 if drawn is None else max(1, int(np.ceil(np.abs(drawn).max())))
    most = max(2, int(np.ceil(np.abs(start[2]).max())))
    sets = {
        name: {"units": str(units), "activation": f, **dict(zip(NAMES, map(float, numbers), strict=True))}
        for name, (units, f, numbers) in given.items()
    }
    begin = next(name for name, value in given.items() if value is start)

    controls = [
        lab.choice("weights", "weights", [BY_HAND, *given], begin, sets, reset_by=("units", "activation", *NAMES)),
        lab.choice("units", "units", ["1", "2"], str(start[0])),
        lab.choice("activation", "f", list(ACTIVATIONS), start[1]),
        *(
            lab.slider(name, _label(name), -most, most, float(value), step=0.01)
            for name, value in zip(NAMES, start[2], strict=True)
        ),
        lab.choice(
            "sequence", "input", [DRAWN, *inputs], first, {k: {"x": v} for k, v in inputs.items()}, reset_by=("x",)
        ),
        lab.slider("step", "step", 0, steps - 1, steps - 1),
        lab.play("step"),
        lab.slider("level", "input at this step", -top, top, inputs[first][-1], step=0.01, element_of=("x", "step")),
    ]

    def answer(weights, units, activation, sequence, step, x, **numbers):
        if weights in given:
            units, activation, values = given[weights]
        else:
            values = [numbers[name] for name in NAMES]
        return _shown(inputs.get(sequence, x), *matrices(int(units), values), activation, step, top)

    return lab.Lab("RNN lab", controls, answer, values={"x": inputs[first]})


def matrices(units, numbers):
    """W (1, units), U (units, units) and b (units,) from the eight numbers of `NAMES`."""
    W1, W2, U11, U12, U21, U22, b1, b2 = map(float, numbers)
    W, U, b = np.array([[W1, W2]]), np.array([[U11, U12], [U21, U22]]), np.array([b1, b2])
    return W[:, :units], U[:units, :units], b[:units]


def sequences(steps):
    """Inputs of so many steps to start from, by name: lists of numbers from -1 to 1."""
    t = np.arange(steps)
    made = {
        "impulse": t == min(2, steps - 1),
        "step": t >= steps // 4,
        "two pulses": (t == steps // 8) | (t == steps // 2),
        "pulse pair": 1.0 * (t == steps // 8) - (t == steps // 2),
        "sine": np.sin(2 * np.pi * t / 20),
        "noise": np.random.default_rng(0).uniform(-1, 1, steps),
        "zeros": 0 * t,
    }
    return {name: np.round(values.astype(float), 2).tolist() for name, values in made.items()}


def through_time(x, W, U, b, activation, step):
    """How strongly the state of `step`, T, depends on what was before: the largest stretch of two matrices.

    Returns
    -------
    |dh_T / dx_t| and |dh_T / dh_t| for every t, each (time,); 0 after T.
    """
    units = len(U)
    seen = np.repeat(np.asarray(x, float)[None, : step + 1, None], units, axis=0)
    # One more input for each unit, always zero: its gradient is dL/dz_t. Row k of the batch asks for unit k.
    wide = np.concatenate([seen, np.zeros((*seen.shape[:2], units))], axis=2)
    dh = np.zeros((units, step + 1, units))
    dh[:, -1] = np.eye(units)
    dz = reference.rnn_gradients(wide, np.concatenate([W, np.eye(units)]), U, b, dh, activation=activation)["x"]
    dz = np.nan_to_num(dz[:, :, len(W) :].swapaxes(0, 1))  # (time, units of h_T, units)
    to_state = np.concatenate([dz[1:] @ U.T, np.eye(units)[None]])
    both = np.zeros((2, len(x)))
    for line, jacobian in zip(both, (dz @ W.T, to_state), strict=True):
        line[: step + 1] = np.linalg.norm(jacobian, ord=2, axis=(1, 2))
    return both


def _shown(x, W, U, b, activation, step, top):
    f, span, units = ACTIVATIONS[activation], SPAN[activation], len(U)
    with np.errstate(over="ignore", invalid="ignore"):
        h = np.nan_to_num(reference.rnn(np.asarray(x, float)[None, :, None], W, U, b, activation=f)[0])
        to_input, to_state = through_time(x, W, U, b, f, step)
    radius = reference.spectral_radius(U)
    kept = np.clip(h, -span, span)
    expected = np.where(np.arange(len(x)) <= step, float(radius) ** (step - np.minimum(np.arange(len(x)), step)), 0)
    names = ["h"] if units == 1 else ["h 1", "h 2"]
    state = " and ".join(f"{name} = {value:.3g}" for name, value in zip(names, h[step], strict=True))
    panels = {
        "input": lab.lines(
            {"x": x}, "the input: draw with the mouse, or set it step by step",
            f"The input over {len(x)} steps; at step {step} it is {x[step]:g}.",
            -top, top, ylabel="x", mark=step, draw="x", height=120,
        ),
        "state": lab.lines(
            dict(zip(names, kept.T, strict=True)), "the state h",
            f"The state over {len(x)} steps; at step {step} {state}.", -span, span, ylabel="h", mark=step, height=150,
        ),
        "path": _path(kept, U, b, f, span, step),
        "gradient": lab.lines(
            {"|dh_T/dh_t|": _decades(to_state), "|dh_T/dx_t|": _decades(to_input), "radius^(T-t)": _decades(expected)},
            f"how strongly h at step T = {step} depends on each step t before it, in powers of ten",
            f"A small change of the state at step 0 arrives at step {step} multiplied by {_plain(to_state[0])}; "
            f"the radius to the power of {step} is {_plain(expected[0])}.",
            *DECADES, ylabel="log10", mark=step, height=150,
        ),
    }  # fmt: skip
    hidden = {name: {"hidden": units == 1} for name in SECOND}
    status = f"Step {step}: {state}. {_meaning(radius, activation)}"
    if step:
        status += f" A small change of the state at step 0 arrives at step {step} multiplied by {_plain(to_state[0])}."
    if (out := np.abs(h).max(axis=1) > span).any():
        status += f" At step {out.argmax()} the state leaves the picture; it is drawn at the edge, {span}."
    return {"panels": panels, "status": status, "limits": hidden}


def _path(h, U, b, f, span, step):
    if len(U) == 1:
        at = np.linspace(-span, span, 25)
        to = np.clip(f(at * U[0, 0] + b[0]), -span, span)
        curve = np.stack([at[:-1], to[:-1], at[1:], to[1:]], axis=1).tolist()
        before = np.concatenate([[0], h[:-1, 0]])
        return lab.plane(
            np.stack([before, h[:, 0]], axis=1), "the state against the one before",
            f"Path of (h before, h): at step {step} from {before[step]:.2g} to {h[step, 0]:.2g}. In grey the map "
            "f(U h + b), which is a step without input, and the diagonal, where nothing changes.",
            -span, span, "h before", "h", mark=step, arrows=[*curve, [-span, -span, span, span]],
        )  # fmt: skip
    grid = np.stack(np.meshgrid(*[np.linspace(-span, span, 7)] * 2), axis=-1).reshape(-1, 2)
    moved = np.clip(grid + (f(grid @ U + b) - grid) / 3, -span, span)
    return lab.plane(
        np.concatenate([np.zeros((1, 2)), h]), "the path of the two units",
        f"Path of (h 1, h 2) from (0, 0): at step {step} it is at ({h[step, 0]:.2g}, {h[step, 1]:.2g}). In grey, where "
        "a step without input leads, a third of the way.",
        -span, span, "h 1", "h 2", mark=step + 1, arrows=np.concatenate([grid, moved], axis=1),
    )  # fmt: skip


def _decades(values):
    low, high = DECADES
    return np.clip(np.log10(np.maximum(values, 10.0**low)), low, high)


def _meaning(radius, activation):
    text = f"The spectral radius of U is {radius:.2f}: "
    if radius < 0.995:
        return text + "below 1, so it forgets, a part at each step."
    if radius <= 1.005:
        return text + f"1, so what it holds stays{', while it is small' if activation == 'tanh' else ''}."
    if activation == "tanh":
        return text + "above 1, so a small state grows; tanh holds it below 1, where it may stay for ever."
    return text + "above 1, so states and gradients may explode."


def _plain(number):
    if number > 1e6:
        return "more than a million"
    if 0 < number < 1e-6:
        return "less than a millionth"
    return np.format_float_positional(number, precision=2, fractional=False, trim="-")


def _label(name):
    return f"{name[0]} {'→'.join(name[1:])}"


def _weights_of(layer):
    name = "tanh"
    if hasattr(layer, "get_weights"):
        name = getattr(getattr(layer, "activation", None), "__name__", "?")
        layer = layer.get_weights()
    if name not in ACTIVATIONS:
        raise ValueError(f"layer: expected the activation tanh, relu or linear, got {name}")
    if len(layer) != 3:
        raise ValueError("layer: expected a built SimpleRNN with a bias, or its weights (W, U, b)")
    W, U, b = (np.asarray(array, float) for array in layer)
    units = len(b) if b.ndim == 1 else 0
    if units not in (1, 2) or W.shape != (1, units) or U.shape != (units, units):
        raise ValueError(
            "layer: the lab shows 1 or 2 units on one feature: W (1, units), U (units, units), b (units,); got W "
            f"{W.shape}, U {U.shape}, b {b.shape}. Train a SimpleRNN(2) on one feature to see it here."
        )
    full = np.zeros((4, 2))
    full[0, :units], full[1 : 1 + units, :units], full[3, :units] = W[0], U, b
    return units, name, tuple(full.ravel().tolist())


def _checked(x):
    x = np.asarray(x, float)
    if x.ndim != 1 or not 2 <= len(x) <= LONGEST or not np.isfinite(x).all():
        raise ValueError(f"x: expected (time,) finite numbers, 2 to {LONGEST} of them, got shape {x.shape}")
    return x
