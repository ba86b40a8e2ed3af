"""`vidlab grade`: real notebooks and processes; nobody's marks are lost, and nobody gets any by a trick."""

import ast
import copy
import csv
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from vidlab import check
from vidlab.check import mutants
from vidlab.check.classroom import report, sandbox
from vidlab.check.classroom.grading import grade
from vidlab.check.classroom.submission import Submission, answer_in, definitions

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SOURCES = {"02": "02_convolution.ipynb", "04": "04_rnn.ipynb", "08": "08_rnn_on_video.ipynb"}
SLUGS = {number: [s for s, one in check.EXERCISES.items() if one.notebook == number] for number in SOURCES}
NEEDS_A_WALL = pytest.mark.skipif(sandbox.bubblewrap() is None, reason="bubblewrap is not here, or may not be used")
MODES = [pytest.param(True, marks=NEEDS_A_WALL, id="bubblewrap"), pytest.param(False, id="bare")]


def handed_in(folder, student, number="04", answers=None, change=None, name=None):
    """A student's copy of a notebook, with some cells answered; `answers` maps an exercise to its cell's code."""
    notebook = nbformat.read(NOTEBOOKS / SOURCES[number], 4)
    for cell in notebook.cells:
        slug = cell.metadata.get("vidlab", {}).get("exercise")
        if slug in (answers or {}):
            call = cell.source[cell.source.index("check.") :]
            cell.source = f"{answers[slug]}\n\n\n{call}"
        cell.pop("outputs", None) if cell.cell_type != "code" else cell.update(outputs=[])
    if change:
        change(notebook)
    path = folder / student / (name or SOURCES[number])
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def right(number="04"):
    return {slug: source(slug) for slug in SLUGS[number]}


def source(slug):
    one = check.EXERCISES[slug]
    return f"{slug} = {one.source}" if one.is_value else one.source


def wrong(slug, mistake):
    one = check.EXERCISES[slug]
    return one.mistaken(next(m for m in one.mistakes if m.slug == mistake))


def by(grades):
    return {(one.student, one.exercise): one for one in grades}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of six."""
    folder = tmp_path_factory.mktemp("class") / "handed in"
    handed_in(folder, "Ada", answers=right())
    handed_in(folder, "Ben", answers=right() | {"rnn_forward": wrong("rnn_forward", "u-transposed")})
    handed_in(
        folder, "Chi", answers=right() | {"rnn_forward": wrong("rnn_forward", "u-transposed"), "memory_span": "def ("}
    )
    loops = "def rnn_forward(*_):\n    while True:\n        pass"
    handed_in(folder, "Dov", answers=right() | {"rnn_forward": loops})

    def deletes(notebook):
        notebook.cells = [c for c in notebook.cells if c.metadata.get("vidlab", {}).get("exercise") != "rnn_forward"]

    handed_in(folder, "Eva", answers=right(), change=deletes)

    def copies(notebook):
        [cell] = [c for c in notebook.cells if c.metadata.get("vidlab", {}).get("exercise") == "rnn_forward"]
        twin = copy.deepcopy(cell)
        twin["id"], twin["source"] = "twin", source("rnn_forward") + "\ncheck.rnn_forward(rnn_forward)"
        notebook.cells.append(twin)

    handed_in(folder, "Fay", change=copies)
    (folder / "Gil").mkdir()
    (folder / "Gil" / "04_rnn.ipynb").write_text("{not a notebook")
    out = folder.parent / "out"
    return folder, out, grade(folder, out)


def test_points_and_misconceptions(graded):
    found = by(graded[2])
    n = len(SLUGS["04"])
    points = {
        s: sum(one.points for (student, _), one in found.items() if student == s) for s in ("Ada", "Ben", "Dov", "Eva")
    }
    assert points == {"Ada": n, "Ben": n - 1, "Dov": n - 1, "Eva": n - 1}
    assert found["Ben", "rnn_forward"].misconception == found["Chi", "rnn_forward"].misconception == "u-transposed"
    assert "not Python (line 1 of the cell)" in found["Chi", "memory_span"].message
    assert "does not come to an end" in found["Dov", "rnn_forward"].message
    assert found["Eva", "rnn_forward"].message == "The cell is missing."
    assert found["Fay", "rnn_forward"].points == 1, "of two copies the better one counts"
    assert not found["Fay", "delay_line"].attempted
    assert "not a notebook" in found["Gil", ""].message and "Gil" in found["Gil", ""].message


def test_the_table_and_the_page_say_what_the_class_needs(graded):
    folder, out, grades = graded
    table, page = report.write(grades, out)
    rows = list(csv.DictReader(table.open(encoding="utf8")))
    assert len(rows) == len(grades) and rows[0].keys() >= {"student", "exercise", "points", "misconception"}
    text = page.read_text(encoding="utf8")
    says = next(m.says for m in check.EXERCISES["rnn_forward"].mistakes if m.slug == "u-transposed")
    assert "<code>u-transposed</code>" in text and report.html.escape(says) in text
    assert '<td class="number">2<td><code>u-transposed</code>' in text
    assert report.html.escape(check.EXERCISES["rnn_forward"].why) in text
    assert "http" not in text and "<script" not in text, "readable offline"


def test_what_is_graded_stays_graded_and_what_changed_is_graded_again(graded, monkeypatch):
    folder, out, grades = graded
    made = []
    monkeypatch.setattr(sandbox.Sandbox, "__init__", lambda self, *_: made.append(1))
    assert grade(folder, out) == grades and not made
    monkeypatch.undo()
    handed_in(folder, "Ben", answers=right())
    again = by(grade(folder, out))
    assert again["Ben", "rnn_forward"].points == 1 and again["Ada", "rnn_forward"].points == 1


def test_killed_in_the_middle_and_run_again_nobody_loses_marks(tmp_path):
    folder, out = tmp_path / "class", tmp_path / "out"
    for number in range(12):
        slow = {
            "delay_line": "import time\n"
            + source("delay_line").replace("    return", "    time.sleep(0.3)\n    return")
        }
        handed_in(folder, f"s{number:02}", answers=right() | slow)
    command = [sys.executable, "-m", "vidlab", "grade", str(folder), "--out", str(out)]
    environment = os.environ | {"PYTHONPATH": str(NOTEBOOKS.parent)}
    first = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while len(list(out.glob("graded/*.json"))) < 3 and time.monotonic() < end:
        time.sleep(0.05)
    first.kill()
    first.wait()
    done = {path: path.stat().st_mtime_ns for path in out.glob("graded/*.json")}
    assert 3 <= len(done) < 12
    second = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert second.returncode == 0, second.stderr
    assert {path: path.stat().st_mtime_ns for path in done} == done, "what was graded is not graded again"
    rows = list(csv.DictReader((out / "grades.csv").open(encoding="utf8")))
    assert len(rows) == 12 * len(SLUGS["04"]) and all(float(row["points"]) == 1 for row in rows)


RIGHT_ANYWAY = "output_size"  # stands after the trick in notebook 02, and must be counted all the same
TRICKS = {
    "replaces NumPy's functions": """
        for name in ("allclose", "array_equal", "isclose", "argwhere"):
            setattr(np, name, lambda *a, **k: True)
        np.ndarray, np.asarray = list, lambda *a, **k: 0
        return 0""",
    "imports the solutions": """
        import sys
        for name in [one for one in sys.modules if one.startswith("vidlab.check")]:
            del sys.modules[name]
        from vidlab.check.exercises import EXERCISES
        return EXERCISES["conv1d"].reference(curve, kernel)""",
    "asks for the solution": """
        from vidlab import check
        return check.EXERCISES["conv1d"].reference(curve, kernel)""",
    "reads the solutions": """
        import os, vidlab
        folder = os.path.join(os.path.dirname(vidlab.__file__), "check", "exercises")
        text = os.read(os.open(os.path.join(folder, "convolution.py"), os.O_RDONLY), 10**6).decode()
        names = {}
        exec(text, names)
        return names["EXERCISES"][0].reference(curve, kernel)""",
    "reads the results": """
        import pathlib
        return float(bool(pathlib.Path(OUT, "grades.csv").read_text()))""",
    "writes results": """
        open(OUT + "/grades.csv", "w").write("me,1")
        return 0""",
    "exits": """
        import os
        os._exit(0)""",
    "raises SystemExit": """
        raise SystemExit(0)""",
    "crashes": """
        import faulthandler
        faulthandler._sigsegv()""",
    "starts a program": """
        import subprocess
        return float(subprocess.check_output(["echo", "1"]))""",
    "forks": """
        import os, _posixsubprocess
        return float(os.fork())""",
    "opens a socket": """
        import socket
        socket.create_connection(("127.0.0.1", 80), timeout=2)
        return 0""",
    "fills memory": """
        return np.ones((1 << 20, 1 << 20)).sum()""",
    "prints without end": """
        while True:
            print("spam" * 1000)""",
    "swallows every exception": """
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass""",
    "writes to the pipes": """
        import os
        for pipe in range(1, 64):
            try:
                os.write(pipe, b"\\x05" + bytes(7) + b"right")
            except OSError:
                pass
        return 0""",
    "kills its parent": """
        import os
        os.kill(os.getppid(), 9)""",
    "recurses": """
        return conv1d(curve, kernel)""",
    "turns off the limits": """
        import signal, sys, threading
        sys.settrace(None)
        threading.Thread.start = lambda *_: None
        return threading.active_count()""",
}


@pytest.mark.slow
@pytest.mark.parametrize("contain", MODES)
def test_no_trick_earns_points_or_costs_others_theirs(contain, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "SECONDS", 8.0)
    folder, out = tmp_path / "class", tmp_path / "out"
    out.mkdir()
    (out / "grades.csv").write_text("mine")
    for number, (_, body) in enumerate(TRICKS.items()):
        body = "\n".join(line[4:] for line in body.strip("\n").split("\n"))
        answers = {
            "conv1d": f"OUT = {str(out)!r}\n\n\ndef conv1d(curve, kernel):\n{body}",
            RIGHT_ANYWAY: source(RIGHT_ANYWAY),
        }
        handed_in(folder, f"t{number:02}", "02", answers)
    found = by(grade(folder, out, contain=contain))
    for number, name in enumerate(TRICKS):
        trick = found[f"t{number:02}", "conv1d"]
        assert trick.points == 0 and trick.message, name
        assert found[f"t{number:02}", RIGHT_ANYWAY].points == 1, (name, found[f"t{number:02}", RIGHT_ANYWAY].message)
    assert (out / "grades.csv").read_text() == "mine"


@NEEDS_A_WALL
def test_within_bubblewrap_there_is_no_network_and_nothing_to_read_of_others(tmp_path):
    """The wall itself, without the worker's own refusals."""
    folder = tmp_path / "class"
    handed_in(folder, "Ada", answers=right())
    with sandbox.Sandbox(hide=(folder,)) as box:
        [python] = [k for k, word in enumerate(box.process.args) if word == sys.executable]
        look = (
            "import os, socket, sys; print(os.listdir(sys.argv[1]), os.listdir(sys.argv[2]), "
            "[name for _, name in socket.if_nameindex()], len([p for p in os.listdir('/proc') if p.isdigit()]))"
        )
        command = [*box.process.args[: python + 1], "-c", look, str(folder), str(sandbox.CHECK / "exercises")]
        said = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert said.stdout.split(" ")[:2] == ["[]", "[]"] and "'lo'" in said.stdout and "eth" not in said.stdout, said
    assert int(said.stdout.split()[-1]) < 5
    written = subprocess.run([*command[: python + 1], "-c", f"open({str(tmp_path / 'x')!r}, 'w')"], capture_output=True)
    assert written.returncode != 0 and not (tmp_path / "x").exists()


def test_only_what_an_answer_uses_is_run_of_other_cells():
    cells = {
        "rnn_forward": [(9, "def rnn_forward(x):\n    return helper(x) + LIMIT\n\ncheck.rnn_forward(rnn_forward)")]
    }
    before = [
        (1, "%matplotlib inline\nimport keras\nfrom vidlab import check, models\nimport numpy as np"),
        (2, "LIMIT = 3\nOTHER = 4\ndef helper(x):\n    return np.sum(x)"),
        (3, "model = models.conv3d()\nwhile True:\n    pass"),
    ]
    found = definitions(Submission("Ada", Path(), "04", cells, before))
    assert found == ["import numpy as np", "LIMIT = 3", "def helper(x):\n    return np.sum(x)"]


def test_the_answer_is_what_the_cell_hands_to_check():
    cell = "def mine(x):\n    return x\n\n\nprint(1)\ncheck.conv1d(\n    mine\n)\ncheck.hint('conv1d')"
    left, answer = answer_in(cell, "conv1d", "conv1d")
    assert answer == "mine" and "check" not in left and left.split("\n")[:2] == ["def mine(x):", "    return x"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "nowhere", "no such folder"),
        (lambda folder: folder, "no notebook"),
    ],
)
def test_bad_folders_are_told(make, says, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "vidlab", "grade", str(make(tmp_path)), "--out", str(tmp_path / "out")],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(NOTEBOOKS.parent)},
    )  # fmt: skip
    assert done.returncode == 1 and says in done.stderr and "Traceback" not in done.stderr


def test_notebooks_side_by_side_are_students_by_name(tmp_path):
    for name in ("anna_04_rnn.ipynb", "04_rnn_Ben.ipynb", "chi.ipynb"):
        path = handed_in(tmp_path, "x", name=name)
        path.rename(tmp_path / name)
    (tmp_path / "x").rmdir()
    assert {one.student for one in grade(tmp_path, tmp_path / "out")} == {"anna", "Ben", "chi"}


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupted_by_hand_it_ends_its_processes(tmp_path):
    handed_in(
        tmp_path / "class", "Ada", answers={"rnn_forward": "import time\ndef rnn_forward(*_):\n    time.sleep(30)"}
    )
    command = [sys.executable, "-m", "vidlab", "grade", str(tmp_path / "class"), "--out", str(tmp_path / "out")]
    running = subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(NOTEBOOKS.parent)}, stderr=subprocess.DEVNULL
    )
    psutil = sandbox.psutil
    end = time.monotonic() + 60
    while not psutil.Process(running.pid).children(recursive=True) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(1)
    children = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130  # long, as other tests may be running
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert not alive and gone
    assert not list((tmp_path / "out").glob("graded/*.json"))


def test_stored_grades_that_are_broken_are_made_again(tmp_path):
    handed_in(tmp_path / "class", "Ada", answers=right())
    first = grade(tmp_path / "class", tmp_path / "out")
    [stored] = (tmp_path / "out" / "graded").glob("*.json")
    for text in (
        "",
        "[]",
        json.dumps({"state": 1}),
        json.dumps({"state": json.loads(stored.read_text())["state"], "grades": [{}]}),
    ):
        stored.write_text(text)
        assert grade(tmp_path / "class", tmp_path / "out") == first


def test_no_two_threads_parse_at_once(monkeypatch):
    """CPython's parser counts its depth once for all threads, and raises a SystemError where two meet in it."""
    inside, most, parse = [], [], ast.parse

    def watched(*args, **keywords):
        inside.append(args)
        time.sleep(0.002)
        most.append(len(inside))
        tree = parse(*args, **keywords)
        inside.pop()
        return tree

    monkeypatch.setattr(ast, "parse", watched)
    one = check.EXERCISES["conv1d"]
    work = [
        lambda: answer_in(one.source, "conv1d", "conv1d"),
        lambda: list(mutants.mutants(one.source)),
        lambda: one.made_of(one.source),
    ]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(job) for job in work * 4]:
            done.result()
    assert len(most) >= len(work) * 4 and max(most) == 1
