"""Every lab of every notebook, live in a real JupyterLab: its pictures are right, its controls have names and keys.

Each notebook is cut down to the cells tagged `lab` and those tagged `lab-setup`, which its labs need.
"""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import labs
from tests.browser.jupyter import expect_labs, new_page, open_notebook, run_all
from vidlab.widgets.filming import Recorder
from vidlab.widgets.lab import Lab

NOTEBOOK = "(n => [n.widgets.length, n.activeCellIndex, n.mode])(window.jupyterapp.shell.currentWidget.content)"
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", params=labs.notebooks_with_labs())
def opened(request, browser, course, address):
    """(page, the labs in it, the same labs without a browser)"""
    _, cells = labs.cells_of(request.param)
    twins = labs.headless(cells)
    with new_page(browser) as page:
        open_notebook(page, address.format(labs.cut(request.param, course)))
        run_all(page)
        live = expect_labs(page, len(twins))
        for root in live:
            labs.settled(page, root)
        yield page, live, twins
        assert page.errors == []


def test_they_are_live(opened):
    page, live, _ = opened
    assert live
    for root in live:
        root.scroll_into_view_if_needed()
        assert root.get_attribute("aria-label")
        assert "does not work" not in root.locator(".vl-status").text_content()
        for canvas in root.locator(".vl-panel canvas").all():
            assert np.ptp(labs.pixels(canvas)) > 0 and canvas.get_attribute("aria-label")
    for figure in page.locator(".vl-figure").all():
        assert not figure.is_visible()  # it is for readers without a kernel


def test_they_show_what_the_kernel_computes(opened):
    page, live, twins = opened
    rng = np.random.default_rng(0)
    for root, twin in zip(live, twins, strict=True):
        if not isinstance(twin, Lab):
            continue  # computed in the page: test_player, test_convolution
        root.scroll_into_view_if_needed()
        start = dict(twin.values)
        labs.agree(root, twin)
        for _ in range(20):
            labs.choose(page, root, twin, rng)
            labs.agree(root, twin)
        assert twin.values != start


def test_what_was_answered_ahead_is_drawn_at_once(opened):
    page, live, twins = opened
    for root, twin in zip(live, twins, strict=True):
        if not isinstance(twin, Lab):
            continue
        root.scroll_into_view_if_needed()
        slider = root.locator("input[type=range]:enabled:visible").first
        for _ in range(60):  # a slow answer is not asked for again until the hand comes back
            slider.focus()
            page.wait_for_timeout(250)
            if root.evaluate("root => root.vlAhead()"):
                break
            slider.blur()
        else:
            raise AssertionError(f"{root.get_attribute('aria-label')} has nothing ahead")
        low, high, step, now = slider.evaluate("s => [s.min, s.max, s.step, s.value].map(Number)")
        for place in [now + away * step for away in (1, 2, -1, 5, 0) if low <= now + away * step <= high]:
            at_once = slider.evaluate(labs.SLIDE, place)
            assert labs.settled(page, root) == at_once
            page.wait_for_timeout(200)  # by now the kernel has heard, and answered too
            assert root.evaluate(labs.SHOWN) == at_once
            twin.values = root.evaluate("root => root.vlValues()")
            labs.agree(root, twin)


def test_every_control_has_a_name_and_answers_to_keys(opened):
    page, live, _ = opened
    for root in live:
        root.scroll_into_view_if_needed()
        controls = root.locator("input, select, button").element_handles()
        changed = tried = 0
        for control in controls:
            if not (control.is_visible() and control.is_enabled()):
                continue  # a control may hide others or switch them off
            tried += 1
            kind = control.evaluate("c => c.type")
            name = control.evaluate("c => c.getAttribute('aria-label') || c.labels?.[0]?.textContent || c.textContent")
            assert name.strip(), f"control {tried} of {root.get_attribute('aria-label')} has no name"
            role = {
                "range": "slider",
                "checkbox": "checkbox",
                "radio": "radio",
                "select-one": "combobox",
                "number": "spinbutton",
            }
            assert root.get_by_role(role.get(kind, "button"), name=name.strip(), exact=True).count() >= 1, name
            if kind == "radio" and not control.is_checked():
                continue  # the keys of the chosen one move along
            before = labs.settled(page, root)
            value = control.evaluate("c => [c.value, c.checked]")
            control.focus()
            assert control.evaluate("c => document.activeElement === c")
            if kind in ("submit", "button"):
                page.keyboard.press("Enter")
                page.wait_for_timeout(250)
                pressed = control.get_attribute("aria-pressed") == "true"
                if pressed:
                    page.keyboard.press("Enter")
            else:
                top = kind == "range" and control.evaluate("c => c.value === c.max")
                at_end = kind == "select-one" and control.evaluate("c => c.selectedIndex === c.options.length - 1")
                keys = {"checkbox": "Space", "select-one": "ArrowUp" if at_end else "ArrowDown", "number": "ArrowUp"}
                page.keyboard.press(keys.get(kind, "ArrowLeft" if top else "ArrowRight"))
                assert control.evaluate("c => [c.value, c.checked]") != value, f"{name} does not answer to keys"
            changed += labs.settled(page, root) != before
        assert changed >= tried / 3, f"most controls of {root.get_attribute('aria-label')} change nothing"
        root.locator("input:enabled:visible, select:enabled:visible").first.focus()
        before = page.evaluate(NOTEBOOK)
        for key in ("ArrowDown", "a", "d", "d"):  # to the next cell, a new cell, the cell away: in command mode
            page.keyboard.press(key)
        page.wait_for_timeout(200)
        assert page.evaluate(NOTEBOOK) == before, "keys reach the notebook"


def test_an_automatic_checker_finds_nothing(opened):
    page, live, _ = opened
    for root in live:
        root.scroll_into_view_if_needed()
    found = Axe().run(page, context=".vl-live").response["violations"]
    assert [(v["id"], v["impact"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_at_twice_the_size_no_text_is_cut(opened, theme):
    page, live, _ = opened
    page.set_viewport_size({"width": 640, "height": 450})  # what a page has at 200%
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    light = str("Light" in theme).lower()
    page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light, timeout=20_000)
    page.wait_for_timeout(500)
    try:
        for root in live:
            root.scroll_into_view_if_needed()
            cut = root.evaluate(
                """root => [...root.querySelectorAll('*'), root].filter(e => e.clientWidth && !(e instanceof SVGElement)
                    && !/^(INPUT|SELECT|CANVAS)$/.test(e.tagName)
                    && (e.scrollWidth > e.clientWidth + 1) && getComputedStyle(e).overflowX !== 'auto')
                    .map(e => `${e.className || e.tagName}: ${e.textContent.slice(0, 40)}`)"""
            )
            assert cut == []
            ink, paper = root.evaluate(
                """root => [getComputedStyle(root).color, getComputedStyle(document.body).backgroundColor]
                    .map(colour => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, c) => sum + c / 765, 0))"""
            )
            assert abs(ink - paper) > 0.4
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")


SIGHT = """root => { const bottom = (e) => e.getBoundingClientRect().bottom;
    const panel = root.closest('.jp-WindowedPanel-outer');
    root.scrollIntoView({block: 'start'});
    return [bottom(root.querySelector('.vl-status')), bottom(root.querySelector('.vl-panel')), bottom(panel)]; }"""


def test_on_a_small_screen_controls_words_and_the_first_picture_are_in_sight_together(opened):
    page, live, _ = opened
    page.set_viewport_size({"width": 1366, "height": 768})
    try:
        for root in live:
            page.wait_for_timeout(200)
            words, picture, bottom = root.evaluate(SIGHT)
            assert words < picture < bottom, root.get_attribute("aria-label")
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})


def test_text_in_charts_keeps_its_size_and_a_swipe_scrolls_where_nothing_is_drawn(opened):
    page, live, _ = opened
    page.set_viewport_size({"width": 640, "height": 450})  # what a page has at 200%
    try:
        page.wait_for_timeout(400)
        for root in live:
            for chart in root.locator(".vl-chart").all():
                scale, touch, drawn = chart.evaluate(
                    "svg => [svg.getScreenCTM().a, getComputedStyle(svg).touchAction, svg.style.cursor === 'crosshair']"
                )
                assert 0.95 < scale < 1.05 and (touch == "none") == drawn
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})


def test_under_the_mouse_a_chart_tells_its_numbers(opened):
    page, live, twins = opened
    for root, twin in zip(live, twins, strict=True):
        if not isinstance(twin, Lab):
            continue
        root.get_by_role("button", name="reset", exact=True).click()
        labs.settled(page, root)
        twin.values = root.evaluate("root => root.vlValues()")
        panels = [panel for panel in twin.panels.values() if panel["kind"] in ("lines", "bars", "plane")]
        for chart, panel in zip(root.locator(".vl-chart").all(), panels, strict=True):
            if panel["kind"] != "lines" or not chart.is_visible():
                continue
            chart.scroll_into_view_if_needed()
            place = chart.bounding_box()
            chart.hover(position={"x": place["width"] * 0.6, "y": place["height"] * 0.5})
            told = page.locator(".vl-readout").text_content(timeout=5000)
            step = int(re.search(r" (\d+): ", told)[1])
            drawn = chart.locator("polyline[data-label]").evaluate_all("all => all.map(l => l.getAttribute('points'))")
            x = [float(point.split(",")[0]) for point in max(drawn, key=len).split()]
            assert step == np.abs(np.array(x) - 0.6 * place["width"]).argmin(), told  # the point below the mouse
            for label, numbers in panel["series"].items():
                found = re.search(rf"{re.escape(label)} (-?[\d.e+-]+)(, |$)", told)
                assert float(found[1]) == pytest.approx(numbers[step], rel=6e-3, abs=1e-9), told
        page.mouse.move(2, 2)
        assert page.locator(".vl-readout").count() == 0


def test_a_stroke_can_be_taken_back(opened):
    page, live, _ = opened
    for root in live:
        root.scroll_into_view_if_needed()
        for chart in [c for c in root.locator(".vl-chart").all() if c.evaluate("c => c.style.cursor") == "crosshair"]:
            undo = root.get_by_role("button", name="undo the last stroke")
            assert undo.count() == 0
            labs.settled(page, root)
            before = root.evaluate("root => root.vlValues().x")
            place = chart.bounding_box()
            page.mouse.move(place["x"] + place["width"] / 2, place["y"] + 30)
            page.mouse.down()
            page.mouse.move(place["x"] + place["width"] / 1.5, place["y"] + 60, steps=4)
            page.mouse.up()
            labs.settled(page, root)
            assert root.evaluate("root => root.vlValues().x") != before
            undo.click()
            assert root.evaluate("root => root.vlValues().x") == before and undo.count() == 0


def test_reset_brings_back_what_was_at_first(opened):
    page, live, twins = opened
    for root, twin in zip(live, twins, strict=True):
        root.scroll_into_view_if_needed()
        root.get_by_role("button", name="reset", exact=True).click()
        first = labs.settled(page, root)
        slider = root.locator("input[type=range]:enabled:visible").first
        slider.press("ArrowRight" if slider.evaluate("s => s.value !== s.max") else "ArrowLeft")
        moved = labs.settled(page, root, before=first)
        root.get_by_role("button", name="reset", exact=True).click()
        assert labs.settled(page, root, before=moved) == first
        if isinstance(twin, Lab):
            assert root.evaluate("root => root.vlValues()") == twin.start


def test_when_the_kernel_goes_they_say_so(opened):
    page, live, twins = opened
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    for root, twin in zip(live, twins, strict=True):
        root.locator(".vl-gone").wait_for(timeout=30_000)
        asks = isinstance(twin, Lab | Recorder)
        assert (root.locator("input:enabled, select:enabled").count() == 0) == asks
    run_all(page)
    expect_labs(page, len(twins))
