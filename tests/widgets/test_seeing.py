"""The lab of chapter 16: the clip is one of that kind, and what is said of it is what the results hold."""

import numpy as np
import pytest

from vidlab import datasets, widgets, world

MIXES = [["light", "colour"], ["level", "colour"]]


def results():
    """As bench/what_can_it_see.py writes them, of two families and three factors."""
    made = world.survey(4, 6, (16, 16), 3, [tuple(mix) for mix in MIXES])
    examples = {"first": {}, "second": {}}
    for name, row in made.answers.items():
        for mix in (0, 1):
            known = row[(made.mixes == mix) & (row >= 0)]
            if len(known):
                examples["first"][f"{name} {mix}"] = known.tolist()
                examples["second"][f"{name} {mix}"] = ((known + 1) % len(world.FACTORS[name].values)).tolist()
    means = {"first": 0.8, "second": 0.25}
    rows = [
        {"family": family, "factor": factor, "seed": seed, "accuracy": mean + 0.1 * seed, "chance": 0.25}
        for family, mean in means.items() for factor in made.answers for seed in (0, 1)
    ]  # fmt: skip
    settings = {"frames": 6, "size": [16, 16], "shown": [4, 3]}
    return made, datasets.Results("made by a test", "today", {
        "settings": settings, "mixes": MIXES, "examples": examples, "rows": rows,
    })  # fmt: skip


def test_clip_truth_and_answer_belong_together():
    made, stored = results()
    lab = widgets.survey(stored)
    for factor, family, clip, frame in (
        ("light", "first", 0, 2),
        ("level", "second", 3, 5),
        ("colour", "second", 2, 0),
    ):
        found = lab._answer(factor=factor, family=family, clip=clip, frame=frame)
        number = np.flatnonzero((made.answers[factor] >= 0) & (made.mixes == ("level" == factor)))[clip]
        values = world.FACTORS[factor].values
        truth = made.answers[factor][number]
        panel = found["panels"]["clip"]
        assert np.array_equal(np.frombuffer(panel["data"], np.uint8).reshape(panel["shape"]), made.clips[number, frame])
        assert f"{factor} is {values[truth]}" in panel["caption"]
        if family == "first":
            assert f"first says {values[truth]}: right." in found["status"]
            assert "right for 85% of other clips (80% to 90%); the commonest answer for 25%" in found["status"]
        else:
            other = values[(truth + 1) % len(values)]
            assert f"second says {other}: wrong, it is {values[truth]}." in found["status"]
        assert made.captions[number] in found["status"]


def test_the_bars_are_above_chance():
    _, stored = results()
    bars = widgets.survey(stored)._answer(factor="light", family="first", clip=0, frame=0)["panels"]["families"]
    assert bars["names"] == ["first", "second"]
    assert bars["series"]["above chance"] == pytest.approx([0.8, 0.0667], abs=1e-3)
    assert bars["texts"] == ["0.80", "0.07"]
    assert "first 0.80 (0.73 to 0.87); second 0.07 (0.00 to 0.13)" in bars["alt"]


def test_what_cannot_be():
    with pytest.raises(ValueError, match="results: 'settings' is not in them"):
        widgets.survey(datasets.Results("c", "d", {"rows": []}))
