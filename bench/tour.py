"""Notebook 00's four models from three seeds: python bench/tour.py --out data/results/tour.json"""

from results import options, save

from vidlab import datasets, models, training

BUILDERS = models.frame_cnn, models.frame_average, models.cnn_lstm, models.conv3d
COMMAND = "python bench/tour.py --out data/results/tour.json"


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    samples = datasets.embedded()
    classes = datasets.classes_of(samples)
    train, val, test = (
        datasets.load_clips([s for s in samples if s.split == split], classes=classes)
        for split in ("train", "val", "test")
    )
    rows = training.compare(BUILDERS, train, val, test, arguments.seeds)
    for row in rows:
        print(
            f"{row['model']:14} seed {row['seed']}  top1 {row['top1']:.3f}  shuffled {row['shuffled']:.3f}"
            f"  {row['parameters']:,} parameters  {row['seconds']} s"
        )
    save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
