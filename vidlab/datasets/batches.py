"""Samples as batches for training, decoded while the model works."""

import os
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import Literal

import cv2
import numpy as np

from vidlab import video
from vidlab.clips import Frames, is_count, one_of, require
from vidlab.datasets.arrays import checked, decode
from vidlab.datasets.augmentation import Augment
from vidlab.datasets.cache import open_cache
from vidlab.datasets.flow import SMALLEST, optical_flow
from vidlab.datasets.samples import Sample

cv2.setNumThreads(1)  # OpenCV's own threads would only be in the way of the workers


class Batches:
    """Batches of clips for any number of epochs, each a `tf.data.Dataset`.

    The order of an epoch depends on the seed and the epoch's number alone, what is random about a clip on the
    seed, the epoch and the clip's place in `samples`: not on the workers, and not on where an epoch begins. So
    a training that was interrupted goes on with ``epoch(k, start=batches_done)`` as if it had not been.

    Parameters
    ----------
    samples
        All with a label.
    frames
        Which frames of each file, and of what size. What `frames.sampling` leaves to chance is drawn anew each epoch
        where `shuffle` is set, and without it (for evaluation) is the middle, or for "random" always the same.
    batch
        Clips in a batch; the last of an epoch may be smaller.
    classes
        The labels in the order of their numbers; without it, those of the samples, sorted.
    augment
        For training alone: an error without `shuffle`.
    shuffle
        Another order each epoch; without it, that of `samples`.
    seed
        A whole number from 0 up.
    flow
        Give the optical flow beside the clips, computed after augmentation.
    workers
        Clips that are decoded at the same time; None: one for each core.
    cache
        "memory" or a folder's path: decode each file once and keep its frames, uint8, in front of augmentation. Where
        frames are chosen anew each epoch (sampling other than "uniform", or `augment` with a speed), all frames of a
        file are kept. A folder may serve many runs; a file that has changed is decoded again.
    on_error
        "raise" stops at a file that cannot be read; "skip" leaves it out of its batch, which gets smaller, and warns
        once, with the count; "repair" keeps what is left of a damaged file, and skips one of which nothing is.
    limit_bytes
        The most that cache="memory" may take; never more than half of the memory that is free.

    Attributes
    ----------
    classes
        List of str
    labels : numpy.ndarray
        (n,) int64, in the order of `samples`.
    class_weights : dict
        {number: weight}, so that each class weighs the same in sum.
    steps : int
        Batches in an epoch; ``len(batches)`` is the clips in an epoch.
    skipped : dict
        {source: reason}, files that could not be read so far.

    Raises
    ------
    ValueError
        An argument is out of its range.
    MemoryError
        The clips do not fit into cache="memory".
    VideoError
        A file cannot be read; from within TensorFlow it comes as a `tf.errors.OpError`: see `errors`.

    Examples
    --------
    >>> from vidlab import datasets
    >>> batches = Batches(datasets.embedded()[:20], Frames(4, (16, 16)), batch=8, shuffle=True)
    >>> [clips.shape[0] for clips, labels in batches.epoch(0)]
    [8, 8, 4]
    """

    def __init__(
        self,
        samples: Iterable[Sample],
        frames: Frames = Frames(),  # noqa: B008 - it cannot change
        *,
        batch: int = 16,
        classes: Sequence[str] | None = None,
        augment: Augment | None = None,
        shuffle: bool = False,
        seed: int = 0,
        flow: bool = False,
        workers: int | None = None,
        cache: str | os.PathLike | None = None,
        on_error: Literal["raise", "skip", "repair"] = "raise",
        limit_bytes: int | None = None,
    ):
        self.samples, self.classes, self.labels = checked(samples, frames, classes)
        require(len(self.samples) > 0, "samples: there are none")
        require(is_count(batch), f"batch={batch!r} must be a whole number from 1 up")
        require(workers is None or is_count(workers), f"workers={workers!r} must be None or a whole number from 1 up")
        require(seed == 0 or is_count(seed), f"seed={seed!r} must be a whole number from 0 up")
        one_of("on_error", on_error, Literal["raise", "skip", "repair"])
        _check_augment(augment, shuffle, frames.sampling, self.classes)
        large = frames.frames > 1 and min(frames.size) >= SMALLEST
        require(large or not flow, f"flow needs 2 frames or more of {SMALLEST}x{SMALLEST} pixels or more")
        self.frames, self.batch, self.shuffle, self.seed = frames, batch, shuffle, seed
        self.augment, self.flow, self.on_error = augment, flow, on_error
        self.workers = workers or os.cpu_count()
        self.steps = -(-len(self.samples) // batch)
        self.skipped = {}
        self._lock, self._failure, self._warned = Lock(), None, 0
        self._pool = ThreadPoolExecutor(self.workers)

        files = sum(not isinstance(sample.source, np.ndarray) for sample in self.samples)
        self._cache = open_cache(cache, limit_bytes, files * int(np.prod(frames.shape)))
        anew = shuffle and frames.sampling != "uniform"
        self._speed = augment is not None and augment.changes_speed
        self._whole = self._speed or (anew and self._cache is not None)  # decode all frames, then choose
        self._decoded = replace(frames, frames=None, sampling="all", stride=1) if self._whole else frames

    def __len__(self):
        return len(self.samples)

    @property
    def class_weights(self):
        counts = np.bincount(self.labels, minlength=len(self.classes))
        share = len(self.labels) / int(np.count_nonzero(counts))
        return {i: share / int(n) if n else 1.0 for i, n in enumerate(counts)}

    def epoch(self, k, start=0, shard=(0, 1), keep_empty=False):
        """Epoch number `k` from batch `start` on.

        With ``shard=(i, n)`` every n-th clip of each batch, from the i-th on: what worker i of n takes of it. All
        shards have as many batches, and a batch of a shard may be empty; so may others be with `keep_empty`, where no
        file of a batch can be read.

        Returns
        -------
        tf.data.Dataset of clips (batch, frames, height, width, 3), float32 in [0, 1], and labels (batch,), int64.
        With `flow` {"clip": clips, "flow": (batch, frames - 1, height, width, 2) float32} stands for the clips.
        """
        require(k == 0 or is_count(k), f"k={k!r} must be a whole number from 0 up")
        in_range = (start == 0 or is_count(start)) and start <= self.steps
        require(in_range, f"start={start!r} must be a whole number from 0 to {self.steps}, the batches of an epoch")
        from vidlab.tensorflow import tf

        order = np.arange(len(self))
        if self.shuffle:
            order = np.random.default_rng([1, self.seed, k]).permutation(order)
        order, batch = take_shard(order[start * self.batch :], self.batch, shard)
        run = _Pass(k, order, whole=start == 0 and shard[1] == 1)
        parts = [(tf.float32, self.frames.shape), (tf.int64, ())]
        if self.flow:
            parts.append((tf.float32, self._flow_shape))

        def load(places):
            # stateless, or under tf.config.experimental.enable_op_determinism one batch would wait for the other
            types = [kind for kind, _ in parts]
            values = tf.numpy_function(lambda places: self._load(run, places), [places], types, stateful=False)
            values = zip(values, (shape for _, shape in parts), strict=True)
            clips, labels, *flow = (tf.ensure_shape(value, (None, *shape)) for value, shape in values)
            return ({"clip": clips, "flow": flow[0]} if self.flow else clips), labels

        # a batch's clips are shared out among the workers; only batches smaller than that are made several at a time
        at_once = -(-self.workers // batch)
        data = tf.data.Dataset.range(self.steps - start)
        data = data.map(lambda s: tf.range(s * batch, tf.minimum((s + 1) * batch, len(order))))
        data = data.map(load, num_parallel_calls=at_once, deterministic=True)
        if self.on_error != "raise" and shard[1] == 1 and not keep_empty:
            data = data.filter(lambda clips, labels: tf.size(labels) > 0)
        options = tf.data.Options()
        options.autotune.enabled = False  # nothing is left to tune, and to stop the tuner can take half a second
        options.threading.private_threadpool_size = at_once + 1  # loading must not hold up the model's threads
        return data.prefetch(1).with_options(options)

    @contextmanager
    def errors(self):
        """Raise what went wrong with a file as the VideoError that it was, not as what TensorFlow makes of it.

        ``with batches.errors(): model.fit(batches.epoch(0))``
        """
        from vidlab.tensorflow import tf

        self._failure = None
        try:
            yield
        except tf.errors.OpError:
            if self._failure is None:
                raise
            raise self._failure[-1] from None

    def _load(self, run, places):
        """A batch: clips, labels and, if wanted, flow."""
        n, numbers = len(places), run.order[places]
        clips, labels = np.empty((n, *self.frames.shape), np.float32), np.empty(n, np.int64)
        flow = [np.empty((n, *self._flow_shape), np.float32)] if self.flow else []

        def fill(row):
            try:
                clip, labels[row] = self._clip(run.k, int(numbers[row]))
            except (video.VideoError, OSError, MemoryError, ValueError) as error:
                return error
            np.multiply(clip, np.float32(1 / 255), out=clips[row])
            if self.flow:
                flow[0][row] = optical_flow(clip)

        errors = list(self._pool.map(fill, range(n)))
        kept = [error is None for error in errors]
        with self._lock:
            for i, place, error in zip(numbers, places, errors, strict=True):
                if isinstance(error, video.VideoError) and self.on_error != "raise":
                    self.skipped[self.samples[i].source] = str(error)
                elif error:
                    self._fail(run, place, error)
            run.left, run.kept = run.left - n, run.kept + sum(kept)
            if n and not run.left and self.skipped:
                try:
                    self.tell_skipped(run.kept or not run.whole)  # of a part of an epoch, none may be left
                except video.VideoError as error:
                    self._fail(run, len(run.order), error)
        parts = clips, labels, *flow
        return parts if all(kept) else [part[kept] for part in parts]

    def _clip(self, k, i):
        """Sample i as it is in epoch k: its frames and its label."""
        seed, f = None, self.frames
        if f.sampling != "uniform" and (self.shuffle or f.sampling == "random"):
            seed = [2, self.seed, k if self.shuffle else 0, i]
        drawn, label = None, self.labels[i]
        if self.augment is not None:
            drawn, label = self.augment.draw_labelled([3, self.seed, k, i], label, self.classes)
        clip = self._cached(self.samples[i], None if self._whole else seed)
        if self._speed:
            clip = clip[drawn.positions(len(clip), f)]
        elif self._whole:
            clip = clip[video.indices(len(clip), f.frames, f.sampling, seed, stride=f.stride)]
        return (drawn.apply(clip) if drawn else clip), label

    def _cached(self, sample, seed):
        how = self._decoded, seed, "repair" if self.on_error == "repair" else "raise"
        if self._cache is None or isinstance(sample.source, np.ndarray):
            return decode(sample, *how)
        return self._cache(sample, how, lambda: decode(sample, *how))

    @property
    def _flow_shape(self):
        return (self.frames.frames - 1, *self.frames.size, 2)

    def _fail(self, run, place, error):
        """Raise, for TensorFlow to stop; and remember, of several failures in a pass, the first in its order."""
        if self._failure is None or self._failure[0] is not run or place < self._failure[1]:
            self._failure = run, place, error
        raise error from None

    def tell_skipped(self, kept):
        """Warn of the files that were left out, each once; or raise where `kept`, what is left, is none."""
        some = ", ".join(map(str, list(self.skipped)[:3])) + (", ..." if len(self.skipped) > 3 else "")
        if not kept:
            raise video.VideoError(f"none of the {len(self.skipped)} files can be read: {some}")
        if len(self.skipped) > self._warned:
            self._warned = len(self.skipped)
            warnings.warn(
                f"{self._warned} of {len(self)} files cannot be read and are left out: {some}; .skipped says why",
                stacklevel=2,
            )


class _Pass:
    """A pass over an epoch, or a part of one: the samples in their order, how many are left, how many were kept."""

    def __init__(self, k, order, whole):
        self.k, self.order, self.left, self.kept, self.whole = k, order, len(order), 0, whole


def take_shard(order, batch, shard):
    """(places, clips a batch) of `shard`, (i, n), of an epoch in some order."""
    i, n = shard
    require(is_count(n) and 0 <= i < n, f"shard={shard!r} must be (i, n) with 0 <= i < n")
    require(batch % n == 0, f"batch={batch} must be a multiple of {n}, the workers that share it")
    return order[i::n], batch // n


def _check_augment(augment, shuffle, sampling, classes):
    if augment is None:
        return
    kind = isinstance(augment, Augment)
    require(kind, f"augment={augment!r} must be None or an Augment, such as Augment(crop=0.7, flip=True)")
    require(shuffle, "augment is for training: give shuffle=True with it, or leave it out for evaluation")
    fits = not augment.changes_speed or sampling in ("uniform", "dense")
    require(fits, f"sampling={sampling!r} has no speed to change; use uniform or dense, or an Augment without speed")
    augment.warn_of(classes)
