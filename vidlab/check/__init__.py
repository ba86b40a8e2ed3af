"""Exercises that know what you got wrong.

    check.conv1d(my_function)      # right? and if not, which mistake is it
    check.hint("conv1d")           # one of three, of rising help
    check.solution("conv1d")       # after two tries, or at once with now=True
    check.progress()               # what you have tried and solved

exercise     what an exercise is
exercises/   the exercises, a file for some chapters each
limits       somebody else's code, run so that it can hurt nothing
answers      an answer is tried on the inputs: what it says, as plain arrays
judge        is an answer right, and which mistake is it
mutants      small changes of a solution, made by a program
record       what was tried and solved
panel        how a result looks
classroom/   a class: an nbgrader course, and grades of a folder of notebooks

The exercises are read when the first is asked for: `vidlab grade` tries answers in a process that holds none of them.
"""

import difflib
from typing import TYPE_CHECKING

from vidlab.check import record
from vidlab.check.exercise import Exercise, Mistake
from vidlab.check.panel import Panel

if TYPE_CHECKING:
    from vidlab.check.judge import Result

__all__ = ["EXERCISES", "Exercise", "Mistake", "Result", "hint", "progress", "prompt", "solution"]
TRIES = 2  # before the solution is offered


class Checker:
    """Checks answers to one exercise: call it with yours."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self.__doc__ = f"{exercise.title}\n\n{exercise.prompt}"

    def __call__(self, answer=None) -> "Checked":
        """Check an answer: a function, or a value."""
        from vidlab.check.judge import judge

        result = judge(self.exercise, answer)
        tries = 0
        if result.attempted:
            before = record.known_of(self.exercise.slug)
            now = record.note(
                self.exercise.slug,
                tries=before["tries"] + (not before["solved"]),
                solved=before["solved"] or result.passed,
            )
            tries = now["tries"]
        return Checked(result, tries)

    def __repr__(self):
        return f"check.{self.exercise.slug}: {self.exercise.title}"


class Checked(Panel):
    """A `Result` that shows itself; its attributes are the result's."""

    def __init__(self, result: "Result", tries: int = 0):
        self.result = result
        if not result.attempted:
            super().__init__(
                "not attempted yet", f'`check.hint("{result.exercise}")` helps, if you do not know how to begin.'
            )
        elif result.passed:
            super().__init__("right", result.message.removeprefix("Right. "))
        else:
            text = result.message.removeprefix("Not yet. ")
            if tries >= TRIES:
                text += f'\n`check.hint("{result.exercise}")` and `check.solution("{result.exercise}")` are there.'
            if result.printed.strip():
                text += f"\nIt printed:\n`{result.printed.strip()[:600]}\n`"
            super().__init__("not yet", text, result.details if result.misconception is None else None)

    def __getattr__(self, name):
        return getattr(self.result, name)


def _all() -> dict:
    from vidlab.check.exercises import EXERCISES

    return EXERCISES


def _found(exercise) -> Exercise:
    slug = exercise.exercise.slug if isinstance(exercise, Checker) else exercise
    if slug not in _all():
        raise ValueError(f"there is no exercise {slug!r}{_like(slug)}")
    return _all()[slug]


def _like(slug) -> str:
    close = difflib.get_close_matches(str(slug), _all(), n=3, cutoff=0.5)
    return f"; is it {' or '.join(close)}?" if close else "; check.progress() lists them"


def prompt(exercise: str) -> Panel:
    """What is asked."""
    found = _found(exercise)
    return Panel(found.title, found.prompt)


def hint(exercise: str) -> Panel:
    """The next of three hints; after the third it is the third again."""
    found = _found(exercise)
    number = min(record.known_of(found.slug)["hints"] + 1, 3)
    record.note(found.slug, hints=number)
    return Panel(f"hint {number} of 3", found.hints[number - 1])


def solution(exercise: str, *, now: bool = False) -> Panel:
    """The reference solution and why it is so: after two tries, or at once with `now`."""
    found = _found(exercise)
    known = record.known_of(found.slug)
    if not (now or known["solved"] or known["tries"] >= TRIES):
        left = TRIES - known["tries"]
        return Panel(
            "not yet", f'Try {left} more time{"s" * (left > 1)} first; or `check.solution("{found.slug}", now=True)`.'
        )
    return Panel("one solution", f"{found.why}\n`{found.source.rstrip()}`")


def progress() -> Panel:
    """What you have tried and solved, by notebook."""
    known, lines = record.read(), []
    for notebook in dict.fromkeys(one.notebook for one in _all().values()):
        slugs = [slug for slug, one in _all().items() if one.notebook == notebook]
        solved = [slug for slug in slugs if known.get(slug, {}).get("solved")]
        tried = [slug for slug in slugs if slug in known and slug not in solved]
        bar = "■" * len(solved) + "□" * (len(slugs) - len(solved))
        lines.append(
            f"{notebook:4}{bar}  {len(solved)} of {len(slugs)} solved"
            + (f"; tried: {', '.join(tried)}" if tried else "")
        )
    return Panel("progress", "\n" + "\n".join(lines))


def __getattr__(name):
    if name == "EXERCISES":
        return _all()
    if name == "Result":
        from vidlab.check.judge import Result

        return Result
    if not name.startswith("_") and name in _all():
        return Checker(_all()[name])
    raise AttributeError(f"vidlab.check has no exercise {name!r}{_like(name)}" if not name.startswith("_") else name)


def __dir__():
    return sorted([*globals(), "EXERCISES", "Result", *_all()])
