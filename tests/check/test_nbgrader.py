"""The course of `vidlab class make`, through nbgrader itself: made, handed in by five students, graded, read."""

import copy
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from vidlab import check
from vidlab.check.classroom.assignments import make_course
from vidlab.check.judge import judge

NAME = "notebook_12"  # two functions and a value
RIGHT = {one.slug: one for one in check.EXERCISES.values() if one.notebook == "12"}


def cell(notebook, slug):
    return next(one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") == slug)


def answer(notebook, slug, source):
    cell(notebook, slug)["source"] = source if not RIGHT[slug].is_value else f"{slug} = {source}"


def right(notebook):
    for slug, one in RIGHT.items():
        answer(notebook, slug, one.source)


def mistaken(notebook):
    for slug, one in RIGHT.items():
        mistake = one.mistakes[0]
        answer(notebook, slug, repr({**one.reference, **mistake.value}) if one.is_value else one.mistaken(mistake))


def hostile(notebook):
    answer(notebook, "clips_for", "def clips_for(*_):\n    while True:\n        pass")
    answer(notebook, "clips_needed", "def clips_needed(a, b, error):\n    raise ValueError('no')")
    answer(notebook, "true_still", "print")


def deleted(notebook):
    right(notebook)
    notebook.cells.remove(cell(notebook, "clips_for"))


def copied(notebook):
    right(notebook)
    notebook.cells.append(copy.deepcopy(cell(notebook, "clips_for")))
    notebook.cells[-1]["id"] = "copy"


SCORES = {
    right: (1, 1, 1), mistaken: (0, 0, 0), hostile: (0, 0, 0), deleted: (0, 1, 1), copied: (1, 1, 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    pytest.importorskip("nbgrader", reason="nbgrader is an extra: pip install 'vidlab[class]'")
    folder = tmp_path_factory.mktemp("class") / "course"
    assert make_course(folder, ["12"]) == [NAME]
    environment = os.environ | {
        "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
        "PYTHONPATH": str(Path(check.__file__).parents[2]),
        "VIDLAB_PROGRESS": str(folder / "progress.json"),
    }

    def run(*words):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *words], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0 or "autograde" in words, done.stderr[-3000:]
        return done.stderr

    run("generate_assignment", NAME)
    released = nbformat.read(folder / "release" / NAME / f"{NAME}.ipynb", 4)
    for student in SCORES:
        notebook = copy.deepcopy(released)
        student(notebook)
        target = folder / "submitted" / student.__name__ / NAME / f"{NAME}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    log = run("autograde", NAME)
    run("generate_feedback", NAME)
    return folder, released, log


def test_what_is_handed_out_holds_stubs_and_neither_solutions_nor_hidden_tests(course):
    _, released, _ = course
    text = "\n".join(one.source for one in released.cells)
    assert "SOLUTION" not in text and "HIDDEN" not in text and "points(" not in text
    for slug, one in RIGHT.items():
        assert "..." in cell(released, slug).source and f"check.{slug}(" in text
        assert one.source.strip().split("\n")[-1].strip() not in text


def test_scores_are_in_the_gradebook(course):
    from nbgrader.api import Gradebook, MissingEntry

    folder, _, log = course
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for student, wanted in SCORES.items():
            try:
                handed_in = book.find_submission_notebook(NAME, NAME, student.__name__)
            except MissingEntry:
                pytest.fail(f"{student.__name__} has no marks:\n{log[-3000:]}")
            got = {one.name.removesuffix("-test"): one.auto_score for one in handed_in.grades}
            assert tuple(got[slug] for slug in RIGHT) == wanted, (student.__name__, got)
            assert handed_in.max_score == len(RIGHT)


def test_feedback_carries_what_the_check_says(course):
    folder, _, _ = course
    page = (folder / "feedback" / "mistaken" / NAME / f"{NAME}.html").read_text(encoding="utf8")
    for one in RIGHT.values():
        assert one.mistakes[0].says.split(";")[0].split(":")[0].strip('"') in page.replace("&quot;", '"')


def test_every_assignment_is_made_and_its_solutions_are_right(tmp_path):
    names = make_course(tmp_path / "all")
    assert len(names) == len({one.notebook for one in check.EXERCISES.values()})
    seen = set()
    for name in names:
        notebook = nbformat.read(tmp_path / "all" / "source" / name / f"{name}.ipynb", 4)
        nbformat.validate(notebook)
        ids = [one.metadata["nbgrader"]["grade_id"] for one in notebook.cells]
        assert len(set(ids)) == len(ids)
        for one in notebook.cells:
            slug = one.metadata.get("vidlab", {}).get("exercise")
            if slug:
                exercise = check.EXERCISES[slug]
                names_ = {"np": __import__("numpy"), **exercise.given}
                exec(one.source, names_)
                given = names_[slug if exercise.is_value else exercise.reference.__name__]
                assert judge(exercise, given).passed
                seen.add(slug)
    assert seen == set(check.EXERCISES)


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ValueError, match="holds something already"):
        make_course(tmp_path)
    with pytest.raises(ValueError, match="no exercises for notebook '99'"):
        make_course(tmp_path / "new", ["99"])
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]
