"""Flow, depth, masks, boxes, captions and sound say what the pictures show."""

import types

import numpy as np
import pytest
from skimage.transform import warp

from vidlab import world
from vidlab.world import ground, materials

TRUTH = "flow", "depth", "masks", "boxes"
SMALL = {"frames": 8, "size": (48, 40)}
LOOK = {"texture": None, "background": ["coffee", "cat"], "shape": "square"}
MOVING = [
    *({"motion": value} for value in world.FACTORS["motion"].values),
    *({"camera": value} for value in world.FACTORS["camera"].values),
    *({"flow": value} for value in world.FACTORS["flow"].values),
    *({"depth": value} for value in world.FACTORS["depth"].values),
    *({"relief": value, "background": "grey"} for value in world.FACTORS["relief"].values),
    {"motion": "left", "camera": "zoom in"},
    {"semantic": None}, {"interaction": None}, {"correlation": None}, {"bounces": None},
]  # fmt: skip


def render(facts, n=6, **more):
    return world.render(n, LOOK | facts, label=next(iter(facts)), truth=TRUTH, **SMALL, **more)


def after_and_before(rendered):
    """For each step: errors of frame t + 1 looked up where the flow leads, and of frame t + 1 as it is, against t."""
    led, left_alone = [], []
    for clip, flow, masks in zip(rendered.clips / 255, rendered.flow, rendered.masks, strict=True):
        height, width = masks.shape[1:]
        row, column = np.mgrid[:height, :width]
        for t in range(len(flow)):
            to_x, to_y = column + flow[t, ..., 0], row + flow[t, ..., 1]
            looked_up = [warp(clip[t + 1, ..., c], np.stack([to_y, to_x]), order=1) for c in range(3)]
            there = warp(masks[t + 1].astype(float), np.stack([to_y, to_x]), order=1, cval=-1)
            stays = (np.abs(there - masks[t]) < 1e-6) & (to_x > 1) & (to_x < width - 2)
            stays &= (to_y > 1) & (to_y < height - 2)
            led.append(np.abs(np.stack(looked_up, -1) - clip[t])[stays])
            left_alone.append(np.abs(clip[t + 1] - clip[t])[stays])
    return np.concatenate(led), np.concatenate(left_alone)


@pytest.mark.parametrize("facts", MOVING, ids=lambda facts: "-".join(f"{k}_{v}" for k, v in facts.items()))
def test_the_next_frame_is_found_where_the_flow_leads(facts):
    rendered = render(facts)
    led, left_alone = after_and_before(rendered)
    assert led.mean() < 0.015
    assert led.mean() < 0.65 * left_alone.mean()


def test_depth_is_that_of_what_the_mask_shows():
    rendered = render({"depth": ["near", "far"]})
    for depth, masks, value in zip(rendered.depth, rendered.masks, rendered.labels, strict=True):
        assert np.allclose(depth[masks == 0], 1)
        assert np.allclose(depth[masks == 1], {"near": 1 / 3, "far": 1 / 1.2}[value])
        assert (masks == 1).any()


def test_what_is_near_moves_more_when_the_camera_glides():
    """Displacement goes with 1 / distance: the same product for the object and for the ground."""
    rendered = render({"depth": None})
    product = (rendered.flow[..., 0] * rendered.depth[:, :-1]).reshape(6, -1)
    assert (np.abs(product).min(1) > 0.3).all() and np.ptp(product, axis=1).max() < 1e-3
    relief = render({"relief": ["true", "inverted"], "background": "grey"})
    for flow, depth, masks in zip(relief.flow[..., 0], relief.depth, relief.masks, strict=True):
        product = (flow * depth[:-1])[masks[:-1] == 0]
        assert np.ptp(product) < 1e-3 and np.abs(product).min() > 0.1
        assert np.ptp(depth[masks == 0]) > 0.3


def test_the_stereo_pair_is_seen_the_right_way_round(monkeypatch):
    """Gone all the way, the camera sees what the right camera of the pair photographed, not what the left one did."""
    from skimage import data
    from skimage.transform import downscale_local_mean

    left, right = (downscale_local_mean(eye, (2, 2, 1)) / np.float32(255) for eye in data.stereo_motorcycle()[:2])
    monkeypatch.setattr(ground, "SWAY", 1.0)
    whole = types.SimpleNamespace(uniform=lambda low, high: 0.9, integers=lambda n: n // 2, choice=lambda signs: 1)
    clip, *_ = ground._relief("true", 3, (100, 120), whole)
    zoom = min(250 / 100, 371 / 160) * 0.9
    high, wide = int(zoom * 100), int(zoom * 160)
    top, side = (250 - high + 1) // 2, (371 - wide + 1) // 2
    pieces = [eye[top : top + high, side : side + wide] for eye in (left, right)]
    seen = [0.06 + 0.5 * materials.scaled(piece, (100, 160))[:, 20:-20] for piece in pieces]
    assert np.abs(clip[1] - seen[0]).mean() < 0.001
    away = [np.abs(clip[2] - picture)[:, 20:-20].mean() for picture in seen]
    assert away[1] < 0.35 * away[0]


@pytest.mark.parametrize("facts", [{"motion": None}, {"interaction": None}, {"duration": None}])
def test_boxes_hold_the_masks(facts):
    rendered = render(facts)
    hidden = 0
    for boxes, masks in zip(rendered.boxes, rendered.masks, strict=True):
        for t, number in np.ndindex(*boxes.shape[:2]):
            rows, columns = np.nonzero(masks[t] == number + 1)
            if len(rows):
                extent = rows.min() / 48, columns.min() / 40, (rows.max() + 1) / 48, (columns.max() + 1) / 40
                assert np.allclose(boxes[t, number], extent)
            else:
                hidden += 1
                assert np.isnan(boxes[t, number]).all()
    assert rendered.boxes.shape[2] == (2 if "interaction" in facts else 1)
    assert (hidden > 0) == ("duration" in facts) or "interaction" in facts


def test_the_mask_is_where_the_object_is():
    """Two clips that differ in the object's colour alone differ where the mask is, and hardly anywhere else."""
    red, blue = (render({"colour": colour, "motion": "right"}) for colour in ("red", "blue"))
    assert np.array_equal(red.masks, blue.masks)
    differs = np.abs(red.clips.astype(int) - blue.clips).max(-1) > 60
    assert differs[red.masks == 1].mean() > 0.9 and differs[red.masks == 0].mean() < 0.005


def test_only_what_is_asked_for_is_given():
    rendered = world.render(2, truth="masks", **SMALL)
    assert rendered.masks.shape == (2, 8, 48, 40) and rendered.masks.dtype == np.uint8
    assert rendered.flow is rendered.depth is rendered.boxes is rendered.captions is rendered.sound is None
    boxed = world.render(2, truth=("boxes",), **SMALL)
    assert boxed.masks is None and boxed.boxes.shape == (2, 8, 1, 4)
    everything = world.render(2, truth=TRUTH, **SMALL)
    assert everything.flow.shape == (2, 7, 48, 40, 2) and everything.depth.shape == (2, 8, 48, 40)
    assert np.array_equal(everything.clips, rendered.clips)
    with pytest.raises(ValueError, match="truth: there is no mask; there is flow, depth, masks, boxes"):
        world.render(2, truth=("mask",), **SMALL)


def test_captions_name_every_property_that_is_not_plain():
    varied = "motion", "texture", "colour", "digit", "background", "category", "pattern", "light", "order", "memory"
    rendered = world.render(20, varied, captions=True, **SMALL)
    for i, caption in enumerate(rendered.captions):
        for name in varied:
            assert rendered.factors[name][i] in caption, (name, caption)
    assert world.render(1, {"motion": "left"}, captions=True).captions == ["a white disc moving left"]
    assert world.render(1, {"motion": "growing"}, captions=True).captions == ["a white disc growing"]


def test_false_captions_are_wrong_about_one_property():
    facts = {"motion": None, "shape": None, "colour": None, "caption": None}
    told = world.render(40, facts, label="caption", captions=True, **SMALL)
    true = world.render(40, facts | {"caption": "true"}, label="motion", captions=True, **SMALL)
    assert told.labels.count("true") == 20 and len(set(true.captions)) > 20
    for i, (label, caption) in enumerate(zip(told.labels, told.captions, strict=True)):
        right = f"a {told.factors['colour'][i]} {told.factors['shape'][i]} {told.factors['motion'][i]}"
        wrong = [a != b for a, b in zip(right.split(), caption.replace("moving ", "").split(), strict=True)]
        assert sum(wrong) == (label == "false"), caption


@pytest.mark.parametrize("count", ["1", "2", "3"])
def test_the_sound_is_in_step_with_the_bounces(count):
    """The loudest parts lie where the object is lowest, or, out of step, where it is highest."""
    facts = {"bounces": count, "sync": None, "sound": None}
    rendered = world.render(8, facts, label="sync", sound=True, truth="boxes", frames=48, size=(48, 48), fps=16)
    for wave, boxes, label in zip(rendered.sound, rendered.boxes, rendered.labels, strict=True):
        low = boxes[:, 0, 2]
        loud = np.abs(wave).reshape(48, -1).max(1) > 0.1
        starts = np.flatnonzero(loud & ~np.roll(loud, 1))
        assert len(starts) in (int(count), int(count) - 1)  # a tone at the very end may be cut off
        heights = low[starts] - low.min()
        assert (heights > 0.7 * np.ptp(low)).all() if label == "in step" else (heights < 0.3 * np.ptp(low)).all()
