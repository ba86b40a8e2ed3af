"""Augmentation: the same for all frames, drawn from the seed alone, and honest about labels."""

import warnings

import numpy as np
import pytest

from vidlab.clips import Frames
from vidlab.datasets import Augment, Batches, Sample
from vidlab.datasets.augmentation import opposites


def ramps():
    """A clip in which every pixel tells its frame (blue), column (red) and row (green)."""
    t, y, x = np.mgrid[:6, :32, :48]
    return np.stack([x * 4, y * 4, t * 20], -1).astype(np.uint8)


def seeds_where(augment, **drawn):
    return [s for s in range(50) if all(getattr(augment.draw(s), k) == v for k, v in drawn.items())]


def test_flip_and_reverse_are_exact_and_come_half_of_the_time():
    clip, augment = ramps(), Augment(flip=True, reverse=True)
    assert 15 < len(seeds_where(augment, flip=True)) < 35 and 15 < len(seeds_where(augment, reverse=True)) < 35
    for flip in (False, True):
        for reverse in (False, True):
            seed = seeds_where(augment, flip=flip, reverse=reverse)[0]
            wanted = clip[::-1] if reverse else clip
            assert np.array_equal(augment(clip, seed), wanted[:, :, ::-1] if flip else wanted)


def test_a_crop_is_one_window_for_all_frames_scaled_to_the_whole():
    clip, shares, ratios = ramps(), [], []
    for seed in range(40):
        cropped = Augment(crop=0.5)(clip, seed).astype(int)
        assert cropped.shape == clip.shape and np.array_equal(cropped[:, :, :, 2], clip[:, :, :, 2])
        assert (cropped[..., :2] == cropped[:1, ..., :2]).all()
        columns, rows = cropped[0, 16, :, 0] / 4, cropped[0, :, 24, 1] / 4  # where each pixel came from
        width, height = (columns[-2] - columns[1]) / 45 * 48, (rows[-2] - rows[1]) / 29 * 32
        shares.append(width / 48 * height / 32)
        ratios.append(width / 48 / (height / 32))
        assert columns.min() >= 0 and rows.max() <= 31
    assert 0.45 < min(shares) < 0.6 and 0.85 < max(shares) < 1.05
    assert 0.7 < min(ratios) < 0.82 and 1.22 < max(ratios) < 1.42  # from 3:4 to 4:3 of the picture's own
    assert 0.9 < np.exp(np.mean(np.log(ratios))) < 1.1  # as often wide as tall
    assert np.array_equal(Augment(crop=1.0)(clip, 0), clip)


def test_colour_follows_its_formula():
    clip, augment, grey = ramps(), Augment(colour=0.3), np.array([0.299, 0.587, 0.114])
    for seed in range(5):
        brightness, contrast, saturation = augment.draw(seed).colour
        x = clip * brightness
        x = contrast * x + (1 - contrast) * (x @ grey).mean()
        x = saturation * x + (1 - saturation) * (x @ grey)[..., None]
        assert np.abs(augment(clip, seed) - np.clip(x, 0, 255)).max() < 1
    factors = np.array([augment.draw(seed).colour for seed in range(200)])
    assert 0.7 <= factors.min() < 0.71 and 1.29 < factors.max() <= 1.3


def test_speed_takes_frames_further_apart_or_closer():
    twice, half = Augment(speed=(2, 2)), Augment(speed=(0.5, 0.5))
    for seed in range(20):
        fast = twice.draw(seed).positions(21, Frames(11))
        moving = fast[(fast > 0) & (fast < 20)]
        assert len(fast) == 11 and 4 <= len(moving) <= 6 and set(np.diff(moving)) <= {3, 4, 5}  # 4 frames a step
        slow = half.draw(seed).positions(21, Frames(11))
        assert np.array_equal(np.diff(slow), np.ones(10))  # a half of the 21 frames, 1 a step instead of 2
        assert np.array_equal(np.diff(twice.draw(seed).positions(40, Frames(11, sampling="dense"))), np.full(10, 2))
    assert len({half.draw(seed).positions(21, Frames(11))[0] for seed in range(20)}) > 3
    speeds = [Augment(speed=(0.8, 1.25)).draw(seed).speed for seed in range(200)]
    assert 0.8 <= min(speeds) < 0.82 and 1.22 < max(speeds) <= 1.25


def test_one_change_does_not_depend_on_another():
    alone, together = Augment(flip=True), Augment(0.6, True, 0.2, (0.8, 1.25), True)
    assert [alone.draw(s).flip for s in range(30)] == [together.draw(s).flip for s in range(30)]


def test_opposite_labels_are_found_by_their_words():
    classes = ("from left to right", "from right to left", "Anti-clockwise", "clockwise", "turnLeft", "PushUps",
               "PullUps", "upright", "opening", "Closing", "still")  # fmt: skip
    assert opposites(classes, "flip") == {0: 1, 1: 0, 2: 3, 3: 2, 4: None}
    assert opposites(classes, "reverse") == {0: 1, 1: 0, 2: 3, 3: 2, 4: None, 8: 9, 9: 8}


MOTIONS = "clockwise counterclockwise down growing left right shrinking up".split()


def test_untrue_labels_are_warned_of_in_one_sentence():
    samples = [Sample(ramps(), motion) for motion in MOTIONS]
    with pytest.warns(UserWarning, match='flip=True mirrors clips labelled clockwise, .*flip="swap"') as warned:
        Batches(samples, Frames(6, (32, 48)), shuffle=True, augment=Augment(flip=True))
    assert len(warned) == 1 and warned[0].filename == __file__
    with pytest.warns(UserWarning, match="reverse=True turns back clips labelled .*growing"):
        Batches(samples, Frames(6, (32, 48)), shuffle=True, augment=Augment(reverse=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Batches(samples, Frames(6, (32, 48)), shuffle=True, augment=Augment(flip="swap", reverse="swap"))
        Batches([Sample(ramps(), "still")], Frames(6, (32, 48)), shuffle=True, augment=Augment(flip=True, reverse=True))


def moving(motion, n):
    """A dot that moves left or right: the label can be read from the pixels."""
    clip = np.zeros((6, 32, 48, 3), np.uint8)
    for t in range(6):
        clip[t, 4 + n, 8 + 6 * t if motion == "right" else 40 - 6 * t] = 255
    return clip


@pytest.mark.parametrize("classes", [("left", "right"), ("right", "other")])
def test_swapped_labels_tell_the_truth(classes):
    known = [c for c in classes if c != "other"]
    samples = [Sample(moving(motion, n), motion) for n in range(4) for motion in known]
    changed = 0
    for change in ({"flip": "swap"}, {"reverse": "swap"}, {"flip": "swap", "reverse": "swap"}):
        batches = Batches(
            samples, Frames(6, (32, 48)), batch=5, classes=classes, shuffle=True, augment=Augment(**change)
        )
        for clips, labels in batches.epoch(0):
            for clip, label in zip(clips.numpy(), labels.numpy(), strict=True):
                x = clip[..., 0].max(1).argmax(1)
                assert classes[label] == ("right" if x[-1] > x[0] else "left")
                changed += x[0] not in (8, 40)  # where clips begin that are as they were
    assert changed > 0 if len(known) == 2 else changed == 0  # no opposite class: left alone


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"crop": 0}, "crop=0 must be above 0"),
        ({"crop": float("nan")}, "crop=nan must be above 0"),
        ({"crop": "all"}, "crop='all' must be"),
        ({"colour": 1}, "colour=1 must be from 0 to below 1"),
        ({"speed": 2}, r"speed=2 must be \(slowest, fastest\)"),
        ({"speed": (1.2, 0.8)}, r"speed=\(1.2, 0.8\) must be"),
        ({"speed": (1, float("inf"))}, "speed=.* must be"),
        ({"flip": "yes"}, "flip='yes' must be True, False or \"swap\""),
        ({"reverse": None}, "reverse=None must be"),
    ],
)
def test_wrong_settings_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        Augment(**wrong)


def test_wrong_uses_are_named():
    samples = [Sample(ramps(), "still")]
    with pytest.raises(ValueError, match="augment is for training: give shuffle=True"):
        Batches(samples, Frames(6, (32, 48)), augment=Augment(crop=0.5))
    with pytest.raises(ValueError, match="augment='flip' must be None or an Augment"):
        Batches(samples, Frames(6, (32, 48)), augment="flip", shuffle=True)
    with pytest.raises(ValueError, match="sampling='segments' has no speed to change"):
        Batches(samples, Frames(6, (32, 48), sampling="segments"), augment=Augment(speed=(0.5, 2)), shuffle=True)
    with pytest.raises(ValueError, match="clip: expected uint8, or floats from 0 to 1, got float64"):
        Augment()(ramps() / 2, 0)
