"""The pages in a real browser without a network, from a folder and from a server: whole, quiet, and their labs live."""

import contextlib
import functools
import http.server
import threading

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from pages.alive import run
from pages.site import NOTEBOOKS, make_site
from tests.browser import labs
from tests.browser.jupyter import new_page
from vidlab import widgets

HEAD = "# 90 · Made up\n\n**After this notebook you can** test $\\sum_i x_i$.\n\n## Labs\n\n$$ y = \\frac{a}{b} $$"
WIDE = "| " + " | ".join(["a column of some width"] * 9) + " |\n" + "| --- " * 9 + "|\n" + "| 1 " * 9 + "|"
ALIVE = "i => document.querySelectorAll('.lab')[i]?.classList.contains('alive')"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A site of three notebooks: two of the course with all kinds of labs, and one that is made up."""
    top = tmp_path_factory.mktemp("pages")
    shown = widgets.rnn()
    output = nbformat.v4.new_output("display_data", {"text/html": _figure(shown)})
    cells = [
        nbformat.v4.new_markdown_cell(f"{HEAD}\n\n{WIDE}"),
        nbformat.v4.new_code_cell(
            "from vidlab import widgets\nwidgets.rnn()", metadata={"tags": ["lab"]}, outputs=[output]
        ),
    ]
    made_up = top / "90_made_up.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), made_up)
    chosen = [NOTEBOOKS / "01_video_is_a_tensor.ipynb", NOTEBOOKS / "02_convolution.ipynb", made_up]
    make_site(top / "site", chosen)
    return top / "site"


def _figure(shown):
    data = shown.figure._repr_mimebundle_()[0]["image/png"]
    image = f'<img alt="{shown.figure.alt}" src="data:image/png;base64,{data}">'
    return f'<figure class="vl-figure">{image}<figcaption></figcaption></figure>'


@contextlib.contextmanager
def served(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module", params=["folder", "server"])
def base(request, folder):
    """Where the pages begin."""
    with contextlib.ExitStack() as stack:
        yield folder.as_uri() if request.param == "folder" else stack.enter_context(served(folder))


@contextlib.contextmanager
def watched(browser, base, **options):
    """A page that may load from `base` alone: what else it asks for, and what fails, is an error."""
    own = base, "data:", "blob:"
    with new_page(browser, **options) as page:
        page.on("request", lambda r: r.url.startswith(own) or page.errors.append(f"asks for {r.url}"))
        page.on("requestfailed", lambda r: page.errors.append(f"does not get {r.url[:100]}"))
        page.on("response", lambda r: r.status < 400 or page.errors.append(f"{r.status} for {r.url[:100]}"))
        page.route("**/*", lambda route: route.continue_() if route.request.url.startswith(own) else route.abort())
        yield page
        assert page.errors == []


def live(page, number=0):
    """A lab, once it lives."""
    page.evaluate("i => document.querySelectorAll('.lab')[i].closest('.cell').scrollIntoView()", number)
    page.wait_for_function(ALIVE, arg=number, timeout=60_000)
    return page.locator(".lab").nth(number).locator(".vl-live")


def test_nothing_is_missing_and_formulas_have_their_font(browser, base, folder):
    with watched(browser, base) as page:
        for path in sorted(folder.glob("*.html")):
            page.goto(f"{base}/{path.name}")
            page.evaluate("document.fonts.ready")
            assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)"), path.name
            if page.locator("math").count():
                assert page.evaluate("[...document.fonts].every(f => f.status === 'loaded')"), path.name


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_serious_finding_of_axe(browser, folder, colours):
    with watched(browser, folder.as_uri(), color_scheme=colours) as page:
        for path in sorted(folder.glob("*.html")):
            page.goto(path.as_uri())
            for number in range(page.locator(".lab").count()):
                live(page, number)
            found = Axe().run(page, options={"preload": False}).response["violations"]
            serious = [
                (v["id"], [n["html"][:200] for n in v["nodes"]][:3])
                for v in found
                if v["impact"] in ("serious", "critical")
            ]
            assert serious == [], path.name


def test_a_lab_with_a_grid_shows_what_its_twin_answers(browser, base):
    """Moved by keys and menus; what has no answer goes to the nearest that has."""
    (twin,) = run([nbformat.v4.new_code_cell("from vidlab import widgets\nwidgets.rnn()")])
    with watched(browser, base) as page:
        page.goto(f"{base}/90_made_up.html")
        root = live(page)
        for name, value in (("weights", "turns"), ("input", "noise"), ("weights", "adds up"), ("input", "sine")):
            page.evaluate(labs.SET, [root.element_handle(), name, value])
            for key in ("Home", "ArrowRight", "ArrowRight", "End", "ArrowLeft"):
                root.get_by_role("slider", name="step", exact=True).press(key)
                twin.values = root.evaluate("root => root.vlValues()")
                assert root.evaluate("root => root.vlAnswered()")
                agreed(root, twin)
        assert root.get_by_role("slider", name="U 1→1").count() == 0  # a preset has its own
        page.evaluate(labs.SET, [root.element_handle(), "weights", "set by hand"])
        slider = root.get_by_role("slider", name="U 1→1")
        slider.press("Home")
        seen = [slider.input_value()]
        for _ in range(5):
            slider.press("ArrowRight")
            twin.values = root.evaluate("root => root.vlValues()")
            agreed(root, twin)
            seen.append(slider.input_value())
        assert seen == ["-1.2", "-1", "-0.8", "-0.6", "-0.4", "-0.2"]
        step = root.get_by_role("slider", name="step", exact=True)  # by hand, every other step has answers
        moved = []
        for key in ("End", "ArrowLeft", "ArrowLeft", "ArrowRight"):
            step.press(key)
            moved.append(step.input_value())
            twin.values = root.evaluate("root => root.vlValues()")
            agreed(root, twin)
        assert moved == ["39", "37", "35", "37"]
        root.get_by_role("button", name="reset").click()
        assert root.get_by_label("weights").input_value() == "forgets"


def agreed(root, twin):
    """As `labs.agree`; on a page the caption of what can be drawn in the notebook says nothing of drawing."""
    assert root.locator(".vl-status").text_content() == twin.status
    labs.agree(root, twin)


def test_labs_of_the_browser_live_as_they_are(browser, base):
    with watched(browser, base) as page:
        page.goto(f"{base}/02_convolution.html")
        root = live(page)
        assert page.locator(".vl-figure").first.is_hidden()
        before = root.evaluate(labs.SHOWN)
        root.get_by_role("slider", name="kernel size").press("ArrowRight")
        assert root.evaluate(labs.SHOWN) != before
        page.goto(f"{base}/01_video_is_a_tensor.html")
        root = live(page)
        root.get_by_role("slider", name="frame").press("End")
        assert root.locator(".vl-status").text_content().startswith("frame 23 of 0 to 23")


def test_a_phone_has_room_for_it_and_so_has_twice_the_size(browser, base, folder):
    for size in ({"width": 390, "height": 844}, {"width": 640, "height": 450}):
        with watched(browser, base, viewport=size) as page:
            for path in sorted(folder.glob("*.html")):
                page.goto(f"{base}/{path.name}")
                for number in range(page.locator(".lab").count()):
                    live(page, number)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path.name} at {size}"
            button = page.get_by_role("button", name="Contents")
            assert page.locator("#contents").is_hidden()
            button.press("Enter")
            assert page.locator("#contents").is_visible() and button.get_attribute("aria-expanded") == "true"


def test_the_search_finds_headings(browser, base):
    with watched(browser, base) as page:
        page.goto(f"{base}/index.html")
        words = page.get_by_role("searchbox")
        words.fill("gradients hand")
        found = page.locator("#found a")
        assert found.count() == 1 and "Gradients by hand" in found.first.text_content()
        words.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/02_convolution.html#*gradients-by-hand")
        page.get_by_role("searchbox").fill("zebra crossing")
        assert "No heading has these words" in page.locator("#found").text_content()
        page.keyboard.press("Escape")
        assert page.locator("#found").is_hidden()


def test_light_and_dark_are_chosen_and_kept(browser, base):
    with watched(browser, base, color_scheme="light") as page:
        page.goto(f"{base}/02_convolution.html")
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.get_by_role("button", name="Dark colours").click()
        dark = page.evaluate(ground)
        assert light != dark and page.evaluate("document.body.dataset.jpThemeLight") == "false"
        page.reload()
        assert page.evaluate(ground) == dark
        page.get_by_role("button", name="Light colours").click()
        assert page.evaluate(ground) == light


def test_on_paper_and_without_scripts_the_figures_stand(browser, base):
    with watched(browser, base) as page:
        page.goto(f"{base}/02_convolution.html")
        live(page)
        page.emulate_media(media="print")
        assert page.locator(".vl-figure img").first.is_visible()
        assert page.locator(".lab").first.is_hidden() and page.locator("#contents").is_hidden()
    with watched(browser, base, java_script_enabled=False) as page:
        page.goto(f"{base}/02_convolution.html")
        assert page.locator(".vl-figure img").first.is_visible() and page.locator("#contents").is_visible()
        assert page.locator("#theme").is_hidden()
