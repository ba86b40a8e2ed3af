"""Does pooling prevent over-fitting? Four ways to shrink a map, five seeds. For notebook 03.

    python bench/pooling.py --out data/results/pooling.json

The network is the article's (convolve, ReLU, shrink, twice, then a dense layer) on single frames of the embedded
clips. A way to shrink is none, a convolution with stride 2, max pooling or average pooling. Tasks: the colour, from
200 frames; the shape, from 2,304.
"""

import argparse
import json
from datetime import date

import numpy as np

from vidlab import datasets
from vidlab.quiet import tensorflow as tf  # noqa: F401  (before keras)

import keras  # isort: skip

COMMAND = "python bench/pooling.py --out data/results/pooling.json"
WAYS = "none", "stride", "max", "average"
TASKS = {"colour": (200, 1, 40), "shape": (2304, 4, 20)}  # training frames, frames a clip, epochs


def frames_of(label, split, per_clip):
    samples = datasets.embedded(label)
    classes = datasets.classes_of(samples)
    chosen = [s for s in samples if s.split == split]
    clips, labels = datasets.load_clips(chosen, frames=per_clip, classes=classes)
    return clips.reshape(-1, *clips.shape[2:]), np.repeat(labels, per_clip), classes


def small_cnn(way, classes):
    layers = [keras.Input((32, 32, 3))]
    for filters in (8, 16):
        stride = 2 if way == "stride" else 1
        layers.append(keras.layers.Conv2D(filters, 3, strides=stride, padding="same", activation="relu"))
        if way == "max":
            layers.append(keras.layers.MaxPooling2D(2))
        if way == "average":
            layers.append(keras.layers.AveragePooling2D(2))
    return keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(classes)])


def train_and_test(way, classes, train, test, seed, epochs):
    keras.utils.set_random_seed(seed)
    model = small_cnn(way, classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss, metrics=["accuracy"])
    model.fit(*train, batch_size=32, epochs=epochs, verbose=0)
    return [model.evaluate(*data, batch_size=256, verbose=0)[1] for data in (train, test)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    arguments = parser.parse_args()
    rows = []
    for task, (number, per_clip, epochs) in TASKS.items():
        frames, labels, classes = frames_of(task, "train", per_clip)
        test = frames_of(task, "test", 4)[:2]
        for way in WAYS:
            for seed in arguments.seeds:
                chosen = np.random.default_rng(seed).permutation(len(frames))[:number]
                train = frames[chosen], labels[chosen]
                learnt, new = train_and_test(way, len(classes), train, test, seed, epochs)
                rows.append({"task": task, "way": way, "seed": seed, "train": round(learnt, 4), "test": round(new, 4)})
                print(rows[-1], flush=True)
    with open(arguments.out, "w", encoding="utf8") as file:
        json.dump({"command": COMMAND, "date": str(date.today()), "rows": rows}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
