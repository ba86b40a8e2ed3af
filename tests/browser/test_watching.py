"""From filming to a model that answers live, in a real JupyterLab with a camera that plays known clips."""

import keras
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import camera, labs
from tests.browser.jupyter import new_page
from tests.browser.test_camera import HOLD, RECORDER, choose, opened, says
from vidlab import datasets, models, training, video
from vidlab.clips import Frames
from vidlab.video.reading import fitted

CLASSES = "left", "right"
FRAMES = Frames(8, (24, 32), by="time")
LIVE = 'from vidlab import widgets\nview = widgets.live("mine.keras", seconds=1.0{})\nview'
LATER = """() => { window.allow = null; navigator.mediaDevices.getUserMedia = () => new Promise((done) => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, {width: 64, height: 48}).getContext('2d').fillRect(0, 0, 9, 9);
    window.stream = canvas.captureStream(10); window.allow = () => done(window.stream); }); }"""
ANSWERS = "([root, name]) => root.querySelector('.vl-status').textContent.startsWith(name)"


def learn(folder, path):
    """A small model of what was filmed, in two takes of each class to learn from and one to test."""
    samples = datasets.split_by_group(datasets.takes(folder), (0.7, 0.3), seed=0)
    learnt, test = (datasets.by_split(samples)[name] for name in ("train", "val"))
    assert {s.group for s in learnt}.isdisjoint({s.group for s in test})
    keras.utils.set_random_seed(0)
    model = models.conv3d(FRAMES.shape, 2)
    training.fit(model, datasets.load_clips(learnt, FRAMES, classes=CLASSES), epochs=25, live=False)
    report = training.evaluate(model, datasets.load_clips(test, FRAMES, classes=CLASSES))
    training.save(path, model, CLASSES, FRAMES, seconds=1.0)
    return report.top1


def ask_for_the_camera(page, root):
    """Press "camera on"; the browser gives the camera when `window.allow()` is called."""
    page.evaluate(LATER)
    choose(page, root, source="camera")
    root.get_by_role("button", name="camera on").click()
    page.wait_for_function("Boolean(window.allow)")


@pytest.fixture(scope="module")
def fed():
    """A clip of each class, as large as the camera's pictures."""
    made = {}
    for sample in datasets.embedded():
        if sample.label in CLASSES and sample.label not in made:
            made[sample.label] = camera.fed(video.read(sample.source))
    return made


@pytest.fixture(scope="module")
def cameras(browser, fed, tmp_path_factory):
    """A browser for each class, whose camera plays its clip."""
    made = {}
    for label, clip in fed.items():
        y4m = tmp_path_factory.mktemp("camera") / f"{label}.y4m"
        camera.write_y4m(y4m, clip)
        made[label] = camera.with_camera(browser.browser_type, y4m)
    yield made
    for one in made.values():
        one.close()


@pytest.fixture(scope="module")
def learnt(cameras, course, address):
    """The accuracy on other takes of a model that learnt what was filmed by two cameras."""
    for label, other in cameras.items():
        with new_page(other) as page:
            root = opened(page, course, address, f"film_{label}", RECORDER.format("two"))
            choose(page, root, **{"class": label, "clips in one take": 2, "count-down": 0, "seconds": 1})
            root.get_by_role("button", name="camera on").click()
            says(page, root, "The camera is on.")
            for _ in range(3):
                before = len(list((course / "two").glob(f"{label}/*.webm")))
                root.get_by_role("button", name="film", exact=True).click()
                for _ in range(300):
                    if len(list((course / "two").glob(f"{label}/*.webm"))) == before + 2:
                        break
                    page.wait_for_timeout(100)
                root.get_by_role("button", name="film", exact=True).wait_for(timeout=20_000)
    assert len(list((course / "two").glob("*/*.webm"))) == 12
    return learn(course / "two", course / "mine.keras")


def test_a_folder_that_was_filmed_trains_and_tells_its_classes_apart_live(learnt, cameras, course, address):
    assert learnt == 1.0
    for label, other in cameras.items():
        with new_page(other) as page:
            gone = camera.leaving(page)
            root = opened(page, course, address, f"live_{label}", LIVE.format(""), "print(view.moment.shape)")
            says(page, root, "Switch the camera on: the model answers to the last 1 s.")
            root.get_by_role("button", name="camera on").click()
            page.wait_for_function(ANSWERS, arg=[root.element_handle(), f"{label}: "], timeout=60_000)
            page.wait_for_timeout(2000)
            rate = root.evaluate("root => root.vlRate")
            assert rate["every"] > 1 and 0 < rate["ms"] < rate["late"], rate  # how fast it is: bench/own_clips.py
            root.get_by_label("nothing of these below").evaluate(
                "s => { s.value = 1; s.dispatchEvent(new Event('input', {bubbles: true})); }"
            )
            page.wait_for_function(ANSWERS, arg=[root.element_handle(), "nothing of these: "], timeout=10_000)
            root.get_by_role("button", name="freeze").click()
            says(page, root, "Frozen: nothing of these.")
            bars = root.locator(".vl-bar").evaluate_all("all => all.map(b => Number(b.dataset.value))")
            assert len(bars) == 2 and abs(sum(bars) - 1) < 1e-3
            assert np.ptp(labs.pixels(root.locator("canvas"))) > 0
            assert gone == [] and page.errors == []


@pytest.fixture(scope="module")
def watched(learnt, browser, fed, course, address):
    """The live view over a file, in a browser without a camera."""
    video.write(course / "right.mp4", fed["right"], fps=25)
    with new_page(browser) as page:
        cells = LIVE.format(', file="right.mp4"'), "print('moment', view.moment.shape, int(view.moment.mean()))"
        cells += ("print('frames are kept:', len(view.ring.times) > 0)",)
        root = opened(page, course, address, "live_file", *cells)
        yield page, root
        assert page.errors == []


def test_a_file_in_place_of_the_camera_and_a_step_back(watched, fed):
    page, root = watched
    root.get_by_role("button", name="play the file").click()
    page.wait_for_function(ANSWERS, arg=[root.element_handle(), "right: "], timeout=60_000)
    page.wait_for_timeout(1500)
    root.get_by_role("button", name="freeze").click()
    says(page, root, "Frozen: right.")
    back = root.get_by_role("slider", name="answers back")
    first = labs.pixels(root.locator("canvas"))
    back.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert "s back" in root.locator("figcaption").first.text_content()
    earlier = labs.pixels(root.locator("canvas"))
    assert not np.array_equal(earlier, first)
    assert camera.nearest([earlier], fed["right"])[1][0] > 25
    page.evaluate("window.jupyterapp.commands.execute('notebook:move-cursor-down')")
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    page.get_by_text("moment (8, 24, 32, 3)").wait_for(timeout=30_000)
    root.get_by_role("button", name="go on").click()
    says(page, root, "right: ")


def test_the_frozen_moment_opens_in_another_lab_below(watched):
    page, root = watched
    look, why = (root.get_by_role("button", name=name) for name in ("look inside", "what did it look at?"))
    assert look.is_disabled() and why.is_disabled()
    root.get_by_role("button", name="freeze").click()
    says(page, root, "Frozen: right.")
    frozen = labs.pixels(root.locator("canvas").first)
    look.focus()
    page.keyboard.press("Enter")
    explorer = page.get_by_role("group", name="Layer explorer: conv3d")
    explorer.wait_for(timeout=60_000)
    says(page, root, "The layer explorer below has this moment.")
    assert explorer.bounding_box()["y"] >= root.bounding_box()["y"] + root.bounding_box()["height"]
    options = [one.input_value() for one in explorer.get_by_role("radiogroup", name="layer").get_by_role("radio").all()]
    before = labs.settled(page, explorer)
    page.evaluate(labs.SET, [explorer.element_handle(), "layer", options[-1]])
    labs.settled(page, explorer, before)
    assert explorer.locator(".vl-status").text_content().startswith(f"{options[-1]} (Dense): output 2")
    root.get_by_role("slider", name="answers back").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    earlier = labs.pixels(root.locator("canvas").first)
    why.click()
    lab = page.get_by_role("group", name="Explaining: conv3d")
    lab.wait_for(timeout=60_000)
    assert explorer.count() == 0 and page.locator(".vl-live").count() == 2
    page.evaluate(labs.SET, [lab.element_handle(), "frame", 7])  # the newest of the clip: the picture that is shown
    page.evaluate(labs.SET, [lab.element_handle(), "class", "left"])
    page.wait_for_function("root => root.vlAnswered()", arg=lab.element_handle(), timeout=60_000)
    assert "for left" in lab.locator("figcaption").nth(1).text_content()
    shown = labs.pixels(lab.locator("canvas").first).astype(float)
    far, near = (np.abs(shown - fitted(picture, FRAMES.size, FRAMES.fit)).mean() for picture in (frozen, earlier))
    assert near < min(far, 3), "it has another moment"
    found = Axe().run(page, context=".vl-live").response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []
    root.get_by_role("button", name="reset", exact=True).click()
    lab.wait_for(state="detached", timeout=10_000)
    root.get_by_role("button", name="play the file").click()
    says(page, root, "right: ")


def test_smoothing_is_of_what_was_answered(watched):
    page, root = watched
    page.wait_for_timeout(1000)
    root.get_by_role("button", name="freeze").click()
    says(page, root, "Frozen")
    shown = "(root, label) => root.querySelector(`polyline[data-label=${label}]`).getAttribute('points')"

    def heights(amount, label="right"):
        root.get_by_label("smoothing").evaluate(
            "(s, v) => { s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }", amount
        )
        return np.array([float(point.split(",")[1]) for point in root.evaluate(shown, label).split()])

    plain, smooth = heights(0), heights(0.9)
    assert (plain < heights(0, "left")).mean() > 0.5, "right is what was seen; y goes down"
    want = [plain[0]]
    for value in plain[1:]:
        want.append(0.9 * want[-1] + 0.1 * value)
    assert len(plain) > 3 and np.abs(smooth - want).max() < 0.02


def test_it_has_names_keys_and_no_fault_that_a_checker_finds(watched):
    page, root = watched
    for name in ("smoothing", "nothing of these below", "answers back"):
        slider = root.get_by_role("slider", name=name, exact=True)
        assert slider.count() == 1
    found = Axe().run(page, context=".vl-live").response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []
    root.get_by_role("button", name="reset", exact=True).click()
    says(page, root, "Press play")
    assert root.get_by_role("slider", name="answers back").is_disabled()


def test_what_waits_for_a_busy_kernel_fits_into_one_message(watched):
    page, root = watched
    root.get_by_role("button", name="play the file").click()
    page.wait_for_function(ANSWERS, arg=[root.element_handle(), "right: "], timeout=60_000)
    page.evaluate(HOLD)
    page.wait_for_timeout(4000)  # 100 frames of the file
    page.evaluate(
        """() => { const socket = window.socket, held = window.held;
           delete socket.send;
           const send = socket.send.bind(socket);
           window.most = 0;
           socket.send = (m) => { window.most = Math.max(window.most, m.byteLength ?? m.length); send(m); };
           held.forEach((m) => send(m)); }"""
    )
    page.wait_for_function("window.most > 0")
    page.wait_for_timeout(1000)
    assert 3e6 < page.evaluate("window.most") < 9e6  # the server cuts the line at 10 MiB
    page.evaluate("delete window.socket.send")
    root.get_by_role("button", name="reset", exact=True).click()


def test_a_camera_that_was_asked_for_does_not_go_on_behind_a_file(watched):
    page, root = watched
    ask_for_the_camera(page, root)
    choose(page, root, source="file")
    page.evaluate("window.allow()")
    page.wait_for_function("window.stream.getTracks().every(t => t.readyState === 'ended')", timeout=10_000)
    assert not page.evaluate("Boolean(document.querySelector('video').srcObject)")


def test_frames_are_forgotten_when_the_camera_goes_off(watched):
    page, root = watched
    freeze = root.get_by_role("button", name="freeze")
    ask_for_the_camera(page, root)
    page.evaluate("window.allow()")
    says(page, root, ": smoothing")
    assert freeze.is_enabled()
    for kept in (True, False):
        page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2")
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
        page.get_by_text(f"frames are kept: {kept}", exact=True).wait_for(timeout=30_000)
        if kept:
            root.get_by_role("button", name="camera off").click()
            assert freeze.is_disabled()
    choose(page, root, source="file")


def test_without_a_kernel_it_says_so(watched):
    page, root = watched
    ask_for_the_camera(page, root)
    page.evaluate("window.allow()")
    says(page, root, ": smoothing")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    root.locator(".vl-gone").wait_for(timeout=30_000)
    assert root.locator("button:enabled").count() == 0
    page.wait_for_function("window.stream.getTracks().every(t => t.readyState === 'ended')", timeout=10_000)


def test_when_its_cell_goes_the_camera_goes_off_and_the_lab_below_is_closed(learnt, browser, fed, course, address):
    video.write(course / "right.mp4", fed["right"], fps=25)
    with new_page(browser) as page:
        cells = LIVE.format(', file="right.mp4"'), "print('below:', bool(view._below))"
        root = opened(page, course, address, "live_gone", *cells)
        root.get_by_role("button", name="play the file").click()
        page.wait_for_function(ANSWERS, arg=[root.element_handle(), "right: "], timeout=60_000)
        root.get_by_role("button", name="freeze").click()
        root.get_by_role("button", name="look inside").click()
        page.get_by_role("group", name="Layer explorer: conv3d").wait_for(timeout=60_000)
        ask_for_the_camera(page, root)
        page.evaluate("window.allow()")
        says(page, root, "The camera is on.")
        for lab in (True, False):
            page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
            page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
            page.get_by_text(f"below: {lab}", exact=True).wait_for(timeout=30_000)
            if lab:
                page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
                page.evaluate("window.jupyterapp.commands.execute('notebook:clear-cell-output')")
                page.wait_for_function("window.stream.getTracks().every(t => t.readyState === 'ended')", timeout=10_000)
                assert page.locator(".vl-live").count() == 0
        assert page.errors == []


def test_the_training_lab_shows_what_the_kernel_trains(browser, course, address):
    from vidlab import widgets

    twin = widgets.train(steps=24)
    with new_page(browser) as page:
        root = opened(page, course, address, "training", "from vidlab import widgets\nwidgets.train(steps=24)")
        labs.settled(page, root)
        for change in ({"step": 11}, {"B beside it": True}, {"learning rate, B": "1"}, {"step": 24}):
            ((label, value),) = change.items()
            page.evaluate(labs.SET, [root.element_handle(), label, value])
            page.wait_for_function("root => root.vlAnswered()", arg=root.element_handle(), timeout=60_000)
            twin.values = root.evaluate("root => root.vlValues()")
            assert root.locator("polyline[data-label]").count() == sum(
                len(panel["series"]) for panel in twin.panels.values() if panel["kind"] == "lines"
            )
            words = root.locator(".vl-status").text_content()
            assert words.split(" over the last batches")[0][:-2] == twin.status.split(" over the last batches")[0][:-2]
        assert "B: " in words or "B has diverged" in words
        found = Axe().run(page, context=".vl-live").response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []
        assert page.errors == []
