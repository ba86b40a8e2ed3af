"""The RNN lab for a layer of many units or features: all units over time, and one of them looked at closely."""

from functools import lru_cache

import numpy as np

from vidlab import reference
from vidlab.widgets import all_units, inputs, lab
from vidlab.widgets.recurrent_views import ACTIVATIONS, SPAN, gradient, leaves, meaning, through_time


def lab_of(W, U, b, activation, reading, first):
    """The lab of a layer with the weights W, U, b.

    Parameters
    ----------
    reading
        Dict of sequences (time, features), all as long, by name. One feature can also be drawn.
    first
        The name of that to start from.
    """
    f, span, units, drawing = ACTIVATIONS[activation], SPAN[activation], len(U), len(W) == 1
    x = reading[first]
    steps, top = len(x), max(1, int(np.ceil(np.abs(x).max())))
    radius = reference.spectral_radius(U)
    drawn = [
        lab.choice(
            "sequence", "input", [inputs.DRAWN, *reading], first,
            {name: {"x": one[:, 0].tolist()} for name, one in reading.items()}, reset_by=("x",),
        ),
        lab.slider("level", "input at this step", -top, top, float(x[-1, 0]), step=0.01, element_of=("x", "step")),
    ]  # fmt: skip
    controls = [
        lab.slider("step", "step", 0, steps - 1, steps - 1),
        lab.play("step"),
        lab.slider("unit", "unit", 0, max(units - 1, 1), 0),
        *(drawn if drawing else []),
        *all_units.controls(x),
    ]

    @lru_cache(maxsize=8)  # another step or unit of the same run costs nothing
    def run(read):
        with np.errstate(over="ignore", invalid="ignore"):
            return np.nan_to_num(reference.rnn(np.frombuffer(read).reshape(1, *x.shape), W, U, b, activation=f)[0])

    def answer(step, unit, pattern, by_pattern, marks, sequence=first, x=None):
        unit = min(unit, units - 1)
        read = reading[sequence] if sequence in reading else np.array(x, float)[:, None]
        h = run(read.tobytes())
        with np.errstate(over="ignore", invalid="ignore"):
            to_input, to_state = through_time(read, W, U, b, f, step, unit)
        gradients, arrives = gradient(to_input, to_state, radius, step, f"h of unit {unit}")
        panels = {"input": inputs.line(read[:, 0], step, top) if drawing else inputs.features(read, step)}
        shown, said = all_units.panels(h, "h", (-span, span), unit, step, marks, by_pattern)
        state = lab.lines(
            {"h": np.clip(h[:, unit], -span, span)}, f"the state h of unit {unit}",
            f"The state of unit {unit} over {steps} steps; at step {step} it is {h[step, unit]:.3g}.",
            -span, span, ylabel="h", mark=step, height=150,
        )  # fmt: skip
        status = f"Step {step}, unit {unit}: h = {h[step, unit]:.3g}. {meaning(radius, activation)}{arrives}"
        limits = {"unit": {"disabled": True, "hidden": True}} if units == 1 else {}
        return {
            "panels": panels | shown | {"state": state, "gradient": gradients},
            "status": f"{status}{leaves(h[:, unit], span)}\n{said}",
            "limits": limits | all_units.limits(read),
        }

    values = {"marks": [False] * steps} | ({"x": x[:, 0].tolist()} if drawing else {})
    return lab.Lab("RNN lab, all units", controls, answer, values=values)
