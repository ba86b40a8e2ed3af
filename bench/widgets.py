"""How fast the labs answer, in a real JupyterLab: from a key press to changed pixels, and pictures a second in a drag.

    python bench/widgets.py --out data/results/widgets.json

Beside them, in the same run: `interact` with matplotlib, which is what a notebook usually has. The labs that ask the
kernel run twice, with vidlab's server extension (TCP_NODELAY) and without. At most sliders they have answers ahead;
"gates, drawing" changes the input itself, where there are none, and "RNN, a weight" has more places than are asked
ahead, so that a drag leaves them. A press counts from the key's event until new pixels stand in the page (the screen
shows them at its next refresh). Last comes the live view, with a camera that plays a clip: its answers a second, the
milliseconds from the camera's picture to the bars, and what an answer costs the kernel (`own_clips.live`). Needs
Chromium, as the browser tests do.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import results

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.jupyter import chromium, jupyterlab, new_page, open_notebook, run_all

SETUP = """
import numpy as np
import ipywidgets
import matplotlib.pyplot as plt
from vidlab import models, widgets, world
from vidlab.tensorflow import tf

factors = "motion", "shape", "texture"
clip = world.render(1, label="motion", factors=factors, frames=24, size=(32, 32), seed=3).clips[0]
model = models.conv3d(clip.shape, 8)
"""
INTERACT = """
%matplotlib inline
def picture(frame):
    plt.imshow(clip[frame])
    plt.axis("off")
    plt.show()

ipywidgets.interact(picture, frame=(0, 23));
"""
LABS = {  # what is measured: the cell, the label of the slider that is moved, and where the answer is computed
    "interact, matplotlib": (INTERACT, None, "kernel"),
    "player": ("widgets.play(clip)", "frame", "browser"),
    "convolution": ("widgets.convolve()", "output column", "browser"),
    "receptive field": ("widgets.receptive_field(clip=clip)", "column", "kernel"),
    "layer explorer": ("widgets.explore(model, clip)", "frame", "kernel"),
    "RNN": ("widgets.rnn()", "step", "kernel"),
    "RNN, a weight": ("widgets.rnn()", "U 1→1", "kernel"),
    "gates": ("widgets.gates()", "step", "kernel"),
    "gates, drawing": ("widgets.gates()", "input at this step", "kernel"),
}
FORM = "{:22}{:>12}{:>9}{:>11}{:>9}{:>12}{:>12}{:>7}"
# Logs the time of every key, every input, and every change of the pixels below `root`.
WATCH = """([root, slider]) => {
    const log = window.log = {keys: [], inputs: [], changes: [], blank: 0};
    const picture = async () => {
        let sum = '';
        for (const canvas of root.querySelectorAll('canvas')) {
            if (!canvas.width) { log.blank++; continue; }
            const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const data = new Uint32Array(image.data.buffer);
            let mixed = 0, seen = 0;
            for (let i = 0; i < data.length; i += 3) { mixed = (mixed * 31 + data[i]) | 0; seen |= data[i] ^ data[0]; }
            if (!(data[0] >>> 24)) log.blank++;
            sum += mixed + ',';
        }
        for (const image of root.querySelectorAll('img')) { await image.decode(); sum += image.src; }
        for (const chart of root.querySelectorAll('.vl-chart, .vl-picture svg')) sum += chart.innerHTML;
        if (!sum) log.blank++;
        return sum;
    };
    let last = null;
    const look = async () => { const now = performance.now(); const seen = await picture();
        const at = root.querySelector('img') ? performance.now() : now;
        if (seen !== last) { last = seen; log.changes.push(at); } };
    look();
    new MutationObserver(look).observe(root, {subtree: true, childList: true, attributes: true, characterData: true});
    root.addEventListener('keydown', e => log.keys.push(e.timeStamp), true);
    for (const kind of ['input', 'pointermove'])
        root.addEventListener(kind, e => { if (kind === 'input' || e.buttons) log.inputs.push(e.timeStamp); }, true);
}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", help="write the rows there, as JSON")
    parser.add_argument("--labs", nargs="+", choices=(*LABS, "live"), default=(*LABS, "live"))
    parser.add_argument("--presses", type=int, default=90)
    arguments = parser.parse_args()
    rows, live = [], []
    print(FORM.format("lab", "computed in", "nodelay", "median ms", "p95 ms", "pictures/s", "settled ms", "blank"))
    for swift in (True, False):
        with tempfile.TemporaryDirectory() as home, chromium() as browser:
            course = Path(home, "course")
            course.mkdir()
            with jupyterlab(Path(home), course, swift) as address:
                for name in arguments.labs:
                    if name in LABS and (swift or LABS[name][2] == "kernel"):
                        rows.append(measure(browser, address, course, name, arguments.presses) | {"nodelay": swift})
                        print(line(rows[-1]), flush=True)
    if "live" in arguments.labs:
        import own_clips  # late: it loads TensorFlow into this process, too

        live = own_clips.in_a_browser(own_clips.live)
    if arguments.out:
        results.save(arguments.out, " ".join(["python bench/widgets.py", *sys.argv[1:]]), rows=rows, live=live)


def measure(browser, address, course, name, presses):
    """One lab in a notebook of its own: presses first, then drags of its slider."""
    code, label, place = LABS[name]
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, code)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), course / "lab.ipynb")
    with new_page(browser) as page:
        open_notebook(page, address.format("lab.ipynb"))
        run_all(page)
        if label is None:
            root = page.locator(".jp-OutputArea-output:has(.widget-slider)").last
            slider = root.locator("[role=slider]").first
            root.locator("img").first.wait_for(timeout=120_000)
        else:
            root = page.locator(".vl-live").first
            slider = root.get_by_role("slider", name=label, exact=True)
            slider.wait_for(timeout=120_000)
        root.scroll_into_view_if_needed()
        page.wait_for_timeout(1500)
        page.evaluate(WATCH, [root.element_handle(), slider.element_handle()])
        slider.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(500)
        page.evaluate("Object.assign(window.log, {keys: [], inputs: [], changes: []})")
        low, high, step = (
            slider.get_attribute(n) or slider.get_attribute(f"aria-value{n}") for n in ("min", "max", "step")
        )
        places = round((float(high) - float(low)) / float(step or 1))
        for i in range(presses):
            page.keyboard.press("ArrowRight" if (i // places) % 2 == 0 else "ArrowLeft")
            page.wait_for_timeout(250)
        log = page.evaluate("window.log")
        waits = []
        for key, following in zip(log["keys"], [*log["keys"][1:], float("inf")], strict=True):
            waits += [c - key for c in log["changes"] if key <= c < following][:1]
        box = slider.bounding_box()
        middle, left, right = box["y"] + box["height"] / 2, box["x"] + 6, box["x"] + box["width"] - 6
        if label is None:  # the handle of an ipywidgets slider slides on a track
            track = root.locator(".noUi-base").bounding_box()
            left, right = track["x"] + 2, track["x"] + track["width"] - 2
        page.evaluate("Object.assign(window.log, {keys: [], inputs: [], changes: [], blank: 0})")
        page.mouse.move(left, middle)
        page.mouse.move(box["x"] + box["width"] / 2 if label is None else left, middle)
        page.mouse.down()
        start = time.monotonic()
        while time.monotonic() - start < 4:
            for x in (right, left):
                page.mouse.move(x, middle, steps=min(places, 40))  # each move goes to another place
        page.mouse.up()
        page.wait_for_timeout(1500)
        log = page.evaluate("window.log")
        last = log["inputs"][-1]
        during = [c for c in log["changes"] if log["inputs"][0] <= c <= last]
        return {
            "lab": name, "computed": place, "presses": len(waits), "of": presses,
            "median_ms": round(statistics.median(waits), 1), "p95_ms": round(statistics.quantiles(waits, n=20)[-1], 1),
            "pictures_per_second": round(len(during) / (last - log["inputs"][0]) * 1000, 1),
            "settled_ms": round(max(log["changes"][-1] - last, 0), 1), "blank": log["blank"],
            "errors": len(page.errors),
        }  # fmt: skip


def line(row):
    numbers = (row[name] for name in ("median_ms", "p95_ms", "pictures_per_second", "settled_ms", "blank"))
    return FORM.format(row["lab"], row["computed"], "yes" if row["nodelay"] else "no", *numbers)


if __name__ == "__main__":
    main()
