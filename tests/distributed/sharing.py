"""Train with SGD, which hides no wrong sum of gradients as Adam does, alone or as one of many workers.

    python -m tests.distributed.sharing MODEL OUT

The losses and accuracies of each epoch, and the weights' sums, go to OUT.
"""

import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import keras
import numpy as np

from vidlab import datasets, distributed, models, training
from vidlab.clips import Frames
from vidlab.distributed.parent import LOG


def main(name, out):
    worker = distributed.Worker(os.environ[LOG]) if LOG in os.environ else None
    rng, frames = np.random.default_rng(0), Frames(5, (16, 16))

    def made(n, split):  # batches of 6: the last has one clip, so that one worker gets none of it
        return [
            datasets.Sample(rng.integers(0, 256, (5, 16, 16, 3), np.uint8), "abc"[i % 3], split=split) for i in range(n)
        ]

    setting = dict(batch=6, classes="abc", flow=name == "two_stream")
    learn = datasets.Batches(made(25, "train"), frames, shuffle=True, augment=datasets.Augment(colour=0.3), **setting)
    check = datasets.Batches(made(13, "val"), frames, **setting)
    keras.utils.set_random_seed(0)
    with worker.scope() if worker else nullcontext():
        model = models.CLIP_MODELS[name](frames.shape, 3)
        model.compile(
            keras.optimizers.SGD(0.02, 0.9), keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"]
        )
    weights = {0: 1.0, 1: 2.0, 2: 0.5}
    history = training.fit(
        model,
        learn,
        check,
        epochs=2,
        live=False,
        learning_rate=None,
        class_weights=weights,
        keep="last",
        workers=worker,
    )
    if worker:
        worker.wait_for_all()
    if worker is None or worker.chief:
        sums = [float(np.abs(w).sum()) for w in model.get_weights()]
        Path(out).write_text(json.dumps({"history": vars(history), "sums": sums}))


if __name__ == "__main__":
    main(*sys.argv[1:])
