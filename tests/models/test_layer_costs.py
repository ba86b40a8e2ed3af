"""What layers cost, against TensorFlow's own count of a graph's operations, and by hand where it does not count."""

import keras
import numpy as np
import pytest
from keras import layers

from vidlab import models
from vidlab.tensorflow import tf


def operations(model, shape):
    """TensorFlow's count of a forward pass: two operations for each multiplication. It knows no Conv3D."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(tf.TensorSpec(shape, tf.float32))
    graph = convert_variables_to_constants_v2(function).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options = tf.compat.v1.profiler.ProfileOptionBuilder(options).with_empty_output().build()
    with graph.as_default():
        found = tf.compat.v1.profiler.profile(graph, cmd="op", options=options)
    kinds = "Conv2D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2", "Einsum"
    return sum(child.total_float_ops for child in found.children if child.name in kinds)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kind", ["Conv2D", "DepthwiseConv2D", "Dense"])
def test_as_tensorflow_counts(kind, stride):
    rng = np.random.default_rng(stride)
    rows, columns, channels, filters = map(int, rng.integers(5, 12, 4))
    x = keras.Input((rows, columns, channels))
    layer = {
        "Conv2D": lambda: layers.Conv2D(filters, (3, 2), stride, padding="same", use_bias=False),
        "DepthwiseConv2D": lambda: layers.DepthwiseConv2D(3, stride, depth_multiplier=2, use_bias=False),
        "Dense": lambda: layers.Dense(filters, use_bias=False),
    }[kind]()
    model = keras.Model(x, layer(x))
    shape = (3, rows, columns, channels)
    [cost] = models.costs(model, np.zeros(shape, np.float32))
    assert 2 * cost.multiplications == operations(model, shape) > 0
    y = model.compute_output_shape(shape)
    weights = int(np.prod(layer.weights[0].shape))
    assert cost.numbers == int(np.prod(shape)) + int(np.prod(y)) + weights
    assert cost.intensity == pytest.approx(cost.multiplications / 4 / cost.numbers)


def test_what_is_counted_by_hand():
    steps, width, units = 7, 5, 6
    for kind, gates in ((layers.SimpleRNN, 1), (layers.LSTM, 4), (layers.GRU, 3), (models.PeepholeLSTM, 4)):
        x = keras.Input((steps, width))
        [cost] = models.costs(keras.Model(x, kind(units)(x)), np.zeros((2, steps, width), np.float32))
        assert cost.multiplications == 2 * steps * gates * units * (width + units), kind
    x = keras.Input((steps, 8, 9, width))
    [cost] = models.costs(
        keras.Model(x, layers.ConvLSTM2D(units, 3, padding="same")(x)), np.zeros((2, steps, 8, 9, width), np.float32)
    )
    assert cost.multiplications == 2 * steps * 4 * units * 9 * (width + units) * 8 * 9
    x = keras.Input((steps, 12))
    model = keras.Model(x, layers.MultiHeadAttention(3, 4)(x, x))
    [cost] = models.costs(model, np.zeros((2, steps, 12), np.float32))
    assert cost.multiplications == 2 * (4 * steps * 12 * 12 + 2 * steps * steps * 12)
    x = keras.Input((4, 6, 6, width))
    [cost] = models.costs(keras.Model(x, layers.Conv3D(units, 3, 2)(x)), np.zeros((1, 4, 6, 6, width), np.float32))
    assert cost.multiplications == 27 * width * units * 1 * 2 * 2


@pytest.mark.parametrize("name", models.CLIP_MODELS)
def test_every_model_and_a_batch_costs_as_often(name):
    model = models.CLIP_MODELS[name]((6, 16, 16, 3), 4)
    sums = []
    for batch in (1, 3):
        given = {x.name: np.zeros((batch, *x.shape[1:]), np.float32) for x in model.inputs}
        found = models.costs(model, given if len(given) > 1 else given["clip"])
        sums.append(sum(one.multiplications for one in found))
        for one in found:
            again = tf.nest.flatten(one.layer(*one.given, training=False))
            assert tf.is_tensor(again[0]) and again[0].shape[0] % batch == 0
    assert sums[1] == 3 * sums[0] > 0
