"""Which kernel size and stride see a feature of a given size? For notebook 02.

    python bench/kernel_size.py --out data/results/kernel_size.json

Two points stand beside each other or one above the other, in noise; a one-layer network has to say which. Points
that are `size` pixels apart from end to end are a feature of that size.
"""

import numpy as np
from results import options, save

from vidlab.tensorflow import tf  # noqa: F401  (before keras)

import keras  # isort: skip

COMMAND = "python bench/kernel_size.py --out data/results/kernel_size.json"
SIZES, KERNELS = (3, 5, 7), (1, 3, 5, 7, 9)
STRIDES, STRIDE_KERNEL, STRIDE_SIZE = (1, 2, 3, 4, 5, 6, 7), 7, 5


def point_pairs(n, size, seed, side=24, margin=4, noise=0.2):
    """Images (n, side, side, 1) and labels: 0 for beside each other, 1 for above each other."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, noise, (n, side, side, 1)).astype(np.float32)
    labels = rng.integers(0, 2, n)
    for image, label in zip(x, labels, strict=True):
        down, across = (0, size - 1) if label == 0 else (size - 1, 0)
        row = rng.integers(margin, side - margin - down)
        column = rng.integers(margin, side - margin - across)
        image[row, column] += 1
        image[row + down, column + across] += 1
    return x, labels


def test_accuracy(size, kernel, stride, seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.layers.Conv2D(8, kernel, strides=stride, padding="same", activation="relu"),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(2),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    model.fit(*point_pairs(1000, size, 100 + seed), batch_size=50, epochs=12, verbose=0)
    return model.evaluate(*point_pairs(1000, size, 200 + seed), verbose=0)[1]


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    settings = [(size, kernel, 1) for size in SIZES for kernel in KERNELS]
    settings += [(STRIDE_SIZE, STRIDE_KERNEL, stride) for stride in STRIDES[1:]]
    rows = []
    for size, kernel, stride in settings:
        for seed in arguments.seeds:
            accuracy = round(test_accuracy(size, kernel, stride, seed), 4)
            rows.append({"size": size, "kernel": kernel, "stride": stride, "seed": seed, "accuracy": accuracy})
            print(rows[-1], flush=True)
    save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
