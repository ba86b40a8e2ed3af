"""What the tests of live labs share: a notebook cut down to its labs, the state of a lab in the page, its controls."""

import ast
import base64
import re
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np

from tests.browser.jupyter import expect_labs, new_page, open_notebook, run_all
from vidlab.widgets import lab

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

# What a lab shows, as text that differs when it differs.
SHOWN = """root => [...root.querySelectorAll('canvas')].map(c => c.toDataURL()).join()
    + [...root.querySelectorAll('.vl-chart, .vl-picture svg')].map(s => s.innerHTML).join()
    + root.querySelector('.vl-status').textContent"""
PIXELS = """canvas => { const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let text = '';
    for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
    return [canvas.height, canvas.width, btoa(text)]; }"""
# Each line of a chart: its label, its points, and the axes that it is drawn between.
LINES = """all => all.map(line => [line.dataset.label, line.getAttribute('points'),
    line.closest('svg').querySelector('.axis').getAttribute('d')])"""
# Move a slider, and say what the lab shows before anything else can happen.
SLIDE = f"""(slider, place) => {{ slider.value = place;
    slider.dispatchEvent(new Event('input', {{bubbles: true}}));
    return ({SHOWN})(slider.closest('.vl-live')); }}"""
# Set a control as a user's hand would, and tell the lab.
SET = """([root, name, value]) => { const input = [...root.querySelectorAll('input, select')]
        .find(i => i.type === 'radio' ? i.value === value && i.closest('[role=radiogroup]').ariaLabel === name
            : i.labels[0].textContent === name);
    if (input.type === 'radio') { input.click(); return; }
    if (input.type === 'checkbox') { if (input.checked !== value) input.click(); return; }
    input.value = value;
    input.dispatchEvent(new Event(input.tagName === 'SELECT' ? 'change' : 'input', {bubbles: true})); }"""


def notebooks_with_labs():
    """Names of the notebooks that hold a cell tagged `lab`. (`lab-trained` needs a training first: not for here.)"""
    return [path.name for path in sorted(NOTEBOOKS.glob("*.ipynb")) if cells_of(path.name)[1]]


def cells_of(name):
    """A notebook, and those of its cells that its labs need, in order."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    needed = [c for c in notebook.cells if {"lab", "lab-setup"} & set(c.metadata.get("tags", []))]
    return notebook, needed if any("lab" in c.metadata["tags"] for c in needed) else []


def cut(name, folder):
    """Write into `folder` a new notebook with nothing but the labs of this one and what they need; its name."""
    notebook, notebook.cells = cells_of(name)
    number = len(list(folder.glob("labs_*.ipynb")))  # each test its own: a kernel belongs to a file
    nbformat.write(notebook, folder / f"labs_{number}_of_{name}")
    return f"labs_{number}_of_{name}"


@contextmanager
def opened(browser, folder, address, name, sources, number):
    """(page, its labs) of a new notebook of these cells, with so many labs, once it has run in JupyterLab."""
    notebook, _ = cells_of(notebooks_with_labs()[0])  # for its kernel
    notebook.cells = code(sources)
    nbformat.write(notebook, folder / name)
    with new_page(browser) as page:
        open_notebook(page, address.format(name))
        run_all(page)
        live = expect_labs(page, number)
        for one in live:
            settled(page, one)
        yield page, live


def code(sources):
    """Cells that hold these lines."""
    return [nbformat.v4.new_code_cell(source) for source in sources]


def pixels(canvas):
    """What a canvas shows, as (height, width, 3) uint8."""
    height, width, data = canvas.evaluate(PIXELS)
    picture = np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)
    assert (picture[..., 3] == 255).all(), "the canvas is blank somewhere"
    return picture[..., :3]


def settled(page, root, before=None, timeout=10):
    """What the lab shows, once it has stood still for 80 ms (and, where given, differs from `before`)."""
    last, still = root.evaluate(SHOWN), 0
    for _ in range(timeout * 25):
        page.wait_for_timeout(40)
        now = root.evaluate(SHOWN)
        still = still + 1 if now == last and now != before else 0
        last = now
        if still == 2:
            return now
    if before is not None:
        raise AssertionError("the lab shows nothing new")
    raise AssertionError("the lab does not come to rest")


def headless(cells):
    """Run the cells here, without a browser; the labs that they show, in order."""
    names, labs = {}, []
    for cell in cells:
        parsed = ast.parse(cell.source)
        last = parsed.body.pop() if parsed.body and isinstance(parsed.body[-1], ast.Expr) else None
        exec(compile(parsed, "cell", "exec"), names)
        shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
        labs += [shown] if isinstance(shown, lab.Live) else []
    return labs


def choose(page, root, twin, rng, changes=3):
    """Set some controls of a lab, drawn by lot, to values drawn by lot: in the page and in its twin here."""
    for _ in range(changes):
        controls = [c | twin.limits.get(c["name"], {}) for c in twin.controls if "value" in c]
        control = rng.choice([c for c in controls if not (c.get("hidden") or c.get("disabled"))])
        if control["kind"] == "slider":
            steps = round((control["max"] - control["min"]) / control["step"])
            value = round(control["min"] + int(rng.integers(steps + 1)) * control["step"], 10)
        else:
            options = control.get("options")
            value = rng.choice(options).item() if options else bool(rng.integers(2))
        page.evaluate(SET, [root.element_handle(), control["label"], value])
        values = root.evaluate("root => root.vlValues()")  # a control may bring others along, as a preset does
        assert values[control["name"]] == value
        twin.values = values
        for _ in range(400):
            if root.evaluate("root => root.vlAnswered()"):
                break
            page.wait_for_timeout(20)
        else:
            raise AssertionError(f"{control['name']} = {value!r}: the kernel does not answer")
        said = root.locator(".vl-status").text_content()
        assert said == twin.status, f"{control['name']} = {value!r}: {said!r}, not {twin.status!r}"


def agree(root, twin):
    """Assert that the page shows what the twin's panels say: each pixel, and each point of each line."""
    panels = list(twin.panels.values())
    shown = [pixels(canvas) for canvas in root.locator(".vl-panel canvas").all()]
    expected = [p for p in panels if p["kind"] == "pixels"]
    assert len(shown) == len(expected)
    for picture, panel in zip(shown, expected, strict=True):
        want = np.frombuffer(panel["data"], np.uint8).reshape(panel["shape"])
        want = want if want.ndim == 3 else lab.palette(panel["colours"])[want]
        assert np.array_equal(picture, want), f"{panel['caption']}: {twin.values}"
    for control in (c for c in twin.controls if c["kind"] == "strip"):
        small = root.get_by_role("radiogroup", name=control["label"]).locator("canvas").all()
        data = np.frombuffer(twin.limits[control["name"]]["pictures"], np.uint8)
        for canvas, shape, colours in zip(small, control["shapes"], control["colours"], strict=True):
            want, data = data[: np.prod(shape)].reshape(shape), data[np.prod(shape) :]
            assert np.array_equal(pixels(canvas), want if want.ndim == 3 else lab.palette(colours)[want]), twin.values
    drawn = root.locator("polyline[data-label]").evaluate_all(LINES)
    series = [(label, numbers, p) for p in panels if p["kind"] == "lines" for label, numbers in p["series"].items()]
    assert [label for label, *_ in drawn] == [label for label, *_ in series]
    for (_, points, axis), (label, numbers, panel) in zip(drawn, series, strict=True):
        heights = np.array([point.split(",")[1] for point in points.split()], float)
        top, bottom = map(float, re.match(r"M[\d.]+ ([\d.]+)V([\d.]+)", axis).groups())
        share = (np.clip(numbers, panel["low"], panel["high"]) - panel["low"]) / (panel["high"] - panel["low"])
        assert np.abs(heights - (bottom - share * (bottom - top))).max() < 0.02, f"{label}: {twin.values}"
    bars = root.locator(".vl-bar").evaluate_all("all => all.map(b => [b.dataset.label, Number(b.dataset.value)])")
    assert bars == [[label, v] for p in panels if p["kind"] == "bars" for label, vs in p["series"].items()
                    for v in vs or ()], twin.values  # fmt: skip
    assert root.locator(".vl-status").text_content() == twin.status
