"""vidlab doctor."""

import subprocess
import sys

import pytest

from vidlab.cli import doctor


@pytest.mark.slow
def test_the_doctor_finds_this_computer_well():
    done = subprocess.run([sys.executable, "-m", "vidlab", "doctor"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("Everything is right.\n") and done.stdout.count("ok     ") == len(doctor.CHECKS)


@pytest.mark.parametrize(("check", "break_it", "says"), [
    ("Python", lambda m, t: m.setattr(doctor.sys, "version_info", (3, 9, 2)), "install Python 3.11"),
    ("packages", lambda m, t: (t / "requirements.txt").write_text("numpy==1.0\n"), "(the course has 1.0)"),
    ("packages", lambda m, t: None, "requirements.txt is missing"),
    ("TensorFlow", lambda m, t: m.setattr(doctor.sys, "executable", str(_script(t, "exit 1"))), "requirements.txt"),
    ("video", lambda m, t: m.setattr(doctor, "_has_codec", lambda av, name, mode: name != "hevc"), "lacks hevc"),
    ("widgets", lambda m, t: m.setattr("jupyter_core.paths.jupyter_path", lambda *a: [str(t)]), "jupyterlab_widgets"),
    ("the course's clips", lambda m, t: m.setenv("VIDLAB_DATA", str(t)), "git checkout data"),
    ("disk", lambda m, t: m.setattr(doctor.shutil, "disk_usage", lambda p: _With(free=5e8)), "free at least 1 GB"),
    ("memory", lambda m, t: m.setattr("psutil.virtual_memory", lambda: _With(available=1e9)), "close other programs"),
])  # fmt: skip
def test_the_doctor_names_each_fault_and_its_remedy(check, break_it, says, course, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", {check: doctor.CHECKS[check]})
    break_it(monkeypatch, course)
    status = doctor.run_doctor()
    monkeypatch.undo()
    out = capsys.readouterr().out
    assert status == 1 and f"WRONG  {check}:" in out and "\n       -> " in out and says in out
    assert "1 of 1 checks failed." in out


def test_the_doctor_survives_a_missing_library(course, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", {"memory": doctor._memory, "disk": doctor._disk})
    monkeypatch.setitem(doctor.sys.modules, "psutil", None)
    assert doctor.run_doctor() == 1
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
