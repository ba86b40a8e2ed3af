"""Pictures and maps side by side."""

from collections.abc import Sequence

import numpy as np

from vidlab.figures.picture import Picture, draw_image


def maps(
    pictures: Sequence,
    titles: Sequence[str] = (),
    labels: Sequence[str] = (),
    *,
    alt: str,
    values: tuple[float, float] | Sequence[tuple[float, float] | None] | None = None,
    colorbar: str | None = None,
    numbers: bool = False,
    xlabel: str = "",
    ylabel: str = "",
    side: float = 1.6,
    aspect: str = "equal",
) -> Picture:
    """Pictures side by side, with a title above each; or several rows of them.

    Parameters
    ----------
    pictures
        Arrays (rows, columns) or (rows, columns, 3); or a list of such lists, a row each.
    titles
        Above the pictures of the first row.
    labels
        On the left of each row.
    alt
        What is to be seen, in words.
    values
        (lowest, highest) of maps: with a lowest below 0 the colours are centred on zero. A list has one for each
        column, a list of lists one for each map. None: a picture, from 0 to 255 (uint8) or from 0 to 1.
    colorbar
        What the colours of the last map mean: then there is a bar.
    numbers
        Write each value into its cell, where there are few.
    xlabel, ylabel
        Of maps whose axes mean something; they get numbers then.
    side
        Height of a row, in inches.
    aspect
        "auto" stretches maps to fill their place.

    Examples
    --------
    >>> picture = maps([np.eye(3), 1 - np.eye(3)], ["one", "other"], alt="A diagonal, and all but it")
    >>> [ax.get_title() for ax in picture.axes]
    ['one', 'other']
    """
    rows = pictures if isinstance(pictures[0], list | tuple) else [pictures]
    columns = len(rows[0])
    each = values if isinstance(values, list) else [values] * columns
    each = each if isinstance(each[0], list) else [each] * len(rows)
    shapes = [np.shape(picture)[1] / np.shape(picture)[0] for picture in rows[0]]
    wide = sum(shapes) * side if aspect == "equal" else 2.2 * columns
    lines = max((title.count("\n") + 1 for title in titles), default=0)
    extra = (0.15 + 0.15 * lines if titles else 0) + (0.5 if xlabel else 0)
    margin = 0.08 * max(map(len, labels), default=0) + (0.9 if colorbar else 0) + (0.5 if ylabel else 0) * columns
    room = min(wide, 9.5 - margin)
    side = side * room / wide if aspect == "equal" else side
    fig = Picture(figsize=(max(2.6, room + margin), side * len(rows) + extra), alt=alt)
    fig.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.02)
    grid = fig.subplots(len(rows), columns, squeeze=False)
    for place, row in enumerate(rows):
        for ax, picture, limits in zip(grid[place], row, each[place], strict=True):
            image = draw_image(ax, picture, limits, aspect)
            if numbers and np.size(picture) <= 100:
                _write_numbers(ax, np.asarray(picture))
            if xlabel:
                ax.xaxis.set_major_locator(_few())
                ax.yaxis.set_major_locator(_few())
                ax.set(xlabel=xlabel if place == len(rows) - 1 else "", ylabel=ylabel if ax is grid[place, 0] else "")
    for ax, title in zip(grid[0], titles, strict=False):
        ax.set_title(title)
    for line, label in zip(grid, labels, strict=False):
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    if colorbar:
        fig.colorbar(image, ax=grid, label=colorbar, shrink=0.9)
    return fig


def _few():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, integer=True)


def _write_numbers(ax, picture):
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
    for (i, j), value in np.ndenumerate(picture):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=9, bbox=box)


def heat_map(
    values, rows: Sequence[str], columns: Sequence[str], *, alt: str, texts=None, groups=(), title=""
) -> Picture:
    """A table in which each cell is the darker the more it holds: 0 is white, 1 is dark, in colour and in grey alike.

    Parameters
    ----------
    values
        (rows, columns); what lies below 0 is white, above 1 dark, NaN is crossed out.
    rows, columns
        Their names.
    texts
        What stands in each cell, (rows, columns) of str; hundredths of the value where it is None.
    groups
        Numbers of rows and columns, as (rows, columns), before which a line is drawn.

    Examples
    --------
    >>> heat_map([[0.0, 1.0]], ["motion"], ["one frame", "conv3d"], alt="Only conv3d tells motion").axes[0].texts[1]
    Text(1, 0, '100')
    """
    values = np.asarray(values, float)
    fig = Picture(figsize=(2.0 + 0.52 * len(columns), 1.6 + 0.215 * len(rows)), alt=alt, colours=256)
    ax = fig.subplots()
    ax.imshow(np.clip(values, 0, 1), cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for i, j in np.ndindex(values.shape):
        value = values[i, j]
        text = "x" if np.isnan(value) else f"{100 * value:.0f}".replace("-0", "0") if texts is None else texts[i][j]
        ax.text(j, i, text, ha="center", va="center", fontsize=8, color="white" if value > 0.6 else "black")
    ax.set_xticks(range(len(columns)), columns, rotation=45, ha="left", rotation_mode="anchor")
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    for places, draw in zip(groups, (ax.axhline, ax.axvline), strict=False):
        for place in places:
            draw(place - 0.5, color="black", linewidth=0.8)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_title(title)
    return fig
