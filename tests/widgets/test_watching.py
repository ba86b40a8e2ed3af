"""The live view without a browser: the clip of a moment is the one that `video.read` makes, and so is the answer."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from vidlab import models, training, video, widgets
from vidlab.clips import Frames
from vidlab.widgets import watching

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def saved():
    keras.utils.set_random_seed(0)
    return training.Saved(
        models.frame_average((6, 16, 24, 3), 3), ["a", "b", "c"], Frames(6, (16, 24), fit="crop"), 1.0
    )


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A file of 24 frames in 2 s, its path and its frames as a page would send them."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    video.write(path, np.cumsum(RNG.integers(0, 9, (24, 40, 40, 3), np.uint8), axis=0, dtype=np.uint8), fps=12)
    return path, video.read(path)


def send(view, frames, times, number=1):
    data = [memoryview(frame.tobytes()) for frame in frames]
    view._hear(None, {"kind": "frames", "id": str(number), "times": list(times), "shape": frames[0].shape[:2]}, data)


def test_it_answers_as_predict_does(saved, film):
    path, frames = film
    view = widgets.live(saved, seconds=2.0)
    times = np.arange(24) / 12
    for start in range(0, 24, 5):  # some at a time, as they come
        send(view, frames[start : start + 5], times[start : start + 5], start)
        if start < 20:
            assert view.answer["p"] is None and view.answer["lacks"] > 0
    assert view.answer["id"] == "20" and view.answer["ms"] > 0
    want = training.predict(saved, path)
    assert view.answer["p"] == pytest.approx(want, abs=0.02)  # the file's colours are rounded once less
    clip = view.moment
    assert clip.shape == saved.frames.shape
    assert np.abs(clip.astype(int) - video.read(path, frames=6, size=(16, 24), fit="crop")).mean() < 2
    assert saved.model(clip[None] / np.float32(255))[0].numpy() == pytest.approx(view.answer["p"], abs=1e-6)


def test_a_moment_can_be_chosen(saved, film):
    _, frames = film
    view = widgets.live(saved, seconds=0.5)
    with pytest.raises(ValueError, match="nothing was seen yet"):
        _ = view.moment
    send(view, frames, np.arange(24) / 12)
    newest = view.moment
    view.chosen = 11 / 12
    earlier = view.moment
    ring = watching.Ring(6, 0.5)
    for k in range(12):
        ring.add(k / 12, watching.fitted(frames[k], (16, 24), "crop"))
    assert np.array_equal(earlier, ring.clip()) and not np.array_equal(earlier, newest)
    view._hear(None, {"kind": "clear"}, [])
    send(view, frames[:2], [5.0, 5.1])
    assert view.answer["p"] is None  # what was before is forgotten


def test_the_ring_goes_by_the_clock():
    ring = watching.Ring(4, 1.0)
    for k, time in enumerate([0.0, 0.1, 0.2, 0.9, 1.0]):  # the camera stuttered
        ring.add(time, np.full((1, 1, 3), k, np.uint8))
    assert ring.clip()[:, 0, 0, 0].tolist() == [1, 2, 3, 4]  # nearest to 0.15, 0.433, 0.717 and 1.0
    ring.add(0.5, np.zeros((1, 1, 3), np.uint8))  # too late
    assert len(ring.times) == 5
    for k in range(400):
        ring.add(2 + k / 10, np.zeros((1, 1, 3), np.uint8))
    assert ring.times[-1] - ring.times[0] <= watching.KEPT + 1.0 + 1e-6


@pytest.fixture(scope="module")
def looks():
    """A model of two networks: one sees every other frame by itself, one the clip, made smaller."""
    keras.utils.set_random_seed(0)
    clip = keras.Input((6, 24, 32, 3))
    one = models.each_frame(models.frame_features((24, 32, 3)), clip[:, ::2])
    small = keras.ops.reshape(clip, (-1, 24, 32, 3))
    small = keras.ops.reshape(keras.layers.Resizing(12, 16)(small), (-1, 6, 12, 16, 3))
    other = keras.layers.Conv3D(4, 3)(small)
    row = keras.layers.Concatenate()([keras.layers.Flatten()(one), keras.layers.Flatten()(other)])
    row = keras.layers.Rescaling(20.0)(row)  # so that frames matter
    model = keras.Model(clip, keras.layers.Dense(3, activation="softmax")(row))
    return training.Saved(model, ["a", "b", "c"], Frames(6, (24, 32)), 1.0)


def test_a_frame_that_comes_again_is_known_and_the_answer_the_same(looks, film, monkeypatch):
    seen, whole = [[], []], models.by_frame

    def counting(model):
        found, parts = whole(model), []
        for part, mine in zip(found.parts, seen, strict=True):

            def answer(frames, part=part, mine=mine):
                mine.extend(frame.tobytes() for frame in frames)
                return part.answer(frames)

            parts.append(replace(part, answer=answer))
        return replace(found, parts=parts)

    monkeypatch.setattr(models, "by_frame", counting)
    view, said = widgets.live(looks), {}
    for mine in seen:
        mine.clear()
    times = np.arange(24) / 12 + RNG.uniform(-0.01, 0.01, 24)  # a camera is never quite even
    for k in range(24):
        send(view, film[1][k : k + 1], times[k : k + 1], k)
        if view.answer["p"]:
            said[times[k]] = view.answer["p"]
            assert view.answer["p"] == pytest.approx(asked(looks, view.moment), abs=1e-5)
    assert len(said) > 10 and np.ptp(list(said.values()), axis=0).max() > 0.05
    for frames in seen:
        assert 15 < len(frames) == len(set(frames)) <= 24, "a frame was computed twice"
    for time in list(said)[:4]:
        view.chosen = time
        assert asked(looks, view.moment) == pytest.approx(said[time], abs=1e-5)
    view.chosen = None
    view._hear(None, {"kind": "clear"}, [])
    send(view, film[1][::-1], times + 9, 99)  # the same times to go by, other frames
    assert view.answer["p"] == pytest.approx(asked(looks, view.moment), abs=1e-5)


def asked(saved, clip):
    return saved.model(clip[None] / np.float32(255), training=False)[0].numpy()


def test_on_the_beat_clips_share_their_frames():
    rng, used = np.random.default_rng(1), set()
    ring = watching.Ring(8, 1.0, on_beat=True)
    for time in np.arange(150) / 25 + rng.uniform(-0.008, 0.008, 150):
        ring.add(float(time), np.zeros((1, 1, 3), np.uint8))
        if not ring.lacks:
            times = np.array(ring.times)[ring.places()]
            used.update(times)
            assert -0.001 < time - times[-1] < 0.07 + 0.03, "ten clips a second or more"
            assert np.abs(np.diff(times) - 0.96 / 7).max() < 0.06
    assert len(used) < 6 / (0.96 / 7 / 2) + 12, "many of the 150 frames"


def test_the_moment_opens_in_another_lab_below(saved, film):
    view = widgets.live(saved, seconds=0.5)

    def press(lab, number):
        view._hear(None, {"kind": "open", "lab": lab, "id": str(number)}, [])
        assert view.below["asked"] == str(number) and view.below["lab"] == lab
        return view._below

    assert press("layer explorer", 1) is None and "nothing was seen yet" in view.below["bad"]
    send(view, film[1], np.arange(24) / 12)
    view.chosen = 11 / 12
    first = press("layer explorer", 2)
    assert first.model_id == view.below["id"] and first.title == f"Layer explorer: {saved.model.name}"
    last = first.controls[0]["options"][-1]
    first.values = first.values | {"layer": last}
    assert any(panel.get("names") == ["a", "b", "c"] for panel in first.panels.values()), first.status
    view.chosen = None
    second = press("explanation lab", 3)
    shown = np.frombuffer(second.panels["input"]["data"], np.uint8).reshape(16, 24, 3)
    assert np.array_equal(shown, view.moment[second.values["frame"]]) and first.comm is None and not first.panels
    view._hear(None, {"kind": "shut"}, [])
    assert view.below == {} and second.comm is None
    third = press("explanation lab", 4)
    view.let_go()
    assert third.comm is None and not view.ring.times


def test_a_model_that_a_lab_does_not_take_is_told_in_one_sentence(film):
    two = training.Saved(models.two_stream((4, 16, 24, 3), 3), ["a", "b", "c"], Frames(4, (16, 24)), 0.5)
    view = widgets.live(two)
    send(view, film[1], np.arange(24) / 12)
    assert view.answer["p"]
    for lab in ("layer explorer", "explanation lab"):
        view._hear(None, {"kind": "open", "lab": lab, "id": "1"}, [])
        assert view.below["bad"].startswith(f"The {lab} cannot show this moment: model: it has several inputs")
        assert "\n" not in view.below["bad"]


def test_what_fails_is_said(saved, film):
    _, frames = film
    view = widgets.live(saved, seconds=0.5)
    view._ask = lambda clip, known: 1 / 0
    send(view, frames, np.arange(24) / 12, 9)
    assert view.answer["id"] == "9" and "cannot answer: division by zero" in view.answer["bad"]


def test_a_file_stands_in_for_the_camera(saved, film):
    path, frames = film
    view = widgets.live(saved, file=path)
    assert view.file["shape"] == [24, 40, 40, 3] and view.file["fps"] == 12
    assert np.array_equal(np.frombuffer(view.file["data"], np.uint8).reshape(frames.shape), frames)
    assert "before anything was seen" in view.figure.alt


def test_a_model_from_a_file_and_one_without_names(saved, tmp_path):
    training.save(tmp_path / "m.keras", saved.model, saved.classes, saved.frames, seconds=1.5)
    view = widgets.live(tmp_path / "m.keras")
    assert view.classes == ["a", "b", "c"] and view.seconds == 1.5 and view.rate == 12
    assert widgets.live(saved.model, classes="xyz").classes == ["x", "y", "z"]
    for options, sentence in (
        ({"model": saved.model}, "classes: expected 3 names"),
        ({"model": 3}, "model: expected what training.load gives"),
        ({"model": saved, "seconds": 0}, "seconds=0 must be from 0.2 to 10"),
        ({"model": saved, "file": np.zeros((2, 4, 4, 7))}, "file"),
    ):
        with pytest.raises(ValueError, match=sentence):
            widgets.live(**options)
