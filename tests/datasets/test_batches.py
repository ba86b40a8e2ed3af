"""Batches: order, tails, errors, cache; the same from any number of workers; memory and threads."""

import gc
import os
import shutil
import subprocess
import sys

import numpy as np
import psutil
import pytest

from vidlab import datasets, video
from vidlab.clips import Frames
from vidlab.datasets import Augment, Batches, Sample


def joined(data):
    """All of an epoch: (clips, labels)."""
    clips, labels = zip(*((c.numpy(), n.numpy()) for c, n in data), strict=True)
    return np.concatenate(clips), np.concatenate(labels)


@pytest.fixture(scope="module")
def samples():
    return datasets.embedded()[::37]


def test_an_epoch_is_what_load_clips_gives(samples):
    batches = Batches(samples, Frames(5, (16, 24)), batch=4)
    clips, labels = joined(batches.epoch(0))
    wanted, numbers = datasets.load_clips(samples, Frames(5, (16, 24)))
    assert np.array_equal(clips, wanted) and np.array_equal(labels, numbers)
    assert clips.dtype == np.float32 and labels.dtype == batches.labels.dtype == np.int64
    assert np.array_equal(batches.labels, numbers) and batches.classes == datasets.classes_of(samples)
    assert len(batches) == len(samples) and batches.steps == len(list(batches.epoch(1))) == -(-len(samples) // 4)


@pytest.mark.parametrize("sampling", ["uniform", "segments"])
def test_order_depends_on_seed_and_epoch_alone(samples, sampling):
    settings = dict(frames=Frames(4, (16, 16), sampling=sampling), batch=4, shuffle=True)
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
    batches = Batches(mixed, Frames(4, (16, 16)), batch=2)
    with pytest.raises(video.VideoError, match="bad.mp4"), batches.errors():
        joined(batches.epoch(0))
    batches = Batches(mixed, Frames(4, (16, 16)), batch=2, on_error="skip")
    with pytest.warns(UserWarning, match=r"1 of 9 files cannot be read.*bad\.mp4") as warned:
        sizes = [len(labels) for _, labels in batches.epoch(0)]
        clips, labels = joined(batches.epoch(1))
    assert sizes == [2, 2, 1, 2, 1] and len(warned) == 1 and list(batches.skipped) == [bad]
    wanted, _ = datasets.load_clips(mixed[:5] + mixed[6:], Frames(4, (16, 16)))
    assert np.array_equal(clips, wanted) and np.array_equal(labels, np.delete(batches.labels, 5))
    hopeless = Batches([Sample(bad, "a")] * 3, Frames(4, (16, 16)), batch=2, on_error="skip")
    with pytest.raises(video.VideoError, match="none of the .* can be read"), hopeless.errors():
        joined(hopeless.epoch(0))


def test_a_part_of_an_epoch_may_have_nothing_left(samples, tmp_path):
    """The last batch of an epoch, or a worker's share: other parts have clips, so this is no end."""
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video" * 99)
    mixed = [*samples[:4], Sample(bad, samples[0].label)]
    batches = Batches(mixed, Frames(4, (16, 16)), batch=2, on_error="skip")
    with pytest.warns(UserWarning, match="1 of 5 files"):
        assert list(batches.epoch(0, start=2)) == []
    [(clips, labels)] = batches.epoch(0, start=2, keep_empty=True)
    assert clips.shape == (0, 4, 16, 16, 3) and labels.shape == (0,)
    shares = [[len(labels) for _, labels in batches.epoch(0, shard=(i, 2))] for i in (0, 1)]
    assert shares == [[1, 1, 0], [1, 1, 0]]
    with pytest.raises(ValueError, match="batch=2 must be a multiple of 3, the workers that share it"):
        batches.epoch(0, shard=(0, 3))


@pytest.mark.parametrize("batch", [1, 3])
def test_of_several_bad_files_the_first_in_the_order_is_named(samples, tmp_path, batch):
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / name).write_bytes(b"no video" * 99)
    mixed = [samples[0], *(Sample(tmp_path / f"{name}.mp4", samples[0].label) for name in "bac")]
    batches = Batches(mixed, Frames(4, (16, 16)), batch=batch, workers=4)
    for _ in range(5):
        with pytest.raises(video.VideoError, match="b.mp4"), batches.errors():
            joined(batches.epoch(0))
    from vidlab.tensorflow import tf

    with pytest.raises(tf.errors.InvalidArgumentError, match="the model's"), batches.errors():
        raise tf.errors.InvalidArgumentError(None, None, "the model's, not the file's of before")


def test_a_clip_in_memory_of_another_size_is_named():
    batches = Batches([Sample(np.zeros((4, 8, 8, 3), np.uint8), "a")], Frames(4, (16, 16)))
    with pytest.raises(ValueError, match=r"a clip in memory is \(8, 8\) pixels, not size=\(16, 16\)"), batches.errors():
        joined(batches.epoch(0))


ALL_CHANGES = Augment(0.7, "swap", 0.2, (0.8, 1.25), "swap")


@pytest.mark.parametrize("augment", [None, Augment(0.7, "swap", 0.2, reverse="swap"), ALL_CHANGES])
def test_augmentation_depends_on_seed_epoch_and_sample_alone(samples, augment):
    settings = dict(frames=Frames(4, (16, 16)), shuffle=True, augment=augment, seed=3)
    one, four = Batches(samples, batch=4, workers=1, **settings), Batches(samples, batch=2, workers=4, **settings)
    first, second = joined(one.epoch(0)), joined(one.epoch(1))
    for k, (clips, labels) in ((1, second), (0, first)):
        again = joined(four.epoch(k))
        assert np.array_equal(again[0], clips) and np.array_equal(again[1], labels)
        assert np.array_equal(joined(one.epoch(k, start=2))[0], clips[8:])
    orders = [np.random.default_rng([1, 3, k]).permutation(len(samples)) for k in (0, 1)]
    changed = first[0][np.argsort(orders[0])] != second[0][np.argsort(orders[1])]
    assert changed.any() == (augment is not None)


@pytest.mark.parametrize("source", ["memory", "file"])
def test_slower_clips_show_a_part_of_the_frames(samples, source):
    path = samples[0].source
    whole = video.read(path, size=(16, 16))
    sample = Sample(whole if source == "memory" else path, "a")
    half = (11 / 23,) * 2  # of the time between the first and the last frame, 23 steps
    batches = Batches([sample], Frames(12, (16, 16)), shuffle=True, augment=Augment(speed=half))
    starts = set()
    for k in range(6):
        clip = np.round(joined(batches.epoch(k))[0][0] * 255)
        found = [start for start in range(13) if np.array_equal(clip, whole[start : start + 12])]
        assert found  # 12 neighbours of 24 frames, where speed 1 takes every other one
        starts |= set(found)
    assert len(starts) > 1


@pytest.mark.parametrize("cache", ["memory", "folder"])
@pytest.mark.parametrize("sampling", ["uniform", "dense", "segments", "random"])
def test_cached_clips_are_the_same(samples, tmp_path, cache, sampling, monkeypatch):
    augment = ALL_CHANGES if sampling == "dense" else Augment(crop=0.5)
    settings = dict(frames=Frames(4, (16, 16), sampling=sampling), batch=4, shuffle=True, augment=augment)
    where = "memory" if cache == "memory" else tmp_path / "new" / "cache"
    plain, cached = Batches(samples, **settings), Batches(samples, cache=where, **settings)
    wanted = [joined(plain.epoch(k)) for k in (0, 1)]
    for k in (0, 1, 0):
        clips, labels = joined(cached.epoch(k))
        assert np.array_equal(clips, wanted[k][0]) and np.array_equal(labels, wanted[k][1])
        monkeypatch.setattr(video, "read", None)  # from the second epoch on no file is decoded
    if cache == "folder":
        assert len(list(where.iterdir())) == len(samples)
        assert np.array_equal(joined(Batches(samples, cache=where, **settings).epoch(1))[0], wanted[1][0])


def test_a_folder_of_clips_knows_files_and_settings(samples, tmp_path):
    path = tmp_path / "clip.mp4"
    shutil.copy(samples[0].source, path)
    settings = dict(frames=Frames(4, (16, 16)), cache=tmp_path / "cache")

    def clip(start=None, **other):
        return joined(Batches([Sample(path, "a", start=start)], **settings | other).epoch(0))[0]

    first = clip()
    others = Frames(5, (16, 16)), Frames(4, (16, 24)), Frames(4, (16, 16), sampling="dense")
    for other in (*({"frames": frames} for frames in others), {"start": 0.5}):
        assert not np.array_equal(clip(**other), first)
    cached = list((tmp_path / "cache").iterdir())
    assert len(cached) == 5
    for file in cached:
        file.write_bytes(file.read_bytes()[:200])  # as a full disk leaves it
    assert np.array_equal(clip(), first)
    shutil.copy(samples[1].source, path)
    os.utime(path, ns=(10**18, 10**18))
    assert not np.array_equal(clip(), first)
    path.unlink()
    with pytest.raises(video.VideoNotFound), (b := Batches([Sample(path, "a")], **settings)).errors():
        joined(b.epoch(0))
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    with pytest.raises(ValueError, match="cache=.*blocked: no folder can be made there"):
        clip(cache=blocked)
    with pytest.raises(ValueError, match='cache=7 must be None, "memory" or the path'):
        clip(cache=7)


def test_memory_is_not_filled_beyond_its_limit(samples):
    size = len(samples) * 4 * 16 * 16 * 3
    joined(Batches(samples, Frames(4, (16, 16)), cache="memory", limit_bytes=size).epoch(0))
    with pytest.raises(MemoryError, match='cache="memory": the clips take .* limit_bytes is .* give a folder instead'):
        Batches(samples, Frames(4, (16, 16)), cache="memory", limit_bytes=size - 1)
    with pytest.raises(MemoryError, match="half of the free memory"):
        Batches(samples, Frames(10**6, (1024, 1024)), cache="memory", limit_bytes=10**18)
    whole = dict(shuffle=True, cache="memory", limit_bytes=size, on_error="skip")
    batches = Batches(
        samples, Frames(4, (16, 16), sampling="dense"), **whole
    )  # keeps all 24 frames: too much only on the way
    with pytest.raises(MemoryError, match="or ask for fewer or smaller frames"), batches.errors():
        joined(batches.epoch(0))


def test_random_frames_without_shuffle_are_always_the_same(samples):
    a, b = (joined(Batches(samples[:5], Frames(4, (16, 16), sampling="random")).epoch(k))[0] for k in (0, 1))
    assert np.array_equal(a, b)


def test_epochs_left_early_leave_no_threads(samples):
    batches, before = Batches(samples, Frames(4, (16, 16)), batch=2, shuffle=True), None
    for k in range(12):
        for _ in batches.epoch(k):
            break
        gc.collect()
        before = before or (k == 2 and psutil.Process().num_threads())
    assert psutil.Process().num_threads() <= before + 2


MEMORY = """
import gc, psutil
from vidlab.clips import Frames
from vidlab.datasets import Augment, Batches, embedded
change = Augment(0.7, "swap", 0.2)
batches = Batches(embedded()[::16], Frames(8, (48, 48)), batch=8, shuffle=True, augment=change, flow=True)
for k in range(21):
    for _ in batches.epoch(k):
        pass
    gc.collect()
    if k in (3, 20):
        print(psutil.Process().memory_info().rss)
"""


@pytest.mark.slow
def test_memory_stays_flat_over_twenty_epochs():
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, timeout=300, check=True)
    early, late = map(int, done.stdout.split())
    assert late - early < 30e6, f"{(late - early) / 1e6:.0f} MB more"  # an epoch's clips are 11 MB


DETERMINISTIC = """
from vidlab.tensorflow import tf
import numpy as np
from vidlab.clips import Frames
from vidlab.datasets import Augment, Batches, embedded
tf.keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
batches = Batches(embedded()[::40], Frames(4, (16, 16)), batch=4, shuffle=True, augment=Augment(0.7, "swap", 0.2))
for clips, labels in batches.epoch(2):
    print(np.asarray(clips).tobytes().hex()[::997], np.asarray(labels))
"""


@pytest.mark.slow
def test_the_same_with_deterministic_operations():
    run = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True).stdout
        for code in (DETERMINISTIC, DETERMINISTIC.replace("tf.config.experimental.enable_op_determinism()", ""))
    ]
    assert run[0] == run[1] != ""


def test_class_weights_bring_every_class_to_the_same_weight_and_an_absent_one_to_one():
    clip = np.zeros((3, 16, 16, 3), np.uint8)
    samples = [Sample(clip, label) for label in "aaab"]
    batches = Batches(samples, Frames(2, (16, 16)), classes=["a", "b", "never"])
    assert batches.class_weights == {0: pytest.approx(2 / 3), 1: pytest.approx(2), 2: 1.0}


def test_what_frames_say_reaches_the_clips(samples, tmp_path):
    wide = np.zeros((12, 24, 48, 3), np.uint8)
    wide[:, :, :24] = np.linspace(0, 255, 12).astype(np.uint8)[:, None, None, None]
    video.write(tmp_path / "wide.mp4", wide, crf=1)
    for frames in (
        Frames(4, (16, 16), fit="crop"), Frames(4, (16, 16), fit="pad"), Frames(4, (16, 16), by="time"),
        Frames(4, (16, 16), sampling="dense", stride=2),
    ):  # fmt: skip
        wanted = video.read(
            tmp_path / "wide.mp4", 4, (16, 16), frames.fit, sampling=frames.sampling, stride=frames.stride, by=frames.by
        )
        [sample] = [Sample(tmp_path / "wide.mp4", "a")]
        for cache in (None, "memory"):
            clips, _ = joined(Batches([sample], frames, cache=cache).epoch(0))
            assert np.array_equal(np.round(clips[0] * 255), wanted)
        assert np.array_equal(np.round(datasets.load_clips([sample], frames)[0][0] * 255), wanted)
    fits = [datasets.load_clips([sample], Frames(4, (16, 16), fit=fit))[0].mean() for fit in ("stretch", "pad")]
    assert fits[1] < 0.7 * fits[0]


def test_a_damaged_file_can_be_repaired(samples, tmp_path):
    whole = tmp_path / "whole.mkv"
    video.write(whole, video.read(samples[0].source))
    damaged, hopeless = tmp_path / "damaged.mkv", tmp_path / "hopeless.mkv"
    damaged.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    hopeless.write_bytes(b"no video at all")
    mixed = [Sample(path, "a") for path in (whole, damaged, hopeless)]
    batches = Batches(mixed, Frames(4, (16, 16)), on_error="repair")
    with pytest.warns(UserWarning, match="1 of 3 files cannot be read and are left out: .*hopeless.mkv"):
        clips, _ = joined(batches.epoch(0))
    assert len(clips) == 2 and list(batches.skipped) == [hopeless]
    left = video.read(damaged, 4, (16, 16), on_error="repair")
    assert np.array_equal(np.round(clips[1] * 255), left)
