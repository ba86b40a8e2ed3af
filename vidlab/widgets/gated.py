"""The gate lab: an LSTM step by step, with gates that can be pushed, forced open or shut, and what that changes.

All that is shown comes from `reference.lstm`: a change of a gate is a change of the weights.
"""

from functools import lru_cache

import numpy as np

from vidlab import clips, reference
from vidlab.reference import LSTMWeights
from vidlab.widgets import all_units, gate_views, lab
from vidlab.widgets.inputs import DRAWN, sequences

GATES = {"i": "input gate", "f": "forget gate", "c": "candidate", "o": "output gate"}  # in the order of the weights
PEEPHOLES = "peephole_i", "peephole_f", "peephole_o"
NOTED = {"i": "i", "f": "f", "c": "g", "o": "o"}  # how the equations and the charts call them
SHOWN = {"h": -1, "c": None, "i": 0, "f": 0, "o": 0, "g": -1}  # of all units: the lowest, to 1; None: the lab's span
FORCES = {"no gate": None} | {
    f"{GATES[gate]} {word}": (gate, value) for gate in "ifo" for word, value in (("open (1)", 1), ("shut (0)", 0))
}
ORDERS = "in order", "reversed", "shuffled"
CHANGES = "which", "b_i", "b_f", "b_c", "b_o", "peephole", "force", "order", "sequence", "x", "unit", "watched"

FIRST_PULSE = LSTMWeights(  # one unit, set by hand: it keeps the first pulse, and shuts its input gate while it is full
    kernel=np.array([[12.0, 0.0, 3.0, 0.0]]),
    recurrent_kernel=np.zeros((1, 4)),
    bias=np.array([-6.0, 6.0, 0.0, -3.0]),
    peephole_i=np.array([-12.0]),
    peephole_f=np.array([0.0]),
    peephole_o=np.array([6.0]),
)


@lab.plainly
def gates(layer=None, x=None, clip=None, predict=None, classes=None, span=3.0):
    """The gate lab: watch i, f, o, g, c and h of an LSTM over a sequence, and change what its gates do.

    Of a layer with more than one unit it shows all as a heat map, of which a click chooses one; and it finds the units
    that follow a pattern of marked steps best, see `all_units.correlation`. Such a unit is a candidate, not a cause:
    whether the layer uses it, a change of its gates shows ("this is done to: this unit").

    Parameters
    ----------
    layer
        A Keras `LSTM`, a `models.PeepholeLSTM` or `reference.LSTMWeights`; None for a unit, set by hand, that keeps
        the first pulse of its input.
    x
        (time, features) the sequence that the layer reads. With one feature it may be left out: it is then drawn.
    clip
        (time, height, width, 3) uint8, or float in [0, 1]: the frames that `x` was made of; they are shown beneath.
    predict
        What the last state says: a Keras `Dense` layer on it, or a function from h (units,) to probabilities.
    classes
        Names of the probabilities.
    span
        Of the picture of the cell, which is drawn from -span to span.

    Raises
    ------
    ValueError
        If the layer is no LSTM with sigmoid gates and tanh, or `x`, `clip`, `predict` or `classes` do not fit it.
    """
    weights = FIRST_PULSE if layer is None else _weights_of(layer)
    features, units = weights.kernel.shape[0], len(weights.recurrent_kernel)
    drawing = x is None
    if drawing and (features > 1 or clip is not None):
        raise ValueError(f"x: give the sequence (time, {features}) that the layer reads; only one feature can be drawn")
    inputs = (
        {name: np.array(v)[:, None] for name, v in sequences(40).items()} if drawing else {"": _checked(x, features)}
    )
    begin = "two pulses" if drawing else ""
    steps = len(inputs[begin])
    start = steps // 8 if drawing else steps // 2  # the first pulse is there
    frames = None if clip is None else _frames(clip, steps)
    head = None if predict is None else _head(predict, units)
    probabilities = None if head is None else head(reference.lstm(inputs[begin][None], weights).h[0, -1])
    names = _names(classes, probabilities)

    reading = [lab.choice("order", "frames", ORDERS)]
    if drawing:
        here = float(inputs[begin][start, 0])
        reading = [
            lab.choice("sequence", "input", [DRAWN, *inputs], begin, _presets(inputs), reset_by=("x",)),
            lab.slider("level", "input at this step", -1, 1, here, step=0.01, element_of=("x", "step")),
        ]
    many = []
    if units > 1:
        many = [lab.choice("quantity", "of all units", list(SHOWN)), *all_units.controls(inputs[begin])]
    hidden = {"disabled": True, "hidden": True}
    controls = [
        lab.slider("step", "step", 0, steps - 1, start),
        lab.play("step", fps=6.0),
        lab.slider("unit", "unit", 0, max(units - 1, 1), 0),
        *reading,
        *many,
        *(lab.slider(f"b_{gate}", f"add to the bias of {NOTED[gate]}", -6, 6, 0.0, step=0.1) for gate in GATES),
        lab.slider("peephole", "peepholes ×", -2, 2, 1.0, step=0.1),
        lab.choice("force", "force a gate", list(FORCES)),
        lab.choice("which", "this is done to", ["all units", "this unit"]),
        *([lab.choice("watched", "watch the class", names, names[int(np.argmax(probabilities))])] if head else []),
        lab.toggle("first", "predict first"),
        lab.choice("guess", "it will be", gate_views.WAYS[head is not None], reset_by=CHANGES),
        lab.toggle("reveal", "reveal", reset_by=CHANGES),
    ]  # fmt: skip
    always = {"peephole": hidden} if all(getattr(weights, name) is None for name in PEEPHOLES) else {}
    always |= {"unit": hidden, "which": hidden} if units == 1 else {}

    @lru_cache(maxsize=8)  # another step or unit of the same run costs nothing
    def trace(read, order, bias=(), *change):
        sequence = np.frombuffer(read).reshape(1, steps, features)[:, ordered(steps, order)]
        return reference.lstm(sequence, altered(weights, dict(bias), *change))

    def answer(step, unit, b_i, b_f, b_c, b_o, peephole, force, which, first, guess, reveal,
               sequence="", x=None, order=ORDERS[0], watched=None, quantity="h", pattern="", by_pattern=False,
               marks=()):  # fmt: skip
        unit = min(unit, units - 1)
        read = inputs[sequence] if sequence in inputs else np.array(x, float)[:, None]
        at = ordered(steps, order)
        pushed = tuple({"i": b_i, "f": b_f, "c": b_c, "o": b_o}.items())
        runs = [
            trace(read.tobytes(), ORDERS[0]),
            trace(read.tobytes(), order, pushed, peephole, FORCES[force], unit if which == "this unit" else None),
        ]
        ends = [run.h[0, -1] for run in runs]
        results = [float(end[unit]) for end in ends] if head is None else [head(end) for end in ends]
        changed = any(not np.array_equal(a, b) for a, b in zip(runs[0], runs[1], strict=True))
        secret = first and changed and not (reveal and guess != "choose")
        shown = runs[0] if secret else runs[1]
        seen = read if drawing else read[at]
        panels = gate_views.input_panels(seen, frames, at, step, drawing)
        limits, found = dict(always), []
        if units > 1:
            ends_at = (-span, span) if SHOWN[quantity] is None else (SHOWN[quantity], 1)
            values = getattr(shown, quantity)[0]
            more, words = all_units.panels(values, quantity, ends_at, unit, step, marks, by_pattern)
            panels, limits, found = panels | more, limits | all_units.limits(seen), [words]
        panels |= gate_views.trace_panels(shown, runs[0] if changed and not secret else None, unit, step, span)
        said = [gate_views.equation(shown, unit, step)]
        if head is None:
            what, pair = f"h of unit {unit} at the end", results
        else:
            panels["prediction"] = gate_views.bars(results, names, secret)
            what, pair = watched, [float(p[names.index(watched)]) for p in results]
        said += gate_views.verdict(
            what, pair, changed, secret, guess if first else None, gate_views.WAYS[head is not None]
        )
        if (out := np.abs(shown.c[0, :, unit]) > span).any():
            said.append(f"At step {out.argmax()} the cell leaves the picture; it is drawn at the edge, {span:g}.")
        limits["guess"] = limits["reveal"] = {"hidden": not first}
        return {"panels": panels, "status": "\n".join(said + found), "limits": limits}

    values = {"x": inputs[begin][:, 0].tolist()} if drawing else {}
    values |= {"marks": [False] * steps} if units > 1 else {}
    return lab.Lab("Gate lab", controls, answer, values=values)


def altered(weights, bias=None, peephole=1.0, force=None, unit=None):
    """The weights of an LSTM after a change of its gates, for one unit or (None) for all.

    Parameters
    ----------
    weights
        LSTMWeights
    bias
        Dict from a gate, "i", "f", "c" or "o", to what is added to its bias.
    peephole
        What the peepholes are multiplied by.
    force
        (gate, 1 or 0): that gate is 1 or 0 at every step, exactly, whatever it sees.

    Returns
    -------
    LSTMWeights; those given where nothing is changed.
    """
    units = len(weights.recurrent_kernel)
    these = slice(None) if unit is None else slice(unit, unit + 1)
    new = {name: None if array is None else np.array(array) for name, array in weights._asdict().items()}
    for gate, amount in (bias or {}).items():
        new["bias"][_columns(gate, units)][these] += amount
    for name in PEEPHOLES:
        if new[name] is not None:
            new[name][..., these] *= peephole
    if force is not None:
        gate, value = force
        for name in ("kernel", "recurrent_kernel", "bias"):  # sigma(1000) is 1, sigma(-1000) is 0, exactly
            new[name][..., _columns(gate, units)][..., these] = (1000 if value else -1000) * (name == "bias")
        if new[f"peephole_{gate}"] is not None:
            new[f"peephole_{gate}"][..., these] = 0
    return LSTMWeights(**new)


def ordered(steps, order):
    """Which frame is read at each step: in order, reversed, or shuffled (always in the same way)."""
    if order == "shuffled":
        return np.random.default_rng(0).permutation(steps)
    return np.arange(steps)[:: -1 if order == "reversed" else 1]


def _columns(gate, units):
    k = list(GATES).index(gate)
    return slice(k * units, (k + 1) * units)


def _presets(inputs):
    return {name: {"x": values[:, 0].tolist()} for name, values in inputs.items()}


def _weights_of(layer):
    if hasattr(layer, "get_weights"):
        if hasattr(layer, "layers"):
            inside = [one.name for one in layer.layers if hasattr(one, "recurrent_activation") or hasattr(one, "cell")]
            remedy = f"give model.get_layer({inside[0]!r})" if inside else "and there is none in it"
            raise ValueError(f"layer: expected an LSTM layer, got a whole model; {remedy}")
        cell, weights = getattr(layer, "cell", layer), layer.get_weights()
        used = [getattr(getattr(cell, name, None), "__name__", "?") for name in ("activation", "recurrent_activation")]
        if used != ["tanh", "sigmoid"] or len(weights) not in (3, 6) or getattr(layer, "go_backwards", False):
            raise ValueError(
                "layer: expected a built LSTM or PeepholeLSTM with a bias, tanh and sigmoid, that reads forwards; got "
                f"{type(layer).__name__} with {', '.join(used)} and {len(weights)} arrays of weights"
            )
        layer = weights
    if len(layer) not in (3, 6):
        raise ValueError(f"layer: expected 3 arrays of weights, or 6 with peepholes, got {len(layer)}")
    weights = LSTMWeights(*(None if array is None else np.array(array, float) for array in layer))
    try:
        reference.lstm(np.zeros((1, 1, len(weights.kernel))), weights)
    except ValueError as error:
        raise ValueError(f"layer: these are not the weights of an LSTM; {error}") from None
    return weights


def _checked(x, features):
    x = np.asarray(x, float)
    if x.ndim != 2 or x.shape[1] != features or len(x) < 2 or not np.isfinite(x).all():
        raise ValueError(f"x: expected finite numbers of shape (time, {features}), 2 steps or more, got {x.shape}")
    return x


def _frames(clip, steps):
    clip = clips.as_uint8(clip)
    if len(clip) != steps:
        raise ValueError(f"clip: expected {steps} frames, one for each step of x, got {len(clip)}")
    clip = np.broadcast_to(clip, (*clip.shape[:3], 3))
    return clip[:, :: -(-clip.shape[1] // 64), :: -(-clip.shape[2] // 64)]  # small enough to send at each change


def _head(predict, units):
    """A function from h (units,) to probabilities, computed in NumPy where `predict` is a Dense layer."""
    if hasattr(predict, "get_weights"):
        arrays, name = predict.get_weights(), getattr(getattr(predict, "activation", None), "__name__", "?")
        if len(arrays) != 2 or arrays[0].shape[0] != units or name not in ("linear", "sigmoid", "softmax"):
            raise ValueError(
                f"predict: expected a Dense layer on {units} units with a bias and softmax, sigmoid or no activation, "
                f"or a function of h ({units},); got {type(predict).__name__}"
            )
        W, b = (array.astype(float) for array in arrays)
        squash = reference.sigmoid if len(b) == 1 or name == "sigmoid" else reference.softmax

        def probabilities(h):
            return squash(h[None] @ W + b)[0]
    elif callable(predict):

        def probabilities(h):
            return np.asarray(predict(h), float).ravel()
    else:
        raise ValueError(f"predict: expected a Dense layer or a function of h, got {type(predict).__name__}")

    def both(h):
        found = probabilities(h)
        if not found.size or not (np.isfinite(found).all() and found.min() >= -1e-6 and found.max() <= 1 + 1e-6):
            raise ValueError(f"predict: expected probabilities from 0 to 1, got {np.round(found, 3).tolist()}")
        return np.array([1 - found[0], found[0]]) if found.size == 1 else found  # of one number: no and yes

    return both


def _names(classes, probabilities):
    if probabilities is None:
        if classes is not None:
            raise ValueError("classes: they name the probabilities of predict; give predict too")
        return []
    names = [f"class {k}" for k in range(len(probabilities))] if classes is None else [str(name) for name in classes]
    if len(names) != len(probabilities) or len(set(names)) < len(names):
        raise ValueError(f"classes: expected {len(probabilities)} different names, got {names}")
    return names
