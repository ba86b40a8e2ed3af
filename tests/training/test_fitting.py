"""Training: what it learns, what it keeps, how it shows its progress."""

import warnings

import numpy as np
import pytest

from tests.training.two_classes import CLIPS, LABELS, small
from vidlab import datasets, models, training, video
from vidlab.clips import Frames
from vidlab.training import fitting

import keras  # isort: skip


def train(seed):
    keras.utils.set_random_seed(seed)
    model = small(CLIPS.shape[1:], 2)
    return model, training.fit(model, (CLIPS, LABELS), (CLIPS, LABELS), epochs=6, live=False)


def test_it_learns_what_can_be_learnt():
    model, history = train(0)
    assert {k: len(v) for k, v in vars(history).items()} == dict.fromkeys(
        ("loss", "accuracy", "val_loss", "val_accuracy"), 6
    )
    assert history.loss[-1] < history.loss[0]
    assert training.evaluate(model, (CLIPS, LABELS)).top1 > 0.9


@pytest.mark.slow
def test_same_seed_same_weights():
    one, again, other = (train(seed)[0].get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_model_of_several_inputs_learns_from_arrays_by_name():
    rng = np.random.default_rng(0)
    picture, sound = rng.normal(size=(48, 6)).astype(np.float32), rng.normal(size=(48, 5, 3)).astype(np.float32)
    labels = ((picture[:, 0] > 0) ^ (sound.mean(axis=(1, 2)) > 0)).astype(int)  # neither tells it alone
    a, b = keras.Input((6,), name="picture"), keras.Input((5, 3), name="sound")
    joined = keras.layers.Concatenate()([a, keras.layers.GlobalAveragePooling1D()(b)])
    hidden = keras.layers.Dense(32, activation="relu")(joined)
    keras.utils.set_random_seed(0)
    model = keras.Model({"picture": a, "sound": b}, keras.layers.Dense(2, activation="softmax")(hidden))
    data = {"picture": picture, "sound": sound}, labels
    training.fit(model, data, epochs=60, live=False, learning_rate=2e-2)
    assert training.evaluate(model, data).top1 > 0.9
    for inputs, y, message in (
        ({"picture": picture}, labels, r"the model takes \{'picture': \(6,\), 'sound': \(5, 3\)\}, but these are"),
        ({"picture": picture[:9], "sound": sound}, labels, "9 of picture, 48 of sound and 48 labels"),
        (data[0], labels + 1, "whole numbers from 0 to 1"),
    ):
        with pytest.raises(ValueError, match=f"train: .*{message}"):
            training.fit(model, (inputs, y), live=False)


def test_data_of_unknown_length_trains_as_of_known():
    """Files may be left out: Keras then finds the end of an epoch by a step that fails, which must not count."""
    samples = [datasets.Sample((c * 255).astype(np.uint8), "ab"[y]) for c, y in zip(CLIPS, LABELS, strict=True)]
    ends = []
    for on_error in ("raise", "skip"):
        batches = datasets.Batches(samples, Frames(len(CLIPS[0]), CLIPS.shape[2:4]), shuffle=True, on_error=on_error)
        keras.utils.set_random_seed(0)
        model = small(CLIPS.shape[1:], 2)
        training.fit(model, batches, epochs=3, live=False)
        assert int(model.optimizer.iterations) == 3 * batches.steps
        ends.append(model.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*ends, strict=True))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((CLIPS, LABELS[:-1]), "48 clips and 47 labels"),
        ((CLIPS[:0], LABELS[:0]), "0 clips and 0 labels"),
        (CLIPS, r"expected datasets.Batches, or \(clips, labels\)"),
        (((CLIPS * 255).astype(np.uint8), LABELS), "these are uint8"),
        ((CLIPS[:, :3], LABELS), r"takes clips of shape \(4, 12, 12, 3\)"),
        ((CLIPS, LABELS + 1), "whole numbers from 0 to 1"),
        ((CLIPS, np.eye(2)[LABELS]), "a row of whole numbers"),
        ((CLIPS, [str(label) for label in LABELS]), "whole numbers"),
    ],
)
def test_data_that_does_not_fit_is_refused_by_name(data, message):
    model = small(CLIPS.shape[1:], 2)
    with pytest.raises(ValueError, match=f"train: .*{message}"):
        training.fit(model, data, live=False)
    with pytest.raises(ValueError, match=f"validation: .*{message}"):
        training.fit(model, (CLIPS, LABELS), data, live=False)
    with pytest.raises(ValueError, match=f"data: .*{message}"):
        training.evaluate(model, data)


def test_other_mistakes_are_named():
    with pytest.raises(ValueError, match="model: expected a keras.Model, got function"):
        training.fit(small, (CLIPS, LABELS))
    with pytest.raises(ValueError, match="epochs=0, batch=16 and steps=None must be at least 1"):
        training.fit(small(CLIPS.shape[1:], 2), (CLIPS, LABELS), epochs=0)


def test_live_curves_keep_one_picture(monkeypatch):
    shown, updated = [], []

    class Place:
        def update(self, picture):
            updated.append(picture.alt)

    def display(picture, display_id):
        shown.append(picture.alt)
        return Place()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(fitting, "in_notebook", lambda: True)
    training.fit(small(CLIPS.shape[1:], 2), (CLIPS, LABELS), epochs=3)
    assert len(shown) == 1 and 1 <= len(updated) <= 2
    assert "epoch 1 of 3, about" in shown[0] and "s to go" in shown[0] and updated[-1].endswith("epoch 3 of 3")


def test_a_terminal_gets_a_bar_with_the_time_left(capsys):
    training.fit(small(CLIPS.shape[1:], 2), (CLIPS, LABELS), epochs=2)
    shown = capsys.readouterr().err
    assert "conv3d: 100%" in shown and "6/6" in shown and "loss=" in shown


@pytest.mark.slow
def test_the_best_weights_are_kept(monkeypatch):
    """The validation labels are wrong: the more is learnt, the worse, so an early epoch is best."""
    keras.utils.set_random_seed(0)
    model = small(CLIPS.shape[1:], 2)
    seen, plain = [], fitting._State.after_epoch

    def after_epoch(state, logs):
        plain(state, logs)
        seen.append(state.model.get_weights())

    monkeypatch.setattr(fitting._State, "after_epoch", after_epoch)
    history = training.fit(model, (CLIPS, LABELS), (CLIPS, 1 - LABELS), epochs=6, live=False)
    rank = list(zip(history.val_accuracy, [-v for v in history.val_loss], strict=True))
    best = rank.index(max(rank))
    assert best < 5
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), seen[best], strict=True))


def test_patience_ends_it_early():
    keras.utils.set_random_seed(0)
    model = small(CLIPS.shape[1:], 2)
    history = training.fit(model, (CLIPS, LABELS), (CLIPS, 1 - LABELS), epochs=40, patience=2, live=False)
    rank = list(zip(history.val_accuracy, [-v for v in history.val_loss], strict=True))
    assert len(rank) == rank.index(max(rank)) + 3 < 40


@pytest.mark.slow
def test_class_weights_count():
    """Each clip is there with either label: the heavier one is believed."""
    data = np.concatenate([CLIPS, CLIPS]), np.repeat([0, 1], 48)
    for heavy in (0, 1):
        keras.utils.set_random_seed(0)
        model = small(CLIPS.shape[1:], 2)
        weights = {heavy: 1.0, 1 - heavy: 0.02}
        training.fit(model, data, epochs=6, live=False, learning_rate=0.1, class_weights=weights)
        assert np.mean(training.evaluate(model, data).predicted == heavy) > 0.9


@pytest.mark.slow
def test_batches_and_arrays_learn_the_same():
    samples = [datasets.Sample((clip * 255).astype(np.uint8), str(n)) for clip, n in zip(CLIPS, LABELS, strict=True)]
    clips = np.stack([s.source for s in samples]).astype(np.float32) * np.float32(1 / 255)
    results = []
    for data in (datasets.Batches(samples, Frames(4, (12, 12)), batch=16, shuffle=True), (clips, LABELS)):
        keras.utils.set_random_seed(0)
        model = small(CLIPS.shape[1:], 2)
        training.fit(model, data, epochs=3, live=False)
        results.append(model.get_weights())
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(*results, strict=True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"frames": Frames(4, (12, 16))},
            r"takes clips of shape \(4, 12, 12, 3\); these Batches give \(4, 12, 16, 3\)",
        ),
        ({"classes": ["0", "1", "2"]}, "3 classes, but the model tells 2 apart"),
    ],
)
def test_batches_that_do_not_fit_are_refused(settings, message):
    settings = {"frames": Frames(4, (12, 12)), "classes": ["0", "1"]} | settings
    data = datasets.Batches([datasets.Sample(np.zeros(settings["frames"].shape, np.uint8), "0")], **settings)
    with pytest.raises(ValueError, match=message):
        training.fit(small(CLIPS.shape[1:], 2), data, live=False)


def test_batches_in_one_order_are_warned_of():
    samples = [datasets.Sample((clip * 255).astype(np.uint8), str(n)) for clip, n in zip(CLIPS, LABELS, strict=True)]
    with pytest.warns(UserWarning, match="train: the same order each epoch.*shuffle=True"):
        training.fit(small(CLIPS.shape[1:], 2), datasets.Batches(samples, Frames(4, (12, 12))), epochs=1, live=False)


def test_clips_of_one_scene_on_both_sides_are_warned_of():
    samples = [
        datasets.Sample((clip * 255).astype(np.uint8), str(n), group=f"scene {i % 5}")
        for i, (clip, n) in enumerate(zip(CLIPS, LABELS, strict=True))
    ]
    learn, check = (datasets.Batches(part, Frames(4, (12, 12)), shuffle=True) for part in (samples[:24], samples[24:]))
    with pytest.warns(UserWarning, match="5 of 5 groups of clips stand on two sides"):
        training.fit(small(CLIPS.shape[1:], 2), learn, check, epochs=1, live=False)


def test_a_bad_file_stops_it_with_its_name(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"not video at all")
    bad = [datasets.Sample(tmp_path / "bad.mp4", "0")]
    data = datasets.Batches(bad, Frames(4, (12, 12)), batch=2, classes=["0", "1"], shuffle=True)
    with pytest.raises(video.VideoError, match="bad.mp4"):
        training.fit(small(CLIPS.shape[1:], 2), data, live=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"keep": "first"}, "keep='first' must be best or last"),
        ({"patience": 3}, "patience=3 must be at least 1, and needs validation"),
        ({"resume": __file__}, "resume=.* cannot be a folder"),
    ],
)
def test_settings_out_of_range_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        training.fit(small(CLIPS.shape[1:], 2), (CLIPS, LABELS), live=False, **settings)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:12 of 12 groups of clips stand on two sides")
def test_two_streams_are_trained_judged_kept_and_asked(tmp_path):
    """From batches with flow to a saved model that answers for a clip."""
    clips = (np.repeat(np.repeat(CLIPS[:12], 2, 2), 2, 3) * 255).astype(np.uint8)  # 24 pixels a side
    samples = [datasets.Sample(clip, str(n)) for clip, n in zip(clips, LABELS, strict=False)]
    settings = dict(frames=Frames(4, (24, 24)), batch=6)
    data = datasets.Batches(samples, flow=True, shuffle=True, **settings)
    model = models.two_stream((4, 24, 24, 3), 2, filters=(4, 4), units=8)
    training.fit(model, data, data, epochs=2, live=False, resume=tmp_path / "run")
    report = training.evaluate(model, data, change=training.shuffle_frames)
    assert report.confusion.sum() == 12
    training.save(tmp_path / "m.keras", model, "ab")
    saved = training.load(tmp_path / "m.keras")
    said = training.predict(saved.model, clips[0], views=2)
    assert np.allclose(said, training.predict(model, clips[0], views=2)) and said.shape == (2,)
    for flow, wanted in ((False, "needs flow; make Batches with flow=True"), (True, "takes no flow")):
        other = small((4, 24, 24, 3), 2) if flow else model
        with pytest.raises(ValueError, match=wanted):
            training.evaluate(other, datasets.Batches(samples, flow=flow, **settings))
    with pytest.raises(ValueError, match="takes flow beside the clips; give datasets.Batches"):
        training.evaluate(model, (CLIPS, LABELS))


@pytest.mark.slow
def test_an_epoch_that_skips_files_ends_without_a_warning_of_keras(tmp_path):
    samples = [datasets.Sample(clip, str(n % 2)) for n, clip in enumerate(np.zeros((4, 4, 16, 16, 3), np.uint8))]
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    data = datasets.Batches(
        [*samples, datasets.Sample(bad, "0")], Frames(2, (16, 16)), batch=2, shuffle=True, on_error="skip"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        training.fit(models.frame_cnn((2, 16, 16, 3), 2), data, epochs=2, live=False)
    assert not [w for w in caught if "ran out of data" in str(w.message)] and data.skipped


@pytest.mark.parametrize("steps", [1, 3, 4, 7])
def test_it_learns_from_as_many_batches_as_it_is_told(steps):
    """Three batches an epoch: the last epoch ends where the steps are done."""
    model = small(CLIPS.shape[1:], 2)
    history = training.fit(model, (CLIPS, LABELS), steps=steps, live=False, batch=-(-len(CLIPS) // 3))
    assert int(model.optimizer.iterations) == steps and len(history.loss) == -(-steps // 3)
    assert history.val_loss == [] == history.val_accuracy
    assert float(model.optimizer.learning_rate) < 1e-6  # the cosine ends with the steps


def test_a_compiled_model_goes_on_with_its_optimizer():
    model = small(CLIPS.shape[1:], 2)
    with pytest.raises(ValueError, match="learning_rate=None needs a model that is compiled"):
        training.fit(model, (CLIPS, LABELS), learning_rate=None, live=False)
    model.compile(keras.optimizers.SGD(0.25), "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match='compiled with metrics=."accuracy".'):
        training.fit(model, (CLIPS, LABELS), learning_rate=None, live=False)
    model.compile(keras.optimizers.SGD(0.25), "sparse_categorical_crossentropy", metrics=["accuracy"])
    training.fit(model, (CLIPS, LABELS), epochs=2, learning_rate=None, live=False)
    assert isinstance(model.optimizer, keras.optimizers.SGD) and float(model.optimizer.learning_rate) == 0.25
    before = int(model.optimizer.iterations)
    training.fit(model, (CLIPS, LABELS), steps=1, learning_rate=None, live=False)
    assert int(model.optimizer.iterations) == before + 1  # it went on, and did not begin anew


def test_stopped_within_its_last_and_shorter_epoch_it_ends_the_same(tmp_path):
    def trained(folder, stop_at=None):
        keras.utils.set_random_seed(0)
        model = small(CLIPS.shape[1:], 2)
        if stop_at:
            plain = fitting._State.after_step

            def after_step(state):
                plain(state)
                if state.epoch * state.train.steps + state.step == stop_at:
                    raise KeyboardInterrupt

            with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
                patch.setattr(fitting._State, "after_step", after_step)
                training.fit(model, (CLIPS, LABELS), steps=5, live=False, resume=folder, every=0, batch=10)
            model = small(CLIPS.shape[1:], 2)
        training.fit(model, (CLIPS, LABELS), steps=5, live=False, resume=folder, every=0, batch=10)
        return model.get_weights()

    whole = trained(tmp_path / "whole")
    for stop_at in (4, 5):  # 5: all steps done, the epoch not yet noted
        again = trained(tmp_path / str(stop_at), stop_at)
        assert all(np.array_equal(a, b) for a, b in zip(whole, again, strict=True)), stop_at
