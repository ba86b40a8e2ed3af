"""Labs that live on a page: what they hold, and for those that ask a kernel the answers to a grid of settings.

A lab's file is `labs/NAME.js`. It holds what the lab synchronises with its view in JupyterLab, and its answers, each
panel once; `assets/labs.js` plays the kernel's part. The view itself is the same JavaScript as in JupyterLab.
"""

import ast
import base64
import contextlib
import gzip
import hashlib
import io
import itertools
import json
import pickle
from dataclasses import dataclass
from functools import cached_property
from math import prod

from pages.grids import GRIDS
from pages.notebook import read
from vidlab.widgets import lab
from vidlab.widgets.convolution import Convolution
from vidlab.widgets.player import Player

LARGEST = 1_000_000  # bytes of a lab's file
SHORT = 6  # numbers in a list that is written out wherever it stands
SETTINGS = 3000  # of a grid that nobody has chosen, at most
OWN = "model_id", "comm", "keys", "tabbable", "tooltip", "layout"  # of every widget: no lab asks for them


@dataclass(frozen=True)
class Shipped:
    """A lab as it is shipped with a page."""

    name: str  # of its file: 04_rnn-1
    kind: str  # of its view: lab, convolution, player
    script: str
    module: str  # the view, as a script for all labs of this kind
    styles: str
    note: str  # what a reader must know of it; "" where it does all that it does in a notebook


def labs_of(path):
    """Dict from the id of a cell of a notebook to its lab, `Shipped`; without those that cannot live on a page.

    The cells tagged `lab-setup` and `lab` are run here, in order, and no other.
    """
    cells = [cell for cell in read(path).cells if {"lab", "lab-setup"} & set(cell.metadata.tags)]
    if not any("lab" in cell.metadata.tags for cell in cells):
        return {}
    given = zip(cells, run(cells), strict=True)
    labs = [(cell.id, shown) for cell, shown in given if "lab" in cell.metadata.tags]
    found = {}
    for number, (name, shown) in enumerate(labs, 1):
        if isinstance(shown, lab.Lab | Convolution | Player) and (shipped := ship(shown, f"{path.stem}-{number}")):
            found[name] = shipped
    return found


def run(cells):
    """Run cells here, without a kernel; what the last line of each gives."""
    names, given = {}, []
    for cell in cells:
        parsed = ast.parse(cell.source)
        last = parsed.body.pop() if parsed.body and isinstance(parsed.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(parsed, "cell", "exec"), names)
            given.append(eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None)
    return given


def ship(shown, name):
    """A lab for a page, `Shipped`; None where it is larger than a page may load."""
    kind = type(shown).__name__.lower()
    if not isinstance(shown, lab.Lab):
        return _shipped(shown, name, kind, _state(shown), "")
    for grid in GRIDS.get(shown.title.partition(":")[0], [_coarser(n) for n in (1, 2, 4, 8)]):
        answers = Answers(shown, grid(shown) if callable(grid) else grid)
        if shipped := _shipped(shown, name, kind, answers.state, answers.note):
            return shipped
    return None


def _state(shown):
    """All that the view can ask its model for."""
    own = {key: value for key, value in shown.get_state().items() if not key.startswith("_") and key not in OWN}
    return own | {"palettes": shown.palettes}


def _shipped(shown, name, kind, state, note):
    data = base64.b64encode(gzip.compress(_packed(state), 9, mtime=0)).decode("ascii")
    script = f"vidlabLab({json.dumps(name)}, {json.dumps(data)});\n"
    if len(script) > LARGEST:
        return None
    view = shown._esm.replace("export default { render };", "return { render };")
    module = f"vidlabView({json.dumps(kind)}, () => {{\n{view}\n}});\n"
    return Shipped(name, kind, script, module, str(shown._css), note)


def _packed(state):
    """JSON, with the bytes in it behind it: the length of the JSON (4 bytes), the JSON, the bytes.

    In the JSON, {"bytes": [from, to]} stands for bytes, {"list": n} for the list number n; each is there once.
    """
    blob, places, lists = bytearray(), {}, {}

    def plain(value):
        if isinstance(value, bytes | bytearray | memoryview):
            value = bytes(value)
            key = hashlib.sha256(value).digest()
            if key not in places:
                places[key] = len(blob), len(blob) + len(value)
                blob.extend(value)
            return {"bytes": places[key]}
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            if len(value) > SHORT and _numbers(value):
                return {"list": lists.setdefault(json.dumps(value), len(lists))}
            return [plain(one) for one in value]
        return value

    whole = {"state": plain(state), "lists": list(map(json.loads, lists))}
    text = json.dumps(whole, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return len(text).to_bytes(4, "little") + text + bytes(blob)


def _numbers(value):
    if isinstance(value, list | tuple):
        return all(map(_numbers, value))
    return isinstance(value, int | float)


@dataclass(frozen=True)
class Part:
    """A part of a grid: the places of its controls, and which of the others do not show."""

    axes: dict
    hidden: set


class Answers:
    """The answers of a lab to a grid of settings.

    Parameters
    ----------
    shown
        The lab.
    grid
        List of parts. Each is a dict from the name of a control to its places: a list of values, "all", or a number
        (a slider's places, at most so many); None hides it in this part. What a part does not name stays where the lab
        starts, or where a preset among its places puts it.
    """

    def __init__(self, shown, grid):
        self.lab, self.controls = shown, {control["name"]: control for control in shown.controls}
        self.parts = [
            Part(
                {
                    name: self._places(self.controls[name], wanted)
                    for name, wanted in part.items()
                    if wanted is not None
                },
                {name for name, wanted in part.items() if wanted is None},
            )
            for part in grid
        ]
        self.axes = {}  # control -> all its places, in any part
        for part in self.parts:
            for name, places in part.axes.items():
                self.axes[name] = [*self.axes.get(name, []), *(p for p in places if p not in self.axes.get(name, []))]
        self.axes = {name: places for name, places in self.axes.items() if len(places) > 1}

    def _part(self, wanted):
        shown = {name: places for name, places in wanted.items() if places is not None}
        return Part({name: self._places(self.controls[name], one) for name, one in shown.items()}, {*wanted} - {*shown})

    def _places(self, control, wanted):
        if isinstance(wanted, list):
            return wanted
        if control["kind"] == "toggle":
            return [False, True]
        if control["kind"] in ("choice", "strip"):
            return list(control["options"])
        low, step = control["min"], control["step"]
        count = round((control["max"] - low) / step) + 1
        every = 1 if wanted == "all" else -(-count // wanted)
        first = round((control["value"] - low) / step) % every  # where the lab starts is one of them
        return [_number(low + n * step, step) for n in range(first, count, every)]

    def settings(self):
        """All settings, in the order in which the page counts them."""
        for part in self.parts:
            for values in itertools.product(*part.axes.values()):
                yield part, self.brought(dict(zip(part.axes, values, strict=True)))

    def brought(self, values):
        """What a setting brings along: presets set other values."""
        made = {**self.lab.start, **values}
        for control in self.controls.values():
            if "sets" in control:
                made |= control["sets"].get(made[control["name"]], {})
        return {name: made[name] for name in self.lab.start}

    @cached_property
    def state(self):
        """What the view asks its model for, and under "grid" what the page must know to answer it."""
        pool, answers = {}, []
        hidden = set().union(*(part.hidden for part in self.parts))

        def once(value):
            return pool.setdefault(hashlib.sha256(pickle.dumps(value)).digest(), (len(pool), value))[0]

        for part, values in self.settings():
            found = self.lab._answer(**lab._given(self.lab.controls, values))
            panels = {name: once(self._panel(panel)) for name, panel in found["panels"].items()}
            limits = self._limits(found.get("limits", {})) | {name: {"hidden": name in part.hidden} for name in hidden}
            answers.append([once(panels), once(limits), once(found["status"])])
        first = self.brought({})
        state = _state(self.lab) | {"controls": self._controls(), "values": first, "start": first, "answered": {}}
        for name in ("panels", "limits", "status", "ahead", "asked"):
            state[name] = "" if name == "status" else {}
        parts = [{"axes": part.axes, "hidden": sorted(part.hidden)} for part in self.parts]
        grid = {"parts": parts, "places": self.axes, "pool": [value for _, value in pool.values()], "answers": answers}
        return state | {"grid": grid}

    def _controls(self):
        made = []
        for name, control in self.controls.items():
            if name in self.axes:
                places, control = self.axes[name], dict(control)
                if control["kind"] == "slider":
                    gaps = [b - a for a, b in itertools.pairwise(sorted(places))]
                    control |= {"min": min(places), "max": max(places), "step": _number(min(gaps), control["step"])}
                elif control["kind"] == "choice":
                    control["options"] = [option for option in control["options"] if option in places]
                made.append(control)
            elif control.get("over") in self.axes:
                made.append(control)
        return made

    def _panel(self, panel):
        """Nothing can be drawn on a page, and a click sets what has a control there."""
        panel = dict(panel)
        if panel.get("draw") or panel.get("paint"):
            panel |= {"draw": None} if panel.get("draw") else {"paint": ["", panel["paint"][1]]}
            panel["caption"] = panel["caption"].partition(":")[0]  # how to draw
        if not set(panel.get("pick", ())) & set(self.axes):
            panel["pick"] = []
        if not set(panel.get("leads", ())) <= set(self.axes):
            panel["leads"] = {}
        if "targets" in panel:
            panel["targets"] = {text: to for text, to in panel["targets"].items() if set(to) <= set(self.axes)}
        return panel

    def _limits(self, limits):
        made = {}
        for name, changes in limits.items():
            changes = dict(changes)
            if name in self.axes:
                if "max" in changes:
                    changes["max"] = min(changes["max"], max(self.axes[name]))
                if "min" in changes:
                    changes["min"] = max(changes["min"], min(self.axes[name]))
                if "options" in changes:
                    changes["options"] = [option for option in changes["options"] if option in self.axes[name]]
                made[name] = changes
            elif name.partition("play ")[2] in self.axes:
                made[name] = changes
        return made

    @property
    def note(self):
        """In words, where the page can do less than the notebook."""
        coarse, without = [], []
        for name, control in self.controls.items():
            limit = self.lab.limits.get(name, {})
            if control["kind"] == "play" or (limit.get("hidden") and limit.get("disabled")):
                continue
            if name not in self.axes:
                without.append(control["label"])
            elif len(self.axes[name]) < len(self._places(control, "all")):
                coarse.append(control["label"])
        if not coarse and not without and len(self.parts) == 1:
            return ""
        number = sum(prod(map(len, part.axes.values())) for part in self.parts)
        said = [f"On a page this lab has no Python behind it: it knows {number:,} settings, worked out beforehand."]
        if coarse:
            said.append(f"It stops at some places only of: {', '.join(coarse)}.")
        if len(self.parts) > 1:
            said.append("Where two changes do not go together here, the lab takes back the older one.")
        if without:
            said.append(f"Only in the notebook: {', '.join(without)}.")
        return " ".join(said)


def _number(value, step):
    """As a slider gives it: whole where its step is."""
    return int(round(value)) if float(step).is_integer() else round(value, 10)


def _coarser(times):
    """A grid that nobody has chosen: all controls, the sliders with the most places thinned out until it is small."""

    def grid(shown):
        counts = {}
        for control in shown.controls:
            if "value" not in control or control.get("element_of"):
                continue
            if control["kind"] == "slider":
                counts[control["name"]] = round((control["max"] - control["min"]) / control["step"]) + 1
            else:
                counts[control["name"]] = len(control.get("options", (0, 1)))
        sliders = [c["name"] for c in shown.controls if c["kind"] == "slider" and c["name"] in counts]
        while prod(counts.values()) > SETTINGS // times and any(counts[name] > 3 for name in sliders):
            longest = max(sliders, key=counts.get)
            counts[longest] = max(3, counts[longest] // 2)
        while prod(counts.values()) > SETTINGS // times and len(counts) > 1:
            counts.popitem()
        return [{name: (counts[name] if name in sliders else "all") for name in counts}]

    return grid
