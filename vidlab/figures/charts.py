"""Lines, dots and bars: curves of training, accuracies, confusion."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from vidlab.figures.picture import Picture

MARKS = "osD^v<>"


def lines(
    series: Mapping[str, ArrayLike] | Mapping[str, Mapping[str, ArrayLike]],
    x: Sequence | np.ndarray | Mapping[str, Sequence] | None = None,
    *,
    alt: str,
    xlabel: str = "",
    ylabel: str = "",
    ylim: tuple | None = None,
    levels: Mapping[str, float] | None = None,
    log: str = "",
    marks: bool = False,
    share: bool = True,
    size: tuple[float, float] | None = None,
) -> Picture:
    """Lines with their names beside them; or several panels of them, that share an axis.

    Parameters
    ----------
    series
        {name: values}. Values (points, runs) are drawn as a dot for each run, and a line through their means. For
        several panels {title: {name: values}}.
    x
        Where the values stand, or {name: x} where that differs; without it 0, 1, 2, ...
    alt
        What is to be seen, in words.
    levels
        {name: y} of dotted lines across, such as chance.
    log
        "x", "y" or "xy": axes with a logarithmic scale. On such an x axis the values of `x` are the ticks.
    marks
        Whether to mark the points of lines.
    share
        Whether panels have the same y axis.
    size
        (width, height) in inches.

    Examples
    --------
    >>> picture = lines({"a": [1, 2, 4], "b": [[1, 3], [2, 2], [0, 4]]}, alt="a doubles, b stays", levels={"chance": 2})
    >>> [text.get_text() for text in picture.axes[0].get_legend().texts]
    ['a', 'b']
    """
    panels = series if isinstance(next(iter(series.values())), Mapping) else {"": series}
    fig = Picture(figsize=size or ((7.5, 3) if len(panels) == 1 else (9, 3.1)), alt=alt)
    axes = fig.subplots(1, len(panels), sharey=share, squeeze=False)[0]
    names = list(dict.fromkeys(name for panel in panels.values() for name in panel))
    for ax, (title, panel) in zip(axes, panels.items(), strict=True):
        for name, values in panel.items():
            k, values = names.index(name), np.asarray(values, float)
            at = x.get(name) if isinstance(x, Mapping) else x
            at = np.arange(len(values)) if at is None else np.asarray(at)
            mark, colour = MARKS[k % len(MARKS)], f"C{k}"
            middle = values if values.ndim == 1 else values.mean(axis=1)
            ax.plot(at, middle, color=colour, marker=mark if marks and values.ndim == 1 else None, ms=4, label=name)
            if values.ndim == 2:
                ax.plot(at, values, mark, color=colour, alpha=0.6, markersize=4)
        if "x" in log:
            ax.set_xscale("log")
            if x is not None:
                ticks = sorted({one for some in x.values() for one in some} if isinstance(x, Mapping) else set(x))
                ax.set_xticks(ticks, ticks)
                ax.minorticks_off()
        if "y" in log:
            ax.set_yscale("log")
        ax.set(title=title, xlabel=xlabel)
        _draw_levels(ax, levels or {}, "y")
    axes[0].set_ylabel(ylabel)
    if ylim:
        axes[0].set_ylim(*ylim)
    if len(names) > 1:
        handles = {line.get_label(): line for ax in axes for line in ax.lines if not line.get_label().startswith("_")}
        axes[-1].legend(handles.values(), handles, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return fig


def dots(
    rows: Mapping[str, Mapping[str, ArrayLike]] | Mapping[str, ArrayLike],
    *,
    alt: str,
    xlabel: str = "accuracy",
    xlim: tuple | None = (0, 1.02),
    levels: Mapping[str, float] | None = None,
    title: str = "",
) -> Picture:
    """A row for each name, a dot for each run.

    Parameters
    ----------
    rows
        {name: values}, or {name: {kind: values}}: the first kind is drawn full, the others hollow, a little below.
    levels
        {name: x} of dotted lines, such as chance.
    alt, xlabel, xlim, title
        As in `lines`.

    Examples
    --------
    >>> picture = dots({"a": {"in order": [0.9, 0.8], "shuffled": [0.2]}}, alt="a needs the order")
    >>> [label.get_text() for label in picture.axes[0].get_yticklabels()]
    ['a']
    """
    rows = {name: row if isinstance(row, Mapping) else {"": row} for name, row in rows.items()}
    kinds = list(dict.fromkeys(kind for row in rows.values() for kind in row))
    fig = Picture(
        figsize=(7.5, 0.9 + 0.42 * len(rows) + (0.3 if len(kinds) > 1 else 0) + (0.25 if title else 0)), alt=alt
    )
    ax = fig.subplots()
    for place, row in enumerate(rows.values()):
        for kind, values in row.items():
            k = kinds.index(kind)
            down = 0.2 * (k - (len(kinds) - 1) / 2)
            ax.plot(
                np.ravel(values), np.full(np.size(values), place + down), MARKS[k], color=f"C{k}",
                markerfacecolor="none" if k else None, label=kind if place == 0 else None,
            )  # fmt: skip
    _draw_levels(ax, levels or {}, "x")
    ax.set_yticks(range(len(rows)), rows)
    ax.set(ylim=(len(rows) - 0.5, -0.6), xlabel=xlabel)
    if xlim:
        ax.set_xlim(*xlim)
    if title:
        fig.suptitle(title, fontsize=10)
    if len(kinds) > 1:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(kinds))
    return fig


def _draw_levels(ax, levels, axis):
    for k, (name, at) in enumerate(levels.items()):
        (ax.axhline if axis == "y" else ax.axvline)(at, color="0.5", linewidth=1, linestyle=":", zorder=0)
        end = k % 2  # names of neighbours at either end, so that they do not lie over each other
        place, offset = ((end, at), (-3 if end else 3, 3)) if axis == "y" else ((at, 1), (3, -2 - 10 * end))
        coordinates = ("axes fraction", "data") if axis == "y" else ("data", "axes fraction")
        ax.annotate(
            name, place, xycoords=coordinates, xytext=offset, textcoords="offset points", fontsize=9, color="0.35",
            va="bottom" if axis == "y" else "top", ha="right" if axis == "y" and end else "left",
        )  # fmt: skip


def bars(panels: Mapping[str, Mapping[str, float]], *, alt: str, xlim: tuple | None = None) -> Picture:
    """Named bars, a panel for each quantity: {quantity: {name: value}}.

    >>> [ax.get_xlabel() for ax in bars({"parameters": {"a": 1, "b": 2}}, alt="b has twice as many").axes]
    ['parameters']
    """
    names = list(next(iter(panels.values())))
    fig = Picture(figsize=(8, 0.8 + 0.3 * len(names)), alt=alt)
    axes = fig.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, (quantity, values) in zip(axes, panels.items(), strict=True):
        ax.barh(names, list(values.values()), color="C0")
        ax.set(xlabel=quantity, xlim=xlim)
    axes[0].invert_yaxis()
    return fig


def curves(history, title=None):
    """Loss and accuracy against the epoch: `history` is `training.fit`'s, or maps Keras's names to lists.

    >>> len(curves({"loss": [2.0, 1.0], "accuracy": [0.3, 0.6]}).axes)
    2
    """
    history = history if isinstance(history, dict) else vars(history)
    fig = Picture(figsize=(8.0, 2.8), alt="Loss and accuracy against the epoch" + (f": {title}" if title else ""))
    for ax, name, label in zip(fig.subplots(1, 2), ("loss", "accuracy"), ("loss (nats)", "accuracy"), strict=True):
        for key, who in ((name, "training"), (f"val_{name}", "validation")):
            if history.get(key):
                epochs = np.arange(1, len(history[key]) + 1)
                ax.plot(epochs, history[key], label=who, marker="o" if len(epochs) == 1 else None)
        ax.set(xlabel="epoch", ylabel=label)
        ax.xaxis.get_major_locator().set_params(integer=True)
        if name == "accuracy":
            ax.set_ylim(0, 1.02)
        else:
            ax.set_ylim(bottom=0)
            ax.legend()
    if title:
        fig.suptitle(title, fontsize=10)
    return fig


def confusion(matrix, classes, title=None):
    """How often each true class (row) was called each class (column).

    `matrix` is one such table, or {title: table} of several, side by side.

    >>> confusion([[5, 1], [0, 6]], ["left", "right"]).alt
    'Confusion matrix of 2 classes; on the diagonal: 92%'
    """
    tables = matrix if isinstance(matrix, Mapping) else {title or "": matrix}
    tables, n = {name: np.asarray(table) for name, table in tables.items()}, len(classes)
    for table in tables.values():
        if table.shape != (n, n):
            raise ValueError(f"matrix: expected shape ({n}, {n}) for {n} classes, got {table.shape}")
    right = [f"{name} {np.trace(table) / max(table.sum(), 1):.0%}".strip() for name, table in tables.items()]
    fig = Picture(
        figsize=(2.2 + 0.42 * n * len(tables), 2.1 + 0.42 * n),
        alt=f"Confusion matrix of {n} classes; on the diagonal: {', '.join(right)}",
    )
    axes = fig.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    most = max(table.max() for table in tables.values())
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        ax.imshow(table, cmap="cividis", vmin=0, vmax=most)
        for i, j in np.argwhere(table):
            ink = "black" if table[i, j] > most / 2 else "white"
            ax.text(j, i, table[i, j], ha="center", va="center", color=ink, fontsize=9)
        ax.set_xticks(range(n), classes, rotation=45, ha="right", rotation_mode="anchor")
        ax.set(xlabel="predicted class", title=name)
    axes[0].set_yticks(range(n), classes)
    axes[0].set_ylabel("true class")
    return fig


def accuracies(rows, chance, title=None):
    """A dot for each run: `rows` of `training.compare`, or dicts of the same; hollow dots for shuffled frames.

    >>> accuracies([{"model": "conv3d", "top1": 0.9, "shuffled": 0.2}], chance=0.125).alt
    'Accuracy of each run: conv3d 0.90'
    """
    rows = [row if isinstance(row, dict) else vars(row) for row in rows]
    by_model = {}
    for row in rows:
        kinds = by_model.setdefault(row["model"], {"frames in order": [], "frames shuffled": []})
        kinds["frames in order"].append(row["top1"])
        kinds["frames shuffled"].append(row["shuffled"])
    said = (f"{name} {', '.join(f'{n:.2f}' for n in kinds['frames in order'])}" for name, kinds in by_model.items())
    return dots(
        by_model, alt="Accuracy of each run: " + "; ".join(said), xlabel="accuracy on the test clips",
        levels={"chance": chance}, title=title or "",
    )  # fmt: skip


def timeline(edges: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], segments: Sequence = ()) -> Picture:
    """What is to be seen when: a row for each class, dark where it is likely, with a bar under each segment.

    Parameters
    ----------
    edges
        (n + 1,) seconds.
    probabilities
        (n, classes) between them.
    classes
        Their names. Of more than 12 those that are likeliest somewhere are drawn, at most 12.
    segments
        Each with `start` and `stop` in seconds and a `label`.

    Examples
    --------
    >>> timeline(np.arange(3), np.eye(2), ["no", "yes"]).alt
    'Timeline of 2 s: no 0.50, yes 0.50 of the time'
    """
    best, classes = probabilities.argmax(axis=1), list(classes)
    shares = np.bincount(best, np.diff(edges), len(classes)) / max(edges[-1] - edges[0], 1e-9)
    keep = range(len(classes)) if len(classes) <= 12 else sorted(np.argsort(-shares, kind="stable")[:12])
    names = [classes[k] for k in keep]
    said = ", ".join(f"{classes[k]} {shares[k]:.2f}" for k in keep if shares[k])
    fig = Picture(
        figsize=(9, 1.4 + 0.32 * len(names)), alt=f"Timeline of {edges[-1] - edges[0]:.0f} s: {said} of the time"
    )
    ax, unit = fig.subplots(), 60 if edges[-1] > 300 else 1
    at = np.asarray(edges) / unit
    drawn = ax.pcolormesh(at, np.arange(len(names) + 1) - 0.5, probabilities[:, keep].T, cmap="Greys", vmin=0, vmax=1)
    fig.colorbar(drawn, ax=ax, label="probability", pad=0.02)
    for segment in segments:
        if segment.label in names:
            row = names.index(segment.label) + 0.36
            ax.plot(
                (segment.start / unit, segment.stop / unit), (row, row), color="C1", ls="-", lw=4, solid_capstyle="butt"
            )
    ax.set(yticks=range(len(names)), yticklabels=names, xlabel="minutes" if unit == 60 else "seconds")
    ax.invert_yaxis()
    ax.grid(False)
    return fig
