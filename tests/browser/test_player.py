"""The player of notebook 01 in a real JupyterLab: it shows the clip's pixels, plays, and outlives the kernel."""

import numpy as np
import pytest

from tests.browser import labs
from tests.browser.jupyter import expect_labs, new_page, open_notebook, run_all

NOTEBOOK = "01_video_is_a_tensor.ipynb"
FRAME = "([root, n]) => root.querySelector('.vl-status').textContent.startsWith(`frame ${n} `)"


@pytest.fixture(scope="module")
def players(browser, course, address):
    twins = labs.headless(labs.cells_of(NOTEBOOK)[1])
    with new_page(browser) as page:
        open_notebook(page, address.format(labs.cut(NOTEBOOK, course)))
        run_all(page)
        yield page, expect_labs(page, len(twins)), twins
        assert page.errors == []


def frames(twin, clip=0):
    sent = twin.clips[clip]
    return np.frombuffer(sent["data"], np.uint8).reshape(sent["shape"])


def test_keys_step_through_the_frames(players):
    page, live, twins = players
    live[0].scroll_into_view_if_needed()
    live[0].get_by_role("slider", name="frame").focus()
    for key, frame in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 23), ("Home", 0)):
        page.keyboard.press(key)
        page.wait_for_function(FRAME, arg=[live[0].element_handle(), frame], timeout=5_000)
        assert np.array_equal(labs.pixels(live[0].locator("canvas")), frames(twins[0])[frame]), f"after {key}"
    for name, frame in (("one frame on", 1), ("one frame on", 2), ("one frame back", 1)):
        live[0].get_by_role("button", name=name).click()
        assert np.array_equal(labs.pixels(live[0].locator("canvas")), frames(twins[0])[frame]), f"after {name}"


def test_it_plays_and_stops_at_the_end_without_loop(players):
    page, live, _ = players
    root = live[0]
    root.get_by_label("speed").select_option("4")
    root.get_by_label("loop").uncheck()
    root.get_by_role("button", name="play").click()
    page.wait_for_function(FRAME, arg=[root.element_handle(), 23], timeout=10_000)
    page.wait_for_timeout(300)
    assert root.get_by_role("button", name="play").get_attribute("aria-pressed") == "false"
    root.get_by_label("loop").check()
    root.get_by_role("button", name="play").click()
    page.wait_for_function(FRAME, arg=[root.element_handle(), 0], timeout=10_000)
    root.get_by_role("button", name="pause").click()


def test_the_heat_map_lies_over_the_clip(players):
    page, live, twins = players
    (heat,) = twins[1].layers
    heat = np.frombuffer(heat["data"], np.uint8).reshape(heat["shape"])
    colours = np.frombuffer(twins[1].palettes["viridis"], np.uint8).reshape(256, 3)
    rng = np.random.default_rng(0)
    for _ in range(20):
        frame, opacity = int(rng.integers(24)), round(int(rng.integers(21)) * 0.05, 2)
        for name, value in (("frame", frame), ("opacity", opacity)):
            page.evaluate(labs.SET, [live[1].element_handle(), name, value])
        expected = frames(twins[1])[frame] * (1 - opacity) + colours[heat[frame]] * opacity
        assert np.abs(labs.pixels(live[1].locator("canvas")) - expected).max() <= 0.51  # rounded
    live[1].get_by_label("heat map").uncheck()
    assert np.array_equal(labs.pixels(live[1].locator("canvas")), frames(twins[1])[frame])


def test_two_clips_move_together(players):
    page, live, twins = players
    page.evaluate(labs.SET, [live[2].element_handle(), "frame", 17])
    for clip in range(2):
        assert np.array_equal(labs.pixels(live[2].locator("canvas").nth(clip)), frames(twins[2], clip)[17])


def test_it_plays_on_when_the_kernel_has_gone(players):
    page, live, twins = players
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    live[0].locator(".vl-gone").wait_for(timeout=30_000)
    page.evaluate(labs.SET, [live[0].element_handle(), "frame", 11])
    assert np.array_equal(labs.pixels(live[0].locator("canvas")), frames(twins[0])[11])
