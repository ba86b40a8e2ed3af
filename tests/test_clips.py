"""What a clip is: every usual form of one becomes the same, and what is none is said in a sentence."""

import numpy as np
import pytest

from vidlab import clips

CLIP = np.random.default_rng(0).integers(0, 256, (5, 8, 9, 3), dtype=np.uint8)


@pytest.mark.parametrize(("given", "shape"), [
    (CLIP, (5, 8, 9, 3)), (CLIP / 255, (5, 8, 9, 3)), (CLIP[..., :1], (5, 8, 9, 1)), (CLIP[..., 0], (5, 8, 9, 1)),
    (CLIP[0], (1, 8, 9, 3)), (CLIP[0, ..., :1], (1, 8, 9, 1)), (CLIP[0, ..., 0], (1, 8, 9, 1)),
    (CLIP > 99, (5, 8, 9, 3)), ((CLIP / 255).astype(np.float16), (5, 8, 9, 3)), (CLIP.tolist(), None),
])  # fmt: skip
def test_every_usual_form_is_taken(given, shape):
    if shape is None:
        with pytest.raises(ValueError, match="got int64 from 0 to 255; clip.astype"):
            clips.checked(given)
        return
    found = clips.checked(given)
    assert found.shape == shape and found.dtype in (np.uint8, np.float32)
    pixels, floats = clips.as_uint8(found), clips.as_floats(found)
    assert pixels.dtype == np.uint8 and floats.dtype == np.float32 and floats.min() >= 0 and floats.max() <= 1
    assert np.abs(pixels / 255 - floats).max() < 0.003


@pytest.mark.parametrize(("given", "says"), [
    (np.zeros(3), r"^x: expected \(frames, height, width, 1 or 3\), got an array of shape \(3,\)"),
    (CLIP[..., :2], "got an array of shape"),
    (CLIP[:0], "got an array of shape"),
    (CLIP.astype(float), "got float64 from 0 to 255; divide by 255"),
    (CLIP / 127.5 - 1, r"from -1 to 1; \(clip \+ 1\) / 2 brings -1..1 there"),
    (CLIP.astype(int) * 2, "got int64 from 0 to 510; scale it"),
    (np.where(CLIP > 9, CLIP / 255, np.nan), "^x: some of its numbers are NaN or infinite"),
    (CLIP.astype(str), "got <U"),
])  # fmt: skip
def test_what_is_no_clip_is_said_in_a_sentence(given, says):
    with pytest.raises(ValueError, match=says):
        clips.checked(given, "x")


def test_maps_may_have_any_range():
    assert clips.checked(CLIP[..., 0] * -3.0, any_range=True).shape == (5, 8, 9, 1)


def test_grey_becomes_three_equal_channels():
    rgb = clips.as_rgb(CLIP[..., 0])
    assert rgb.shape == (5, 8, 9, 3) and (rgb == CLIP[..., :1]).all()


@pytest.mark.parametrize(("wrong", "says"), [
    ({"frames": 0}, "^frames must be None or from 1 up, not 0"), ({"frames": True}, "^frames must"),
    ({"size": 48}, "^size must be None or .height, width. in whole pixels, not 48"), ({"size": (0, 4)}, "^size must"),
    ({"fit": "zoom"}, "^fit='zoom' must be stretch, crop or pad"),
    ({"by": "second"}, "^by='second' must be frame or time"),
    ({"sampling": "evenly"}, "^sampling='evenly' must be uniform, dense, segments, random or all"),
    ({"sampling": "all"}, "^frames must be None with sampling"), ({"stride": 0}, "^stride must be a whole number"),
])  # fmt: skip
def test_frames_name_what_is_wrong(wrong, says):
    with pytest.raises(ValueError, match=says):
        clips.Frames(**wrong)


def test_frames_know_the_shape_of_a_clip_where_it_is_fixed():
    assert clips.Frames(5, [np.int64(8), 9]).shape == (5, 8, 9, 3)
    assert clips.Frames(5, [8, 9]) == clips.Frames(5, (8, 9))
    for open_ended in (clips.Frames(None, (8, 9)), clips.Frames(5, None)):
        with pytest.raises(ValueError, match="need a number of frames and a size"):
            _ = open_ended.shape
