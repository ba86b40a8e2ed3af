"""Decode many samples at once."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vidlab import video
from vidlab.datasets.samples import Sample, classes_of


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
    samples = list(samples)
    if not all(isinstance(sample, Sample) for sample in samples):
        raise ValueError("samples: expected a list of Sample, such as datasets.folder or datasets.embedded gives")
    if not isinstance(frames, int) or frames < 1 or np.shape(size) != (2,):
        raise ValueError(f"frames={frames!r} must be a whole number from 1 up, and size={size!r} (height, width)")
    classes = classes_of(samples) if classes is None else list(classes)
    number = {name: i for i, name in enumerate(classes)}
    strange = {sample.label for sample in samples} - set(number)
    if strange:
        raise ValueError(f"samples: the labels {sorted(map(str, strange))} are not among the classes {classes}")
    clips = np.empty((len(samples), frames, *size, 3), np.float32)

    def decode(i):
        source = samples[i].source
        if isinstance(source, np.ndarray):
            if source.dtype != np.uint8:
                raise ValueError(f"samples: a clip in memory is {source.dtype}; it must be uint8")
            clip = source[video.indices(len(source), frames, sampling, seed)]
            if clip.shape[1:3] != tuple(size):
                raise ValueError(f"samples: a clip in memory is {clip.shape[1:3]} pixels, not size={tuple(size)}")
        else:
            clip = video.read(
                source,
                frames,
                size,
                start=samples[i].start,
                stop=samples[i].stop,
                sampling=sampling,
                seed=seed,
                threads=1,
            )
        np.multiply(clip, np.float32(1 / 255), out=clips[i])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(decode, range(len(samples))))
    return clips, np.array([number[sample.label] for sample in samples], np.int64)
