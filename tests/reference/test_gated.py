import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vidlab import reference
from vidlab.reference import LSTMWeights


def sequences(batch=2, time=5, features=3, seed=1):
    return np.random.default_rng(seed).standard_normal((batch, time, features))


def weights(features=3, units=4, peephole=None, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(features, 4 * units), (units, 4 * units), (4 * units,)]
    if peephole is not None:
        shapes += [(units,) if peephole == "diagonal" else (units, units)] * 3
    return LSTMWeights(*(rng.standard_normal(shape) for shape in shapes))


@pytest.mark.parametrize("peephole", [None, "diagonal", "full"])
def test_lstm_is_its_step_again_and_again(peephole):
    x, w = sequences(), weights(peephole=peephole)
    h, c = np.full((2, 4), 0.1), np.full((2, 4), -0.2)
    trace = reference.lstm(x, w, h, c)
    for t in range(5):
        step = reference.lstm_step(x[:, t], h, c, w)
        h, c = step.h, step.c
        for kept, value in zip(trace, step, strict=True):
            assert_allclose(kept[:, t], value)


def test_one_step_by_hand_the_output_gate_looks_at_the_new_cell():
    def sigma(z):
        return 1 / (1 + np.exp(-z))

    x, h, c = 0.7, 0.2, -1.5
    W, U, b, P = [0.1, -0.2, 0.3, 0.4], [0.5, 0.6, -0.7, 0.8], [0.01, 0.02, 0.03, 0.04], [1.1, -1.2, 1.3]
    i = sigma(W[0] * x + U[0] * h + P[0] * c + b[0])
    f = sigma(W[1] * x + U[1] * h + P[1] * c + b[1])
    new = f * c + i * np.tanh(W[2] * x + U[2] * h + b[2])
    o = sigma(W[3] * x + U[3] * h + P[2] * new + b[3])
    w = LSTMWeights(np.array([W]), np.array([U]), np.array(b), *(np.array([p]) for p in P))
    trace = reference.lstm(np.array([[[x]]]), w, [[h]], [[c]])
    assert_allclose([trace.i.item(), trace.f.item(), trace.c.item(), trace.o.item()], [i, f, new, o])
    assert_allclose(trace.h.item(), o * np.tanh(new))


def test_peepholes_of_zero_are_none():
    x, w = sequences(), weights()
    for shape in [(4,), (4, 4)]:
        zero = LSTMWeights(*w[:3], *[np.zeros(shape)] * 3)
        assert_array_equal(reference.lstm(x, zero).h, reference.lstm(x, w).h)


def test_diagonal_peepholes_are_full_ones_with_a_diagonal():
    x, w = sequences(), weights(peephole="diagonal")
    full = LSTMWeights(*w[:3], *(np.diag(P) for P in w[3:]))
    assert_allclose(reference.lstm(x, full).h, reference.lstm(x, w).h)
    dh = np.ones((2, 5, 4))
    diagonal, square = reference.lstm_gradients(x, w, dh), reference.lstm_gradients(x, full, dh)
    for gate in "ifo":
        assert_allclose(np.diag(square[f"peephole_{gate}"]), diagonal[f"peephole_{gate}"])


def test_full_peepholes_multiply_as_c_times_P():
    x, w = sequences(time=1), weights(peephole="full")
    c0 = np.random.default_rng(3).standard_normal((2, 4))
    z_i = x[:, 0] @ w.kernel[:, :4] + c0 @ w.peephole_i + w.bias[:4]
    assert_allclose(reference.lstm(x, w, c0=c0).i[:, 0], reference.sigmoid(z_i))


def test_one_peephole_alone():
    x, w = sequences(), weights(peephole="diagonal")
    for gate in "ifo":
        alone = LSTMWeights(*w[:3], **{f"peephole_{gate}": w.peephole_i})
        gradients = reference.lstm_gradients(x, alone, np.ones((2, 5, 4)))
        assert [name for name in gradients if "peephole" in name] == [f"peephole_{gate}"]

        def loss(P, alone=alone, gate=gate):
            return reference.lstm(x, alone._replace(**{f"peephole_{gate}": P})).h.sum()

        assert reference.check_gradient(loss, w.peephole_i, gradients[f"peephole_{gate}"]) < 1e-6


def test_an_open_forget_gate_and_a_shut_input_gate_keep_the_cell():
    bias = np.repeat([-50.0, 50.0, 0.0, 0.0], 4)
    w = LSTMWeights(*weights()[:2], bias)
    c0 = np.random.default_rng(0).standard_normal((2, 4))
    trace = reference.lstm(sequences(time=50), w, c0=c0)
    assert_allclose(trace.c[:, -1], c0, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_and_degenerate_sizes(dtype):
    w = LSTMWeights(*(a.astype(dtype) for a in weights(1, 1, "diagonal")))
    x = np.ones((1, 1, 1), dtype)
    assert {(a.shape, a.dtype) for a in reference.lstm(x, w)} == {((1, 1, 1), np.dtype(dtype))}
    assert {g.dtype for g in reference.lstm_gradients(x, w, x).values()} == {np.dtype(dtype)}


def test_arguments_are_not_changed():
    x, w = sequences(), weights(peephole="full")
    state = np.ones((2, 4))
    for array in (x, state, *w):
        array.flags.writeable = False
    reference.lstm(x, w, state, state)
    reference.lstm_gradients(x, w, np.ones((2, 5, 4)), state, state)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"kernel": np.ones((2, 16))},
            r"kernel: expected shape \(3, 16\) for x \(2, 5, 3\) .*, got \(2, 16\)",
        ),
        (
            {"recurrent_kernel": np.ones((4, 12))},
            r"recurrent_kernel: expected shape \(4, 16\), got \(4, 12\)",
        ),
        ({"bias": np.ones(4)}, r"bias: expected shape \(16,\) for 4 units, got \(4,\)"),
        ({"peephole_f": np.ones((4, 3))}, r"peephole_f: expected shape \(4,\) or \(4, 4\), got \(4, 3\)"),
    ],
)
def test_errors_name_the_argument_and_the_shapes(change, says):
    with pytest.raises(ValueError, match=says):
        reference.lstm(sequences(), weights()._replace(**change))


def test_errors_of_states_inputs_and_gradients():
    with pytest.raises(ValueError, match=r"c0: expected shape \(2, 4\) .*, got \(4,\)"):
        reference.lstm(sequences(), weights(), c0=np.ones(4))
    with pytest.raises(ValueError, match="x: expected at least one time step"):
        reference.lstm(sequences(time=0), weights())
    with pytest.raises(ValueError, match=r"dy: expected shape \(2, 5, 4\), that of h, got \(2, 4\)"):
        reference.lstm_gradients(sequences(), weights(), np.ones((2, 4)))
