"""The view "one number" of the layer explorer: a number of a map, and what it is made from in the layer before."""

from functools import cached_property

import numpy as np

from vidlab.widgets import lab
from vidlab.widgets.layer_views import GIVEN, HIGH, all_maps, clip_frame, times_of

CHANNELS, CELLS = 8, 24  # shown of the layer before; of windows of one place, which are small
SLICES = 12  # frames of a window that are shown
WIDE = 250  # pixels of the page for a window
EXACT = 600  # numbers that are sent along with a picture
NAMED = 5  # channels whose part of the sum is said
SUM = "sum"


def one_number(view):
    """A number of a map: its window, its kernel, its sum."""
    from vidlab.models.one_number import terms

    one, number = view.layer, float(view.layer.values[view.now, view.filter, view.row, view.column])
    made = terms(one.answers, view.filter, view.now, view.row, view.column)
    panels = {"map": _map(view)}
    head = f"{_place(view, one, view.now, view.filter, view.row, view.column)}: {number:.4g}."
    if one.kind == GIVEN:
        return panels, f"{head} It is what the model is given of this pixel, and made from nothing."
    if made is None:
        return panels, f"{head} How a {one.kind} makes it is not shown here: not by one window and one kernel."
    shown = _Shown(view, made)
    panels |= shown.before()
    if len(made.window) > 1 or made.how == SUM and made.window.size > 1:
        panels["window"] = shown.window()
    if made.how == SUM and made.window.size > 1:
        panels |= {"kernel": shown.kernel(), "products": shown.products()}
    if targets := shown.targets():
        panels["to"] = lab.links(targets, "go on to a number that it is made from")
    words = f"{head} {shown.words()}"
    if not np.isclose(made.number, number, rtol=1e-2, atol=1e-3 * max(map(abs, one.range)), equal_nan=True):
        words += f" But the layer answers {number:.4g}: it does more than this."
    return panels, words


def _place(view, one, frame, filter, row, column):
    """In words where a number stands, as the sliders say it."""
    where = [f"{'channel' if one.kind == GIVEN else 'unit' if one.flat else 'filter'} {filter}"]
    where += [f"frame {frame}"] * (one.frames > 1)
    where += [f"row {row}", f"column {column}"] * (not one.flat)
    return f"{one.name or 'the layer before'}, {', '.join(where)}"


def _map(view):
    """Where the number stands: outlined in its map, or among the units."""
    one = view.layer
    if one.flat:
        return all_maps(view)[0]["maps"]
    shade = one.shades[view.now, view.filter]
    caption = f"{view.noun} {view.filter}; outlined: row {view.row}, column {view.column}"
    return lab.pixels(
        shade, caption, caption, one.colours, times_of(shade.shape, HIGH, 224), [(view.row, view.column, 1, 1)],
        pick=("row", "column"), scale=one.range,
    )  # fmt: skip


class _Shown:
    """What is drawn and said of some `Terms`: the channels and frames of the window that count most."""

    def __init__(self, view, made):
        self.view, self.made, self.source = view, made, view.layer.before
        known = view.found.get(self.source.name)
        self.colours = known.colours if known else "PuOr" if self.source.range[0] < 0 else "viridis"
        self.parts = made.products if made.how == SUM else made.window
        counts = np.abs(self.parts) if made.how == SUM else self.parts
        self.counts = np.where(made.outside[:, None], -np.inf, np.nan_to_num(counts))
        slices, rows, columns = ((1,) * 3 + made.size)[-3:]
        small = rows == columns == slices == 1
        order = np.argsort(-np.abs(self.parts.sum(axis=0)), kind="stable")
        self.channels = order[: CELLS if small else CHANNELS if slices == 1 else CHANNELS // 2]
        box = (slices, rows, columns)
        most = self.counts.reshape(slices, -1).max(axis=1)
        self.slices = np.sort(np.argsort(-most, kind="stable")[:SLICES])
        self.size, self.all_slices = (len(self.slices), rows, columns), slices
        self.entries = np.arange(len(made.window)).reshape(box)[self.slices].ravel()
        # Tiles: a channel after the other; where there are several frames, a channel a row.
        self.across = len(self.slices) if slices > 1 else min(len(self.channels), CELLS // 3 if small else 4)
        first = made.places[0]
        self.spread = (first[:, 2:] != first[0, 2:]).any()  # flattened: the channels are places, too
        self.names = [f"{k} at ({y}, {x})" if self.spread else str(k) for _, k, y, x in first[self.channels]]
        self.noun = "unit" if self.source.flat else "filter" if self.spread else "channel"

    def _grid(self, values):
        """(entries, channels, ...) as tiles (number, rows, columns, ...)."""
        some = values[self.entries][:, self.channels]
        return np.moveaxis(some, 1, 0).reshape(-1, *self.size[1:], *values.shape[2:])

    def _picture(self, tiles):
        """Tiles (number, rows, columns) beside and below each other."""
        number, rows, columns = tiles.shape
        down = -(-number // self.across)
        tiles = np.concatenate([tiles, np.zeros((down * self.across - number, rows, columns), tiles.dtype)])
        return tiles.reshape(down, self.across, rows, columns).swapaxes(1, 2).reshape(down * rows, -1)

    def _panel(self, values, low, high, caption, colours, boxes=()):
        tiles = self._grid(values)
        picture, (number, rows, columns) = self._picture(tiles), tiles.shape
        crossed = self._picture(self._grid(np.repeat(self.made.outside[:, None], values.shape[1], axis=1)))
        times = max(1, min(24, WIDE // max(picture.shape[1], picture.shape[0])))
        first = ", ".join(f"{v:.3g}" for v in tiles[: len(self.slices)].ravel()[:30])
        which = f"{self.noun}s {', '.join(self.names)}" if len(self.names) > 1 else f"{self.noun} {self.names[0]}"
        alt = f"{caption}: {which}; its numbers, row by row, begin with {first}"
        return lab.pixels(
            lab.shades(picture, low, high), caption, alt, colours, times, boxes,
            tiles=(rows, columns, number, 0), leads=self._leads, crossed=np.argwhere(crossed),
            numbers=picture.ravel() if picture.size <= EXACT else (), scale=(low, high),
        )  # fmt: skip

    @cached_property
    def _leads(self):
        """A click on an entry leads to that number of the layer before."""
        if self.source.name not in self.view.found:
            return None
        names = ("frame", "filter", "row", "column")
        places = dict(zip(names, np.moveaxis(self._grid(self.made.places), -1, 0), strict=True))
        places["frame"] = self._clip_frames()[places["frame"]]
        if len(self.view.pictures) == 1:
            del places["frame"]
        return {"layer": self.source.name, **{name: self._by(values) for name, values in places.items()}}

    def _clip_frames(self):
        """For each frame of the layer before, that of the clip."""
        return np.array([clip_frame(f, self.source.frames, len(self.view.pictures)) for f in range(self.source.frames)])

    def _by(self, values):
        """(number, rows, columns) as `lab.pixels` wants it, in as few numbers as will do."""
        if (values == values[0, 0, 0]).all():
            return int(values[0, 0, 0])
        for name, part in ("tile", np.s_[:, :1, :1]), ("row", np.s_[:1, :, :1]), ("column", np.s_[:1, :1]):
            if (values == values[part]).all():
                return [name, values[part].ravel().tolist()]
        return ["cell", self._picture(values).ravel().tolist()]

    def before(self):
        """The map of the layer before that counts most, with the window outlined, at each frame of the window; nothing
        where the window is as large as the map.
        """
        one, made = self.source, self.made
        if one.flat or one.values.shape[2:] == made.size[-2:]:
            return {}
        best = self.channels[0]
        places = made.places[~made.outside, best]
        filter, frames = int(places[0, 1]), np.unique(places[:, 0])
        if len(frames) > SLICES:
            return {}
        (row, column), (last, right) = places[:, 2:].min(axis=0), places[:, 2:].max(axis=0)
        maps = one.values[frames, filter]
        rows, columns = maps.shape[1:]
        picture = np.concatenate(lab.shades(maps, *one.range), axis=1)
        boxes = [(row, column + k * columns, last - row + 1, right - column + 1) for k in range(len(frames))]
        said = f", frames {frames[0]} to {frames[-1]}" if len(frames) > 1 else ""
        noun = "channel" if one.kind == GIVEN else "filter"
        caption = f"{one.name or 'the layer before'}, {noun} {filter}{said}; outlined: "
        caption += "what counts most" if self.spread else "the window"
        leads = {"layer": one.name, "filter": filter, "row": ["row", list(range(rows))]}
        leads |= {"column": ["column", list(range(columns))]}
        if len(self.view.pictures) > 1:
            leads["frame"] = ["tile", self._clip_frames()[frames].tolist()]
        return {"before": lab.pixels(
            picture, caption, caption, self.colours, times_of(picture.shape, 224, 560), boxes,
            tiles=(rows, columns, len(frames), 0), leads=leads if one.name in self.view.found else None,
            scale=one.range,
        )}  # fmt: skip

    def window(self):
        one, made = self.source, self.made
        boxes = ()
        if made.how == "largest":
            at = int(np.flatnonzero(self.entries == self._largest()[0])[0])
            tile, place = divmod(at, self.size[1] * self.size[2])
            row, column = divmod(place, self.size[2])
            boxes = [(tile // self.across * self.size[1] + row, tile % self.across * self.size[2] + column, 1, 1)]
        shown, every = len(self.channels), made.window.shape[1]
        which = f", {shown} of {every} {'numbers' if self.spread else f'{self.noun}s'}" if shown < every else ""
        caption = f"the window{which}" + ("; outlined: the largest" if boxes else "")
        return self._panel(made.window, *one.range, caption, self.colours, boxes)

    def kernel(self):
        reach = float(abs(self.made.weights).max()) or 1.0
        return self._panel(self.made.weights, -reach, reach, "× the kernel", "PuOr")

    def products(self):
        reach = float(abs(self.parts).max()) or 1.0
        return self._panel(self.parts, -reach, reach, "= the products", "PuOr")

    def _largest(self):
        """(entry, channel) of what counts most."""
        return np.unravel_index(self.counts.argmax(), self.counts.shape)

    def targets(self):
        """The number that counts most, for those who cannot click on it."""
        if self.source.name not in self.view.found:
            return {}
        frame, filter, row, column = map(int, self.made.places[self._largest()])
        text = _place(self.view, self.source, frame, filter, row, column)
        sets = {"layer": self.source.name, "filter": filter, "row": row, "column": column}
        if len(self.view.pictures) > 1:
            sets["frame"] = int(self._clip_frames()[frame])
        what = "the largest product" if self.made.how == SUM else "the largest number"
        what = what if self.made.window.size > 1 else "the number before"
        return {f"{what}: {text}": sets}

    def words(self):
        made, view, source = self.made, self.view, self.source
        name = source.name or "the layer before"
        count = len(made.window)
        box = "×".join(map(str, made.size)) or "1"
        places = f"{box} places" if count > 1 else "one place"
        outside, said = int(made.outside.sum()), ""
        if outside:
            padding = "where padding puts zeros" if made.how == SUM else "and are left out"
            said = f" {outside} of the {count} places lie outside, {padding} (crossed)."
        if len(self.slices) < self.all_slices:
            said += f" Shown are {len(self.slices)} of its {self.all_slices} frames."
        if made.how == "one":
            return f"{view.layer.kind} makes it of the number at the same place in {name}, {made.window[0, 0]:.4g}."
        if made.how != SUM:
            what = "the largest number" if made.how == "largest" else "the mean"
            return f"It is {what} of {places} in {'unit' if source.flat else 'filter'} {self.names[0]} of {name}.{said}"
        entries, channels = made.window.shape
        if made.window.size == 1:
            x, w = made.window[0, 0], made.weights[0, 0]
            return f"It is the number at the same place in {name}, {x:.4g}, times {w:.4g}, plus {made.bias:.4g}."
        of = f"{places} in {f'each of {channels} channels' if channels > 1 else 'one channel'} of"
        if entries == 1:
            of = f"all {channels} numbers of" if self.spread else f"the {channels} {self.noun}s of"
        of += f" {name}"
        total = f"bias {made.bias:.4g} + {made.window.size:,} products {self.parts.sum():.4g} = {made.total:.4g}"
        activation = getattr(getattr(view.layer.layer, "activation", None), "__name__", "linear")
        after = "" if activation == "linear" else f"; then {activation} makes {made.number:.4g} of it"
        return f"It is a sum over {of}:\n{total}{after}.\n{self._by_channel()}{said}".rstrip()

    def _by_channel(self):
        sums = self.parts.sum(axis=0)
        if len(sums) == 1:
            return ""
        first = self.channels[:NAMED]
        told = ", ".join(f"{n}: {sums[c]:+.3g}" for c, n in zip(first, self.names, strict=False))
        rest = len(sums) - len(first)
        others = f"; the other {rest} together {sums.sum() - sums[first].sum():+.3g}" if rest else ""
        return f"By {self.noun}, the most first: {told}{others}."
