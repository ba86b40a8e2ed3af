"""The RNN lab shows reference.rnn and its gradients, at every setting."""

import numpy as np
import pytest

from vidlab import reference, widgets
from vidlab.widgets import recurrent, recurrent_views

rng = np.random.default_rng(0)


def change(lab, **values):
    lab.values = {**lab.values, **values}
    return lab.panels


def series(panel):
    return {label: np.array(numbers) for label, numbers in panel["series"].items()}


def settings(n):
    for _ in range(n):
        units = int(rng.integers(1, 3))
        numbers = dict(zip(recurrent.NAMES, rng.uniform(-2, 2, 8).round(2).tolist(), strict=True))
        activation = str(rng.choice(list(recurrent.ACTIVATIONS)))
        x = rng.uniform(-1, 1, 40).round(2).tolist()
        yield units, numbers, activation, x, int(rng.integers(40))


@pytest.mark.parametrize("units, numbers, activation, x, step", list(settings(20)))
def test_shows_the_reference(units, numbers, activation, x, step):
    shown = change(
        widgets.rnn(), weights=recurrent.BY_HAND, units=str(units), activation=activation, **numbers,
        sequence=recurrent.DRAWN, x=x, step=step,
    )  # fmt: skip
    n = numbers
    W, b = np.array([[n["W1"], n["W2"]]])[:, :units], np.array([n["b1"], n["b2"]])[:units]
    U = np.array([[n["U11"], n["U12"]], [n["U21"], n["U22"]]])[:units, :units]
    f, span = recurrent.ACTIVATIONS[activation], {"tanh": 1}.get(activation, 4)
    h = reference.rnn(np.array(x)[None, :, None], W, U, b, activation=f)[0]
    assert np.array_equal(series(shown["input"])["x"], x)
    states = np.stack(list(series(shown["state"]).values()), axis=1)
    assert np.allclose(states, np.clip(h, -span, span), atol=1e-6)

    points = np.array(shown["path"]["points"])
    if units == 1:
        assert np.allclose(points[1:], np.clip(np.stack([h[:-1, 0], h[1:, 0]], axis=1), -span, span), atol=1e-6)
        assert shown["path"]["mark"] == step
    else:
        assert np.allclose(points, np.clip(np.concatenate([np.zeros((1, 2)), h]), -span, span), atol=1e-6)
        assert shown["path"]["mark"] == step + 1

    # The gradients by another road: multiply the Jacobians of single steps.
    slope = {"tanh": 1 - h**2, "relu": 1.0 * (h > 0), "linear": np.ones_like(h)}[activation]
    to_state, to_input = np.zeros(40), np.zeros(40)
    jacobian = np.eye(units)  # dh_T / dh_t, columns for the units of h_t
    for t in reversed(range(step + 1)):
        to_state[t] = np.linalg.svd(jacobian)[1][0]
        to_input[t] = np.linalg.norm(jacobian * slope[t] @ W[0])
        jacobian = jacobian * slope[t] @ U.T
    got = series(shown["gradient"])
    for label, expected in (("|dh_T/dh_t|", to_state), ("|dh_T/dx_t|", to_input)):
        assert np.allclose(got[label], np.clip(np.log10(expected + 1e-300), -8, 4), atol=1e-4), label


def test_gradient_is_what_a_small_change_does():
    x, W, U, b = rng.uniform(-1, 1, 12), rng.normal(size=(1, 2)), rng.normal(size=(2, 2)), rng.normal(size=2)
    to_input, _ = recurrent_views.through_time(x[:, None], W, U, b, np.tanh, step=9)
    for t in range(12):
        moved = [reference.rnn((x + e * (np.arange(12) == t))[None, :, None], W, U, b)[0, 9] for e in (1e-6, -1e-6)]
        assert np.isclose(np.linalg.norm(moved[0] - moved[1]) / 2e-6, to_input[t], atol=1e-6)


def test_a_linear_rotation_keeps_exactly_its_radius():
    angle = 0.3
    U = 0.9 * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    _, to_state = recurrent_views.through_time(
        np.zeros((20, 1)), np.ones((1, 2)), U, np.zeros(2), reference.linear, step=19
    )
    assert np.allclose(to_state, 0.9 ** np.arange(19, -1, -1))


def test_every_control_does_something_and_none_fails():
    lab = widgets.rnn(weights="turns", sequence="noise")
    for control in [*lab.controls]:
        values = {
            "slider": lambda c: np.linspace(c["min"], c["max"], 5).tolist(),
            "choice": lambda c: c["options"],
            "play": lambda c: [],
        }[control["kind"]](control)
        if control["name"] == "step":
            values = range(40)
        start, by_hand = lab.values, {} if control["name"] == "weights" else {"weights": recurrent.BY_HAND}
        seen = set()
        for value in values:
            seen.add(repr(change(lab, **by_hand, **{control["name"]: value})))
            assert "does not work" not in lab.status
            assert all(panel["caption"] and panel["alt"] for panel in lab.panels.values())
        if control["name"] != "level" and control["kind"] != "play":  # the page puts the level into x
            assert len(seen) > 1, control["name"]
        lab.values = start


def test_controls_of_the_second_unit_are_there_when_it_is():
    lab = widgets.rnn()
    assert all(lab.limits[name]["hidden"] for name in recurrent.SECOND)
    change(lab, weights="turns")
    assert not any(lab.limits[name]["hidden"] for name in recurrent.SECOND)


def test_an_explosion_is_drawn_at_the_edge_and_said():
    lab = widgets.rnn(weights="explodes", sequence="step")
    assert "leaves the picture" in lab.status and "may explode" in lab.status
    assert max(lab.panels["state"]["series"]["h"]) == 4
    change(lab, weights=recurrent.BY_HAND, units="2", activation="linear", **dict.fromkeys(recurrent.NAMES, 2.0))
    assert "leaves the picture" in lab.status and "does not work" not in lab.status
    assert np.isfinite(lab.panels["gradient"]["series"]["|dh_T/dh_t|"]).all()


@pytest.mark.parametrize(
    "weights, said", [("forgets", "it forgets"), ("adds up", "1, so what it holds stays"), ("keeps a pulse", "tanh")]
)
def test_the_status_says_what_the_radius_means(weights, said):
    assert said in widgets.rnn(weights=weights).status


@pytest.mark.parametrize("units", [1, 2])
def test_a_trained_layer_is_shown_as_keras_runs_it(units):
    keras = pytest.importorskip("keras")
    layer = keras.layers.SimpleRNN(units, return_sequences=True, activation="relu")
    layer.build((None, None, 1))
    layer.set_weights([3 * rng.normal(size=w.shape) for w in layer.get_weights()])
    x = rng.uniform(-2, 2, 15)
    lab = widgets.rnn(layer, x)
    states = np.stack(list(series(lab.panels["state"]).values()), axis=1)
    assert np.allclose(states, np.clip(layer(x[None, :, None]).numpy()[0], -4, 4), atol=1e-4)
    assert lab.panels["input"]["high"] == 2 and lab.values["units"] == str(units)
    sliders = {c["name"]: c for c in lab.controls if c["kind"] == "slider"}
    assert all(sliders[name]["min"] <= lab.values[name] <= sliders[name]["max"] for name in recurrent.NAMES)


def test_presets_set_what_they_say():
    lab = widgets.rnn()
    for control in lab.controls:
        for option, sets in control.get("sets", {}).items():
            shown = change(lab, **{control["name"]: option})
            assert shown == change(lab, **{control["name"]: control["options"][0], **sets})


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"layer": (np.ones((1, 3)), np.ones((2, 3)), np.ones(3))}, "layer: expected the weights of a SimpleRNN"),
        ({"layer": (np.ones((4, 8)), np.ones((2, 8)), np.ones(8))}, "layer: expected the weights of a SimpleRNN"),
        ({"layer": (np.ones((4, 2)), np.ones((2, 2)), np.ones(2))}, r"x: give the sequence \(time, 4\)"),
        (
            {"layer": (np.ones((4, 2)), np.ones((2, 2)), np.ones(2)), "x": np.ones((5, 3))},
            r"x: expected \(time, 4\) finite numbers, 2 to 200 steps, got shape \(5, 3\)",
        ),
        ({"layer": (np.ones((1, 1)),)}, "layer: expected a built SimpleRNN"),
        ({"x": np.ones((3, 2))}, "x: expected"),
        ({"x": [1.0]}, "x: expected"),
        ({"x": [0.0, np.nan]}, "x: expected"),
        ({"weights": "none"}, "weights: expected one of"),
        ({"sequence": "none"}, "sequence: expected one of"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        widgets.rnn(**arguments)


def test_another_activation_or_direction_is_refused():
    keras = pytest.importorskip("keras")
    backwards = keras.layers.SimpleRNN(3, go_backwards=True)
    backwards.build((None, None, 1))
    with pytest.raises(ValueError, match="layer: expected a built SimpleRNN with a bias that reads forwards"):
        widgets.rnn(backwards)
    layer = keras.layers.SimpleRNN(1, activation="sigmoid")
    layer.build((None, None, 1))
    with pytest.raises(ValueError, match="layer: expected the activation tanh, relu or linear, got sigmoid"):
        widgets.rnn(layer)
