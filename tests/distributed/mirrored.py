"""Train on one device and on two that this processor stands for, and print both histories as JSON.

python -m tests.distributed.mirrored
"""

import json
import sys
import warnings

import vidlab  # noqa: F401 - before TensorFlow

import tensorflow as tf  # isort: skip

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(CPU, [tf.config.LogicalDeviceConfiguration()] * 2)

import keras  # noqa: E402
import numpy as np  # noqa: E402

from vidlab import datasets, models, training  # noqa: E402
from vidlab.clips import Frames  # noqa: E402


def main(n):
    rng, frames, histories = np.random.default_rng(0), Frames(4, (16, 16)), []
    clips = rng.integers(0, 256, (n, *frames.shape), np.uint8)
    samples = [datasets.Sample(clip, "abc"[i % 3]) for i, clip in enumerate(clips)]
    for strategy in (tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])):
        learn = datasets.Batches(samples, frames, batch=6, shuffle=True)
        keras.utils.set_random_seed(0)
        with strategy.scope():
            model = models.conv3d(frames.shape, 3)
        with warnings.catch_warnings(action="ignore"):  # validation is on the same clips
            history = training.fit(model, learn, learn, epochs=2, live=False, keep="last")
        synchronized = [y.synchronized for y in model.layers if isinstance(y, keras.layers.BatchNormalization)]
        histories.append(vars(history) | {"left on": any(synchronized)})
    print(json.dumps(histories))


if __name__ == "__main__":
    main(int(sys.argv[1]))
