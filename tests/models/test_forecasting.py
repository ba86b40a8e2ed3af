"""Forecasts of the next frame: what each may see, and what the simple ones give on clips with a known answer."""

import numpy as np
import pytest

from vidlab import models

import keras  # isort: skip
from keras import layers  # isort: skip

CLIP = np.random.default_rng(0).random((2, 7, 16, 16, 1), np.float32)


def leaky(shape):
    """The end of a well-known example: a convolution over time with padding on both sides."""
    clip = keras.Input((None, *shape))
    x = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True)(clip)
    return keras.Model(clip, layers.Conv3D(1, 3, padding="same")(x))


def moved_by(network, frame):
    """Which answers move when one frame is changed."""
    changed = CLIP.copy()
    changed[:, frame] = 1 - changed[:, frame]
    difference = network(changed).numpy() - network(CLIP).numpy()
    return np.abs(difference).max(axis=(0, 2, 3, 4)) > 1e-6


@pytest.mark.parametrize("build", [models.next_frame_unet, models.next_frame_conv_lstm])
def test_no_answer_sees_a_later_frame(build):
    keras.utils.set_random_seed(0)
    network = build((16, 16, 1))
    for frame in range(7):
        moved = moved_by(network, frame)
        assert not moved[:frame].any() and moved[frame]


def test_the_same_test_finds_a_leak():
    keras.utils.set_random_seed(0)
    assert moved_by(leaky((16, 16, 1)), 4).tolist() == [False] * 3 + [True] * 4


def test_the_unet_sees_as_many_frames_as_are_stacked():
    keras.utils.set_random_seed(0)
    assert (
        moved_by(models.next_frame_unet((16, 16, 1), stacked=3), 2).tolist()
        == [False, False, True, True, True] + [False] * 2
    )


class Plus(keras.Layer):
    """A tenth brighter than the frame before the last."""

    def call(self, clip):
        return clip[:, -2:] + 0.1


def test_a_roll_out_goes_on_from_its_own_forecasts_and_stays_in_range():
    given = np.stack([np.full((8, 8, 1), v, np.float32) for v in (0.2, 0.5, 0.75)])[None]
    said = models.roll_out(Plus(), given, 5)[0, :, 0, 0, 0]
    assert np.allclose(said, [0.85, 0.95, 1, 1, 1])


@pytest.mark.parametrize("way", [(1, 0), (0, 1), (-2, 0)])
def test_constant_velocity_carries_a_picture_on(way):
    """Joined sides: what moves by whole pixels is forecast nearly without error; copying is far behind."""
    rng = np.random.default_rng(1)
    picture = np.kron(rng.random((6, 6)), np.ones((4, 4))).astype(np.float32)
    clip = np.stack([np.roll(picture, (way[1] * t, way[0] * t), axis=(0, 1)) for t in range(7)])[None, ..., None]
    given, true = clip[:, :3], clip[:, 3:]
    error = lambda said: ((said - true) ** 2).mean(axis=(0, 2, 3, 4))  # noqa: E731
    moved = error(models.constant_velocity(given, 4, joined=True))
    assert (moved < 0.2 * error(models.copy_last(given, 4))).all()
    assert moved[-1] < error(models.constant_velocity(given, 4))[-1]


def test_a_linear_forecast_finds_the_weights():
    rng = np.random.default_rng(2)
    clips = np.empty((6, 9, 8, 8, 1), np.float32)
    clips[:, :2] = 0.4 + 0.2 * rng.random((6, 2, 8, 8, 1))
    for t in range(2, 9):
        clips[:, t] = 0.6 * clips[:, t - 1] + 0.3 * np.roll(clips[:, t - 2], 0, axis=2) + 0.05
    forecast = models.linear_forecast(clips[:4], past=2)
    assert np.allclose(forecast(clips[4:, :3], 6), clips[4:, 3:], atol=1e-4)
    across = np.empty_like(clips)  # what moves to the right needs its neighbours
    for t in range(9):
        across[:, t] = np.roll(clips[:, 0], t, axis=2)
    inner = (slice(None), slice(None), slice(2, -2), slice(2, -2))
    near = models.linear_forecast(across, past=1, reach=1)(across[:, :1], 1)
    assert np.abs(near - across[:, 1:2])[inner].max() < 0.5 * np.abs(across[:, :1] - across[:, 1:2])[inner].max()


def test_a_code_changes_the_answer():
    keras.utils.set_random_seed(0)
    network = models.coded_frame((8, 8, 1), 3)
    a, b = (network([CLIP[:, 0, :8, :8], np.full(2, code, np.int32)]).numpy() for code in (0, 2))
    assert np.abs(a - b).max() > 1e-4


@pytest.mark.parametrize("joined", [True, False])
def test_joined_sides_make_every_place_alike(joined):
    keras.utils.set_random_seed(0)
    network, code = models.coded_frame((8, 8, 1), 2, joined=joined), np.ones(2, np.int32)
    picture = CLIP[:, 0, :8, :8]
    rolled = network([np.roll(picture, (3, 2), axis=(1, 2)), code]).numpy()
    apart = np.abs(rolled - np.roll(network([picture, code]).numpy(), (3, 2), axis=(1, 2))).max()
    assert apart < 1e-5 if joined else apart > 1e-3


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"frame_shape=\(18, 16, 1\) must be .* divided by 4"):
        models.next_frame_unet((18, 16, 1))
    with pytest.raises(ValueError, match="2 frames or more, not 1"):
        models.constant_velocity(CLIP[:, :1], 2)
    with pytest.raises(ValueError, match="steps=0"):
        models.copy_last(CLIP, 0)
    with pytest.raises(ValueError, match=r"given: expected clips .* got \(7, 16, 16, 1\)"):
        models.copy_last(CLIP[0], 2)
    with pytest.raises(ValueError, match="past=9 must be from 1 to 6"):
        models.linear_forecast(CLIP, past=9)
    with pytest.raises(ValueError, match="codes=0"):
        models.coded_frame((8, 8, 1), 0)
    with pytest.raises(ValueError, match="kernel=4"):
        models.coded_frame((8, 8, 1), 2, kernel=4)
    with pytest.raises(ValueError, match=r"frame_shape=\(8, 8\) must be \(height, width, channels\)"):
        models.coded_frame((8, 8), 2)
    with pytest.raises(ValueError, match="stacked=0 be 1 or more"):
        models.next_frame_unet((16, 16, 1), stacked=0)
    with pytest.raises(ValueError, match=r"filters=\(\) must hold one number"):
        models.next_frame_unet((16, 16, 1), filters=())
    with pytest.raises(ValueError, match="steps=2.5 must be a whole number"):
        models.copy_last(CLIP, 2.5)
    with pytest.raises(ValueError, match=r"given: expected clips .* got \(2, 0, 16, 16, 1\)"):
        models.roll_out(None, np.zeros((2, 0, 16, 16, 1)), 2)
    with pytest.raises(ValueError, match="values from 0 to 1; divide pixels of uint8 by 255"):
        models.constant_velocity(CLIP * 255, 2)
    with pytest.raises(ValueError, match="1 channel or 3, not 2"):
        models.constant_velocity(CLIP[..., [0, 0]], 2)
    with pytest.raises(ValueError, match="looks back 4 frames, but there are 2"):
        models.linear_forecast(CLIP, past=4)(CLIP[:, :2], 3)
