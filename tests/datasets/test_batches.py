"""Batches: order, tails, errors; the same from any number of workers."""

import numpy as np
import pytest

from vidlab import datasets, video
from vidlab.datasets import Batches, Sample


def joined(data):
    """All of an epoch: (clips, labels)."""
    clips, labels = zip(*((c.numpy(), n.numpy()) for c, n in data), strict=True)
    return np.concatenate(clips), np.concatenate(labels)


@pytest.fixture(scope="module")
def samples():
    return datasets.embedded()[::37]


def test_an_epoch_is_what_load_clips_gives(samples):
    batches = Batches(samples, 5, (16, 24), 4)
    clips, labels = joined(batches.epoch(0))
    wanted, numbers = datasets.load_clips(samples, 5, (16, 24))
    assert np.array_equal(clips, wanted) and np.array_equal(labels, numbers)
    assert clips.dtype == np.float32 and labels.dtype == batches.labels.dtype == np.int64
    assert np.array_equal(batches.labels, numbers) and batches.classes == datasets.classes_of(samples)
    assert len(batches) == len(samples) and batches.steps == len(list(batches.epoch(1))) == -(-len(samples) // 4)


@pytest.mark.parametrize("sampling", ["uniform", "segments"])
def test_order_depends_on_seed_and_epoch_alone(samples, sampling):
    settings = dict(frames=4, size=(16, 16), batch=4, shuffle=True, sampling=sampling)
    one, four = (Batches(samples, workers=n, seed=3, **settings) for n in (1, 4))
    epochs = [joined(one.epoch(k)) for k in (0, 1)]
    for k in (1, 0):  # in another order, too
        clips, labels = joined(four.epoch(k))
        assert np.array_equal(clips, epochs[k][0]) and np.array_equal(labels, epochs[k][1])
        clips, labels = joined(four.epoch(k, start=2))
        assert np.array_equal(clips, epochs[k][0][8:]) and np.array_equal(labels, epochs[k][1][8:])
    assert not np.array_equal(epochs[0][1], epochs[1][1]) and sorted(epochs[0][1]) == sorted(epochs[1][1])
    assert not np.array_equal(joined(Batches(samples, seed=4, **settings).epoch(0))[1], epochs[0][1])
    assert list(one.epoch(0, start=one.steps)) == []


def test_bad_files_are_raised_or_skipped(samples, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(samples[0].source.read_bytes()[:900])
    mixed = [*samples[:5], Sample(bad, samples[5].label), *samples[6:9]]
    batches = Batches(mixed, 4, (16, 16), 2)
    with pytest.raises(video.VideoError, match="bad.mp4"), batches.errors():
        joined(batches.epoch(0))
    batches = Batches(mixed, 4, (16, 16), 2, on_error="skip")
    with pytest.warns(UserWarning, match=r"1 of 9 files cannot be read.*bad\.mp4") as warned:
        sizes = [len(labels) for _, labels in batches.epoch(0)]
        clips, labels = joined(batches.epoch(1))
    assert sizes == [2, 2, 1, 2, 1] and len(warned) == 1 and list(batches.skipped) == [bad]
    wanted, _ = datasets.load_clips(mixed[:5] + mixed[6:], 4, (16, 16))
    assert np.array_equal(clips, wanted) and np.array_equal(labels, np.delete(batches.labels, 5))
    hopeless = Batches([Sample(bad, "a")] * 3, 4, (16, 16), 2, on_error="skip")
    with pytest.raises(video.VideoError, match="none of the .* can be read"), hopeless.errors():
        joined(hopeless.epoch(0))
