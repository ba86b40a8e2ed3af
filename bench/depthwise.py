"""Does a small network of depthwise blocks, as in X3D and MoViNet, do what conv3d does with fewer multiplications?

    python bench/depthwise.py --out data/results/depthwise.json

The embedded motions as in bench/tour.py: 12 frames of 32 x 32, 576 clips, the same training, and once with twice the
epochs, which deeper networks without a large kernel may need. Convolutions over time are depthwise, 5 frames long, as
in a (2+1)D MoViNet (Kondratyuk et al., CVPR 2021) and X3D (Feichtenhofer, CVPR 2020).
"""

from functools import partial

import numpy as np
from results import options, save

from vidlab import datasets, models, training
from vidlab.clips import Frames

import keras  # isort: skip
from keras import layers, ops  # isort: skip

COMMAND = "python bench/depthwise.py --out data/results/depthwise.json"
SHAPE = 12, 32, 32, 3


def over_time(x, stride=1):
    """A depthwise convolution over 5 frames: (batch, frames, rows, columns, channels)."""
    _, frames, rows, columns, channels = x.shape
    flat = ops.reshape(x, (-1, frames, rows * columns, channels))
    flat = layers.DepthwiseConv2D((5, 1), strides=1, padding="same", use_bias=False)(flat)
    return ops.reshape(flat, (-1, frames, rows, columns, channels))[:, ::stride]


def over_space(x, stride=1):
    """A depthwise convolution of 3 x 3 in each frame."""
    _, frames, rows, columns, channels = x.shape
    flat = ops.reshape(x, (-1, rows, columns, channels))
    flat = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(flat)
    return ops.reshape(flat, (-1, frames, *flat.shape[1:]))


def normal(x, relu=True):
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x) if relu else x


def block(x, n, stride=1, widen=3):
    """An inverted residual over space and time: widen, depthwise over both, narrow; add where the shape allows it."""
    y = normal(layers.Dense(widen * x.shape[-1], use_bias=False)(x))
    y = normal(over_time(over_space(y, stride), stride))
    y = normal(layers.Dense(n, use_bias=False)(y), relu=False)
    return layers.add([x, y]) if x.shape == y.shape else y


def depthwise(clip_shape, classes, width=16):
    clip = keras.Input(clip_shape, name="clip")
    x = ops.reshape(clip, (-1, *clip_shape[1:]))
    x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
    x = normal(over_time(ops.reshape(x, (-1, clip_shape[0], *x.shape[1:]))))
    for n, stride in ((width, 2), (2 * width, 1), (4 * width, 2), (4 * width, 1)):
        x = block(x, n, stride)
    x = layers.GlobalAveragePooling3D()(normal(layers.Dense(4 * width, use_bias=False)(x)))
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name=f"depthwise_{width}")


def multiplications(model):
    return sum(one.multiplications for one in models.costs(model, np.zeros((1, *SHAPE), np.float32)))


def main():
    arguments = options(__doc__.split("\n")[0], seeds=(0, 1, 2))
    samples = datasets.embedded()
    classes = datasets.classes_of(samples)
    parts = [
        datasets.load_clips([s for s in samples if s.split == split], Frames(SHAPE[0], SHAPE[1:3]), classes=classes)
        for split in ("train", "val", "test")
    ]
    rows = []
    for builder in (models.conv3d, *(partial(depthwise, width=n) for n in (12, 16))):
        for longer in (1, 2):
            for seed in arguments.seeds:
                keras.utils.set_random_seed(seed)
                model = builder(SHAPE, len(classes))
                training.fit(model, *parts[:2], epochs=14 * longer, live=False)
                shuffled = training.evaluate(model, parts[2], change=training.shuffle_frames).top1
                rows.append({"model": model.name, "multiplications": multiplications(model), "epochs": 14 * longer,
                             "parameters": model.count_params(), "seed": seed, "shuffled": round(shuffled, 4),
                             "top1": round(training.evaluate(model, parts[2]).top1, 4)})  # fmt: skip
                print(rows[-1], flush=True)
    save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
