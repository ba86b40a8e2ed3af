"""Decode many samples at once."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vidlab import video
from vidlab.datasets.samples import Sample, classes_of
from vidlab.video.sampling import is_count


def load_clips(samples, frames=12, size=(32, 32), classes=None, sampling="uniform", seed=None):
    """Decode samples into one array, several files at a time. For sets that fit into memory.

    Parameters
    ----------
    samples : list of Sample, all with a label.
    frames, size : how many frames of each clip, and (height, width).
    sampling, seed : as in `video.indices`.
    classes : the labels in the order of their numbers; without it, those of the samples, sorted.

    Returns
    -------
    clips : (n, frames, height, width, 3) float32 in [0, 1], as models take them.
    labels : (n,) int64, places in the list of classes.

    Raises
    ------
    VideoError : a file cannot be read.
    ValueError : a sample has no label, or one that is not among `classes`.
    """
    samples, classes, labels = checked(samples, frames, size, classes)
    clips = np.empty((len(samples), frames, *size, 3), np.float32)

    def fill(i):
        np.multiply(decode(samples[i], frames, size, sampling, seed), np.float32(1 / 255), out=clips[i])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, range(len(samples))))
    return clips, labels


def checked(samples, frames, size, classes):
    """The samples and classes as lists and the labels as numbers, or a ValueError that says what is wrong."""
    samples = list(samples)
    if not all(isinstance(sample, Sample) for sample in samples):
        raise ValueError("samples: expected a list of Sample, such as datasets.folder or datasets.embedded gives")
    if not is_count(frames) or np.shape(size) != (2,) or not all(map(is_count, size)):
        raise ValueError(f"frames={frames!r} must be a whole number from 1 up, and size={size!r} (height, width)")
    classes = classes_of(samples) if classes is None else list(classes)
    number = {name: i for i, name in enumerate(classes)}
    strange = {sample.label for sample in samples} - set(number)
    if strange:
        raise ValueError(f"samples: the labels {sorted(map(str, strange))} are not among the classes {classes}")
    return samples, classes, np.array([number[sample.label] for sample in samples], np.int64)


def decode(sample, frames, size, sampling="uniform", seed=None):
    """One sample as a clip, uint8, on one thread: for use in parallel."""
    source = sample.source
    if not isinstance(source, np.ndarray):
        return video.read(
            source, frames, size, start=sample.start, stop=sample.stop, sampling=sampling, seed=seed, threads=1
        )
    if source.dtype != np.uint8:
        raise ValueError(f"samples: a clip in memory is {source.dtype}; it must be uint8")
    clip = source[video.indices(len(source), frames, sampling, seed)]
    if clip.shape[1:3] != tuple(size):
        raise ValueError(f"samples: a clip in memory is {clip.shape[1:3]} pixels, not size={tuple(size)}")
    return clip
