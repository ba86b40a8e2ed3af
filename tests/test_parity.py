"""Every layer of `reference` against Keras and against central differences: 50 random shapes each."""

import numpy as np
import pytest

from tests import parity
from vidlab import reference

pytestmark = pytest.mark.slow
SMOOTH = [name for name in parity.LAYERS if "ties" not in name]  # at a tie there is no derivative


@pytest.mark.parametrize("dtype", parity.TOLERANCE)
@pytest.mark.parametrize("name", parity.LAYERS)
def test_forward_and_every_gradient_equal_those_of_keras(name, dtype):
    tried = 0
    for arrays, options in parity.draws(parity.LAYERS[name]):
        errors = parity.compare(parity.LAYERS[name], arrays, options, dtype)
        assert max(errors.values()) <= parity.TOLERANCE[dtype], f"{parity.describe(arrays, options)}: {errors}"
        tried += 1
    assert tried >= 50


@pytest.mark.parametrize("name", SMOOTH)
def test_every_gradient_equals_central_differences(name):
    layer, rng = parity.LAYERS[name], np.random.default_rng(1)
    for arrays, options in parity.draws(layer):
        if "truncate" in options:
            continue  # truncated gradients are not those of the loss, by design
        y = layer.forward(arrays, options)
        dy = np.asarray(rng.standard_normal(y.shape) if y.ndim else 1.0)
        for argument, analytic in layer.gradients(arrays, dy, options).items():
            entries = rng.choice(analytic.size, min(analytic.size, 8), replace=False)

            def loss(values, argument=argument, entries=entries, arrays=arrays, options=options, dy=dy):
                moved = arrays[argument].copy()
                moved.flat[entries] = values
                return np.sum(dy * layer.forward(arrays | {argument: moved}, options))

            numeric = reference.numerical_gradient(loss, arrays[argument].flat[entries], step=2e-6)
            error = np.abs(numeric - analytic.flat[entries]).max()
            assert error <= 1e-6 * np.abs(analytic).max() + 1e-8, (argument, parity.describe(arrays, options))


def test_every_layer_with_gradients_is_in_the_table():
    named = {name.removesuffix("_gradients") for name in reference.__all__ if name.endswith("_gradients")}
    assert named <= set(parity.LAYERS)


def test_a_wrong_layer_is_found(monkeypatch, capsys):
    dense = parity.LAYERS["dense"]
    twice = dense._replace(gradients=lambda *given: {k: 2 * g for k, g in dense.gradients(*given).items()})
    monkeypatch.setattr(parity, "LAYERS", {"dense": twice})
    assert parity.main(["--shapes", "2"]) == 1
    assert "TOO LARGE" in capsys.readouterr().out


def test_the_table_names_layer_counterpart_shapes_and_errors(monkeypatch, capsys):
    monkeypatch.setattr(parity, "LAYERS", {"dense": parity.LAYERS["dense"]})
    assert parity.main(["--shapes", "3", "--dtype", "float64"]) == 0
    row = capsys.readouterr().out.splitlines()[-1].split()
    assert row[:3] == ["dense", "Dense", "3"]
    assert row[4::2] == ["x", "W", "b"]


def test_a_gradient_of_another_type_is_found():
    relu = parity.LAYERS["relu"]
    upcast = relu._replace(gradients=lambda *given: {"x": relu.gradients(*given)["x"].astype(np.float64)})
    arrays, options = next(parity.draws(relu))
    with pytest.raises(AssertionError, match="x is float64, not float32"):
        parity.compare(upcast, arrays, options)
