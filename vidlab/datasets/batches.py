"""Samples as batches for training, decoded while the model works."""

import os
import warnings
from contextlib import contextmanager
from threading import Lock

import numpy as np

from vidlab import video
from vidlab.datasets.arrays import checked, decode
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
    shuffle : another order each epoch; without it, that of `samples`.
    seed : whole number from 0 up.
    workers : clips that are decoded at the same time; None: one for each core.
    sampling : as in `video.indices`. What it leaves to chance is drawn anew each epoch where `shuffle` is set, and
        without it (for evaluation) is the middle.
    on_error : "raise" stops at a file that cannot be read; "skip" leaves it out of its batch, which gets smaller,
        and warns once, with the count.

    Attributes
    ----------
    classes : list of str. labels : (n,) int64, in the order of `samples`. class_weights : {number: weight}, so
    that each class weighs the same in sum. steps : batches in an epoch. len(batches) : clips in an epoch.
    skipped : {source: reason}, files that could not be read so far.

    Raises
    ------
    ValueError : an argument is out of its range.
    VideoError : a file cannot be read; from within TensorFlow it comes as a `tf.errors.OpError`: see `errors`.
    """

    def __init__(self, samples, frames=16, size=(48, 48), batch=16, classes=None, augment=None, shuffle=False, seed=0,
                 flow=False, workers=None, sampling="uniform", cache=False, on_error="raise"):  # fmt: skip
        self.samples, self.classes, self.labels = checked(samples, frames, size, classes)
        require(len(self.samples) > 0, "samples: there are none")
        require(is_count(batch), f"batch={batch!r} must be a whole number from 1 up")
        require(workers is None or is_count(workers), f"workers={workers!r} must be None or a whole number from 1 up")
        require(seed == 0 or is_count(seed), f"seed={seed!r} must be a whole number from 0 up")
        require(on_error in ("raise", "skip"), f"on_error={on_error!r} must be raise or skip")
        check_sampling(frames, sampling, 1)
        self.frames, self.size, self.batch, self.shuffle, self.seed = frames, tuple(size), batch, shuffle, seed
        self.sampling, self.workers, self.on_error = sampling, workers or os.cpu_count(), on_error
        self.steps = -(-len(self.samples) // batch)
        self.skipped = {}
        self._lock, self._failure, self._warned = Lock(), None, 0

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
        """
        require(k == 0 or is_count(k), f"k={k!r} must be a whole number from 0 up")
        in_range = (start == 0 or is_count(start)) and start <= self.steps
        require(in_range, f"start={start!r} must be a whole number from 0 to {self.steps}, the batches of an epoch")
        from vidlab.quiet import tensorflow as tf

        order = np.arange(len(self))
        if self.shuffle:
            order = np.random.default_rng([1, self.seed, k]).permutation(order)
        order = order[start * self.batch :]
        passed = _Pass(len(order))

        def load(i):
            # stateless, or under tf.config.experimental.enable_op_determinism one clip would wait for the other
            clip, label, kept = tf.numpy_function(
                lambda i: self._load(k, int(i), passed), [i], (tf.uint8, tf.int64, tf.bool), stateful=False
            )
            return tf.ensure_shape(clip, (self.frames, *self.size, 3)), tf.ensure_shape(label, ()), kept

        def finish(clips, labels, kept):
            if self.on_error == "skip":
                clips, labels = tf.boolean_mask(clips, tf.ensure_shape(kept, (None,))), tf.boolean_mask(labels, kept)
            return tf.cast(clips, tf.float32) * np.float32(1 / 255), labels

        data = tf.data.Dataset.from_tensor_slices(order)
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

        try:
            yield
        except tf.errors.OpError:
            if self._failure is None:
                raise
            raise self._failure from None

    def _load(self, k, i, passed):
        """Sample i as it is in epoch k: a clip (uint8), its label, and whether there is one."""
        source, kept = self.samples[i].source, True
        try:
            clip = self._clip(k, i)
        except video.VideoError as error:
            with self._lock:
                if self.on_error == "raise":
                    self._failure = error
                    raise
                self.skipped[source] = str(error)
            clip, kept = np.zeros((self.frames, *self.size, 3), np.uint8), False
        with self._lock:
            self._count(passed, kept)
        return clip, self.labels[i], kept

    def _clip(self, k, i):
        seed = [2, self.seed, k, i]
        return decode(self.samples[i], self.frames, self.size, self.sampling, seed if self.shuffle else None)

    def _count(self, passed, kept):
        """At the end of a pass say how many files were left out."""
        passed.left, passed.kept = passed.left - 1, passed.kept + kept
        if passed.left or not self.skipped:
            return
        some = ", ".join(map(str, list(self.skipped)[:3])) + (", ..." if len(self.skipped) > 3 else "")
        if not passed.kept:
            self._failure = video.VideoError(f"none of the {len(self.skipped)} files can be read: {some}")
            raise self._failure
        if len(self.skipped) > self._warned:
            self._warned = len(self.skipped)
            warnings.warn(
                f"{self._warned} of {len(self)} files cannot be read and are left out: {some}; .skipped says why",
                stacklevel=2,
            )


class _Pass:
    """One pass over an epoch: how many samples are left, how many were kept."""

    def __init__(self, left):
        self.left, self.kept = left, 0
