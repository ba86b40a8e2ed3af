"""Real worker processes: what they learn is what one process learns, and what happens when one dies."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import psutil
import pytest

from vidlab import datasets
from vidlab.cli import workers
from vidlab.distributed import keep_running, on_this_machine
from vidlab.training import checkpoints

pytestmark = pytest.mark.slow
SMALL = "--model conv3d --frames 4 --size 24 --epochs 6 --batch 8 --every 0.1".split()


def start(*words, cwd, **variables):
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | variables
    command = [sys.executable, "-m", "vidlab", "train", *map(str, words)]
    return subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(process, seconds=240):
    """(exit code, stdout, stderr) of a process that must end in time, and leaves no worker."""
    children = psutil.Process(process.pid).children() if process.poll() is None else []
    out, err = process.communicate(timeout=seconds)
    assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    return process.returncode, out, err


def kept(folder):
    """Weights and optimizer in a checkpoint, and the history."""
    with np.load(folder / "checkpoint.npz") as file:
        values = {name: file[name] for name in file if name.startswith(("model", "optimizer"))}
        return values, json.loads(str(file["facts"]))["history"]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two of the embedded motions; 21 clips to learn from in batches of 8, 9 for validation: uneven shares."""
    root = tmp_path_factory.mktemp("clips")
    for label in ("left", "up"):
        files = iter(sorted(Path(sample.source) for sample in datasets.embedded() if sample.label == label))
        for split, n in (("train", 10 + (label == "up")), ("val", 4 + (label == "up")), ("test", 3)):
            (root / split / label).mkdir(parents=True)
            for _ in range(n):
                shutil.copy(file := next(files), root / split / label / file.name)
    return root


@pytest.fixture(scope="module")
def two(clips, tmp_path_factory):
    """Two workers that nobody disturbs: their folder, and what the command said."""
    folder = tmp_path_factory.mktemp("two")
    code, out, err = end(start(clips, *SMALL, "--workers", 2, cwd=folder))
    assert code == 0, err
    return folder, out


def test_two_workers_learn_what_one_process_learns(clips, two, tmp_path):
    code, out, err = end(start(clips, *SMALL, "--resume", "run", cwd=tmp_path))
    assert code == 0, err
    (_, alone), (_, shared) = kept(tmp_path / "run"), kept(two[0] / "model.workers")
    assert alone.keys() == shared.keys() and len(alone["loss"]) == 6
    for name in alone:
        assert np.allclose(alone[name], shared[name], rtol=1e-4), (name, alone, shared)
    said = [[line for line in text.splitlines() if "accuracy on 6 test clips" in line] for text in (out, two[1])]
    assert said[0] == said[1] != []


def test_what_the_command_says_and_leaves(two):
    folder, out = two
    assert "2 classes; 21 to train + 9 to val + 6 to test" in out and "2 workers; what they say is in" in out
    assert len(re.findall(r"^epoch \d of 6: loss \d\.\d+, accuracy \d\.\d+, val_loss", out, re.MULTILINE)) == 6
    assert sorted(p.name for p in (folder / "model.workers").iterdir()) == [
        "checkpoint.npz", "worker-0.log", "worker-1.log",
    ]  # fmt: skip
    logs = [(folder / "model.workers" / f"worker-{i}.log").read_text() for i in (0, 1)]
    steps = [re.findall(r"^step \d+ of epoch \d: loss .*", log, re.MULTILINE) for log in logs]
    assert steps[0] == steps[1] and len(steps[0]) == 18


def test_the_parent_looks_for_the_checkpoint_that_training_writes():
    assert workers.CHECKPOINT == checkpoints.FILE


@pytest.mark.parametrize("name", ["conv3d", "two_stream"])
def test_by_plain_gradients_too(name, tmp_path):
    command = [sys.executable, "-m", "tests.distributed.sharing", name]
    subprocess.run([*command, str(tmp_path / "one.json")], check=True)
    keep_running([*command, str(tmp_path / "two.json")], on_this_machine(2), tmp_path, restarts=0)
    one, two = (json.loads((tmp_path / f"{n}.json").read_text()) for n in ("one", "two"))
    for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert np.allclose(one["history"][key], two["history"][key], rtol=2e-4, atol=1e-5), key
    assert np.allclose(one["sums"], two["sums"], rtol=1e-3)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_worker_is_killed_and_the_run_ends_as_the_one_that_was_not(clips, two, tmp_path, victim):
    process = start(clips, *SMALL, "--workers", 2, cwd=tmp_path)
    log = tmp_path / "model.workers" / "worker-0.log"
    while process.poll() is None and not (log.exists() and log.read_text().count("\nstep ") >= 5):
        sleep(0.02)
    [worker] = [
        one
        for one in psutil.Process(process.pid).children()
        if json.loads(one.environ()["TF_CONFIG"])["task"]["index"] == victim
    ]
    worker.kill()
    code, out, err = end(process)
    assert code == 0, err
    assert f"Worker {victim} was killed by signal 9" in out and "go on from the last checkpoint (1 of 3 times)" in out
    (weights, history), (whole, whole_history) = kept(tmp_path / "model.workers"), kept(two[0] / "model.workers")
    assert history == whole_history and weights.keys() == whole.keys()
    assert all(np.array_equal(weights[name], value) for name, value in whole.items())


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send")
def test_stopped_by_hand_and_begun_again(clips, two, tmp_path):
    process = start(clips, *SMALL, "--workers", 2, "--resume", "run", cwd=tmp_path)
    while process.poll() is None and not (tmp_path / "run" / "checkpoint.npz").exists():
        sleep(0.02)
    children = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130 and len(children) == 2
    assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    process.communicate()
    code, _, err = end(start(clips, *SMALL, "--workers", 2, "--resume", "run", cwd=tmp_path))
    assert code == 0, err
    assert kept(tmp_path / "run")[1] == kept(two[0] / "model.workers")[1]


def test_one_command_on_two_machines(clips, two, tmp_path):
    """Two parents with a worker each, as on two machines that share a folder; told by --hosts, and by TF_CONFIG."""
    cluster = on_this_machine(2)
    words = (clips, *SMALL, "--resume", "run")
    first = start(*words, "--hosts", ",".join(cluster.addresses), "--number", 0, cwd=tmp_path)
    second = start(*words, cwd=tmp_path, TF_CONFIG=cluster.tf_config(1))
    (code, out, err), (code_2, out_2, err_2) = end(first), end(second)
    assert (code, code_2) == (0, 0), err + err_2
    assert "worker 0 of 2; what" in out and "accuracy on 6 test clips" in out and (tmp_path / "model.keras").exists()
    assert "worker 1 of 2; what" in out_2 and f"done; worker 0 ({cluster.addresses[0]}) has the model" in out_2
    assert kept(tmp_path / "run")[1] == kept(two[0] / "model.workers")[1]


def test_other_clips_on_one_machine_and_one_that_never_comes(clips, tmp_path):
    cluster, other = on_this_machine(2), tmp_path / "clips"
    (tmp_path / "clips").symlink_to(clips)
    parts = [start(clips if i else other, *SMALL, "--resume", "run", "--seed", i, cwd=tmp_path,
                   TF_CONFIG=cluster.tf_config(i)) for i in (0, 1)]  # fmt: skip
    for code, _, err in map(end, parts):
        assert (
            code == 1
            and err
            == f"vidlab: worker 1 ({cluster.addresses[1]}) has --seed 1, worker 0 has 0; they must be the same\n"
        )
    begun = monotonic()
    code, _, err = end(
        start(clips, *SMALL, "--resume", "run", "--wait", 3, cwd=tmp_path, TF_CONFIG=cluster.tf_config(0))
    )
    assert code == 1 and monotonic() - begun < 60
    assert (
        err
        == f"vidlab: worker 1 ({cluster.addresses[1]}) did not come within 3 s; start all workers, and see their logs\n"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--workers 3", "--batch 8 must be a multiple of 3"),
        ("--workers 2 --model features", "its head is trained in seconds"),
        ("--hosts a,b --number 0", "give --resume FOLDER, which all machines see"),
        ("--workers 2 --hosts a,b", "give one of them"),
        ("--workers 0", "workers=0 must be at least 1"),
        ("--workers 2 --tpu local", "--tpu works in one process"),
        ("--workers 2 --model conv4d", "there is no such model"),
        ("--tpu local", "no TPU answers"),
    ],
)
def test_what_cannot_be(clips, tmp_path, words, says):
    code, _, err = end(start(clips, *SMALL, *words.split(), cwd=tmp_path))
    assert code == 1 and err.startswith("vidlab: ") and says in err and err.count("\n") == 1
