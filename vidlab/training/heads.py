"""A small classifier on features that somebody else's networks give: trained in seconds, from few clips."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression

from vidlab.datasets import Batches, load_clips
from vidlab.datasets.cache import open_cache
from vidlab.tensorflow import tf
from vidlab.training.inputs import ArrayBatches
from vidlab.video import VideoError

STRENGTHS = 0.001, 0.01, 0.1, 1.0, 10.0  # of C, the weight of the clips against small weights


@dataclass(frozen=True)
class Rows:
    """Features of clips, (clips, features), and their labels."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self):
        return len(self.y)


def rows_of(features: keras.Model, data, batch: int = 8, progress=None, *, cache=None) -> Rows:
    """What a model of features, such as `models.clip_features`, says of clips.

    Parameters
    ----------
    features
        (clip) -> (features,).
    data
        `Batches`, or (clips, labels) in memory.
    progress
        Called with the number of clips that are done.
    cache
        A folder: the row of each file of the `Batches` is kept there, and computed again only when the file, the
        frames that are taken of it or the weights of `features` are others.

    Examples
    --------
    >>> clip = keras.Input((2, 4, 4, 3))
    >>> mean = keras.Model(clip, keras.layers.GlobalAveragePooling3D()(clip))
    >>> rows_of(mean, (np.zeros((5, 2, 4, 4, 3), np.float32), np.arange(5))).x.shape
    (5, 3)
    """
    if cache is not None and isinstance(data, Batches):
        return _kept_rows(features, data, cache, progress)
    batches = data if isinstance(data, Batches) else ArrayBatches(*map(np.asarray, data), batch, shuffle=False)
    answer = tf.function(lambda x: features(x, training=False), reduce_retracing=True)
    found, labels = [], []
    with batches.errors():
        for x, y in batches.epoch(0):
            found.append(answer(x).numpy())
            labels.append(np.asarray(y))
            if progress is not None:
                progress(sum(map(len, labels)))
    return Rows(np.concatenate(found), np.concatenate(labels))


def _kept_rows(features, data, cache, progress):
    keep, answer = open_cache(cache, None, 0), tf.function(lambda x: features(x, training=False))
    network = hashlib.sha256(b"".join(np.ascontiguousarray(w).tobytes() for w in features.get_weights())).hexdigest()
    settings = "rows", network, features.input_shape, features.output_shape, data.frames

    def row(sample):
        return answer(load_clips([sample], data.frames, classes=data.classes)[0])[0].numpy()

    found, labels = [], []
    for sample, label in zip(data.samples, data.labels, strict=True):
        try:
            inside = isinstance(sample.source, np.ndarray)  # in memory, there is no file to go by
            found.append(row(sample) if inside else keep(sample, settings, partial(row, sample)))
            labels.append(label)
        except VideoError as error:
            if data.on_error == "raise":
                raise
            data.skipped[sample.source] = str(error)
        if progress is not None:
            progress(len(labels))
    if data.skipped:
        data.tell_skipped(len(found))
    return Rows(np.stack(found), np.array(labels))


def fit_head(
    features: keras.Model, learn: Rows, check: Rows, classes: int, *, blocks: Mapping[str, int] | None = None
) -> keras.Model:
    """Multinomial logistic regression on scaled features, put together with them to one Keras model.

        p = softmax(W^T (z - m) / s + b)

    with m and s the mean and deviation of each feature over the clips to learn from. How strongly W is held small is
    the choice with the smallest cross-entropy on `check`. Features of several networks are not thrown together, or
    those of the network that has more of them drown the others: each block has a head of its own, the mean of their
    probabilities is one more candidate, and again the smallest cross-entropy on `check` decides.

    Parameters
    ----------
    features
        The model that gave the rows.
    learn, check
        Rows to learn from, and to choose by.
    classes
        How many.
    blocks
        {name: features} of the networks side by side in a row, in their order; one block where None.

    Returns
    -------
    keras.Model
        Clips to probabilities. Its name is head_on_ and the block's name, or head_on_all.

    Raises
    ------
    ValueError
        A class has no clip to learn from, or the blocks are not the row.

    Examples
    --------
    >>> row = keras.Input((2,))
    >>> rows = Rows(np.array([[0.0, 5.0], [1.0, 5.0], [0.1, 5.0], [0.9, 5.0]]), np.array([0, 1, 0, 1]))
    >>> head = fit_head(keras.Model(row, keras.layers.Identity()(row)), rows, rows, classes=2)
    >>> np.asarray(head(rows.x)).argmax(axis=1).tolist()
    [0, 1, 0, 1]
    """
    missing = sorted(set(range(classes)) - set(learn.y.tolist()))
    if missing:
        raise ValueError(f"learn: there is no clip of class {missing[0]}")
    blocks = dict(blocks or {"all": learn.x.shape[1]})
    if sum(blocks.values()) != learn.x.shape[1]:
        raise ValueError(f"blocks: {sum(blocks.values())} features together; a row has {learn.x.shape[1]}")
    heads, first = {}, 0
    for name, width in blocks.items():
        heads[name] = _head(learn, check, slice(first, first + width), classes)
        first += width
    losses = {name: _loss(p, check.y) for name, (_, _, p) in heads.items()}
    if len(blocks) > 1:
        losses["all"] = _loss(np.mean([p for _, _, p in heads.values()], axis=0), check.y)
    chosen = min(losses, key=losses.get)
    used = list(heads) if chosen == "all" else [chosen]
    layers = {name: keras.layers.Dense(classes, activation="softmax", name=f"head_on_{name}") for name in used}
    outputs = [layer(features.output) for layer in layers.values()]
    output = keras.layers.Average(name="mean_of_heads")(outputs) if len(outputs) > 1 else outputs[0]
    model = keras.Model(features.input, output, name=f"head_on_{chosen}")
    for name, layer in layers.items():
        layer.set_weights(heads[name][:2])
    return model


def _head(learn, check, own, classes):
    """(W, b) over the whole row, 0 outside of the block `own`, and the probabilities of `check`."""
    x = learn.x[:, own]
    m, s = x.mean(axis=0), x.std(axis=0)
    s = np.where(s > 1e-6 * np.abs(m).max(), s, np.inf)  # what never changes tells nothing
    scaled, checked = (x - m) / s, (check.x[:, own] - m) / s
    fitted = [LogisticRegression(C=c, max_iter=3000).fit(scaled, learn.y) for c in STRENGTHS]
    best = min(fitted, key=lambda one: _loss(one.predict_proba(checked), check.y))
    W, b = best.coef_.T, best.intercept_
    if classes == 2:  # scikit-learn keeps one column then
        W, b = np.concatenate([-W, W], axis=1) / 2, np.concatenate([-b, b]) / 2
    whole = np.zeros((learn.x.shape[1], classes))
    whole[own] = W / s[:, None]
    return whole, b - (m / s) @ W, best.predict_proba(checked)


def _loss(p, y):
    return -np.log(np.maximum(p[np.arange(len(y)), y], 1e-12)).mean()
