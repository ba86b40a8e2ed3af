"""Which frames of a clip to take: functions of numbers alone."""

import numpy as np

from vidlab.clips import Frames, Sampling, is_count, require


def indices(
    n_frames: int,
    frames: int | None = None,
    sampling: Sampling = "uniform",
    seed: int | np.random.Generator | None = None,
    *,
    stride: int = 1,
) -> np.ndarray:
    """Which frames of a clip to take.

    Parameters
    ----------
    n_frames : int
        How many frames there are, 1 or more.
    frames : int or None
        How many to take. None takes every one. Where more are asked than there are, the last is repeated.
    sampling : str
        "uniform": evenly spaced from the first to the last (a single one: the middle).
        "dense": a run of frames, `stride` apart; from the middle of the clip without a seed, from a random
        start with one. A run longer than the clip starts at 0 and repeats the last.
        "segments": one of each of `frames` equal segments (temporal segment networks, Wang et al. 2016); the
        middle one without a seed, a random one with it.
        "random": a random choice without repeats, in order.
        "all": every frame; `frames` must be None.
    seed
        Int, numpy.random.Generator or None
    stride : int
        Distance between the frames of "dense".

    Returns
    -------
    numpy.ndarray
        Integers (frames,), never decreasing.

    Raises
    ------
    ValueError
        An argument is out of its range; the message names it.

    Examples
    --------
    >>> indices(10, 4)
    array([0, 3, 6, 9])
    >>> indices(10, 4, "dense", stride=2)
    array([1, 3, 5, 7])
    """
    Frames(frames, sampling=sampling, stride=stride)  # refuses what is out of its range
    require(is_count(n_frames), f"n_frames must be a whole number from 1 up, not {n_frames!r}")
    if frames is None:
        return np.arange(n_frames)
    k = np.arange(frames)
    if sampling == "dense":
        room = max(n_frames - 1 - (frames - 1) * stride, 0)
        start = room // 2 if seed is None else np.random.default_rng(seed).integers(room + 1)
        return np.minimum(start + k * stride, n_frames - 1)
    if frames >= n_frames:
        return np.minimum(k, n_frames - 1)
    if sampling == "random":
        return np.sort(np.random.default_rng(seed).choice(n_frames, frames, replace=False))
    if sampling == "segments":
        first, after = k * n_frames // frames, (k + 1) * n_frames // frames
        middle = (first + after - 1) // 2
        return middle if seed is None else np.random.default_rng(seed).integers(first, after)
    if frames == 1:
        return np.array([(n_frames - 1) // 2])
    return np.floor(k * (n_frames - 1) / (frames - 1) + 0.5).astype(int)
