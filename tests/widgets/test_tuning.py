"""The training lab: its steps are those of Keras, the same seed gives the same run, and one that diverges says so."""

import keras
import numpy as np
import pytest

from vidlab import widgets
from vidlab.widgets import tuning


@pytest.fixture(scope="module")
def made():
    return widgets.train(steps=60)


def at(made, **values):
    return made._answer(**(made.start | {name.replace("_", " "): value for name, value in values.items()}))


def series(found, panel):
    return found["panels"][panel]["series"]


def test_a_step_is_that_of_keras():
    x, y, names = tuning._data(None, None)
    one = tuning.Training((x[:96], y[:96]), (x[96:], y[96:]), len(names), 3, 0.05, 8, 4, 3, 2)
    layers = [keras.layers.Conv3D(4, 3, (1, 2, 2), "same", activation="relu"),
              keras.layers.Conv3D(4, 3, 1, "same", activation="relu"), keras.layers.GlobalAveragePooling3D(),
              keras.layers.Dense(4)]  # fmt: skip
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    model.set_weights(one.weights)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss)
    first = (model.predict(x[96:], verbose=0).argmax(1) == y[96:]).mean()
    rng, losses = np.random.default_rng(3), []
    for _ in range(4):
        chosen = rng.choice(96, 8, replace=False)
        losses.append(float(model.train_on_batch(x[chosen], y[chosen])))
        model.reset_metrics()
    one.to(3)
    assert one.losses == pytest.approx(losses, abs=2e-4)
    assert one.held[0] == pytest.approx(first, abs=0.01)
    for ours, theirs in zip(one.weights, model.get_weights(), strict=True):
        assert np.allclose(ours, theirs, atol=2e-4)


def test_it_learns_and_the_way_back_is_the_way_there(made):
    late = at(made, step=60)
    assert series(late, "held out")["A"][-1] > 0.6 and np.mean(series(late, "loss")["A"][-5:]) < 1.0
    early = at(made, step=20)
    assert series(early, "loss")["A"] == series(late, "loss")["A"][:21]
    again = widgets.train(steps=60)
    assert series(at(again, step=20), "loss")["A"] == pytest.approx(series(early, "loss")["A"], abs=1e-3)


def test_two_settings_begin_with_the_same_seed(made):
    found = at(made, step=12, compare=True, rate_B="0.1")
    losses = series(found, "loss")
    assert losses["A"][0] == losses["B"][0] and losses["A"][5:] != losses["B"][5:]
    assert "A: loss" in found["status"] and "B: loss" in found["status"]
    assert not found["limits"]["rate B"]["hidden"] and at(made, step=0)["limits"]["rate B"]["hidden"]
    assert set(found["panels"]) == {"loss", "held out", "gradients A", "weights A", "gradients B", "weights B"}


def test_a_run_that_diverges_says_so(made):
    found = at(made, step=40, rate_A="3", layers_A="3")
    assert "A has diverged: at step " in found["status"] and "smaller learning rate" in found["status"]
    assert all(np.isfinite(series(found, "loss")["A"]))


def test_dead_units_are_named():
    one = tuning.Training(*[(np.ones((8, 2, 4, 4, 1), np.float32), np.arange(8) % 2)] * 2, 2, 0, 0.1, 4, 2, 3, 2)
    one.weights[3] = one.weights[3] - 100  # the second bias shuts every ReLU behind it
    found = tuning.answer({"A": one}, 0.5, 3)
    assert "A: loss" in found["status"] and "all ReLUs of a layer are shut" in found["status"]


def test_a_kernel_of_one_cannot_see_motion(made):
    found = at(made, step=60, kernel_A="1")
    assert series(found, "held out")["A"][-1] < 0.5


def test_gradients_and_weights_are_by_layer(made):
    found = at(made, step=5, layers_A="3")
    assert list(series(found, "gradients A")) == ["conv 1", "conv 2", "conv 3", "classes"]
    panel = found["panels"]["weights A"]
    assert panel["shape"] == [32, 4 * tuning.BINS] and panel["tiles"][2] == 4
    one = tuning.Training(*[(np.zeros((8, 2, 4, 4, 1), np.float32), np.zeros(8, int))] * 2, 2, 0, 0.1, 4, 2, 3, 1)
    one.to(0)
    assert [row.sum() for row in one.spread[0]] == pytest.approx([1, 1])


def test_own_clips_and_what_is_refused():
    rng = np.random.default_rng(0)
    clips = rng.integers(0, 255, (12, 3, 8, 8, 3), np.uint8)
    made = widgets.train(clips, ["a", "b"] * 6, steps=3)
    assert made.status.startswith("After 1 step. A: loss")
    for options, sentence in (
        ({"clips": clips}, "8 or more clips with as many labels"),
        ({"clips": clips, "labels": ["a"] * 12}, "two classes or more"),
        ({"clips": clips * 1.0, "labels": ["a", "b"] * 6}, "divide by 255"),
        ({"steps": 0}, "steps=0 must be"),
        (
            {"clips": np.zeros((2000, 10, 32, 32, 1), np.uint8), "labels": ["a", "b"] * 1000},
            "too many to train on live",
        ),
    ):
        with pytest.raises(ValueError, match=sentence):
            widgets.train(**options)
