"""The parent of workers: it says what happened to them, starts them again, and leaves none."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from vidlab.distributed import WorkersEnded, keep_running, on_this_machine

ROOT = Path(__file__).parents[2]
HEAD = """
    import json, os, signal, sys, time
    from pathlib import Path
    number = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    mark = Path(f"mark-{number}")
    from vidlab.distributed.parent import end_with_parent
    end_with_parent()
"""


def watch(tmp_path, monkeypatch, code, **options):
    """What the parent of two workers that run `code` says, line by line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    Path("worker.py").write_text(textwrap.dedent(HEAD) + textwrap.dedent(code))
    said, before = [], set(psutil.Process().children())
    try:
        keep_running([sys.executable, "worker.py"], on_this_machine(2), tmp_path, say=said.append, **options)
    finally:
        assert not set(psutil.Process().children()) - before
    return said


def test_all_end_well_and_the_chiefs_epochs_are_said(tmp_path, monkeypatch):
    said = watch(tmp_path, monkeypatch, "print(f'epoch 1 of {number}'); print('other')")
    assert said == ["epoch 1 of 0"]
    assert (tmp_path / "worker-1.log").read_text() == "epoch 1 of 1\nother\n"


def test_one_that_is_killed_is_named_and_all_begin_again(tmp_path, monkeypatch):
    code = """
    if not mark.exists():
        mark.touch()
        time.sleep(30) if number == 0 else os.kill(os.getpid(), signal.SIGKILL)
    print("epoch 2 of 2")
    """
    said = watch(tmp_path, monkeypatch, code)
    assert said == [
        f"Worker 1 was killed by signal 9 ({tmp_path / 'worker-1.log'}). All are started again, and go on from the "
        "last checkpoint (1 of 3 times)",
        "epoch 2 of 2",
    ]


def test_one_that_has_lost_the_others_is_not_taken_for_the_cause(tmp_path, monkeypatch):
    code = """
    if not mark.exists():
        mark.touch()
        if number == 0:
            sys.exit(75)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    monkeypatch.setattr("vidlab.distributed.parent.BEAT", 2.0)  # both have ended when it looks
    said = watch(tmp_path, monkeypatch, code)
    assert len(said) == 1 and said[0].startswith("Worker 1 was killed by signal 9")


def test_a_sentence_is_passed_on_and_nothing_is_tried_again(tmp_path, monkeypatch):
    code = """
    if number == 1:
        print("vidlab: the clips are gone", file=sys.stderr)
        sys.exit(1)
    time.sleep(30)
    """
    begun = monotonic()
    with pytest.raises(WorkersEnded, match="^the clips are gone$"):
        watch(tmp_path, monkeypatch, code)
    assert monotonic() - begun < 15


def test_code_1_without_a_sentence_is_no_sentence(tmp_path, monkeypatch):
    """So Windows ends a process that somebody kills."""
    said = watch(tmp_path, monkeypatch, "if not mark.exists():\n    mark.touch()\n    sys.exit(1)\nprint('epoch 1')")
    assert re.match("Worker [01] ended with code 1", said[0]) and said[-1] == "epoch 1"


def test_one_that_gets_no_further_is_given_up(tmp_path, monkeypatch):
    with pytest.raises(WorkersEnded, match=r"Worker 0 ended with code 7 .*started 2 times again and got no further"):
        watch(tmp_path, monkeypatch, "sys.exit(7) if number == 0 else time.sleep(30)", restarts=2)


def test_with_a_newer_checkpoint_the_count_begins_anew(tmp_path, monkeypatch):
    code = """
    with open("tries", "a") as file:
        file.write("x")
    time.sleep(0.5)
    if number == 0 and len(Path("tries").read_text()) < 9:
        Path("checkpoint").write_text(Path("tries").read_text())
        sys.exit(7)
    """
    said = watch(tmp_path, monkeypatch, code, restarts=1, checkpoint=tmp_path / "checkpoint")
    assert len(said) >= 3 and all("(1 of 1 times)" in line for line in said)


def test_nothing_moves(tmp_path, monkeypatch):
    code = """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as TensorFlow does while it waits
    if not mark.exists():
        mark.touch()
        time.sleep(60)
    """
    said = watch(tmp_path, monkeypatch, code, stall=2.0)
    assert len(said) == 1 and said[0].startswith("No worker made a step for 2 s. All are started again")


@pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")
def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    code = textwrap.dedent(HEAD) + "print('epoch', os.getpid(), flush=True)\ntime.sleep(60)"
    (tmp_path / "worker.py").write_text(code)
    start = (
        "import sys; from vidlab.distributed import keep_running, on_this_machine;"
        "keep_running([sys.executable, 'worker.py'], on_this_machine(2), '.', say=lambda s: print(s, flush=True))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen(
        [sys.executable, "-c", start], cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment
    )
    chief = psutil.Process(int(parent.stdout.readline().split()[1]))
    children = psutil.Process(parent.pid).children()
    assert chief in children and len(children) == 2
    parent.kill()
    parent.wait()
    end = monotonic() + 15
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in children) and monotonic() < end:
        sleep(0.1)
    assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    parent.stdout.close()
