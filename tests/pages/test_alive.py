"""Labs that live on a page: the answers that are shipped with it are the lab's own."""

import base64
import gzip
import json

import nbformat
import numpy as np
import pytest

from pages import alive
from vidlab.widgets import lab


def counting(low=0, high=9, value=4):
    """A lab of which every setting looks different."""

    def answer(kind, number, on):
        shades = np.full((2, 3), (number * 10 + on) % 256, np.uint8)
        words = f"{kind} {number} {on}"
        panels = {"grey": lab.pixels(shades, words, words, pick=["number"])}
        panels["strip"] = lab.pixels(shades, "marks: click", words, paint=("kind", [True, False, on]))
        panels["line"] = lab.lines({"n": [number] * 8}, "numbers: draw them", words, 0, 10, draw="kind")
        return {"panels": panels, "status": words, "limits": {"number": {"max": 7 if kind == "few" else high}}}

    controls = [
        lab.choice("kind", "kind", ["many", "few"], sets={"few": {"on": True}}),
        lab.slider("number", "n", low, high, value), lab.toggle("on", "on"), lab.play("number"),
    ]  # fmt: skip
    return lab.Lab("Counting lab", controls, answer)


def opened(script):
    """What a lab's file holds: the state, with bytes and lists put back."""
    data = base64.b64decode(json.loads("[" + script.removeprefix("vidlabLab(").removesuffix(");\n") + "]")[1])
    data = gzip.decompress(data)
    length = int.from_bytes(data[:4], "little")
    whole, blob = json.loads(data[4 : 4 + length]), data[4 + length :]

    def filled(value):
        if isinstance(value, dict):
            if set(value) == {"bytes"}:
                return blob[slice(*value["bytes"])]
            if set(value) == {"list"}:
                return whole["lists"][value["list"]]
            return {key: filled(one) for key, one in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else value

    return filled(whole["state"])


def test_each_answer_is_the_labs_own():
    shown = counting()
    answers = alive.Answers(shown, [{"kind": "all", "number": "all", "on": "all"}])
    grid = opened(alive._shipped(shown, "x", "lab", answers.state, "").script)["grid"]
    settings = list(answers.settings())
    assert len(settings) == len(grid["answers"]) == 40
    for (_, values), (panels, _, status) in zip(settings, grid["answers"], strict=True):
        own = shown._answer(**values)
        assert grid["pool"][status] == own["status"]
        shipped = grid["pool"][grid["pool"][panels]["grey"]]
        assert shipped["data"] == own["panels"]["grey"]["data"] and shipped["alt"] == own["panels"]["grey"]["alt"]
    assert ("few", True) in {(v["kind"], v["on"]) for _, v in settings}
    assert ("few", False) not in {(v["kind"], v["on"]) for _, v in settings}, "a preset sets what it sets"


def test_sliders_stop_where_there_are_answers_and_the_start_is_one():
    shown = counting(high=90, value=41)
    answers = alive.Answers(shown, [{"kind": ["many"], "number": 10}])
    (control, play) = answers.state["controls"]
    assert control["name"] == "number" and play["over"] == "number"
    assert 41 in answers.axes["number"] and len(answers.axes["number"]) <= 10
    assert (control["min"], control["max"], control["step"]) == (1, 81, 10)
    assert answers._limits({"number": {"max": 90}, "kind": {"hidden": True}}) == {"number": {"max": 81}}
    assert "It stops at some places only of: n." in answers.note and "Only in the notebook: kind, on." in answers.note


def test_a_full_grid_needs_no_note_and_nothing_can_be_drawn():
    answers = alive.Answers(counting(), [{"kind": "all", "number": "all", "on": "all"}])
    assert answers.note == ""
    lines = [
        panel for panel in answers.state["grid"]["pool"] if isinstance(panel, dict) and panel.get("kind") == "lines"
    ]
    assert {(panel["draw"], panel["caption"]) for panel in lines} == {(None, "numbers")}
    strips = [p for p in answers.state["grid"]["pool"] if isinstance(p, dict) and p.get("paint")]
    assert {(p["paint"][0], p["paint"][1][2], p["caption"]) for p in strips} == {
        ("", v, "marks") for v in (True, False)
    }


def test_a_lab_that_nobody_has_thinned_out_gets_a_grid_that_fits():
    shown = counting(high=40_000, value=17)
    shipped = alive.ship(shown, "x")
    grid = opened(shipped.script)["grid"]
    assert len(grid["answers"]) <= alive.SETTINGS and 17 in grid["places"]["number"]


def test_a_lab_that_is_too_large_stays_a_figure(monkeypatch):
    monkeypatch.setattr(alive, "LARGEST", 500)
    assert alive.ship(counting(), "x") is None


def test_only_the_cells_of_the_labs_are_run(tmp_path):
    def cell(source, *tags):
        return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)})

    setup = "from vidlab import widgets\nfrom tests.pages.test_alive import counting"
    cells = [
        cell("raise SystemExit"), cell(setup, "lab-setup"), cell("counting()", "lab"),
        cell("counting(high=5)", "lab-trained"), cell("widgets.convolve()", "lab"), cell("1", "lab"),
    ]  # fmt: skip
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "nb.ipynb")
    found = alive.labs_of(tmp_path / "nb.ipynb")
    assert {key: (one.name, one.kind) for key, one in found.items()} == {
        cells[2]["id"]: ("nb-1", "lab"), cells[4]["id"]: ("nb-2", "convolution")}  # fmt: skip
    convolution = opened(found[cells[4]["id"]].script)
    assert convolution["shape"] == [1, 32, 32] and len(convolution["pixels"]) == 32 * 32 * 4
    assert "export default" not in found[cells[4]["id"]].module


@pytest.mark.parametrize("step", [1, 0.1])
def test_places_are_numbers_as_a_slider_gives_them(step):
    control = lab.slider("s", "s", 0, 1 if step < 1 else 10, 0.3 if step < 1 else 3, step)
    answers = alive.Answers.__new__(alive.Answers)
    places = answers._places(control, "all")
    assert places == ([round(n * 0.1, 10) for n in range(11)] if step < 1 else list(range(11)))
    assert {type(place) for place in places} == {float if step < 1 else int}


def test_a_click_leads_only_to_what_a_page_knows():
    """A strip keeps its pictures; a click that sets a control which the page has not sets nothing."""

    def answer(layer, row):
        leads = {"near": {"layer": "b"}, "far": {"layer": "b", "row": ["row", [0, 1]]}}
        panels = {name: lab.pixels(np.zeros((2, 2), np.uint8), "", "", leads=one) for name, one in leads.items()}
        panels["links"] = lab.links({"one": leads["near"], "other": {"row": 1}}, "go on")
        return {"panels": panels, "status": layer, "limits": {"layer": {"pictures": bytes([row, ord(layer)])}}}

    strip = lab.strip("layer", "layer", ["a", "b"], ["1", "1"], [(1, 1), (1, 1)], ["gray", "gray"])
    shown = lab.Lab("A strip", [strip, lab.slider("row", "row", 0, 9, 3)], answer)
    grid = opened(alive._shipped(shown, "x", "lab", alive.Answers(shown, [{"layer": "all"}]).state, "").script)["grid"]
    for (panels, limits, _), layer in zip(grid["answers"], "ab", strict=True):
        panels = {name: grid["pool"][n] for name, n in grid["pool"][panels].items()}
        assert [panels["near"]["leads"], panels["far"]["leads"]] == [{"layer": "b"}, {}]
        assert panels["links"]["targets"] == {"one": {"layer": "b"}}
        assert grid["pool"][limits]["layer"]["pictures"] == bytes([3, ord(layer)])
