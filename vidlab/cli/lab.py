"""`vidlab lab`: the course in JupyterLab, in the learner's own copy of it."""

import shutil
import subprocess
import sys

from vidlab.cli import course
from vidlab.cli.course import CommandError


def add_to(commands):
    lab = commands.add_parser("lab", help="open the course in JupyterLab, in your own copy of it")
    lab.add_argument("--reset", metavar="NN", help="first bring notebook NN back; yours is kept beside it")
    lab.add_argument("--copy-only", action="store_true", help="make the copy, do not start JupyterLab")
    lab.add_argument("jupyter", nargs="*", help="options for JupyterLab, after --")
    lab.set_defaults(run=lambda a: run_lab(a.reset, a.copy_only, a.jupyter))


def run_lab(reset=None, copy_only=False, jupyter=()):
    own = copy_course(course.COURSE / "notebooks", course.COURSE / "my-course", reset)
    if copy_only:
        return 0
    first = sorted(own.glob("[0-9][0-9]_*.ipynb"))[0]
    swift = "--ServerApp.jpserver_extensions=vidlab.server=True"  # installed in place, the package cannot turn it on
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(first), swift, *jupyter], cwd=own)


def copy_course(notebooks, own, reset=None):
    """Copy each notebook that the learner does not have yet; `reset` brings one back. Nothing is written over."""
    originals = sorted(notebooks.glob("[0-9][0-9]*_*.ipynb"))
    if not originals:
        raise CommandError(f"no notebooks in {notebooks}; run this from a full copy of the course")
    new = []
    try:
        own.mkdir(exist_ok=True)
        for original in originals:
            if not (own / original.name).exists():
                shutil.copyfile(original, own / original.name)
                new.append(original.name)
    except OSError as error:
        raise CommandError(
            f"{own} cannot be written ({error.strerror}); move away what is there, or copy the "
            "course to a folder of your own"
        ) from None
    if reset is not None:
        matching = [o for o in originals if o.name.startswith(f"{reset.zfill(2)}_") or reset in (o.stem, o.name)]
        if not matching or not reset:
            numbers = ", ".join(o.name.split("_")[0] for o in originals)
            raise CommandError(f"there is no notebook {reset!r} to bring back; there are {numbers}")
        theirs = own / matching[0].name
        if theirs.name in new:
            return own
        n = 1
        while (kept := own / f"{theirs.stem}-mine-{n}.ipynb").exists():
            n += 1
        theirs.rename(kept)
        shutil.copyfile(matching[0], theirs)
        print(f"{theirs.name} is as it was; yours is now {kept.name}")
    return own
