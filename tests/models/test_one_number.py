"""How one number comes about agrees with what the model itself answers: any stride, padding, dilation, any place."""

import numpy as np
import pytest

from vidlab import models
from vidlab.models.layers import CLIP
from vidlab.models.one_number import terms

import keras  # isort: skip
from keras import layers  # isort: skip

FRAMES, HEIGHT, WIDTH = 6, 11, 14
X = np.random.default_rng(0).random((FRAMES, HEIGHT, WIDTH, 3), np.float32)
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # the sum of float32 products in another order


def with_weights(model, seed):
    """By chance, and no bias or normalisation without an effect."""
    rng = np.random.default_rng(seed)
    model.set_weights(
        [(rng.normal(0, 0.4, w.shape) if w.ndim > 1 else 0.5 + rng.random(w.shape)) for w in model.weights]
    )
    return model


def agrees(model, places=40, seed=0):
    """Every layer's numbers, at places drawn by lot, and what they are made of; the layers that say nothing."""
    rng, silent = np.random.default_rng(seed), []
    found = models.layer_answers(model, X)
    known = {one.name: one for one in found}
    for one in found:
        for _ in range(places):
            frame, filter, row, column = (int(rng.integers(n)) for n in one.values.shape)
            made = terms(one, filter, frame, row, column)
            if made is None:
                silent.append(one.name)
                break
            assert np.allclose(made.number, one.values[frame, filter, row, column], **CLOSE), (one.name, made)
            if made.how == "sum":
                assert np.isclose(made.total, made.bias + made.products.sum())
            before = known[one.before.name].values if one.before.name in known else one.before.values
            there = before[tuple(np.moveaxis(made.places, -1, 0))]  # a click on an entry leads to the same number
            assert np.array_equal(there[~made.outside], made.window[~made.outside])
            assert not made.window[made.outside].any()
    return silent


def drawn(seed, axes):
    """A convolution by lot, and a pooling layer behind it."""
    rng = np.random.default_rng(seed)
    stride, dilation = (1, 1), (1, 1)
    kernel = tuple(int(k) for k in rng.integers(1, 4, axes))
    padding = str(rng.choice(["same", "valid"]))
    stride = tuple(int(s) for s in rng.integers(1, 3, axes))
    dilation = tuple(int(d) for d in rng.integers(1, 3, axes)) if max(stride) == 1 else (1,) * axes
    options = {"strides": stride, "padding": padding, "dilation_rate": dilation, "activation": "tanh"}
    pool = {"pool_size": tuple(int(k) for k in rng.integers(1, 3, axes)), "padding": padding}
    if axes == 3:
        pools = layers.MaxPooling3D(**pool), layers.AveragePooling3D(pool_size=2, padding="same")
        return [layers.Conv3D(4, kernel, **options), *pools]
    pools = layers.AveragePooling2D(**pool), layers.MaxPooling2D(pool_size=3, strides=2, padding="same")
    return [layers.Conv2D(6, kernel, **options), layers.Conv2D(4, 2, groups=2, padding="same"), *pools]


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("seed", range(8))
def test_windows_of_any_kind(axes, seed):
    shape = X.shape if axes == 3 else X.shape[1:]
    model = with_weights(keras.Sequential([keras.Input(shape), *drawn(seed, axes)]), seed)
    assert agrees(model, seed=seed) == []


def test_depthwise_normalised_dense_and_over_all():
    model = keras.Sequential(
        [
            keras.Input(X.shape[1:]),
            layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(scale=False),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(5, activation="elu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    assert agrees(with_weights(model, 1)) == []
    found = models.layer_answers(model, X)
    assert [one.before.name for one in found] == [
        CLIP,
        *(one.name for one in found[:-1]),
    ]  # neither dropout nor flatten
    for pool in (layers.GlobalMaxPooling2D(), layers.GlobalAveragePooling2D(keepdims=True)):
        assert agrees(keras.Sequential([keras.Input(X.shape[1:]), pool])) == []


def test_frame_by_frame_over_time_and_in_branches():
    clip = keras.Input(X.shape)
    inner = keras.Sequential([layers.Conv2D(4, 3, strides=2), layers.BatchNormalization(), layers.GlobalMaxPooling2D()])
    y = layers.TimeDistributed(inner)(clip)
    y = layers.Conv1D(5, 3, dilation_rate=2, padding="causal", activation="relu", name="over_time")(y)
    a, b = layers.Dense(4, name="a")(y), layers.DepthwiseConv1D(2, padding="same", name="b")(y)
    y = layers.Conv1D(6, 2, name="joined")(layers.Concatenate(name="both")([a, b]))
    model = with_weights(keras.Model(clip, layers.GlobalAveragePooling1D()(y)), 2)
    assert agrees(model) == ["both"]
    before = {one.name: one.before.name for one in models.layer_answers(model, X)}
    assert before["joined"] == "both" and before["a"] == before["b"] == "over_time"
    volume = keras.Sequential([keras.Input(X.shape), layers.Conv3D(3, 2), layers.GlobalAveragePooling3D()])
    assert agrees(with_weights(volume, 3)) == []


@pytest.mark.parametrize("name", ["frame_cnn", "r2plus1d", "conv_lstm", "video_transformer"])
def test_the_courses_own_models(name):
    model = with_weights(getattr(models, name)((FRAMES, 16, 16, 3), 3), 4)
    silent = set()
    x = np.random.default_rng(1).random((FRAMES, 16, 16, 3), np.float32)
    for one in models.layer_answers(model, x):
        frame, filter, row, column = (n // 2 for n in one.values.shape)
        made = terms(one, filter, frame, row, column)
        if made is None:
            silent.add(one.kind)
        else:
            assert np.allclose(made.number, one.values[frame, filter, row, column], **CLOSE), one.name
    assert silent <= {"ConvLSTM2D", "LayerNormalization", "MultiHeadAttention", "Positions", "Reshape", "Add"}


def test_one_layer_alone_still_knows_what_came_before():
    model = keras.Sequential([keras.Input(X.shape[1:]), layers.Conv2D(4, 3, name="a"), layers.Conv2D(2, 3, name="b")])
    (one,) = models.layer_answers(model, X, "b")
    assert one.before.name == "a" and terms(one, 1, 2, 3, 4).window.shape == (9, 4)
    turned = keras.Input(X.shape[1:])
    y = keras.ops.transpose(layers.Conv2D(4, 3)(turned), (0, 2, 1, 3))  # no layer, and no order of before
    nobody = keras.Model(turned, layers.Conv2D(2, 3)(y))
    assert models.layer_answers(nobody, X)[1].before.name == "" and agrees(nobody) == []


def test_other_layers_say_nothing():
    model = keras.Sequential(
        [keras.Input(X.shape[1:]), layers.SeparableConv2D(4, 3), layers.Conv2DTranspose(4, 3), layers.Softmax()]
    )
    assert len(agrees(model)) == 3
