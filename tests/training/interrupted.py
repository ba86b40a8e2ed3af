"""A training in a process of its own, which may kill itself: python -m tests.training.interrupted FOLDER OUT WHEN.

WHEN is never, in an epoch, between epochs, or while a checkpoint is being written. The weights go to OUT.
"""

import os
import signal
import sys

import numpy as np

import vidlab.tensorflow  # noqa: F401
from vidlab import datasets, training
from vidlab.clips import Frames
from vidlab.training import checkpoints, fitting

import keras  # isort: skip

EPOCHS, BATCH = 3, 4


def data():
    samples = [s for s in datasets.embedded() if s.label in ("left", "up")]
    train = [s for s in samples if s.split == "train"][:26]
    settings = dict(frames=Frames(6, (24, 24)), batch=BATCH, classes=["left", "up"])
    learn = datasets.Batches(train, shuffle=True, augment=datasets.Augment(crop=0.7, colour=0.3), **settings)
    return learn, datasets.Batches([s for s in samples if s.split == "val"][:8], **settings)


def model():
    clip = x = keras.Input((6, 24, 24, 3))
    x = keras.layers.Conv3D(6, 3, strides=(1, 2, 2), activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.4)(keras.layers.GlobalAveragePooling3D()(x))
    return keras.Model(clip, keras.layers.Dense(2, activation="softmax")(x))


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(function, calls):
    """The function, and death behind its n-th call."""
    made = []

    def call(*arguments, **named):
        result = function(*arguments, **named)
        made.append(1)
        if len(made) == calls:
            die()
        return result

    return call


def half_written(file, **arrays):
    """The first half of what np.savez would write, and death."""
    import io

    whole = io.BytesIO()
    np.savez_compressed(whole, **arrays)
    file.write(whole.getvalue()[: whole.tell() // 2])
    file.flush()
    die()


def main(folder, out, when, seed):
    if when == "in an epoch":  # behind the 9th step, the 2nd of the second epoch; its checkpoint is the 9th
        fitting._State.after_step = die_after(fitting._State.after_step, 9)
    elif when == "between epochs":
        fitting._State.after_epoch = die_after(fitting._State.after_epoch, 1)
    elif when == "writing":
        written = []
        plain = np.savez

        def sometimes(file, **arrays):
            written.append(1)
            return (half_written if len(written) == 10 else plain)(file, **arrays)

        checkpoints.np.savez = sometimes
    keras.utils.set_random_seed(seed)
    learn, watch = data()
    trained = model()
    history = training.fit(trained, learn, watch, epochs=EPOCHS, live=False, resume=folder, every=0, keep="last")
    np.savez(out, *trained.get_weights(), **{f"h_{k}": v for k, v in vars(history).items()})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
