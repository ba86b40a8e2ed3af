"""Several models, each from several seeds, on the same data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

import keras
import numpy as np

from vidlab.datasets import Batches
from vidlab.training.evaluation import evaluate, shuffle_frames
from vidlab.training.fitting import fit


@dataclass(frozen=True)
class Run:
    """One training of one model: `top1` on the test clips with its 95% `interval`, `shuffled` the same with the frames
    of each clip shuffled, `seconds` of training.
    """

    model: str
    seed: int
    top1: float
    interval: tuple[float, float]
    shuffled: float
    parameters: int
    seconds: float


def compare(
    builders: Iterable[Callable[..., keras.Model]],
    train: Batches | tuple[np.ndarray, np.ndarray],
    validation: Batches | tuple[np.ndarray, np.ndarray] | None,
    test: Batches | tuple[np.ndarray, np.ndarray],
    *,
    seeds: Iterable[int] = (0, 1, 2),
    **settings,
) -> list[Run]:
    """Train several models, each from several seeds, on the same data.

    Parameters
    ----------
    builders
        Functions (clip_shape, classes) -> keras.Model, such as `models.conv3d`.
    train, validation, test
        `datasets.Batches`, or (clips, labels) as `datasets.load_clips` gives them.
    seeds
        Of the weights and of the order.
    settings
        For `fit`.

    Returns
    -------
    list of Run
        `table` and `figures.accuracies` show them.

    Examples
    --------
    >>> from vidlab import models
    >>> data = np.zeros((4, 2, 8, 8, 3), np.float32), np.array([0, 1, 0, 1])
    >>> [run.model for run in compare([models.frame_cnn], data, None, data, seeds=[0], epochs=1)]
    ['frame_cnn']
    """
    if isinstance(train, Batches):
        clip_shape, classes = train.frames.shape, len(train.classes)
    else:
        clip_shape = train[0].shape[1:]
        classes = int(max(data[1].max() for data in (train, validation, test) if data is not None)) + 1
    runs = []
    for build in builders:
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            model = build(clip_shape, classes)
            start = monotonic()
            fit(model, train, validation, **{"live": False, **settings})
            seconds = round(monotonic() - start, 1)
            report, mixed = evaluate(model, test), evaluate(model, test, change=shuffle_frames).top1
            runs.append(Run(model.name, seed, report.top1, report.interval, mixed, model.count_params(), seconds))
    return runs


def table(runs: Iterable[Run], chance: float) -> str:
    """What `compare` found, as text: a line a model, the mean of its seeds and their spread, beside chance.

    `chance` is the accuracy of always naming the commonest class. The spread is the standard deviation over seeds
    (with n - 1); with one seed there is none, and the table says so.

    Examples
    --------
    >>> runs = [Run("conv3d", seed, top1, (0, 1), 0.25, 4000, 9.0) for seed, top1 in enumerate((0.9, 0.8))]
    >>> print(table(runs, chance=0.25))
    model                  seeds          accuracy  shuffled  parameters  seconds
    conv3d                     2     0.850 ± 0.071     0.250       4,000      9.0
    chance                          0.250
    """
    row = "{:22}{:>6}{:>18}{:>10}{:>12}{:>9}".format
    lines = [row("model", "seeds", "accuracy", "shuffled", "parameters", "seconds")]
    for name in dict.fromkeys(run.model for run in runs):
        same = [run for run in runs if run.model == name]
        top1 = [run.top1 for run in same]
        spread = f"± {np.std(top1, ddof=1):.3f}" if len(same) > 1 else "one seed"
        lines.append(row(
            name, len(same), f"{np.mean(top1):.3f} {spread}", f"{np.mean([run.shuffled for run in same]):.3f}",
            f"{same[0].parameters:,}", f"{np.mean([run.seconds for run in same]):.1f}",
        ))  # fmt: skip
    return "\n".join([*lines, f"{'chance':28}{chance:9.3f}"])
