import numpy as np
import pytest

from vidlab import reference


def bars(n, seed):
    """Images (n, 8, 8, 1) with one bright line, upright or level, in noise; labels 0 and 1."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    x = 0.3 * rng.standard_normal((n, 8, 8, 1))
    for image, label, at in zip(x, labels, rng.integers(0, 8, n), strict=True):
        image[(slice(None), at) if label == 0 else (at, slice(None))] += 1
    return x.astype(np.float32), labels


def test_it_learns_and_stays_float32():
    x, labels = bars(128, seed=0)
    weights = reference.initial_cnn((8, 8, 1), 2, filters=(4, 8), seed=0)
    losses = []
    for _ in range(40):
        tensors = reference.cnn_forward(weights, x)
        losses.append(reference.cross_entropy(tensors["logits"], labels))
        weights = reference.sgd_step(weights, reference.cnn_gradients(weights, tensors, labels), 0.3)
    new, truth = bars(200, seed=1)
    found = reference.cnn_forward(weights, new)["probabilities"].argmax(axis=1)
    assert losses[-1] < 0.2 * losses[0]
    assert np.mean(found == truth) > 0.9
    assert {w.dtype for w in weights.values()} == {np.dtype(np.float32)}


def test_every_tensor_by_name_in_the_order_of_the_steps():
    tensors = reference.cnn_forward(reference.initial_cnn((9, 14, 3), 5), np.ones((2, 9, 14, 3)))
    assert {name: t.shape for name, t in tensors.items()} == {
        "x": (2, 9, 14, 3),
        "conv1": (2, 9, 14, 8),
        "relu1": (2, 9, 14, 8),
        "pool1": (2, 4, 7, 8),
        "conv2": (2, 4, 7, 16),
        "relu2": (2, 4, 7, 16),
        "pool2": (2, 2, 3, 16),
        "flat": (2, 96),
        "logits": (2, 5),
        "probabilities": (2, 5),
    }
    assert list(tensors)[0] == "x" and list(tensors)[-1] == "probabilities"


def test_a_step_goes_downhill_and_leaves_the_old_weights():
    old = {"w": np.array([1.0, 2.0])}
    new = reference.sgd_step(old, {"w": np.array([10.0, -10.0])}, learning_rate=0.1)
    assert new["w"].tolist() == [0.0, 3.0] and old["w"].tolist() == [1.0, 2.0]


def test_the_same_seed_gives_the_same_weights():
    first, second = (reference.initial_cnn((8, 8, 1), 2, seed=3) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_errors():
    with pytest.raises(ValueError, match=r"image_shape: expected at least \(4, 4, channels\), got \(3, 8, 1\)"):
        reference.initial_cnn((3, 8, 1), 2)
    with pytest.raises(ValueError, match=r"x: expected shape \(batch, height, width, 1\), got \(1, 8, 8, 3\)"):
        reference.cnn_forward(reference.initial_cnn((8, 8, 1), 2), np.ones((1, 8, 8, 3)))
