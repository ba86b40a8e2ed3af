"""Picture and sound together: shapes, what is dropped, saving, and that each fusion can use both."""

import keras
import numpy as np
import pytest

from vidlab import models, training

CLIP, SOUND = (6, 16, 16, 3), (30, 8)


@pytest.mark.parametrize("fusion", models.FUSIONS)
def test_it_uses_both_and_saves(fusion, tmp_path):
    keras.utils.set_random_seed(0)
    model = models.picture_and_sound(CLIP, SOUND, 3, fusion, dropped=0.2)
    rng = np.random.default_rng(0)
    given = {"clip": rng.random((5, *CLIP), np.float32), "sound": rng.normal(size=(5, *SOUND)).astype(np.float32)}
    before = np.asarray(model(given, training=False))
    assert before.shape == (5, 3) and np.allclose(before.sum(axis=1), 1, atol=1e-5)
    for name in given:
        other = dict(given, **{name: given[name][::-1].copy()})
        assert np.abs(np.asarray(model(other, training=False)) - before).max() > 1e-4, name
    model.save(tmp_path / "m.keras")
    assert np.allclose(keras.saving.load_model(tmp_path / "m.keras")(given, training=False), before, atol=1e-6)


def test_each_input_is_dropped_as_often():
    layer = models.ModalityDropout(0.4, seed=3)
    a, b = layer([np.ones((4000, 2), np.float32), np.ones((4000, 3, 1), np.float32)], training=True)
    gone = np.asarray(a).sum(axis=1) == 0, np.asarray(b).sum(axis=(1, 2)) == 0
    assert [round(float(one.mean()), 1) for one in gone] == [0.2, 0.2] and not (gone[0] & gone[1]).any()
    assert set(np.unique(np.asarray(a))) == {0.0, 1.0}
    again = layer([np.ones((4000, 2), np.float32), np.ones((4000, 3, 1), np.float32)], training=True)
    assert not np.array_equal(a, again[0]), "the same clips each time"
    kept = layer([np.ones((4, 2), np.float32), np.ones((4, 3, 1), np.float32)], training=False)
    assert all((np.asarray(one) == 1).all() for one in kept)


def test_what_cannot_be():
    for arguments, says in (
        (((6, 16, 16, 3), (30, 8), 3, "middle"), "fusion='middle' must be one of early, late, gated"),
        (((6, 16, 16, 3), (5, 8), 3), r"sound_shape=\(5, 8\) must be \(steps, bands\), with 6 or more steps"),
        (((6, 16, 16, 3), (30,), 3), "sound_shape"),
        (((1, 16, 16, 3), (30, 8), 3), "clip_shape"),
    ):
        with pytest.raises(ValueError, match=says):
            models.picture_and_sound(*arguments)
    with pytest.raises(ValueError, match="rate=2 must be from 0 to 1"):
        models.ModalityDropout(2)


def test_the_sound_alone_is_learnt():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    sound = rng.normal(size=(60, *SOUND)).astype(np.float32)
    sound[:, :, 2] += 2 * labels[:, None]
    keras.utils.set_random_seed(0)
    model = models.sound_cnn(SOUND, 2)
    training.fit(model, (sound, labels), epochs=10, live=False)
    assert training.evaluate(model, (sound, labels)).top1 > 0.95
