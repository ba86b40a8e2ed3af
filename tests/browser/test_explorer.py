"""The layer explorer in a real JupyterLab: along the strip by keys, from number to number by clicks, and back."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import labs

SETUP = """
from vidlab.tensorflow import tf
import keras
import numpy as np
from keras import layers
from vidlab import widgets

keras.utils.set_random_seed(1)
clip = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), np.uint8)
model = keras.Sequential([
    keras.Input(clip.shape), layers.Conv3D(4, 3, padding="same", activation="relu", name="first"),
    layers.MaxPooling3D(name="pool"), layers.Conv3D(5, (1, 3, 3), padding="same", name="second"),
    layers.GlobalAveragePooling3D(name="mean"), layers.Dense(3, activation="softmax", name="classes"),
])
"""
LAB = "widgets.explore(model, clip, ['north', 'south', 'east'])"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def opened(browser, course, address):
    """(page, the lab, the same lab without a browser)"""
    with labs.opened(browser, course, address, "explorer.ipynb", (SETUP, LAB), 1) as (page, [root]):
        (twin,) = labs.headless(labs.code((SETUP, LAB)))
        yield page, root, twin
        assert page.errors == []


@pytest.fixture
def fresh(opened):
    page, root, twin = opened
    root.get_by_role("button", name="reset", exact=True).click()
    labs.settled(page, root)
    return opened


def values(page, root, twin):
    """Of the lab, once it has answered; what it shows is what it should."""
    page.wait_for_function("root => root.vlAnswered()", arg=root.element_handle(), timeout=20_000)
    twin.values = root.evaluate("root => root.vlValues()")
    labs.agree(root, twin)
    return twin.values


def click(canvas, panel, row, column):
    """On a pixel of a panel."""
    canvas.scroll_into_view_if_needed()
    place, (rows, columns) = canvas.bounding_box(), panel["shape"][:2]
    canvas.click(position={"x": (column + 0.5) * place["width"] / columns, "y": (row + 0.5) * place["height"] / rows})


def test_keys_move_along_the_strip(fresh):
    page, root, twin = fresh
    strip = root.get_by_role("radiogroup", name="layer")
    control = twin.controls[0]
    names = [f"{name}, {size}" for name, size in zip(control["options"], control["notes"], strict=True)]
    assert names[0] == "the clip, 16×16×3"
    for name in names:
        assert strip.get_by_role("radio", name=name, exact=True).count() == 1
    strip.get_by_role("radio", checked=True).focus()
    for key, layer in (("ArrowRight", "pool"), ("ArrowRight", "second"), ("ArrowLeft", "pool"), ("ArrowUp", "first")):
        page.keyboard.press(key)
        assert values(page, root, twin)["layer"] == layer
        assert strip.get_by_role("radio", checked=True).input_value() == layer
    strip.locator("label").last.click()
    assert values(page, root, twin)["layer"] == "classes"
    assert root.locator(".vl-bar").count() == 3


def test_from_number_to_number_and_back(fresh):
    page, root, twin = fresh
    start = values(page, root, twin)
    back = root.get_by_role("button", name="← back", exact=True)
    assert back.count() == 0
    maps = twin.panels["maps"]
    across = maps["shape"][1] // maps["tiles"][1]
    down, right = divmod(3, across)
    click(root.locator(".vl-panel canvas").first, maps, 16 * down + 4, 16 * right + 15)
    there = values(page, root, twin)
    assert [there[name] for name in ("view", "layer", "filter", "row", "column")] == ["one number", "first", 3, 4, 15]
    window = twin.panels["window"]
    crossed = window["crossed"][0]
    click(root.locator(".vl-panel canvas").nth(2), window, *crossed)  # outside of the clip
    assert values(page, root, twin) == there
    row, column = next(at for at in np.argwhere(np.ones(window["shape"])).tolist() if at not in window["crossed"])
    click(root.locator(".vl-panel canvas").nth(2), window, row, column)
    before = values(page, root, twin)
    assert before["layer"] == "the clip" and before["row"] == 3 + row % 3 and before["column"] == 14 + column % 3
    assert before["filter"] == window["leads"]["filter"][1][0]
    back.click()
    assert values(page, root, twin) == there
    root.get_by_role("button", name="the largest product").focus()  # for those who have no mouse
    page.keyboard.press("Enter")
    assert values(page, root, twin)["layer"] == "the clip"  # nothing leads on from there
    assert back.evaluate("b => document.activeElement === b"), "the keys have left the lab"
    back.focus()
    page.keyboard.press("Enter")
    assert values(page, root, twin) == there
    page.keyboard.press("Enter")
    assert values(page, root, twin) == start and back.count() == 0
    assert root.evaluate("root => root.contains(document.activeElement)"), "the keys have left the lab"


def test_under_the_mouse_stands_the_number(fresh):
    page, root, twin = fresh
    page.evaluate(labs.SET, [root.element_handle(), "view", "one number"])
    values(page, root, twin)
    canvas, panel = root.locator(".vl-panel canvas").nth(3), twin.panels["kernel"]
    canvas.scroll_into_view_if_needed()
    place, (rows, columns) = canvas.bounding_box(), panel["shape"]
    canvas.hover(position={"x": 1.5 * place["width"] / columns, "y": 2.5 * place["height"] / rows})
    told = page.locator(".vl-readout").text_content(timeout=5000)
    assert float(told.split(": ")[1].removesuffix("; click to go there")) == panel["numbers"][2 * columns + 1]
    assert told.startswith(f"frame {panel['leads']['frame'][1][0]}, filter {panel['leads']['filter'][1][0]}, row ")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_narrow_in_both_themes_and_checked(fresh, theme):
    page, root, twin = fresh
    page.evaluate(labs.SET, [root.element_handle(), "view", "one number"])
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    light = str("Light" in theme).lower()
    page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light, timeout=20_000)
    page.set_viewport_size({"width": 390, "height": 800})
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    try:
        for layer in ("classes", "second"):
            page.evaluate(labs.SET, [root.element_handle(), "layer", layer])
            values(page, root, twin)
            page.wait_for_timeout(300)
            inside = root.get_by_role("radiogroup", name="layer").evaluate(
                """strip => { const a = strip.getBoundingClientRect();
                    const b = strip.querySelector('label:has(:checked)').getBoundingClientRect();
                    return strip.scrollWidth > strip.clientWidth && b.left >= a.left - 1 && b.right <= a.right + 1; }"""
            )
            assert inside, "the chosen layer is out of sight"
            assert root.evaluate("root => root.scrollWidth <= root.clientWidth + 1")
            found = Axe().run(page, context=".vl-live").response["violations"]
            assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("window.jupyterapp.shell.expandLeft()")
        page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
