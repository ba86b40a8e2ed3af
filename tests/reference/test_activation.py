import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vidlab import reference

NAMES = ["relu", "sigmoid", "tanh", "linear"]


def test_sigmoid_does_not_overflow_and_keeps_small_values():
    with np.errstate(all="raise", under="ignore"):
        y = reference.sigmoid(np.array([-1e4, -100.0, 0, 100, 1e4]))
    assert_allclose(y, [0, np.exp(-100), 0.5, 1, 1], rtol=1e-12)


def test_at_the_kink_relu_has_no_slope():
    assert_array_equal(reference.relu_gradients([-1.0, 0, 1], [5.0, 5, 5])["x"], [0, 0, 5])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_and_any_shape(name, dtype):
    for shape in [(), (1,), (2, 3, 4)]:
        x = np.full(shape, 0.5, dtype)
        assert getattr(reference, name)(x).dtype == dtype
        assert getattr(reference, f"{name}_gradients")(x, x)["x"].dtype == dtype


@pytest.mark.parametrize("name", NAMES)
def test_errors(name):
    with pytest.raises(ValueError, match=r"dy: expected shape \(3,\), that of x \(3,\), got \(2,\)"):
        getattr(reference, f"{name}_gradients")(np.ones(3), np.ones(2))
