"""Splits: whole groups on one side, sizes and classes near the fractions, warnings where something leaks."""

import os
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vidlab.datasets import Sample, check_split, split_by_group, warn_if_sorted


def clips(n_classes=5, groups=12, per_group=(1, 6), seed=0):
    """Groups of one class each, of different sizes, as in UCF101."""
    rng = np.random.default_rng(seed)
    return [
        Sample(f"{c}/{g}/{i}.avi", f"class{c}", f"{c}_{g}")
        for c in range(n_classes)
        for g in range(groups)
        for i in range(rng.integers(*per_group))
    ]


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_whole_and_sizes_come_near(seed):
    samples = clips(seed=seed)
    done = split_by_group(samples, {"train": 0.7, "val": 0.15, "test": 0.15}, seed)
    assert [(s.source, s.label, s.group) for s in done] == [(s.source, s.label, s.group) for s in samples]
    assert {s.split for s in samples} == {None}  # the ones that came in are as they were
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_split(done) == []
    for members in (done, *([s for s in done if s.label == f"class{c}"] for c in range(5))):
        counts = Counter(s.split for s in members)
        room = 0.02 if members is done else 0.06
        for name, fraction in zip(("train", "val", "test"), (0.7, 0.15, 0.15), strict=True):
            assert counts[name] / len(members) == pytest.approx(fraction, abs=room), (name, len(members))


def test_same_seed_same_split():
    samples = clips()
    first = [s.split for s in split_by_group(samples, seed=3)]
    assert first == [s.split for s in split_by_group(samples, seed=3)]
    assert first != [s.split for s in split_by_group(samples, seed=4)]


def test_a_class_of_equal_groups_does_not_round_the_same_way_each_time():
    done = split_by_group(clips(40, groups=25, per_group=(2, 3)))
    counts = Counter(s.split for s in done)  # 25 x 0.15 = 3.75 groups: rounded alike in 40 classes, 20 groups too many
    assert counts["val"] == pytest.approx(300, abs=8) and counts["test"] == pytest.approx(300, abs=8)


def test_samples_without_a_group_and_groups_with_several_classes():
    alone = [Sample(f"{i}.avi", "ab"[i % 2]) for i in range(100)]
    counts = Counter((s.label, s.split) for s in split_by_group(alone, (0.8, 0.2)))
    assert counts == {("a", "train"): 40, ("b", "train"): 40, ("a", "val"): 10, ("b", "val"): 10}
    in_memory = [Sample(np.zeros((1, 2, 2, 3), np.uint8), None) for _ in range(10)]
    assert Counter(s.split for s in split_by_group(in_memory, {"train": 0.5, "test": 0.5})) == {"train": 5, "test": 5}
    mixed = [Sample(f"{g}{i}.avi", "abc"[(g + i) % 3], str(g)) for g in range(30) for i in range(7)]
    done = split_by_group(mixed)
    assert check_split(done) == []
    assert Counter(s.split for s in done)["train"] == 21 * 7


def test_no_split_stays_empty():
    big = [Sample(f"{i}.avi", "a", str(i // 50)) for i in range(150)]
    assert len({s.split for s in split_by_group(big)}) == 3
    with pytest.raises(ValueError, match="2 groups are too few for 3 splits"):
        split_by_group(big[:100])
    with pytest.warns(UserWarning, match="too few groups to have every class on each side: rare$"):
        done = split_by_group([*clips(2), Sample("r.avi", "rare", "r")])
    assert done[-1].split == "train"


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ((0.7, 0.7), "sum up to 1"),
        ((1.5, -0.5), "must be above 0"),
        ({"train": 0.5, "dev": 0.5}, "fractions must be up to three numbers"),
        ((0.25,) * 4, "fractions must be up to three numbers"),
        ((), "fractions must be"),
    ],
)
def test_other_fractions_are_refused(fractions, message):
    with pytest.raises(ValueError, match=message):
        split_by_group(clips(), fractions)


def test_a_group_on_two_sides_is_noticed():
    samples = [Sample("a.avi", "x", "g1", "train"), Sample("b.avi", "x", "g1", "test"), Sample("c.avi", "x", "g1"),
               Sample("d.avi", "x", None, "train"), Sample("d.avi", "x", None, "val"),
               Sample("e.avi", "x", "g2", "val"), Sample("f.avi", "x", "g2", "val")]  # fmt: skip
    with pytest.warns(UserWarning, match=r"2 of 3 groups of clips stand on two sides of the split \(g1, d.avi\)"):
        assert check_split(samples) == ["g1", "d.avi"]


def test_one_file_by_other_names_is_one_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.mp4").write_bytes(b"1")
    os.symlink("a.mp4", "linked.mp4")
    os.link("a.mp4", "also.mp4")
    for other in ("a.mp4", tmp_path / "a.mp4", Path("./x/../a.mp4"), "linked.mp4", "also.mp4"):
        samples = [Sample(Path("a.mp4"), "0", split="train"), Sample(other, "0", split="test")]
        Path("x").mkdir(exist_ok=True)
        with pytest.warns(UserWarning, match="1 of 1 groups"):
            assert check_split(samples) == [Path("a.mp4")]
    assert check_split([Sample("gone.mp4", "0", split="train"), Sample("a.mp4", "0", split="test")]) == []


def test_rare_classes_come_as_near_to_their_shares_as_common_ones():
    """Without the division by the class's size, a rare class counts for nothing beside a common one."""
    for seed in range(20):
        rng, samples = np.random.default_rng(seed), []
        for g in range(60):
            samples += [Sample(f"{g}c{i}.mp4", "common", f"g{g}") for i in range(rng.integers(5, 30))]
            samples += [Sample(f"{g}r{i}.mp4", "rare", f"g{g}") for i in range(rng.integers(1, 4) * (g % 3 == 0))]
        sides = Counter((s.label, s.split) for s in split_by_group(samples, (0.5, 0.5), seed))
        share = sides["rare", "train"] / (sides["rare", "train"] + sides["rare", "val"])
        assert abs(share - 0.5) < 0.08, seed


def test_rows_that_come_class_by_class_are_noticed():
    for labels in (np.repeat([2, 0, 1], 4), ["a"] * 3 + ["b"] * 3):
        with pytest.warns(UserWarning, match="the training rows: the rows come class by class"):
            assert warn_if_sorted(labels, "the training rows")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for labels in ([], [1, 1, 1, 1], [0, 1, 2], [0, 1, 0, 1], [0, 0, 1, 1, 0]):
            assert not warn_if_sorted(labels)
