"""The scrubber without a browser: every value of its slider, and what it leaves for readers."""

from io import BytesIO

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from vidlab import widgets
from vidlab.widgets import view

CLIP = np.random.default_rng(0).integers(0, 255, (9, 16, 20, 3), np.uint8)


@pytest.fixture
def outputs(monkeypatch):
    shown = []
    monkeypatch.setattr(view, "display", lambda thing, raw=False: shown.append(thing))
    return shown


def parts(outputs):
    """The live box's slider, picture and words, by the id in the output."""
    model_id = outputs[0]["application/vnd.jupyter.widget-view+json"]["model_id"]
    box = ipywidgets.widgets.widget._instances[model_id]
    controls, picture, words = box.children
    return controls.children[1], picture, words


def test_every_frame_is_shown_as_it_is(outputs):
    widgets.scrub(CLIP, fps=12, height=32)
    slider, picture, words = parts(outputs)
    for frame in range(9):
        slider.value = frame
        shown = np.asarray(Image.open(BytesIO(picture.value)))
        assert np.array_equal(shown, CLIP[frame].repeat(2, 0).repeat(2, 1))
        assert f"frame {frame} of 0 to 8, {frame / 12:.2f} s" in words.value


def test_readers_without_a_kernel_find_a_figure(outputs):
    widgets.scrub(CLIP)
    live, figure = outputs
    assert "text/plain" not in live  # it would hold the picture's bytes, and nbval would compare them
    assert 'alt="Frames 0, 2, 3, 5, 6, 8 of the clip, side by side"' in figure.data


def test_an_error_is_shown_in_the_view(outputs):
    slider = ipywidgets.IntSlider(description="n", max=3)

    def update(n):
        if n == 2:
            raise ValueError("n <must> not be 2")
        return view.png(CLIP[n]), f"n is {n}"

    view.live([slider], update, view.png(CLIP[0]), "a frame")
    words = ipywidgets.widgets.widget._instances[
        outputs[0]["application/vnd.jupyter.widget-view+json"]["model_id"]
    ].children[2]
    slider.value = 2
    assert "This setting does not work: n &lt;must&gt; not be 2" in words.value
    slider.value = 3
    assert "n is 3" in words.value


@pytest.mark.parametrize("clip", [CLIP[0], CLIP / 255.0])
def test_what_is_not_a_clip_is_refused(clip):
    with pytest.raises(ValueError, match="clip: expected uint8"):
        widgets.scrub(clip)
