"""vidlab lab."""

import subprocess
import sys

import pytest

from vidlab import cli


def lab(*arguments):
    return cli.main(["lab", "--copy-only", *arguments])


def test_the_first_start_copies_the_course(course):
    assert lab() == 0
    assert {p.name: p.read_text() for p in (course / "my-course").iterdir()} == {
        "00_tour.ipynb": "original 00_tour.ipynb",
        "04_rnn.ipynb": "original 04_rnn.ipynb",
    }


def test_what_the_learner_wrote_stays_and_new_notebooks_arrive(course, capsys):
    lab()
    (course / "my-course" / "04_rnn.ipynb").write_text("my work")
    (course / "notebooks" / "04_rnn.ipynb").write_text("a newer original")
    for name in ("05_lstm.ipynb", "05b_more.ipynb"):
        (course / "notebooks" / name).write_text("new")
    lab()
    assert (course / "my-course" / "04_rnn.ipynb").read_text() == "my work"
    assert (course / "my-course" / "05_lstm.ipynb").read_text() == "new"
    assert (course / "my-course" / "05b_more.ipynb").read_text() == "new"
    assert lab("--reset", "77") == 1
    assert "there are 00, 04, 05, 05b" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["04", "4"])
def test_reset_brings_one_back_and_keeps_what_was_there(course, capsys, number):
    for work in ("first work", "second work"):
        lab()
        (course / "my-course" / "04_rnn.ipynb").write_text(work)
        (course / "my-course" / "00_tour.ipynb").write_text("untouched")
        assert lab("--reset", number) == 0
    own = course / "my-course"
    assert (own / "04_rnn.ipynb").read_text() == "original 04_rnn.ipynb"
    assert (own / "04_rnn-mine-1.ipynb").read_text() == "first work"
    assert (own / "04_rnn-mine-2.ipynb").read_text() == "second work"
    assert (own / "00_tour.ipynb").read_text() == "untouched"
    assert "yours is now 04_rnn-mine-2.ipynb" in capsys.readouterr().out


def test_a_notebook_that_does_not_exist(course, capsys):
    assert lab("--reset", "77") == 1
    assert "no notebook '77' to bring back; there are 00, 04" in capsys.readouterr().err


def test_the_first_reset_keeps_nothing_that_was_never_there(course):
    assert lab("--reset", "04_rnn") == 0
    assert sorted(p.name for p in (course / "my-course").iterdir()) == ["00_tour.ipynb", "04_rnn.ipynb"]


def test_a_place_that_cannot_be_written_is_named(course, capsys):
    (course / "my-course").write_text("a file in the way")
    assert lab() == 1
    assert "my-course cannot be written (File exists)" in capsys.readouterr().err


def test_a_course_without_notebooks(course, capsys):
    for path in (course / "notebooks").iterdir():
        path.unlink()
    assert lab() == 1
    assert "run this from a full copy of the course" in capsys.readouterr().err


def test_lab_opens_the_first_notebook_of_the_copy(course, monkeypatch):
    called = []
    monkeypatch.setattr(subprocess, "call", lambda command, cwd: called.append((command, cwd)) or 0)
    assert cli.main(["lab", "--", "--no-browser"]) == 0
    own, swift = course / "my-course", "--ServerApp.jpserver_extensions=vidlab.server=True"
    assert called == [([sys.executable, "-m", "jupyterlab", str(own / "00_tour.ipynb"), swift, "--no-browser"], own)]


def test_help_names_every_command():
    done = subprocess.run(
        [sys.executable, "-m", "vidlab", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "lab" in done.stdout and "doctor" in done.stdout
