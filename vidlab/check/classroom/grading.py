"""A folder of handed-in notebooks, graded; what was graded stays graded."""

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from vidlab.check.answers import Trial
from vidlab.check.classroom import submission
from vidlab.check.classroom.sandbox import Lost, Sandbox
from vidlab.check.exercises import EXERCISES
from vidlab.check.judge import verdict

PART = "graded"  # folder of finished submissions, in the folder of the results


@dataclass(frozen=True)
class Grade:
    """What one exercise of one student is worth. `misconception` is a known mistake's slug, or empty."""

    student: str
    notebook: str
    exercise: str
    points: float
    attempted: bool
    misconception: str
    message: str


def grade(
    folder, out, *, jobs: int = 2, contain: bool = True, progress: Callable = lambda done, all: None
) -> list[Grade]:
    """Grade every notebook in a folder; each student's code runs in processes of its own.

    The student is the first folder below `folder`, or, where the notebooks lie in it side by side, the file's name
    without the notebook's. What is finished is kept in `out`/graded, by the content of the file: called again, only
    what is new or changed is graded.

    Parameters
    ----------
    folder, out
        Where the notebooks are; where results go.
    jobs
        How many students at a time.
    contain
        Use bubblewrap, where it is.
    progress
        Called with (number finished, number of all), if given.

    Returns
    -------
    list of Grade
        One for each exercise of each notebook that was handed in, by student. A file that cannot be read gives one
        grade of 0 whose message says why.

    Raises
    ------
    ValueError
        There is no such folder, or no notebook in it.
    """
    folder, out = Path(folder), Path(out)
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; give the one that holds the notebooks")
    files = sorted(_handed_in(folder, out))
    if not files:
        raise ValueError(f"{folder}: no notebook (.ipynb) in it")
    kept = out / PART
    kept.mkdir(parents=True, exist_ok=True)
    found, left = {}, []
    for student, path in files:
        known = _known(kept, student, path)
        if known is None:
            left.append((student, path))
        else:
            found[student, path] = known
    progress = progress or (lambda done, of: None)
    progress(len(found), len(files))
    stop = threading.Event()
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        begun = {pool.submit(_graded, student, path, (folder, out), contain, stop): (student, path)
                 for student, path in left}  # fmt: skip
        try:
            for one in as_completed(begun):
                student, path = begun[one]
                found[student, path] = one.result()
                _keep(kept, student, path, found[student, path])
                progress(len(found), len(files))
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [grade for key in sorted(found) for grade in found[key]]


def _handed_in(folder, out) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*.ipynb"):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts) or out.resolve() in path.resolve().parents:
            continue
        yield (inside.parts[0] if len(inside.parts) > 1 else _name(path.stem)), path


def _name(stem):
    """The student in a file's name: what is left without the notebook's number and title."""
    titles = sorted({one.notebook for one in EXERCISES.values()}, key=len, reverse=True)
    for number in titles:
        if found := re.fullmatch(rf"(.+?)[_\- ]+{number}_\w+|{number}_[a-z_]+?[_\- ]+([A-Z].*)", stem):
            return found[1] or found[2]
    return stem


@lru_cache(1)
def _version() -> str:
    """Changes when an exercise does, so that what was graded by another one is graded again."""
    text = "".join(f"{one.slug}{one.source}{one.mistakes}{one.tolerance}" for one in EXERCISES.values())
    return hashlib.sha256(text.encode()).hexdigest()


def _place(kept, student, path):
    key = hashlib.sha256(f"{student}\0{path.name}\0{path.parent}".encode()).hexdigest()[:12]
    return kept / f"{re.sub(r'[^A-Za-z0-9_-]', '_', student)[:40]}-{key}.json"


def _state(path):
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() + _version()
    except OSError:
        return "unreadable"


def _known(kept, student, path):
    try:
        stored = json.loads(_place(kept, student, path).read_text(encoding="utf8"))
        return [Grade(**one) for one in stored["grades"]] if stored["state"] == _state(path) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(kept, student, path, grades):
    place = _place(kept, student, path)
    part = place.with_suffix(".part")
    part.write_text(json.dumps({"state": _state(path), "grades": [asdict(one) for one in grades]}), encoding="utf8")
    os.replace(part, place)


def _graded(student, path, hide, contain, stop) -> list[Grade]:
    try:
        handed_in = submission.read(path, student, {slug: one.notebook for slug, one in EXERCISES.items()})
    except submission.Unreadable as error:
        return [Grade(student, "", "", 0.0, False, "", str(error))]
    asked = [slug for slug, one in EXERCISES.items() if one.notebook == handed_in.notebook or slug in handed_in.cells]
    grades, box = [], None
    try:
        for slug in asked:
            best = None
            for number, source in handed_in.cells.get(slug, []):
                trial, box = _trial(box, handed_in, slug, number, source, (hide, contain, stop))
                result = _verdict(slug, trial)
                if best is None or (result.score, result.attempted) > (best.score, best.attempted):
                    best = result
            grades.append(_grade(handed_in, slug, best))
    finally:
        if box is not None:
            box.close()
    return grades


def _trial(box, handed_in, slug, number, source, how):
    """An answer, tried in the student's process; a new one where the last was lost."""
    exercise = EXERCISES[slug]
    function = None if exercise.is_value else exercise.reference.__name__
    try:
        source, answer = submission.answer_in(source, slug, function)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" (line {error.lineno} of the cell)" if getattr(error, "lineno", None) else ""
        return Trial("function", stopped=f"The cell is not Python{line}: {getattr(error, 'msg', error)}."), box
    try:
        if box is None:
            box = Sandbox(*how)
            try:
                box.define(submission.definitions(handed_in))
            except Lost:
                box.close()
                box = Sandbox(*how)
        return box.attempt(source, answer, None if exercise.is_value else exercise.tried(), number), box
    except Lost as lost:
        box.close()
        return Trial("function", stopped=str(lost)), None


def _verdict(slug, trial):
    from vidlab.check.judge import Result

    if trial.stopped:
        return Result(slug, False, trial.stopped)
    try:
        return verdict(EXERCISES[slug], trial)
    except Exception:  # a process that answers in another form than ours
        return Result(slug, False, "The answer cannot be looked at.")


def _grade(handed_in, slug, result):
    if result is None:
        return Grade(handed_in.student, handed_in.notebook, slug, 0.0, False, "", "The cell is missing.")
    return Grade(
        handed_in.student, handed_in.notebook, slug, result.score, result.attempted, result.misconception or "",
        result.message,
    )  # fmt: skip
