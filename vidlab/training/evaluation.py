"""How good a classifier is, and what it says of one file."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from vidlab import datasets
from vidlab.clips import Frames, is_count, require
from vidlab.training.inputs import as_batches, clip_input
from vidlab.training.saving import Saved


@dataclass(frozen=True)
class Report:
    """How good a classifier is: `top1` is the accuracy, `interval` its 95% confidence interval (Wilson 1927),
    `top5` how often the true class is among the five likeliest, `per_class` the share of each class that was
    recognised (not a number where the data has none of it), `confusion[i, j]` how many clips of class i were
    called j, `labels` the true classes, `predicted` and `probabilities` what the model said of each clip.
    """

    top1: float
    interval: tuple[float, float]
    top5: float
    per_class: np.ndarray
    confusion: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray


def evaluate(
    model: keras.Model,
    data: datasets.Batches | tuple[np.ndarray, np.ndarray],
    *,
    batch: int = 32,
    change: Callable | None = None,
) -> Report:
    """Ask the model about each clip once, and compare: labels and predictions come from the same pass.

    Parameters
    ----------
    model
        Gives class probabilities.
    data
        `datasets.Batches`, or (clips, labels) as `datasets.load_clips` gives them.
    batch
        Clips at a time, for clips in memory.
    change
        Applied to each batch of clips first, such as `shuffle_frames`.

    Raises
    ------
    ValueError
        There are no clips, or they do not fit the model.
    VideoError
        A file of the `Batches` cannot be read.

    Examples
    --------
    >>> from vidlab import models
    >>> data = np.zeros((4, 2, 8, 8, 3), np.float32), np.array([0, 0, 0, 1])
    >>> evaluate(models.frame_cnn((2, 8, 8, 3), classes=2), data).top1 in (0.25, 0.75)
    True
    """
    data = as_batches("data", data, model, batch)
    labels, probabilities = [], []
    with data.errors():
        for clips, numbers in data.epoch(0):
            if change is not None:
                clips = change(clips)
            probabilities.append(np.asarray(model(clips, training=False)))
            labels.append(np.asarray(numbers))
    labels, probabilities = np.concatenate(labels), np.concatenate(probabilities)
    likeliest = probabilities.argsort(1)[:, ::-1]
    predicted = likeliest[:, 0]
    confusion = confusion_matrix(labels, predicted, labels=np.arange(probabilities.shape[1]))
    right, each = np.diag(confusion), confusion.sum(1)
    interval = binomtest(int(right.sum()), len(labels)).proportion_ci(method="wilson")
    return Report(
        top1=int(right.sum()) / len(labels),
        interval=tuple(map(float, interval)),
        top5=float((likeliest[:, :5] == labels[:, None]).any(1).mean()),
        per_class=np.divide(right, each, out=np.full(len(each), np.nan), where=each > 0),
        confusion=confusion,
        labels=labels,
        predicted=predicted,
        probabilities=probabilities,
    )


def shuffle_frames(clips, seed=0):
    """The same frames of each clip in random order: what is left of a clip without time.

    Where clips come with their optical flow, that is computed again.

    >>> sorted(shuffle_frames(np.arange(4.0).reshape(1, 4, 1, 1, 1)).ravel().tolist())
    [0.0, 1.0, 2.0, 3.0]
    """
    if isinstance(clips, dict):
        shuffled = shuffle_frames(clips["clip"], seed)
        return {"clip": shuffled, "flow": flow_of(shuffled)}
    clips = np.asarray(clips)
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(clips.shape[1]), (len(clips), 1)), axis=1)
    return clips[np.arange(len(clips))[:, None], order]


def predict(
    model: keras.Model | Saved, path: str | Path | np.ndarray, *, frames: Frames | None = None, views: int = 1
) -> np.ndarray:
    """What a classifier says of a file.

    Parameters
    ----------
    model
        A model, or what `load` gave, which knows how its clips were made.
    path
        A video file, or a clip in memory.
    frames
        How to make the clip, for a model that does not know; None: evenly spaced frames, as many and as large as the
        model takes.
    views
        Look at the file so many times and take the mean: with "uniform" sampling at so many interleaved clips, with
        another at so many draws (compare the temporal views of Feichtenhofer et al., SlowFast networks, ICCV 2019).

    Returns
    -------
    numpy.ndarray
        Probabilities (classes,).

    Raises
    ------
    VideoError
        The file cannot be read.
    ValueError
        `views` is below 1, the model takes no clips, or other ones than `frames`.

    Examples
    --------
    >>> from vidlab import datasets, models
    >>> model = models.frame_cnn((2, 16, 16, 3), classes=8)
    >>> predict(model, datasets.embedded()[0].source).shape
    (8,)
    """
    require(is_count(views), f"views={views!r} must be a whole number from 1 up")
    if isinstance(model, Saved):
        model, frames = model.model, frames or model.frames
    flow, shape = clip_input(model)
    frames = frames or Frames(shape[1], shape[2:4])
    require(frames.shape == shape[1:], f"frames={frames}: the model takes clips of shape {shape[1:]}")
    sample = datasets.Sample(path if isinstance(path, np.ndarray) else os.fspath(path), "clip")
    if frames.sampling == "uniform":
        clips, _ = datasets.load_clips([sample], replace(frames, frames=frames.frames * views))
        seen = np.stack([clips[0, view::views] for view in range(views)])
    else:
        seeds = range(views) if views > 1 else [None]
        seen = np.concatenate([datasets.load_clips([sample], frames, seed=seed)[0] for seed in seeds])
    if flow:
        seen = {"clip": seen, "flow": flow_of(seen)}
    return np.asarray(model(seen, training=False)).mean(0)


def flow_of(clips):
    """The optical flow of each clip of a batch, whose pixels are floats from 0 to 1."""
    return np.stack([datasets.optical_flow(clip) for clip in clips])
