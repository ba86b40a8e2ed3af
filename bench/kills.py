"""A worker is killed at a random moment, twenty times: does each run end with the weights of the one that was not?

    python bench/kills.py --out data/results/kills.json

Two workers on this machine train conv3d on the embedded clips, with a checkpoint every half second. Each time one of
them is killed (every fourth time it is stopped instead, as a machine is that hangs) at a random moment between its
start and the end of the training, and what is left is looked at: the message, the seconds until all workers were
started again, the weights, the processes. Where the training
ended with a sentence, the same command is given again.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import psutil
from results import save

COMMAND = "python bench/kills.py --out data/results/kills.json"
CLIPS = Path(__file__).parent.parent / "data" / "clips"
AGAIN = "All are started again"


def start(folder):
    out = ["--out", str(folder / "model.keras"), "--resume", str(folder / "run")]
    small = ["--frames", "8", "--size", "24", "--epochs", "4", "--batch", "16", "--model", "conv3d", "--every", "0.5"]
    command = [sys.executable, "-m", "vidlab", "train", str(CLIPS), "--workers", "2", *small, *out]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def weights(folder):
    with np.load(folder / "run" / "checkpoint.npz") as file:
        facts = json.loads(str(file["facts"]))
        return {name: file[name] for name in file if name.startswith(("model", "optimizer"))}, facts["history"]


def workers(process):
    """The worker processes, in the order of their numbers."""
    try:
        found = psutil.Process(process.pid).children()
    except psutil.NoSuchProcess:
        return []
    return sorted(found, key=lambda one: json.loads(one.environ()["TF_CONFIG"])["task"]["index"])


def steps(folder):
    log = folder / "run" / "worker-0.log"
    return log.read_text(errors="replace").count("\nstep ") if log.exists() else 0


def unbroken():
    with tempfile.TemporaryDirectory() as folder:
        begun, process = monotonic(), start(Path(folder))
        text = process.communicate()[0]
        assert process.returncode == 0, text
        return *weights(Path(folder)), steps(Path(folder)), monotonic() - begun


def broken(number, whole, length, rng):
    """One run in which a worker is killed: what happened."""
    with tempfile.TemporaryDirectory() as name:
        folder, victim, hang = Path(name), int(rng.integers(2)), number % 4 == 3
        process, left = start(folder), []
        at = int(rng.integers(-10, length))  # before the first step: some seconds after the start
        if at < 0:
            sleep(3.0 + at * -0.3)
        while at >= 0 and steps(folder) < at and process.poll() is None:
            sleep(0.02)
        seen = []
        while len(seen) < 2 and process.poll() is None:
            seen = workers(process)
        killed, reached = monotonic(), steps(folder)
        seen[victim].send_signal(signal.SIGSTOP if hang else signal.SIGKILL)
        lines, again = [], None
        for line in process.stdout:
            lines.append(line.strip())
            if again is None and AGAIN in line:
                again = monotonic() - killed
        code, by_hand = process.wait(), False
        if code:
            again, by_hand = monotonic() - killed, True
            lines = [f"{lines[-1]} {AGAIN} by hand"]
            process = start(folder)
            assert process.communicate() and process.returncode == 0
        left = [one.pid for one in seen if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        after, history = weights(folder)
        message = next((re.sub(r" \(.*?\)", "", line) for line in lines if AGAIN in line), None)
        return {
            "worker": victim, "how": "stopped" if hang else "killed", "step": reached, "exit code": code,
            "by hand": by_hand, "message": message, "seconds until started again": again and round(again, 1),
            "processes left": len(left),
            "same weights": all(np.array_equal(after[k], v) for k, v in whole[0].items()),
            "same losses": history == whole[1],
        }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    weights_of_one, history, length, seconds = unbroken()
    twice = unbroken()
    same = all(np.array_equal(twice[0][k], v) for k, v in weights_of_one.items())
    print(f"unbroken: {length} steps, {seconds:.0f} s; a second time the same weights: {same}", flush=True)
    rng, rows = np.random.default_rng(arguments.seed), []
    for number in range(arguments.kills):
        rows.append(broken(number, (weights_of_one, history), length, rng))
        print(rows[-1], flush=True)
        save(arguments.out, COMMAND, rows=rows, steps=length, unbroken_twice_the_same=same)


if __name__ == "__main__":
    main()
