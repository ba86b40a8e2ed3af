"""Does pooling prevent over-fitting? For notebook 03: python bench/pooling.py --out data/results/pooling.json

The article's network (convolve, ReLU, shrink, twice, then a dense layer) on single frames of the embedded clips. It
shrinks its maps not at all, by convolving with stride 2, by max pooling or by average pooling. It learns the
object's colour from 200 frames, or its shape from all 2,304.
"""

import numpy as np
from results import options, save

from vidlab import datasets
from vidlab.clips import Frames
from vidlab.tensorflow import tf  # noqa: F401  (before keras)

import keras  # isort: skip

COMMAND = "python bench/pooling.py --out data/results/pooling.json"
KINDS = "none", "stride", "max", "average"
TASKS = {"colour": {"frames": 200, "epochs": 40}, "shape": {"frames": 2304, "epochs": 20}}


def four_frames(label, split, classes):
    """Four frames of each clip of a split, and their labels."""
    chosen = [s for s in datasets.embedded(label) if s.split == split]
    clips, labels = datasets.load_clips(chosen, Frames(4, (32, 32)), classes=classes)
    return clips.reshape(-1, 32, 32, 3), labels.repeat(4)


def small_cnn(kind, classes):
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters in (8, 16):
        stride = 2 if kind == "stride" else 1
        model.add(keras.layers.Conv2D(filters, 3, strides=stride, padding="same", activation="relu"))
        if kind == "max":
            model.add(keras.layers.MaxPooling2D(2))
        if kind == "average":
            model.add(keras.layers.AveragePooling2D(2))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(classes))
    return model


def run(kind, classes, train, test, epochs, seed):
    """Accuracy on the frames that it learnt from and on others."""
    keras.utils.set_random_seed(seed)
    model = small_cnn(kind, classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    model.fit(*train, batch_size=32, epochs=epochs, verbose=0)
    seen, new = (round(model.evaluate(*data, verbose=0)[1], 4) for data in (train, test))
    return {"parameters": model.count_params(), "train": seen, "test": new}


def main():
    arguments = options(__doc__, seeds=(0, 1, 2, 3, 4))
    rows = []
    for task, setting in TASKS.items():
        classes = datasets.classes_of(datasets.embedded(task))
        x, y = four_frames(task, "train", classes)
        test = four_frames(task, "test", classes)
        majority = round(float(np.bincount(test[1]).max() / len(test[1])), 4)
        for kind in KINDS:
            for seed in arguments.seeds:
                chosen = np.random.default_rng(seed).permutation(len(y))[: setting["frames"]]
                result = run(kind, len(classes), (x[chosen], y[chosen]), test, setting["epochs"], seed)
                rows.append({"task": task, "kind": kind, "seed": seed} | result | {"majority": majority})
                print(rows[-1], flush=True)
    save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
