"""The explaining lab: what it shows is what the method says, of that class, frame and network."""

import numpy as np
import pytest

from vidlab import explain, models, widgets
from vidlab.widgets import lab
from vidlab.widgets.explaining import WORDS

import keras  # isort: skip

RNG = np.random.default_rng(0)
CLIP = RNG.random((5, 16, 16, 3)).astype(np.float32)
NAMES = ["left", "right", "up"]


def network():
    keras.utils.set_random_seed(3)
    return models.conv3d(CLIP.shape, 3, filters=(4, 6))


def masks():
    found = np.zeros(CLIP.shape[:3], int)
    found[1:4, 4:10, 2:7] = 1
    return found


def shown(made, **values):
    return made._answer(**({"method": "grad_cam", "target": "left", "chance": False, "frame": 2} | values))


def picture(panel):
    return np.frombuffer(panel["data"], np.uint8).reshape(panel["shape"])


@pytest.mark.parametrize("method", WORDS)
def test_the_map_is_that_of_the_method_class_and_frame(method):
    model = network()
    made = widgets.explain(model, CLIP, NAMES)
    for target, frame in (("right", 1), ("up", 4)):
        found = shown(made, method=method, target=target, frame=frame)
        one = (explain.METHODS | explain.BASELINES)[method](model, CLIP, NAMES.index(target))
        largest, signed = np.abs(one.values).max(), (one.values < 0).any()
        shades = lab.shades(one.values[frame], -largest if signed else 0, largest)
        colours = lab.palette("PuOr" if signed else "viridis")[shades]
        own = (CLIP[frame] * 255).round().astype(np.uint8)
        assert np.array_equal(picture(found["panels"]["map"]), (own * 0.35 + colours * 0.65).astype(np.uint8))
        assert np.array_equal(picture(found["panels"]["input"]), own)
        line = found["panels"]["over time"]
        assert np.allclose(line["series"]["sum over the frame"], one.over_time / np.abs(one.over_time).max(), atol=1e-5)
        assert line["mark"] == frame and method in found["panels"]["map"]["caption"]
        p = float(model(CLIP[None])[0, NAMES.index(target)])
        assert f"The model gives {target} a probability of {p:.2f}" in found["status"]


def test_it_says_how_much_lies_on_the_object():
    model = network()
    found = shown(widgets.explain(model, CLIP, NAMES, masks()), method="edges")
    share = explain.mass_on(explain.edges(model, CLIP, 0), masks())
    assert (
        f"{share:.0%} of what speaks for it lies on the object, which is {(masks() > 0).mean():.0%}" in found["status"]
    )


def test_weights_by_chance_are_another_network():
    model = network()
    made = widgets.explain(model, CLIP, NAMES)
    trained, chance = (shown(made, method="integrated_gradients", chance=c) for c in (False, True))
    assert trained["panels"]["map"]["data"] != chance["panels"]["map"]["data"]
    p = float(explain.by_chance(model)(CLIP[None])[0, 0])
    assert f"The network with weights by chance gives left a probability of {p:.2f}" in chance["status"]


def test_it_begins_with_what_the_model_says():
    model = network()
    made = widgets.explain(model, CLIP, NAMES)
    assert made.values["target"] == NAMES[int(np.argmax(model(CLIP[None])))] and made.values["frame"] == 2
    assert made.status in made.figure.alt and len(made.figure.axes) >= 3


@pytest.mark.parametrize(
    "settings, named",
    [
        ({"classes": ["a", "b"]}, "classes"),
        ({"classes": ["a", "a", "b"]}, "classes"),
        ({"masks": np.zeros(CLIP.shape[:3])}, "masks"),
        ({"masks": masks()[:2]}, "masks"),
        ({"clip": CLIP[:2]}, "clip"),
    ],
)
def test_what_is_wrong_is_named(settings, named):
    with pytest.raises(ValueError, match=named):
        widgets.explain(network(), **({"clip": CLIP, "classes": NAMES} | settings))


def test_the_player_lays_an_explanation_over_a_clip():
    model = network()
    one = explain.occlusion(model, CLIP, 1, box=(2, 4, 4))
    assert widgets.play(CLIP, heat=one).layers == widgets.play(CLIP, heat=one.heat).layers
