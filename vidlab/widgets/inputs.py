"""What the labs of recurrent layers read: sequences to start from, and their pictures."""

import numpy as np

from vidlab.widgets import lab

DRAWN = "drawn by hand"
ACROSS = 500  # pixels of the page for all steps, at most: pictures over the same steps stand one below the other


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


def line(x, step, top=1):
    """The panel of one feature, (time,), which can be drawn: the value `x` of a lab."""
    return lab.lines(
        {"x": x}, "the input: draw with the mouse, or set it step by step",
        f"The input over {len(x)} steps; at step {step} it is {x[step]:g}.",
        -top, top, ylabel="x", mark=step, draw="x", height=120,
    )  # fmt: skip


def features(x, step):
    """The panel of many features, (time, features); a click chooses the step."""
    top = float(np.abs(x).max())
    return lab.pixels(
        lab.shades(x.T, -top, top), f"the input: a row for each feature, a column for each step, ±{top:.2g}",
        f"{x.shape[1]} features over {len(x)} steps, the step {step} outlined.", "PuOr",
        times=(max(1, min(8, 120 // x.shape[1])), across(len(x))), boxes=[(0, step, x.shape[1], 1)], pick=("", "step"),
        means=("feature", "step"), scale=(-top, top),
    )  # fmt: skip


def across(steps):
    """How wide a step is shown, in pixels of the page."""
    return max(1, ACROSS // steps)
