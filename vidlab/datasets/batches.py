"""Samples as batches for training, decoded while the model works."""

import os
import warnings
from contextlib import contextmanager
from threading import Lock

import numpy as np

from vidlab import video
from vidlab.datasets.arrays import checked, decode
from vidlab.datasets.augmentation import Augment
from vidlab.datasets.cache import open_cache
from vidlab.datasets.flow import SMALLEST, optical_flow
from vidlab.video.sampling import check_sampling, is_count, require


class Batches:
    """Batches of clips for any number of epochs, each a `tf.data.Dataset`.

    The order of an epoch depends on the seed and the epoch's number alone, what is random about a clip on the
    seed, the epoch and the clip's place in `samples`: not on the workers, and not on where an epoch begins. So
    a training that was interrupted goes on with ``epoch(k, start=batches_done)`` as if it had not been.

    Parameters
    ----------
    samples : list of Sample, all with a label.
    frames, size : how many frames of each clip, and (height, width).
    batch : clips in a batch; the last of an epoch may be smaller.
    classes : the labels in the order of their numbers; without it, those of the samples, sorted.
    augment : `Augment`, for training alone: an error without `shuffle`.
    shuffle : another order each epoch; without it, that of `samples`.
    seed : whole number from 0 up.
    flow : give the optical flow beside the clips, computed after augmentation.
    workers : clips that are decoded at the same time; None: one for each core.
    sampling : as in `video.indices`. What it leaves to chance is drawn anew each epoch where `shuffle` is set, and
        without it (for evaluation) is the middle, or for "random" always the same.
    cache : "memory" or a folder's path: decode each file once and keep its frames, uint8, in front of augmentation.
        Where frames are chosen anew each epoch (`sampling` other than "uniform", or `augment` with a speed), all
        frames of a file are kept. A folder may serve many runs; a file that has changed is decoded again.
    limit_bytes : the most that cache="memory" may take; never more than half of the memory that is free.
    on_error : "raise" stops at a file that cannot be read; "skip" leaves it out of its batch, which gets smaller,
        and warns once, with the count.

    Attributes
    ----------
    classes : list of str. labels : (n,) int64, in the order of `samples`. class_weights : {number: weight}, so
    that each class weighs the same in sum. steps : batches in an epoch. len(batches) : clips in an epoch.
    skipped : {source: reason}, files that could not be read so far.

    Raises
    ------
    ValueError : an argument is out of its range. MemoryError : the clips do not fit into cache="memory".
    VideoError : a file cannot be read; from within TensorFlow it comes as a `tf.errors.OpError`: see `errors`.
    """

    def __init__(self, samples, frames=16, size=(48, 48), batch=16, classes=None, augment=None, shuffle=False, seed=0,
                 flow=False, workers=None, sampling="uniform", cache=None, on_error="raise",
                 limit_bytes=None):  # fmt: skip
        self.samples, self.classes, self.labels = checked(samples, frames, size, classes)
        require(len(self.samples) > 0, "samples: there are none")
        require(is_count(batch), f"batch={batch!r} must be a whole number from 1 up")
        require(workers is None or is_count(workers), f"workers={workers!r} must be None or a whole number from 1 up")
        require(seed == 0 or is_count(seed), f"seed={seed!r} must be a whole number from 0 up")
        require(on_error in ("raise", "skip"), f"on_error={on_error!r} must be raise or skip")
        check_sampling(frames, sampling, 1)
        _check_augment(augment, shuffle, sampling, self.classes)
        large = frames > 1 and min(size) >= SMALLEST
        require(large or not flow, f"flow needs 2 frames or more of {SMALLEST}x{SMALLEST} pixels or more")
        self.frames, self.size, self.batch, self.shuffle, self.seed = frames, tuple(size), batch, shuffle, seed
        self.augment, self.flow, self.sampling, self.on_error = augment, flow, sampling, on_error
        self.workers = workers or os.cpu_count()
        self.steps = -(-len(self.samples) // batch)
        self.skipped = {}
        self._lock, self._failure, self._warned = Lock(), None, 0

        files = sum(not isinstance(sample.source, np.ndarray) for sample in self.samples)
        self._cache = open_cache(cache, limit_bytes, files * frames * int(np.prod(self.size)) * 3)
        anew = shuffle and sampling != "uniform"
        self._speed = augment is not None and augment.changes_speed
        self._whole = self._speed or (anew and self._cache is not None)  # decode all frames, then choose

    def __len__(self):
        return len(self.samples)

    @property
    def class_weights(self):
        counts = np.bincount(self.labels, minlength=len(self.classes))
        share = len(self.labels) / int(np.count_nonzero(counts))
        return {i: share / int(n) if n else 1.0 for i, n in enumerate(counts)}

    def epoch(self, k, start=0):
        """Epoch number `k` from batch `start` on.

        Returns
        -------
        tf.data.Dataset of clips (batch, frames, height, width, 3), float32 in [0, 1], and labels (batch,), int64.
        With `flow` {"clip": clips, "flow": (batch, frames - 1, height, width, 2) float32} stands for the clips.
        """
        require(k == 0 or is_count(k), f"k={k!r} must be a whole number from 0 up")
        in_range = (start == 0 or is_count(start)) and start <= self.steps
        require(in_range, f"start={start!r} must be a whole number from 0 to {self.steps}, the batches of an epoch")
        from vidlab.quiet import tensorflow as tf

        order = np.arange(len(self))
        if self.shuffle:
            order = np.random.default_rng([1, self.seed, k]).permutation(order)
        order = order[start * self.batch :]
        run = _Pass(k, order)
        parts = {"clip": (tf.uint8, (self.frames, *self.size, 3)), "label": (tf.int64, ()), "kept": (tf.bool, ())}
        if self.flow:
            parts["flow"] = (tf.float32, (self.frames - 1, *self.size, 2))
        types, shapes = zip(*parts.values(), strict=True)

        def load(place):
            # stateless, or under tf.config.experimental.enable_op_determinism one clip would wait for the other
            values = tf.numpy_function(lambda place: self._load(run, int(place)), [place], types, stateful=False)
            return {name: tf.ensure_shape(*pair) for name, *pair in zip(parts, values, shapes, strict=True)}

        def finish(part):
            kept = tf.ensure_shape(part.pop("kept"), (None,))
            if self.on_error == "skip":
                part = {name: tf.boolean_mask(value, kept) for name, value in part.items()}
            label, clip = part.pop("label"), tf.cast(part.pop("clip"), tf.float32) * np.float32(1 / 255)
            return ({"clip": clip, **part} if self.flow else clip), label

        data = tf.data.Dataset.range(len(order))
        data = data.map(load, num_parallel_calls=self.workers, deterministic=True).batch(self.batch).map(finish)
        if self.on_error == "skip":
            data = data.filter(lambda clips, labels: tf.size(labels) > 0)
        options = tf.data.Options()
        options.threading.private_threadpool_size = self.workers + 1  # decoding must not hold up the model's threads
        return data.prefetch(1).with_options(options)

    @contextmanager
    def errors(self):
        """Raise what went wrong with a file as the VideoError that it was, not as what TensorFlow makes of it.

        ``with batches.errors(): model.fit(batches.epoch(0))``
        """
        from vidlab.quiet import tensorflow as tf

        self._failure = None
        try:
            yield
        except tf.errors.OpError:
            if self._failure is None:
                raise
            raise self._failure[-1] from None

    def _load(self, run, place):
        """The clip at a place of a pass: its frames (uint8), label, whether there is one, and its flow if wanted."""
        i, kept = int(run.order[place]), True
        label = self.labels[i]
        try:
            clip, label = self._clip(run.k, i)
        except video.VideoError as error:
            if self.on_error == "raise":
                raise self._failed(run, place, error) from None
            with self._lock:
                self.skipped[self.samples[i].source] = str(error)
            clip, kept = np.zeros((self.frames, *self.size, 3), np.uint8), False
        except (OSError, MemoryError, ValueError) as error:
            raise self._failed(run, place, error) from None
        with self._lock:
            self._count(run, place, kept)
        return (clip, label, kept, optical_flow(clip)) if self.flow else (clip, label, kept)

    def _clip(self, k, i):
        """Sample i as it is in epoch k: its frames and its label."""
        seed = None
        if self.sampling != "uniform" and (self.shuffle or self.sampling == "random"):
            seed = [2, self.seed, k if self.shuffle else 0, i]
        drawn, label = None, self.labels[i]
        if self.augment is not None:
            drawn, label = self.augment.draw_labelled([3, self.seed, k, i], label, self.classes)
        chosen = (None, self.size, "all", None) if self._whole else (self.frames, self.size, self.sampling, seed)
        clip = self._cached(self.samples[i], chosen)
        if self._speed:
            clip = clip[drawn.positions(len(clip), self.frames, self.sampling)]
        elif self._whole:
            clip = clip[video.indices(len(clip), self.frames, self.sampling, seed)]
        return (drawn.apply(clip) if drawn else clip), label

    def _cached(self, sample, chosen):
        if self._cache is None or isinstance(sample.source, np.ndarray):
            return decode(sample, *chosen)
        return self._cache(sample, chosen, lambda: decode(sample, *chosen))

    def _failed(self, run, place, error):
        """Remember what went wrong, of several things in a pass the first in its order; and give it back."""
        with self._lock:
            if self._failure is None or self._failure[0] is not run or place < self._failure[1]:
                self._failure = run, place, error
        return error

    def _count(self, run, place, kept):
        """At the end of a pass say how many files were left out."""
        run.left, run.kept = run.left - 1, run.kept + kept
        if run.left or not self.skipped:
            return
        some = ", ".join(map(str, list(self.skipped)[:3])) + (", ..." if len(self.skipped) > 3 else "")
        if not run.kept:
            self._failure = run, place, video.VideoError(f"none of the {len(self.skipped)} files can be read: {some}")
            raise self._failure[-1]
        if len(self.skipped) > self._warned:
            self._warned = len(self.skipped)
            warnings.warn(
                f"{self._warned} of {len(self)} files cannot be read and are left out: {some}; .skipped says why",
                stacklevel=2,
            )


class _Pass:
    """One pass over an epoch: the samples in their order, how many of them are left, how many were kept."""

    def __init__(self, k, order):
        self.k, self.order, self.left, self.kept = k, order, len(order), 0


def _check_augment(augment, shuffle, sampling, classes):
    if augment is None:
        return
    kind = isinstance(augment, Augment)
    require(kind, f"augment={augment!r} must be None or an Augment, such as Augment(crop=0.7, flip=True)")
    require(shuffle, "augment is for training: give shuffle=True with it, or leave it out for evaluation")
    fits = not augment.changes_speed or sampling in ("uniform", "dense")
    require(fits, f"sampling={sampling!r} has no speed to change; use uniform or dense, or an Augment without speed")
    augment.warn_of(classes)
