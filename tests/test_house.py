"""The floors of the package (a room imports only from those below), and what loads without TensorFlow."""

import ast
import importlib
import os
import pkgutil
import random
import subprocess
import sys
from pathlib import Path

import pytest

import vidlab
from vidlab import FLOORS

PACKAGE = Path(vidlab.__file__).parent
OUTSIDE = {  # what a room on floors 1 to 4 may import besides the standard library and numpy
    "tensorflow": {"tensorflow"},
    "reference": set(),
    "clips": set(),
    "video": {"av", "imageio"},
    "world": {"cv2", "skimage", "sklearn"},
    "figures": {"matplotlib", "IPython", "PIL"},
    "fetch": {"requests", "tqdm", "urllib3"},
    "datasets": {"cv2", "psutil", "tqdm"},
}


def imports():
    """(room, imported module) for every import in the package, wherever it stands in its file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Import):
                yield from ((room, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports are absolute here"
                if node.module == "vidlab":
                    yield from ((room, f"vidlab.{alias.name}") for alias in node.names)
                else:
                    yield room, node.module


def test_every_room_has_a_floor():
    rooms = {p.name.removesuffix(".py") for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__"} == set(FLOORS)


def test_rooms_import_only_from_floors_below():
    for room, module in imports():
        if module.startswith("vidlab."):
            other = module.split(".")[1]
            assert other == room or FLOORS[other] < FLOORS[room], f"{room} imports {module}"


def test_lower_floors_import_few_libraries():
    for room, module in imports():
        top = module.split(".")[0]
        if room in OUTSIDE and top not in {"vidlab", "numpy", *sys.stdlib_module_names}:
            assert top in OUTSIDE[room], f"{room} imports {module}"


def public_names():
    for info in pkgutil.iter_modules([str(PACKAGE)]):
        if info.name not in ("__main__", "cli", "tensorflow", "server"):
            module = importlib.import_module(f"vidlab.{info.name}")
            names = getattr(
                module,
                "__all__",
                [
                    n
                    for n, v in vars(module).items()
                    if not n.startswith("_") and getattr(v, "__module__", None) == module.__name__
                ],
            )
            yield from ((module.__name__, name) for name in names)


def test_no_module_bears_the_name_of_a_public_function_of_its_room():
    """Or the import of one would hide the other: `vidlab.training.evaluate`, the function, or the file?"""
    names = {f"{room}.{name}" for room, name in public_names()}
    modules = {info.name for info in pkgutil.walk_packages([str(PACKAGE)], "vidlab.")}
    assert not names & modules


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_public_names_are_there_after_any_order_of_imports(seed):
    modules = [info.name for info in pkgutil.walk_packages([str(PACKAGE)], "vidlab.") if "__main__" not in info.name]
    random.Random(seed).shuffle(modules)
    names = sorted(public_names())
    code = (
        f"import importlib, inspect\nfor m in {modules!r}: importlib.import_module(m)\n"
        f"for room, name in {names!r}:\n"
        "    found = getattr(importlib.import_module(room), name)\n"
        "    assert not inspect.ismodule(found), (room, name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def loaded_by(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def test_importing_vidlab_loads_nothing_else():
    assert not loaded_by("import vidlab") & {"numpy", "tensorflow", "keras", "av", "matplotlib"}


def test_floors_one_to_four_load_without_tensorflow():
    rooms = [room for room, floor in FLOORS.items() if floor <= 4 and room != "tensorflow"]
    assert not loaded_by(f"import {', '.join(f'vidlab.{room}' for room in rooms)}") & {"tensorflow", "keras"}


@pytest.mark.slow
@pytest.mark.parametrize(("found", "first", "says"), [
    (None, "from vidlab import figures; import keras", "True oneDNN is on"),
    (None, "import vidlab.models", "True oneDNN is on"),
    ("1", "import keras", "True oneDNN is on"),
    ("0", "import vidlab.models", "False oneDNN is off, since TF_ENABLE_ONEDNN_OPTS is 0 here"),
    ("late", "import tensorflow", "False oneDNN is off, since TensorFlow was imported before vidlab"),
])  # fmt: skip
def test_onednn_is_on_unless_the_user_chose_or_tensorflow_came_first(found, first, says):
    """A processor on which TensorFlow leaves it off is played by a variable that is gone before vidlab looks."""
    environment = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    forget = ""
    if found:
        environment["TF_ENABLE_ONEDNN_OPTS"] = "0" if found == "late" else found
        forget = "import os; del os.environ['TF_ENABLE_ONEDNN_OPTS']" if found == "late" else ""
    code = f"{first}\n{forget}\nfrom vidlab.tensorflow import onednn\nfound = onednn(); print(found.on, found.why)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1].startswith(says), done.stdout + done.stderr
    assert ("Restart the kernel" in done.stderr) == (found == "late")


@pytest.mark.slow
def test_tensorflow_starts_without_a_word():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vidlab.tensorflow import tf; import sys; "
            "print(float(tf.reduce_sum(tf.ones(3)))); print('still here', file=sys.stderr)",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert (done.stdout.strip(), done.stderr.strip()) == ("3.0", "still here")


def test_unknown_rooms_are_named():
    with pytest.raises(AttributeError, match="no room 'vidoe'; it has .*video"):
        _ = vidlab.vidoe
