import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vidlab import reference
from vidlab.models.peephole import PeepholeLSTM, PeepholeLSTMCell
from vidlab.tensorflow import tf

keras = tf.keras
KINDS = ["diagonal", "full"]


def clips(batch=3, time=6, features=4, seed=0):
    return np.random.default_rng(seed).standard_normal((batch, time, features)).astype(np.float32)


def random_layer(kind, units=5, features=4, seed=0, **options):
    layer = PeepholeLSTM(units, kind, **options)
    layer.build((None, None, features))
    rng = np.random.default_rng(seed)
    layer.set_weights([0.5 * rng.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def trace(layer, x, **states):
    return reference.lstm(x, reference.LSTMWeights(*layer.get_weights()), **states)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_reference(kind):
    layer = random_layer(kind, return_sequences=True, return_state=True)
    h, last, cell = layer(clips())
    expected = trace(layer, clips())
    assert_allclose(h, expected.h, atol=1e-5)
    assert_allclose(last, expected.h[:, -1], atol=1e-5)
    assert_allclose(cell, expected.c[:, -1], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_initial_state_and_last_output_alone(kind):
    layer = random_layer(kind)
    state = np.random.default_rng(1).standard_normal((2, 3, 5)).astype(np.float32)
    y = layer(clips(), initial_state=[tf.constant(s) for s in state])
    assert_allclose(y, trace(layer, clips(), h0=state[0], c0=state[1]).h[:, -1], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_without_peepholes_it_is_keras_lstm(kind):
    ours, keras_lstm = (
        PeepholeLSTM(5, kind, return_sequences=True),
        keras.layers.LSTM(5, return_sequences=True),
    )
    ours.build((None, None, 4))
    keras_lstm.build((None, None, 4))
    weights = keras_lstm.get_weights()
    assert_allclose(ours.get_weights()[2], weights[2])  # the forget gate's bias begins at 1
    assert not any(w.any() for w in ours.get_weights()[3:])
    ours.set_weights(weights + ours.get_weights()[3:])
    assert_allclose(ours(clips()), keras_lstm(clips()), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_begins_where_keras_lstm_begins(kind):
    keras.utils.set_random_seed(7)
    plain = keras.layers.LSTM(5)(clips())
    keras.utils.set_random_seed(7)
    assert_allclose(PeepholeLSTM(5, kind)(clips()), plain, atol=1e-6)


def test_weights_in_the_promised_order():
    names = ["kernel", "recurrent_kernel", "bias", "peephole_i", "peephole_f", "peephole_o"]
    assert [w.name for w in random_layer("diagonal").weights] == names
    assert [w.shape for w in random_layer("diagonal").weights][3:] == [(5,)] * 3
    assert [w.shape for w in random_layer("full").weights][3:] == [(5, 5)] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_masked_steps_are_skipped(kind):
    layer, x = random_layer(kind), clips()
    mask = np.array([[1, 1, 1, 0, 0, 0], [1] * 6, [1, 0, 1, 0, 1, 0]], bool)
    y = layer(x, mask=tf.constant(mask))
    for k in range(3):
        assert_allclose(y[k], layer(x[k : k + 1, mask[k]])[0], atol=1e-5)


def test_a_mask_reaches_it_through_a_stack():
    inputs = keras.Input((6, 4))
    h = keras.layers.Masking()(inputs)
    h = random_layer("diagonal", return_sequences=True)(h)
    model = keras.Model(inputs, random_layer("full", features=5, seed=1)(h))
    x = clips()
    x[:, 4:] = 0
    assert_allclose(model(x), model(np.pad(x[:, :4], [(0, 0), (0, 2), (0, 0)])), atol=1e-6)
    lower, upper = model.layers[2], model.layers[3]
    assert_allclose(model(x), trace(upper, trace(lower, x[:, :4]).h).h[:, -1], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_bidirectional(kind):
    both = keras.layers.Bidirectional(PeepholeLSTM(5, kind, "glorot_uniform", return_sequences=True))
    y = both(clips())
    assert both.backward_layer.cell.peephole == kind and both.backward_layer.go_backwards
    assert_allclose(y[..., :5], trace(both.forward_layer, clips()).h, atol=1e-5)
    assert_allclose(y[..., 5:], trace(both.backward_layer, clips()[:, ::-1]).h[:, ::-1], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision(kind):
    layer = random_layer(kind, dtype="mixed_float16", return_sequences=True)
    y = layer(clips())
    assert y.dtype == tf.float16
    assert {w.dtype for w in layer.weights} == {"float32"}
    assert_allclose(np.float32(y), trace(layer, clips()).h, atol=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_trains_in_a_model(kind):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6, 4)), PeepholeLSTM(8, kind, dropout=0.1), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    x = clips(64)
    before = model.layers[0].get_weights()
    losses = model.fit(x, x[:, 0, :1], epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.layers[0].get_weights(), strict=True)]
    assert all(moved)


def test_dropout_acts_in_training_only():
    layer = random_layer("diagonal", dropout=0.5, seed=3)
    assert_allclose(layer(clips()), trace(layer, clips()).h[:, -1], atol=1e-5)
    assert not np.allclose(layer(clips(), training=True), layer(clips()))


def test_its_configuration_comes_back():
    layer = PeepholeLSTM(
        7, "full", "glorot_uniform", activation="relu", unit_forget_bias=False, dropout=0.25, name="memory",
        return_sequences=True, kernel_regularizer="l2", go_backwards=True,
    )  # fmt: skip
    again = PeepholeLSTM.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (again.cell.peephole, again.units, again.name) == ("full", 7, "memory")
    cell = PeepholeLSTMCell.from_config(layer.cell.get_config())
    assert cell.get_config() == layer.cell.get_config()


LOAD = """
import sys
import numpy as np
import keras
import vidlab.models.peephole
model = keras.saving.load_model(sys.argv[1], safe_mode=True)
np.save(sys.argv[2], model(np.load(sys.argv[3])))
"""


@pytest.mark.slow
def test_saved_and_loaded_in_a_fresh_process(tmp_path):
    inputs = keras.Input((6, 4))
    h = keras.layers.Bidirectional(PeepholeLSTM(5, "full", "glorot_uniform", return_sequences=True))(inputs)
    model = keras.Model(inputs, PeepholeLSTM(3, "diagonal", "glorot_uniform")(h))
    path, x, y = tmp_path / "model.keras", tmp_path / "x.npy", tmp_path / "y.npy"
    model.save(path)
    np.save(x, clips())
    subprocess.run([sys.executable, "-c", LOAD, path, y, x], check=True, capture_output=True)
    assert_allclose(np.load(y), model(clips()), atol=1e-7)


def test_errors():
    with pytest.raises(ValueError, match="peephole: expected 'diagonal' or 'full', got 'none'"):
        PeepholeLSTM(3, "none")
    with pytest.raises(ValueError, match="recurrent_dropout"):
        PeepholeLSTM(3, recurrent_dropout=0.2)
