"""The head on ready features: scikit-learn's answers, from one Keras model that holds all it needs."""

import shutil

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vidlab import datasets, training
from vidlab.clips import Frames
from vidlab.training import Rows
from vidlab.video import VideoError

import keras  # isort: skip

SHAPE = 3, 4, 4, 3


def features(units=5):
    """A made-up model of features, of which one never changes."""
    keras.utils.set_random_seed(1)
    clip = keras.Input(SHAPE, name="clip")
    row = keras.layers.Dense(units, activation="tanh")(keras.layers.Flatten()(clip))
    return keras.Model(clip, keras.layers.Concatenate()([row, 0 * row[:, :1] + 2.0]))


def clips(n, classes, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    return (rng.random((n, *SHAPE)) * 0.4 + 0.5 * labels[:, None, None, None, None] / classes).astype(
        np.float32
    ), labels


@pytest.mark.parametrize("classes", [2, 4])
def test_it_answers_as_scikit_learn(classes):
    model = features()
    (x, y), (x_val, y_val) = clips(60, classes, 0), clips(30, classes, 1)
    learn, check = (training.rows_of(model, data, batch=7) for data in ((x, y), (x_val, y_val)))
    assert np.allclose(learn.x, model(x), atol=1e-6) and np.array_equal(learn.y, y)
    head = training.fit_head(model, learn, check, classes)
    ways = [make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=3000)).fit(learn.x[:, :5], y)
            for c in training.heads.STRENGTHS]  # fmt: skip
    said = [way.predict_proba(check.x[:, :5]) for way in ways]
    wanted = min(said, key=lambda p: -np.log(p[np.arange(30), y_val]).mean())
    assert np.allclose(head(x_val), wanted, atol=1e-4)
    assert head.output_shape == (None, classes) and head.name == "head_on_all"
    assert (np.asarray(head(x_val)).argmax(axis=1) == y_val).mean() > 1 / classes + 0.2


def test_a_block_that_knows_is_not_drowned_by_one_that_is_larger():
    rng = np.random.default_rng(0)
    sets = []
    for n in (40, 40, 200):
        y = rng.integers(0, 3, n)
        noise, knows = rng.normal(size=(n, 600)), np.eye(3)[y] + 0.3 * rng.normal(size=(n, 3))
        sets.append(Rows(np.concatenate([noise, knows], axis=1).astype(np.float32), y))
    learn, check, test = sets
    given = keras.Input((603,))
    features = keras.Model(given, keras.layers.Identity()(given))
    score = lambda head: (np.asarray(head(test.x)).argmax(axis=1) == test.y).mean()  # noqa: E731
    apart = training.fit_head(features, learn, check, 3, blocks={"noise": 600, "knows": 3})
    together = training.fit_head(features, learn, check, 3)
    assert apart.name == "head_on_knows" and score(apart) > 0.9 > score(together) + 0.1
    with pytest.raises(ValueError, match="blocks: 602 features together; a row has 603"):
        training.fit_head(features, learn, check, 3, blocks={"noise": 599, "knows": 3})


def test_two_blocks_that_know_each_a_half_are_averaged():
    rng = np.random.default_rng(0)
    sets = []
    for n in (200, 100, 200):
        y = rng.integers(0, 4, n)
        one, other = (np.eye(2)[part] + 0.3 * rng.normal(size=(n, 2)) for part in (y // 2, y % 2))
        sets.append(Rows(np.concatenate([one, other], axis=1).astype(np.float32), y))
    given = keras.Input((4,))
    features = keras.Model(given, keras.layers.Identity()(given))
    head = training.fit_head(features, *sets[:2], 4, blocks={"one": 2, "other": 2})
    assert head.name == "head_on_all"
    assert (np.asarray(head(sets[2].x)).argmax(axis=1) == sets[2].y).mean() > 0.85


def test_rows_are_kept_until_file_or_network_is_another(tmp_path, monkeypatch):
    samples = datasets.embedded()[:3]
    files = [shutil.copy(one.source, tmp_path / f"{k}.mp4") for k, one in enumerate(samples)]
    (tmp_path / "bad.mp4").write_bytes(b"no video at all")
    samples = [datasets.Sample(str(file), str(k)) for k, file in enumerate(files)]
    samples.insert(1, datasets.Sample(str(tmp_path / "bad.mp4"), "0"))
    data = datasets.Batches(samples, Frames(3, (4, 4)), batch=2, on_error="skip")
    model, computed = features(), []
    monkeypatch.setattr(
        training.heads, "load_clips", lambda some, *a, **k: computed.append(some) or datasets.load_clips(some, *a, **k)
    )
    plain = training.rows_of(model, data)
    for times in (4, 5):  # the bad one is tried again
        kept = training.rows_of(model, data, cache=tmp_path / "kept")
        assert np.allclose(kept.x, plain.x, atol=1e-6) and kept.y.tolist() == [0, 1, 2] and len(computed) == times
    shutil.copy(files[2], files[0])
    other = training.rows_of(model, data, cache=tmp_path / "kept")
    assert np.allclose(other.x[0], kept.x[2], atol=1e-6) and len(computed) == 7
    model.set_weights([2 * w for w in model.get_weights()])
    training.rows_of(model, data, cache=tmp_path / "kept")
    assert len(computed) == 11
    strict = datasets.Batches(samples, Frames(3, (4, 4)), batch=2)
    with pytest.raises(VideoError, match="bad.mp4"):
        training.rows_of(model, strict, cache=tmp_path / "kept")


def test_a_saved_head_answers_the_same(tmp_path):
    model = features()
    x, y = clips(40, 3, 0)
    rows = training.rows_of(model, (x, y))
    head = training.fit_head(model, rows, rows, 3)
    training.save(tmp_path / "head.keras", head, "abc")
    assert np.array_equal(training.load(tmp_path / "head.keras").model(x), head(x))


def test_a_class_without_clips_is_told():
    rows = Rows(np.zeros((3, 2)), np.array([0, 0, 2]))
    with pytest.raises(ValueError, match="no clip of class 1"):
        training.fit_head(features(1), rows, rows, 3)
