"""Several models, each from several seeds, on the same data."""

from time import monotonic

import keras
import numpy as np

from vidlab.datasets import Batches
from vidlab.training.evaluation import evaluate, shuffle_frames
from vidlab.training.fitting import fit


def compare(builders, train, validation, test, seeds=(0, 1, 2), **settings):
    """Train several models, each from several seeds, on the same data.

    Parameters
    ----------
    builders : functions (clip_shape, classes) -> keras.Model, such as `models.conv3d`.
    train, validation, test : `datasets.Batches`, or (clips, labels); `validation` may be None.
    settings : for `fit`.

    Returns
    -------
    list of dict : model, seed, top1, interval, shuffled (top1 with the frames of each test clip shuffled),
        parameters, seconds (of training). `table` and `figures.accuracies` show them.
    """
    if isinstance(train, Batches):
        clip_shape, classes = (train.frames, *train.size, 3), len(train.classes)
    else:
        clip_shape = train[0].shape[1:]
        classes = int(max(data[1].max() for data in (train, validation, test) if data is not None)) + 1
    rows = []
    for build in builders:
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            model = build(clip_shape, classes)
            start = monotonic()
            fit(model, train, validation, **{"live": False, **settings})
            seconds = monotonic() - start
            report = evaluate(model, test)
            rows.append({
                "model": model.name, "seed": seed, "top1": report.top1, "interval": report.interval,
                "shuffled": evaluate(model, test, change=shuffle_frames).top1, "parameters": model.count_params(),
                "seconds": round(seconds, 1),
            })  # fmt: skip
    return rows


def table(rows, chance):
    """What `compare` found, as text: a line a model, the mean of its seeds and their spread, beside chance.

    `chance` is the accuracy of always naming the commonest class. The spread is the standard deviation over seeds
    (with n - 1); with one seed there is none, and the table says so.
    """
    row = "{:22}{:>6}{:>18}{:>10}{:>12}{:>9}".format
    lines = [row("model", "seeds", "accuracy", "shuffled", "parameters", "seconds")]
    for name in dict.fromkeys(run["model"] for run in rows):
        runs = [run for run in rows if run["model"] == name]
        top1, shuffled, seconds = ([run[key] for run in runs] for key in ("top1", "shuffled", "seconds"))
        spread = f"± {np.std(top1, ddof=1):.3f}" if len(runs) > 1 else "one seed"
        lines.append(row(
            name, len(runs), f"{np.mean(top1):.3f} {spread}", f"{np.mean(shuffled):.3f}",
            f"{runs[0]['parameters']:,}", f"{np.mean(seconds):.1f}",
        ))  # fmt: skip
    return "\n".join([*lines, f"{'chance':28}{chance:9.3f}"])
