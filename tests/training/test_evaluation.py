"""Judging a model: every count checked by hand."""

import numpy as np
import pytest

from vidlab import datasets, training, video
from vidlab.clips import Frames

import keras  # isort: skip


def oracle():
    """Says what its clips say: probability 1 for the class that is written in the only pixel."""
    clip = keras.Input((1, 1, 1, 1))
    written = keras.ops.cast(keras.ops.reshape(clip, (-1,)), "int32")
    return keras.Model(clip, keras.ops.one_hot(written, 3))


def clips_saying(classes):
    return np.asarray(classes, np.float32)[:, None, None, None, None]


def test_a_report_counts_right():
    said = np.array([0, 1, 2, 2, 1, 0])
    true = np.array([0, 1, 2, 1, 1, 2])
    report = training.evaluate(oracle(), (clips_saying(said), true), batch=4)
    assert report.top1 == 4 / 6
    assert report.confusion.tolist() == [[1, 0, 0], [0, 2, 1], [1, 0, 1]]
    assert report.per_class.tolist() == [1, 2 / 3, 1 / 2]
    assert np.array_equal(report.predicted, said)


def test_the_interval_is_wilsons():
    said = np.zeros(160)
    report = training.evaluate(oracle(), (clips_saying(said), (np.arange(160) >= 20).astype(int)))
    share, z = 20 / 160, 1.959964
    half = z * np.sqrt(share * (1 - share) / 160 + (z / 320) ** 2)
    middle = share + z * z / 320
    expected = ((middle - half) / (1 + z * z / 160), (middle + half) / (1 + z * z / 160))
    assert report.interval == pytest.approx(expected, abs=1e-6)


def test_top5_counts_the_five_likeliest():
    clip = keras.Input((1, 1, 1, 1))
    order = keras.ops.convert_to_tensor(np.arange(7, dtype=np.float32)[None])
    model = keras.Model(clip, keras.ops.reshape(clip, (-1, 1)) * 0 + order)  # class 6 is likeliest, then 5, ...
    report = training.evaluate(model, (clips_saying(np.zeros(7)), np.arange(7)))
    assert report.top1 == 1 / 7 and report.top5 == pytest.approx(5 / 7)
    assert report.labels.tolist() == list(range(7)) and np.isnan(report.per_class).sum() == 0


def test_classes_without_clips_have_no_share():
    report = training.evaluate(oracle(), (clips_saying([0, 1]), np.array([0, 1])))
    assert report.per_class[:2].tolist() == [1, 1] and np.isnan(report.per_class[2])


def test_labels_and_predictions_come_from_one_pass():
    """A perfect model is perfect however the data is shuffled."""
    clips = np.arange(30, dtype=np.uint8).reshape(30, 1, 1, 1, 1) % 3
    samples = [datasets.Sample(np.repeat(clip, 3, -1) * 85, str(clip.item())) for clip in clips]
    clip = keras.Input((1, 1, 1, 3))
    said = keras.ops.cast(keras.ops.round(keras.ops.reshape(clip[..., 0], (-1,)) * 3), "int32")
    model = keras.Model(clip, keras.ops.one_hot(said, 3))
    data = datasets.Batches(samples, Frames(1, (1, 1)), batch=4, shuffle=True)
    report = training.evaluate(model, data)
    assert report.top1 == 1 and np.array_equal(report.predicted, report.labels) and len(report.labels) == 30


def test_shuffled_frames_are_the_same_frames():
    clips = np.random.default_rng(0).random((5, 6, 3, 3, 3))
    shuffled = training.shuffle_frames(clips, seed=1)
    assert not np.array_equal(shuffled, clips)
    for before, after in zip(clips, shuffled, strict=True):
        key = lambda frame: frame.ravel().tolist()  # noqa: E731
        assert sorted(before, key=key)[0].tolist() == sorted(after, key=key)[0].tolist()


def mean_brightness():
    """Probability that the clip is bright: its mean."""
    clip = keras.Input((4, 16, 16, 3))
    bright = keras.ops.mean(clip, axis=(1, 2, 3, 4))[:, None]
    return keras.Model(clip, keras.ops.concatenate([1 - bright, bright], -1))


def test_a_file_is_predicted_from_one_view_or_more(tmp_path):
    clip = np.repeat(np.arange(16, dtype=np.uint8) * 16, 16 * 16 * 3).reshape(16, 16, 16, 3)
    video.write(tmp_path / "a.mp4", clip, crf=1)
    model = mean_brightness()
    for views, chosen in ((1, video.indices(16, 4)), (4, np.arange(16))):
        expected = clip[chosen].mean() / 255
        for source in (clip, tmp_path / "a.mp4", str(tmp_path / "a.mp4")):
            assert training.predict(model, source, views=views) == pytest.approx([1 - expected, expected], abs=0.01)


def test_what_cannot_be_predicted_is_named(tmp_path):
    with pytest.raises(video.VideoNotFound, match="gone.mp4"):
        training.predict(mean_brightness(), tmp_path / "gone.mp4")
    with pytest.raises(ValueError, match="views=0 must be a whole number"):
        training.predict(mean_brightness(), tmp_path, views=0)
    with pytest.raises(ValueError, match="model: expected a keras.Model that takes clips"):
        training.predict(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), tmp_path)


def test_a_saved_model_is_asked_about_clips_as_it_learnt_from(tmp_path):
    """The first half of the picture is dark, the other bright: stretched it is half bright, cropped to the middle, too;
    padded it is darker, and dense frames from a clip that grows brighter differ from evenly spaced ones."""
    clip = np.zeros((16, 32, 64, 3), np.uint8)
    clip[:, :, 32:] = np.arange(16, dtype=np.uint8)[:, None, None, None] * 17
    video.write(tmp_path / "a.mp4", clip, crf=1)
    model = mean_brightness()
    for frames in (Frames(4, (16, 16), fit="pad"), Frames(4, (16, 16), sampling="dense", stride=2)):
        training.save(tmp_path / "m.keras", model, ["dark", "bright"], frames)
        saved = training.load(tmp_path / "m.keras")
        how = {"fit": frames.fit, "sampling": frames.sampling, "stride": frames.stride}
        seen = video.read(tmp_path / "a.mp4", 4, (16, 16), **how).mean() / 255
        plain = training.predict(model, tmp_path / "a.mp4")[1]
        assert training.predict(saved, tmp_path / "a.mp4")[1] == pytest.approx(seen, abs=0.01)
        assert training.predict(model, tmp_path / "a.mp4", frames=frames)[1] == pytest.approx(seen, abs=0.01)
        assert abs(plain - seen) > 0.05 or frames.sampling == "dense"
    with pytest.raises(ValueError, match="the model takes clips of shape .4, 16, 16, 3."):
        training.predict(model, tmp_path / "a.mp4", frames=Frames(5, (16, 16)))
