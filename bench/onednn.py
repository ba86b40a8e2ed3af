"""A training step of every model with oneDNN on and off: what TensorFlow does by itself on processors without AVX-512.

    python bench/onednn.py [--models conv3d ...] [--rounds 2] [--out data/results/onednn.json]

Each setting is a process of its own, since TensorFlow reads the variable once; the settings take turns, round after
round, and a row has the median over all steps. "off" is TF_ENABLE_ONEDNN_OPTS=0, "AVX2" is oneDNN held to what common
processors have (ONEDNN_MAX_CPU_ISA=AVX2), "on" is oneDNN with all that this processor has. A step is a batch of 16
clips of 12 frames of 32x32 pixels, forward, backward and Adam.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from time import perf_counter

import numpy as np
import results
from train_models import SETTINGS

from vidlab import models

import keras  # isort: skip

VARIABLES = {
    "off": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "AVX2": {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "on": {"TF_ENABLE_ONEDNN_OPTS": "1"},
}
CLIPS, CLASSES = (16, 12, 32, 32, 3), 8
WARM, STEPS, LONGEST = 3, 30, 6.0  # steps not counted, steps counted, seconds for one model in one round


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=tuple(SETTINGS), default=tuple(SETTINGS))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", help="write the rows there, as JSON")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        for name in arguments.models:
            print(json.dumps([name, steps(name)]), flush=True)
        return
    times = {(name, setting): [] for name in arguments.models for setting in VARIABLES}
    for _ in range(arguments.rounds):
        for setting, variables in VARIABLES.items():
            child = [sys.executable, __file__, "--child", "--models", *arguments.models]
            done = subprocess.run(child, env=os.environ | variables, stdout=subprocess.PIPE, check=True, text=True)
            for name, seconds in map(json.loads, done.stdout.splitlines()):
                times[name, setting] += seconds
    print(f"{'ms a step':18} {'off':>8} {'AVX2':>8} {'on':>8}   off / AVX2")
    rows = []
    for name in arguments.models:
        row = {setting: round(1e3 * statistics.median(times[name, setting]), 1) for setting in VARIABLES}
        rows.append({"model": name, **row, "off / AVX2": round(row["off"] / row["AVX2"], 2)})
        print(f"{name:18} {row['off']:8} {row['AVX2']:8} {row['on']:8}   {rows[-1]['off / AVX2']}")
    if arguments.out:
        results.save(arguments.out, " ".join(["python bench/onednn.py", *sys.argv[1:]]), rows=rows)


def steps(name):
    """Seconds of each counted step of one model."""
    rng = np.random.default_rng(0)
    model = getattr(models, name)(CLIPS[1:], CLASSES)
    model.compile("adam", "sparse_categorical_crossentropy")
    clips = {x.name: rng.random((CLIPS[0], *x.shape[1:]), np.float32) for x in model.inputs}
    clips = keras.tree.map_structure(keras.ops.convert_to_tensor, clips if len(clips) > 1 else clips["clip"])
    labels = keras.ops.convert_to_tensor(rng.integers(CLASSES, size=CLIPS[0]))
    seconds, begun = [], perf_counter()
    while len(seconds) < WARM + 2 or (len(seconds) < WARM + STEPS and perf_counter() - begun < LONGEST):
        start = perf_counter()
        model.train_on_batch(clips, labels)
        seconds.append(perf_counter() - start)
    return seconds[WARM:]


if __name__ == "__main__":
    main()
