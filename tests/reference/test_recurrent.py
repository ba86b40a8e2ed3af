import numpy as np
import pytest
from numpy.testing import assert_allclose

from vidlab import reference


def weights(features=3, units=4, seed=0):
    rng = np.random.default_rng(seed)
    W, U = rng.standard_normal((features, units)), rng.standard_normal((units, units)) / units**0.5
    return W, U, rng.standard_normal(units)


def sequences(batch=2, time=6, features=3, seed=1):
    return np.random.default_rng(seed).standard_normal((batch, time, features))


@pytest.mark.parametrize("activation", [np.tanh, reference.relu, reference.sigmoid, reference.linear])
def test_rnn_is_its_step_again_and_again(activation):
    x, (W, U, b) = sequences(), weights()
    h = np.full((2, 4), 0.3)
    states = reference.rnn(x, W, U, b, h, activation)
    for t in range(6):
        h = reference.rnn_step(x[:, t], h, W, U, b, activation)
        assert_allclose(states[:, t], h)


def test_one_step_by_hand():
    h = reference.rnn([[[1.0, 2.0]]], [[0.5], [0.25]], [[2.0]], [0.1], h0=[[0.2]])
    assert_allclose(h, np.tanh([[[0.5 + 0.5 + 0.4 + 0.1]]]))


def test_the_state_is_zero_before_the_first_step_unless_given():
    x, (W, U, b) = sequences(), weights()
    assert_allclose(reference.rnn(x, W, U, b), reference.rnn(x, W, U, b, np.zeros((2, 4))))


def test_truncated_gradients_do_not_cross_from_piece_to_piece():
    x, (W, U, b) = sequences(time=7), weights()
    dh = np.zeros((2, 7, 4))
    dh[:, -1] = 1  # step 7 alone matters; pieces are steps 1-3, 4-6 and 7
    gradients = reference.rnn_gradients(x, W, U, b, dh, truncate=3)
    assert np.all(gradients["x"][:, :6] == 0) and np.all(gradients["x"][:, 6] != 0)
    assert np.all(gradients["h0"] == 0)
    whole = reference.rnn_gradients(x, W, U, b, dh)
    for name, gradient in reference.rnn_gradients(x, W, U, b, dh, truncate=7).items():
        assert_allclose(gradient, whole[name])


def test_an_activation_of_ones_own_needs_its_derivative():
    x, (W, U, b) = sequences(), weights()

    def square(z):
        return z * z

    with pytest.raises(ValueError, match="derivative"):
        reference.rnn_gradients(x, W, U, b, np.ones((2, 6, 4)), activation=square)
    softplus = {"activation": lambda z: np.log1p(np.exp(z)), "derivative": lambda h: 1 - np.exp(-h)}
    gradients = reference.rnn_gradients(x, W, U, b, np.ones((2, 6, 4)), **softplus)

    def loss(U):
        return reference.rnn(x, W, U, b, activation=softplus["activation"]).sum()

    assert reference.check_gradient(loss, U, gradients["U"]) < 1e-6


# ---------------------------------------------------------------- exploding and vanishing


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
def test_with_spectral_radius(radius):
    U = reference.with_spectral_radius(weights()[1], radius)
    assert_allclose(np.abs(np.linalg.eigvals(U)).max(), radius)
    assert_allclose(reference.spectral_radius(U), radius)


@pytest.mark.parametrize("radius", [0.8, 1.0, 1.2])
def test_without_an_activation_the_norm_goes_by_the_radius_to_the_power_of_the_steps(radius):
    W, U, b = weights(units=8)
    U = reference.with_spectral_radius(U + U.T, radius)  # symmetric: norms go by eigenvalues alone
    norms = reference.gradient_norms(sequences(time=60), W, U, b, activation=reference.linear)
    assert norms.shape == (60,) and norms[-1] == 1
    assert_allclose(norms[0] / norms[10], radius**10, rtol=1e-3)


def test_tanh_makes_the_gradient_smaller():
    x, (W, U, b) = sequences(time=20), weights()
    tanh = reference.gradient_norms(x, W, U, b)
    linear = reference.gradient_norms(x, W, U, b, activation=reference.linear)
    assert tanh[0] < linear[0]


def test_gradient_norms_are_those_of_h0():
    x, (W, U, b) = sequences(time=5), weights()
    h0 = np.full((2, 4), 0.1)
    dh = np.zeros((2, 5, 4))
    dh[:, -1] = np.random.default_rng(0).standard_normal((2, 4))
    states = reference.rnn(x, W, U, b, h0)
    at_step_2 = reference.rnn_gradients(x[:, 2:], W, U, b, dh[:, 2:], states[:, 1])["h0"]
    norms = reference.gradient_norms(x, W, U, b, h0, seed=0)
    assert_allclose(norms[1], np.linalg.norm(at_step_2) / np.linalg.norm(dh))


def test_clip_by_norm():
    gradients = {"W": np.array([3.0, 0]), "b": np.array([4.0], np.float32)}
    clipped, norm = reference.clip_by_norm(gradients, 1.0)
    assert norm == 5
    assert_allclose(np.concatenate([clipped["W"], clipped["b"]]), [0.6, 0, 0.8], rtol=1e-6)
    assert clipped["b"].dtype == np.float32
    same, _ = reference.clip_by_norm(gradients, 10.0)
    assert_allclose(same["W"], [3, 0])
    assert reference.clip_by_norm({"b": np.zeros(2)}, 1.0)[1] == 0


# ---------------------------------------------------------------- degenerate sizes, types, errors


def test_one_sequence_of_one_step_with_one_unit():
    assert reference.rnn([[[2.0]]], [[3.0]], [[1.0]], [0.0], activation=reference.relu).tolist() == [[[6.0]]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types(dtype):
    x, (W, U, b) = sequences().astype(dtype), (w.astype(dtype) for w in weights())
    assert reference.rnn(x, W, U, b).dtype == dtype
    assert {g.dtype for g in reference.rnn_gradients(x, W, U, b, np.ones((2, 6, 4))).values()} == {np.dtype(dtype)}
    assert reference.with_spectral_radius(U, 0.9).dtype == dtype


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x": np.ones((2, 3))}, r"x: expected shape \(batch, time, features\), got \(2, 3\)"),
        ({"x": np.ones((2, 0, 3))}, r"x: expected at least one time step, got \(2, 0, 3\)"),
        ({"W": np.ones((5, 4))}, r"W: expected shape \(3, units\) for x \(2, 6, 3\), got \(5, 4\)"),
        ({"U": np.ones((4, 3))}, r"U: expected shape \(4, 4\) for W \(3, 4\), got \(4, 3\)"),
        ({"b": np.ones(3)}, r"b: expected shape \(4,\) for W \(3, 4\), got \(3,\)"),
        ({"h0": np.ones((1, 4))}, r"h0: expected shape \(2, 4\) for x \(2, 6, 3\) .*, got \(1, 4\)"),
    ],
)
def test_errors_name_the_argument_and_the_shapes(change, says):
    W, U, b = weights()
    with pytest.raises(ValueError, match=says):
        reference.rnn(**{"x": sequences(), "W": W, "U": U, "b": b} | change)


def test_errors_of_gradients_and_radius():
    x, (W, U, b) = sequences(), weights()
    with pytest.raises(ValueError, match=r"dy: expected shape \(2, 6, 4\), that of h, got \(2, 4\)"):
        reference.rnn_gradients(x, W, U, b, np.ones((2, 4)))
    with pytest.raises(ValueError, match="truncate: .*got 0"):
        reference.rnn_gradients(x, W, U, b, np.ones((2, 6, 4)), truncate=0)
    with pytest.raises(ValueError, match="U: expected shape"):
        reference.with_spectral_radius(np.ones((2, 3)), 1)
    with pytest.raises(ValueError, match="U: all eigenvalues"):
        reference.with_spectral_radius(np.zeros((2, 2)), 1)
