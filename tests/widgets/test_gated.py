"""The gate lab shows reference.lstm on the changed weights; a forced gate is 1 or 0 and nothing else."""

import re

import numpy as np
import pytest

from vidlab import reference, widgets
from vidlab.reference import LSTMWeights, sigmoid
from vidlab.widgets import gate_views, gated

rng = np.random.default_rng(0)
PEEPHOLES = {"none": (), "diagonal": (3,), "full": (3, 3)}


def random_weights(peepholes, units=3, features=4):
    shape = PEEPHOLES[peepholes]
    return LSTMWeights(
        rng.normal(size=(features, 4 * units)), rng.normal(size=(units, 4 * units)), rng.normal(size=4 * units),
        *(rng.normal(size=shape) if shape else None for _ in range(3)),
    )  # fmt: skip


def by_the_equations(x, w, bias, peephole, force, unit):
    """An LSTM with overrides, step by step: what `altered` must come to."""
    n = len(w.recurrent_kernel)
    mine = np.ones(n, bool) if unit is None else np.arange(n) == unit
    h, c, steps = np.zeros((1, n)), np.zeros((1, n)), []

    def gate(x_t, k, name, cell):
        z = x_t @ w.kernel[:, k * n : (k + 1) * n] + h @ w.recurrent_kernel[:, k * n : (k + 1) * n]
        z = z + w.bias[k * n : (k + 1) * n] + bias["ifco"[k]] * mine
        P = getattr(w, f"peephole_{name}", None)
        if P is not None:
            z = z + (cell * P if P.ndim == 1 else cell @ P) * np.where(mine, peephole, 1)
        if name == "c":
            return np.tanh(z)
        return np.where(mine, force[1], sigmoid(z)) if force and force[0] == name else sigmoid(z)

    for x_t in x[:, None]:
        i, f, g = gate(x_t, 0, "i", c), gate(x_t, 1, "f", c), gate(x_t, 2, "c", c)
        c = f * c + i * g
        o = gate(x_t, 3, "o", c)
        h = o * np.tanh(c)
        steps.append([h, c, i, f, o, g])
    return dict(zip("hcifog", np.array(steps)[:, :, 0].swapaxes(0, 1), strict=True))


def change(lab, **values):
    lab.values = {**lab.values, **values}
    assert "does not work" not in lab.status, lab.status
    return lab.panels


@pytest.mark.parametrize("peepholes", PEEPHOLES)
def test_nothing_altered_is_the_reference_exactly(peepholes):
    weights, x = random_weights(peepholes), rng.normal(size=(2, 9, 4))
    for mine, theirs in zip(reference.lstm(x, gated.altered(weights)), reference.lstm(x, weights), strict=True):
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize("peepholes", PEEPHOLES)
@pytest.mark.parametrize("unit", [None, 1])
@pytest.mark.parametrize("force", gated.FORCES.values())
def test_alterations_are_the_equations_with_overrides(peepholes, unit, force):
    weights, x = random_weights(peepholes), rng.normal(size=(9, 4))
    bias = dict(zip("ifco", rng.normal(size=4), strict=True))
    before = [None if a is None else a.copy() for a in weights]
    trace = reference.lstm(x[None], gated.altered(weights, bias, -0.7, force, unit))
    for name, expected in by_the_equations(x, weights, bias, -0.7, force, unit).items():
        assert np.allclose(getattr(trace, name)[0], expected, atol=1e-12), name
    assert all(a is b is None or np.array_equal(a, b) for a, b in zip(before, weights, strict=True))


@pytest.mark.parametrize("peepholes", PEEPHOLES)
def test_forced_gates(peepholes):
    weights, x = random_weights(peepholes), rng.normal(size=(1, 9, 4))
    kept = gated.altered(gated.altered(weights, force=("f", 1)), force=("i", 0))
    c0 = rng.normal(size=(1, 3))
    assert (reference.lstm(x, kept, c0=c0).c == c0[:, None]).all()  # the cell never changes, to the last bit
    assert (reference.lstm(x, gated.altered(weights, force=("o", 0))).h == 0).all()
    forgetful = reference.lstm(x, gated.altered(weights, force=("f", 0)))
    assert (forgetful.c == forgetful.i * forgetful.g).all()


def settings(n):
    for k in range(n):
        numbers = {f"b_{gate}": round(rng.uniform(-6, 6), 1) for gate in "ifco"}
        numbers |= {"peephole": round(rng.uniform(-2, 2), 1), "step": int(rng.integers(12))}
        numbers |= {"unit": int(rng.integers(3)), "order": gated.ORDERS[k % 3]}
        numbers |= {"force": str(rng.choice(list(gated.FORCES))), "which": ("all units", "this unit")[k % 2]}
        yield list(PEEPHOLES)[k % 3], numbers


@pytest.mark.parametrize("peepholes, values", list(settings(20)))
def test_shows_the_reference(peepholes, values):
    weights, x = random_weights(peepholes), rng.normal(size=(12, 4))
    clip = rng.integers(0, 256, (12, 10, 8, 3), dtype=np.uint8)
    W = rng.normal(size=(3, 4))
    lab = widgets.gates(weights, x, clip, lambda h: reference.softmax(h[None] @ W)[0], list("abcd"), span=2)
    as_floats = widgets.gates(weights, x, clip / np.float32(255)).panels["frames"]["data"]
    assert as_floats == lab.panels["frames"]["data"]
    shown = change(lab, **values)
    unit, step, at = values["unit"], values["step"], gated.ordered(12, values["order"])
    trace = by_the_equations(
        x[at], weights, {gate: values[f"b_{gate}"] for gate in "ifco"}, values["peephole"],
        gated.FORCES[values["force"]], unit if values["which"] == "this unit" else None,
    )  # fmt: skip
    for panel, names, low in (("gates", "ifo", 0), ("states", "gch", -2)):
        for name in names:
            expected = np.clip(trace[name][:, unit], low, 2)
            assert np.allclose(shown[panel]["series"][name], expected, atol=1e-6), name
        assert shown[panel]["mark"] == step
    picture = np.frombuffer(shown["frames"]["data"], np.uint8).reshape(shown["frames"]["shape"])
    row, column, height, width = map(int, shown["frames"]["boxes"][0])
    assert np.array_equal(picture[row : row + height, column : column + width], clip[at[step]])

    h, c, i, f, o, g = (trace[name][step, unit] for name in "hcifog")
    before = trace["c"][step - 1, unit] if step else 0
    written = re.findall(r"-?\d+\.\d{3}", lab.status.splitlines()[0])
    assert np.allclose([float(v) for v in written], [f, before, i, g, c, o, np.tanh(c), h], atol=0.00051)

    bars = shown["prediction"]
    for label, state in (("before", reference.lstm(x[None], weights).h[0, -1]), ("after", trace["h"][-1])):
        assert np.allclose(bars["series"][label], reference.softmax(state[None] @ W)[0], atol=1e-5)
    assert len(bars["names"]) == 4


def test_a_drawn_sequence_is_read():
    lab = widgets.gates()
    x = rng.uniform(-1, 1, 40).round(2)
    shown = change(lab, sequence=gated.DRAWN, x=x.tolist(), step=39)
    trace = reference.lstm(x[None, :, None], gated.FIRST_PULSE)
    assert np.allclose(shown["states"]["series"]["h"], trace.h[0, :, 0], atol=1e-6)
    assert np.array_equal(shown["input"]["series"]["x"], x) and shown["input"]["draw"] == "x"


def test_the_unit_set_by_hand_keeps_the_first_pulse():
    h = np.array(widgets.gates().panels["states"]["series"]["h"])  # pulses at steps 5 and 20
    assert (h[:5] < 0.05).all() and (h[6:] > 0.6).all()


def test_every_control_does_something_and_none_fails():
    weights, x = random_weights("diagonal"), rng.normal(size=(12, 4))
    labs = [
        widgets.gates(weights, x, np.zeros((12, 6, 6, 3), np.uint8), lambda h: sigmoid(h[:1]), ["no", "yes"]),
        widgets.gates(weights, x),
        widgets.gates(),
    ]
    for lab in labs:
        for control in [*lab.controls]:
            name, kind = control["name"], control["kind"]
            values = {
                "slider": lambda c: np.linspace(c["min"], c["max"], 5).tolist(),
                "choice": lambda c: c["options"], "toggle": lambda c: [False, True], "play": lambda c: [],
            }[kind](control)  # fmt: skip
            if name in ("step", "unit"):
                values = range(control["max"] + 1)
            changed = {"b_f": -3.0, "first": name in ("guess", "reveal"), "guess": "the same", "which": "all units"}
            start, seen = lab.values, set()
            changed |= {"marks": [t % 5 == 0 for t in range(len(lab.values["marks"]))]} if "marks" in start else {}
            for value in values:
                brought = control.get("sets", {}).get(value, {})  # by the page
                seen.add(repr(change(lab, **changed | {name: value} | brought)) + lab.status)
                assert all(panel["caption"] and panel["alt"] for panel in lab.panels.values())
            nothing = ("level", "unit", "which") if lab is labs[2] else ("marked",)  # one unit; the page's own
            if kind != "play" and name not in nothing:
                assert len(seen) > 1, name
            lab.values = start


@pytest.mark.parametrize("watched", ["class 0", "class 1"])  # one of them rises to 0.5, the other falls
def test_the_effect_is_hidden_until_it_is_guessed_and_revealed(watched):
    x = np.random.default_rng(1).uniform(-1, 1, (12, 1))
    lab = widgets.gates(gated.FIRST_PULSE, x, predict=lambda h: sigmoid(4 * h))
    untouched = lab.panels["states"]["series"]
    shut = {
        "watched": watched,
        "force": "output gate shut (0)",
        "first": True,
    }  # h = 0 at the end: the probability is 0.5
    for values in ({}, {"guess": "more likely"}, {"reveal": True}):
        change(lab, **shut | values)
        if values != {"reveal": True}:
            assert "0.50" not in lab.status and lab.panels["states"]["series"] == untouched
            assert lab.panels["prediction"]["series"]["after"] is None
            assert "hidden after" in lab.panels["prediction"]["alt"]
    assert "0.50 after it" in lab.status and lab.panels["states"]["series"] != untouched
    before = float(lab.status.split(": ")[2].split()[0])
    truth = "more likely" if before < 0.4 else "less likely"
    for guess in gate_views.WAYS[True][1:]:
        change(lab, guess=guess)
        assert ("right" in lab.status) == (guess == truth), guess
    change(lab, guess="choose")
    assert "choose what it will be" in lab.status


def test_a_guess_falls_back_when_something_changes():
    specs = {control["name"]: control for control in widgets.gates(random_weights("full"), np.zeros((5, 4))).controls}
    for name in ("guess", "reveal"):
        assert {"b_i", "b_f", "b_c", "b_o", "peephole", "force", "which", "order"} <= set(specs[name]["reset_by"])


def test_peepholes_have_a_slider_only_where_there_are_some():
    assert widgets.gates(random_weights("none"), np.zeros((5, 4))).limits["peephole"]["hidden"]
    assert "peephole" not in widgets.gates(random_weights("full"), np.zeros((5, 4))).limits


def test_a_large_cell_is_drawn_at_the_edge_and_said():
    lab = widgets.gates()
    change(lab, sequence="step", force="input gate open (1)", b_c=6.0)
    assert "the cell leaves the picture" in lab.status and max(lab.panels["states"]["series"]["c"]) == 3


@pytest.mark.parametrize("kind", ["lstm", "peephole"])
def test_layers_are_shown_as_keras_runs_them(kind):
    keras = pytest.importorskip("keras")
    from vidlab import models

    layer = (keras.layers.LSTM if kind == "lstm" else models.PeepholeLSTM)(3, return_sequences=True)
    layer.build((None, None, 4))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    x = rng.normal(size=(7, 4)).astype(np.float32)
    h = layer(x[None]).numpy()[0]
    for units, activation in ((1, None), (1, "sigmoid"), (2, None), (3, "softmax")):
        head = keras.layers.Dense(units, activation=activation)
        expected = np.array(head(h[-1:]))[0]
        if activation is None:
            expected = sigmoid(expected) if units == 1 else reference.softmax(expected[None])[0]
        lab = widgets.gates(layer, x, predict=head)
        said = f"class {np.argmax(expected)}: {expected.max():.2f}"
        if units == 1:
            said = f"class {int(expected[0] > 0.5)}: {max(expected[0], 1 - expected[0]):.2f}"
        assert said in lab.status
    for unit in range(3):
        assert np.allclose(change(lab, unit=unit)["states"]["series"]["h"], h[:, unit], atol=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"layer": random_weights("none")}, r"x: give the sequence \(time, 4\)"),
        ({"layer": random_weights("none"), "x": np.zeros((5, 3))}, r"x: expected finite numbers of shape \(time, 4\)"),
        ({"layer": random_weights("none"), "x": np.full((5, 4), np.nan)}, "x: expected finite numbers"),
        (
            {"layer": random_weights("none")._replace(bias=np.zeros(3)), "x": np.zeros((5, 4))},
            "layer: these are not .* bias: expected shape",
        ),
        ({"clip": np.zeros((5, 4, 4, 3), np.uint8)}, "x: give the sequence"),
        ({"x": np.zeros((5, 1)), "clip": np.zeros((4, 4, 4, 3), np.uint8)}, "clip: expected 5 frames, one for each"),
        ({"x": np.zeros((5, 1)), "clip": np.full((5, 4, 4, 3), 2.0)}, "uint8, or floats from 0 to 1, got float64"),
        ({"classes": ["a", "b"]}, "classes: they name the probabilities"),
        ({"predict": lambda h: sigmoid(h), "classes": ["a"]}, "classes: expected 2 different names"),
        ({"predict": lambda h: sigmoid(h), "classes": ["a", "a"]}, "classes: expected 2 different names"),
        ({"predict": lambda h: np.array([2.0, -1.0])}, "predict: expected probabilities from 0 to 1"),
        ({"predict": "softmax"}, "predict: expected a Dense layer or a function"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        widgets.gates(**arguments)


def test_layers_that_are_not_this_equation_are_refused():
    keras = pytest.importorskip("keras")
    x = np.zeros((5, 4))
    layers = [
        keras.layers.GRU(3), keras.layers.LSTM(3, activation="relu"), keras.layers.LSTM(3, go_backwards=True),
        keras.layers.LSTM(3, use_bias=False),
    ]  # fmt: skip
    for layer in layers:
        layer.build((None, None, 4))
    for layer in [*layers, keras.layers.LSTM(3), (np.ones(3), np.ones(3))]:
        with pytest.raises(ValueError, match="layer: "):
            widgets.gates(layer, x)
    built = keras.layers.LSTM(3)
    built.build((None, None, 4))
    with pytest.raises(ValueError, match="predict: expected a Dense layer on 3 units"):
        head = keras.layers.Dense(2)
        head.build((None, 5))
        widgets.gates(built, x, predict=head)
