"""The convolution lab of notebook 02: the page computes reference.conv2d, and its picture is what it computes."""

import numpy as np
import pytest

from tests.browser import labs
from tests.browser.jupyter import expect_labs, new_page, open_notebook, run_all
from vidlab import reference
from vidlab.widgets.lab import palette, shades

NOTEBOOK = "02_convolution.ipynb"
READ = "root => ({...root.vlOutput, values: [...root.vlOutput.values], kernel: [...root.vlOutput.kernel]})"


@pytest.fixture(scope="module")
def opened(browser, course, address):
    (twin,) = labs.headless(labs.cells_of(NOTEBOOK)[1])
    with new_page(browser) as page:
        open_notebook(page, address.format(labs.cut(NOTEBOOK, course)))
        run_all(page)
        (root,) = expect_labs(page, 1)
        root.scroll_into_view_if_needed()
        frames, rows, columns = twin.shape
        yield page, root, np.frombuffer(twin.pixels, np.float32).reshape(twin.shape)[0]
        assert page.errors == []


def choose(page, root, **values):
    for name, value in values.items():
        page.evaluate(labs.SET, [root.element_handle(), name, value])


def expected(image, output):
    k = output["k"]
    kernel = np.array(output["kernel"], np.float32).reshape(k, k)
    kernel = kernel[::-1, ::-1] if output["flip"] else kernel
    x, w = image[None, :, :, None], kernel[:, :, None, None]
    settings = {name: output[name] for name in ("stride", "padding", "dilation")}
    return reference.conv2d(x, w, **settings)[0, :, :, 0]


def test_it_agrees_with_the_reference_at_random_settings(opened):
    page, root, image = opened
    rng = np.random.default_rng(0)
    presets = root.get_by_label("preset").locator("option").all_text_contents()
    for _ in range(20):
        choose(page, root, preset=rng.choice([p for p in presets if p != "my own"]).item())
        stride, dilation = ((int(rng.integers(1, 5)), 1), (1, int(rng.integers(1, 4))))[rng.integers(2)]
        choose(page, root, **{"kernel size": int(rng.integers(1, 10)), "stride": stride, "dilation": dilation})
        choose(page, root, padding=["valid", "same"][rng.integers(2)])
        choose(page, root, operation=["correlation", "true convolution"][rng.integers(2)])
        output = root.evaluate(READ)
        want = expected(image, output)
        got = np.array(output["values"], np.float32).reshape(output["rows"], output["columns"])
        assert got.shape == want.shape
        assert np.abs(got - want).max() <= 1e-5 * max(1, np.abs(want).max()), output
        colours = palette(output["colours"])[shades(got, output["low"], output["high"])]
        off = np.abs(labs.pixels(root.locator("canvas").nth(1)).astype(int) - colours).max(axis=-1) > 0
        assert off.mean() < 0.01  # a number between two shades may fall to either
        assert f"= {output['rows']}" in root.locator(".vl-formula").text_content()


def test_a_weight_is_edited_by_hand_and_the_sum_is_written_out(opened):
    page, root, image = opened
    choose(page, root, preset="identity", **{"kernel size": 3, "stride": 1, "dilation": 1, "padding": "valid"})
    root.get_by_label("weight row 0, column 1").fill("-2.5")
    output = root.evaluate(READ)
    assert (
        np.allclose(output["kernel"], [0, -2.5, 0, 0, 1, 0, 0, 0, 0])
        and root.get_by_label("preset").input_value() == "my own"
    )
    choose(page, root, **{"output row": 4, "output column": 7})
    value = expected(image, output)[4, 7]
    said = root.locator(".vl-sum").text_content()
    assert said.startswith("y[4, 7] = ") and abs(float(said.split("= ")[-1]) - value) < 1e-3
    canvas = root.locator("canvas").nth(1)
    canvas.hover(position={"x": 2, "y": 2})
    page.wait_for_function(
        "root => root.querySelector('.vl-sum').textContent.startsWith('y[0, 0]')", arg=root.element_handle()
    )


def test_what_keras_refuses_is_red_with_the_reason(opened):
    page, root, _ = opened
    choose(page, root, stride=2, dilation=2)
    status = root.locator(".vl-status")
    assert "Stride 2 and dilation 2: only one of the two may be above 1" in status.text_content()
    assert status.get_attribute("data-bad") is not None
    choose(page, root, dilation=1, preset="box blur", padding="valid", **{"kernel size": 3, "stride": 2})
    assert status.get_attribute("data-bad") is not None  # 32 - 3 is odd: a row and a column are never used
    choose(page, root, stride=1)
    assert status.get_attribute("data-bad") is None
