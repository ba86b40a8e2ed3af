"""`vidlab lab`: the course in JupyterLab, in the learner's own copy of it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

from vidlab.cli import course
from vidlab.cli.course import CommandError


def add_to(commands):
    """Add `lab` to the command line."""
    lab = commands.add_parser("lab", help="open the course in JupyterLab, in your own copy of it")
    lab.add_argument("--reset", metavar="NN", help="first bring notebook NN back; yours is kept beside it")
    lab.add_argument("--copy-only", action="store_true", help="make the copy, do not start JupyterLab")
    lab.add_argument("jupyter", nargs="*", help="options for JupyterLab, after --")
    lab.set_defaults(run=lambda a: run_lab(a.reset, a.copy_only, a.jupyter))


def run_lab(reset=None, copy_only=False, jupyter=()):
    """Open the course, in the learner's own copy."""
    own = copy_course(course.COURSE / "notebooks", course.COURSE / "my-course", reset)
    if not copy_only:
        _weights()
    if copy_only:
        return 0
    first = _notebooks(own)[0]
    options = ["--ServerApp.jpserver_extensions=vidlab.server=True"]  # installed in place, it cannot be turned on
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in a container; JupyterLab refuses to start
        print("Careful: you are root here, and so is every notebook; where you can, start as another user.", flush=True)
        options.append("--allow-root")
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(first), *options, *jupyter], cwd=own)


def _weights():
    """Fetch the pretrained networks' weights where nobody has tried yet; without them everything else works."""
    from vidlab import fetch

    lie = fetch.SHIPPED["frames"].path.parent
    if lie.is_dir():
        return
    print("The weights of the pretrained networks (50 MB) are fetched, once.")
    for sentence in fetch.fetch_weights():
        print(f"Careful: {sentence}. Everything else works; try again with: vidlab weights")
    lie.mkdir(parents=True, exist_ok=True)  # tried: not again at each start


def _notebooks(folder):
    return sorted(folder.glob("[0-9][0-9]*_*.ipynb"))


def copy_course(notebooks, own, reset=None):
    """Bring the learner's copy up to date, and nothing that the learner wrote is lost.

    A notebook that is not there yet is copied. One that the course has a newer version of is replaced where the
    learner's has the same cells as when it was copied (running them changes nothing here); else it is left, and
    named. `reset` brings one back, and keeps what was there beside it.
    """
    originals = _notebooks(notebooks)
    if not originals:
        raise CommandError(f"no notebooks in {notebooks}; run this from a full copy of the course")
    chosen = None if reset is None else _chosen(reset, originals)
    try:
        own.mkdir(exist_ok=True)
        copied = _Copied(own)
        for original in originals:
            theirs, cells = own / original.name, _cells(original)
            if not theirs.exists():
                copied.copy(original)
            elif original == chosen:
                n = 1
                while (kept := own / f"{theirs.stem}-mine-{n}.ipynb").exists():
                    n += 1
                theirs.rename(kept)
                copied.copy(original)
                print(f"{theirs.name} is as it was; yours is now {kept.name}")
            elif copied.cells.get(original.name) != cells:
                mine = _cells(theirs)
                if mine == cells:
                    copied.note(original)
                elif mine == copied.cells.get(original.name):
                    copied.copy(original)
                    print(f"{theirs.name} is new: you had changed nothing in the older one")
                else:
                    print(
                        f"{theirs.name}: the course has another one now, and yours stays as it is; vidlab lab --reset "
                        f"{_number(original)} brings the new one and keeps yours beside it"
                    )
                    if original.name not in copied.cells:  # copied before there was a record: said once
                        copied.note(original)
    except OSError as error:
        raise CommandError(
            f"{own} cannot be written ({error.strerror}); move away what is there, or copy the "
            "course to a folder of your own"
        ) from None
    return own


class _Copied:
    """Which version of each notebook the learner's copy was made from: in a file beside them."""

    def __init__(self, own):
        self.own, self.file = own, own / ".vidlab-copied.json"
        try:
            self.cells = dict(json.loads(self.file.read_text(encoding="utf8")))
        except (OSError, ValueError, TypeError):  # none yet, or spoilt: then every difference counts as the learner's
            self.cells = {}

    def copy(self, original):
        part = self.own / f".{original.name}.part"
        shutil.copyfile(original, part)
        part.replace(self.own / original.name)  # at once: whoever interrupts loses nothing
        self.note(original)

    def note(self, original):
        self.cells[original.name] = _cells(original)
        self.file.write_text(json.dumps(self.cells, indent=1), encoding="utf8")


def _cells(notebook):
    """A digest of a notebook's cells, whatever their outputs are."""
    data = notebook.read_bytes()
    try:
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(data)["cells"]]
        data = json.dumps(cells).encode()
    except (ValueError, KeyError, TypeError):
        pass  # no notebook any more: then every byte counts
    return hashlib.sha256(data).hexdigest()


def _number(notebook):
    return notebook.name.split("_")[0]


def _chosen(reset, originals):
    for original in originals:
        number = _number(original)
        if reset and (reset.zfill(len(number)) == number or reset in (original.stem, original.name)):
            return original
    numbers = ", ".join(map(_number, originals))
    raise CommandError(f"there is no notebook {reset!r} to bring back; there are {numbers}")
