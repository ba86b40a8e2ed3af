"""Clips of one's own: what the recorder keeps of what the camera saw, how fast the live view answers, how many clips
are enough, and when such a model breaks.

    python bench/own_clips.py --out data/results/own_clips.json [--seeds 0 1 2] [--part recording live enough]

"recording" and "live" (which bench/widgets.py has among the labs, too) run in a real JupyterLab, in a Chromium whose
camera plays a clip of the course (which counts as known, frame by frame). "CPU ms an answer" is the time that the
kernel's threads worked: other processes hardly change it. "enough" trains conv3d on so many clips a class of three
motions, before three of the five backgrounds, and tests it before another one, each seed before its own: the background
stands for the place where one films. "breaks" are those models on test clips that were changed. What the file holds of
other parts is kept.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import monotonic

import numpy as np
import psutil
import results

sys.path.insert(0, str(Path(__file__).parents[1]))
from vidlab import datasets, models, training, video
from vidlab.clips import Frames

import keras  # isort: skip

CLASSES = "left", "right", "up"
FRAMES = Frames(12, (32, 32))
SIZES, STEPS, BATCH = (4, 12, 36), 240, 16
CHANGES = {
    "as it is": lambda x: x,
    "darker by half": lambda x: x * 0.5,
    "brighter by 0.3": lambda x: np.clip(x + 0.3, 0, 1),
    "noise of 0.1": lambda x: np.clip(x + np.random.default_rng(0).normal(0, 0.1, x.shape), 0, 1).astype(np.float32),
    "without colour": lambda x: np.repeat(x.mean(-1, keepdims=True), 3, -1),
    "mirrored": lambda x: x[:, :, :, ::-1],
    "played backwards": lambda x: x[:, ::-1],
    "upside down": lambda x: x[:, :, ::-1],
    "frames shuffled": training.shuffle_frames,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--part", nargs="+", default=["recording", "live", "enough"])
    a = parser.parse_args()
    path = Path(a.out)
    found = json.loads(path.read_text()) if path.is_file() else {}
    found = {name: found[name] for name in ("recording", "live", "enough", "breaks") if name in found}
    command = f"python bench/own_clips.py --out {a.out}"
    if "enough" in a.part:
        splits = [tuple(sorted({s.group for s in part}) for part in split(seed).values()) for seed in a.seeds]
        assert all(one not in splits[:k] for k, one in enumerate(splits)), f"seeds with the same split: {splits}"
        found["enough"], found["breaks"] = [], []
        for seed in a.seeds:
            for name, rows in zip(("enough", "breaks"), enough(seed), strict=True):
                found[name] += rows
            results.save(a.out, command, **found)
    for part in ("recording", "live"):
        if part in a.part:
            found[part] = in_a_browser(recording if part == "recording" else live)
            results.save(a.out, command, **found)


# --------------------------------------------------------------------------------------------- how many are enough


def places():
    """Clips of the classes; the background of each is its group."""
    backgrounds = {s.source: s.label for s in datasets.embedded("background")}
    return [replace(s, group=backgrounds[s.source], split=None) for s in datasets.embedded() if s.label in CLASSES]


def split(seed):
    """{part: its clips}: one background to test before, the next to look at meanwhile (here nobody does), three to
    learn from. (`datasets.split_by_group` wants parts of the right size, and so finds two splits only.)
    """
    clips = places()
    names = sorted({s.group for s in clips})
    test, val = (names[(seed + k) % len(names)] for k in (0, 1))
    part = {name: "train" for name in names} | {val: "val", test: "test"}
    return datasets.by_split([replace(s, split=part[s.group]) for s in clips])


def enough(seed):
    parts = {name: datasets.load_clips(part, FRAMES, classes=CLASSES) for name, part in split(seed).items()}
    (x, y), (test_x, test_y), rows = parts["train"], parts["test"], []
    for n in SIZES:
        rng = np.random.default_rng(seed)
        chosen = np.concatenate([rng.permutation(np.flatnonzero(y == k))[:n] for k in range(len(CLASSES))])
        keras.utils.set_random_seed(seed)
        model = models.conv3d(FRAMES.shape, len(CLASSES))
        epochs = round(STEPS / np.ceil(len(chosen) / BATCH))
        training.fit(model, (x[chosen], y[chosen]), epochs=epochs, batch=BATCH, live=False)
        said = {
            name: training.evaluate(model, (test_x, test_y), change=lambda x, f=change: f(np.asarray(x)))
            for name, change in CHANGES.items()
        }
        majority = float(np.bincount(test_y).max() / len(test_y))
        rows.append({"seed": seed, "a class": n, "tested": len(test_y), "majority": majority,
                     "top1": said["as it is"].top1, "shuffled": said["frames shuffled"].top1})  # fmt: skip
        print(rows[-1], flush=True)
    broken = [{"seed": seed, "change": name, "top1": report.top1, "sure": float(report.probabilities.max(1).mean())}
              for name, report in said.items()]  # fmt: skip
    print(broken, flush=True)
    return rows, broken


# --------------------------------------------------------------------------------------------- in a real JupyterLab


def in_a_browser(measure):
    from playwright.sync_api import sync_playwright

    from tests.browser import camera
    from tests.browser.jupyter import jupyterlab

    clip = camera.fed(video.read(next(s.source for s in datasets.embedded() if s.label == "right")))
    with tempfile.TemporaryDirectory() as home:
        course = Path(home) / "course"
        course.mkdir()
        camera.write_y4m(Path(home) / "camera.y4m", clip)
        with jupyterlab(Path(home), course) as address, sync_playwright() as playwright:
            browser = camera.with_camera(playwright.chromium, Path(home) / "camera.y4m")
            rows = measure(browser, course, address, clip)
            browser.close()
    return rows


def opened(page, course, address, name, *cells):
    from tests.browser import camera
    from tests.browser.jupyter import expect_labs, open_notebook, run_all

    camera.write_notebook(course / f"{name}.ipynb", *cells)
    open_notebook(page, address.format(f"{name}.ipynb"))
    run_all(page)
    (root,) = expect_labs(page, 1)
    root.get_by_role("button", name="camera on").click()
    root.locator(".vl-light[data-on]").wait_for(timeout=60_000)
    return root


def recording(browser, course, address, clip, clips=5):
    from tests.browser import camera
    from tests.browser.jupyter import new_page

    with new_page(browser) as page:
        cell = 'from vidlab import widgets\nwidgets.record("filmed", ["one", "two"])'
        root = opened(page, course, address, "film", cell)
        for label, value in (("clips in one take", clips), ("count-down", 0), ("seconds", 2)):
            root.get_by_label(label, exact=True).evaluate(
                "(s, v) => { s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }", value
            )
        root.get_by_role("button", name="film", exact=True).click()
        for _ in range(600):
            paths = sorted((course / "filmed").glob("one/*.webm"))
            if len(paths) == clips:
                break
            page.wait_for_timeout(200)
    rows = []
    for path in paths:
        which, psnr, _ = camera.nearest(video.read(path), clip)
        steps = np.diff(which) % len(clip)
        info = video.probe(path)
        rows.append({
            "frames": info.frames, "seconds": round(info.duration, 2), "kilobytes": round(path.stat().st_size / 1000),
            "psnr mean": round(float(psnr.mean()), 1), "psnr least": round(float(psnr.min()), 1),
            "repeated": int((steps == 0).sum()), "dropped": int(np.maximum(steps - 1, 0).sum()),
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def live(browser, course, address, clip, seconds=6):
    from tests.browser.jupyter import new_page

    rows = []
    made = {"conv3d": (models.conv3d((16, 48, 48, 3), 3), Frames(16, (48, 48)))}
    made["conv3d, 12 x 32 x 32"] = models.conv3d((12, 32, 32, 3), 3), Frames(12, (32, 32))
    try:
        features = models.clip_features((16, 160, 160, 3))
        drawn = np.random.default_rng(0).normal(size=(6, features.output_shape[-1]))
        rows_of = training.Rows(drawn, np.arange(6) % 3)
        made["features"] = training.fit_head(features, rows_of, rows_of, 3), Frames(16, (160, 160))
    except models.WeightsError as error:
        print(error)
    for k, (name, (model, frames)) in enumerate(made.items()):
        training.save(course / f"{k}.keras", model, "abc", frames, seconds=1.0)
        with new_page(browser) as page:
            cell = 'import os, pathlib\npathlib.Path("pid").write_text(str(os.getpid()))\nfrom vidlab import widgets\n'
            cell += f'widgets.live("{k}.keras")'
            root = opened(page, course, address, f"live{k}", cell)
            page.wait_for_function("root => root.vlRate?.every > 0", arg=root.element_handle(), timeout=120_000)
            page.wait_for_timeout(3000)
            seen, kernel = [], psutil.Process(int((course / "pid").read_text()))
            begun, before = monotonic(), sum(kernel.cpu_times()[:2])
            for _ in range(2 * seconds):
                page.wait_for_timeout(500)
                seen.append(root.evaluate("root => [root.vlRate.every, root.vlRate.late, root.vlRate.ms]"))
            spent, answers = sum(kernel.cpu_times()[:2]) - before, np.mean(seen, axis=0)[0] * (monotonic() - begun)
        every, late, ms = np.median(seen, axis=0)
        times = {"milliseconds from picture to bars": round(late), "of them in the kernel": round(ms),
                 "CPU ms an answer": round(1000 * spent / answers)}  # fmt: skip
        rows.append({"model": name, "answers a second": round(float(every), 2)} | times)
        rows[-1]["load"] = round(os.getloadavg()[0], 1)  # of the machine: processes that want one of its cores
        print(rows[-1], flush=True)
    return rows


if __name__ == "__main__":
    main()
