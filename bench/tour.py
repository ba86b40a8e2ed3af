"""Notebook 00's four models from three seeds: python bench/tour.py --out data/results/tour.json"""

from dataclasses import asdict

from results import options, save

from vidlab import datasets, models, training
from vidlab.clips import Frames

BUILDERS = models.frame_cnn, models.frame_average, models.cnn_lstm, models.conv3d
COMMAND = "python bench/tour.py --out data/results/tour.json"


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    samples = datasets.embedded()
    classes = datasets.classes_of(samples)
    train, val, test = (
        datasets.load_clips([s for s in samples if s.split == split], Frames(12, (32, 32)), classes=classes)
        for split in ("train", "val", "test")
    )
    runs = training.compare(BUILDERS, train, val, test, seeds=arguments.seeds)
    for run in runs:
        print(
            f"{run.model:14} seed {run.seed}  top1 {run.top1:.3f}  shuffled {run.shuffled:.3f}"
            f"  {run.parameters:,} parameters  {run.seconds} s"
        )
    save(arguments.out, COMMAND, rows=list(map(asdict, runs)))


if __name__ == "__main__":
    main()
