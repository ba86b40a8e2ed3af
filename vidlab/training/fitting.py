"""Train a classifier."""

import warnings
from dataclasses import replace
from time import monotonic

import keras
import numpy as np

from vidlab.datasets import Batches, check_split
from vidlab.training.checkpoints import Checkpoint
from vidlab.training.examples import examples
from vidlab.training.progress import Bar, Curves, in_notebook


def fit(model, train, validation=None, epochs=14, batch=16, learning_rate=3e-3, live=True, resume=None,
        every=60.0, keep="best", patience=None, class_weights=None, seed=0):  # fmt: skip
    """Train a classifier with Adam, the learning rate falling to zero along a cosine.

    Kingma and Ba, Adam, ICLR 2015; Loshchilov and Hutter, SGDR, ICLR 2017. For the same result twice, call
    `keras.utils.set_random_seed` before the model is made.

    Parameters
    ----------
    model : keras.Model that gives class probabilities.
    train, validation : `datasets.Batches`, or (clips, labels) as `datasets.load_clips` returns them.
    batch : clips a batch, for clips in memory (`Batches` know theirs).
    learning_rate : where the cosine starts.
    live : show how far it is: curves in a notebook, a bar in a terminal.
    resume : a folder for checkpoints. Where it holds one, the training goes on from there, and ends with the same
        weights as one that was never stopped.
    every : seconds between checkpoints; there is one after each epoch, too.
    keep : "best", with `validation`: the model ends with the weights of its best epoch (validation accuracy, then
        loss); or "last".
    patience : stop after as many epochs without a better one. None: never.
    class_weights : {class number: weight}, such as `Batches.class_weights`.
    seed : for the order of clips in memory.

    Returns
    -------
    dict : loss, accuracy and, with `validation`, val_loss and val_accuracy: a list each, an entry an epoch.

    Raises
    ------
    ValueError : an argument is out of its range, the data does not fit the model, or `resume` is of another training.
    VideoError : a file of the `Batches` cannot be read.
    """
    if epochs < 1 or batch < 1:
        raise ValueError(f"epochs={epochs} and batch={batch} must be at least 1")
    if keep not in ("best", "last"):
        raise ValueError(f"keep={keep!r} must be best or last")
    if patience is not None and (patience < 1 or validation is None):
        raise ValueError(f"patience={patience} must be at least 1, and needs validation")
    train = examples("train", train, model, batch, shuffle=True, seed=seed)
    if not train.shuffle:
        warnings.warn("train: the same order each epoch, which learns worse; give Batches shuffle=True", stacklevel=2)
    if validation is not None:
        validation = examples("validation", validation, model, 2 * batch)
    if isinstance(train, Batches) and isinstance(validation, Batches):
        sides = {"train": train, "val": validation}
        check_split([replace(s, split=side) for side, data in sides.items() for s in data.samples])
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, epochs * train.steps)),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    state = _State(model, train, resume, every, dict(epochs=epochs, learning_rate=learning_rate, steps=train.steps))
    watch = (Curves if in_notebook() else Bar) if live else _Nothing
    watch = watch(model.name, epochs, train.steps, state.epoch * train.steps + state.step)
    try:
        while state.epoch < epochs and not state.waited(patience):
            with train.errors(), warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Your input ran out of data")  # clips that were skipped are missing
                logs = model.fit(
                    train.epoch(state.epoch, state.step), shuffle=False, verbose=0, class_weight=class_weights,
                    callbacks=[_EachStep(state, watch)],
                ).history  # fmt: skip
            logs = {name: values[0] for name, values in logs.items()}
            if validation is not None:
                with validation.errors():
                    seen = model.evaluate(validation.epoch(0), verbose=0, return_dict=True)
                logs |= {f"val_{name}": value for name, value in seen.items()}
            state.after_epoch(logs)
            watch.epoch(state.history, last=state.epoch == epochs or state.waited(patience))
    finally:
        watch.close()
    if keep == "best" and state.best is not None:
        model.set_weights(state.best)
    return state.history


class _State:
    """Where a training is, besides its variables; from and to a checkpoint."""

    def __init__(self, model, train, folder, every, setting):
        self.model, self.train, self.every = model, train, every
        self.epoch, self.step, self.history, self.rank, self.best_epoch = 0, 0, {}, None, 0
        self.best, self.checkpoint, self.metrics, self.written = None, None, None, monotonic()
        if folder is None:
            return
        model.optimizer.build(model.trainable_variables)
        setting |= {"clips": len(train), "seed": train.seed}
        self._build_metrics()
        self.checkpoint = Checkpoint(folder, model, setting)
        if found := self.checkpoint.read():
            facts, self.best = found
            for name, value in facts.items():
                setattr(self, name, value)
            if self.step:  # model.fit will reset the metrics of the epoch that was begun
                self.metrics = [np.asarray(v) for v in self.checkpoint.variables["metrics"]]

    def _build_metrics(self):
        """Keras makes the metrics' variables at the first step; a checkpoint needs them before."""
        zeros = {x.name: np.zeros((1, *x.shape[1:]), np.float32) for x in self.model.inputs}
        inputs = zeros if len(zeros) > 1 else next(iter(zeros.values()))
        self.model.test_on_batch(inputs, np.zeros(1, np.int64))
        self.model.reset_metrics()

    def after_step(self):
        self.step += 1
        if self.checkpoint and self.step < self.train.steps and monotonic() - self.written >= self.every:
            self.write()

    def after_epoch(self, logs):
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.epoch, self.step = self.epoch + 1, 0
        if "val_accuracy" in logs:
            rank = [logs["val_accuracy"], -logs["val_loss"]]
            if self.rank is None or rank > self.rank:
                self.rank, self.best_epoch, self.best = rank, self.epoch, self.model.get_weights()
        if self.checkpoint:
            self.write()

    def waited(self, patience):
        return patience is not None and self.epoch - self.best_epoch >= patience

    def write(self):
        facts = {name: getattr(self, name) for name in ("epoch", "step", "history", "rank", "best_epoch")}
        self.checkpoint.write(facts, self.best)
        self.written = monotonic()


class _EachStep(keras.callbacks.Callback):
    def __init__(self, state, watch):
        super().__init__()
        self.state, self.watch = state, watch

    def on_epoch_begin(self, epoch, logs=None):
        if self.state.metrics is not None:
            for variable, value in zip(self.state.checkpoint.variables["metrics"], self.state.metrics, strict=True):
                variable.assign(value)
            self.state.metrics = None

    def on_train_batch_end(self, batch, logs=None):
        self.state.after_step()
        self.watch.step()


class _Nothing:
    """No progress shown."""

    def __init__(self, *facts):
        pass

    def step(self):
        pass

    epoch = close = lambda self, *arguments, **named: None
