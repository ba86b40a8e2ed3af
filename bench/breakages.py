# ruff: noqa: E501 - a breakage reads best on one line
"""Do the tests notice when something is broken? One breakage at a time, in a copy, against its room's tests.

    python bench/breakages.py [--only NAME ...] [--out data/results/breakages.json]

Each breakage is a mistake that somebody could make: two sides exchanged, a term dropped, one off, one seed for all. Its
text stands exactly once in its file; else the run stops and says so, since then the breakage itself must be mended. The
tests of each room run first without any breakage and must pass.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import results

COURSE = Path(__file__).parents[1]
COPIED = "vidlab", "tests", "data", "bench", "notebooks", "pyproject.toml", "requirements.txt", "Makefile", "README.md"


class Breakage(NamedTuple):
    """`file` below the course, the text to replace and what it becomes, and the room's tests."""

    name: str
    file: str
    text: str
    broken: str
    tests: str


def _in(file, tests, *breakages):
    return [Breakage(name, file, text, broken, tests) for name, text, broken in breakages]


BREAKAGES = [
    *_in("vidlab/reference/convolution.py", "tests/reference/test_convolution.py",
         ("kernel flipped", "weights = kernel.reshape(-1, filters)", "weights = kernel[::-1, ::-1].reshape(-1, filters)"),
         ("bias dropped", "np.matmul(numbers, weights, out=out)\n    return y if bias is None else y + bias",
          "np.matmul(numbers, weights, out=out)\n    return y")),
    *_in("vidlab/reference/recurrent.py", "tests/reference/test_recurrent.py",
         ("rnn's recurrent matrix transposed", "h = states[:, t] = activation(from_input[:, t] + h @ U)",
          "h = states[:, t] = activation(from_input[:, t] + h @ U.T)"),
         ("rnn's gradient of U one step late", "np.concatenate([first[:, None], h[:, :-1]], axis=1)", "h")),
    *_in("vidlab/reference/gated.py", "tests/reference/test_gated.py",
         ("output gate sees the old cell", "        c = f * c + i * g\n        if peepholes:\n            z_o += peep(c, P_o)",
          "        if peepholes:\n            z_o += peep(c, P_o)\n        c = f * c + i * g"),
         ("input and forget gate exchanged", "z_i, z_f, z_c, z_o = (z[:, k", "z_f, z_i, z_c, z_o = (z[:, k")),
    *_in("vidlab/reference/pooling.py", "tests/reference/test_pooling.py",
         ("padding counts in an average", "_window_sums(x, size, windows) / _window_sums(np.ones_like(x[:1, ..., :1])"
          ", size, windows)", "_window_sums(x, size, windows) / np.prod(size)")),
    *_in("vidlab/reference/classifier.py", "tests/reference/test_classifier.py",
         ("the loss is a sum", "(log_sum - z[np.arange(len(z)), labels]).mean()",
          "(log_sum - z[np.arange(len(z)), labels]).sum()")),
    *_in("vidlab/video/sampling.py", "tests/video/test_video.py",
         ("middle of a segment one off", "middle = (first + after - 1) // 2", "middle = (first + after) // 2"),
         ("last frame never taken", "np.floor(k * (n_frames - 1) / (frames - 1) + 0.5)",
          "np.floor(k * (n_frames - 1) / frames + 0.5)")),
    *_in("vidlab/video/reading.py", "tests/video/test_file.py",
         ("tick of a step at its begin", "(np.arange(len(inside)) + 0.5) *", "np.arange(len(inside)) *"),
         ("mirrored not applied", "whole = picture.view(\"V3\")[:, :: -1 if mirrored else 1]", "whole = picture.view(\"V3\")"),
         ("guard of sound's channels", "frame.layout.nb_channels > 8", "frame.layout.nb_channels > 64")),
    *_in("vidlab/video/file.py", "tests/video/test_file.py",
         ("time does not go on over a join", "self.jumped = not -0.1 <= ahead <= 10", "self.jumped = False"),
         ("packets before the key frame count", "and packet.pts < self.begin", "and False")),
    *_in("vidlab/world/picture.py", "tests/world/test_labels.py",
         ("shadow left and right", '"left": (-1, 0), "right": (1, 0), "top"', '"left": (1, 0), "right": (-1, 0), "top"')),
    *_in("vidlab/world/ground.py", "tests/world/test_labels.py",
         ("zoom in and out", '"zoom in": (0, 0, 1), "zoom out": (0, 0, -1)', '"zoom in": (0, 0, -1), "zoom out": (0, 0, 1)'),
         ("the ground streams the other way", '"left": (-1, 0), "right": (1, 0), "up"', '"left": (1, 0), "right": (-1, 0), "up"'),
         ("low and high contrast", '{"low": 0.35, "high": 2.2}', '{"low": 2.2, "high": 0.35}'),
         ("light from the other side", "np.linspace(1.7, 0.25,", "np.linspace(0.25, 1.7,")),
    *_in("vidlab/world/tracks.py", "tests/world/test_labels.py",
         ("left of and right of", '"left of": (-1, 0), "right of": (1, 0)', '"left of": (1, 0), "right of": (-1, 0)'),
         ("top and bottom", '"top left": (0.0, 0.0),', '"top left": (0.0, 0.5),')),
    *_in("vidlab/world/faces.py", "tests/world/test_labels.py",
         ("smile and frown", '"smile": (1, 1),\n    "frown": (-1, -1),', '"smile": (-1, -1),\n    "frown": (1, 1),')),
    *_in("vidlab/world/tones.py", "tests/world/test_world.py",
         ("an octave higher", '"low": 330.0, "high": 660.0', '"low": 660.0, "high": 1320.0')),
    *_in("vidlab/figures/charts.py", "tests/test_figures.py",
         ("axes of the confusion matrix", "ax.imshow(table, cmap", "ax.imshow(table.T, cmap"),
         ("training and validation", '((name, "training"), (f"val_{name}", "validation"))',
          '((name, "validation"), (f"val_{name}", "training"))'),
         ("shuffled and in order", 'kinds["frames in order"].append(row["top1"])',
          'kinds["frames in order"].append(row["shuffled"])'),
         ("mean of the wrong axis", "values.mean(axis=1)", "values.mean(axis=0)")),
    *_in("vidlab/datasets/splits.py", "tests/datasets/test_splits.py",
         ("no division by the class's size", "/ totals[classes]).sum(axis=1)", ").sum(axis=1)")),
    *_in("vidlab/datasets/batches.py", "tests/datasets/test_batches.py",
         ("an absent class weighs nothing", "share / int(n) if n else 1.0", "share / int(n) if n else 0.0")),
    *_in("vidlab/datasets/augmentation.py", "tests/datasets/test_augmentation.py",
         ("a crop's shape never varies", "np.exp(rng.uniform(-1, 1) * np.log(4 / 3) / 2)", "1 + 0 * rng.uniform(-1, 1)"),
         ("left is not exchanged with right", "clip = clip[:, :, ::-1]", "clip = clip[:, ::-1]")),
    *_in("vidlab/datasets/lists.py", "tests/datasets/test_lists.py",
         ("test clips in training", '{"1": "train", "2": "test"}[use]', '{"2": "train", "1": "test"}[use]')),
    *_in("vidlab/models/peephole.py", "tests/models/test_peephole.py",
         ("the layer's output gate sees the old cell", "        c = f * c + i * self.activation(z_c)\n"
          "        o = self.recurrent_activation(z_o + self._peep(c, self.peephole_o))",
          "        o = self.recurrent_activation(z_o + self._peep(c, self.peephole_o))\n"
          "        c = f * c + i * self.activation(z_c)")),
    *_in("vidlab/models/frame.py", "tests/models/test_models.py",
         ("frame_cnn sees the first frame", "(clip[:, (clip_shape[0] - 1) // 2])", "(clip[:, 0])")),
    *_in("vidlab/training/evaluation.py", "tests/training/test_evaluation.py",
         ("top five is top four", "likeliest[:, :5]", "likeliest[:, :4]"),
         ("all clips shuffled alike", "np.tile(np.arange(clips.shape[1]), (len(clips), 1)), axis=1)",
          "np.tile(np.arange(clips.shape[1]), (len(clips), 1)), axis=0)")),
    *_in("vidlab/training/comparison.py", "tests/training/test_comparison.py",
         ("one seed for all", "keras.utils.set_random_seed(seed)", "keras.utils.set_random_seed(0)")),
    *_in("vidlab/training/fitting.py", "tests/training/test_fitting.py",
         ("the worst epoch is kept", "self.rank is None or rank > self.rank", "self.rank is None or rank < self.rank")),
    *_in("vidlab/training/fitting.py", "tests/training/test_fitting.py",
         ("the last epoch is always whole", ".take(left)", "")),
    *_in("vidlab/datasets/arrays.py", "tests/datasets/test_batches.py",
         ("the fit does not reach the file", "f.size, f.fit,", 'f.size, "stretch",')),
    *_in("vidlab/reference/receptive.py", "tests/models/test_receptive_fields.py",
         ("the field grows without the distance", "r + (kernel - 1) * dilation * j", "r + (kernel - 1) * dilation")),
    *_in("vidlab/world/draws.py", "tests/world/test_factors.py",
         ("factors share their chance", "zlib.crc32(name.encode())])", "0])")),
    *_in("vidlab/fetch/downloads.py", "tests/fetch/test_downloads.py",
         ("any checksum will do", "if _sha256(part) != sha256:", "if False:")),
    *_in("vidlab/figures/grids.py", "tests/test_figures.py",
         ("colours of another column", "zip(grid[place], row, each[place], strict=True)",
          "zip(grid[place], row, each[place][::-1], strict=True)")),
    *_in("vidlab/cli/lab.py", "tests/cli/test_lab.py",
         ("the learner's work is replaced", "elif mine == copied.cells.get(original.name):", "elif True:")),
    *_in("tests/notebooks/pictures.py", "tests/notebooks/test_pictures.py",
         ("pictures of any likeness pass", "ALIKE = 0.65", "ALIKE = 0.3")),
    *_in("vidlab/widgets/all_units.py", "tests/widgets/test_all_units.py",
         ("a click on the reordered map means another unit", 'pick=("unit", "step"), order=order',
          'pick=("unit", "step"), order=np.arange(units)'),
         ("chance of one unit, not of the best", ".max(axis=1), LIKELY", ".mean(axis=1), LIKELY")),
    *_in("vidlab/widgets/recurrent_views.py", "tests/widgets/test_recurrent.py",
         ("forgetting and exploding in words", "if radius < 0.995:", "if radius > 0.995:"),
         ("the lab's gradient stops one step short", "line[: step + 1] = np.linalg.norm", "line[1 : step + 2] = np.linalg.norm")),
]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these breakages alone")
    parser.add_argument("--out", help="write the rows there, as JSON")
    arguments = parser.parse_args()
    chosen = [b for b in BREAKAGES if not arguments.only or b.name in arguments.only]
    if arguments.only and len(chosen) < len(arguments.only):
        parser.error(f"--only: there is no {', '.join(set(arguments.only) - {b.name for b in chosen})}")
    for b in chosen:
        if (times := (COURSE / b.file).read_text(encoding="utf8").count(b.text)) != 1:
            sys.exit(f"{b.name}: its text stands {times} times in {b.file}, not once; mend bench/breakages.py")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "course")
        copy.mkdir()
        for name in COPIED:
            source = COURSE / name
            shutil.copytree(source, copy / name) if source.is_dir() else shutil.copy(source, copy)
        for tests in dict.fromkeys(b.tests for b in chosen):
            if (first := run(copy, tests)[0]) is not None:
                sys.exit(f"{tests}: {first} fails without any breakage")
        rows = []
        for b in chosen:
            path = copy / b.file
            whole = path.read_text(encoding="utf8")
            path.write_text(whole.replace(b.text, b.broken), encoding="utf8")
            by, seconds = run(copy, b.tests)
            path.write_text(whole, encoding="utf8")
            rows.append({"breakage": b.name, "file": b.file, "caught by": by, "seconds": round(seconds, 1)})
            print(f"{b.name:52} {b.file:36} {by or 'NOT CAUGHT'}", flush=True)
    caught = sum(row["caught by"] is not None for row in rows)
    print(f"{caught} of {len(rows)} caught")
    if arguments.out:
        results.save(arguments.out, "python bench/breakages.py --out data/results/breakages.json", rows=rows)


def run(copy, tests):
    """The first test that fails in the copy, or None; and how many seconds it took."""
    begin = monotonic()
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests.split()]
    done = subprocess.run(
        command, cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, capture_output=True, text=True, timeout=900
    )
    failed = re.search(r"^(?:FAILED|ERROR) \S+?(?:::(\S+))?(?: - .*)?$", done.stdout, re.M)
    if done.returncode and not failed:
        if "Fatal Python error" in done.stderr + done.stdout:
            return "a crash", monotonic() - begin
        sys.exit(f"{tests} cannot be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return (failed[1] or "its import") if failed else None, monotonic() - begin


if __name__ == "__main__":
    main()
