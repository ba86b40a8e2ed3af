"""All units of a layer in the page: marks by mouse and by keys, a click on the reordered map, what the mouse tells."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import labs
from vidlab.widgets import all_units

CELLS = (
    """import numpy as np
from vidlab import reference, widgets

rng = np.random.default_rng(0)
weights = reference.LSTMWeights(rng.normal(size=(4, 28)), rng.normal(size=(7, 28)), rng.normal(size=28))
layer = rng.normal(size=(1, 9)), rng.normal(size=(9, 9)) / 3, rng.normal(size=9)""",
    "widgets.gates(weights, rng.normal(size=(20, 4)))",
    "widgets.rnn(layer)",
)
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def opened(browser, course, address):
    """(page, the two labs in it, the same without a browser)"""
    with labs.opened(browser, course, address, "units.ipynb", CELLS, 2) as (page, live):
        yield page, live, labs.headless(labs.code(CELLS))
        assert page.errors == []


def answered(page, lab):
    """The values of a lab, once what it shows is for them."""
    page.wait_for_function("root => root.vlAnswered()", arg=lab.element_handle(), timeout=20_000)
    labs.settled(page, lab)
    return lab.evaluate("root => root.vlValues()")


def map_of(lab):
    return lab.locator("canvas[aria-label*=' units over ']")


def strip_of(lab):
    return lab.locator(".vl-picture[data-paint] canvas")


def cell(canvas, row, column, rows, columns):
    """Where a cell of a picture is, from its corner."""
    place = canvas.bounding_box()
    return {"x": (column + 0.5) * place["width"] / columns, "y": (row + 0.5) * place["height"] / rows}


def test_they_show_what_the_kernel_computes(opened):
    page, live, twins = opened
    rng = np.random.default_rng(3)
    for lab, twin in zip(live, twins, strict=True):
        for _ in range(8):
            labs.choose(page, lab, twin, rng)
            labs.agree(lab, twin)
        lab.get_by_role("button", name="reset").click()
        labs.settled(page, lab)


@pytest.mark.parametrize("which", [0, 1])
def test_steps_are_marked_by_mouse_and_by_keys(opened, which):
    page, lab, twin = opened[0], opened[1][which], opened[2][which]
    steps = len(twin.start["marks"])
    strip = strip_of(lab)
    strip.scroll_into_view_if_needed()
    strip.click(position=cell(strip, 0, 2, 1, steps))
    answered(page, lab)  # it may move, as there is more to say above it
    left, top = (strip.bounding_box()[k] for k in "xy")
    ends = [cell(strip, 0, column, 1, steps) for column in (9, 13)]
    page.mouse.move(left + ends[0]["x"], top + ends[0]["y"])
    page.mouse.down()
    page.mouse.move(left + ends[1]["x"], top + ends[1]["y"])  # in one leap: what lies between is marked, too
    page.mouse.up()
    strip.click(position=cell(strip, 0, 10, 1, steps))  # and off
    assert np.flatnonzero(answered(page, lab)["marks"]).tolist() == [2, 9, 11, 12, 13]
    assert lab.get_by_label("pattern", exact=True).input_value() == all_units.BY_HAND
    assert "are marked: 2, 9, 11 to 13." in strip.get_attribute("aria-label")
    strip.hover(position=cell(strip, 0, 9, 1, steps))
    assert page.locator(".vl-readout").text_content() == "step 9: marked"

    page.evaluate(labs.SET, [lab.element_handle(), "step", 5])
    answered(page, lab)
    mark = lab.get_by_role("checkbox", name="mark this step")
    assert not mark.is_checked()
    mark.press("Space")
    assert np.flatnonzero(answered(page, lab)["marks"]).tolist() == [2, 5, 9, 11, 12, 13]
    lab.get_by_role("slider", name="step", exact=True).press("ArrowRight")
    assert not mark.is_checked()
    lab.get_by_label("pattern", exact=True).select_option("the second half")
    assert answered(page, lab)["marks"] == [t >= steps // 2 for t in range(steps)] and mark.is_checked() == (
        6 >= steps // 2
    )
    lab.get_by_role("button", name="reset").click()
    assert not any(answered(page, lab)["marks"])


@pytest.mark.parametrize("which", [0, 1])
def test_a_click_on_the_reordered_map_chooses_the_unit_that_is_there(opened, which):
    page, lab, twin = opened[0], opened[1][which], opened[2][which]
    lab.get_by_label("pattern", exact=True).select_option("the second half")
    lab.get_by_role("checkbox", name="order by the pattern").press("Space")
    twin.values = answered(page, lab)
    panel = twin.panels["units"]
    (units, steps), order, canvas = panel["shape"], panel["order"], map_of(lab)
    assert order != sorted(order)
    canvas.scroll_into_view_if_needed()
    for row, step in ((0, 3), (units - 1, 7), (units // 2, steps - 1)):
        canvas.click(position=cell(canvas, row, step, units, steps))
        twin.values = answered(page, lab)
        assert (twin.values["unit"], twin.values["step"]) == (order[row], step)
        assert f"unit {order[row]}" in lab.locator(".vl-status").text_content().splitlines()[0]
        labs.agree(lab, twin)
        told = page.locator(".vl-readout")
        canvas.hover(position=cell(canvas, row, step, units, steps))
        number = re.fullmatch(rf"unit {order[row]}, step {step}: (?:about )?(-?[\d.]+)", told.text_content())[1]
        h = list(twin.panels["states" if which == 0 else "state"]["series"]["h"])[step]
        assert abs(float(number) - h) < 0.01
    found = lab.locator("svg[aria-label*='candidates'], svg[aria-label^='Correlation']")
    assert f"unit {order[0]}" in found.get_attribute("aria-label")
    lab.get_by_role("button", name="reset").click()
    answered(page, lab)


def test_with_marks_an_automatic_checker_finds_nothing_and_a_narrow_page_cuts_nothing(opened):
    page, live, _ = opened
    try:
        for lab in live:
            lab.get_by_label("pattern", exact=True).select_option("the second half")
            answered(page, lab)
        found = Axe().run(page, context=".vl-live").response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []
        wide = [map_of(lab).bounding_box() for lab in live]
        page.set_viewport_size({"width": 390, "height": 800})
        page.wait_for_timeout(500)
        for lab, before in zip(live, wide, strict=True):
            place, room = map_of(lab).bounding_box(), lab.bounding_box()
            assert place["height"] == before["height"] and place["width"] <= room["width"] + 1
            assert strip_of(lab).bounding_box()["width"] == place["width"]
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
