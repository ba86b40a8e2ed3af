"""What `vidlab train` makes of 5, 10 and 20 clips a class: a head on pretrained features beside conv3d from scratch.

    python bench/few_clips.py --out data/results/few_clips.json [--folder FOLDER]

The command itself is run, as a user would, on folders train/, val/ and test/: so many clips a class to learn from, 5 to
choose by, all test clips to be judged on. On the embedded clips (eight motions, 160 test clips), and on a folder of
clips, shared out by the words of --group in their names. What the file holds already is kept.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import results

from vidlab import datasets

SIZES, TO_CHOOSE = (5, 10, 20), 5
LINE = r"^(features|conv3d).* validation ([\d.]+) +test ([\d.]+) +frames shuffled ([\d.]+) +in (\d+) s"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", help="clips, a folder for each class")
    parser.add_argument("--group", default=r"^.+_(circle|square|star)", help="what belongs together, in a file's name")
    a = parser.parse_args()
    path = Path(a.out)
    rows = json.loads(path.read_text())["rows"] if path.is_file() else []
    command = f"python bench/few_clips.py --out {a.out}" + (f" --folder {Path(a.folder).name}" if a.folder else "")
    for name in ("embedded", *([Path(a.folder).name] if a.folder else [])):
        for seed in a.seeds:
            samples = datasets.embedded() if name == "embedded" else grouped(a.folder, a.group, seed)
            for n in SIZES:
                if any((row["clips"], row["seed"], row["a class"]) == (name, seed, n) for row in rows):
                    continue
                rows.append({"clips": name, "seed": seed, "a class": n} | trained(samples, n, seed))
                print(rows[-1], flush=True)
                results.save(a.out, command, rows=rows)


def grouped(folder, group, seed):
    named = [replace(s, group=re.search(group, Path(s.source).name)[0]) for s in datasets.folder(folder)]
    return datasets.split_by_group(named, {"train": 0.5, "val": 0.2, "test": 0.3}, seed=seed)


def trained(samples, n, seed):
    rng, parts = np.random.default_rng(seed), datasets.by_split(samples)
    with tempfile.TemporaryDirectory() as folder:
        for split, most in (("train", n), ("val", TO_CHOOSE), ("test", None)):
            for label in datasets.classes_of(samples):
                own = [s for s in parts[split] if s.label == label]
                place = Path(folder) / split / label
                place.mkdir(parents=True)
                for k in rng.permutation(len(own))[:most]:
                    shutil.copy(own[k].source, place)
        command = [sys.executable, "-m", "vidlab", "train", folder, "--seed", str(seed), "--out", f"{folder}/m.keras"]
        root = Path(__file__).resolve().parents[1]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(root)})
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    found = {"tested": len(parts["test"])}
    for name, val, test, shuffled, seconds in re.findall(LINE, done.stdout, re.MULTILINE):
        found[name] = {"val": float(val), "top1": float(test), "shuffled": float(shuffled), "seconds": int(seconds)}
    found["one frame"] = float(re.search(r"middle frame alone: test ([\d.]+)", done.stdout)[1])
    found["majority"] = float(re.search(r"commonest class: ([\d.]+)", done.stdout)[1])
    return found | {"kept": re.search(r"^kept: (\w+)", done.stdout, re.MULTILINE)[1]}


if __name__ == "__main__":
    main()
