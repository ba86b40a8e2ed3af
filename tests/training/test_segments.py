"""A long file in segments: each against what was put into it."""

import itertools
import tracemalloc

import av
import numpy as np
import pytest

from vidlab import training, video
from vidlab.clips import Frames
from vidlab.training.segments import likeliest_path

import keras  # isort: skip

FPS = 8
DARK, BRIGHT = 40, 200


def by_brightness(frames=4, side=16, sampling="uniform", by="frame"):
    """Knows bright clips from dark ones; of others it is unsure."""
    clip = keras.Input((frames, side, side, 3))
    bright = keras.ops.clip((keras.ops.mean(clip, axis=(1, 2, 3, 4)) - 0.3) / 0.3, 0.02, 0.98)
    model = keras.Model(clip, keras.ops.stack([1 - bright, bright], axis=1))
    return training.Saved(model, ["dark", "bright"], Frames(frames, (side, side), sampling=sampling, by=by), 2.0)


def by_range():
    """Class 1 where the frames of a clip differ, 0 where all are alike: what a cut within a window looks like."""
    clip = keras.Input((4, 16, 16, 3))
    each = keras.ops.mean(clip, axis=(2, 3, 4))
    differ = keras.ops.clip(5 * (keras.ops.max(each, axis=1) - keras.ops.min(each, axis=1)), 0.0, 1.0)
    return training.Saved(keras.Model(clip, keras.ops.stack([1 - differ, differ], 1)), ["still", "cut"],
                          Frames(4, (16, 16)), 2.0)  # fmt: skip


def film(path, parts):
    """Parts of (seconds, grey) one after the other."""
    grey = np.repeat([value for _, value in parts], [round(seconds * FPS) for seconds, _ in parts]).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 8, (len(grey), 16, 16, 3), np.uint8)
    video.write(path, grey[:, None, None, None] + noise, fps=FPS)
    return path


@pytest.mark.parametrize("step", [None, 1.0])
def test_segments_are_those_of_the_file(tmp_path, step):
    parts = [(11, DARK), (8, BRIGHT), (13.5, DARK), (9, BRIGHT)]
    seen = []
    found = training.timeline(
        by_brightness(), film(tmp_path / "long.mp4", parts), step=step, lasts=8, progress=seen.append
    )
    assert [one.label for one in found.segments] == ["dark", "bright", "dark", "bright"]
    edges = np.cumsum([0] + [seconds for seconds, _ in parts])
    assert np.allclose([one.start for one in found.segments], edges[:-1], atol=0.51)
    assert np.allclose([one.stop for one in found.segments], edges[1:], atol=0.51)
    assert all(one.sure > 0.9 for one in found.segments) and found.stopped is None
    assert found.edges[0] == 0 and found.edges[-1] == pytest.approx(41.5, abs=0.05)
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    assert seen == sorted(seen) and len(seen) > 3 and seen[-1] <= 1


def test_a_gradual_change_is_found_without_a_cut(tmp_path):
    slow = [(0.125, DARK + k) for k in range(0, BRIGHT - DARK, 4)]
    found = training.timeline(by_brightness(), film(tmp_path / "slow.mp4", [(10, DARK), *slow, (10, BRIGHT)]))
    assert [one.label for one in found.segments] == ["dark", "bright"]
    assert abs(found.segments[0].stop - 12.5) < 1


def test_no_window_reaches_across_a_cut(tmp_path):
    parts = [(2.5 + 0.25 * (k % 3), (DARK, BRIGHT, 120)[k % 3]) for k in range(12)]
    found = training.timeline(by_range(), film(tmp_path / "cuts.mp4", parts))
    assert [one.label for one in found.segments] == ["still"] and found.segments[0].sure > 0.7
    flash = film(tmp_path / "flash.mp4", [(6, DARK), (0.125, BRIGHT), (6, DARK)])
    assert [one.label for one in training.timeline(by_range(), flash).segments] == ["still"]


@pytest.mark.parametrize("by", ["frame", "time"])
def test_every_window_holds_its_own_seconds_the_last_one_too(tmp_path, by):
    """Brightness grows evenly, so that the frames of each window of 2 s, first to last, differ by the same."""
    rising = film(tmp_path / "rising.mp4", [(0.125, 20 + 2 * k) for k in range(86)])  # 10.75 s
    known = by_range()
    known = training.Saved(known.model, known.classes, Frames(4, (16, 16), by=by), 2.0)
    said = training.timeline(known, rising, window=2, step=0.5).probabilities[:, 1]
    assert np.allclose(said, 5 * 15 * 2 / 255, atol=0.06)


@pytest.mark.parametrize(
    "sampling, by", [("uniform", "frame"), ("uniform", "time"), ("dense", "frame"), ("random", "frame")]
)
@pytest.mark.parametrize("seconds", [0.25, 2, 2.2, 5])
def test_files_of_any_length(tmp_path, seconds, sampling, by):
    found = training.timeline(by_brightness(sampling=sampling, by=by), film(tmp_path / "a.mp4", [(seconds, BRIGHT)]))
    assert [one.label for one in found.segments] == ["bright"] and found.segments[0].sure > 0.9
    assert found.segments[0].stop == pytest.approx(seconds, abs=0.05)


def test_one_odd_window_makes_no_segment(tmp_path):
    parts = [(8, DARK), (0.5, BRIGHT), (8, DARK)]
    path = film(tmp_path / "odd.mp4", parts)
    assert len(training.timeline(by_brightness(), path, window=1).segments) == 1
    assert len(training.timeline(by_brightness(), path, window=0.5, lasts=0.7).segments) == 3


@pytest.mark.parametrize("weight, change", [(1.0, 0.2), (0.25, 0.05), (1.0, 0.5)])
def test_the_path_is_the_likeliest_of_all(weight, change):
    rng = np.random.default_rng(0)
    for classes, length in ((2, 7), (3, 6), (4, 5)):
        p = rng.dirichlet(np.ones(classes), length)
        best = max(
            itertools.product(range(classes), repeat=length),
            key=lambda path: (
                weight * sum(np.log(p[t, c]) for t, c in enumerate(path))
                + sum(
                    np.log(1 - change if a == b else change / (classes - 1))
                    for a, b in zip(path, path[1:], strict=False)
                )
            ),
        )
        assert likeliest_path(p, weight, change).tolist() == list(best)


def test_a_damaged_file_ends_where_the_damage_is(tmp_path):
    whole = film(tmp_path / "whole.avi", [(20, DARK), (20, BRIGHT)])
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])  # the last quarter is its index
    found = training.timeline(by_brightness(), cut)
    assert "cut.avi" in found.stopped and [one.label for one in found.segments] == ["dark", "bright"]
    assert 22 < found.segments[-1].stop < 38
    data = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        packet = [p for p in container.demux(video=0) if p.size][200]  # at 25 s
    data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    cut.write_bytes(data)
    stopped, repaired = (training.timeline(by_brightness(), cut, on_error=how) for how in ("stop", "repair"))
    assert stopped.stopped and stopped.edges[-1] < 35 < repaired.edges[-1] and repaired.stopped is None
    assert [one.label for one in repaired.segments] == ["dark", "bright"]


def test_memory_does_not_grow_with_the_length(tmp_path):
    peaks = []
    for seconds in (30, 30, 240):
        path = film(tmp_path / f"{seconds}.mp4", [(seconds, DARK)])
        tracemalloc.start()
        training.timeline(by_brightness(side=64), path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] - peaks[1] < 3e6, "bytes; the frames of 210 seconds would be 20 million"


@pytest.mark.parametrize(
    "settings, named",
    [({"window": 0}, "window"), ({"step": -1}, "step"), ({"lasts": np.nan}, "lasts"), ({"step": 3.0}, "gaps")],
)
def test_what_is_wrong_is_named(tmp_path, settings, named):
    path = film(tmp_path / "a.mp4", [(3, DARK)])
    with pytest.raises(ValueError, match=named):
        training.timeline(by_brightness(), path, **settings)


def test_a_model_that_does_not_know_its_clips_asks_for_a_window(tmp_path):
    path, known = film(tmp_path / "a.mp4", [(3, DARK)]), by_brightness()
    training.save(tmp_path / "m.keras", known.model, known.classes, known.frames)
    with pytest.raises(ValueError, match="window"):
        training.timeline(training.load(tmp_path / "m.keras"), path)
    training.save(tmp_path / "m.keras", known.model, known.classes, known.frames, seconds=2.0)
    assert training.timeline(training.load(tmp_path / "m.keras"), path).segments[0].label == "dark"
    with pytest.raises(video.VideoNotFound, match="gone"):
        training.timeline(known, tmp_path / "gone.mp4")
