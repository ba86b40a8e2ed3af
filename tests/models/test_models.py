"""The models: what goes in, what comes out, and what each can and cannot see."""

import subprocess
import sys

import numpy as np
import pytest

from vidlab import models, training

import keras  # isort: skip

BUILDERS = tuple(models.CLIP_MODELS.values())
CLIPS = np.random.default_rng(0).random((3, 7, 20, 24, 3), np.float32)
FLOW = np.random.default_rng(1).standard_normal((3, 6, 20, 24, 2)).astype(np.float32)


def inputs(model, clips, flow=FLOW):
    return {"clip": clips, "flow": flow} if model.name == "two_stream" else clips


@pytest.fixture(params=BUILDERS, ids=lambda build: build.__name__)
def model(request):
    keras.utils.set_random_seed(0)
    model = request.param(CLIPS.shape[1:], 5)
    assert model.name == request.param.__name__
    return model


def test_gives_probabilities(model):
    said = np.asarray(model(inputs(model, CLIPS)))
    assert said.shape == (3, 5) and np.allclose(said.sum(1), 1, atol=1e-5) and (said >= 0).all()


@pytest.mark.slow
def test_saves_and_loads_safely(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    assert np.array_equal(model(inputs(model, CLIPS)), again(inputs(model, CLIPS)))


@pytest.mark.slow
def test_loads_where_nothing_of_vidlab_but_models_was_imported(tmp_path):
    names = "cnn_peephole_lstm", "video_transformer"  # those with layers of their own
    for name in names:
        getattr(models, name)((4, 16, 16, 3), 3).save(tmp_path / f"{name}.keras")
    code = f"import vidlab.models, keras\nfor n in {names}: keras.models.load_model(f'{tmp_path}/{{n}}.keras')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_order_matters_only_to_models_with_time(model):
    """The frames backwards; of a flow, that is also its sign."""
    backwards = inputs(model, CLIPS[:, ::-1], -FLOW[:, ::-1])
    change = np.abs(np.asarray(model(inputs(model, CLIPS))) - np.asarray(model(backwards))).max()
    if model.name in ("frame_cnn", "frame_average"):
        assert change < 1e-6
    else:
        assert change > 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("build", BUILDERS)
def test_learns_eight_clips_by_heart(build):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(2)
    model = build((12, 32, 32, 3), 4)
    clips, flow = rng.random((8, 12, 32, 32, 3), np.float32), rng.standard_normal((8, 11, 32, 32, 2), np.float32)
    data = inputs(model, clips, flow)
    labels = np.arange(8) % 4
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(data, labels, batch_size=8, epochs=60, verbose=0)
    assert np.array_equal(np.asarray(model(data, training=False)).argmax(1), labels)


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


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("shape", [(32, 32, 3), (0, 32, 32, 3), (12, 4, 32, 3), (None, 32, 32, 3), (12, 32, 32, 0), 12])
def test_impossible_clips_are_refused_in_a_sentence(build, shape):
    with pytest.raises(ValueError, match=r"^clip_shape=.* must be \(frames, height, width, channels\)"):
        build(shape, 5)


def test_models_with_time_want_two_frames_and_all_two_classes():
    for build in set(BUILDERS) - {models.frame_cnn, models.frame_average}:
        with pytest.raises(ValueError, match="2 or more frames"):
            build((1, 32, 32, 3), 5)
    for build in BUILDERS:
        with pytest.raises(ValueError, match="classes=1 must be"):
            build((12, 32, 32, 3), 1)


def test_two_stream_sees_one_frame_and_the_flow():
    model = models.two_stream(CLIPS.shape[1:], 5)
    other = CLIPS.copy()
    other[:, [0, 1, 2, 4, 5, 6]] = 0
    said = np.asarray(model(inputs(model, CLIPS)))
    assert np.array_equal(said, model(inputs(model, other)))
    assert not np.allclose(said, model(inputs(model, CLIPS, 2 * FLOW)))


def test_attention_over_frames_is_what_the_last_layer_did():
    keras.utils.set_random_seed(0)
    model = models.video_transformer(CLIPS.shape[1:], 5, heads=2)
    weights = models.attention_over_frames(model, CLIPS)
    assert weights.shape == (3, 2, 7, 7) and np.allclose(weights.sum(-1), 1, atol=1e-5)
    layer = model.get_layer("attention_over_frames")
    into = keras.Model(model.input, layer.input[0])(CLIPS)
    assert np.allclose(weights, layer(into, into, return_attention_scores=True)[1], atol=1e-6)
    assert not np.allclose(weights, 1 / 7, atol=1e-3)


def test_attention_over_frames_needs_a_transformer():
    with pytest.raises(ValueError, match="conv3d has no attention over frames"):
        models.attention_over_frames(models.conv3d(CLIPS.shape[1:], 5), CLIPS)


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


@pytest.mark.parametrize("tubelet", [1, 2, 3])
def test_a_tubelet_makes_one_token_of_so_many_frames(tubelet):
    model = models.video_transformer((12, 16, 16, 3), 3, tubelet=tubelet)
    clips = np.random.default_rng(0).random((2, 12, 16, 16, 3), np.float32)
    assert models.attention_over_frames(model, clips).shape[-2:] == (12 // tubelet, 12 // tubelet)
    assert np.allclose(model(clips).numpy().sum(axis=1), 1, atol=1e-5)
    with pytest.raises(ValueError, match=f"with {2 * tubelet} or more frames"):
        models.video_transformer((2 * tubelet - 1, 16, 16, 3), 3, tubelet=tubelet)
