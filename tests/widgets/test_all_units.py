"""All units at once: the map is the units' own numbers, r is NumPy's, a click finds the unit that is drawn there."""

import warnings

import numpy as np
import pytest

from vidlab import reference, widgets
from vidlab.reference import LSTMWeights
from vidlab.widgets import all_units, gated, lab, recurrent_views

rng = np.random.default_rng(0)


def change(lab, **values):
    lab.values = {**lab.values, **values}
    assert "does not work" not in lab.status, lab.status
    return lab.panels


def drawn(panel):
    """What a picture shows, as numbers: to half a shade."""
    low, high = panel["scale"]
    return low + np.frombuffer(panel["data"], np.uint8).reshape(panel["shape"]) / 255 * (high - low)


def lstm(units=5, features=3):
    return LSTMWeights(*(rng.normal(size=shape) for shape in ((features, 4 * units), (units, 4 * units), 4 * units)))


@pytest.mark.parametrize("n", range(20))
def test_r_is_the_correlation_of_numpy(n):
    steps, units = rng.integers(4, 60), rng.integers(1, 30)
    values, marks = rng.normal(size=(steps, units)).cumsum(axis=0), rng.integers(2, size=steps).astype(bool)
    marks[:2] = True, False
    r = all_units.correlation(values, marks)
    assert np.allclose(r, np.corrcoef(values.T, marks)[-1, :-1], atol=1e-12)
    on, off = values[marks].mean(axis=0), values[~marks].mean(axis=0)
    point_biserial = (on - off) / values.std(axis=0) * np.sqrt(marks.sum() * (~marks).sum()) / steps
    assert np.allclose(r, point_biserial, atol=1e-12)


def test_r_of_a_state_that_explodes():
    values = np.float64(1.7e308) * np.array([[0.1, -1], [0.2, 1], [0.9, 1], [1.0, -1]])
    assert np.allclose(all_units.correlation(values, [False, False, True, True]), [0.99227788, 0])


def test_what_does_not_move_has_no_r_and_comes_last():
    values = rng.normal(size=(12, 4))
    values[:, 1] = 0.1 * 3  # its mean is not exactly it
    values[:, 2] = 1 + 1e-12 * rng.normal(size=12)
    marks = np.arange(12) < 4
    r = all_units.correlation(values, marks)
    assert np.isnan(r).tolist() == [False, True, True, False] and all_units.ranked(r)[2:].tolist() == [1, 2]
    assert np.isnan(all_units.correlation(values, np.ones(12))).all()
    assert np.isnan(all_units.correlation(values, np.zeros(12))).all()
    panels, said = all_units.panels(values, "f", (-2, 2), 0, 0, marks.tolist(), True)
    assert "Constant, so without r: units 1, 2." in said and not any("unit 1" in n for n in panels["found"]["names"])
    panels, said = all_units.panels(np.ones((12, 2)), "f", (-2, 2), 0, 0, marks.tolist(), True)
    assert said == "No unit follows the marks: all are constant in f." and "found" not in panels


def test_chance_is_the_best_of_all_units_over_all_shifts():
    values, marks = rng.normal(size=(15, 6)).cumsum(axis=0), np.arange(15) % 7 < 3
    best = [np.abs(np.corrcoef(values.T, np.roll(marks, k))[-1, :-1]).max() for k in range(1, 15)]
    assert np.isclose(all_units.by_chance(values, marks), np.quantile(best, 0.95))
    assert all_units.by_chance(values[:, :1], marks) < all_units.by_chance(values, marks)


def test_slow_units_that_know_nothing_of_the_marks_are_seldom_more_than_chance():
    """Each unit drifts, the marks are runs of their own. Marks shuffled one by one would call most of them found."""
    rng, found, shuffled = np.random.default_rng(1), [], []
    for _ in range(150):
        noise = np.fft.rfft(rng.normal(size=(40, 6)), axis=0)  # round and round, as the shifts go
        values = np.fft.irfft(noise / (1 + np.arange(21))[:, None], axis=0)
        marks = np.roll(np.arange(40) < 14, rng.integers(40))
        best = np.abs(all_units.correlation(values, marks)).max()
        found.append(best > all_units.by_chance(values, marks))
        mixed = np.abs(all_units.correlation(values, [rng.permutation(marks) for _ in range(100)])).max(axis=1)
        shuffled.append(best > np.quantile(mixed, 0.95))
    assert np.mean(found) < 0.12 and np.mean(shuffled) > 0.5


def test_the_map_is_the_units_own_numbers_of_each_quantity():
    weights, x = lstm(), rng.normal(size=(11, 3))
    gates = widgets.gates(weights, x, span=2)
    trace = reference.lstm(x[None], weights)
    for quantity, low, high in (("h", -1, 1), ("c", -2, 2), ("i", 0, 1), ("f", 0, 1), ("o", 0, 1), ("g", -1, 1)):
        panel = change(gates, quantity=quantity, unit=3, step=7)["units"]
        expected = np.clip(getattr(trace, quantity)[0].T, low, high)
        assert panel["scale"] == [low, high] and np.abs(drawn(panel) - expected).max() <= (high - low) / 508
        assert panel["boxes"] == [[3, 0, 1, 11], [0, 7, 5, 1]]
    forced = gated.altered(weights, force=("f", 0))
    change(gates, force="forget gate shut (0)", quantity="c")
    assert np.abs(drawn(gates.panels["units"]) - reference.lstm(x[None], forced).c[0].T.clip(-2, 2)).max() < 0.008


@pytest.mark.parametrize("n", range(5))
def test_a_click_on_the_reordered_map_chooses_the_unit_that_is_drawn_there(n):
    weights, x = lstm(units=9), rng.normal(size=(14, 3))
    gates, marks = widgets.gates(weights, x), rng.integers(2, size=14).astype(bool).tolist()
    h = reference.lstm(x[None], weights).h[0]
    panel = change(gates, marks=marks, by_pattern=True)["units"]
    r = all_units.correlation(h, marks)
    assert panel["order"] != list(range(9)) and (np.diff(np.abs(r[panel["order"]])) <= 0).all()
    for row, unit in enumerate(panel["order"]):  # what the page sets: pick names the sliders, order the unit
        assert np.abs(drawn(panel)[row] - h[:, unit]).max() <= 1 / 254
        chosen = change(gates, **dict(zip(panel["pick"], (unit, 6), strict=True)))
        assert chosen["units"]["boxes"][0] == [row, 0, 1, 14] and chosen["units"]["boxes"][1] == [0, 6, 9, 1]
        assert np.allclose(chosen["states"]["series"]["h"], h[:, unit], atol=1e-6)
    assert change(gates, by_pattern=False)["units"]["order"] == list(range(9))


def test_a_unit_that_follows_the_marks_is_found_first():
    """Eight units of noise, and unit 5 set by hand: its output gate is open where the last feature is 1."""
    steps, marks = 30, [t % 9 < 2 for t in range(30)]
    weights = LSTMWeights(rng.normal(size=(4, 32)), rng.normal(size=(8, 32)), rng.normal(size=32))
    for array in weights[:2]:
        array[:, 5::8] = 0
    weights.kernel[-1, :] = 0
    weights.kernel[-1, 24 + 5] = 60  # gate o, the last of four
    weights.bias[5::8] = 60, 60, 60, -30  # i, f, g: the cell counts up; o: shut
    x = np.column_stack([rng.normal(size=(steps, 3)), marks])
    gates = widgets.gates(weights, x)
    panels = change(gates, marks=marks, by_pattern=True, quantity="o")
    assert panels["units"]["order"][0] == 5 and panels["found"]["names"][0] == "unit 5"
    assert panels["found"]["texts"][0] == "+1.00" and panels["found"]["names"][-1] == "by chance"
    assert "o of unit 5 (r = +1.00) follows the marks best" in gates.status and ": more than by chance" in gates.status
    assert "A candidate, not a cause." in gates.status
    backwards = change(gates, marks=[not mark for mark in marks])
    assert backwards["found"]["texts"][0] == "−1.00" and backwards["units"]["order"][0] == 5
    assert "Mark steps" in (change(gates, marks=[False] * 30) and gates.status) and "found" not in gates.panels
    assert "no pattern" in (change(gates, marks=[True] * 30) and gates.status) and "found" not in gates.panels


def test_patterns_to_start_from():
    x = np.zeros((10, 2))
    x[[2, 7]] = (3, -4), (0, 4)
    found = {name: np.flatnonzero(marks).tolist() for name, marks in all_units.presets(x).items()}
    assert found == {
        "nothing": [], "where the input is large": [2, 7], "after the first pulse": [3, 4, 5, 6, 7, 8, 9],
        "the second half": [5, 6, 7, 8, 9],
    }  # fmt: skip
    silent = all_units.presets(np.zeros((4, 1)))
    assert not any(silent["where the input is large"]) and not any(silent["after the first pulse"])


def test_patterns_follow_an_input_that_changes():
    x = rng.normal(size=(12, 3))
    gates = widgets.gates(lstm(), x)
    change(gates, order="reversed")
    assert (
        gates.limits["pattern"]["sets"]["where the input is large"]["marks"]
        == all_units.presets(x[::-1])["where the input is large"]
    )
    control = {c["name"]: c for c in gates.controls}["pattern"]
    assert {"marks", "order", "x"} <= set(control["reset_by"]) and control["options"][0] == all_units.BY_HAND


@pytest.mark.parametrize("marks, told", [([0, 1, 1, 0, 1], "1 to 2, 4"), ([0] * 5, "none"), ([1] * 5, "0 to 4")])
def test_marks_are_told_in_words(marks, told):
    marks = list(map(bool, marks))
    panel = all_units.panels(rng.normal(size=(5, 2)), "h", (-1, 1), 0, 3, marks, False)[0]["marks"]
    assert panel["alt"] == f"Of 5 steps are marked: {told}." and panel["paint"] == ["marks", marks]
    blue = (np.frombuffer(panel["data"], np.uint8).reshape(1, 5, 3) == all_units.INK).all(axis=2)[0]
    assert blue.tolist() == marks


@pytest.mark.parametrize("units", [1, 8, 64, 256])
def test_cells_are_more_than_a_pixel_and_the_figure_keeps_their_shape(units):
    made = all_units.panels(rng.normal(size=(40, units)), "h", (-1, 1), 0, 0, [t < 9 for t in range(40)], True)[0]
    rows, columns = made["units"]["times"]
    assert 2 <= rows <= 18 and columns == 12 and 100 < rows * max(units, 8) <= 512
    figure = lab.still(made, "all units")
    axes = [ax for part in figure.subfigs for ax in part.axes if ax.images]
    assert [ax.images[0].get_array().shape[:2] for ax in axes] == [(1, 40), (units, 40)]
    assert all(ax.get_aspect() == "auto" for ax in axes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a figure whose parts have no room warns
        figure._repr_mimebundle_()


# ---------------------------------------------------------------------------------------- the RNN lab for a whole layer


@pytest.mark.parametrize(
    "units, features, activation", [(3, 1, "tanh"), (2, 4, "relu"), (1, 2, "linear"), (40, 7, "tanh")]
)
def test_a_layer_of_any_size_is_shown_as_keras_runs_it(units, features, activation):
    keras = pytest.importorskip("keras")
    layer = keras.layers.SimpleRNN(units, activation=activation, return_sequences=True)
    layer.build((None, None, features))
    layer.set_weights([0.7 * rng.normal(size=w.shape) for w in layer.get_weights()])
    x = rng.normal(size=(15, features))
    shown = widgets.rnn(layer, x)
    span, unit = recurrent_views.SPAN[activation], units - 1
    h = layer(x[None]).numpy()[0].clip(-span, span)
    panels = change(shown, unit=unit, step=9)
    assert np.abs(drawn(panels["units"]) - h.T).max() < span / 250 and panels["units"]["shape"] == [units, 15]
    assert np.allclose(panels["state"]["series"]["h"], h[:, unit], atol=1e-4) and panels["state"]["mark"] == 9
    radius = np.abs(np.linalg.eigvals(layer.get_weights()[1])).max()
    assert f"spectral radius of U is {radius:.2f}" in shown.status


def test_the_gradient_of_one_unit_is_what_a_small_change_does():
    x, W, U, b = rng.uniform(-1, 1, (12, 2)), rng.normal(size=(2, 5)), rng.normal(size=(5, 5)) / 2, rng.normal(size=5)
    panels = change(widgets.rnn((W, U, b), x), unit=3, step=9)
    to_state, to_input = (np.array(panels["gradient"]["series"][k]) for k in ("|dh_T/dh_t|", "|dh_T/dx_t|"))
    h = reference.rnn(x[None], W, U, b)[0]
    for t in range(12):
        for line, at, size in ((to_input, x, 2), (to_state, h, 5)):
            moved = []
            for k in range(size):
                low, high = at.copy(), at.copy()
                low[t, k] -= 1e-6
                high[t, k] += 1e-6
                pair = [reference.rnn(v[None, : 10], W, U, b)[0, -1, 3] for v in (low, high)] if size == 2 else [
                    reference.rnn(x[None, t + 1 : 10], W, U, b, v[None, t])[0, -1, 3] if t < 9 else v[t, 3]
                    for v in (low, high)
                ]  # fmt: skip
                moved.append((pair[1] - pair[0]) / 2e-6)
            expected = np.linalg.norm(moved) if t <= 9 else 0
            assert np.isclose(10 ** line[t], max(expected, 1e-8), rtol=1e-3, atol=1e-6), (t, size)


def test_one_feature_is_drawn_and_a_sequence_is_started_from():
    layer = rng.normal(size=(1, 6)), rng.normal(size=(6, 6)) / 3, rng.normal(size=6)
    for shown, steps in ((widgets.rnn(layer), 40), (widgets.rnn(layer, rng.uniform(-2, 2, 25)), 25)):
        x = rng.uniform(-1, 1, steps).round(2).tolist()
        panels = change(shown, sequence="drawn by hand", x=x, step=3)
        assert panels["input"]["draw"] == "x" and panels["input"]["series"]["x"] == x
        h = reference.rnn(np.array(x)[None, :, None], *layer)[0]
        assert np.abs(drawn(panels["units"]) - h.T).max() <= 1 / 254
    with pytest.raises(ValueError, match="sequence: expected one of"):
        widgets.rnn(layer, sequence="none")


def test_a_unit_of_an_rnn_is_found():
    """Unit 2 copies the input, unit 0 forgets it slowly, unit 1 turns it round but weakly beside noise."""
    W, U = np.array([[0.3, -0.5, 2.0], [1.0, 1.0, 0.0]]), np.diag([0.9, 0.2, 0.0])
    x = np.column_stack([np.arange(30) % 10 < 3, np.random.default_rng(2).normal(size=30)]).astype(float)
    shown = widgets.rnn((W, U, np.zeros(3)), x)
    panels = change(shown, marks=(x[:, 0] > 0).tolist(), by_pattern=True)
    assert panels["units"]["order"][0] == 2 and panels["found"]["texts"][0] == "+1.00"
    assert "h of unit 2 (r = +1.00) follows the marks best" in shown.status
