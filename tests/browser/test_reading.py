"""The stored notebooks as their readers find them: a figure for each lab, and no widget error in sight."""

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests.browser import labs
from tests.browser.jupyter import expect_labs, open_notebook, run_all


def assert_figures(page, n):
    figures = page.locator(".vl-figure")
    page.wait_for_function("n => document.querySelectorAll('.vl-figure img').length === n", arg=n, timeout=30_000)
    for i in range(n):
        figure = figures.nth(i).locator("img")
        figure.scroll_into_view_if_needed()
        assert figure.is_visible() and figure.bounding_box()["height"] > 50
        assert len(figure.get_attribute("alt")) > 20
        assert "Run this cell to bring the lab to life" in figures.nth(i).text_content()
    for error in page.get_by_text("Error displaying widget").all():
        assert not error.is_visible()


def labs_in(name):
    """How many labs the notebook has that need no training."""
    return sum("lab" in cell.metadata["tags"] for cell in labs.cells_of(name)[1])


FIGURES = {  # of notebooks with labs, those after a training included
    path.name: n
    for path in sorted(labs.NOTEBOOKS.glob("*.ipynb"))
    if (n := path.read_text(encoding="utf8").count('class=\\"vl-figure\\"'))
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_page_without_a_server_shows_the_figures(page, tmp_path, name):
    path = tmp_path / "page.html"
    path.write_text(HTMLExporter().from_filename(str(labs.NOTEBOOKS / name))[0])
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page.goto(f"file://{path}")
    assert_figures(page, FIGURES[name])


def test_every_lab_has_its_figure():
    for path in sorted(labs.NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        tagged = [c for c in notebook.cells if {"lab", "lab-trained"} & set(c.metadata.get("tags", []))]
        assert len(tagged) == FIGURES.get(path.name, 0), path.name


def test_jupyterlab_shows_the_figures_until_the_cells_are_run(page, course, address):
    """Stored, opened with a fresh kernel: no cell has run."""
    name = labs.notebooks_with_labs()[0]
    open_notebook(page, address.format(labs.cut(name, course)))
    assert_figures(page, labs_in(name))
    assert [e for e in page.errors if "widget model not found" not in e] == []  # ipywidgets says so by itself


def test_after_a_reload_the_labs_live_on_and_after_a_new_start_the_figures_stand(page, course, address):
    name = labs.notebooks_with_labs()[0]
    cut = labs.cut(name, course)
    open_notebook(page, address.format(cut))
    run_all(page)
    expect_labs(page, labs_in(name))
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=30_000)
    page.reload()
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    live = expect_labs(page, labs_in(name))  # the kernel still runs: they come back
    before = labs.settled(page, live[0])
    live[0].locator("input[type=range]").first.press("ArrowRight")
    assert labs.settled(page, live[0]) != before
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.wait_for_timeout(500)
    open_notebook(page, address.format(cut))  # a new kernel, which knows no lab
    assert_figures(page, labs_in(name))
    assert [e for e in page.errors if "widget model not found" not in e] == []  # ipywidgets says so by itself
