"""The Makefile: what is missing is said, and nothing is done twice."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make")


@pytest.fixture
def course(tmp_path):
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(TOP / name, tmp_path)
    return tmp_path


def make(course, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=course, capture_output=True, text=True, timeout=60, env=environment)


def ready(course):
    (course / ".venv").mkdir()
    (course / ".venv" / "ready").touch()


def test_a_missing_python_is_said_in_a_sentence(course):
    done = make(course, "lab", "PYTHON=")
    assert done.returncode and "vidlab needs Python 3.11, 3.12 or 3.13 with its venv module" in done.stdout
    assert "sudo apt install python3-venv" in done.stdout and not (course / ".venv").exists()


@pytest.mark.parametrize(("target", "command"), [("lab", "vidlab lab"), ("test", "pytest")])
def test_the_set_up_is_done_once_and_again_when_pins_change(course, target, command):
    assert "pip install" in make(course, "-n", target).stdout
    ready(course)
    assert command in make(course, "-n", target).stdout.split("\n")[0]
    later = (course / ".venv" / "ready").stat().st_mtime + 10
    os.utime(course / "requirements.txt", (later, later))
    assert "pip install" in make(course, "-n", target).stdout


def test_ci_runs_the_readmes_test_command():
    assert (TOP / ".ci" / "run").read_text().rstrip().endswith("\nmake test")
    assert "\n    make test " in (TOP / "README.md").read_text(encoding="utf8")
