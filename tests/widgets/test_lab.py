"""The base of all labs: panels, limits, errors in the view, and the figure."""

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from vidlab import widgets
from vidlab.widgets import lab

PICTURE = np.arange(48, dtype=np.uint8).reshape(6, 8)


def answer(n, way="plain", wild=False):
    if wild:
        raise ValueError("n must not be wild")
    picture = PICTURE + np.uint8(n)
    panels = {
        "picture": lab.pixels(
            picture if way == "plain" else picture[::-1], "a picture", f"picture {n}", boxes=[(1, 2, 3, 3)]
        )
    }
    panels["line"] = lab.lines({"a": np.arange(n + 2), "b": np.ones(3)}, "lines", "two lines", 0, 10, mark=1)
    panels["plane"] = lab.plane(
        [(0, 0), (0.5, n / 10)], "a path", "a path", -1, 1, "x", "y", mark=1, arrows=[(0, 0, 0.5, 0.5)]
    )
    return {"panels": panels, "status": f"n is {n}", "limits": {"n": {"max": 5}}}


@pytest.fixture
def made():
    controls = [
        lab.slider("n", "n", 0, 9, 2),
        lab.choice("way", "way", ["plain", "turned"]),
        lab.toggle("wild", "wild"),
    ]
    return lab.Lab("A lab", [*controls, lab.play("n")], answer)


def test_the_view_follows_the_values(made):
    assert made.values == {"n": 2, "way": "plain", "wild": False} and made.status == "n is 2"
    made.values = made.values | {"n": 4, "way": "turned"}
    assert made.panels["picture"]["data"] == (PICTURE + np.uint8(4))[::-1].tobytes()
    assert made.status == "n is 4" and made.limits == {"n": {"max": 5}}


def test_an_error_is_shown_in_the_view_and_passes(made):
    made.values = made.values | {"wild": True}
    assert made.status == "This setting does not work: n must not be wild"
    made.values = made.values | {"wild": False, "n": 1}
    assert made.status == "n is 1"


def test_it_answers_ahead_and_keeps_to_its_values(made, monkeypatch):
    monkeypatch.setattr(lab, "AHEAD", np.inf)  # seconds: whatever else the machine does
    monkeypatch.setattr(lab, "SLOW", np.inf)
    before = made.values, made.panels, made.status
    made.asked = {"id": 1, "values": [made.values | {"n": n} for n in (3, 4)]}
    assert made.ahead["id"] == 1 and (made.values, made.panels, made.status) == before
    assert made.ahead["answers"] == [answer(3), answer(4)]
    made.values = made.values | {"n": 4}
    assert made.answered == made.values and made.panels == made.ahead["answers"][1]["panels"]


def test_no_answer_is_given_ahead_that_fails_or_comes_too_late(made, monkeypatch):
    monkeypatch.setattr(lab, "AHEAD", np.inf)
    monkeypatch.setattr(lab, "SLOW", np.inf)
    made.asked = {"id": 1, "values": [made.values, made.values | {"wild": True}, made.values]}
    assert made.ahead == {"id": 1, "answers": [answer(2)]} and made.status == "n is 2"
    monkeypatch.setattr(lab, "AHEAD", 0)  # then the first is one too many
    made.asked = {"id": 2, "values": [made.values] * 3}
    assert made.ahead == {"id": 2, "answers": [answer(2)]}
    monkeypatch.setattr(lab, "SLOW", 0)
    made.asked = {"id": 3, "values": [made.values] * 3}
    assert made.ahead == {"id": 3, "answers": []}


def test_the_figure_shows_every_panel(made):
    axes = [ax for part in made.figure.subfigs for ax in part.axes if ax.axison or ax.images]
    assert [ax.get_title(loc="left") for ax in axes] == ["a picture", "lines", "a path"]
    assert made.figure.alt == "n is 2"
    assert np.array_equal(axes[0].images[0].get_array(), lab.palette("gray")[PICTURE + 2])
    assert [list(line.get_ydata()) for line in axes[1].lines[:2]] == [[0, 1, 2, 3], [1, 1, 1]]


def test_shades_have_a_fixed_range():
    assert lab.shades([-1, 0, 1, 5, np.nan], -1, 1).tolist() == [0, 128, 255, 255, 0]


@pytest.mark.parametrize("picture", [PICTURE / 50, PICTURE[None, None], np.zeros((4, 4, 4), np.uint8)])
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(ValueError, match="picture: expected uint8"):
        lab.pixels(picture, "", "")


def test_colours_come_from_the_list():
    with pytest.raises(ValueError, match="palette: expected one of gray, viridis, cividis, PuOr, got 'jet'"):
        lab.pixels(PICTURE, "", "", colours="jet")


# -------------------------------------------------------------------- in a kernel: refusals, and what a cell gives back


def outputs_of(*cells, runs=1):
    """Run cells in a kernel, all of them `runs` times; the outputs of the last run."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    client = NotebookClient(notebook, allow_errors=True, timeout=120)
    with client.setup_kernel():
        for _ in range(runs):
            for number, cell in enumerate(notebook.cells):
                cell.metadata["cellId"] = cell.id
                client.execute_cell(cell, number)
    return [cell.outputs for cell in notebook.cells]


@pytest.mark.slow
def test_a_refusal_is_its_sentence_alone():
    setup = "import numpy as np\nfrom vidlab import widgets"
    _, *refused = outputs_of(setup, "widgets.play(np.zeros(3))", "widgets.receptive_field(stack='conv 4')",
                             "widgets.rnn(x=[1.0])", "widgets.gates(x=np.zeros(3))", "widgets.convolve(size=99)",
                             "widgets.explore('model', np.zeros((2, 8, 8, 3)))")  # fmt: skip
    for (output,) in refused:
        assert output.output_type == "error" and len(output.traceback) == 1
        assert output.traceback[0].startswith("ValueError: ") and "\n" not in output.traceback[0]


def test_outside_a_notebook_a_refusal_is_a_value_error():
    with pytest.raises(ValueError, match="expected"):
        widgets.convolve(size=99)


def test_a_cell_that_runs_again_gives_back_what_its_former_labs_held(monkeypatch):
    shown = []
    monkeypatch.setattr(lab, "display", lambda *args, **kwargs: None)
    monkeypatch.setattr(lab, "_SHOWN", {})
    for run in ("first", "second", "third"):
        monkeypatch.setattr(lab, "_running", lambda run=run: ("a cell", run))
        for _ in range(2):
            shown.append(widgets.rnn())
            shown[-1]._ipython_display_()
    gone = [one.comm is None and not one.panels and one.figure is None for one in shown]
    assert gone == [True] * 4 + [False] * 2
    for run, cell in (("fourth", "a cell"), ("fifth", "a cell"), ("sixth", "another cell"), ("seventh", "a cell")):
        monkeypatch.setattr(lab, "_running", lambda run=run, cell=cell: (cell, run))
        shown[-1]._ipython_display_()  # the same lab once more, and elsewhere: it lives on
    monkeypatch.setattr(lab, "_running", lambda: ("a cell", "eighth"))
    widgets.rnn()._ipython_display_()
    assert shown[-1].comm is not None and shown[-1].panels  # the other cell still shows it
    monkeypatch.setattr(lab, "_running", lambda: (None, None))  # not in JupyterLab: nothing is closed
    widgets.rnn()._ipython_display_()
    assert shown[-1].panels
