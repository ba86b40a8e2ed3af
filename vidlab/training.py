"""Train a model, watch it, and say how good it is."""

from dataclasses import dataclass
from time import monotonic

import numpy as np

import vidlab.quiet  # noqa: F401 - first, so that TensorFlow starts without its stderr lines

import keras  # isort: skip
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from vidlab import figures

# --------------------------------------------------------------------------------------------- training


def fit(model, train, validation=None, epochs=14, batch=16, learning_rate=3e-3, live=True):
    """Train a classifier with Adam, the learning rate falling to zero along a cosine.

    Kingma and Ba, Adam, ICLR 2015; Loshchilov and Hutter, SGDR, ICLR 2017. For the same result twice, call
    `keras.utils.set_random_seed` before the model is made.

    Parameters
    ----------
    model : keras.Model that gives class probabilities.
    train, validation : (clips, labels), as `datasets.load_clips` returns them.
    learning_rate : where the cosine starts.
    live : draw the curves while it trains (in a notebook).

    Returns
    -------
    dict : loss, accuracy and, with `validation`, val_loss and val_accuracy: a list each, an entry an epoch.
    """
    clips, labels = _pair("train", train, model)
    if epochs < 1 or batch < 1:
        raise ValueError(f"epochs={epochs} and batch={batch} must be at least 1")
    steps = epochs * int(np.ceil(len(clips) / batch))
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps)),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    watch = [_LiveCurves(model.name, epochs)] if live else []
    data = None if validation is None else _pair("validation", validation, model)
    history = model.fit(
        clips, labels, batch_size=batch, epochs=epochs, validation_data=data, callbacks=watch, verbose=0
    )
    return history.history


class _LiveCurves(keras.callbacks.Callback):
    """One picture in the notebook, drawn again after an epoch, but not more than once a second."""

    def __init__(self, name, epochs):
        super().__init__()
        self.name, self.epochs, self.seen, self.place = name, epochs, {}, None

    def on_train_begin(self, logs=None):
        self.start, self.drawn = monotonic(), -np.inf

    def on_epoch_end(self, epoch, logs=None):
        from IPython.display import display

        for key, value in (logs or {}).items():
            self.seen.setdefault(key, []).append(value)
        if monotonic() - self.drawn < 1 and epoch + 1 < self.epochs:
            return
        self.drawn = monotonic()
        left = (self.drawn - self.start) / (epoch + 1) * (self.epochs - epoch - 1)
        to_go = f", about {left:.0f} s to go" if epoch + 1 < self.epochs else ""
        picture = figures.curves(self.seen, f"{self.name}: epoch {epoch + 1} of {self.epochs}{to_go}")
        if self.place is None:
            self.place = display(picture, display_id=True)
        elif self.place:
            self.place.update(picture)


# ------------------------------------------------------------------------------------------- evaluation


@dataclass(frozen=True)
class Report:
    """How good a classifier is: `top1` is the accuracy, `interval` its 95% confidence interval (Wilson 1927),
    `per_class` the share of each class that was recognised, `confusion[i, j]` how many clips of class i were
    called j, `predicted` and `probabilities` what the model said of each clip."""

    top1: float
    interval: tuple[float, float]
    per_class: np.ndarray
    confusion: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray


def evaluate(model, data, batch=32):
    """Predict (clips, labels) once, and compare.

    Raises
    ------
    ValueError : there are no clips, or not as many labels.
    """
    clips, labels = _pair("data", data, model)
    probabilities = np.concatenate(
        [np.asarray(model(clips[i : i + batch], training=False)) for i in range(0, len(clips), batch)]
    )
    predicted = probabilities.argmax(1)
    confusion = confusion_matrix(labels, predicted, labels=np.arange(probabilities.shape[1]))
    right = int(np.trace(confusion))
    interval = binomtest(right, len(labels)).proportion_ci(method="wilson")
    per_class = np.diag(confusion) / np.maximum(confusion.sum(1), 1)
    return Report(right / len(labels), tuple(map(float, interval)), per_class, confusion, predicted, probabilities)


def _pair(name, data, model):
    """(clips, labels) as arrays that fit the model, or a ValueError that says what does not."""
    if not isinstance(model, keras.Model):
        raise ValueError(f"model: expected a keras.Model, got {type(model).__name__}; call the function that makes it")
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise ValueError(f"{name}: expected (clips, labels), as datasets.load_clips gives them")
    clips, labels = map(np.asarray, data)
    if not len(clips) or len(clips) != len(labels):
        raise ValueError(f"{name}: {len(clips)} clips and {len(labels)} labels; as many of each are needed, and some")
    wanted = model.input_shape[1:]
    if clips.dtype.kind != "f" or clips.shape[1:] != wanted:
        raise ValueError(
            f"{name}: the model takes clips of shape {wanted}, floats from 0 to 1; these are {clips.dtype} of shape "
            f"{clips.shape[1:]}"
        )
    classes = model.output_shape[-1]
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"{name}: labels must be a row of whole numbers from 0 to {classes - 1}, one for each clip")
    return clips, labels


# ------------------------------------------------------------------------------------------- comparison


def shuffle_frames(clips, seed=0):
    """The same frames of each clip in random order: what is left of a clip without time."""
    clips = np.asarray(clips)
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(clips.shape[1]), (len(clips), 1)), axis=1)
    return clips[np.arange(len(clips))[:, None], order]


def compare(builders, train, validation, test, seeds=(0, 1, 2), **settings):
    """Train several models, each from several seeds, on the same data.

    Parameters
    ----------
    builders : functions (clip_shape, classes) -> keras.Model, such as `models.conv3d`.
    train, validation, test : (clips, labels).
    settings : for `fit`.

    Returns
    -------
    list of dict : model, seed, top1, interval, shuffled (top1 with the frames of each test clip shuffled),
        parameters, seconds (of training).
    """
    classes = int(max(labels.max() for _, labels in (train, validation, test))) + 1
    shuffled = shuffle_frames(test[0]), test[1]
    rows = []
    for build in builders:
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            model = build(train[0].shape[1:], classes)
            start = monotonic()
            fit(model, train, validation, **{"live": False, **settings})
            seconds = monotonic() - start
            report = evaluate(model, test)
            rows.append({
                "model": model.name, "seed": seed, "top1": report.top1, "interval": report.interval,
                "shuffled": evaluate(model, shuffled).top1, "parameters": model.count_params(),
                "seconds": round(seconds, 1),
            })  # fmt: skip
    return rows
