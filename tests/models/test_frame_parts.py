"""A model as what it computes of each frame by itself, and the rest: together they answer as it does."""

import keras
import numpy as np
import pytest

from vidlab import models

SHAPE = 6, 24, 24, 3
RNG = np.random.default_rng(3)
PARTS = {"frame_cnn": (2,), "frame_average": range(6), "cnn_lstm": range(6), "video_transformer": range(6)}


@pytest.mark.parametrize("name", ["frame_cnn", "frame_average", "cnn_lstm", "video_transformer", "conv3d"])
def test_the_parts_answer_as_the_whole_does(name):
    model, clip = models.CLIP_MODELS[name](SHAPE, 3), RNG.random(SHAPE, np.float32)
    found = models.by_frame(model)
    assert [part.numbers for part in found.parts] == ([tuple(PARTS[name])] if name in PARTS else [])
    assert np.abs(found.answer(clip) - model(clip[None], training=False)[0]).max() < 1e-5


def test_of_two_networks_each_is_a_part_even_after_saving(tmp_path):
    features = models.clip_features(SHAPE, weights=None, side=32)
    keras.Model(features.input, keras.layers.Dense(2)(features.output)).save(tmp_path / "m.keras")
    model, clip = keras.models.load_model(tmp_path / "m.keras"), RNG.random(SHAPE, np.float32)
    found = models.by_frame(model)
    assert [part.numbers for part in found.parts] == [(0, 2, 4), tuple(range(6))]
    assert found.parts[0].layer.name == "frames_backbone"
    assert isinstance(found.parts[1].layer, keras.layers.Resizing)  # the rest of the other sees the whole clip
    known = [{} for _ in clip]
    want = model(clip[None], training=False)[0].numpy()
    assert np.abs(found.answer(clip, known) - want).max() < 1e-5 * np.abs(want).max()
    turned = [known[k] for k in (1, 2, 3, 4, 5)] + [{}]  # the next clip: one frame on
    next_clip = np.concatenate([clip[1:], RNG.random((1, *SHAPE[1:]), np.float32)])
    want = model(next_clip[None], training=False)[0].numpy()
    assert np.abs(found.answer(next_clip, turned) - want).max() < 1e-5 * np.abs(want).max()
    assert [sorted(one) for one in turned] == [[0, 1]] * 5 + [[1]]


def test_frames_within_time_distributed_and_a_layer_that_is_asked_twice():
    clip = keras.Input(SHAPE)
    net = models.frame_features(SHAPE[1:])
    wrapped = keras.Model(clip, keras.layers.TimeDistributed(net)(clip))
    assert [(part.layer, part.numbers) for part in models.by_frame(wrapped).parts] == [(net, tuple(range(6)))]
    twice = keras.Model(clip, net(clip[:, 0]) - net(clip[:, 5]))
    x, found = RNG.random(SHAPE, np.float32), models.by_frame(twice)
    assert found.parts == [] and np.abs(found.answer(x) - twice(x[None])[0]).max() < 1e-5
