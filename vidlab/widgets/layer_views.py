"""The views of the layer explorer: each makes of a `View` its panels and a sentence."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from vidlab.widgets import lab

MOST = 64  # tiles in one picture
WIDE, HIGH = 600, 320  # pixels of the page for one picture
STRONGEST = 6
NAMED = 24  # classes that stand as bars with their names
NUMBER = {"view": "one number"}
GIVEN = "InputLayer"  # the kind of what the model itself is given: the clip


class Drawn:
    """A `models.LayerAnswers` and the colours in which it is drawn.

    `bars`: it is flat, and its numbers lie between 0 and 1, a share or a chance for each class.
    """

    def __init__(self, answers, last=False):
        self.answers = answers
        sigmoid = getattr(getattr(answers.layer, "activation", None), "__name__", "") == "sigmoid"
        self.bars = answers.probabilities or (last and answers.flat and sigmoid)
        self.colours = "PuOr" if answers.range[0] < 0 else "gray" if answers.kind == GIVEN else "viridis"
        self.shades = lab.shades(answers.values, *answers.range)

    def __getattr__(self, name):
        return getattr(self.answers, name)


@dataclass(frozen=True)
class View:
    """What the controls are set to. `frame` is the clip's, `now` the layer's."""

    layer: Drawn
    pictures: np.ndarray
    classes: list | None
    filter: int
    frame: int
    row: int
    column: int
    found: dict

    @property
    def now(self):
        return self.frame * self.layer.frames // len(self.pictures)

    @property
    def noun(self):
        if self.layer.kind == GIVEN:
            return "channel"
        return "unit" if self.layer.flat else "filter"

    @property
    def class_names(self):
        """Of the units, where they are the probabilities of classes."""
        n = self.layer.filters
        if not self.layer.bars:
            return None
        return self.classes if self.classes and len(self.classes) == n else [f"class {k}" for k in range(n)]

    @property
    def called(self):
        """The filter or unit, with the name of its class where it has one."""
        name = f" ({self.class_names[self.filter]})" if self.classes and self.class_names else ""
        return f"{self.noun} {self.filter}{name}"

    @property
    def range_in_words(self):
        low, high = self.layer.range
        return f"colours from {low:.3g} to {high:.3g}, the same for all frames"


def all_maps(view):
    """Every filter's map at one frame, or every unit's answers over all frames."""
    one, (rows, columns) = view.layer, view.layer.values.shape[2:]
    if one.flat:
        panel, words = _all_units(view)
        panels = {"maps": panel, "input": _input(view)}
        if one.frames > 1 and view.class_names:
            panels["bars"] = _bars(view)
        return panels, words
    first = view.filter // MOST * MOST
    shown = one.shades[view.now, first : first + MOST]
    every = ceil((shown.size / 1e6) ** 0.5)  # a picture of more than a million pixels would be slow
    shown = shown[:, ::every, ::every]
    number, rows, columns = shown.shape
    across = _across(number, rows, columns)
    place = divmod(view.filter - first, across)
    many = f"{view.noun}s"
    which = f"{many} {first} to {first + number - 1}" if number < one.filters else f"{number} {many}"
    caption = f"{which}; outlined: {view.filter}"
    panel = _tiled(
        shown, across, caption, f"maps of {caption}; {view.range_in_words}", one.colours, first=first,
        boxes=[(place[0] * rows, place[1] * columns, rows, columns)], scale=one.range,
        leads=NUMBER | {
            "filter": ["tile", list(range(first, first + number))],
            "row": ["row", list(range(0, one.shades.shape[2], every))],
            "column": ["column", list(range(0, one.shades.shape[3], every))],
        },
    )  # fmt: skip
    shrunk = f" Shown is one pixel in {every}, each way." if every > 1 else ""
    return {
        "maps": panel,
        "input": _input(view),
    }, f"Each tile is what one {view.noun} answers, place by place. {_legend(one)}{shrunk}"


def _all_units(view):
    one = view.layer
    values = one.shades[:, :, 0, 0]
    if one.frames == 1 and one.bars:
        words, rest = "One bar for each class.", one.filters - NAMED
        if rest > 0:
            small = np.sort(values_of(view))[:rest].sum()
            words = f"The {NAMED} largest; the other {rest} classes have {small:.2f} together."
        return _bars(view), words + _chances(view)
    if one.frames == 1:
        across = one.filters if one.filters <= 32 else 32 if one.filters <= 512 else 64
        caption = f"{one.filters} units, row by row; outlined: {view.called}"
        alt = f"{caption}; {view.range_in_words}.{_chances(view)}"
        panel = _tiled(
            values[0, :, None, None], across, caption, alt, one.colours,
            boxes=[(*divmod(view.filter, across), 1, 1)], most=40, scale=one.range,
            leads=NUMBER | {"filter": ["tile", list(range(one.filters))]},
        )  # fmt: skip
        return panel, f"One cell for each unit. {_legend(one)}{_chances(view)}"
    first = view.filter // 256 * 256
    shown = values[:, first : first + 256].T
    units, frames = shown.shape
    wide = max(1, round(0.8 * units / frames))  # so that the picture is not too narrow
    which = f"units {first} to {first + units - 1}" if units < one.filters else f"{units} units"
    caption = f"{which} over {frames} frames"
    if view.classes and view.class_names and units <= 12:
        caption += f"; from the top: {', '.join(view.class_names)}"
    boxes = [(0, view.now * wide, units, wide), (view.filter - first, 0, 1, frames * wide)]
    picture = shown.repeat(wide, axis=1)
    alt = f"{caption}; outlined: {view.called}, frame {view.now}; {view.range_in_words}.{_chances(view)}"
    leads = NUMBER | {"filter": ["row", list(range(first, first + units))]}
    leads["frame"] = ["column", [clip_frame(k // wide, frames, len(view.pictures)) for k in range(frames * wide)]]
    panel = lab.pixels(picture, caption, alt, one.colours, times_of(picture.shape), boxes, leads=leads, scale=one.range)
    return panel, f"Each row is a unit, each column a frame. {_legend(one)}{_chances(view)}"


def _bars(view):
    """What the model says at this frame: a bar for each class, or for the largest."""
    p, names = values_of(view), view.class_names
    shown = np.sort(np.argsort(-p, kind="stable")[:NAMED])
    alt = f"Probabilities: {', '.join(f'{names[k]} {p[k]:.2f}' for k in shown)}."
    caption = "what the model says" + (f" at frame {view.frame}" if view.layer.frames > 1 else "")
    return lab.bars([names[k] for k in shown], {"probability": p[shown]}, caption, alt)


def values_of(view):
    """The answers of all units at this frame."""
    return view.layer.values[view.now, :, 0, 0]


def one_filter(view):
    """One filter's map, and its mean over the frames."""
    one = view.layer
    value = f"{one.mean[view.now, view.filter]:.3g}"
    panels = {}
    if one.flat:
        words = f"The answer of {view.called} is {value}.{_chances(view)}"
    else:
        shade = one.shades[view.now, view.filter]
        caption = f"{view.noun} {view.filter}" + (f", frame {view.now} of the layer" if one.frames > 1 else "")
        alt = f"the map of {caption}; mean {value}, largest {one.peak[view.now, view.filter]:.3g}"
        leads = NUMBER | {name: [name, list(range(n))] for name, n in zip(("row", "column"), shade.shape, strict=True)}
        times = times_of(shade.shape, HIGH, 224)
        panels["map"] = lab.pixels(shade, caption, alt, one.colours, times, leads=leads, scale=one.range)
        largest = f"largest {one.peak[view.now, view.filter]:.3g}"
        words = f"{view.noun.capitalize()} {view.filter}: mean {value}, {largest}. {_legend(one)}"
    panels["input"] = _input(view)
    if one.frames > 1:
        series, low, high = one.mean[:, view.filter], min(0.0, float(one.mean.min())), float(one.mean.max())
        high = 1.0 if one.bars else max(high, low + 1e-6)
        caption = f"{'answer' if one.flat else 'mean over the map'} of {view.called} at each frame"
        alt = f"{caption}: from {series.min():.3g} to {series.max():.3g}, largest at frame {series.argmax()}"
        step = "frame" if one.frames == len(view.pictures) else "frame of the layer"
        panels["mean"] = lab.lines({view.called: series}, caption, alt, low, high, step, mark=view.now)
    return panels, words


def strongest(view):
    """The frames or places in which a filter answers most."""
    one = view.layer
    if one.dead[view.filter]:
        return (
            {},
            f"{view.noun.capitalize()} {view.filter} never answers over this clip: no frame is its strongest.",
        )
    if one.frames == 1 and one.flat:
        return {}, f"The layer answers once for the whole clip, {one.peak[0, view.filter]:.3g}: there is no order."
    found = _strongest(one, view.filter)
    frames = [clip_frame(frame, one.frames, len(view.pictures)) for frame, _, _ in found]
    values = [f"{value:.3g}" for _, _, value in found]
    height, width = view.pictures.shape[1:3]
    cell = height / one.values.shape[2], width / one.values.shape[3]
    boxes = [(place[0] * cell[0], place[1] * cell[1], *cell) for _, place, _ in found]
    if one.frames == 1:
        picture, tiles = view.pictures[frames[0]], None
        caption = f"where {view.noun} {view.filter} answers most: {', '.join(values)}"
        words = "Outlined: its strongest places. The layer has one map for the whole clip; the middle frame is shown."
    else:
        picture, tiles = np.concatenate(view.pictures[frames], axis=1), (height, width, len(found), 0)
        boxes = [(y, x + k * width, h, w) for k, (y, x, h, w) in enumerate(boxes)]
        said = ", ".join(f"frame {f}: {v}" for f, v in zip(frames, values, strict=True))
        caption = f"where {view.noun} {view.filter} answers most, in order: {said}"
        words = "The frames in which it answers most, the strongest first" + (
            "." if one.flat else "; outlined is the place (what it sees there may be larger)."
        )
    if one.flat:
        boxes = []
    times = max(1, 110 * STRONGEST // (width * len(found)) if tiles else 224 // max(height, width))
    return {"strongest": lab.pixels(picture, caption, caption, "gray", times, boxes, tiles=tiles)}, words


def _strongest(one, filter):
    """[(frame, (row, column), value)]: the largest answer of each frame, in order; of one map, its largest places."""
    if one.frames > 1:
        frames = np.argsort(-one.peak[:, filter], kind="stable")[:STRONGEST]
        return [(int(f), one.place[f, filter], one.peak[f, filter]) for f in frames]
    left, found = one.values[0, filter].copy(), []
    while len(found) < STRONGEST and np.isfinite(left).any():
        row, column = np.unravel_index(np.nanargmax(left), left.shape)
        found.append((0, (row, column), left[row, column]))
        left[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = -np.inf  # neighbours show the same
    return found


def kernels(view):
    """The weights of a convolution."""
    one, weights = view.layer, view.layer.kernel
    if weights is None:
        return {}, f"A layer of the kind {one.kind} has no kernel that slides: choose a convolution."
    filters, channels, slices, rows, columns = weights.shape
    reach = float(abs(weights).max()) or 1.0
    name = {4: "gate (i, f, c, o)"}.get(slices, "time") if one.kind == "ConvLSTM2D" else "time"
    most = MOST if slices == 1 else MOST // 4
    mine = weights[view.filter, :most]
    names = " (red, green, blue)" if channels == 3 else ""
    caption = f"filter {view.filter}: its {rows}×{columns} weights for each of {channels} channels{names}"
    if slices > 1:
        caption += f", a channel a row, its {slices} slices of {name} side by side"
    if channels > most:
        caption += f"; the first {most} channels"
    alt = f"{caption}; colours from {-reach:.3g} to {reach:.3g}, white is 0"
    tiles = lab.shades(mine.reshape(-1, rows, columns), -reach, reach)
    per_row = slices if slices > 1 else _across(len(mine), rows, columns)
    panels = {"kernel": _tiled(tiles, per_row, caption, alt, "PuOr")}
    first = view.filter // 32 * 32
    some = weights[first : first + 32, :32]
    picture = some.transpose(1, 3, 0, 2, 4).reshape(some.shape[1] * rows, -1)
    caption = f"filters {first} to {first + len(some) - 1} side by side, their channels below each other"
    panels["kernels"] = lab.pixels(
        lab.shades(picture, -reach, reach), caption, caption, "PuOr", times_of(picture.shape),
        boxes=[(0, (view.filter - first) * slices * columns, len(picture), slices * columns)],
        pick=("filter",), tiles=(len(picture), slices * columns, len(some), first),
    )  # fmt: skip
    return panels, f"Orange weights are below 0, violet ones above, from {-reach:.3g} to {reach:.3g}."


def dead_units(view):
    """Which filters or units never answer."""
    one = view.layer
    height, across = 24, min(128, one.filters)
    largest = abs(one.values).max(axis=(0, 2, 3)) if one.flat else one.peak.max(axis=0)
    bars = np.round(np.clip(largest / one.range[1], 0, 1) * (height - 2)).astype(int)
    tiles = np.full((one.filters, height, 4), 40, np.uint8)
    tiles[:, :, :3] = np.where(np.arange(height)[::-1, None] < bars[:, None, None], 200, 40)
    dead = np.flatnonzero(one.dead)
    boxes = [(k // across * height, k % across * 4, height, 4) for k in dead]
    named = ", ".join(map(str, dead[:20])) + (" and more" if len(dead) > 20 else "")
    caption = f"the largest answer of each {view.noun} over the clip; outlined: never answers"
    panel = _tiled(tiles, across, caption, f"{caption}: {named or 'none'}", "viridis", boxes=boxes, most=6)
    words = f"{len(dead)} of {one.filters} {view.noun}s never answer over this clip" + (f": {named}." if named else ".")
    if one.range[0] < 0 and not one.flat:
        below = int((one.peak.max(axis=0) <= 0).sum()) - int((one.dead & (one.peak.max(axis=0) <= 0)).sum())
        words += f" {below} more are never above 0: a ReLU behind this layer would silence them." if below else ""
    return {"bars": panel}, words


def _tiled(tiles, across, caption, alt, colours, boxes=(), pick=(), first=0, most=16, **more):
    """Pictures (number, rows, columns) uint8 as one panel, so many in a row."""
    number, rows, columns = tiles.shape
    down = ceil(number / across)
    if down * across > number:
        tiles = np.concatenate([tiles, np.zeros((down * across - number, rows, columns), np.uint8)])
    picture = tiles.reshape(down, across, rows, columns).swapaxes(1, 2).reshape(down * rows, across * columns)
    times = min(most, times_of(picture.shape))
    return lab.pixels(picture, caption, alt, colours, times, boxes, pick, (rows, columns, number, first), **more)


def _across(number, rows, columns):
    """How many of so many tiles to set in a row: a picture wider than high, with no place left over if possible."""
    wanted = (1.7 * number * rows / columns) ** 0.5
    fitting = [n for n in range(1, number + 1) if number % n == 0 and wanted / 1.6 <= n <= wanted * 1.6]
    return min(fitting, key=lambda n: abs(n - wanted)) if fitting else max(1, min(number, round(wanted)))


def times_of(shape, high=HIGH, wide=WIDE):
    """How many times larger a picture can be shown."""
    return max(1, min(high // shape[0], wide // shape[1]))


def _input(view):
    picture = view.pictures[view.frame]
    caption = f"the clip, frame {view.frame}" if len(view.pictures) > 1 else "the image"
    return lab.pixels(picture, caption, caption, "gray", max(1, 160 // max(picture.shape[:2])))


def clip_frame(now, layer_frames, clip_frames):
    """The middle one of the clip's frames that belong to frame `now` of the layer."""
    mine = [f for f in range(clip_frames) if f * layer_frames // clip_frames == now]
    return mine[(len(mine) - 1) // 2] if mine else now * clip_frames // layer_frames


def _legend(one):
    return (
        "Violet is above 0, orange below, white is 0." if one.range[0] < 0 else "Bright is much, the darkest shade 0."
    )


def _chances(view):
    """Probabilities in words, the largest first."""
    names = view.class_names
    if names is None:
        return ""
    p = values_of(view)
    return " Probabilities: " + ", ".join(f"{names[k]} {p[k]:.2f}" for k in np.argsort(-p, kind="stable")[:3]) + "."
