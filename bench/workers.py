"""What two and four workers on one machine bring, beside one process: clips a second.

    python bench/workers.py --out data/results/workers.json

`vidlab train` on the embedded clips as shards, so that nothing is decoded; 12 frames of 32 x 32. The epochs of a run
are timed as they come, the first left out, in which the graph is built. "plain" is training.fit in one process.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from results import options, save

COMMAND = "python bench/workers.py --out data/results/workers.json"
CLIPS = Path(__file__).parent.parent / "data" / "clips"
EPOCHS = 5
PLAIN = """
import sys
from time import perf_counter
from vidlab import datasets, models, training
from vidlab.clips import Frames
import keras

name, batch = sys.argv[1], int(sys.argv[2])
samples = datasets.split_by_group(datasets.shards("shards"), seed=0)
classes = datasets.classes_of(samples)
parts = datasets.by_split(samples)
frames = Frames(12, (32, 32))
settings = dict(batch=batch, classes=classes, on_error="skip", cache="memory")
augment = datasets.Augment(crop=0.8, colour=0.2)
learn = datasets.Batches(parts["train"], frames, shuffle=True, augment=augment, **settings)
check = datasets.Batches(parts["val"], frames, **settings)
keras.utils.set_random_seed(0)
model = models.CLIP_MODELS[name](frames.shape, len(classes))
from vidlab.training import fitting
fitting.Bar = fitting.Lines
training.fit(model, learn, check, epochs=5, class_weights=learn.class_weights)
"""


def clips_a_second(command, folder, clips):
    """By the times at which the lines of the epochs come."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    at = [perf_counter() for line in process.stdout if line.startswith("epoch ")]
    assert process.wait() == 0 and len(at) == EPOCHS, command
    return round(clips / float(np.median(np.diff(at))), 1)


def main():
    arguments = options(__doc__.split("\n")[0])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        vidlab = [sys.executable, "-m", "vidlab"]
        shard = [*vidlab, "shard", str(CLIPS), "shards", "--frames", "12", "--size", "32"]
        subprocess.run(shard, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for name in ("conv3d", "r2plus1d"):
            for batch in (16, 64):
                row = {"model": name, "batch": batch}
                row["plain"] = clips_a_second([sys.executable, "-u", "-c", PLAIN, name, str(batch)], folder, 572)
                for workers in (1, 2, 4):
                    words = (
                        f"train shards --model {name} --frames 12 --batch {batch} --epochs {EPOCHS} --workers {workers}"
                    )
                    row[f"{workers} workers"] = clips_a_second([*vidlab, *words.split()], folder, 572)
                rows.append(row)
                print(row, flush=True)
    save(arguments.out, COMMAND, rows=rows, cores=2)


if __name__ == "__main__":
    main()
