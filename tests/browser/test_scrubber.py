"""Notebook 01 in a real JupyterLab: the slider moves the picture; without a kernel, a figure stands in its place."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import open_notebook, run_all
from vidlab import datasets, video

NOTEBOOK = "01_video_is_a_tensor.ipynb"


def shown(page):
    """The pixels of the live picture."""
    data = page.evaluate(
        """async () => { const img = document.querySelector('.vl-live img');
            const blob = await (await fetch(img.src)).blob();
            return await new Promise(r => { const f = new FileReader();
                f.onload = () => r(f.result.split(',')[1]); f.readAsDataURL(blob); }); }"""
    )
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("RGB"))


def press(page, key, status):
    page.keyboard.press(key)
    page.wait_for_function(
        "text => document.querySelector('.vl-live [role=status]')?.textContent.includes(text)",
        arg=status,
        timeout=10_000,
    )


@pytest.fixture
def clip():
    sample = next(s for s in datasets.embedded() if s.split == "test" and s.label == "right")
    return video.read(sample.source)


def test_the_slider_moves_the_picture(page, lab, clip):
    open_notebook(page, lab, NOTEBOOK)
    run_all(page)
    live = page.locator(".vl-live")
    live.scroll_into_view_if_needed()
    live.locator("[role=slider]").first.focus()
    press(page, "ArrowRight", "frame 1 ")
    times = shown(page).shape[0] // clip.shape[1]
    for key, frame in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", 23), ("Home", 0)):
        press(page, key, f"frame {frame} ")
        page.wait_for_timeout(200)
        assert np.array_equal(shown(page), clip[frame].repeat(times, 0).repeat(times, 1)), f"after {key}"
    size = page.evaluate(
        "(i => [i.width, i.height, i.naturalWidth, i.naturalHeight])(document.querySelector('.vl-live img'))"
    )
    assert size[:2] == size[2:]  # neither stretched nor shrunk
    assert not page.locator(".vl-figure").first.is_visible()  # the figure for readers is hidden while the lab lives
    assert page.errors == []


def test_it_plays(page, lab, clip):
    open_notebook(page, lab, NOTEBOOK)
    run_all(page)
    live = page.locator(".vl-live")
    live.scroll_into_view_if_needed()
    before = shown(page)
    live.locator("button").first.click()
    page.wait_for_function(
        "document.querySelector('.vl-live [role=status]').textContent.includes('frame 6 ')", timeout=20_000
    )
    assert not np.array_equal(before, shown(page))


def test_without_a_kernel_a_figure_stands_there(page, lab):
    """As a reader sees the stored notebook, before any cell has run: a figure, and no widget error in sight."""
    open_notebook(page, lab, NOTEBOOK)
    figure = page.locator(".vl-figure img").first
    figure.scroll_into_view_if_needed()
    assert figure.is_visible() and figure.bounding_box()["height"] > 50
    assert figure.get_attribute("alt")
    for error in page.get_by_text("Error displaying widget").all():
        assert not error.is_visible()
