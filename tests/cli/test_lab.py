"""vidlab lab."""

import os
import signal
import subprocess
import sys

import nbformat
import pytest

from vidlab import cli


def lab(*arguments):
    return cli.main(["lab", "--copy-only", *arguments])


def test_the_first_start_copies_the_course(course):
    assert lab() == 0
    assert {p.name: p.read_text() for p in (course / "my-course").glob("*.ipynb")} == {
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
    assert sorted(p.name for p in (course / "my-course").glob("[!.]*")) == ["00_tour.ipynb", "04_rnn.ipynb"]


def test_a_place_that_cannot_be_written_is_named(course, capsys):
    (course / "my-course").write_text("a file in the way")
    assert lab() == 1
    assert "my-course cannot be written (File exists)" in capsys.readouterr().err


def test_a_course_without_notebooks(course, capsys):
    for path in (course / "notebooks").iterdir():
        path.unlink()
    assert lab() == 1
    assert "run this from a full copy of the course" in capsys.readouterr().err


def notebook(path, *sources, output="", count=None):
    cells = [nbformat.v4.new_code_cell(source, execution_count=count) for source in sources]
    for cell in cells:
        cell.outputs = [nbformat.v4.new_output("stream", text=output)] if output else []
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def test_after_an_update_what_the_learner_never_changed_is_new_and_the_rest_is_named(course, capsys):
    original, own = course / "notebooks", course / "my-course"
    names = "00_tour.ipynb", "04_rnn.ipynb", "05b_more.ipynb"
    for name in names:
        notebook(original / name, "1 + 1", "2 + 2")
    lab()
    notebook(own / "00_tour.ipynb", "1 + 1", "2 + 2", output="2", count=7)  # ran it, and changed nothing
    notebook(own / "04_rnn.ipynb", "1 + 1", "3 + 3")
    assert lab() == 0 and capsys.readouterr().out == ""  # no update, no word
    for name in names:
        notebook(original / name, "1 + 1", "2 + 2", "a new cell")
    lab()
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "00_tour.ipynb is new: you had changed nothing in the older one"
    assert said[1].startswith("04_rnn.ipynb: the course has another one now") and "vidlab lab --reset 04 " in said[1]
    assert said[2].startswith("05b_more.ipynb is new") and len(said) == 3
    assert "a new cell" in (own / "00_tour.ipynb").read_text() and "3 + 3" in (own / "04_rnn.ipynb").read_text()
    assert lab("--reset", "4") == 0 and "3 + 3" in (own / "04_rnn-mine-1.ipynb").read_text()
    lab("--reset", "5b")
    assert (own / "05b_more-mine-1.ipynb").exists()
    capsys.readouterr()
    assert lab() == 0 and capsys.readouterr().out == ""


def test_copies_older_than_their_record_are_never_replaced(course, capsys):
    own = course / "my-course"
    lab()
    for record in (None, "no JSON", "[1]"):
        (own / ".vidlab-copied.json").unlink()
        if record:
            (own / ".vidlab-copied.json").write_text(record)
        (own / "04_rnn.ipynb").write_text("work, or an older copy: who knows")
        lab()
        assert (own / "04_rnn.ipynb").read_text() == "work, or an older copy: who knows"
        assert "04_rnn.ipynb: the course has another one now" in capsys.readouterr().out
    (course / "notebooks" / "04_rnn.ipynb").write_text("newer")
    lab()
    assert (own / "04_rnn.ipynb").read_text() == "work, or an older copy: who knows"


def test_root_is_warned_and_served(course, monkeypatch, capsys):
    commands = []
    monkeypatch.setattr(subprocess, "call", lambda command, cwd: commands.append(command) or 0)
    for user in (0, 1000):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user, raising=False)
        cli.main(["lab"])
    assert ["--allow-root" in command for command in commands] == [True, False]
    assert capsys.readouterr().out.count("you are root here") == 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root is refused by JupyterLab")
def test_jupyterlab_starts_as_root(course):
    code = (
        "import pathlib; from vidlab.cli import course, main\n"
        f"course.COURSE = pathlib.Path({str(course)!r})\n"
        "main(['lab', '--', '--no-browser', '--ServerApp.port=0', '--ServerApp.token=x'])"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        for line in server.stderr:
            if "is running at" in line:
                break
            assert "Running as root is not recommended" not in line
        else:
            raise AssertionError("JupyterLab ended")
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_lab_opens_the_first_notebook_of_the_copy(course, monkeypatch):
    called = []
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(subprocess, "call", lambda command, cwd: called.append((command, cwd)) or 0)
    assert cli.main(["lab", "--", "--no-browser"]) == 0
    own, swift = course / "my-course", "--ServerApp.jpserver_extensions=vidlab.server=True"
    assert called == [([sys.executable, "-m", "jupyterlab", str(own / "00_tour.ipynb"), swift, "--no-browser"], own)]


def test_help_names_every_command():
    done = subprocess.run(
        [sys.executable, "-m", "vidlab", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "lab" in done.stdout and "doctor" in done.stdout


def test_weights_are_fetched_at_the_first_start_alone(course, monkeypatch, tmp_path, capsys):
    asked = []
    monkeypatch.setenv("VIDLAB_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr("vidlab.fetch.fetch_weights", lambda: asked.append(1) or ["no network"])
    monkeypatch.setattr("vidlab.cli.lab.subprocess.call", lambda *_, **__: 0)
    for _ in range(2):
        assert cli.main(["lab"]) == 0
    assert asked == [1] and "Careful: no network. Everything else works" in capsys.readouterr().out
