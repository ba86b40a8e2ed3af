"""R(2+1)D and two streams with optical flow from three seeds, for notebook 10:

    python bench/space_time_models.py --out data/results/space_time_models.json

The clips and settings are those of bench/tour.py, whose results hold Conv3D and the baselines.
"""

from results import options, save

from vidlab import datasets, models, training

COMMAND = "python bench/space_time_models.py --out data/results/space_time_models.json"


def batches(samples, classes, split, **settings):
    chosen = [s for s in samples if s.split == split]
    return datasets.Batches(chosen, 12, (32, 32), classes=classes, cache="memory", **settings)


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    samples = datasets.embedded()
    classes = datasets.classes_of(samples)
    rows = []
    for build, flow in ((models.two_stream, True), (models.r2plus1d, False)):
        validation, test = (batches(samples, classes, split, flow=flow) for split in ("val", "test"))
        for seed in arguments.seeds:
            train = batches(samples, classes, "train", flow=flow, shuffle=True, seed=seed)
            rows += training.compare([build], train, validation, test, [seed])
            print(rows[-1], flush=True)
            save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
