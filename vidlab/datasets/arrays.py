"""Decode many samples at once."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vidlab import video
from vidlab.clips import Frames, as_rgb
from vidlab.datasets.samples import Sample, classes_of


def load_clips(
    samples: Iterable[Sample],
    frames: Frames = Frames(),  # noqa: B008 - it cannot change
    *,
    classes: Sequence[str] | None = None,
    seed: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Decode samples into one array, several files at a time. For sets that fit into memory.

    Parameters
    ----------
    samples
        All with a label.
    frames
        Which frames of each file, and of what size.
    classes
        The labels in the order of their numbers; without it, those of the samples, sorted.
    seed
        For what `frames.sampling` leaves to chance.

    Returns
    -------
    clips : numpy.ndarray
        (n, frames, height, width, 3) float32 in [0, 1], as models take them.
    labels : numpy.ndarray
        (n,) int64, places in the list of classes.

    Raises
    ------
    VideoError
        A file cannot be read.
    ValueError
        A sample has no label, or one that is not among `classes`.

    Examples
    --------
    >>> from vidlab import datasets
    >>> clips, labels = load_clips(datasets.embedded()[:2], Frames(12, (32, 32)))
    >>> clips.shape, labels.shape
    ((2, 12, 32, 32, 3), (2,))
    """
    samples, classes, labels = checked(samples, frames, classes)
    clips = np.empty((len(samples), *frames.shape), np.float32)

    def fill(i):
        np.multiply(decode(samples[i], frames, seed), np.float32(1 / 255), out=clips[i])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, range(len(samples))))
    return clips, labels


def checked(samples, frames, classes):
    """The samples and classes as lists and the labels as numbers, or a ValueError that says what is wrong."""
    samples = list(samples)
    if not all(isinstance(sample, Sample) for sample in samples):
        raise ValueError("samples: expected a list of Sample, such as datasets.folder or datasets.embedded gives")
    if not isinstance(frames, Frames):
        raise ValueError(f"frames={frames!r} must be Frames, such as Frames(16, (48, 48)) from vidlab.clips")
    _ = frames.shape  # refuses clips of different shapes
    classes = classes_of(samples) if classes is None else list(classes)
    number = {name: i for i, name in enumerate(classes)}
    strange = {sample.label for sample in samples} - set(number)
    if strange:
        raise ValueError(f"samples: the labels {sorted(map(str, strange))} are not among the classes {classes}")
    return samples, classes, np.array([number[sample.label] for sample in samples], np.int64)


def decode(sample, frames, seed=None, on_error="raise"):
    """One sample as a clip, uint8, on one thread: for use in parallel."""
    f, source = frames, sample.source
    if not isinstance(source, np.ndarray):
        return video.read(
            source, f.frames, f.size, f.fit, sample.start, sample.stop, f.sampling, seed, on_error,
            stride=f.stride, by=f.by, threads=1,
        )  # fmt: skip
    clip = as_rgb(source, "samples")
    if clip.shape[1:3] != f.size:
        raise ValueError(f"samples: a clip in memory is {clip.shape[1:3]} pixels, not size={f.size}")
    return clip[video.indices(len(clip), f.frames, f.sampling, seed, stride=f.stride)]
