"""A worker's steps: a share of each batch, and the sum of all workers' gradients.

    L = (1 / n) sum_workers sum_(x, y in its share) l(f(x), y),   n = clips of the whole batch

so the loss, its gradient and the new weights are those of one process that takes the whole batch; batch normalisation
takes the mean and the variance of the whole batch, too. Source: tf.distribute.MultiWorkerMirroredStrategy's guide.
"""

import os
from contextlib import suppress
from pathlib import Path

import keras
import numpy as np

from vidlab import video
from vidlab.tensorflow import tf
from vidlab.training.fitting import answer_of, sums, synchronize


class Worker:
    """One of many workers: this process. Make it before any tensor; give it to `training.fit` as `workers`.

    Parameters
    ----------
    log
        File that is touched at each step, so that the parent sees that there is one; or None.

    Attributes
    ----------
    number, count
        Which worker this is, and of how many.
    """

    def __init__(self, log: str | Path | None = None):
        gpus = tf.config.list_physical_devices("GPU")
        if gpus:  # each worker takes one
            number = int(os.environ.get("VIDLAB_GPU", 0))
            tf.config.set_visible_devices(gpus[number % len(gpus)], "GPU")
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy()
        self.number = self._strategy.cluster_resolver.task_id or 0
        self.count = self._strategy.num_replicas_in_sync
        self.log, self._steps = log, {}
        # what Keras keeps of an epoch, in the order in which a checkpoint holds it
        self._sums = keras.metrics.Mean(name="loss"), keras.metrics.Mean(name="accuracy")

    @property
    def chief(self):
        """Is this the worker that writes?"""
        return self.number == 0

    def scope(self):
        """Where the model and its optimizer must be made."""
        return self._strategy.scope()

    def compiled(self, model):
        """Has the model an optimizer? (The loss is cross-entropy here, and accuracy is counted, in any case.)"""
        return model.compiled

    def prepare(self, model):
        """The variables of what is kept of an epoch so far, for a checkpoint."""
        return [variable for mean in self._sums for variable in mean.variables]

    def go_on(self, variables):
        """An epoch was begun, and `variables` are as they were then."""

    def train(self, model, batches, k, start, steps, class_weights, after_step):
        """Learn from `steps` batches of epoch k, from batch `start` on. Returns the means over the epoch so far."""
        if not start:
            for mean in self._sums:
                mean.reset_state()
        done = start
        for data, times in self._shares(batches, k, start, steps):
            step = self._step(model, data.element_spec, class_weights)
            for x, y in data:
                done += 1
                loss, hits, n = (float(value) / times for value in step(*_with_weights(x, y)))
                for mean, value in zip(self._sums, (loss, hits), strict=True):
                    mean.update_state(value / max(n, 1.0), sample_weight=n)
                print(f"step {done} of epoch {k + 1}: loss {loss / max(n, 1.0):.6f}", flush=True)
                self._alive()
                after_step()
        return {mean.name: float(mean.result()) for mean in self._sums}

    def _shares(self, batches, k, start, steps):
        """(batches, how many workers take the same) of an epoch: nearly all are shared out.

        Layers cannot do with an empty batch. So where the last has fewer clips than there are workers, each takes all
        of it: the mean of as many equal parts.
        """
        steps, few = min(steps, batches.steps - start), len(batches) % batches.batch
        at_end = few < self.count and few > 0 and start + steps == batches.steps
        yield batches.epoch(k, start, (self.number, self.count)).take(steps - at_end), 1
        if at_end:
            yield batches.epoch(k, batches.steps - 1, keep_empty=True), self.count

    def evaluate(self, model, batches):
        """Loss and accuracy: each worker looks at its share."""
        answer = self._steps.setdefault((id(model), "answer"), answer_of(model))
        own = sums(answer, batches.epoch(0, 0, (self.number, self.count)), self._alive)
        loss, hits, n = map(float, self._sum(own))
        if not n:
            raise video.VideoError("none of the files for validation can be read")
        return {"loss": loss / n, "accuracy": hits / n}

    def wait_for_all(self):
        """Come back when all workers have come here: none may end before the others are done."""
        self._sum(np.zeros(3))

    def _sum(self, values):
        return self._add(tf.constant(values, tf.float32)).numpy()

    @tf.function
    def _add(self, values):
        def add(values):  # tf.identity lies on this worker's device, which the sum asks for
            everyone = tf.distribute.get_replica_context()
            return everyone.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(values))

        return self._strategy.run(add, args=(values,))

    def _alive(self):
        """Let the parent see that something moves, also where it does not look into the log."""
        if self.log:
            with suppress(OSError):
                os.utime(self.log)

    def _step(self, model, spec, class_weights):
        """A step on a share of a batch: (sum of losses, right ones, clips), of the whole batch.

        All workers must trace it once and alike, or their collectives no longer fit together: hence the signature.
        """
        form = spec[0] if isinstance(spec[0], tf.TensorSpec) else tuple(sorted(spec[0]))
        key = id(model), id(model.optimizer), form, tuple(sorted((class_weights or {}).items()))
        if key in self._steps:
            return self._steps[key]
        synchronize(model, 2)  # if this is the only worker, too: the sums of one are its own
        weights_spec = tf.TensorSpec((None,), tf.float32)
        by_class = tf.constant([(class_weights or {}).get(i, 1.0) for i in range(model.output_shape[-1])], tf.float32)

        def share(x, y, counts):
            everyone, y = tf.distribute.get_replica_context(), tf.cast(y, tf.int64)
            n = everyone.all_reduce(tf.distribute.ReduceOp.SUM, tf.reduce_sum(counts))
            with tf.GradientTape() as tape:
                p = model(x, training=True)
                losses = keras.losses.sparse_categorical_crossentropy(y, p) * tf.gather(by_class, y) * counts
                mean = tf.reduce_sum(losses) / tf.maximum(n, 1.0)  # this worker's part of it
                loss = mean + tf.add_n(model.losses) / self.count if model.losses else mean
            weights = model.trainable_variables
            # Keras adds the workers' gradients up before it applies them
            model.optimizer.apply(tape.gradient(loss, weights), weights)
            hits = tf.reduce_sum(counts * tf.cast(tf.equal(tf.argmax(p, axis=1), y), tf.float32))
            total, hits = everyone.all_reduce(tf.distribute.ReduceOp.SUM, [loss * tf.maximum(n, 1.0), hits])
            return total, hits, n

        step = tf.function(
            lambda x, y, counts: self._strategy.run(share, args=(x, y, counts)), input_signature=(*spec, weights_spec)
        )
        self._steps[key] = step
        return step


def _with_weights(x, y):
    """A share of a batch and what its clips count: one each. Of none, as where files cannot be read, a black clip
    that counts nothing (but batch normalisation sees it).
    """
    if len(y):
        return x, y, tf.ones(len(y))
    black = tf.nest.map_structure(lambda part: tf.zeros((1, *part.shape[1:]), part.dtype), x)
    return black, tf.zeros(1, y.dtype), tf.zeros(1)
