"""The recorder in a real JupyterLab, with a camera that plays a known clip: what is filmed is what was fed; when it
cannot film it says why; nothing leaves the computer."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import camera
from tests.browser.jupyter import expect_labs, launch, new_page, open_notebook, run_all
from vidlab import datasets, video

RECORDER = 'from vidlab import widgets\nwidgets.record("{}", ["left", "right"])'
SAYS = "([root, text]) => root.querySelector('.vl-status').textContent.includes(text)"
TRACKS = """() => [...document.querySelectorAll('video')]
    .some(v => v.srcObject?.getTracks().some(t => t.readyState === 'live'))"""
TOLD = """root => { const status = root.querySelector('.vl-status'); window.told = [];
    new MutationObserver(() => window.told.push(status.textContent)).observe(status, {childList: true}); }"""
FAILS = "name => { navigator.mediaDevices.getUserMedia = async () => { throw {name, message: 'strange'}; }; }"
# the kernel does not see what is sent, until it is free again
HOLD = """() => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    window.held = []; window.socket = kernel._ws;
    kernel._ws.send = (message) => window.held.push(message); }"""
RELEASE = "() => { delete window.socket.send; window.held.forEach((m) => window.socket.send(m)); }"


def says(page, root, text, seconds=30):
    page.wait_for_function(SAYS, arg=[root.element_handle(), text], timeout=1000 * seconds)


def opened(page, course, address, name, *cells):
    """Open a new notebook of these cells and run it; the first lab in it."""
    camera.write_notebook(course / f"{name}.ipynb", *cells)
    open_notebook(page, address.format(f"{name}.ipynb"))
    run_all(page)
    return expect_labs(page, 1)[0]


def choose(page, root, **values):
    for label, value in values.items():
        control = root.get_by_label(label.replace("_", " "), exact=True)
        control.evaluate(
            """(input, value) => { input.value = value; input.dispatchEvent(
               new Event(input.tagName === 'SELECT' ? 'change' : 'input', {bubbles: true})); }""",
            str(value),
        )


@pytest.fixture(scope="module")
def clips():
    """What the camera is fed: a clip of the course."""
    sample = next(s for s in datasets.embedded() if s.label == "right")
    return camera.fed(video.read(sample.source))


@pytest.fixture(scope="module")
def filmed(browser, course, address, clips, tmp_path_factory):
    """(page, recorder, folder) after two takes of `left`, with the requests that left the computer."""
    y4m = tmp_path_factory.mktemp("camera") / "right.y4m"
    camera.write_y4m(y4m, clips)
    other, folder = camera.with_camera(browser.browser_type, y4m), course / "filmed"
    with new_page(other) as page:
        gone = camera.leaving(page)
        root = opened(page, course, address, "filming", RECORDER.format("filmed"))
        assert not page.evaluate(TRACKS) and root.get_by_role("button", name="film", exact=True).is_disabled()
        root.get_by_role("button", name="camera on").click()
        says(page, root, "The camera is on. Nothing is filmed yet.")
        assert root.locator(".vl-light[data-on]").text_content() == "● camera on" and not folder.exists()
        choose(page, root, **{"clips in one take": 2, "count-down": 1, "seconds": 1.5})
        root.evaluate(TOLD)
        for take in (1, 2):
            root.get_by_role("button", name="film", exact=True).click()
            root.locator(".vl-light[data-filming]").wait_for(timeout=20_000)
            says(page, root, f"Saved left/take00{take}_clip02.webm", 60)
            root.get_by_role("button", name="film", exact=True).wait_for(timeout=20_000)
        told = [text for text in page.evaluate("window.told") if "clip" in text and "Saved" not in text]
        clips = [text for n in (1, 2) for text in (f"left, clip {n} of 2, in 1", f"Filming left, clip {n} of 2.")]
        assert told == 2 * clips  # each after its count-down
        yield page, root, folder, gone
        assert page.errors == []
    other.close()


def test_each_frame_that_was_filmed_is_nearest_to_its_own(filmed, clips):
    _, _, folder, _ = filmed
    names = [f"take00{take}_clip0{clip}.webm" for take in (1, 2) for clip in (1, 2)]
    assert sorted(path.name for path in (folder / "left").iterdir()) == names
    for name in names:
        which, psnr, second = camera.nearest(video.read(folder / "left" / name), clips)
        steps = np.diff(which) % len(clips)
        assert len(which) >= 15 and psnr.min() > 25, (name, psnr.min())
        assert (steps <= 3).mean() > 0.9 and (steps == 1).mean() > 0.5, steps  # in order; a busy machine drops some
        moving = (psnr > second + 0.01).mean()
        assert moving > 0.9


def test_takes_are_groups(filmed):
    _, root, folder, _ = filmed
    groups = [sample.group for sample in datasets.takes(folder)]
    assert groups == ["take001", "take001", "take002", "take002"]
    assert root.locator(".vl-shelves img").count() == 4
    assert "Film right next" in root.locator(".vl-advice").text_content()


def test_the_preview_is_a_mirror_and_the_file_is_not(filmed, clips):
    _, root, _, _ = filmed
    video_ = root.locator("video")
    assert video_.evaluate("v => getComputedStyle(v).transform.startsWith('matrix(-1')")
    root.get_by_label("mirrored preview").uncheck()
    assert video_.evaluate("v => getComputedStyle(v).transform") == "none"
    assert video_.get_attribute("aria-label") == "what the camera sees"


def test_a_clip_is_deleted_at_the_second_press(filmed):
    page, root, folder, _ = filmed
    button = root.get_by_role("button", name="delete left, clip 4", exact=True)
    button.click()
    page.wait_for_timeout(300)
    assert len(list((folder / "left").iterdir())) == 4
    root.get_by_role("button", name="really delete left, clip 4").click()
    says(page, root, "Deleted left/take002_clip02.webm.")
    assert len(list((folder / "left").iterdir())) == 3 and root.locator(".vl-shelves img").count() == 3


def test_files_can_be_added(filmed):
    page, root, folder, _ = filmed
    source = datasets.embedded()[0].source
    choose(page, root, **{"class": "right"})
    with page.expect_file_chooser() as chooser:
        root.get_by_role("button", name="add files…").click()
    chooser.value.set_files([source, datasets.embedded()[1].source])
    says(page, root, "Saved right/take003_clip02.mp4: 24 frames, 2.0 s.")  # files of one drop are one take
    assert (folder / "right" / "take003_clip01.mp4").read_bytes() == source.read_bytes()
    with page.expect_file_chooser() as chooser:
        root.get_by_role("button", name="add files…").click()
    chooser.value.set_files([{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no film"}])
    says(page, root, "Not kept: notes.txt is no video")
    page.evaluate(
        """() => { window.whole = Blob.prototype.arrayBuffer;
           Blob.prototype.arrayBuffer = () => Promise.reject(new DOMException('', 'NotFoundError')); }"""
    )
    with page.expect_file_chooser() as chooser:
        root.get_by_role("button", name="add files…").click()
    chooser.value.set_files([source])
    says(page, root, f"Not kept: {source.name} cannot be read (a folder?).")
    page.evaluate("() => { Blob.prototype.arrayBuffer = window.whole; }")


def test_a_checker_finds_nothing_and_nothing_left_this_computer(filmed):
    page, _, _, gone = filmed
    found = Axe().run(page, context=".vl-live").response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []
    assert gone == []


def test_while_the_kernel_is_busy_a_clip_waits(filmed):
    page, root, folder, _ = filmed
    before = len(list((folder / "right").iterdir()))
    page.evaluate(HOLD)
    with page.expect_file_chooser() as chooser:
        root.get_by_role("button", name="add files…").click()
    chooser.value.set_files([datasets.embedded()[0].source])
    says(page, root, "The kernel is busy with a cell. The clip waits")
    page.evaluate(RELEASE)
    says(page, root, "Saved right/")
    assert len(list((folder / "right").iterdir())) == before + 1


def test_stop_says_what_becomes_of_a_clip_that_still_waits(filmed):
    page, root, folder, _ = filmed
    film, stop = (root.get_by_role("button", name=name, exact=True) for name in ("film", "■ stop"))
    before = len(list((folder / "right").iterdir()))
    choose(page, root, **{"clips in one take": 2, "count-down": 2, "seconds": 1})
    film.click()
    stop.click()
    says(page, root, "Stopped. The clip being filmed is thrown away; those before it stay.")
    choose(page, root, **{"count-down": 0})
    page.evaluate(HOLD)
    film.click()
    says(page, root, "The kernel is busy with a cell. The clip waits")
    stop.click()
    says(page, root, "Stopped. A clip that was already filmed is still being saved")
    page.evaluate(RELEASE)
    says(page, root, "Saved right/")
    assert len(list((folder / "right").iterdir())) == before + 1


def test_the_camera_goes_off_with_the_cell_and_with_the_kernel(filmed):
    page, root, _, _ = filmed
    assert page.evaluate(TRACKS)
    page.evaluate("window.tracks = document.querySelector('video').srcObject.getTracks()")
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.wait_for_function("window.tracks.every(t => t.readyState === 'ended')", timeout=20_000)
    run_all(page)
    (root,) = expect_labs(page, 1)
    root.get_by_role("button", name="camera on").click()
    says(page, root, "The camera is on.")
    page.evaluate("window.tracks = document.querySelector('video').srcObject.getTracks()")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    root.locator(".vl-gone").wait_for(timeout=30_000)
    page.wait_for_function("window.tracks.every(t => t.readyState === 'ended')", timeout=20_000)


# ------------------------------------------------------------------------------------------- when it cannot film


def test_permission_refused_no_camera_insecure_page_no_codec(browser, course, address):
    other = launch(browser.browser_type, camera.FAKE, "--deny-permission-prompts")
    with new_page(other) as page:
        root = opened(page, course, address, "refused", RECORDER.format("refused"))
        root.get_by_role("button", name="camera on").click()
        says(page, root, "The browser was not allowed to use the camera.")
        assert root.locator(".vl-status[data-bad]").count() == 1
    other.close()
    with new_page(browser) as page:  # it has no camera at all
        page.context.grant_permissions(["camera"])
        root = opened(page, course, address, "none", RECORDER.format("none"))
        on, film = (root.get_by_role("button", name=name, exact=True) for name in ("camera on", "film"))
        on.click()
        says(page, root, "No camera was found.")
        page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false, configurable: true})")
        on.click()
        says(page, root, "This page is not secure")
        page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: true})")
        for name, words in (("NotReadableError", "another program may be using"), ("Odd", "cannot be used: strange")):
            page.evaluate(FAILS, name)
            on.click()
            says(page, root, words)
        page.evaluate(
            """() => { const canvas = document.createElement('canvas'); canvas.getContext('2d');
               navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10);
               MediaRecorder.isTypeSupported = () => false; }"""
        )
        on.click()
        says(page, root, "The camera is on.")
        film.click()
        says(page, root, "cannot record video in a form that vidlab reads")
        assert not (course / "none").exists()
