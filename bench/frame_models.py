"""The article's CNN, repaired in three ways, beside two baselines, for notebook 07:

    python bench/frame_models.py --out data/results/frame_models.json

The same clips, settings and seeds, and two questions: how does the object move, and which colour has it? Adam starts
at 0.001, as the article's "adam" does. On the colour, Conv3D is left out: it takes as long as all the others.
"""

from dataclasses import asdict

import numpy as np
from results import options, save

from vidlab import datasets, models, training
from vidlab.clips import Frames

COMMAND = "python bench/frame_models.py --out data/results/frame_models.json"
SETTINGS = {"epochs": 8, "learning_rate": 1e-3}
CHEAP = models.frame_cnn, models.frame_average, models.listing_cnn_stacked, models.listing_cnn_each_frame
TASKS = {"motion": (*CHEAP, models.listing_conv3d), "colour": CHEAP}


def load(question):
    samples = datasets.embedded(question)
    classes = datasets.classes_of(samples)
    return [
        datasets.load_clips([s for s in samples if s.split == split], Frames(12, (32, 32)), classes=classes)
        for split in ("train", "val", "test")
    ]


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    rows = []
    for question, builders in TASKS.items():
        train, validation, test = load(question)
        chance = float(np.bincount(test[1]).max() / len(test[1]))
        for build in builders:
            for run in training.compare([build], train, validation, test, seeds=arguments.seeds, **SETTINGS):
                rows.append({"question": question} | asdict(run) | {"chance": chance})
                print(rows[-1], flush=True)
            save(arguments.out, COMMAND, settings=SETTINGS, rows=rows)


if __name__ == "__main__":
    main()
