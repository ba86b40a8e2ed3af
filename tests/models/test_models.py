"""The models: what goes in, what comes out, and what each can and cannot see."""

import numpy as np
import pytest

from vidlab import models, training

import keras  # isort: skip

BUILDERS = models.frame_cnn, models.frame_average, models.cnn_lstm, models.conv3d
CLIPS = np.random.default_rng(0).random((3, 7, 20, 24, 3), np.float32)


@pytest.fixture(params=BUILDERS, ids=lambda build: build.__name__)
def model(request):
    keras.utils.set_random_seed(0)
    return request.param(CLIPS.shape[1:], 5)


def test_gives_probabilities(model):
    said = np.asarray(model(CLIPS))
    assert said.shape == (3, 5) and np.allclose(said.sum(1), 1, atol=1e-5) and (said >= 0).all()


def test_saves_and_loads_safely(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    assert np.array_equal(model(CLIPS), again(CLIPS))


def test_order_matters_only_to_models_with_time(model):
    change = np.abs(np.asarray(model(CLIPS)) - np.asarray(model(CLIPS[:, [1, 0, 2, 3, 5, 4, 6]]))).max()
    if model.name in ("frame_cnn", "frame_average"):
        assert change < 1e-6
    else:
        assert change > 1e-5


def test_one_frame_is_the_middle_one():
    model = models.frame_cnn(CLIPS.shape[1:], 5)
    other = CLIPS.copy()
    other[:, [0, 1, 2, 4, 5, 6]] = 0
    assert np.array_equal(model(CLIPS), model(other))
    other[:, 3] = 0
    assert not np.array_equal(model(CLIPS), model(other))


@pytest.mark.parametrize("build", BUILDERS)
def test_docstrings_say_how_many_parameters(build):
    count = build((12, 32, 32, 3), 8).count_params()
    assert f"{round(count, -3):,} parameters" in build.__doc__


def test_each_frame_is_time_distributed():
    features = models.frame_features(CLIPS.shape[2:])
    clip = keras.Input(CLIPS.shape[1:])
    ours = keras.Model(clip, models.each_frame(features, clip))
    theirs = keras.Model(clip, keras.layers.TimeDistributed(features)(clip))
    assert np.abs(np.asarray(ours(CLIPS)) - np.asarray(theirs(CLIPS))).max() < 1e-6


def test_shuffling_keeps_each_clips_frames():
    clips = np.arange(5 * 9).reshape(5, 9, 1, 1, 1)
    shuffled = training.shuffle_frames(clips, seed=3)
    assert np.array_equal(np.sort(shuffled, axis=1), clips) and not np.array_equal(shuffled, clips)
    assert np.array_equal(shuffled, training.shuffle_frames(clips, seed=3))
