"""Training and judging a model."""

import numpy as np
import pytest

from vidlab import models, training

import keras  # isort: skip

RNG = np.random.default_rng(0)
LABELS = np.arange(48) % 2
CLIPS = (RNG.random((48, 4, 12, 12, 3)) * 0.5 + LABELS[:, None, None, None, None] * 0.4).astype(np.float32)


def small(clip_shape, classes):
    return models.conv3d(clip_shape, classes, filters=(4, 4))


def train(seed):
    keras.utils.set_random_seed(seed)
    model = small(CLIPS.shape[1:], 2)
    return model, training.fit(model, (CLIPS, LABELS), (CLIPS, LABELS), epochs=6, live=False)


def test_it_learns_what_can_be_learnt():
    model, history = train(0)
    assert {k: len(v) for k, v in history.items()} == dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 6)
    assert history["loss"][-1] < history["loss"][0]
    assert training.evaluate(model, (CLIPS, LABELS)).top1 > 0.9


def test_same_seed_same_weights():
    one, again, other = (train(seed)[0].get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def oracle():
    """Says what its clips say: probability 1 for the class that is written in the only pixel."""
    clip = keras.Input((1, 1, 1, 1))
    written = keras.ops.cast(keras.ops.reshape(clip, (-1,)), "int32")
    return keras.Model(clip, keras.ops.one_hot(written, 3))


def clips_saying(classes):
    return np.asarray(classes, np.float32)[:, None, None, None, None]


def test_a_report_counts_right():
    said = np.array([0, 1, 2, 2, 1, 0])
    true = np.array([0, 1, 2, 1, 1, 2])
    report = training.evaluate(oracle(), (clips_saying(said), true), batch=4)
    assert report.top1 == 4 / 6
    assert report.confusion.tolist() == [[1, 0, 0], [0, 2, 1], [1, 0, 1]]
    assert report.per_class.tolist() == [1, 2 / 3, 1 / 2]
    assert np.array_equal(report.predicted, said)


def test_the_interval_is_wilsons():
    said = np.zeros(160)
    report = training.evaluate(oracle(), (clips_saying(said), (np.arange(160) >= 20).astype(int)))
    share, z = 20 / 160, 1.959964
    half = z * np.sqrt(share * (1 - share) / 160 + (z / 320) ** 2)
    middle = share + z * z / 320
    expected = ((middle - half) / (1 + z * z / 160), (middle + half) / (1 + z * z / 160))
    assert report.interval == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((CLIPS, LABELS[:-1]), "48 clips and 47 labels"),
        ((CLIPS[:0], LABELS[:0]), "0 clips and 0 labels"),
        (CLIPS, r"expected \(clips, labels\)"),
        (((CLIPS * 255).astype(np.uint8), LABELS), "these are uint8"),
        ((CLIPS[:, :3], LABELS), r"takes clips of shape \(4, 12, 12, 3\)"),
        ((CLIPS, LABELS + 1), "whole numbers from 0 to 1"),
        ((CLIPS, np.eye(2)[LABELS]), "a row of whole numbers"),
        ((CLIPS, [str(label) for label in LABELS]), "whole numbers"),
    ],
)
def test_data_that_does_not_fit_is_refused_by_name(data, message):
    model = small(CLIPS.shape[1:], 2)
    with pytest.raises(ValueError, match=f"train: .*{message}"):
        training.fit(model, data, live=False)
    with pytest.raises(ValueError, match=f"validation: .*{message}"):
        training.fit(model, (CLIPS, LABELS), data, live=False)
    with pytest.raises(ValueError, match=f"data: .*{message}"):
        training.evaluate(model, data)


def test_other_mistakes_are_named():
    with pytest.raises(ValueError, match="model: expected a keras.Model, got function"):
        training.fit(small, (CLIPS, LABELS))
    with pytest.raises(ValueError, match="epochs=0 and batch=16 must be at least 1"):
        training.fit(small(CLIPS.shape[1:], 2), (CLIPS, LABELS), epochs=0)


def test_comparing_gives_a_row_for_each_model_and_seed():
    rows = training.compare(
        [small, models.frame_cnn], (CLIPS, LABELS), (CLIPS, LABELS), (CLIPS, LABELS), (3, 4), epochs=2
    )
    assert [(row["model"], row["seed"]) for row in rows] == [
        ("conv3d", 3),
        ("conv3d", 4),
        ("frame_cnn", 3),
        ("frame_cnn", 4),
    ]
    assert rows[0]["parameters"] == small(CLIPS.shape[1:], 2).count_params()
    assert all(row["interval"][0] <= row["top1"] <= row["interval"][1] for row in rows)


def test_live_curves_keep_one_picture(monkeypatch):
    shown, updated = [], []

    class Place:
        def update(self, picture):
            updated.append(picture.alt)

    def display(picture, display_id):
        shown.append(picture.alt)
        return Place()

    monkeypatch.setattr("IPython.display.display", display)
    training.fit(small(CLIPS.shape[1:], 2), (CLIPS, LABELS), epochs=3)
    assert len(shown) == 1 and 1 <= len(updated) <= 2
    assert "epoch 1 of 3, about" in shown[0] and "s to go" in shown[0] and updated[-1].endswith("epoch 3 of 3")
