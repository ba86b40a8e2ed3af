"""Networks of the next frame learn; scheduled sampling feeds their own forecasts; codes find the ways apart."""

import numpy as np
import pytest

from vidlab import models, training

import keras  # isort: skip


def moving(n, seed, frames=6):
    """A bar that moves to the right, one pixel a frame."""
    at = np.random.default_rng(seed).integers(8, size=n)
    bar = np.zeros((n, 8, 8), np.float32)
    bar[np.arange(n), :, at] = 1
    return np.stack([np.roll(bar, t, axis=2) for t in range(frames)], axis=1)[..., None]


def small():
    keras.utils.set_random_seed(0)
    return models.next_frame_unet((8, 8, 1), filters=(8, 12))


def test_learns_a_movement_and_gives_the_same_twice():
    clips, (one, two) = moving(64, 0), (small(), small())
    losses = training.fit_next_frame(one, clips, 60, window=5, learning_rate=1e-2)
    assert np.mean(losses[-10:]) < 0.25 * np.mean(losses[:5])
    assert training.fit_next_frame(two, clips, 60, window=5, learning_rate=1e-2) == losses


class Watch(keras.Layer):
    """Gives 0.5 for everything, and keeps what it was trained on."""

    def __init__(self):
        super().__init__()
        self.weight, self.seen = self.add_weight(shape=(), initializer="zeros"), []

    def call(self, clip, training=False):
        if training:
            import tensorflow as tf

            tf.numpy_function(lambda x: self.seen.append(x.copy()), [clip], [])
        return 0 * clip + 0.5 + self.weight


@pytest.mark.parametrize("own", [0.0, 1.0])
def test_scheduled_sampling_feeds_forecasts_and_teacher_forcing_does_not(own):
    watch = Watch()
    training.fit_next_frame(watch, moving(8, 1), 60, own=own, passes=1, skip=2, window=5, learning_rate=1e-9)
    fed = np.array([((x > 0.4) & (x < 0.6)).mean(axis=(0, 2, 3, 4)) for x in watch.seen])  # (steps, frames)
    assert not fed[:, :2].any()
    early, late = fed[:10, 2:].mean(), fed[-10:, 2:].mean()
    assert (early, late) == (0, 0) if own == 0 else early < 0.2 and late > 0.75


def test_codes_find_two_ways():
    frames = moving(200, 2, frames=1)[:, 0]
    way = np.random.default_rng(3).choice((-1, 1), 200)
    futures = np.stack([np.roll(frame, 2 * w, axis=1) for frame, w in zip(frames, way, strict=True)])
    keras.utils.set_random_seed(0)
    network = models.coded_frame((8, 8, 1), 2, filters=12)
    best = training.fit_codes(network, frames, futures, 250, learning_rate=1e-2)
    said = np.stack([network([frames, np.full(200, k, np.int32)]).numpy() for k in (0, 1)])
    errors = ((said - futures) ** 2).mean(axis=(2, 3, 4))
    apart = np.mean((np.roll(frames, 2, axis=2) - np.roll(frames, -2, axis=2)) ** 2)  # of the two ways
    assert errors.min(axis=0).mean() < 0.05 * apart < 0.5 * apart < errors.max(axis=0).mean()
    assert np.argmin(errors, axis=0).tolist() == best.tolist()


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="own=2 must be a share"):
        training.fit_next_frame(small(), moving(4, 0), 1, own=2)
    with pytest.raises(ValueError, match="window=9 must be at most 6 frames"):
        training.fit_next_frame(small(), moving(4, 0), 1, window=9)
    with pytest.raises(ValueError, match=r"futures: expected \(4, 8, 8, 1\), one for each frame, got \(3, 8, 8, 1\)"):
        training.fit_codes(models.coded_frame((8, 8, 1), 2), moving(4, 0)[:, 0], moving(3, 0)[:, 0], 1)
    frames = moving(4, 0)[:, 0]
    for codes in (0, 3):
        with pytest.raises(ValueError, match=f"codes={codes} must be from 1 to 2"):
            training.fit_codes(models.coded_frame((8, 8, 1), 2), frames, frames, 1, codes=codes)
    with pytest.raises(ValueError, match="clips: expected .* floats from 0 to 1, got uint8"):
        training.fit_next_frame(small(), (255 * moving(4, 0)).astype(np.uint8), 1)
    with pytest.raises(ValueError, match="clips: expected"):
        training.fit_next_frame(small(), moving(4, 0)[0], 1)
    with pytest.raises(ValueError, match="steps=0 and passes=2 must be 1 or more"):
        training.fit_next_frame(small(), moving(4, 0), 0)
    with pytest.raises(ValueError, match="steps=1 and passes=0 must be 1 or more"):
        training.fit_next_frame(small(), moving(4, 0), 1, own=1, passes=0)
