"""`vidlab doctor`: what is right and wrong with this computer's set-up."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from vidlab.cli import course


def add_to(commands):
    """Add `doctor` to the command line."""
    doctor = commands.add_parser("doctor", help="say what is right and wrong with this computer's set-up")
    doctor.set_defaults(run=lambda a: run_doctor())


class _Wrong(Exception):
    """A check failed: what is wrong, and its remedy."""


def run_doctor():
    """Run every check, print a line for each, and return how the command should exit."""
    wrong = 0
    for name, check in CHECKS.items():
        try:
            print(f"ok     {name}: {check()}")
        except _Wrong as problem:
            what, remedy = problem.args
        except Exception as error:  # a library that a check needs is missing or broken
            what, remedy = f"{type(error).__name__}: {error}", _INSTALL
        else:
            continue
        print(f"WRONG  {name}: {what}\n       -> {remedy}")
        wrong += 1
    print("Everything is right." if not wrong else f"{wrong} of {len(CHECKS)} checks failed.")
    return 1 if wrong else 0


_INSTALL = "in the course's folder, run: python -m pip install -r requirements.txt"


def _python():
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info < (3, 14):
        raise _Wrong(f"this is {version}", "install Python 3.11, 3.12 or 3.13, delete .venv and run make lab again")
    return version


def _pins():
    pins = course.COURSE / "requirements.txt"
    if not pins.is_file():
        raise _Wrong(f"{pins} is missing", "get a full copy of the course")
    from packaging.requirements import Requirement  # which pip, matplotlib and JupyterLab bring

    asked = [Requirement(line) for line in pins.read_text(encoding="utf8").splitlines() if re.match(r"\w", line)]
    here = {one.name: str(one.specifier).removeprefix("==") for one in asked if not one.marker or one.marker.evaluate()}
    other = []
    for name in ("numpy", "av", "imageio", "keras", "tensorflow", "jupyterlab", "ipywidgets", "matplotlib"):
        wanted = here.get(name)
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "not installed"
        if wanted and found != wanted:
            other.append(f"{name} {found} (the course has {wanted})")
    if other:
        raise _Wrong("; ".join(other), _INSTALL)
    return "the versions that the course was tested with"


def _tensorflow():
    code = (
        "from vidlab.tensorflow import onednn, tf\n"
        "print(tf.__version__, onednn().why, float(tf.reduce_sum(tf.ones((3, 3)))), sep='|')"
    )
    try:  # in a process of its own: on a processor that it does not know, TensorFlow ends the process
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        raise _Wrong("its import takes more than three minutes", "close other programs and try again") from None
    if done.returncode or not done.stdout.strip().endswith("9.0"):
        last = (done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"])[-1]
        raise _Wrong(last, _INSTALL + " (TensorFlow needs a 64-bit processor with AVX)")
    version, onednn, _ = done.stdout.strip().splitlines()[-1].split("|")
    if "tensorflow" in sys.modules:  # called in a notebook: what counts is this process
        from vidlab.tensorflow import onednn as asked

        onednn = asked().why
    return f"{version} computes; {onednn}"


def _codecs():
    try:
        import av
    except ImportError as error:
        raise _Wrong(f"av cannot be imported ({error})", _INSTALL) from None
    decoders = "h264 hevc vp8 vp9 av1 mpeg1video mpeg2video mpeg4 mjpeg gif aac".split()
    missing = [name for name in decoders if not _has_codec(av, name, "r")]
    missing += [f"{name} (writing)" for name in ("libx264", "aac") if not _has_codec(av, name, "w")]
    if missing:
        raise _Wrong(
            f"av {av.__version__} lacks {', '.join(missing)}",
            "python -m pip install --force-reinstall --only-binary :all: av",
        )
    return f"av {av.__version__} reads {', '.join(decoders)}"


def _has_codec(av, name, mode):
    try:
        av.Codec(name, mode)
    except ValueError:
        return False
    return True


def _widgets():
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        raise _Wrong("Jupyter is not installed", _INSTALL) from None
    places = [
        Path(p) / "@jupyter-widgets" / "jupyterlab-manager" / "package.json" for p in jupyter_path("labextensions")
    ]
    if not any(place.is_file() for place in places):
        raise _Wrong(
            "JupyterLab has no front end for ipywidgets: sliders would not show",
            "python -m pip install --force-reinstall jupyterlab_widgets, then reload JupyterLab's page",
        )
    return "JupyterLab shows ipywidgets"


def _data():
    from vidlab import datasets

    try:
        return f"{len(datasets.embedded())} clips"
    except datasets.DataNotFound as error:
        raise _Wrong(str(error), "get a full copy of the course, or: git checkout data") from None


def _weights():
    from vidlab import fetch

    missing = [known.about.split(",")[0] for kind, known in fetch.SHIPPED.items() if not fetch.whole(kind)]
    if missing:
        return f"{' and '.join(missing)} has none yet; all else works without; run vidlab weights once, with a network"
    return "both pretrained networks have theirs"


def _disk():
    free = shutil.disk_usage(course.COURSE).free / 1e9
    if free < 1:
        raise _Wrong(f"{free:.1f} GB free in {course.COURSE}", "free at least 1 GB")
    return f"{free:.0f} GB free"


def _memory():
    import psutil

    free = psutil.virtual_memory().available / 1e9
    if free < 2:
        raise _Wrong(f"{free:.1f} GB free", "close other programs: training in the notebooks needs 2 GB")
    return f"{free:.0f} GB free, {os.cpu_count()} processor cores"


CHECKS = {
    "Python": _python,
    "packages": _pins,
    "TensorFlow": _tensorflow,
    "video": _codecs,
    "widgets": _widgets,
    "the course's clips": _data,
    "weights": _weights,
    "disk": _disk,
    "memory": _memory,
}
