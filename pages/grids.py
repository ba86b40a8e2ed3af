"""Which settings of a lab are answered on its page: chosen by hand, so that what the lab is about can be seen.

A lab's title (up to its colon) maps to grids, the richest first; the first whose file is small enough is taken. A grid
is a list of parts, see `alive.Answers`, or a function from the lab to such a list. A lab that is not named here gets
all its controls, thinned out.
"""

from vidlab.widgets.recurrent import BY_HAND, WEIGHTS

INPUTS = ["impulse", "step", "two pulses", "sine", "noise"]
U = [round(-1.2 + 0.2 * n, 1) for n in range(14)]  # of a single unit, by hand
BIASES = [float(b) for b in range(-6, 7, 2)]


def _rnn(hand_steps):
    """Every preset at every step; by hand one unit, whose U is moved."""
    hand = {"weights": [BY_HAND], "activation": ["tanh", "relu"], "U11": U, "sequence": INPUTS, "step": hand_steps}
    return [{"weights": list(WEIGHTS), "activation": None, "U11": None, "sequence": INPUTS, "step": "all"}, hand]


def _gates(steps, biases):
    """One change at a time: a gate forced, or a bias pushed; of many units, a pattern; of a clip, its order."""

    def grid(shown):
        names = {control["name"] for control in shown.controls}
        common = {"step": steps} | ({} if shown.limits.get("unit", {}).get("hidden") else {"unit": "all"})
        common |= {name: "all" for name in {"watched"} & names}
        common |= {"sequence": ["impulse", "two pulses", "noise"]} if "sequence" in names else {}
        own = [{"order": "all"}] if "order" in names else []
        if "pattern" in names:
            begin = {control["name"]: control for control in shown.controls}
            watched = {"watched": [begin["watched"]["value"]]} if "watched" in names else {}
            own.append({"pattern": [*begin["pattern"]["sets"]], "by_pattern": "all", "quantity": ["h", "c"]} | watched)
        return [common | part for part in [{"force": "all"}, *own, *({f"b_{gate}": biases} for gate in "ifco")]]

    return grid


def _receptive_field(shown):
    """A stack: three layers of a few kinds. A model: every layer. In clips few cells: each needs a large picture."""
    begin = {control["name"]: control["value"] for control in shown.controls if control["kind"] == "choice"}
    sliders = {control["name"]: control for control in shown.controls if control["kind"] == "slider"}
    timed = "frame" in sliders
    if "layer" in begin:
        near = {name: (1, 5) if name == "row" else (1,) for name in sliders}
        return [{"layer": "all"} | {name: _around(s, near[name]) if timed else "all" for name, s in sliders.items()}]
    stack = [name for name in begin if name.startswith("layer ")]
    made = {name: list(dict.fromkeys([*FEW[timed], begin[name]])) for name in stack[:3]}
    made |= {name: list(dict.fromkeys(["none", begin[name]])) for name in stack[3:]}
    if timed:
        return [made | {"row": _around(sliders["row"], (8,)), "frame": 4}]
    return [made | {"padding": "all"} | dict.fromkeys(sliders, 11)]


def _explorer(frames):
    """Every filter; of its numbers the one that the lab starts at: of each there would be a picture."""

    def grid(shown):
        views = next(control["options"] for control in shown.controls if control["name"] == "view")
        others = [view for view in views if view != "one number"]
        common = {"layer": "all", "frame": frames}
        return [common | {"view": others, "filter": "all"}, common | {"view": ["one number"], "filter": 8, "frame": 3}]

    return grid


def _around(slider, distances):
    """Places of a slider: its start, and what lies so far from it."""
    places = {slider["value"]} | {slider["value"] + sign * far for far in distances for sign in (-1, 1)}
    return sorted(place for place in places if slider["min"] <= place <= slider["max"])


FEW = {  # kinds of layers; with frames or without
    False: ("none", "conv 3", "conv 3, stride 2", "max pool 2"),
    True: ("none", "conv 3", "conv 3 over space and time"),
}
GRIDS = {
    "RNN lab": [_rnn(20), _rnn(10), _rnn(5)],
    "Gate lab": [_gates("all", BIASES), _gates("all", BIASES[::3]), _gates(12, BIASES[::3])],
    "Receptive field lab": [_receptive_field],
    "Layer explorer": [_explorer("all"), _explorer(6), _explorer(3)],
    "What can it see?": [[{"factor": "all", "family": "all", "clip": 2, "frame": 6}]],
    "What does it cost?": [
        [
            {
                "clips": "all",
                "network": "all",
                "device": "all",
                "passes": [10, 30, 50, 70, 90],
                "devices": list(devices),
                "decoded": [500, 1500, 2500],
                "price": [1.0, 2.0, 3.0],
            }
        ]
        for devices in (range(1, 9), range(1, 5))
    ],
}
