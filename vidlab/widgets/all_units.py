"""All units of a recurrent layer over time, and which of them answer to a pattern: steps that the reader has marked.

A correlation over one sequence finds candidates, not causes. That a network uses a unit is shown by a change of that
unit: the gate lab forces its gates.
"""

import numpy as np

from vidlab.widgets import lab
from vidlab.widgets.inputs import across

BY_HAND, NOTHING = "marked by hand", "nothing"
LIKELY = 0.95  # the part of the shifts that stays below what `by_chance` gives
STILL = 1e-9  # a unit that moves less is constant, beside 1 or its largest number
NAMED = 8  # units whose r is told, at most
PAPER, INK = np.array([[228] * 3, [244] * 3], np.uint8), np.array([0, 114, 178], np.uint8)  # steps, in turn; a mark


def presets(x):
    """Patterns to start from, by name: lists of yes or no, one for each step of `x` (time, features).

    The input is large where its length |x_t| is above the middle between the smallest and the largest.
    """
    size = np.linalg.norm(x, axis=1)
    large = size > (size.min() + size.max()) / 2
    t = np.arange(len(x))
    made = {
        NOTHING: t < 0,
        "where the input is large": large,
        "after the first pulse": (t > large.argmax()) & large.any(),
        "the second half": t >= len(x) // 2,
    }
    return {name: steps.tolist() for name, steps in made.items()}


def controls(x):
    """The controls of a pattern; the lab has a slider `step` and a list `marks` among its values."""
    (changes,) = limits(x).values()
    names = [BY_HAND, *changes["sets"]]
    return [
        lab.choice("pattern", "pattern", names, NOTHING, **changes, reset_by=("marks", "x", "order")),
        lab.toggle("marked", "mark this step", element_of=("marks", "step")),
        lab.toggle("by_pattern", "order by the pattern"),
    ]


def limits(x):
    """What a lab must change where the input has changed: the patterns are those of `x` (time, features)."""
    return {"pattern": {"sets": {name: {"marks": marks} for name, marks in presets(x).items()}}}


def correlation(values, marks):
    """How well each unit follows the marks: Pearson's r between its values and the marks, taken as 0 and 1.

        r = sum_t (v_t - mean v) (m_t - mean m) / sqrt(sum_t (v_t - mean v)^2 sum_t (m_t - mean m)^2)

    With marks of 0 and 1 this is the point-biserial correlation, (v̄_1 - v̄_0) / s · sqrt(n_1 n_0) / n: the mean over
    the marked steps against that over the others. r = 1: high where it is marked, and nowhere else; -1: low there.

    Parameters
    ----------
    values
        (time, units)
    marks
        (time,) or, for many patterns at once, (patterns, time)

    Returns
    -------
    (units,) or (patterns, units); NaN for a unit that is constant, and for all where no step is marked, or every one.

    Sources: Pearson 1895, Proceedings of the Royal Society of London 58, 240-242; Tate 1954, Annals of Mathematical
    Statistics 25(3), 603-607.

    >>> correlation(np.array([[0.0, 5, 1], [1, 5, 0], [1, 5, 0]]), [False, True, True])
    array([ 1., nan, -1.])
    """
    marks, values = np.asarray(marks, float), np.asarray(values, float)
    values = values / np.maximum(np.abs(values).max(axis=0), 1)  # a state may explode, and its square is too large
    moving = np.ptp(values, axis=0) > STILL
    m, v = marks - marks.mean(axis=-1, keepdims=True), values - values.mean(axis=0)
    sizes = np.linalg.norm(m, axis=-1)[..., None] * np.linalg.norm(v, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(moving & (sizes > 0), np.clip(m @ v / sizes, -1, 1), np.nan)


def by_chance(values, marks):
    """How large the best |r| of all units is for marks that have nothing to do with them: the 95th percentile over the
    marks shifted in time, round and round, by every number of steps.

    Shifted marks keep their runs. Marks shuffled one by one would not, and since neighbouring steps of a unit are
    alike, chance would look smaller than it is (Yule 1926, Journal of the Royal Statistical Society 89(1), 1-63). The
    more units and the fewer steps, the larger it is: some unit always fits.
    """
    t = np.arange(len(marks))
    shifted = np.asarray(marks)[(t - t[1:, None]) % len(t)]  # (shifts, time)
    found = np.abs(correlation(values, shifted))
    return float(np.quantile(np.nan_to_num(found).max(axis=1), LIKELY))


def ranked(r):
    """The units by |r|, the best first; those without r last."""
    return np.argsort(-np.abs(r), kind="stable")


def panels(values, quantity, span, unit, step, marks, by_pattern):
    """The marks, all units as a heat map, and, where some steps are marked, who follows them best.

    Parameters
    ----------
    values
        (time, units)
    quantity
        What they are, in a word.
    span
        (lowest, highest) of the colours; it must not follow the data.
    unit, step
        Those chosen, outlined.
    marks
        List of yes or no, one for each step.
    by_pattern
        Whether the rows of the map are ordered by `correlation`.

    Returns
    -------
    Dict of panels, and what to say.
    """
    steps, units = values.shape
    r = correlation(values, marks)
    order = ranked(r) if by_pattern else np.arange(units)
    row = int(np.flatnonzero(order == unit)[0])
    rows = "ordered by the pattern" if by_pattern and np.isfinite(r).any() else "unit 0 on top"
    low, high = span
    colours = ("PuOr", "orange", "purple") if low < 0 else ("viridis", "dark", "yellow")
    made = {
        "marks": _marks(marks, step),
        "units": lab.pixels(
            lab.shades(values[:, order].T, low, high),
            f"{quantity} of all units, {low:g} {colours[1]} to {high:g} {colours[2]}, {rows}: click one",
            f"{quantity} of {units} units over {steps} steps, {rows}. Unit {unit} is row {row}; at step {step} its "
            f"{quantity} is {values[step, unit]:.2f}.",
            colours[0], times=(max(2, min(18, 320 // units)), across(steps)),
            boxes=[(row, 0, 1, steps), (0, step, units, 1)], pick=("unit", "step"), order=order,
            means=("unit", "step"), scale=span,
        ),
    }  # fmt: skip
    if not any(marks):
        return made, "Mark steps, and see which units follow them."
    if all(marks):
        return made, "All steps are marked: that is no pattern."
    if np.isnan(r).all():
        return made, f"No unit follows the marks: all are constant in {quantity}."
    chance = by_chance(values, marks)
    return made | {"found": _found(quantity, r, chance)}, _words(quantity, r, chance)


def _marks(marks, step):
    where = np.flatnonzero(marks)
    runs = np.split(where, np.flatnonzero(np.diff(where) > 1) + 1) if len(where) else []
    told = ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs) or "none"
    return lab.pixels(
        np.where(np.array(marks)[:, None], INK, PAPER[np.arange(len(marks)) % 2])[None],
        "the marked steps: click, or draw along", f"Of {len(marks)} steps are marked: {told}.",
        times=(24, across(len(marks))), boxes=[(0, step, 1, 1)], paint=("marks", marks), means=("", "step"),
    )  # fmt: skip


def _found(quantity, r, chance):
    best = [unit for unit in ranked(r)[:NAMED] if np.isfinite(r[unit])]
    names = [*(f"unit {unit}" for unit in best), "by chance"]
    texts = [*(_signed(r[unit]) for unit in best), f"{chance:.2f}"]
    spoken = ", ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    return lab.bars(
        names, {"|r|": [*np.abs(r[best]), chance]}, "who follows the marks: candidates, not causes",
        f"Correlation r of {quantity} with the marks, the best first, and what shifted marks reach: {spoken}.", texts,
    )  # fmt: skip


def _words(quantity, r, chance):
    first, *others = (f"unit {unit} (r = {_signed(r[unit])})" for unit in ranked(r)[:3] if np.isfinite(r[unit]))
    also = f", then {' and '.join(others)}" if others else ""
    told = "more than" if np.nanmax(np.abs(r)) > chance else "no more than"
    still = np.flatnonzero(np.isnan(r))
    constant = f" Constant, so without r: {_few(still)}." if len(still) else ""
    return (
        f"{quantity} of {first} follows the marks best{also}: {told} by chance, where the best |r| is {chance:.2f} (of "
        f"marks shifted in time 95 in 100 are below).{constant} A candidate, not a cause."
    )


def _few(units):
    named = ", ".join(map(str, units[:NAMED]))
    return f"unit {named}" if len(units) == 1 else f"units {named}" + (" and others" if len(units) > NAMED else "")


def _signed(r):
    return f"{r:+.2f}".replace("-", "−")
