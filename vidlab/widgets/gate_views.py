"""What the gate lab shows of a run: its input, gates and states, what they come to, and whether a guess was right."""

import numpy as np

from vidlab.widgets import inputs, lab

WAYS = {  # what a learner may expect, with a prediction and without
    True: ("choose", "more likely", "less likely", "the same"),
    False: ("choose", "higher", "lower", "the same"),
}
SAME = 0.01  # a smaller change counts as none


def input_panels(x, frames, at, step, drawing):
    """What the layer reads: a line to draw, or the features of each step, or frames in the order `at`."""
    if drawing:
        return {"input": inputs.line(x[:, 0], step)}
    if frames is None:
        return {"input": inputs.features(x, step)}
    _, height, width, _ = frames.shape
    times = max(1, 64 // width)
    columns = -(-len(frames) // -(-len(frames) * width * times // 800))  # rows alike, none wider than the page
    rows = -(-len(frames) // columns)
    grid = np.zeros((rows * columns, *frames.shape[1:]), np.uint8)
    grid[: len(frames)] = frames[at]
    picture = grid.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)
    return {
        "frames": lab.pixels(
            picture, "the frames, in the order in which they are read; click one to go there",
            f"{len(frames)} frames of a clip; frame {at[step]}, which is read at step {step}, is outlined.",
            times=times, boxes=[(step // columns * height, step % columns * width, height, width)], pick=("step",),
            tiles=(height, width, len(frames), 0),
        )
    }  # fmt: skip


def trace_panels(run, before, unit, step, span):
    """The gates and the states of one unit; `before` is the unchanged run, where there is another."""
    now = {name: getattr(run, name)[0, :, unit] for name in "ifogch"}
    states = {"g": now["g"], "c": now["c"], "h": now["h"]}
    if before is not None:
        states["h unchanged"] = before.h[0, :, unit]
    states = {name: np.clip(values, -span, span) for name, values in states.items()}
    words = {name: f"{values[step]:.2f}" for name, values in now.items()}
    return {
        "gates": lab.lines(
            {"i": now["i"], "f": now["f"], "o": now["o"]}, "the gates: i writes, f keeps, o shows",
            f"Gates of unit {unit}; at step {step} i = {words['i']}, f = {words['f']}, o = {words['o']}.",
            0, 1, ylabel="gate", mark=step, height=150,
        ),
        "states": lab.lines(
            states, "the candidate g, the cell c, the output h",
            f"States of unit {unit}; at step {step} g = {words['g']}, c = {words['c']}, h = {words['h']}.",
            -span, span, ylabel="state", mark=step,
        ),
    }  # fmt: skip


def equation(run, unit, step):
    """The equations of one step of one unit, with their numbers."""
    i, f, o, g, c, h = (float(getattr(run, name)[0, step, unit]) for name in "ifogch")
    before = float(run.c[0, step - 1, unit]) if step else 0.0
    return (
        f"Step {step}, unit {unit}: c = f · c before + i · g = {f:.3f} · {before:.3f} + {i:.3f} · {g:.3f} = {c:.3f};  "
        f"h = o · tanh(c) = {o:.3f} · {np.tanh(c):.3f} = {h:.3f}"
    )


def verdict(what, pair, changed, secret, guess, ways):
    """In words: `pair`, (before, after), of `what` was asked for, and whether the guess was right."""
    before, after = pair
    if not changed:
        return [f"{what}: {before:.2f}. Nothing is changed yet."]
    if secret:
        ask = "press reveal" if guess != "choose" else "choose what it will be, then reveal"
        return [f"{what}: {before:.2f} before the change. After it? You see the unchanged run: {ask}."]
    truth = ways[3] if abs(after - before) < SAME else ways[1] if after > before else ways[2]
    said = [f"{what}: {before:.2f} before the change, {after:.2f} after it: {truth}."]
    if guess not in (None, "choose"):
        said.append(f"You said {guess}: " + ("right." if guess == truth else "not so this time. Why?"))
    return said


def bars(pair, names, secret):
    """Two bars for each class, before and after the change."""
    spoken = "; ".join(
        f"{name} {a:.2f} before, {'hidden' if secret else f'{b:.2f}'} after"
        for name, a, b in zip(names, *pair, strict=True)
    )
    series = {"before": pair[0], "after": None if secret else pair[1]}
    return lab.bars(names, series, "what it says at the end", f"Probabilities, from 0 to 1: {spoken}.")
