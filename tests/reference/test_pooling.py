import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from vidlab import reference

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@pytest.mark.parametrize("name", ["max", "average"])
@settings(max_examples=60, deadline=None)
@given(size=PAIRS, stride=PAIRS, more=PAIRS, padding=st.sampled_from(["valid", "same"]))
def test_pooling_is_the_loop(name, size, stride, more, padding):
    x = np.random.default_rng(0).standard_normal((2, size[0] + more[0], size[1] + more[1], 2)) - 5
    y = getattr(reference, f"{name}_pool2d")(x, size, stride, padding)
    reduce = {"max": np.max, "average": np.mean}[name]
    assert_allclose(y, reference.pool2d_loops(x, reduce, size, stride, padding), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(size=PAIRS, stride=PAIRS, more=PAIRS, padding=st.sampled_from(["valid", "same"]))
def test_gradients_hand_out_all_of_dy(size, stride, more, padding):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, size[0] + more[0], size[1] + more[1], 2))
    for name in ("max_pool2d", "average_pool2d"):
        y = getattr(reference, name)(x, size, stride, padding)
        dy = rng.standard_normal(y.shape)
        dx = getattr(reference, f"{name}_gradients")(x, dy, size, stride, padding)["x"]
        assert_allclose(dx.sum(), dy.sum(), atol=1e-9)
        assert_allclose((dx * x).sum(), (dy * y).sum(), atol=1e-9)


def test_of_ties_the_first_in_reading_order_takes_all():
    x = np.array([[1.0, 7, 0], [7, 7, 2], [0, 0, 0]]).reshape(1, 3, 3, 1)
    dx = reference.max_pool2d_gradients(x, np.ones((1, 2, 2, 1)), size=2, stride=1)["x"]
    assert_array_equal(dx[0, ..., 0], [[0, 2, 0], [1, 1, 0], [0, 0, 0]])


def test_padding_never_wins_and_never_counts():
    x = np.full((1, 3, 3, 1), -4.0)
    for pool in (reference.max_pool2d, reference.average_pool2d):
        assert_array_equal(pool(x, 2, padding="same"), np.full((1, 2, 2, 1), -4.0))
    assert_array_equal(reference.max_pool2d_gradients(x, np.ones((1, 2, 2, 1)), 2, padding="same")["x"].sum(), 4)


def test_stride_is_the_size_unless_given():
    assert reference.max_pool2d(np.ones((1, 7, 7, 1)), 3).shape == (1, 2, 2, 1)
    assert reference.max_pool2d(np.ones((1, 7, 7, 1)), 3, 1).shape == (1, 5, 5, 1)


def test_one_pixel_and_a_window_as_large_as_the_image():
    x = np.arange(12.0).reshape(1, 3, 4, 1)
    assert reference.max_pool2d(x, (3, 4)).item() == 11
    assert reference.average_pool2d(x, (3, 4)).item() == reference.global_average_pool(x).item() == 5.5
    assert reference.max_pool2d(x[:, :1, :1], 1).item() == 0


def test_global_average_of_clips():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5, 6))
    assert_allclose(reference.global_average_pool(x), x.mean(axis=(1, 2, 3)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types(dtype):
    x = np.ones((1, 4, 4, 1), dtype)
    for y in (
        reference.max_pool2d(x, padding="same"),
        reference.average_pool2d(x, 3, padding="same"),
        reference.global_average_pool(x),
        reference.pool2d_loops(x, np.mean),
    ):
        assert y.dtype == dtype


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((np.ones((4, 4, 1)),), r"x: expected shape \(batch, height, width, channels\), got \(4, 4, 1\)"),
        ((np.ones((1, 4, 4, 1)), 0), "size: .*got 0"),
        ((np.ones((1, 4, 4, 1)), 2, -2), "stride: .*got -2"),
        ((np.ones((1, 4, 4, 1)), 2, 2, "none"), "padding: .*got 'none'"),
        ((np.ones((1, 4, 4, 1)), 5), r"size: a window of \(5, 5\) does not fit into x \(1, 4, 4, 1\)"),
    ],
)
def test_errors(arguments, says):
    for pool in (reference.max_pool2d, reference.average_pool2d):
        with pytest.raises(ValueError, match=says):
            pool(*arguments)


def test_errors_of_gradients_and_global_average():
    for gradients in (reference.max_pool2d_gradients, reference.average_pool2d_gradients):
        with pytest.raises(ValueError, match=r"dy: expected shape \(1, 2, 2, 1\) for x \(1, 4, 4, 1\), got"):
            gradients(np.ones((1, 4, 4, 1)), np.ones((1, 3, 3, 1)))
    with pytest.raises(ValueError, match=r"x: expected shape .*, got \(2, 3\)"):
        reference.global_average_pool(np.ones((2, 3)))
