"""Many samples at once."""

import numpy as np
import pytest

from vidlab import datasets, video
from vidlab.clips import Frames


def test_clips_and_labels_belong_together():
    samples = datasets.embedded()[::40]
    clips, labels = datasets.load_clips(samples, Frames(5, (16, 24)))
    classes = datasets.classes_of(samples)
    assert clips.shape == (len(samples), 5, 16, 24, 3) and clips.dtype == np.float32
    for sample, clip, label in zip(samples, clips, labels, strict=True):
        assert classes[label] == sample.label
        assert np.array_equal(np.round(clip * 255).astype(np.uint8), video.read(sample.source, 5, (16, 24)))


def test_clips_in_memory_and_seconds():
    clip = np.random.default_rng(0).integers(0, 255, (10, 8, 8, 3), np.uint8)
    clips, labels = datasets.load_clips(
        [datasets.Sample(clip, "b"), datasets.Sample(clip[::-1], "a")], Frames(10, (8, 8))
    )
    assert labels.tolist() == [1, 0] and np.array_equal(clips[0], clips[1, ::-1])
    path = datasets.embedded()[0].source
    late, _ = datasets.load_clips([datasets.Sample(path, "a", start=1.0)], Frames(12, (64, 64)))
    assert np.array_equal(np.round(late[0] * 255), video.read(path)[12:])


def test_mistakes_are_named(tmp_path):
    clip = np.zeros((2, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match=r"labels \['b'\] are not among the classes \['a'\]"):
        datasets.load_clips([datasets.Sample(clip, "b")], classes=["a"])
    with pytest.raises(ValueError, match=r"labels \['None'\]"):
        datasets.load_clips([datasets.Sample(clip)])
    with pytest.raises(ValueError, match=r"a clip in memory is \(8, 8\) pixels, not size=\(48, 48\)"):
        datasets.load_clips([datasets.Sample(clip, "a")])
    with pytest.raises(ValueError, match="samples: expected a list of Sample"):
        datasets.load_clips(["a.mp4"])
    with pytest.raises(ValueError, match="frames=None must be Frames"):
        datasets.load_clips([datasets.Sample(clip, "a")], None)
    with pytest.raises(ValueError, match="a number of frames and a size"):
        datasets.load_clips([datasets.Sample(clip, "a")], Frames(None, (8, 8)))
    with pytest.raises(ValueError, match="samples: expected uint8, or floats from 0 to 1, got float64"):
        datasets.load_clips([datasets.Sample(clip + 7.5, "a")], Frames(2, (8, 8)))
    with pytest.raises(video.VideoNotFound, match="gone.mp4"):
        datasets.load_clips([datasets.Sample(tmp_path / "gone.mp4", "a")])
