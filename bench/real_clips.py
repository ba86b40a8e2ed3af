"""Real clips, three motions: python bench/real_clips.py FOLDER --out data/results/real_clips.json

FOLDER holds a folder for each class (here circular, horizontal and vertical) of files named COLOUR_SHAPE_NUMBER.mp4.
Clips of one colour and shape are a group; the model learns from two thirds of the groups and is asked about the
others, a different third for each seed. Beside it: the commonest class, one frame, shuffled frames. The settings are
those of `vidlab train`, which were not chosen on these clips.
"""

import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from results import options, save

from vidlab import datasets, models, training

COMMAND = "python bench/real_clips.py FOLDER --out data/results/real_clips.json"
AUGMENT, EPOCHS = datasets.Augment(crop=0.8, colour=0.2), 60
BUILDERS = models.frame_cnn, models.frame_average, models.conv3d


def main():
    arguments = options(__doc__, seeds=(0, 1, 2), folder=True)
    samples = datasets.folder(arguments.folder)
    samples = [replace(s, group=re.sub(r"_\d+$", "", Path(s.source).stem)) for s in samples]
    rows, runs = [], []
    for seed in arguments.seeds:
        parts = datasets.split_by_group(samples, {"train": 2 / 3, "test": 1 / 3}, seed)
        learn, test = (
            datasets.Batches([s for s in parts if s.split == split], cache="memory", shuffle=augment is not None,
                             augment=augment, seed=seed)
            for split, augment in (("train", AUGMENT), ("test", None))
        )  # fmt: skip
        majority = float(np.bincount(test.labels).max() / len(test))
        found = training.compare(BUILDERS, learn, None, test, seeds=(seed,), epochs=EPOCHS)
        rows += [asdict(run) | {"clips": [len(learn), len(test)], "majority": majority} for run in found]
        runs += found
        print(training.table(found, majority), flush=True)
    print(training.table(runs, np.mean([row["majority"] for row in rows])))
    save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
