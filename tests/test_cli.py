"""The vidlab command."""

import json
import subprocess
import sys

import pytest

from vidlab import cli


@pytest.fixture
def course(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    for name in ("00_tour.ipynb", "04_rnn.ipynb"):
        (tmp_path / "notebooks" / name).write_text(f"original {name}")
    monkeypatch.setattr(cli, "COURSE", tmp_path)
    return tmp_path


def lab(*arguments):
    return cli.main(["lab", "--copy-only", *arguments])


def test_the_first_start_copies_the_course(course):
    assert lab() == 0
    assert {p.name: p.read_text() for p in (course / "my-course").iterdir()} == {
        "00_tour.ipynb": "original 00_tour.ipynb",
        "04_rnn.ipynb": "original 04_rnn.ipynb",
    }


def test_what_the_learner_wrote_stays_and_new_notebooks_arrive(course):
    lab()
    (course / "my-course" / "04_rnn.ipynb").write_text("my work")
    (course / "notebooks" / "04_rnn.ipynb").write_text("a newer original")
    (course / "notebooks" / "05_lstm.ipynb").write_text("new")
    lab()
    assert (course / "my-course" / "04_rnn.ipynb").read_text() == "my work"
    assert (course / "my-course" / "05_lstm.ipynb").read_text() == "new"


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
    monkeypatch.setattr(cli.subprocess, "call", lambda command, cwd: called.append((command, cwd)) or 0)
    assert cli.main(["lab", "--", "--no-browser"]) == 0
    own = course / "my-course"
    assert called == [([sys.executable, "-m", "jupyterlab", str(own / "00_tour.ipynb"), "--no-browser"], own)]


@pytest.mark.slow
def test_the_doctor_finds_this_computer_well():
    done = subprocess.run([sys.executable, "-m", "vidlab", "doctor"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("Everything is right.\n") and done.stdout.count("ok     ") == len(cli._CHECKS)


@pytest.mark.parametrize(("check", "break_it", "says"), [
    ("Python", lambda m, t: m.setattr(cli.sys, "version_info", (3, 9, 2)), "install Python 3.11"),
    ("packages", lambda m, t: (t / "requirements.txt").write_text("numpy==1.0\n"), "(the course has 1.0)"),
    ("packages", lambda m, t: None, "requirements.txt is missing"),
    ("TensorFlow", lambda m, t: m.setattr(cli.sys, "executable", str(_script(t, "exit 1"))), "requirements.txt"),
    ("video", lambda m, t: m.setattr(cli, "_has_codec", lambda av, name, mode: name != "hevc"), "lacks hevc"),
    ("widgets", lambda m, t: m.setattr("jupyter_core.paths.jupyter_path", lambda *a: [str(t)]), "jupyterlab_widgets"),
    ("the course's clips", lambda m, t: m.setenv("VIDLAB_DATA", str(t)), "git checkout data"),
    ("disk", lambda m, t: m.setattr(cli.shutil, "disk_usage", lambda p: _With(free=5e8)), "free at least 1 GB"),
    ("memory", lambda m, t: m.setattr("psutil.virtual_memory", lambda: _With(available=1e9)), "close other programs"),
])  # fmt: skip
def test_the_doctor_names_each_fault_and_its_remedy(check, break_it, says, course, monkeypatch, capsys):
    monkeypatch.setattr(cli, "_CHECKS", {check: cli._CHECKS[check]})
    break_it(monkeypatch, course)
    status = cli.run_doctor()
    monkeypatch.undo()
    out = capsys.readouterr().out
    assert status == 1 and f"WRONG  {check}:" in out and "\n       -> " in out and says in out
    assert "1 of 1 checks failed." in out


def test_the_doctor_survives_a_missing_library(course, monkeypatch, capsys):
    monkeypatch.setattr(cli, "_CHECKS", {"memory": cli._memory, "disk": cli._disk})
    monkeypatch.setitem(cli.sys.modules, "psutil", None)
    assert cli.run_doctor() == 1
    out = capsys.readouterr().out
    assert "WRONG  memory: ModuleNotFoundError" in out and "ok     disk" in out


class _With:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def _script(folder, body):
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_help_names_every_command():
    done = subprocess.run(
        [sys.executable, "-m", "vidlab", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "lab" in done.stdout and "doctor" in done.stdout


def test_notebooks_are_json():
    for path in sorted((cli.COURSE / "notebooks").glob("*.ipynb")):
        json.loads(path.read_text(encoding="utf8"))
