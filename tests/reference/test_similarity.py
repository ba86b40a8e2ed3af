"""The contrastive loss against Keras, its gradient, and recall against a count."""

import keras
import numpy as np
import pytest

from tests.parity import relative_error
from vidlab import models, reference
from vidlab.tensorflow import tf

DRAWS = [np.random.default_rng(seed) for seed in range(8)]


def pair(rng):
    n, width = int(rng.integers(1, 9)), int(rng.integers(1, 7))
    return rng.normal(size=(n, width)), rng.normal(size=(n, width)), float(rng.uniform(0.1, 2))


@pytest.mark.parametrize("rng", DRAWS)
def test_as_keras_computes_it_with_its_gradients(rng):
    u, v, temperature = pair(rng)
    tensors = tf.constant(u), tf.constant(v)
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        s = tensors[0] @ tf.transpose(tensors[1]) / temperature
        own = np.arange(len(u))
        wanted = sum(
            tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(own, one, from_logits=True)) / 2
            for one in (s, tf.transpose(s))
        )
    assert np.isclose(reference.contrastive_loss(u, v, temperature), wanted, atol=1e-6)
    found = reference.contrastive_loss_gradients(u, v, temperature)
    for name, slope in zip("uv", tape.gradient(wanted, tensors), strict=True):
        assert np.allclose(found[name], slope, atol=1e-6), name
    assert np.isclose(reference.contrastive_loss(100 * u, 100 * v, temperature), reference.contrastive_loss(
        100 * v, 100 * u, temperature))  # fmt: skip
    both = np.stack([u, v], axis=1).astype(np.float32)
    assert np.allclose(np.mean(models.contrastive(temperature)(own + 3, both)), wanted, rtol=1e-4, atol=1e-5)


def test_the_gradient_is_that_of_differences():
    u, v, _ = pair(np.random.default_rng(3))
    found = reference.contrastive_loss_gradients(u, v, 0.5)
    for name, at in (("u", u), ("v", v)):

        def loss(x, name=name):
            return reference.contrastive_loss(**{"u": u, "v": v, name: x}, temperature=0.5)

        assert reference.check_gradient(loss, at, found[name]) < 1e-6
    assert relative_error(found["u"], found["v"]) > 0.1


def test_alike_sentences_share_the_one():
    rng = np.random.default_rng(1)
    u, v = rng.normal(size=(2, 3, 4)).astype(np.float32)
    v[2] = v[0]
    loss = np.asarray(models.contrastive(1.0)(np.array([7, 2, 7]), np.stack([u, v], axis=1)))
    s = u @ v.T
    rows, columns = reference.softmax(s), reference.softmax(s.T)
    first = -(np.log(rows[0, [0, 2]]).mean() + np.log(columns[0, [0, 2]]).mean()) / 2
    assert np.isclose(loss[0], first, atol=1e-5)


@pytest.mark.parametrize("rng", DRAWS)
def test_recall_counts_those_found(rng):
    s = rng.normal(size=(7, 7))
    for k in (1, 3, 7):
        found = [i in sorted(range(7), key=lambda j, i=i: -s[i, j])[:k] for i in range(7)]
        assert np.isclose(reference.recall_at(s, k), np.mean(found))
    assert reference.recall_at(np.zeros((7, 7)), 6) == 0  # who says the same to all finds nothing


@pytest.mark.parametrize("n, k", [(1, 1), (3, 2), (3, 3)])
def test_what_is_no_number_finds_nothing(n, k):
    assert reference.recall_at(np.full((n, n), np.nan), k) == 0
    s = np.eye(3)
    s[0, 1] = np.nan
    assert np.isclose(reference.recall_at(s, 1), 2 / 3)  # it may have been the most alike


@pytest.mark.parametrize("wrong", [
    lambda: reference.contrastive_loss(np.ones((2, 3)), np.ones((3, 3))),
    lambda: reference.contrastive_loss(np.ones((2, 3)), np.ones((2, 3)), 0),
    lambda: reference.recall_at(np.ones((2, 3))),
    lambda: reference.recall_at(0.5),
    lambda: reference.recall_at(np.ones((0, 0))),
    lambda: reference.recall_at(np.ones((2, 2)), 0),
    lambda: reference.recall_at(np.ones((2, 2)), (1, 5)),
    lambda: reference.contrastive_loss(np.ones((0, 3)), np.ones((0, 3))),
    lambda: reference.contrastive_loss(np.ones((2, 3)), np.ones((2, 3)), "0.1"),
    lambda: models.contrastive(-1),
    lambda: models.contrastive("0.1"),
])  # fmt: skip
def test_what_cannot_be(wrong):
    says = (
        r"[uv]: expected|temperature=\S+ must be a number|similarities: expected shape \(n, n\)|^k=.* must be a whole"
    )
    with pytest.raises(ValueError, match=says):
        wrong()
