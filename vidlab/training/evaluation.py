"""How good a classifier is, and what it says of one file."""

import os
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from vidlab import datasets, video
from vidlab.training.examples import examples, takes


@dataclass(frozen=True)
class Report:
    """How good a classifier is: `top1` is the accuracy, `interval` its 95% confidence interval (Wilson 1927),
    `top5` how often the true class is among the five likeliest, `per_class` the share of each class that was
    recognised (not a number where the data has none of it), `confusion[i, j]` how many clips of class i were
    called j, `labels` the true classes, `predicted` and `probabilities` what the model said of each clip."""

    top1: float
    interval: tuple[float, float]
    top5: float
    per_class: np.ndarray
    confusion: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray


def evaluate(model, data, batch=32, change=None):
    """Ask the model about each clip once, and compare: labels and predictions come from the same pass.

    Parameters
    ----------
    data : `datasets.Batches`, or (clips, labels).
    batch : clips at a time, for clips in memory.
    change : function applied to each batch of clips first, such as `shuffle_frames`.

    Raises
    ------
    ValueError : there are no clips, or they do not fit the model.
    VideoError : a file of the `Batches` cannot be read.
    """
    data = examples("data", data, model, batch)
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
    """
    if isinstance(clips, dict):
        shuffled = shuffle_frames(clips["clip"], seed)
        return {"clip": shuffled, "flow": _flow(shuffled)}
    clips = np.asarray(clips)
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(clips.shape[1]), (len(clips), 1)), axis=1)
    return clips[np.arange(len(clips))[:, None], order]


def predict(model, path, views=1):
    """What a classifier says of a file.

    Parameters
    ----------
    model : keras.Model; how many frames it takes, and of what size, is in its input shape.
    path : a video file, or a clip (frames, height, width, 3) of uint8 in memory.
    views : read as many times more frames, ask about each of these interleaved clips, and take the mean (compare
        the temporal views of Feichtenhofer et al., SlowFast networks, ICCV 2019).

    Returns
    -------
    numpy.ndarray
        Probabilities (classes,).

    Raises
    ------
    VideoError : the file cannot be read.
    ValueError : `views` is below 1, or the model takes no clips.
    """
    if not isinstance(views, int) or views < 1:
        raise ValueError(f"views={views!r} must be a whole number from 1 up")
    flow, (_, frames, *size, _) = takes(model)
    if isinstance(path, np.ndarray):
        sample = datasets.Sample(path, "clip")
        clips, _ = datasets.load_clips([sample], frames * views, tuple(size))
        clip = clips[0]
    else:
        clip = video.read(os.fspath(path), frames * views, tuple(size)).astype(np.float32) / 255
    seen = np.stack([clip[view::views] for view in range(views)])
    if flow:
        seen = {"clip": seen, "flow": _flow(seen)}
    return np.asarray(model(seen, training=False)).mean(0)


def _flow(clips):
    """The optical flow of each clip of a batch, whose pixels are floats from 0 to 1."""
    return np.stack([datasets.optical_flow(np.round(clip * 255).astype(np.uint8)) for clip in clips])
