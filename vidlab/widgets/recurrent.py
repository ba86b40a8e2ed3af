"""The RNN lab: one or two units over a sequence, with weights set by hand or taken from a layer.

What is shown comes from `reference.rnn` and its gradients. A larger layer has a lab of its own, `recurrent_layer`.
"""

import numpy as np

from vidlab import reference
from vidlab.widgets import inputs, lab, recurrent_layer
from vidlab.widgets.inputs import DRAWN
from vidlab.widgets.recurrent_views import ACTIVATIONS, SPAN, gradient, leaves, meaning, through_time

LONGEST = 200
NAMES = "W1", "W2", "U11", "U12", "U21", "U22", "b1", "b2"
SECOND = "W2", "U12", "U21", "U22", "b2"  # what a single unit does not have
BY_HAND = "set by hand"

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

    A layer with more units or features is shown whole, with the weights that it has: all units as a heat map over
    time, of which a click chooses one, its state and its gradients; and the units that follow a pattern of marked steps
    best, see `all_units.correlation`.

    Parameters
    ----------
    layer
        A built Keras `SimpleRNN`, or its weights (W, U, b), with tanh; None to start from one of `recurrent.WEIGHTS`.
    x
        (time, features), or (time,) where there is one feature: the sequence to start from, 2 to 200 steps. With one
        feature None is one of 40 steps.
    weights, sequence
        What to start from where nothing is given: a name that the menus of the lab show.

    Raises
    ------
    ValueError
        If the layer is no SimpleRNN with a bias that reads forwards, has another activation than tanh, relu or linear,
        or `x` is no sequence of finite numbers that it reads.
    """
    W, U, b, activation = (None,) * 4 if layer is None else _weights_of(layer)
    features = 1 if layer is None else len(W)
    if x is None and features > 1:
        raise ValueError(f"x: give the sequence (time, {features}) that the layer reads; only one feature can be drawn")
    x = None if x is None else _checked(x, features)
    if features > 1:
        return recurrent_layer.lab_of(W, U, b, activation, {"": x}, "")
    drawn = None if x is None else x[:, 0]
    reading = inputs.sequences(40) if drawn is None else {"as given": drawn.tolist()} | inputs.sequences(len(drawn))
    first = sequence if drawn is None else "as given"
    if first not in reading:
        raise ValueError(f"sequence: expected one of {', '.join(reading)}, got {sequence!r}")
    if layer is not None and len(U) > 2:
        return recurrent_layer.lab_of(W, U, b, activation, {k: np.array(v)[:, None] for k, v in reading.items()}, first)

    given = WEIGHTS if layer is None else {"as given": (len(U), activation, numbers(W, U, b))}
    start = given.get(weights if layer is None else "as given")
    if start is None:
        raise ValueError(f"weights: expected one of {', '.join(WEIGHTS)}, got {weights!r}")
    steps, top = len(reading[first]), 1 if drawn is None else max(1, int(np.ceil(np.abs(drawn).max())))
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
            "sequence", "input", [DRAWN, *reading], first, {k: {"x": v} for k, v in reading.items()}, reset_by=("x",)
        ),
        lab.slider("step", "step", 0, steps - 1, steps - 1),
        lab.play("step"),
        lab.slider("level", "input at this step", -top, top, reading[first][-1], step=0.01, element_of=("x", "step")),
    ]

    def answer(weights, units, activation, sequence, step, x, **by_hand):
        if weights in given:
            units, activation, values = given[weights]
        else:
            values = [by_hand[name] for name in NAMES]
        return _shown(reading.get(sequence, x), *matrices(int(units), values), activation, step, top)

    return lab.Lab("RNN lab", controls, answer, values={"x": reading[first]})


def matrices(units, numbers):
    """W (1, units), U (units, units) and b (units,) from the eight numbers of `NAMES`."""
    W1, W2, U11, U12, U21, U22, b1, b2 = map(float, numbers)
    W, U, b = np.array([[W1, W2]]), np.array([[U11, U12], [U21, U22]]), np.array([b1, b2])
    return W[:, :units], U[:units, :units], b[:units]


def numbers(W, U, b):
    """The eight numbers of `NAMES` from the matrices of one or two units: a single unit has zeros for the others."""
    full, units = np.zeros((4, 2)), len(U)
    full[0, :units], full[1 : 1 + units, :units], full[3, :units] = W[0], U, b
    return tuple(full.ravel().tolist())


def _shown(x, W, U, b, activation, step, top):
    f, span, units = ACTIVATIONS[activation], SPAN[activation], len(U)
    with np.errstate(over="ignore", invalid="ignore"):
        sequence = np.asarray(x, float)[:, None]
        h = np.nan_to_num(reference.rnn(sequence[None], W, U, b, activation=f)[0])
        to_input, to_state = through_time(sequence, W, U, b, f, step)
    radius = reference.spectral_radius(U)
    kept = np.clip(h, -span, span)
    gradients, arrives = gradient(to_input, to_state, radius, step, "h")
    names = ["h"] if units == 1 else ["h 1", "h 2"]
    state = " and ".join(f"{name} = {value:.3g}" for name, value in zip(names, h[step], strict=True))
    panels = {
        "input": inputs.line(x, step, top),
        "state": lab.lines(
            dict(zip(names, kept.T, strict=True)), "the state h",
            f"The state over {len(x)} steps; at step {step} {state}.", -span, span, ylabel="h", mark=step, height=150,
        ),
        "path": _path(kept, U, b, f, span, step),
        "gradient": gradients,
    }  # fmt: skip
    hidden = {name: {"hidden": units == 1} for name in SECOND}
    status = f"Step {step}: {state}. {meaning(radius, activation)}{arrives}{leaves(np.abs(h).max(axis=1), span)}"
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


def _label(name):
    return f"{name[0]} {'→'.join(name[1:])}"


def _weights_of(layer):
    """W, U and b of a layer, and the name of its activation."""
    name, reads_forwards = "tanh", not getattr(layer, "go_backwards", False)
    if hasattr(layer, "get_weights"):
        name = getattr(getattr(layer, "activation", None), "__name__", "?")
        layer = layer.get_weights()
    if name not in ACTIVATIONS:
        raise ValueError(f"layer: expected the activation tanh, relu or linear, got {name}")
    if len(layer) != 3 or not reads_forwards:
        raise ValueError("layer: expected a built SimpleRNN with a bias that reads forwards, or its weights (W, U, b)")
    W, U, b = (np.asarray(array, float) for array in layer)
    units = len(b) if b.ndim == 1 else 0
    if not units or W.ndim != 2 or W.shape[1:] != (units,) or U.shape != (units, units):
        raise ValueError(
            "layer: expected the weights of a SimpleRNN: W (features, units), U (units, units), b (units,); got W "
            f"{W.shape}, U {U.shape}, b {b.shape}"
        )
    return W, U, b, name


def _checked(x, features):
    """The sequence as (time, features)."""
    x = np.asarray(x, float)
    x = x[:, None] if x.ndim == 1 and features == 1 else x
    if x.ndim != 2 or x.shape[1] != features or not 2 <= len(x) <= LONGEST or not np.isfinite(x).all():
        expected = "(time,)" if features == 1 else f"(time, {features})"
        raise ValueError(f"x: expected {expected} finite numbers, 2 to {LONGEST} steps, got shape {x.shape}")
    return x
