"""One lab, seen twice, after a reload, while a cell runs, and after its kernel was shut down.

It never shows the picture of another setting than the one that its controls show.
"""

import pytest

from tests.browser import labs
from tests.browser.jupyter import expect_labs, run_all

U = "U 1→1"  # the label of its slider
CELLS = "from vidlab import widgets", "lab = widgets.rnn()\nlab", "lab", "import time"
BUSY = "() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].some(p => p.textContent === '[*]:')"
RUN_LAST = """() => { const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = content.widgets.length - 1;
    void window.jupyterapp.commands.execute('notebook:run-cell'); }"""
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def opened(browser, course, address):
    """(page, both views of an RNN lab)"""
    with labs.opened(browser, course, address, "views.ipynb", CELLS, 2) as (page, views):
        yield page, views
        assert page.errors == []


def state(page, view):
    """Values of the model, and of the controls, and whether what is drawn is for them; and the drawing."""
    page.wait_for_function("root => root.vlAnswered()", arg=view.element_handle(), timeout=20_000)
    controls = view.evaluate(
        "root => Object.fromEntries([...root.querySelectorAll('input[type=range]')].filter(i => i.offsetParent)"
        ".map(i => [i.labels[0].textContent, Number(i.value)]))"
    )
    return view.evaluate("root => root.vlValues()"), controls, view.evaluate(labs.SHOWN)


def slide(page, view, name, value):
    page.evaluate(labs.SET, [view.element_handle(), name, value])


def test_two_views_show_the_same_wherever_one_moves(opened):
    page, (one, other) = opened
    before = state(page, one)
    assert state(page, other) == before
    for view, value in ((one, 1.5), (other, 0.3), (one, 1.1)):
        slide(page, view, U, value)
        shown = state(page, view)
        assert shown[1][U] == value and shown[2] != before[2]
        page.wait_for_timeout(300)
        assert state(page, one) == state(page, other) == shown


def test_after_a_reload_the_lab_is_where_it_was(opened):
    page, (one, _) = opened
    slide(page, one, U, 1.25)
    before = state(page, one)
    assert before[1][U] == 1.25
    page.wait_for_timeout(500)  # until the kernel has heard
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=30_000)
    page.reload()
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    for view in expect_labs(page, 2):
        assert state(page, view) == before
        page.wait_for_timeout(300)
        assert state(page, view) == before


def test_the_first_touch_is_answered_while_a_cell_runs(opened):
    """In a lab that nobody has touched yet: a comm's first message waits for the cell, if that is a touch."""
    page, _ = opened
    page.evaluate("document.querySelectorAll('.vl-live').forEach(view => view.classList.add('old'))")
    run_all(page)
    page.wait_for_function("() => document.querySelectorAll('.vl-live:not(.old)').length === 2", timeout=60_000)
    page.wait_for_function(f"() => !({BUSY})()", timeout=20_000)
    page.evaluate(
        """() => { const cell = window.jupyterapp.shell.currentWidget.content.widgets.at(-1);
            cell.model.sharedModel.setSource('import time\\nfor _ in range(150): time.sleep(0.1)'); }"""
    )
    view = expect_labs(page, 2)[0]
    page.evaluate(RUN_LAST)
    page.wait_for_function(BUSY, timeout=20_000)
    slide(page, view, U, 0.65)
    page.wait_for_function("root => root.vlAnswered()", arg=view.element_handle(), timeout=8_000)
    assert page.evaluate(BUSY), "the cell had ended: that proves nothing"
    assert view.get_attribute("data-waiting") is None
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    page.wait_for_function(f"() => !({BUSY})()", timeout=20_000)


def test_when_the_kernel_is_shut_down_every_view_says_so(opened):
    page, _ = opened
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    for view in page.locator(".vl-live").all():
        view.locator(".vl-gone").wait_for(timeout=20_000)
        assert view.locator("input:enabled, select:enabled").count() == 0
