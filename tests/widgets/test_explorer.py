"""The layer explorer shows what Keras computes, at every setting."""

import numpy as np
import pytest

from vidlab import models, widgets
from vidlab.models import layers as activations
from vidlab.tensorflow import tf
from vidlab.widgets import lab

import keras  # isort: skip
from keras import layers  # isort: skip

FRAMES, SIZE = 6, 16
CLIP = np.random.default_rng(0).integers(0, 256, (FRAMES, SIZE, SIZE, 3), dtype=np.uint8)
X = CLIP.astype(np.float32) / 255
SHAPE = CLIP.shape
CLASSES = ["north", "south", "east"]


def plain_cnn():
    return keras.Sequential(
        [
            keras.Input(SHAPE[1:]),
            layers.Conv2D(10, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(70, 3, activation="tanh"),
            layers.DepthwiseConv2D(2, depth_multiplier=2, name="depthwise"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def branches():
    """Two roads that meet, of different kernels, with a stride in time."""
    clip = keras.Input(SHAPE)
    a = layers.Conv3D(4, (3, 3, 3), strides=(2, 1, 1), padding="same", name="a")(clip)
    b = layers.Conv3D(4, (2, 1, 1), strides=(2, 1, 1), padding="same", activation="relu", name="b")(clip)
    y = layers.Concatenate(name="both")([a, b])
    y = layers.TimeDistributed(keras.Sequential([layers.Conv2D(5, 2, name="inner"), layers.GlobalMaxPooling2D()]))(y)
    y = layers.SimpleRNN(7, return_sequences=True, name="states")(y)
    return keras.Model(clip, layers.Dense(3, activation="softmax")(layers.SimpleRNN(4)(y)))


BUILD = {
    **{
        name: lambda name=name: getattr(models, name)(SHAPE, 3)
        for name in ("frame_cnn", "cnn_lstm", "conv3d", "conv_lstm", "r2plus1d", "video_transformer")
    },
    "plain_cnn": plain_cnn,
    "branches": branches,
}
built = {}


def model_of(name):
    """The model, with weights under which no activation is trivial, and what the explorer makes of it."""
    if name not in built:
        keras.utils.set_random_seed(1)
        model = BUILD[name]()
        rng = np.random.default_rng(2)
        model.set_weights([w + rng.normal(0, 0.1, w.shape) if w.ndim == 1 else w for w in model.get_weights()])
        for w in model.weights:
            if "variance" in w.name:
                w.assign(np.abs(w) + 0.5)
        built[name] = model, widgets.explore(model, CLIP, CLASSES)
    return built[name]


def by_keras(model, x):
    """{id of layer: output} of all layers, asked of Keras directly; nested models see all frames, or the middle one."""
    plain = [y for y in model.layers if not isinstance(y, keras.Model | layers.InputLayer)]
    outputs = keras.Model(model.inputs[0], [first(layer.output) for layer in plain])(x)
    found = {id(layer): y.numpy() for layer, y in zip(plain, tf.nest.flatten(outputs), strict=True)}
    for nested in (y for y in model.layers if isinstance(y, keras.Model)):
        found |= by_keras(nested, X[(FRAMES - 1) // 2][None] if model.name == "frame_cnn" else X)
    return found


def first(output):
    return output[0] if isinstance(output, list | tuple) else output


def change(live, **values):
    live.values = {**live.values, **values}
    assert "does not work" not in live.status, live.status
    return live.panels


def decoded(panel):
    return np.frombuffer(panel["data"], np.uint8).reshape(panel["shape"])


def tile(panel, number):
    rows, columns, count, start = panel["tiles"]
    assert 0 <= number - start < count
    row, column = divmod(number - start, panel["shape"][1] // columns)
    return decoded(panel)[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns]


def names_of(view):
    """Of the layers: the first in the strip is the clip."""
    return view.controls[0]["options"][1:]


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILD)
def test_shows_what_keras_computes(name):
    model, view = model_of(name)
    is_video = len(model.input_shape) == 5
    outputs = by_keras(model, X[None] if is_video else X)
    layer_of = {one.name: id(one.layer) for one in activations.layer_answers(model, X)}
    truth = {name: outputs[layer] for name, layer in layer_of.items() if layer in outputs}
    rng = np.random.default_rng(3)
    shown = [n for n in names_of(view) if n in truth]
    assert list(layer_of) == names_of(view) and len(shown) >= len(layer_of) - 2 >= 4
    for _ in range(20):
        layer, frame = str(rng.choice(shown)), int(rng.integers(FRAMES))
        y = truth[layer]
        # To be read as (frames, rows, columns, filters) or (frames, units):
        if is_video and len(y) == 1 and (y.ndim == 5 or y.ndim == 3):
            y = y[0]
        elif y.ndim == 3:  # tokens of a square frame
            y = y.reshape(len(y), round(y.shape[1] ** 0.5), -1, y.shape[2])
        number, now = int(rng.integers(y.shape[-1])), frame * len(y) // FRAMES
        low, high = (0, y.max()) if y.min() >= 0 else (-abs(y).max(), abs(y).max())
        if y.ndim == 2 and np.allclose(y.sum(axis=1), 1, atol=1e-5):
            low, high = 0, 1
        shades = lab.shades(y, low, high).astype(int)

        maps = change(view, view="all maps", layer=layer, filter=number, frame=frame)["maps"]
        named = maps["kind"] == "bars"  # a few classes, once for the clip
        assert named or maps["colours"] == ("PuOr" if low < 0 else "viridis")
        alone = change(view, view="one filter")
        if named:
            assert len(y) == 1 and np.allclose(maps["series"]["probability"], y[0], atol=1e-5)
            mean = y[:, number]
        elif y.ndim == 4:
            near(tile(maps, number), shades[now, ..., number])
            near(decoded(alone["map"]), shades[now, ..., number])
            mean = y[..., number].mean(axis=(1, 2))
        elif len(y) == 1:
            near(tile(maps, number), shades[now, number])
            mean = y[:, number]
        else:
            wide = maps["shape"][1] // len(y)
            near(decoded(maps), shades.T.repeat(wide, axis=1))
            assert maps["boxes"][0] == [0, now * wide, y.shape[1], wide]
            mean = y[:, number]
        if len(y) > 1:
            (line,) = alone["mean"]["series"].values()
            assert np.allclose(line, mean, atol=1e-5) and alone["mean"]["mark"] == now
        assert np.array_equal(decoded(alone["input"]), CLIP[frame])


def near(shown, wanted):
    assert np.abs(shown - wanted).max() <= 1  # a shade; the last digits differ between one call and many


@pytest.mark.parametrize("name", BUILD)
def test_every_control_at_its_ends(name):
    _, view = model_of(name)
    _, views, filters, *_ = view.controls
    for layer in names_of(view):
        for which in views["options"]:
            for number in (0, 10_000):
                panels = change(view, layer=layer, view=which, filter=number, frame=number and FRAMES - 1)
                assert panels or which in ("kernels", "strongest frames")
                assert view.status.startswith(layer)
                assert all(panel["alt"] and panel["caption"] for panel in panels.values())
        assert view.limits["filter"]["max"] == int(view.status.split(" of ")[1].split()[0]) - 1
    assert view.limits["filter"]["hidden"] and view.limits["frame"]["hidden"]  # of the last view, dead units


def test_names_do_not_depend_on_what_was_built_before():
    for _ in range(2):
        model = models.frame_cnn(SHAPE, 3)
        found = [one.name for one in activations.layer_answers(model, X)]
        assert found == [
            *("frame_features / conv2d", "frame_features / batch_normalization", "frame_features / re_lu"),
            *("frame_features / max_pooling2d", "frame_features / conv2d_1", "frame_features / batch_normalization_1"),
            *("frame_features / re_lu_1", "frame_features / max_pooling2d_1", "frame_features / dense", "dense"),
        ]
    view = widgets.explore(model, CLIP, layers=[model.layers[-1].name, "frame_features / re_lu"])
    assert names_of(view) == ["frame_features / re_lu", "dense"]


def test_models_are_left_as_they_were():
    model, _ = model_of("branches")
    assert not any("call" in vars(layer) for layer in model._flatten_layers())
    said = model(X[None]).numpy()
    found = {one.name: one for one in activations.layer_answers(model, X)}
    assert np.allclose(list(found.values())[-1].values[:, :, 0, 0], said, atol=1e-6)


def test_time_distributed_is_taken_apart():
    model, view = model_of("branches")
    wrapper = next(y for y in model.layers if isinstance(y, layers.TimeDistributed))
    x = keras.Model(model.input, wrapper.input)(X[None])
    inner = next(n for n in names_of(view) if n.endswith("/ inner"))
    wanted = wrapper.layer.layers[0](x[0]).numpy()  # (3, rows, columns, 5): a stride of 2 over 6 frames
    for frame in range(FRAMES):
        maps = change(view, layer=inner, view="all maps", filter=3, frame=frame)["maps"]
        near(tile(maps, 3), lab.shades(wanted, -abs(wanted).max(), abs(wanted).max())[frame // 2, ..., 3].astype(int))
        assert f"Frame {frame} of the clip (6 frames) is frame {frame // 2} of this layer (3 frames)." in view.status


def test_dead_filters_are_found():
    model = plain_cnn()
    kernel, bias = model.layers[0].get_weights()
    bias += 0.3
    kernel[..., 2], bias[2] = 0, 0.7  # always 0.7
    kernel[..., 7], bias[7] = -abs(kernel[..., 7]), -1  # ReLU of what is always below 0
    model.layers[0].set_weights([kernel, bias])
    view = widgets.explore(model, CLIP)
    conv, pool = names_of(view)[:2]
    y = model.layers[0](X).numpy()
    share = y.max(axis=(0, 1, 2)) / y.max()
    for layer in (conv, pool):  # the maxima are the same
        bars = change(view, layer=layer, view="dead units")["bars"]
        assert "2 of 10 filters never answer over this clip: 2, 7." in view.status and "(20%)" in view.status
        assert [box[1] // 4 for box in bars["boxes"]] == [2, 7]
        assert (tile(bars, 7)[:, 0] == 40).all() and (tile(bars, 0)[:, 0] == 200).any()
        assert [(tile(bars, k)[:, 0] == 200).sum() for k in range(10)] == [round(22 * s) for s in share]
    assert not change(view, view="strongest frames", filter=7) and "never answers" in view.status
    assert change(view, filter=0)


def test_negative_answers_are_not_dead():
    units = activations.LayerAnswers("state", None, (1, 2, 3), True, np.full((2, 3, 1, 1), -0.5, np.float32))
    units.values[1, :2] = -0.6
    assert units.dead.tolist() == [False, False, True]


def test_strongest_frames_in_order():
    model, view = model_of("plain_cnn")
    y = model.layers[0](X).numpy()
    for number in range(10):
        shown = change(view, layer=names_of(view)[0], view="strongest frames", filter=number)["strongest"]
        peaks = y[..., number].max(axis=(1, 2))
        order = np.argsort(-peaks)
        assert np.array_equal(decoded(shown), np.concatenate(CLIP[order], axis=1))
        said = ", ".join(f"frame {f}: {peaks[f]:.3g}" for f in order)
        assert shown["caption"].endswith(said)
        for k, (f, box) in enumerate(zip(order, shown["boxes"], strict=True)):
            row, column = np.unravel_index(y[f, ..., number].argmax(), (14, 14))
            assert np.allclose(box, (row * 16 / 14, k * 16 + column * 16 / 14, 16 / 14, 16 / 14))


def test_one_image_shows_its_strongest_places():
    model = plain_cnn()
    view = widgets.explore(model, CLIP[0])
    y = model.layers[0](X[:1]).numpy()[0]
    number = int(y.max(axis=(0, 1)).argmax())
    shown, y = change(view, view="strongest frames", filter=number)["strongest"], y[..., number]
    assert np.array_equal(decoded(shown), CLIP[0]) and len(shown["boxes"]) == 6
    row, column = np.unravel_index(y.argmax(), y.shape)
    assert np.allclose(shown["boxes"][0][:2], (row * 16 / 14, column * 16 / 14))
    assert view.limits["frame"]["hidden"]


@pytest.mark.parametrize(
    "name, place, shape",
    [
        ("plain_cnn", 0, (10, 3, 1, 3, 3)), ("plain_cnn", 2, (70, 10, 1, 3, 3)), ("plain_cnn", 3, (140, 1, 1, 2, 2)),
        ("conv3d", 0, (16, 3, 3, 3, 3)), ("conv_lstm", 4, (32, 16, 4, 3, 3)),
    ],
)  # fmt: skip
def test_kernels(name, place, shape):
    model, view = model_of(name)
    layer = model.layers[place + (model.layers[0].__class__.__name__ == "InputLayer")]
    name = names_of(view)[place]
    kernel = getattr(layer, "cell", layer).kernel.numpy()
    filters, channels, slices, rows, columns = shape
    reach = abs(kernel).max()
    for number in (0, filters // 2, filters - 1):
        shown = change(view, layer=name, view="kernels", filter=number)
        for c in range(min(channels, 16)):
            for s in range(slices):
                wanted = {
                    "Conv2D": lambda c, s, n: kernel[:, :, c, n],
                    "Conv3D": lambda c, s, n: kernel[s, :, :, c, n],
                    "DepthwiseConv2D": lambda c, s, n: kernel[:, :, n // 2, n % 2],
                    "ConvLSTM2D": lambda c, s, n: kernel[:, :, c, s * filters + n],
                }[type(layer).__name__](c, s, number)
                shades = lab.shades(wanted, -reach, reach)
                assert np.array_equal(tile(shown["kernel"], c * slices + s), shades)
                beside = tile(shown["kernels"], number)
                place = slice(c * rows, (c + 1) * rows), slice(s * columns, (s + 1) * columns)
                assert np.array_equal(beside[place], shades)
        assert shown["kernel"]["colours"] == "PuOr" and f"{reach:.3g}" in view.status


def test_layers_without_kernels_say_so():
    _, view = model_of("plain_cnn")
    assert not change(view, layer=names_of(view)[1], view="kernels")
    assert "MaxPooling2D has no kernel" in view.status


def test_probabilities_in_words():
    model, view = model_of("plain_cnn")
    p = model(X).numpy()
    for frame in range(FRAMES):
        change(view, layer=names_of(view)[-1], view="all maps", frame=frame)
        words = ", ".join(f"{CLASSES[k]} {p[frame, k]:.2f}" for k in np.argsort(-p[frame]))
        assert f"Probabilities: {words}." in view.status
    assert "unit 1 (south)" in change(view, view="one filter", filter=1)["mean"]["caption"]


def test_more_than_64_filters_come_in_pages():
    _, view = model_of("plain_cnn")
    second = names_of(view)[2]  # 70 filters
    assert change(view, layer=second, view="all maps", filter=63)["maps"]["tiles"][2:] == [64, 0]
    assert change(view, filter=64)["maps"]["tiles"][2:] == [6, 64]
    assert "filters 64 to 69" in view.panels["maps"]["caption"] and view.panels["maps"]["leads"]["filter"][1] == [
        *range(64, 70)
    ]


def test_large_maps_are_thinned_out():
    big = keras.Sequential([keras.Input((200, 200, 1)), layers.Conv2D(64, 1)])
    image = np.random.default_rng(0).random((200, 200, 1), np.float32)
    view = widgets.explore(big, image)
    y = big(image[None]).numpy()[0]
    shown = change(view, filter=9)["maps"]
    near(tile(shown, 9), lab.shades(y, -abs(y).max(), abs(y).max())[::2, ::2, 9].astype(int))
    assert "Shown is one pixel in 2, each way." in view.status
    assert decoded(view.panels["input"]).shape == (200, 200)


def test_some_layers_and_prepared_clips():
    model = plain_cnn()
    named = [y.name for y in model.layers[:2]]
    view = widgets.explore(model, CLIP, layers=named[1:], prepare=lambda x: 255 * x)
    assert names_of(view) == ["max_pooling2d"]
    y = model.layers[1](model.layers[0](255 * X)).numpy()
    near(tile(change(view, frame=2)["maps"], 1), lab.shades(y, 0, y.max())[2, ..., 1].astype(int))


def test_one_input_by_name():
    image = keras.Input((16, 16, 3), name="image")
    y = layers.Conv2D(2, 3, name="conv")(image)
    found = activations.layer_answers(keras.Model({"image": image}, [y, y]), X)
    assert [one.shape for one in found] == [(FRAMES, 14, 14, 2)]


def test_a_layer_that_is_called_twice():
    image = keras.Input((8, 8, 3))
    twice = layers.Conv2D(3, 3, padding="same", name="twice")
    view = widgets.explore(keras.Model(image, twice(twice(image))), np.zeros((8, 8, 3), np.uint8))
    assert names_of(view) == ["twice", "twice (call 2)"]


def channels_first():
    return keras.Sequential([keras.Input((3, 16, 16)), layers.Conv2D(2, 3, data_format="channels_first")])


def two_inputs():
    a, b = keras.Input((4, 4, 3)), keras.Input((4, 4, 3))
    return keras.Model([a, b], layers.add([a, b]))


@pytest.mark.parametrize(
    "make, clip, options, says",
    [
        (plain_cnn, CLIP[:, :8], {}, r"clip: .*\(any, 16, 16, 3\), got \(6, 8, 16, 3\); video.read"),
        (lambda: models.conv3d(SHAPE, 3), CLIP[:4], {}, r"\(6, 16, 16, 3\), got \(4, 16, 16, 3\)"),
        (lambda: models.conv3d(SHAPE, 3), CLIP[None], {}, "clip: expected .frames, height"),
        (plain_cnn, CLIP.astype(np.float32), {}, "from 0 to 1.*divide by 255"),
        (plain_cnn, CLIP.astype(int), {}, "from 0 to 1, got int64"),
        (plain_cnn, np.full(SHAPE, np.nan), {}, "NaN or infinite"),
        (two_inputs, CLIP, {}, "model: it has several inputs"),
        (channels_first, CLIP, {}, "model: its layer conv2d.* has the channels first; build it with data_format"),
        (plain_cnn, "clip.mp4", {}, "clip: 'clip.mp4' is a file's name; video.read"),
        (lambda: models.two_stream(SHAPE, 3), CLIP, {}, "model: it has several inputs"),
        (lambda: models.listing_rnn((6, 5), 3), CLIP, {}, "expected a built Sequential or functional"),
        (lambda: keras.Sequential([layers.Dense(2)]), CLIP, {}, "begins with keras.Input"),
        (lambda: "model", CLIP, {}, "expected a built Sequential or functional.*got str"),
        (
            plain_cnn,
            CLIP,
            {"classes": ["a", "b"]},
            "classes: expected 3 names, as many as the model tells apart, got 2",
        ),
        (plain_cnn, CLIP, {"layers": ["nothing"]}, "layers: no nothing; there are conv2d"),
    ],
)
def test_bad_input_is_refused(make, clip, options, says):
    with pytest.raises(ValueError, match=says):
        widgets.explore(make(), clip, **options)


def test_too_many_answers_are_refused(monkeypatch):
    monkeypatch.setattr(activations, "LARGEST", 1e6)
    with pytest.raises(ValueError, match=r"would take 2 MB, more than 1; .* layers=\[...\]"):
        widgets.explore(plain_cnn(), np.repeat(CLIP, 12, axis=0))


def test_a_model_that_diverged_is_said_so_and_not_called_healthy():
    model = plain_cnn()
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    view = widgets.explore(model, CLIP)
    assert "its weights are NaN or infinite: the training has diverged" in view.status
    assert "dead" not in view.status.split("\n")[0] and "from 0 to 0" not in view.status


def test_a_model_that_rescales_pixels_by_itself_is_given_pixels():
    inside = keras.Sequential([keras.Input(SHAPE[1:]), layers.Rescaling(1 / 255), layers.Conv2D(2, 3)])
    nested = keras.Sequential([keras.Input(SHAPE[1:]), keras.Sequential([layers.Rescaling(1 / 255), layers.ReLU()])])
    over_time = keras.Sequential([keras.Input(SHAPE), layers.TimeDistributed(layers.Rescaling(1 / 255))])
    for model in (inside, nested, over_time):
        first = next(iter(layer_answers_of(model).values()))
        assert np.allclose(np.moveaxis(first.values, 1, 3), CLIP / np.float32(255), atol=1e-6)
    assert activations.in_pixels(plain_cnn()) is None


def layer_answers_of(model):
    prepare = activations.in_pixels(model)
    return {one.name: one for one in activations.layer_answers(model, activations.fitting(model, CLIP), None, prepare)}


def test_to_look_does_not_change_a_stateful_layer():
    clip = keras.Input(SHAPE, batch_size=1)
    flat = layers.TimeDistributed(layers.Flatten())(clip)
    model = keras.Model(clip, layers.LSTM(3, stateful=True)(flat))
    before = model(CLIP[None] / np.float32(255)).numpy()
    model.get_layer(index=-1).reset_states()
    widgets.explore(model, CLIP)
    assert np.allclose(model(CLIP[None] / np.float32(255)).numpy(), before, atol=1e-6)


def test_one_name_of_a_layer_will_do():
    assert names_of(widgets.explore(plain_cnn(), CLIP, layers="conv2d")) == ["conv2d"]


# ------------------------------------------------------------------------------------- the strip, and one number


def small_pictures(view, frame):
    """{layer: its picture in the strip} at a frame."""
    change(view, frame=frame)
    strip, data, found = view.controls[0], view.limits["layer"]["pictures"], {}
    for layer, shape in zip(strip["options"], strip["shapes"], strict=True):
        found[layer], data = np.frombuffer(data[: np.prod(shape)], np.uint8).reshape(shape), data[np.prod(shape) :]
    assert not data
    return found


def test_the_strip_shows_every_layer_at_the_frame():
    model, view = model_of("plain_cnn")
    y, p = model.layers[0](X).numpy(), model(X).numpy()
    strongest = y.max(axis=(0, 1, 2)).argmax()
    for frame in (0, 4):
        found = small_pictures(view, frame)
        assert np.array_equal(found["the clip"], CLIP[frame])
        near(found["conv2d"].astype(int), lab.shades(y, 0, y.max())[frame, ..., strongest].astype(int))
        bars = found[names_of(view)[-1]]
        lit = (bars == 255).sum(axis=1)[::3]  # a class a row, its bar as long as its probability
        assert np.abs(lit - p[frame] * bars.shape[1]).max() <= 1
    assert view.controls[0]["notes"][1] == "14×14×10" and sum(map(np.prod, view.controls[0]["shapes"])) < 4000


def test_a_strip_of_many_layers_stays_small():
    deep = keras.Sequential([keras.Input((64, 64, 3)), *(layers.Conv2D(2, 1) for _ in range(150))])
    view = widgets.explore(deep, np.zeros((64, 64, 3), np.uint8))
    assert len(view.limits["layer"]["pictures"]) < 20_000


def test_one_number_is_its_window_times_its_kernel():
    """The pictures hold the very numbers: their sum, with what is not shown, is the number on the map."""
    model, view = model_of("branches")
    x, weights = X[None], model.get_layer("a").get_weights()
    kernel, bias = weights
    y = model.get_layer("a")(x).numpy()[0]
    rng = np.random.default_rng(5)
    for _ in range(12):
        now, row, column, filter = (int(rng.integers(n)) for n in y.shape)
        panels = change(view, layer="a", view="one number", filter=filter, frame=2 * now, row=row, column=column)
        assert panels["map"]["boxes"] == [[row, column, 1, 1]]
        window, by, products = (
            np.reshape(panels[k]["numbers"], panels[k]["shape"]) for k in ("window", "kernel", "products")
        )
        assert np.allclose(window * by, products, atol=1e-3)
        assert np.isclose(products.sum() + bias[filter], y[now, row, column, filter], atol=2e-3)  # three channels: all
        leads, (rows, columns, *_) = panels["window"]["leads"], panels["window"]["tiles"]
        crossed = {tuple(at) for at in panels["window"]["crossed"]}
        for r in range(window.shape[0]):
            for c in range(window.shape[1]):
                at = {"tile": r // rows * 3 + c // columns, "row": r % rows, "column": c % columns}
                place = {k: v[1][at[v[0]]] if isinstance(v, list) else v for k, v in leads.items()}
                there = X[place["frame"], place["row"], place["column"], place["filter"]]
                outside = (r, c) in crossed
                assert np.isclose(window[r, c], 0 if outside else there, atol=1e-3)
                assert np.isclose(
                    by[r, c], kernel[at["tile"] % 3, at["row"], at["column"], place["filter"], filter], atol=1e-3
                )
        assert ("padding puts zeros" in view.status) == bool(crossed)
        assert (
            f"a, filter {filter}, frame {now}, row {row}, column {column}: {y[now, row, column, filter]:.4g}."
            in view.status
        )
        ((text, sets),) = panels["to"]["targets"].items()
        largest = abs(products).max()
        assert text.startswith("the largest product: the clip") and sets["layer"] == "the clip"
        one = X[sets["frame"], sets["row"], sets["column"], sets["filter"]]
        assert np.isclose(
            largest, abs(window[abs(products) == largest] * by[abs(products) == largest]).max(), atol=1e-3
        )
        assert np.isclose(one, window[abs(products) == largest], atol=1e-3).any()


def test_one_number_of_a_pool_of_units_and_of_the_clip():
    model, view = model_of("plain_cnn")
    _, pool, _, _, mean, dense = names_of(view)
    panels = change(view, layer=pool, view="one number", filter=4, frame=3, row=5, column=2)
    y = model.layers[0](X).numpy()[3, 10:12, 4:6, 4]
    assert np.allclose(np.reshape(panels["window"]["numbers"], (2, 2)), y, atol=1e-3)
    row, column, *_ = panels["window"]["boxes"][0]
    assert (
        y[int(row), int(column)] == y.max() and "the largest number of 2×2 places in filter 4 of conv2d" in view.status
    )
    panels = change(view, layer=dense, filter=2)
    p, units = model(X).numpy()[3], keras.Model(model.inputs[0], model.layers[-2].output)(X).numpy()[3]
    logit = units @ model.layers[-1].kernel.numpy()[:, 2] + model.layers[-1].bias.numpy()[2]
    assert f"= {logit:.3g}"[:6] in view.status and f"softmax makes {p[2]:.4g}" in view.status
    assert panels["window"]["tiles"][:3] == [1, 1, 24] and "the 140 units of " + mean in view.status
    change(view, layer="the clip", filter=1, row=2, column=3)
    assert f"channel 1, frame 3, row 2, column 3: {X[3, 2, 3, 1]:.4g}. It is what the model is given" in view.status


def test_layers_that_make_their_numbers_otherwise_say_so():
    _, view = model_of("conv_lstm")
    first = next(name for name in names_of(view) if "lstm" in name)
    panels = change(view, layer=first, view="one number")
    assert list(panels) == ["map"] and "How a ConvLSTM2D makes it is not shown here" in view.status


def test_a_click_on_a_map_leads_to_its_number():
    _, view = model_of("plain_cnn")
    second = names_of(view)[2]
    leads = change(view, layer=second, view="all maps", filter=66)["maps"]["leads"]
    assert leads["view"] == "one number" and leads["filter"] == ["tile", [64, 65, 66, 67, 68, 69]]
    assert leads["row"] == ["row", [0, 1, 2, 3, 4]] and leads["column"][0] == "column"
    assert change(view, view="one filter")["map"]["leads"] == {k: v for k, v in leads.items() if k != "filter"}
    big = keras.Sequential([keras.Input((200, 200, 1)), layers.Conv2D(64, 1)])
    large = widgets.explore(big, np.zeros((200, 200, 1), np.float32)).panels["maps"]["leads"]
    assert large["row"] == ["row", [*range(0, 200, 2)]]  # shown is one pixel in two


# ------------------------------------------------------------------------------------------- the classes, as bars


@pytest.mark.parametrize(
    ("many", "activation", "named"), [(3, "softmax", True), (30, "softmax", True), (5, "sigmoid", False)]
)
def test_the_last_layer_is_named_bars(many, activation, named):
    keras.utils.set_random_seed(3)
    image = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(many, activation)])
    x = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)
    names = [f"kind {k}" for k in range(many)]
    view = widgets.explore(image, x, names if named else None)
    p = image(x / np.float32(255)).numpy()
    for frame in range(4):
        bars = change(view, layer="dense", view="all maps", frame=frame)["bars"]
        kept = sorted(np.argsort(-p[frame])[:24])
        assert bars["names"] == [names[k] if named else f"class {k}" for k in kept]
        assert np.allclose(bars["series"]["probability"], p[frame][kept], atol=1e-5)
    alone = widgets.explore(image, x[0], names if named else None)
    assert change(alone, layer="dense")["maps"]["kind"] == "bars"
    assert ("the other 6 classes have" in alone.status) == (many == 30)


def test_numbers_that_are_none_do_no_harm():
    model = plain_cnn()
    weights = model.get_weights()
    weights[0][..., 1] = np.nan
    model.set_weights(weights)
    view = widgets.explore(model, CLIP)
    for which in view.controls[1]["options"]:
        for layer in names_of(view):
            change(view, layer=layer, view=which, filter=1)
