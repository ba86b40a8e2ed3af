"""The receptive field lab shows what a walk back through the layers finds, at every setting."""

import re

import numpy as np
import pytest

from vidlab.tensorflow import tf  # noqa: F401, isort: skip
import keras
from keras import layers

from vidlab import widgets
from vidlab.widgets.receptive import LAYERS, OVER_TIME, of_stack

rng = np.random.default_rng(0)
CLIP = rng.integers(0, 256, (6, 20, 24, 3), dtype=np.uint8)


def change(lab, **values):
    lab.values = {**lab.values, **values}
    return lab.panels


def pixels(panel):
    return np.frombuffer(panel["data"], np.uint8).reshape(panel["shape"])


def walk_back(output, axis, names, sizes, padding):
    """Entries of the input that an output sees on one axis: from layer to layer, one by one, backwards."""
    seen = {output}
    for name, size in zip(reversed(names), reversed(sizes[:-1]), strict=True):
        layer = (LAYERS | OVER_TIME)[name]
        kernel, stride, dilation = layer.time if axis == 0 else layer.space
        reach = (kernel - 1) * dilation + 1
        before = 0
        if padding == "same":
            before = max((-(-size[axis] // stride) - 1) * stride + reach - size[axis], 0) // 2
        if layer.causal and axis == 0:
            before = reach - 1
        seen = {p * stride - before + k * dilation for p in seen for k in range(kernel)}
        seen = {i for i in seen if 0 <= i < size[axis]}
    return sorted(seen)


def check_input(panel, seen):
    """The outlines, and the clear and the faded pixels, are those of the frames, rows and columns seen."""
    time, rows, columns = seen
    shown, height, width = pixels(panel), *CLIP.shape[1:3]
    assert panel["tiles"] == [height, width, 6, 0] and shown.shape == (height, 6 * width, 3)
    keep = np.zeros(CLIP.shape[:3], bool)
    keep[np.ix_(time, rows, columns)] = True
    expected = np.where(keep[..., None], CLIP, CLIP // 3 + 80)
    assert np.array_equal(shown, np.concatenate(list(expected), axis=1))
    box = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    assert panel["boxes"] == [[rows[0], t * width + columns[0], *box] for t in time]


def test_shows_what_a_walk_back_finds_at_twenty_settings():
    lab = widgets.receptive_field(clip=CLIP)
    names = list(LAYERS | OVER_TIME)
    done = 0
    while done < 20:
        chosen = rng.choice(names, 5).tolist()
        padding = str(rng.choice(["valid", "same"]))
        values = {f"layer {n}": name for n, name in enumerate(chosen, 1)} | {"padding": padding}
        cell = [int(rng.integers(n)) for n in CLIP.shape[:3]]
        change(lab, **values, **dict(zip(("frame", "row", "column"), cell, strict=True)))
        chosen = [name for name in chosen if name != "none"]
        try:
            found, sizes = of_stack(chosen, CLIP.mean(axis=-1) / 255, padding)
        except ValueError as error:
            assert lab.status == f"This setting does not work: {error}" and "layer" in lab.status
            continue
        done += 1
        cell = [min(c, n - 1) for c, n in zip(cell, sizes[-1], strict=True)]  # sliders stop at the map's edge
        assert [lab.limits[axis]["max"] + 1 for axis in ("frame", "row", "column")] == list(sizes[-1])
        seen = [walk_back(c, axis, chosen, sizes, padding) for axis, c in enumerate(cell)]
        check_input(lab.panels["input"], seen)
        shown = pixels(lab.panels["output"])
        assert np.array_equal(shown, (found.values[cell[0]] * 255 + 0.5).astype(np.uint8))
        assert lab.panels["output"]["boxes"] == [[*cell[1:], 1, 1]]
        t, r, c = map(len, seen)
        assert f"Cell ({cell[1]}, {cell[2]}) in frame {cell[0]} of the stack sees" in lab.status
        assert f": {r} x {c} pixels in {t} frame" in lab.status
        cut = [len(s) < most for s, most in zip(seen, found.most, strict=True)]
        assert ("cut off" in lab.status) == any(cut)


def test_every_control_changes_what_it_should():
    lab = widgets.receptive_field(clip=CLIP, stack=("conv 3 over space and time", "max pool 2"))
    change(lab, padding="same")
    assert [c["name"] for c in lab.controls][-4:] == ["row", "column", "frame", "play frame"]
    for control in lab.controls:
        shown = set()
        for value in control.get("options", range(control.get("min", 0), control.get("max", -1) + 1)):
            change(lab, **{control["name"]: value})
            assert not lab.status.startswith("This setting") and lab.panels["input"]["alt"].endswith(lab.status)
            shown.add(lab.status)
        assert control["kind"] == "play" or len(shown) > 1
        change(lab, **{"layer 3": "none", "layer 4": "none", "layer 5": "none"})
    assert lab.panels["output"]["pick"] == ["row", "column"]


def test_status_in_words():
    lab = widgets.receptive_field(None, np.zeros((12, 12), np.uint8), "conv 3, dilation 2")
    assert lab.status.startswith("Cell (4, 4) of the stack sees 3 of the rows 4 to 8, 3 of the columns 4 to 8: ")
    assert "3 x 3 pixels, 6% of the image. The rule gives r = 5 and j = 1 pixels. Sizes: 12×12 → 8×8." in lab.status
    change(lab, padding="same", row=0)
    assert "The field is cut off (top): beyond the edge there is no input. Elsewhere it is up to 3 x 3" in lab.status
    change(lab, row=1)  # a gap lies between the edge and what is seen
    assert "sees 2 of the rows 1 to 3" in lab.status and "cut off (top)" in lab.status
    change(lab, **{"layer 1": "none"}, row=0)
    assert lab.status.startswith("Cell (0, 4) of the stack sees row 0, column 4: 1 x 1 pixels, 0.7% of the image.")
    lab = widgets.receptive_field(clip=CLIP, stack="conv 3 over space and time, causal")
    assert "No frame of this output sees a later frame: the way to it is causal." in lab.status
    change(lab, **{"layer 1": "conv 3 over time", "padding": "same"})
    assert "It also sees 1 frame after its own." in lab.status


def model_of_clips():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 20, 24, 3)),
            layers.Conv3D(4, 3, padding="same", activation="relu", name="conv"),
            layers.MaxPooling3D((1, 4, 4), name="pool"),
            layers.TimeDistributed(layers.Flatten(), name="flat"),
            layers.LSTM(5, return_sequences=True, name="lstm"),
            layers.Flatten(name="all"),
            layers.Dense(2, name="dense"),
        ]
    )


def test_a_model_is_measured_and_shown():
    model = model_of_clips()
    lab = widgets.receptive_field(model, CLIP, layer="pool")
    assert lab.title == "Receptive field lab: sequential"
    assert lab.controls[0]["options"] == ["conv", "pool", "flat", "lstm", "all", "dense"]
    pool = keras.Model(model.inputs[0], model.get_layer("pool").output)(CLIP[None] / np.float32(255))
    mean = pool.numpy()[0].mean(axis=-1)  # after a ReLU: none is below 0
    for _ in range(10):
        t, r, c = (int(rng.integers(n)) for n in (6, 5, 6))
        panels = change(lab, layer="pool", frame=t, row=r, column=c)
        reach = range(t - 1, t + 2), range(4 * r - 1, 4 * r + 5), range(4 * c - 1, 4 * c + 5)
        seen = [[i for i in at if 0 <= i < n] for at, n in zip(reach, CLIP.shape[:3], strict=True)]
        check_input(panels["input"], seen)
        scaled = mean[t] / mean.max() * 255
        assert np.abs(pixels(panels["output"]) - scaled).max() < 0.51
        assert panels["output"]["boxes"] == [[r, c, 1, 1]]
    panels = change(lab, layer="lstm", step=2)
    check_input(panels["input"], [[0, 1, 2, 3], range(20), range(24)])
    assert re.match("Step 2 of layer lstm sees all 20 rows, all 24 columns, frames 0 to 3: 20 x 24 pixels", lab.status)
    assert "It also sees 1 frame after its own." in lab.status  # the convolution before it does
    assert pixels(panels["output"]).shape == (1, 6) and panels["output"]["boxes"] == [[0, 2, 1, 1]]
    assert lab.limits["row"]["hidden"] and not lab.limits["step"]["hidden"] and panels["output"]["pick"][1] == "step"
    panels = change(lab, layer="dense")
    check_input(panels["input"], [range(6), range(20), range(24)])
    assert lab.status.startswith("Layer dense has no places: its numbers together see all 20 rows, all 24 columns")
    assert pixels(panels["output"]).shape == (1, 1) and panels["output"]["pick"] == []


def test_a_layer_may_be_named_as_keras_names_it():
    layers.Conv2D(2, 3)(keras.Input((9, 9, 1)))
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3), layers.Flatten()])
    assert widgets.receptive_field(model, layer=model.layers[0].name).values["layer"] == "conv2d"


def test_an_lstm_is_said_to_be_causal():
    model = keras.Sequential([keras.Input((4, 3, 3, 1)), layers.Reshape((4, 9)), layers.LSTM(3, return_sequences=True)])
    lab = widgets.receptive_field(model)
    change(lab, step=0)
    assert "frame 0: 3 x 3 pixels in 1 frame" in lab.status and "cut off" not in lab.status
    assert "No step of this output sees a later frame: the way to it is causal." in lab.status


def test_what_is_never_seen_is_said():
    model = keras.Sequential([keras.Input((5, 5, 1)), layers.Conv2D(1, 1, kernel_initializer="zeros")])
    lab = widgets.receptive_field(model, np.zeros((5, 5), np.uint8))
    assert "sees nothing: no change of the input changes it." in lab.status and lab.panels["input"]["boxes"] == []


def test_image_models_and_a_made_up_picture():
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 3, name="conv")])
    lab = widgets.receptive_field(model)
    assert lab.panels["input"]["shape"] == [32, 32, 3] and lab.status.startswith("Cell (15, 15) of layer conv sees row")
    assert [c["name"] for c in lab.controls] == ["layer", "row", "column"]


def diverged():
    model = keras.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(2, 3)])
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    return model


def test_a_fixed_batch_size_is_mended_as_the_refusal_says():
    fixed = keras.Sequential([keras.Input((9, 9, 1), batch_size=2), layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="its batch size is fixed") as refused:
        widgets.receptive_field(fixed)
    advice = re.search(r"give (keras.*) instead", str(refused.value))[1]
    assert "3 x 3 pixels" in widgets.receptive_field(eval(advice, {"keras": keras, "model": fixed})).status


def test_layers_inside_time_distributed_can_be_chosen():
    frame = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(2, 3), layers.MaxPooling2D(2)])
    model = keras.Sequential([keras.Input((4, 12, 12, 3)), layers.TimeDistributed(frame), layers.Conv3D(2, (3, 1, 1))])
    found = widgets.receptive_field(model)
    options = found.controls[0]["options"]
    assert [name.split(" / ")[-1] for name in options][:2] == ["conv2d", "max_pooling2d"]
    found.values = found.values | {"layer": options[0], "row": 4, "column": 4, "frame": 2}
    assert "rows 4 to 6, columns 4 to 6, frame 2" in found.status


def test_only_an_edge_that_the_field_touches_is_said_to_cut_it_off():
    """The earlier a frame, the less a ConvLSTM sees of the picture: that is no edge."""
    clip = keras.Input((6, 20, 20, 3))
    x = layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True)(clip)
    x = layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True)(x)
    found = widgets.receptive_field(keras.Model(clip, x))
    told = 0
    for _ in range(40):
        row, column, frame = (int(n) for n in rng.integers((20, 20, 6)))
        found.values = found.values | {"row": row, "column": column, "frame": frame}
        said = re.search(r"cut off \(([^)]*)\)", found.status)
        ends = set(said[1].split(", ")) if said else set()
        told += len(ends)
        for axis, first, last in (("row", "top", "bottom"), ("column", "left", "right")):
            seen = re.search(rf"{axis}s (\d+) to (\d+)|all 20 {axis}s", found.status)
            low, high = (0, 19) if seen[1] is None else map(int, seen.groups())
            assert (first not in ends or low == 0) and (last not in ends or high == 19), found.status
    assert told > 10


@pytest.mark.parametrize(
    "message, settings",
    [
        ("clip: expected .frames, height, width", {"clip": np.zeros((3, 4, 5, 6, 3), np.uint8)}),
        ("clip: expected .* got int64", {"clip": np.zeros((8, 8), np.int64)}),
        ("stack: expected up to 5 of none; conv 3; .* got", {"stack": ["conv 4"]}),
        ("stack: expected up to 5", {"stack": ["conv 3"] * 6}),
        ("stack: .*got", {"stack": "conv 3 over time"}),  # an image has no time
        ("layer 1, conv 5: it needs 5 rows and gets 4. Take", {"clip": np.zeros((4, 4)), "stack": "conv 5"}),
        ("layer: there is no conv9; there is conv, pool", {"model": model_of_clips, "layer": "conv9"}),
        (r"clip: expected what the model takes, \(6, 20, 24, 3\)", {"model": model_of_clips, "clip": CLIP[:5]}),
        ("every: expected a whole number from 1 up, got 0", {"model": model_of_clips, "every": 0}),
        ("model: expected .* one input", {"model": lambda: keras.Sequential([layers.Dense(2)])}),
        ("model: expected .* one input", {"model": lambda: keras.Sequential([keras.Input((4,)), layers.Dense(2)])}),
        ("clip: 44 MB of pixels are too many", {"clip": np.zeros((16, 720, 1280, 3), np.uint8)}),
        ("clip: expected uint8, or floats from 0 to 1, .*divide by 255", {"clip": np.full((3, 9, 9, 3), 200.0)}),
        ("clip: some of its numbers are NaN", {"clip": np.full((9, 9), np.nan)}),
        ("model: layer .* NaN or infinite numbers: the training has diverged", {"model": diverged}),
        ("model: its layer conv2d.* has the channels first", {"model": lambda: keras.Sequential(
            [keras.Input((3, 16, 16)), layers.Conv2D(2, 3, data_format="channels_first")])}),
        ("model: it is stateful; build it without", {"model": lambda: keras.Sequential(
            [keras.Input((6, 4, 4, 1), batch_size=1), layers.Reshape((6, 16)), layers.LSTM(2, stateful=True)])}),
        ("model: it has several inputs", {"model": lambda: keras.Model(
            two := [keras.Input((4, 4, 1)), keras.Input((4, 4, 1))], layers.Add()(two))}),
        ("model: its batch size is fixed", {"model": lambda: keras.Sequential(
            [keras.Input((4, 4, 1), batch_size=2), layers.Conv2D(2, 3)])}),
    ],
)  # fmt: skip
def test_bad_input_is_refused(message, settings):
    if "model" in settings:
        settings = {**settings, "model": settings["model"]()}
    with pytest.raises(ValueError, match=message):
        widgets.receptive_field(**settings)
