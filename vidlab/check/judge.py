"""Is an answer right, and if not, which mistake is it?"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from time import monotonic

import numpy as np

from vidlab.check import mutants
from vidlab.check.answers import Answered, Trial, answered, attempt, call, shown
from vidlab.check.exercise import Exercise
from vidlab.check.limits import Stopped, timed

REFERENCE_SECONDS = 2.0  # for a known mistake, which may loop
SEARCH_SECONDS = 0.3  # for pairs of known mistakes, and again for mutants; what is not found by then is not named


@dataclass(frozen=True)
class Result:
    """What `check.<exercise>(answer)` found.

    `misconception` is the slug of a known mistake, or None; `score` is 1 for a right answer, else 0. `details` is the
    smallest input on which the answer fails: (arguments, expected, given).
    """

    exercise: str
    passed: bool
    message: str
    misconception: str | None = None
    score: float = 0.0
    attempted: bool = True
    details: tuple | None = None
    printed: str = ""


def judge(exercise: Exercise, answer) -> Result:
    """Try an answer and look at it."""
    return verdict(exercise, attempt(answer, None if exercise.is_value else _expected(exercise)[0]))


def verdict(exercise: Exercise, trial: Trial) -> Result:
    """Look at an answer that was tried, here or in another process."""
    result = Result(exercise.slug, False, "", printed=trial.printed)
    if trial.kind == "nothing":
        return replace(result, message="Not attempted yet.", attempted=False)
    return (_of_value if exercise.is_value else _of_function)(exercise, trial, result)


# ------------------------------------------------------------------------------------------------------- values


def _of_value(exercise, trial, result):
    if trial.kind != "value":
        return replace(result, message="The answer is a value, not a function: give what it is, not how it is found.")
    wanted = _seen(exercise, answered(exercise.reference)).leaves
    found = _seen(exercise, trial.answers[0])
    if found.leaves is None:
        gap = found.wrong.startswith("None at ")
        says = f"There is no answer yet at {found.wrong[8:]}." if gap else f"The answer is {found.wrong}."
        return replace(result, message=says if gap else f"{says[:-1]}; expected {_what(wanted)}.")
    if _same(found.leaves, wanted, exercise.tolerance):
        return replace(result, passed=True, message=f"Right. {exercise.why}", score=1.0)
    for mistake in exercise.mistakes:
        wrong = _seen(exercise, answered(mistake.value)).leaves
        if _same({path: one for path, one in found.leaves.items() if path in wrong}, wrong, exercise.tolerance):
            return replace(result, message=mistake.says, misconception=mistake.slug)
    different = _different_form(found.leaves, wanted)
    return replace(result, message=different or "Not yet, and it is none of the mistakes that this check knows.")


# ---------------------------------------------------------------------------------------------------- functions


def _of_function(exercise, trial, result):
    if trial.kind == "value":
        name = exercise.made_of(exercise.source).__name__
        return replace(result, message=f"Give the function itself, {name}, and not what it returns.")
    if trial.kind == "generator":
        says = "Your function has `yield` or `async` in it, so that calling it computes nothing; use `return`."
        return replace(result, message=says)
    if trial.kind == "stub":
        return replace(result, message="Not attempted yet: the function returns None.", attempted=False)
    if trial.changed:
        says = "Your function changes its argument: the caller's array is another one afterwards. Work on a copy."
        return replace(result, message=says, misconception="changes-its-argument")
    if trial.stopped:
        return replace(result, message=trial.stopped)
    inputs, expected = _expected(exercise)
    given = [_seen(exercise, one) for one in trial.answers]
    fails = [k for k, (a, b) in enumerate(zip(given, expected, strict=True)) if not _agree(a, b, exercise.tolerance)]
    if not fails:
        if not _agree(_seen(exercise, trial.again), given[-1], exercise.tolerance):
            says = "It gives another answer each time: is there chance in it, or does it remember something?"
            return replace(result, message=says)
        return replace(result, passed=True, message=f"Right. {exercise.why}", score=1.0)
    at = fails[0]
    result = replace(result, details=(inputs[at], expected[at].leaves, given[at].leaves))
    usable = [k for k, one in enumerate(given) if one.leaves is not None]
    visible = any(k in usable for k in fails)  # else it raises where it is wrong, and no mistake explains that
    if visible and (found := _named(exercise, given, usable)):
        return replace(result, message=found[1], misconception=found[0])
    if given[at].leaves is None:
        return replace(result, message=_sentence(given[at].wrong, inputs[at]))
    if different := _different_form(given[at].leaves, expected[at].leaves):
        return replace(result, message=f"{different}{_inputs_in_words(inputs[at])}")
    if visible and (words := _mutated(exercise, given, usable)):
        return replace(result, message=f"Not yet. It behaves {words}.")
    return replace(
        result,
        message=f"Not yet. {_first_difference(exercise, given[at].leaves, expected[at].leaves)}"
        f"{_inputs_in_words(inputs[at])}",
    )


def _sentence(wrong, arguments):
    if wrong == "None":
        return f"It returns None: is a `return` missing?{_inputs_in_words(arguments)}"
    return f"{wrong if wrong.startswith('It ') else f'It returns {wrong}.'}{_inputs_in_words(arguments)}"


def _inputs_in_words(arguments):
    """In brackets, with a space before them; nothing where a function takes nothing."""

    def words(value):
        return f"a dict of {', '.join(map(str, value))}" if isinstance(value, Mapping) else shown(value)

    return f" (input: {', '.join(map(words, arguments))})" if arguments else ""


# ------------------------------------------------------------------------------------------- comparing answers


def _seen(exercise, said):
    """What of an answer counts."""
    if exercise.seen_as is None or said.leaves is None:
        return said
    try:
        return Answered(exercise.seen_as(said.leaves))
    except Exception:
        return Answered(wrong="of another form than asked")


def _agree(a, b, tolerance):
    if a.leaves is None or b.leaves is None:
        return a.raised and b.raised
    return _same(a.leaves, b.leaves, tolerance)


def _same(a, b, tolerance):
    if a.keys() > b.keys() and all(path.startswith("['") for path in a):
        a = {path: a[path] for path in b}  # a dict that says more than was asked
    return a.keys() == b.keys() and not any(_off(a[path], wanted, tolerance).any() for path, wanted in b.items())


def _off(found, wanted, tolerance):
    """Where an array differs from the right one; all of it where its shape or kind does."""
    if found.shape != wanted.shape or (found.dtype.kind in "US") != (wanted.dtype.kind in "US"):
        return np.ones(1, bool)
    if wanted.dtype.kind in "US":
        return np.atleast_1d(found != wanted)
    found, exact = found.astype(float), wanted.dtype.kind in "iub"  # what is counted is exact
    wanted = wanted.astype(float)
    largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
    allowed = 1e-6 if exact else tolerance * max(largest, 1e-6)
    return ~np.atleast_1d(np.isclose(found, wanted, rtol=0, atol=allowed, equal_nan=True))


def _what(leaves):
    if list(leaves) == [""]:
        array = leaves[""]
        return (
            "a number"
            if array.ndim == 0 and array.dtype.kind not in "US"
            else "a word"
            if array.ndim == 0
            else f"an array of shape {array.shape}"
        )
    return f"several: {', '.join(leaves)}"


def _different_form(found, wanted):
    """What is wrong with the form of an answer, before its numbers: names, shapes, NaN."""
    if found.keys() != wanted.keys():
        return f"The answer is {_what(found)}; expected {_what(wanted)}."
    for path, right in wanted.items():
        name = f"`{path}` of the answer" if path else "The answer"
        if (found[path].dtype.kind in "US") != (right.dtype.kind in "US"):
            is_text = found[path].dtype.kind in "US"
            return f"{name} is {'text' if is_text else 'no text'}: give {'a number' if is_text else 'a word'}."
        if found[path].shape != right.shape:
            return f"{name} has the shape {found[path].shape}; expected {right.shape}."
        if (
            right.dtype.kind not in "US"
            and found[path].dtype.kind in "fc"
            and not np.isfinite(found[path]).all()
            and np.isfinite(right).all()
        ):
            return f"{name} has NaN or infinite numbers in it: is something divided by 0, or is an exp too large?"
    return ""


def _first_difference(exercise, found, wanted):
    if exercise.seen_as is not None:
        return "It is none of the mistakes that this check knows."
    for path, right in wanted.items():
        off = np.argwhere(_off(found[path], right, exercise.tolerance))
        if len(off):
            index = tuple(map(int, off[0])) if right.ndim else ()
            said, asked = found[path][index].item(), right[index].item()
            place = f"answer{path}{list(index) if index else ''}"
            digits = next((n for n in (5, 8, 12) if _number(said, n) != _number(asked, n)), 17)
            return f"First difference: {place} is {_number(said, digits)}, and {_number(asked, digits)} is right."
    return ""


def _number(value, digits):
    if isinstance(value, str):
        return repr(value)
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.{digits}g}"


# ------------------------------------------------------------------------------------------ which mistake is it?


@lru_cache(64)
def _expected_of(slug, exercise):
    inputs = exercise.tried()
    answers = [_seen(exercise, call(exercise.reference, copy.deepcopy(arguments))) for arguments in inputs]
    return inputs, answers


def _expected(exercise):
    return _expected_of(exercise.slug, _Hashed(exercise))


class _Hashed:
    """An exercise as the key of a cache: its slug says which it is."""

    def __init__(self, exercise):
        self.exercise = exercise

    def __getattr__(self, name):
        return getattr(self.exercise, name)

    def __hash__(self):
        return hash((self.exercise.slug, self.exercise.source))

    def __eq__(self, other):
        return (self.exercise.slug, self.exercise.source) == (other.exercise.slug, other.exercise.source)


@lru_cache(4096)
def _made(key, source):
    """What a wrong solution makes; None where it cannot even be made."""
    try:
        return key.exercise.made_of(source)
    except Exception:
        return None


def _agrees_on(exercise, source, given, usable, seconds=REFERENCE_SECONDS):
    """Whether a wrong solution gives the same answers, on every input on which the answer gave any."""
    inputs, _ = _expected(exercise)
    function = _made(_Hashed(exercise), source)
    if function is None:
        return False
    try:
        with timed(seconds):
            return all(
                _agree(given[k], _seen(exercise, call(function, copy.deepcopy(inputs[k]))), exercise.tolerance)
                for k in usable
            )
    except (Stopped, Exception):
        return False


def _named(exercise, given, usable):
    """(slug, message) of the known mistake, or of two at once, that gives the same answers."""
    for mistake in exercise.mistakes:
        source = exercise.mistaken(mistake)
        if source is not None and _agrees_on(exercise, source, given, usable):
            slug = exercise.twins.get(mistake.slug, mistake.slug)
            return slug, next(m.says for m in exercise.mistakes if m.slug == slug)
    pairs = ((pair, exercise.mistaken(*pair)) for pair in combinations(exercise.mistakes, 2))
    for pair, _ in _agreeing(exercise, pairs, given, usable):
        return "+".join(m.slug for m in pair), " And: ".join(m.says for m in pair)
    return None


def _mutated(exercise, given, usable):
    """In words, what the answer behaves like, where all small changes that agree with it say the same."""
    changed = ((said, source) for said, _, source in mutants.mutants(exercise.source))
    words = {said for said, _ in _agreeing(exercise, changed, given, usable)}
    return words.pop() if len(words) == 1 else ""


def _agreeing(exercise, candidates, given, usable):
    """The candidates (name, source) that agree with the answer, as far as the time goes."""
    end = monotonic() + SEARCH_SECONDS
    for name, source in candidates:
        left = end - monotonic()
        if left <= 0:
            return
        if source is not None and _agrees_on(exercise, source, given, usable, left):
            yield name, source
