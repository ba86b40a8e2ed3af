import numpy as np
import pytest
from numpy.testing import assert_allclose

from vidlab import reference


def test_softmax_sums_to_one_and_does_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        p = reference.softmax(np.array([[1e4, 0, -1e4], [3.0, 3, 3]]))
    assert_allclose(p, [[1, 0, 0], [1 / 3] * 3])


def test_cross_entropy_of_an_impossible_class_is_finite():
    with np.errstate(all="raise", under="ignore"):
        assert_allclose(reference.cross_entropy([[1e4, 0.0]], [1]), 1e4)


def test_cross_entropy_is_the_mean_of_minus_the_logarithm():
    logits = np.random.default_rng(0).standard_normal((3, 4))
    p = reference.softmax(logits)
    assert_allclose(reference.cross_entropy(logits, [2, 0, 3]), -np.log(p[[0, 1, 2], [2, 0, 3]]).mean())
    assert_allclose(reference.cross_entropy(np.zeros((5, 8)), [0, 1, 2, 3, 4]), np.log(8))


def test_dense_without_a_bias_and_with_more_axes():
    x, W = np.ones((2, 3, 4)), np.ones((4, 5))
    assert_allclose(reference.dense(x, W, None), np.full((2, 3, 5), 4))
    assert reference.dense(np.ones(4), W, np.ones(5)).shape == (5,)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types(dtype):
    logits = np.ones((2, 3), dtype)
    assert reference.cross_entropy(logits, [0, 1]).dtype == dtype
    assert reference.cross_entropy_gradients(logits, [0, 1])["logits"].dtype == dtype
    assert reference.softmax(logits).dtype == dtype
    assert reference.dense(logits, np.ones((3, 1), dtype), np.ones(1, dtype)).dtype == dtype


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: reference.dense(np.ones((2, 3)), np.ones((4, 5)), np.ones(5)),
         r"W: expected shape \(3, units\) for x \(2, 3\), got \(4, 5\)"),
        (lambda: reference.dense(np.ones((2, 3)), np.ones((3, 5)), np.ones(4)),
         r"b: expected shape \(5,\) for W \(3, 5\), got \(4,\)"),
        (lambda: reference.dense_gradients(np.ones((2, 3)), np.ones((3, 5)), np.ones((2, 4))),
         r"dy: expected shape \(2, 5\) for x \(2, 3\) and W \(3, 5\), got \(2, 4\)"),
        (lambda: reference.cross_entropy(np.ones((2, 3)), [0, 1, 2]),
         r"labels: expected shape \(2,\) for logits \(2, 3\), got \(3,\)"),
        (lambda: reference.cross_entropy(np.ones((2, 3)), [0, 3]), "labels: expected 0 to 2 .*got 0 to 3"),
        (lambda: reference.cross_entropy(np.ones((2, 3)), [0, -1]), "labels: expected 0 to 2 .*got -1 to 0"),
        (lambda: reference.cross_entropy(np.ones((2, 3)), [0.0, 1.0]), "labels: expected integers"),
        (lambda: reference.cross_entropy(np.ones((0, 3)), np.ones(0, int)), "labels: the batch is empty"),
        (lambda: reference.softmax(np.ones((2, 0))), r"logits: expected shape .*got \(2, 0\)"),
    ],
)  # fmt: skip
def test_errors_name_the_argument_and_the_shapes(call, says):
    with pytest.raises(ValueError, match=says):
        call()
