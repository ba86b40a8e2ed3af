"""What all labs share: controls with names, panels that follow them, and the figure that readers without a kernel see.

A lab is one pure function, `answer(**values)`, from the values of the controls to what the view shows. It runs on
a thread of its own, even while a cell runs, so it must never touch pyplot; the browser draws what it returns
(`browser/lab.js`). What it raises is shown in the view.
"""

import html
import io
import traceback
import wave
from functools import cache, wraps
from pathlib import Path
from threading import Lock
from time import perf_counter

import anywidget
import matplotlib.patches
import numpy as np
import traitlets
from IPython import get_ipython
from IPython.display import HTML, display

from vidlab import figures

BROWSER = Path(__file__).with_name("browser")
AHEAD, SLOW = 0.01, 0.05  # seconds of work for answers that the page may want next; too long: it gets none
PALETTES = "gray", "viridis", "cividis", "PuOr"  # the last is for values around zero

# While the view is live it hides the figure; where there is no kernel, the figure hides the view's empty place.
_STYLE = """<style>
.jp-OutputArea-child:has(.vl-live) + .jp-OutputArea-child:has(.vl-figure) {display: none}
.output_area:has(.vl-live) + .output_area:has(.vl-figure) {display: none}
.jp-OutputArea-child:not(:has(.vl-live)):has(+ .jp-OutputArea-child .vl-figure) {display: none}
.vl-figure {margin: 0} .vl-figure img {max-width: 100%} .vl-figure figcaption {font-size: 90%; opacity: 0.8}
</style>"""


def browser(*names):
    """Files of `browser/` as one ES module: the last of them has the `export default`."""
    return "\n".join((BROWSER / name).read_text(encoding="utf8") for name in names)


@cache
def palette(name):
    """256 colours of a colour map, as (256, 3) uint8."""
    if name not in PALETTES:
        raise ValueError(f"palette: expected one of {', '.join(PALETTES)}, got {name!r}")
    return (matplotlib.colormaps[name](np.arange(256))[:, :3] * 255).round().astype(np.uint8)


class Refused(ValueError):
    """An argument that a lab cannot show. In a notebook the sentence stands alone: the way to it within the package
    tells a reader nothing.
    """

    def _render_traceback_(self):
        return [f"ValueError: {self}"]


def plainly(make):
    """Let what a lab refuses end in its sentence alone."""

    @wraps(make)
    def lab(*args, **kwargs):
        try:
            return make(*args, **kwargs)
        except ValueError as error:
            *_, (frame, _) = traceback.walk_tb(error.__traceback__)
            if not Path(frame.f_code.co_filename).is_relative_to(BROWSER.parents[1]):
                raise  # no refusal of ours: whoever mends it needs the way to it
            raise Refused(str(error)) from None

    return lab


class Live(anywidget.AnyWidget):
    """A live view and, for the stored notebook, a figure with a text; both appear when a cell ends in one."""

    _css = browser("lab.css")
    title = traitlets.Unicode().tag(sync=True)
    palettes = traitlets.Dict().tag(sync=True)

    def __init__(self, figure, **traits):
        super().__init__(palettes={name: palette(name).tobytes() for name in PALETTES}, **traits)
        self.figure = figure

    def _ipython_display_(self):
        self._close_the_former()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        display({"application/vnd.jupyter.widget-view+json": view}, raw=True)
        data = self.figure._repr_mimebundle_()[0]["image/png"]
        display(
            HTML(
                f'{_STYLE}<figure class="vl-figure"><img alt="{html.escape(self.figure.alt)}" '
                f'src="data:image/png;base64,{data}">'
                "<figcaption>Run this cell to bring the lab to life.</figcaption></figure>"
            )
        )

    def _close_the_former(self):
        """A cell that runs again shows its labs anew: give back what those of its last run hold."""
        cell, run = _running()
        if cell is None:
            return
        former, shown = _SHOWN.get(cell, (run, []))
        _SHOWN[cell] = run, [*(shown if former == run else []), self]
        still_shown = {id(lab) for _, labs in _SHOWN.values() for lab in labs}  # a lab may be shown again, or elsewhere
        for old in shown:
            if id(old) not in still_shown:
                old.let_go()

    def let_go(self):
        """Close the view and give back its memory; IPython may keep the object itself, as an output."""
        self.close()
        self.figure = None


_SHOWN = {}  # cell -> (the run that showed them, its labs)


def _running():
    """(id of the cell, id of its run) in JupyterLab; (None, None) elsewhere."""
    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")


class Lab(Live):
    """Controls above panels that follow them.

    While somebody is at a slider, the page asks ahead for the answers at its other places, a few at a time, and draws
    those that it has without asking again.

    Parameters
    ----------
    title
        Names the whole lab for a screen reader.
    controls
        List of controls, made by `slider`, `choice`, `strip`, `toggle`, `play`; a `name` is an argument of
        `answer`.
    answer
        Pure function (**values) -> dict with
        "panels": dict of name -> panel, made by `pixels`, `lines`, `plane`, `bars`, `sound`, `links`, in the page's
        order;
        "status": one or two sentences in words, read out by a screen reader;
        "limits" (optional): name -> changes of a control ({"max": 7}, {"hidden": True}, {"options": [...]}); it takes
        a value above a new "max" for that.
    values
        More values that `answer` takes, without a control (a drawn sequence).
    """

    _esm = browser("controls.js", "panels.js", "lab.js")
    controls = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True, echo_update=False)  # the page knows what it sent
    answered = traitlets.Dict().tag(sync=True)  # the values that the panels, limits and status are for
    asked = traitlets.Dict().tag(sync=True, echo_update=False)  # "id", and "values": those that may come next
    ahead = traitlets.Dict().tag(sync=True)  # the same "id", and "answers" to the first of them
    panels = traitlets.Dict().tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    start = traitlets.Dict().tag(sync=True)  # the values to go back to

    def __init__(self, title, controls, answer, values=None):
        start = {control["name"]: control["value"] for control in controls if "value" in control} | (values or {})
        first = answer(**_given(controls, start))
        figure = still(first["panels"], first["status"])
        super().__init__(figure, title=title, controls=controls, values=start, answered=start, start=start, **first)
        self._answer, self._lock = answer, Lock()
        self.observe(self._follow, names="values")
        self.observe(self._look_ahead, names="asked")

    def let_go(self):
        with self._lock:
            self._answer = lambda **values: {"status": "This lab was closed: its cell ran again."}
            self.panels = {}
        super().let_go()

    def _follow(self, change):
        with self._lock:
            try:
                found = self._answer(**_given(self.controls, self.values))
            except Exception as error:  # a callback's exception is invisible otherwise
                found = {"status": f"This setting does not work: {error}"}
            with self.hold_sync():
                for name, value in (found | {"answered": self.values}).items():
                    setattr(self, name, value)

    def _look_ahead(self, change):
        answers, start = [], perf_counter()
        with self._lock:
            for values in self.asked["values"]:
                try:
                    answers.append(self._answer(**_given(self.controls, values)))
                except Exception:  # said when it is asked for in earnest
                    break
                if perf_counter() - start > AHEAD:
                    break
        if perf_counter() - start > SLOW:
            answers = []
        self.ahead = {"id": self.asked["id"], "answers": answers}


def _given(controls, values):
    """What `answer` is given: not what a control shows of another value."""
    shown = {control["name"] for control in controls if "element_of" in control}
    return {name: value for name, value in values.items() if name not in shown}


def slider(name, label, low, high, value, step=1, element_of=None):
    """A number from `low` to `high`; an int where `step` is one.

    With `element_of`, the names of a list among the values and of the slider over its elements, it shows and sets that
    element; `answer` is given the list alone.
    """
    made = {"kind": "slider", "name": name, "label": label, "min": low, "max": high, "step": step, "value": value}
    return made | ({"element_of": list(element_of)} if element_of else {})


def choice(name, label, options, value=None, sets=None, reset_by=()):
    """One of `options`, which are strings.

    `sets` maps an option to the values (name -> value) that choosing it sets: a preset. When one of the values named
    in `reset_by` is changed by hand, the choice falls back to the first option.
    """
    made = {"kind": "choice", "name": name, "label": label, "options": list(options), "value": value or options[0]}
    return made | ({"sets": sets} if sets else {}) | ({"reset_by": list(reset_by)} if reset_by else {})


def strip(name, label, options, notes, shapes, colours, value=None):
    """One of `options`, which are strings, as a strip of small pictures that scrolls sideways where it is too long.

    `notes` stand beneath the names, `shapes` are those of the pictures, (rows, columns) or (rows, columns, 3), and
    `colours` their palettes. The pictures follow the answer: `limits` hold {"pictures": bytes} for it, all of them one
    after the other.
    """
    return {"kind": "strip", "name": name, "label": label, "options": list(options), "notes": list(notes),
            "shapes": list(map(list, shapes)), "colours": list(colours), "value": value or options[0]}  # fmt: skip


def toggle(name, label, value=False, reset_by=(), element_of=None):
    """Yes or no; falls back to no when one of the values named in `reset_by` is changed by hand.

    `element_of`: as for a `slider`.
    """
    made = {"kind": "toggle", "name": name, "label": label, "value": value}
    made |= {"element_of": list(element_of)} if element_of else {}
    return made | ({"reset_by": list(reset_by)} if reset_by else {})


def play(over, label="play", fps=12.0):
    """A button that moves the slider `over` forwards, round and round, until it is pressed again."""
    return {"kind": "play", "name": f"play {over}", "label": label, "over": over, "fps": fps}


def pixels(picture, caption, alt, colours="gray", times=1, boxes=(), pick=(), tiles=None, leads=None, crossed=(),
           numbers=(), scale=(), order=(), means=(), paint=()):  # fmt: skip
    """A panel of pixels.

    Parameters
    ----------
    picture
        (height, width) uint8, or (height, width, 3) uint8 for RGB; see `shades` for floats.
    colours
        The palette that a picture of one channel is shown in.
    times
        How large a pixel is shown; or (rows, columns) where it is a cell of so many pixels of the page: its height
        then stays where the page is narrow.
    boxes
        List of (row, column, rows, columns), in pixels of the picture: outlined.
    pick
        Names of the two sliders that a click sets to its row and column ("": to neither); with `tiles`, of the one
        slider that it sets to the number of the tile.
    tiles
        (rows, columns, number, first) where the picture is a grid of `number` tiles, each of so many rows and
        columns of pixels, the first of them number `first`: they are parted by lines, and what is left over is hidden.
    leads
        In place of `pick`: what a click sets, several values at once; the button "back" takes it back. A dict from a
        name to its value, or to ["tile" | "row" | "column" | "cell", values], a value for each tile, for each row or
        column in the tile, or for each pixel of the picture.
    crossed
        List of (row, column): pixels that are crossed out, and lead nowhere.
    numbers, scale
        For who points at a pixel: the number of each, or those that the first and the last shade stand for.
    order
        Which row of the whole each row of the picture is, where they stand in another order: for `pick` and `means`.
    means
        (row, column): what a row and a column stand for, in a word ("": there is nothing to say): the mouse tells it.
    paint
        (name, list of yes or no): a click on a column, or a stroke over many, changes the value of that name ("":
        none), which is the list. Such a panel stands alone in its line.
    """
    picture = np.ascontiguousarray(picture)
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (3,)):
        raise ValueError(f"picture: expected uint8 (height, width[, 3]), got {picture.dtype} of shape {picture.shape}")
    palette(colours)
    return {
        "kind": "pixels", "data": picture.tobytes(), "shape": list(picture.shape), "caption": caption, "alt": alt,
        "colours": colours, "times": np.int_(times).tolist(), "boxes": [list(map(float, box)) for box in boxes],
        "pick": list(pick), "tiles": list(map(int, tiles or ())), "leads": leads or {},
        "crossed": [list(map(int, at)) for at in crossed], "numbers": [float(f"{v:.4g}") for v in numbers],
        "scale": list(map(float, scale)), "order": list(map(int, order)), "means": list(means), "paint": list(paint),
    }  # fmt: skip


def shades(values, low, high):
    """Numbers as the 256 shades of a palette, `low` the first and `high` the last; the range must not follow the data,
    or the picture would hide what a slider does.
    """
    span = max(float(high) - float(low), 1e-12)
    return np.clip(np.nan_to_num((np.asarray(values, np.float64) - low) / span) * 255 + 0.5, 0, 255).astype(np.uint8)


def lines(series, caption, alt, low, high, xlabel="step", ylabel="", mark=None, draw=None, height=170):
    """A panel of lines against the step, from 0: `series` maps a label to its numbers.

    `low` and `high` are the fixed range of the vertical axis. `mark` is a step to mark. With `draw`, the first
    series can be drawn with the mouse, and its numbers are the value of that name. `height` is in pixels of the page.
    """
    series = {label: [round(float(v), 6) for v in numbers] for label, numbers in series.items()}
    return {
        "kind": "lines", "series": series, "caption": caption, "alt": alt, "low": float(low), "high": float(high),
        "xlabel": xlabel, "ylabel": ylabel, "mark": mark, "draw": draw, "height": height,
    }  # fmt: skip


def bars(names, series, caption, alt, texts=(), ends=("0", "0.5", "1")):
    """A panel of bars from 0 to 1, one below the other, each with its number: `series` maps a label to the numbers of
    all names; where it is None, it is kept secret. Where the lengths stand for something else, `texts` are written
    beside the bars in place of the numbers, and `ends` at the start, the middle and the end of the axis.
    """
    series = {label: None if v is None else [round(float(x), 6) for x in v] for label, v in series.items()}
    return {"kind": "bars", "names": list(map(str, names)), "series": series, "caption": caption, "alt": alt,
            "texts": list(texts), "ends": list(ends)}  # fmt: skip


def plane(points, caption, alt, low, high, xlabel, ylabel, mark=None, arrows=()):
    """A panel with a path of (x, y) points, both axes from `low` to `high`; `arrows`: list of (x, y, x', y')."""
    return {
        "kind": "plane", "points": np.round(np.asarray(points, float), 6).tolist(), "caption": caption, "alt": alt,
        "low": float(low), "high": float(high), "xlabel": xlabel, "ylabel": ylabel, "mark": mark,
        "arrows": np.round(np.asarray(arrows, float), 6).tolist(),
    }  # fmt: skip


def sound(samples, rate, caption, alt):
    """A panel that plays a sound, (n,) floats from -1 to 1, when it is asked to; a figure leaves it out."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(int(rate))
        wav.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
    return {"kind": "sound", "data": file.getvalue(), "caption": caption, "alt": alt}


def links(targets, caption):
    """A panel of buttons, each of which sets several values at once, as a click on `pixels` with `leads` does:
    `targets` maps its text to these values. A figure leaves it out.
    """
    return {"kind": "links", "targets": targets, "caption": caption, "alt": caption}


ROOM = 9.0  # inches across a figure, at most
CELLS = 90  # pixels of the page in an inch of it, where a picture is made of cells


def still(panels, alt):
    """The panels as a figure: what readers see who have no kernel. As many stand in a row as there is room for."""
    rows = [[]]
    for panel in (panel for panel in panels.values() if panel["kind"] in _STILL):
        if rows[-1] and sum(map(_width, [*rows[-1], panel])) > ROOM:
            rows.append([])
        rows[-1].append(panel)
    heights = [max(map(_height, row)) for row in rows]
    across = max(sum(map(_width, row)) for row in rows)
    fig = figures.Picture(figsize=(across, sum(heights)), alt=alt)
    parts = fig.subfigures(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, row in zip(parts, rows, strict=True):
        widths = [_width(panel) for panel in row]
        spare = max(across - sum(widths), 0.01)
        *axes, empty = part.subplots(1, len(row) + 1, squeeze=False, width_ratios=[*widths, spare])[0]
        empty.set_axis_off()
        for ax, panel in zip(axes, row, strict=True):
            _STILL[panel["kind"]](ax, panel)
            ax.set_title(panel["caption"], fontsize=9, loc="left", wrap=True)
    return fig


def _width(panel):
    if panel["kind"] == "pixels":
        height, width = panel["shape"][:2]
        if isinstance(panel["times"], list):
            return min(width * panel["times"][1] / CELLS, ROOM)
        return min(2.4 * max(width / height, 0.6), ROOM)
    return {"lines": 6.3, "bars": 3.6}.get(panel["kind"], 2.6)


def _height(panel):
    if panel["kind"] == "bars":
        return 0.7 + 0.22 * len(panel["names"]) * len(panel["series"])
    if panel["kind"] == "pixels":
        height, width = panel["shape"][:2]
        if isinstance(panel["times"], list):
            return height * panel["times"][0] / CELLS + 0.55
        return min(2.4, ROOM * height / width) + 0.4
    return 0.9 + 1.4 * panel.get("height", 170) / 170


def _still_pixels(ax, panel):
    picture = np.frombuffer(panel["data"], np.uint8).reshape(panel["shape"])
    ax.imshow(
        picture if picture.ndim == 3 else palette(panel["colours"])[picture],
        aspect="auto" if isinstance(panel["times"], list) else "equal",
    )
    if panel["tiles"]:
        (height, width), (rows, columns, number, _) = panel["shape"][:2], panel["tiles"]
        ax.hlines(np.arange(rows, height, rows) - 0.5, -0.5, width - 0.5, color="white", linewidth=1)
        ax.vlines(np.arange(columns, width, columns) - 0.5, -0.5, height - 0.5, color="white", linewidth=1)
        last, rest = divmod(number, width // columns)
        if rest:
            corner = rest * columns - 0.5, last * rows - 0.5
            ax.add_patch(matplotlib.patches.Rectangle(corner, width, height, color="white", clip_on=True))
    if panel["crossed"]:
        ax.scatter(*np.transpose(panel["crossed"])[::-1], marker="x", color="0.5", linewidth=1)
    for row, column, rows, columns in panel["boxes"]:
        corner = column - 0.5, row - 0.5
        ax.add_patch(matplotlib.patches.Rectangle(corner, columns, rows, fill=False, color="C1", linewidth=1.5))
    ax.set_axis_off()


def _still_lines(ax, panel):
    for label, numbers in panel["series"].items():
        ax.plot(numbers, label=label)
    if panel["mark"] is not None:
        ax.axvline(panel["mark"], color="0.5", linewidth=1)
    ax.set(ylim=(panel["low"], panel["high"]), xlabel=panel["xlabel"], ylabel=panel["ylabel"])
    if len(panel["series"]) > 1:
        ax.legend(fontsize=8, ncols=3, loc="best", frameon=True, edgecolor="none")


def _still_bars(ax, panel):
    names, thick = panel["names"], 0.8 / len(panel["series"])
    for k, (label, numbers) in enumerate(panel["series"].items()):
        y = np.arange(len(names)) + k * thick
        ax.barh(y, numbers or [0] * len(names), thick, color=f"C{k}", label=label)
        texts = panel["texts"] or [f"{number:.2f}" for number in numbers or ()]
        for at, number, text in zip(y, numbers or (), texts, strict=False):
            ax.text(number + 0.02, at, text, va="center", fontsize=7)
    ax.set(xlim=(0, 1.15), ylim=(len(names) - 0.3, -0.7))
    ax.set_xticks((0, 0.5, 1), panel["ends"])
    ax.set_yticks(np.arange(len(names)) + 0.4 - thick / 2, names)
    if len(panel["series"]) > 1:
        ax.legend(fontsize=7, loc="upper right", frameon=True, edgecolor="none")


def _still_plane(ax, panel):
    if panel["arrows"]:
        x, y, u, v = np.transpose(panel["arrows"])
        ax.quiver(x, y, u - x, v - y, angles="xy", scale_units="xy", scale=1, color="0.75", width=0.006)
    ax.plot(*np.transpose(panel["points"]), marker=".", linewidth=1)
    if panel["mark"] is not None:
        ax.plot(*panel["points"][panel["mark"]], "o", color="C1")
    span = panel["low"], panel["high"]
    ax.set(xlim=span, ylim=span, xlabel=panel["xlabel"], ylabel=panel["ylabel"], aspect="equal")


_STILL = {"pixels": _still_pixels, "lines": _still_lines, "plane": _still_plane, "bars": _still_bars}
