"""Train a classifier."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from time import monotonic
from typing import Literal

import keras
import numpy as np

from vidlab.clips import one_of
from vidlab.datasets import Batches, check_split
from vidlab.tensorflow import tf
from vidlab.training.checkpoints import Checkpoint
from vidlab.training.inputs import as_batches
from vidlab.training.watching import Bar, Curves, Lines, in_notebook


@dataclass(frozen=True)
class History:
    """Loss and accuracy after each epoch: a number each. The `val_` lists are empty where there was no validation."""

    loss: list[float]
    accuracy: list[float]
    val_loss: list[float]
    val_accuracy: list[float]


def compile(model: keras.Model, steps: int, *, learning_rate: float = 3e-3) -> keras.Model:
    """Compile a classifier with Adam, the learning rate falling to zero along a cosine within so many steps.

    Kingma and Ba, Adam, ICLR 2015; Loshchilov and Hutter, SGDR, ICLR 2017. `fit` does it unless it is told not to. In
    the scope of a `tf.distribute` strategy, make and compile the model there, and give `fit` learning_rate=None.

    >>> from vidlab import models
    >>> compile(models.frame_cnn((2, 8, 8, 3), classes=2), steps=100).compiled
    True
    """
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps)),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    return model


def fit(
    model: keras.Model,
    train: Batches | tuple[np.ndarray, np.ndarray],
    validation: Batches | tuple[np.ndarray, np.ndarray] | None = None,
    *,
    epochs: int = 14,
    steps: int | None = None,
    batch: int = 16,
    learning_rate: float | None = 3e-3,
    live: bool = True,
    resume: str | Path | None = None,
    every: float = 60.0,
    keep: Literal["best", "last"] = "best",
    patience: int | None = None,
    class_weights: dict[int, float] | None = None,
    seed: int = 0,
    workers=None,
) -> History:
    """Train a classifier.

    For the same result twice, call `keras.utils.set_random_seed` before the model is made.

    Parameters
    ----------
    model
        Gives class probabilities.
    train, validation
        `datasets.Batches`, or (clips, labels) as `datasets.load_clips` returns them.
    epochs
        How many times to go through `train`.
    steps
        How many batches to learn from instead: the last epoch ends where they are done.
    batch
        Clips a batch, for clips in memory (`Batches` know theirs).
    learning_rate
        Where the cosine of `compile` starts. None: the model is compiled already, and goes on with its optimizer.
    live
        Show how far it is: curves in a notebook, a bar in a terminal.
    resume
        A folder for checkpoints. Where it holds one, the training goes on from there, and ends with the same weights
        as one that was never stopped.
    every
        Seconds between checkpoints; there is one after each epoch, too.
    keep
        "best", with `validation`: the model ends with the weights of its best epoch (validation accuracy, then loss);
        or "last".
    patience
        Stop after as many epochs without a better one. None: never.
    class_weights
        {class number: weight}, such as `Batches.class_weights`.
    seed
        For the order of clips in memory.
    workers
        A `distributed.Worker`, which makes this process one of many that share each batch: all call `fit` alike, with
        a model made in its scope, and end with the same weights; the first writes the checkpoints, to a folder that
        all see.

    Raises
    ------
    ValueError
        An argument is out of its range, the data does not fit the model, or `resume` is of another training.
    VideoError
        A file of the `Batches` cannot be read.

    Examples
    --------
    >>> from vidlab import models
    >>> data = np.zeros((4, 2, 8, 8, 3), np.float32), np.array([0, 1, 0, 1])
    >>> history = fit(models.frame_cnn((2, 8, 8, 3), classes=2), data, epochs=3, live=False)
    >>> len(history.loss), history.val_loss
    (3, [])
    """
    if epochs < 1 or batch < 1 or (steps is not None and steps < 1):
        raise ValueError(f"epochs={epochs}, batch={batch} and steps={steps} must be at least 1")
    one_of("keep", keep, Literal["best", "last"])
    if patience is not None and (patience < 1 or validation is None):
        raise ValueError(f"patience={patience} must be at least 1, and needs validation")
    train = as_batches("train", train, model, batch, shuffle=True, seed=seed)
    if not train.shuffle:
        warnings.warn("train: the same order each epoch, which learns worse; give Batches shuffle=True", stacklevel=2)
    if validation is not None:
        validation = as_batches("validation", validation, model, 2 * batch)
    if isinstance(train, Batches) and isinstance(validation, Batches):
        sides = {"train": train, "val": validation}
        check_split([replace(s, split=side) for side, data in sides.items() for s in data.samples])
    steps = steps or epochs * train.steps
    epochs = -(-steps // train.steps)
    run = workers or _Alone(model)
    with run.scope():
        if learning_rate is not None:
            compile(model, steps, learning_rate=learning_rate)
        elif not run.compiled(model):
            raise ValueError('learning_rate=None needs a model that is compiled with metrics=["accuracy"]')
        setting = dict(epochs=epochs, learning_rate=learning_rate, steps=steps)
        state = _State(model, train, run, resume, every, setting)

    def after_step():
        state.after_step()
        watch.step()

    watch = (Lines if workers else Curves if in_notebook() else Bar) if live else _Nothing
    watch = watch(model.name, epochs, train.steps, state.epoch * train.steps + state.step)
    try:
        while state.epoch < epochs and not state.waited(patience):
            left = steps - state.epoch * train.steps - state.step
            with train.errors(), skipped_clips():
                logs = run.train(model, train, state.epoch, state.step, left, class_weights, after_step)
            if validation is not None:
                with validation.errors(), skipped_clips():
                    seen = run.evaluate(model, validation)
                logs |= {f"val_{name}": value for name, value in seen.items()}
            state.after_epoch(logs)
            watch.epoch(state.history, last=state.epoch == epochs or state.waited(patience))
    finally:
        watch.close()
        synchronize(model, 1)
    if keep == "best" and state.best is not None:
        model.set_weights(state.best)
    return History(**{field.name: state.history.get(field.name, []) for field in fields(History)})


@contextmanager
def skipped_clips():
    """Where clips may be skipped, Keras cannot know how many batches come, and must not warn that there are fewer."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input ran out of data")
        yield


def _metrics(model):
    """A compiled model's metrics; Keras makes their variables at the first step, and a checkpoint needs them before."""
    zeros = {x.name: np.zeros((1, *x.shape[1:]), np.float32) for x in model.inputs}
    model.test_on_batch(zeros if len(zeros) > 1 else next(iter(zeros.values())), np.zeros(1, np.int64))
    model.reset_metrics()
    return [metric for every in model.metrics for metric in getattr(every, "metrics", None) or [every]]


def synchronize(model, replicas):
    """Where each of several replicas has a part of a batch, batch normalisation must take the mean of all of it."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = replicas > 1


def answer_of(model):
    """A function of clips that gives a model's probabilities, on one device."""
    return tf.function(lambda x: model(x, training=False), reduce_retracing=True)


def sums(answer, data, after_batch=lambda: None):
    """(sum of the cross-entropies, right ones, clips) over batches, of which some may be empty."""
    total = np.zeros(3)
    for x, y in data:
        if len(y):
            p = answer(x)
            loss = keras.losses.sparse_categorical_crossentropy(y, p)
            total += float(tf.reduce_sum(loss)), int(np.sum(np.argmax(p, axis=1) == y)), len(y)
        after_batch()
    return total


class _Alone:
    """One process that takes whole batches: Keras's own loop."""

    chief = True

    def __init__(self, model):
        self.scope = model.distribute_strategy.scope  # that of several devices, where it was made in one
        self.devices = model.distribute_strategy.num_replicas_in_sync
        synchronize(model, self.devices)
        self._so_far = None  # the metrics of an epoch that was begun before

    def compiled(self, model):
        return model.compiled and "accuracy" in (metric.name for metric in _metrics(model))

    def prepare(self, model):
        """The variables of the metrics, for a checkpoint."""
        return [variable for metric in _metrics(model) for variable in metric.variables]

    def go_on(self, variables):
        """An epoch was begun: its metrics are set, and model.fit would reset them."""
        self._so_far = [(variable, np.asarray(variable)) for variable in variables]

    def train(self, model, batches, k, start, steps, class_weights, after_step):
        if len(batches) % batches.batch in range(1, self.devices):  # no device can do with an empty batch
            steps = min(steps, batches.steps - start - 1)
        data, each = batches.epoch(k, start).take(steps), _EachStep(self._so_far, after_step)
        self._so_far, before = None, int(model.optimizer.iterations.numpy())
        logs = model.fit(data, shuffle=False, verbose=0, class_weight=class_weights, callbacks=[each]).history
        # Keras finds the end of data whose length it does not know by a step that fails, and counts that one, too
        model.optimizer.iterations.assign(before + each.steps)
        return {name: values[0] for name, values in logs.items()}

    def evaluate(self, model, batches):
        if self.devices == 1:
            return model.evaluate(batches.epoch(0), verbose=0, return_dict=True)
        loss, hits, n = map(float, sums(answer_of(model), batches.epoch(0)))
        return {"loss": loss / n, "accuracy": hits / n}


class _State:
    """Where a training is, besides its variables; from and to a checkpoint."""

    def __init__(self, model, train, run, folder, every, setting):
        self.model, self.train, self.run, self.every, self.last = model, train, run, every, setting["steps"]
        self.epoch, self.step, self.history, self.rank, self.best_epoch = 0, 0, {}, None, 0
        self.best, self.checkpoint, self.written = None, None, monotonic()
        model.optimizer.build(model.trainable_variables)
        if folder is None:
            return
        setting |= {"clips": len(train), "seed": train.seed}
        metrics = run.prepare(model)
        self.checkpoint = Checkpoint(folder, model, metrics, setting)
        if found := self.checkpoint.read():
            facts, self.best = found
            for name, value in facts.items():
                setattr(self, name, value)
            if self.step:
                run.go_on(metrics)

    def after_step(self):
        self.step += 1
        at_end = self.step == self.train.steps or self.epoch * self.train.steps + self.step == self.last
        if self._writes and not at_end and monotonic() - self.written >= self.every:
            self.write()

    def after_epoch(self, logs):
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.epoch, self.step = self.epoch + 1, 0
        if "val_accuracy" in logs:
            rank = [logs["val_accuracy"], -logs["val_loss"]]
            if self.rank is None or rank > self.rank:
                self.rank, self.best_epoch, self.best = rank, self.epoch, self.model.get_weights()
        if self._writes:
            self.write()

    @property
    def _writes(self):
        return self.checkpoint is not None and self.run.chief

    def waited(self, patience):
        return patience is not None and self.epoch - self.best_epoch >= patience

    def write(self):
        facts = {name: getattr(self, name) for name in ("epoch", "step", "history", "rank", "best_epoch")}
        self.checkpoint.write(facts, self.best)
        self.written = monotonic()


class _EachStep(keras.callbacks.Callback):
    def __init__(self, so_far, after_step):
        super().__init__()
        self.so_far, self.after_step, self.steps = so_far or [], after_step, 0

    def on_epoch_begin(self, epoch, logs=None):
        for variable, value in self.so_far:
            variable.assign(value)

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        self.after_step()


class _Nothing:
    """No progress shown."""

    def __init__(self, *facts):
        pass

    def step(self):
        pass

    epoch = close = lambda self, *arguments, **named: None
