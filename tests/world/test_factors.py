"""Each factor can be seen, changes nothing else, and is told by one frame only where it says so."""

import numpy as np
import pytest

from vidlab import world
from vidlab.world import factors, sprite, words
from vidlab.world.draws import Draws
from vidlab.world.factors import Factor

SMALL = {"frames": 12, "size": (24, 24)}
ON_THE_OBJECT = "texture", "colour", "digit", "pattern", "face", "emotion", "expression"
OVER_ALL = "contrast", "light", "level", "shadow", "written", "memory", "background"


def one(name, value, **more):
    return world.render(1, {name: value}, label=name, **(SMALL | more))


def test_every_factor_says_what_it_is():
    assert all(factor.about and "{}" in factor.phrase for name, factor in world.FACTORS.items() if name != "caption")


@pytest.mark.parametrize("name", [name for name in world.FACTORS if name not in ("sound", "sync", "caption")])
def test_every_value_looks_different(name):
    values = dict.fromkeys((*world.FACTORS[name].values, world.FACTORS[name].plain))
    more = {"motion": {"texture": "brick"}, "speed": {"motion": "left"}}.get(name, {})  # a white disc turns unseen
    if name == "speed":
        del values["any"]
    for seed in range(3):
        clips = [
            world.render(1, {name: v, **more}, label=name, frames=16, seed=seed).clips.astype(float) for v in values
        ]
        for i, clip in enumerate(clips):
            for other in clips[:i]:
                assert (np.abs(clip - other).max(-1) > 12).sum() >= 60, (name, seed)


@pytest.mark.parametrize("name", (*ON_THE_OBJECT, *OVER_ALL))
def test_a_factor_changes_nothing_else(name):
    """Neither where the object is, nor how anything moves; and what is on the object does not change the ground."""
    first, *others = (one(name, v, truth=("masks", "flow"), size=(48, 48)) for v in world.FACTORS[name].values)
    for other in others:
        assert np.array_equal(first.masks, other.masks) and np.array_equal(first.flow, other.flow)
        if name in ON_THE_OBJECT:
            far = np.pad(first.masks, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="wrap")
            near = np.max([far[..., i : i + 48, j : j + 48] for i in range(5) for j in range(5)], 0)
            assert np.array_equal(first.clips[near == 0], other.clips[near == 0])


@pytest.mark.parametrize(("factors", "message"), [
    (("interaction", "bounces"), "interaction and bounces both decide where the object goes; leave one of them out"),
    (("shape", "category"), "shape and category both decide the object's outline"),
    (("digit", "face"), "digit and face both decide what is on the object"),
    (("order", "duration"), "order and duration both decide what happens to the object"),
    (("background", "relief"), "background and relief both decide what is behind the object"),
    (("camera", "flow"), "camera and flow both decide how the view moves"),
    (("speed", "bounces"), "bounces and motion both decide where the object goes"),
    ({"speed": "slow", "motion": "still"}, "speed means nothing unless motion varies too"),
])  # fmt: skip
def test_contradictions_are_named(factors, message):
    with pytest.raises(ValueError, match=message):
        world.render(2, factors, label=next(iter(factors)), **SMALL)


def test_a_plain_value_contradicts_nothing():
    facts = {"bounces": "2", "motion": "still", "shape": "disc", "category": "car"}
    assert world.render(2, facts, label="bounces", **SMALL).labels == ["2", "2"]


def test_a_factor_brings_along_what_it_needs():
    rendered = world.render(40, "sync", label="sync", **SMALL)
    assert set(rendered.factors["bounces"]) == {"1", "2", "3"} and set(rendered.factors["sound"]) == {"low", "high"}
    chosen = world.render(4, {"speed": None, "motion": "up"}, label="speed", **SMALL)
    assert set(chosen.factors["motion"]) == {"up"}


def test_workers_do_not_change_the_result():
    varied = "motion", "texture", "background", "order", "shadow"
    alone, together = (
        world.render(24, varied, workers=workers, truth=("flow", "boxes"), captions=True, **SMALL) for workers in (1, 5)
    )
    assert np.array_equal(alone.clips, together.clips) and alone.captions == together.captions
    assert np.array_equal(alone.flow, together.flow) and np.array_equal(alone.boxes, together.boxes, equal_nan=True)


@pytest.mark.parametrize("name", [name for name in world.FACTORS if name not in ("motion", "sound")])
@pytest.mark.parametrize(("frames", "size"), [(1, (8, 8)), (2, (9, 16)), (5, (40, 12))])
def test_every_factor_takes_any_number_of_frames_and_any_size(name, frames, size):
    n = len(world.FACTORS[name].values)
    truth = "flow", "depth", "masks", "boxes"
    rendered = world.render(n, name, label=name, frames=frames, size=size, sound=True, captions=True, truth=truth)
    assert rendered.clips.shape == (n, frames, *size, 3) and set(rendered.labels) == set(world.FACTORS[name].values)
    assert np.isfinite(rendered.flow).all() and np.isfinite(rendered.depth).all()


def accuracy_of_one_frame(name, frame, n=300):
    from sklearn.ensemble import ExtraTreesClassifier

    rendered = world.render(2 * n, name, label=name, frames=8, size=(16, 16), seed=11)
    x, y = rendered.clips[:, frame].reshape(2 * n, -1), np.array(rendered.labels)
    return ExtraTreesClassifier(40, min_samples_leaf=2, random_state=0).fit(x[:n], y[:n]).score(x[n:], y[n:])


@pytest.mark.slow
@pytest.mark.parametrize("name", [
    "speed", "camera", "flow", "depth", "relief", "duration", "bounces", "correlation", "story", "order", "memory",
])  # fmt: skip
def test_no_single_frame_gives_away_what_is_about_time(name):
    """Trees that see one frame stay near chance, though they can learn what a frame does show."""
    chance = 1 / len(world.FACTORS[name].values)
    bound = chance + 4 * np.sqrt(chance * (1 - chance) / 300)  # 300 test clips
    for frame in (4, 7) if name in ("memory", "order") else (0, 4):
        assert accuracy_of_one_frame(name, frame) < bound


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shape", "colour", "spatial", "light", "written"])
def test_a_single_frame_gives_away_what_is_not(name):
    assert accuracy_of_one_frame(name, 4, n=600) > 1.5 / len(world.FACTORS[name].values)


@pytest.mark.parametrize("name", ["motion", "speed", "camera", "flow", "depth", "correlation"])
def test_all_values_start_from_the_same_picture(name):
    """They differ in what comes after, so that the first frame cannot tell them apart."""
    first, *others = (one(name, value).clips[0] for value in world.FACTORS[name].values)
    for other in others:
        assert np.array_equal(first[0], other[0]) and not np.array_equal(first[-1], other[-1])


@pytest.mark.parametrize("name", ["order", "temporal"])
def test_events_come_in_the_order_that_is_told(name):
    rendered = world.render(60, (name, "shape"), label=name, truth="masks")
    for clip, masks, label in zip(rendered.clips, rendered.masks, rendered.labels, strict=True):
        flashes = np.flatnonzero((clip.min(-1) > 250).any((1, 2)))
        areas = masks.astype(bool).sum((1, 2))
        swells = np.flatnonzero(areas > 1.3 * np.median(areas))
        assert len(flashes) == 2 and len(swells) >= 2
        before, after = flashes.max() < swells.min(), flashes.min() > swells.max()
        assert (label in ("flash first", "before")) == before and (label in ("swell first", "after")) == after


@pytest.mark.parametrize("count", ["1", "2", "3"])
def test_the_ball_falls_as_often_as_it_says(count):
    rendered = world.render(10, {"bounces": count}, label="bounces", truth="boxes", frames=61, size=(48, 48))
    for boxes in rendered.boxes[:, :, 0, 2]:
        middle = (boxes.max() + boxes.min()) / 2
        below = (boxes > middle).astype(int)
        falls = (np.diff(below) == 1).sum() + below[0]  # times it comes to the lower half, or starts there
        assert falls in (int(count), int(count) + (below[0] and below[-1]))


def test_the_first_frame_and_no_other_shows_what_to_remember():
    rendered = world.render(80, "memory", label="memory", **SMALL)
    corner = [[tuple(int(v) for v in picture[0, 0]) for picture in clip] for clip in rendered.clips]
    assert len({(label, colours[0]) for label, colours in zip(rendered.labels, corner, strict=True)}) == 4
    assert len({(label, colours[-1]) for label, colours in zip(rendered.labels, corner, strict=True)}) == 16


def test_the_story_is_told_by_look_and_movement_together():
    rendered = world.render(60, "story", label="story", truth="boxes", frames=8, size=(64, 64))
    kinds = set()
    for clip, boxes, label in zip(rendered.clips, rendered.boxes, rendered.labels, strict=True):
        coloured = np.ptp(clip.astype(int), axis=-1).max() > 40  # two white discs, or one of them and another thing
        middles = (boxes[..., :2] + boxes[..., 2:]) / 2
        parting = np.median(np.diff(np.hypot(*(middles[:, 0] - middles[:, 1]).T))) > 0
        assert (label == "rule kept") == (coloured == parting)
        kinds.add((coloured, parting))
    assert len(kinds) == 4


def test_a_new_factor_moves_no_other(monkeypatch):
    """Neither one that is only in the table, at its very beginning, nor one that varies and draws."""
    before = world.render(12, **SMALL, captions=True)
    table = {"mood": Factor(("calm", "wild"), "none", "a new one"), **world.FACTORS}
    monkeypatch.setattr(factors, "FACTORS", table)
    monkeypatch.setattr(sprite, "FACTORS", table)
    monkeypatch.setattr(words, "FACTORS", table)
    plain = world.render(12, **SMALL, captions=True)
    assert np.array_equal(before.clips, plain.clips) and before.captions == plain.captions
    usual = ("motion", "shape", "texture", "colour", "digit", "background")
    varied = world.render(12, factors=("mood", *usual), **SMALL)
    assert np.array_equal(before.clips, varied.clips) and set(varied.factors["mood"]) == {"calm", "wild"}
    with_light = world.render(12, factors=(*usual, "light", "order"), **SMALL)
    assert all(before.factors[name] == with_light.factors[name] for name in usual)


def test_each_factor_draws_apart_and_by_the_seed():
    one, other = Draws(1, 0), Draws(1, 0)
    other["order"].random(5)
    assert one["camera"].random() == other["camera"].random()
    drawn = {Draws(*key)[name].random() for key in ((1, 0), (1, 1), (2, 0)) for name in ("camera", "order")}
    drawn |= {Draws(1, 0).apart("second object")[name].random() for name in ("camera", "order")}
    assert len(drawn) == 8
