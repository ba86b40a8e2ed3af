"""What is measured on Keras layers is what index arithmetic says, exactly."""

import numpy as np
import pytest

from vidlab.tensorflow import tf  # noqa: F401, isort: skip
import keras
from keras import layers

from vidlab import reference
from vidlab.models.fields import receptive_fields
from vidlab.models.layers import layers_of
from vidlab.reference.receptive import Window, axis_matrix
from vidlab.widgets.receptive import LAYERS, OVER_TIME, of_stack


def clip_for(model, seed=0):
    return np.random.default_rng(seed).random(model.inputs[0].shape[1:], np.float32)


def sequential(shape, *made):
    return keras.Sequential([keras.Input(shape), *made])


def test_an_axis_by_hand():
    seen = axis_matrix(7, Window(3, stride=2))
    assert [np.flatnonzero(row).tolist() for row in seen] == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    seen = axis_matrix(6, Window(3, stride=2), "same")  # Keras puts its one zero at the end
    assert [np.flatnonzero(row).tolist() for row in seen] == [[0, 1, 2], [2, 3, 4], [4, 5]]
    seen = axis_matrix(4, Window(2, dilation=2), "causal")
    assert [np.flatnonzero(row).tolist() for row in seen] == [[0], [1], [0, 2], [1, 3]]
    with pytest.raises(ValueError, match="needs 5 entries and gets 4"):
        axis_matrix(4, Window(3, dilation=2))


def random_stack(rng, axes):
    """Keras layers with other numbers on each axis, and (windows, padding) of each."""
    made, known = [], []
    for n in range(3):
        padding = str(rng.choice(["valid", "same"]))
        kernel, stride, dilation = (rng.integers(1, high, axes) for high in (4, 3, 3))
        kind = str(rng.choice(["conv", "MaxPooling", "AveragePooling"]))
        if kind == "conv":
            stride, dilation = (stride, 1 + 0 * dilation) if rng.random() < 0.5 else (1 + 0 * stride, dilation)
            settings = {"strides": stride.tolist(), "dilation_rate": dilation.tolist(), "activation": "relu"}
            layer = getattr(layers, f"Conv{axes}D")(6, kernel.tolist(), padding=padding, name=f"at{n}", **settings)
        else:
            dilation = 1 + 0 * dilation
            pool = getattr(layers, f"{kind}{axes}D")
            layer = pool(kernel.tolist(), strides=stride.tolist(), padding=padding, name=f"at{n}")
        made.append(layer)
        known.append(([Window(*map(int, w)) for w in zip(kernel, stride, dilation, strict=True)], padding))
    return made, known


@pytest.mark.parametrize("seed", range(8))
def test_random_stacks_are_measured_exactly(seed):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    shape = (17, 20, 2) if seed % 2 else (11, 15, 16, 2)
    made, known = random_stack(rng, len(shape) - 1)
    model = sequential(shape, *made)
    maps = receptive_fields(model, clip_for(model))
    matrices = [np.eye(n, dtype=bool) for n in shape[:-1]]
    for n, (windows, padding) in enumerate(known):
        matrices = [axis_matrix(len(m), w, padding) @ m for m, w in zip(matrices, windows, strict=True)]
        found = maps[f"at{n}"]
        assert found.values.shape == tuple(map(len, matrices))
        for axis, matrix in enumerate(matrices):
            others = tuple(a for a in range(len(shape) - 1) if a != axis)
            measured = found.seen[axis]
            assert np.array_equal(measured, np.broadcast_to(np.expand_dims(matrix, others), measured.shape))
            assert found.most[axis] == matrix.sum(axis=1).max()


TWINS = {
    "conv 3": lambda p: layers.Conv3D(4, (1, 3, 3), padding=p),
    "conv 5": lambda p: layers.Conv3D(4, (1, 5, 5), padding=p),
    "conv 3, stride 2": lambda p: layers.Conv3D(4, (1, 3, 3), strides=(1, 2, 2), padding=p),
    "conv 3, dilation 2": lambda p: layers.Conv3D(4, (1, 3, 3), dilation_rate=(1, 2, 2), padding=p),
    "max pool 2": lambda p: layers.MaxPooling3D((1, 2, 2), padding=p),
    "average pool 2": lambda p: layers.AveragePooling3D((1, 2, 2), padding=p),
    "conv 3 over time": lambda p: layers.Conv3D(4, (3, 1, 1), padding=p),
    "conv 3 over space and time": lambda p: layers.Conv3D(4, 3, padding=p),
    "conv 3 over space and time, causal": lambda p: [
        layers.ZeroPadding3D(((2, 0), (p == "same",) * 2, (p == "same",) * 2)), layers.Conv3D(4, 3),
    ],
    "max pool 2 over space and time": lambda p: layers.MaxPooling3D(2, padding=p),
}  # fmt: skip


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("name", [n for n in LAYERS | OVER_TIME if n != "none"])
def test_each_layer_of_the_lab_is_what_keras_calls_so(name, padding):
    clip = np.random.default_rng(0).random((5, 9, 10))
    twin = TWINS[name](padding)
    twin = sequential((5, 9, 10, 1), *(twin if isinstance(twin, list) else [twin]))
    found, sizes = of_stack([name], clip, padding)
    measured = list(receptive_fields(twin, clip[..., None].astype(np.float32)).values())[-1]
    assert sizes == [(5, 9, 10), measured.values.shape]
    assert all(np.array_equal(a, b) for a, b in zip(found.seen, measured.seen, strict=True))
    if twin.weights:  # as convolutions take the mean here
        kernel = np.ones_like(twin.get_weights()[0])
        twin.set_weights([kernel / np.prod(kernel.shape[:3]), np.zeros(kernel.shape[-1])])
    keras_says = twin(clip[None, ..., None].astype(np.float32)).numpy()[0].mean(axis=-1)
    assert np.abs(found.values - keras_says).max() < 1e-6


def test_the_rule_is_the_most_that_a_cell_sees():
    names = ["conv 3", "max pool 2", "conv 3, dilation 2", "conv 3, stride 2", "conv 3 over space and time"]
    windows = [(LAYERS | OVER_TIME)[name] for name in names]
    (r_time, j_time), (r, j) = (
        reference.receptive_field(getattr(one, axis) for one in windows) for axis in ("time", "space")
    )
    assert (r_time, j_time, r, j) == (3, 1, 24, 4)
    found, _ = of_stack(names, np.zeros((6, 80, 80)), "same")
    assert found.most == [r_time, r, r]


def test_recurrent_layers_see_the_past():
    model = sequential(
        (6, 8, 8, 3),
        layers.TimeDistributed(layers.Conv2D(4, 3), name="each"),
        layers.TimeDistributed(layers.Flatten(), name="flat"),
        layers.LSTM(8, return_sequences=True, name="lstm"),
        layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True), name="both"),
        layers.SimpleRNN(4, name="last"),
    )
    maps = receptive_fields(model, clip_for(model))
    assert maps["each"].axes == ("frame", "row", "column") and maps["each"].most == [1, 3, 3]
    assert maps["lstm"].axes == ("step",)
    assert np.array_equal(maps["lstm"].seen[0], np.tri(6, dtype=bool))
    assert maps["lstm"].seen[1].all() and maps["both"].seen[0].all()
    assert maps["last"].axes == () and all(seen.all() for seen in maps["last"].seen)


def test_flatten_and_dense_see_all_that_is_not_left_out():
    model = sequential((9, 10, 2), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(3, name="dense"))
    found = receptive_fields(model, clip_for(model))["dense"]
    assert found.axes == () and found.values.shape == ()
    assert found.seen[0].tolist() == [True] * 8 + [False] and found.seen[1].all()  # the pooling dropped row 8


def test_weights_of_zero_are_not_seen():
    layer = layers.Conv2D(2, 3, padding="same", name="conv")
    model = sequential((6, 6, 1), layer)
    kernel = np.zeros((3, 3, 1, 2), np.float32)
    kernel[0, 1] = 1
    layer.set_weights([kernel, np.zeros(2)])
    found = receptive_fields(model, clip_for(model))["conv"]
    assert np.array_equal(found.seen[0][:, 0], np.eye(6, k=-1, dtype=bool))  # only the row above
    assert np.array_equal(found.seen[1][2], np.eye(6, dtype=bool))


def test_models_inside_models_and_frames_as_a_batch():
    inside = sequential((8, 8, 1), layers.Conv2D(3, 3, name="conv"), layers.GlobalMaxPooling2D(name="pool"))
    clip = keras.Input((4, 8, 8, 1))
    y = inside(keras.ops.reshape(clip, (-1, 8, 8, 1)))
    y = layers.LSTM(5, name="lstm")(keras.ops.reshape(y, (-1, 4, 3)))
    maps = receptive_fields(keras.Model(clip, y), np.zeros((4, 8, 8, 1), np.float32))
    assert list(maps) == ["sequential / conv", "sequential / pool", "sequential", "lstm"]
    conv = maps["sequential / conv"]
    assert conv.axes == ("frame", "row", "column") and conv.most == [1, 3, 3]
    assert maps["sequential"].axes == ("frame",) and np.array_equal(maps["sequential"].seen[0], np.eye(4, dtype=bool))


def test_names_do_not_depend_on_what_was_built_before():
    for _ in range(2):
        inside = [sequential((8, 8, 1), layers.Conv2D(1, 3, padding="same")) for _ in range(2)]
        model = sequential((8, 8, 1), *inside, layers.Conv2D(2, 3), layers.Conv2D(2, 3), layers.ReLU(name="re_lu_7_b"))
        names = list(layers_of(model))
        assert names == [
            "sequential / conv2d", "sequential", "sequential / conv2d_1", "sequential_1", "conv2d", "conv2d_1",
            "re_lu_7_b",
        ]  # fmt: skip


def test_groups_of_rows_are_cheaper_and_coarser():
    model = sequential((4, 10, 10, 1), layers.Conv3D(4, 3, name="conv"))
    exact, coarse = (receptive_fields(model, clip_for(model), every=every)["conv"] for every in (1, 4))
    assert np.array_equal(exact.seen[0], coarse.seen[0])  # frames are always changed one by one
    groups = np.add.reduceat(exact.seen[1], [0, 4, 8], axis=-1) > 0
    assert np.array_equal(coarse.seen[1], groups.repeat([4, 4, 2], axis=-1))


def test_too_many_answers_are_refused(monkeypatch):
    monkeypatch.setattr("vidlab.models.fields.LARGEST", 1000)
    model = sequential((9, 10, 2), layers.Conv2D(2, 3))
    with pytest.raises(ValueError, match="clip: .* MB of answers are too many; take fewer frames or pixels"):
        receptive_fields(model, clip_for(model))
