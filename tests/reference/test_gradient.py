import numpy as np
import pytest

from vidlab import reference


def test_a_right_gradient_passes_and_wrong_ones_do_not():
    x = np.random.default_rng(0).standard_normal((3, 4))

    def loss(x):
        return np.sum(np.sin(x) ** 2)

    right = np.sin(2 * x)
    assert reference.check_gradient(loss, x, right) < 1e-8
    assert reference.check_gradient(loss, x, -right) == pytest.approx(2)
    assert reference.check_gradient(loss, x, 1.01 * right) == pytest.approx(0.01)
    one_entry_off = right.copy()
    one_entry_off[1, 2] += 0.5
    assert reference.check_gradient(loss, x, one_entry_off) > 0.1


def test_float32_arguments_are_moved_in_float64_and_left_alone():
    x = np.array([1.0, 2.0], np.float32)
    assert reference.check_gradient(lambda x: np.sum(x**3), x, 3 * x**2) < 1e-6
    assert x.tolist() == [1, 2] and x.dtype == np.float32


def test_where_nothing_matters_the_error_is_absolute():
    assert reference.check_gradient(lambda x: 1.0, np.ones(3), np.zeros(3)) == 0
    assert reference.check_gradient(lambda x: 1.0, np.ones(3), np.full(3, 0.25)) == 0.25
    assert reference.check_gradient(lambda x: 1.0, np.ones(0), np.ones(0)) == 0


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"analytic: expected shape \(3,\), that of x \(3,\), got \(2,\)"):
        reference.check_gradient(np.sum, np.ones(3), np.ones(2))
