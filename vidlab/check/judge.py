"""Is an answer right, and if not, which mistake is it?"""

import copy
import inspect
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np

from vidlab.check import mutants
from vidlab.check.exercise import Exercise
from vidlab.check.limits import Stopped, contained

REFERENCE_SECONDS = 2.0  # for a known mistake or a mutant, which may loop
MOST_MUTANTS = 400


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


@dataclass(frozen=True)
class _Answered:
    """What a function gave for one input: leaves {path: array}, or what went wrong, in words."""

    leaves: dict | None = None
    wrong: str = ""
    raised: bool = False


def judge(exercise: Exercise, answer) -> Result:
    """Look at an answer."""
    if answer is None or answer is Ellipsis:
        return Result(exercise.slug, False, "Not attempted yet.", attempted=False)
    return _judge_value(exercise, answer) if exercise.is_value else _judge_function(exercise, answer)


# ------------------------------------------------------------------------------------------------------- values


def _judge_value(exercise, answer):
    if callable(answer):
        return Result(
            exercise.slug, False, "The answer is a value, not a function: give what it is, not how it is found."
        )
    wanted = _leaves(exercise.reference)
    found = _leaves(answer)
    if isinstance(found, str):
        return Result(exercise.slug, False, f"The answer is {found}; expected {_what(wanted)}.")
    if _same(found, wanted, exercise.tolerance):
        return Result(exercise.slug, True, f"Right. {exercise.why}", score=1.0)
    for mistake in exercise.mistakes:
        if mistake.value is not None and _same(found, _leaves(mistake.value), exercise.tolerance):
            return Result(exercise.slug, False, mistake.says, mistake.slug)
    if different := _different_form(found, wanted):
        return Result(exercise.slug, False, different)
    return Result(exercise.slug, False, "Not yet, and it is none of the mistakes that I know. `check.hint` helps.")


# ---------------------------------------------------------------------------------------------------- functions


def _judge_function(exercise, answer):
    if not callable(answer):
        name = exercise.made_of(exercise.source).__name__
        kind = type(answer).__name__
        return Result(
            exercise.slug, False, f"Give the function itself, {name}, and not what it returns; this is a {kind}."
        )
    if inspect.isgeneratorfunction(answer) or inspect.iscoroutinefunction(answer):
        return Result(
            exercise.slug,
            False,
            "Your function has `yield` or `async` in it, so that calling it computes nothing; use `return`.",
        )
    inputs, expected = _expected(exercise)
    given, printed = [], ""
    for place, arguments in enumerate(inputs):
        mine = copy.deepcopy(arguments)
        try:
            with contained() as output:
                ran = _run(answer, mine)
            said, printed = _answered(*ran), printed or output.getvalue()
        except Stopped as stopped:
            return Result(exercise.slug, False, str(stopped) or "It was stopped.", printed=printed)
        if place == 0 and said.leaves is None and said.wrong == "None":
            return Result(
                exercise.slug, False, "Not attempted yet: the function returns None.", attempted=False, printed=printed
            )
        if not _untouched(mine, arguments):
            says = "Your function changes its argument: the caller's array is another one afterwards. Work on a copy."
            return Result(exercise.slug, False, says, "changes-its-argument", printed=printed)
        given.append(said)
    fails = [k for k, (a, b) in enumerate(zip(given, expected, strict=True)) if not _agree(a, b, exercise.tolerance)]
    result = Result(exercise.slug, False, "", printed=printed)
    if not fails:
        try:
            with contained():
                ran = _run(answer, copy.deepcopy(inputs[-1]))
            again = _answered(*ran)
        except Stopped as stopped:
            return replace(result, message=str(stopped))
        if not _agree(again, given[-1], exercise.tolerance):
            return replace(
                result,
                message="It gives another answer each time: is there chance in it, or does it remember something?",
            )
        return replace(result, passed=True, message=f"Right. {exercise.why}", score=1.0)
    at = fails[0]
    result = replace(result, details=(inputs[at], expected[at].leaves, given[at].leaves))
    usable = [k for k, one in enumerate(given) if one.leaves is not None]
    if usable and (found := _named(exercise, given, usable)):
        return replace(result, message=found[1], misconception=found[0])
    if given[at].leaves is None:
        return replace(result, message=_sentence(given[at].wrong, inputs[at]))
    if different := _different_form(given[at].leaves, expected[at].leaves):
        return replace(result, message=f"{different} ({_inputs_in_words(inputs[at])})")
    if words := _mutated(exercise, given, usable):
        return replace(result, message=f"Not yet. It behaves {words}.")
    return replace(
        result,
        message=f"Not yet. {_first_difference(given[at].leaves, expected[at].leaves)} ({_inputs_in_words(inputs[at])})",
    )


def _run(function, arguments):
    """What the function gives, and what went wrong with it, in words or None; `Stopped` passes."""
    try:
        return function(*arguments), None
    except Stopped:
        raise
    except SystemExit:
        return None, "It calls exit(). A function gives its answer with `return`."
    except KeyboardInterrupt:
        raise Stopped("Interrupted.") from None
    except BaseException as error:
        return None, _own_line(error, function)


def _answered(value, wrong=None):
    """What came of a run; looked at only when NumPy is itself again."""
    if wrong is not None:
        return _Answered(wrong=wrong, raised=True)
    leaves = _leaves(value)
    return _Answered(wrong=leaves) if isinstance(leaves, str) else _Answered(leaves)


def _call(function, arguments):
    return _answered(*_run(function, arguments))


def _own_line(error, function):
    """The error, with the line of the answer that it comes from; nothing of ours."""
    kind = type(error).__name__
    if isinstance(error, RecursionError):
        return "It calls itself without end (RecursionError): what ends the recursion?"
    if isinstance(error, MemoryError):
        return "It asks for more memory than there is (MemoryError): how large are its arrays?"
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    where = f" in line {own[-1].lineno} of the cell: `{own[-1].line.strip()}`" if own and own[-1].line else ""
    text = str(error).strip().split("\n")[0]
    return f"It raises {kind}{where}. Python says: {text}" if text else f"It raises {kind}{where}."


def _sentence(wrong, arguments):
    return {"None": f"It returns None for some input: is a `return` missing? ({_inputs_in_words(arguments)})"}.get(
        wrong,
        f"{wrong} ({_inputs_in_words(arguments)})"
        if wrong.startswith("It raises")
        else f"It returns {wrong}. ({_inputs_in_words(arguments)})",
    )


def _inputs_in_words(arguments):
    def words(value):
        if isinstance(value, np.ndarray):
            return f"an array of shape {value.shape}"
        if isinstance(value, Mapping):
            return f"a dict of {', '.join(map(str, value))}"
        return repr(value) if len(repr(value)) < 40 else type(value).__name__

    return f"input: {', '.join(map(words, arguments))}"


# ------------------------------------------------------------------------------------------- comparing answers


def _leaves(value, path=""):
    """{path: array} of an answer: one array, or several in a tuple or a dict. A str says what it is instead."""
    if value is None:
        return "None"
    if isinstance(value, Mapping):
        return _joined((f"{path}[{key!r}]", one) for key, one in value.items())
    if hasattr(value, "_asdict"):
        return _joined((f"{path}.{key}", one) for key, one in value._asdict().items())
    if isinstance(value, tuple) and any(isinstance(one, np.ndarray | tuple | list) for one in value):
        return _joined((f"{path}[{k}]", one) for k, one in enumerate(value))
    if inspect.isgenerator(value) or isinstance(value, map | zip | filter):
        return "a generator, which has computed nothing yet; list(...) or np.array(list(...)) makes an array of it"
    if callable(value) and not hasattr(value, "__array__"):
        return "a function, and not what it gives"
    if isinstance(value, str):
        return {path: np.asarray(value)}
    try:
        array = np.asarray(value)
    except ValueError:
        return "rows of different lengths (a ragged list); all rows of an array are equally long"
    if array.dtype == object:
        return "an array of objects: are its rows of different lengths, or is there a None in it?"
    if array.dtype.kind == "c":
        return "complex numbers; the right answer is real"
    return {path: array}


def _joined(parts):
    found = {}
    for path, one in parts:
        leaves = _leaves(one, path)
        if isinstance(leaves, str):
            return leaves if leaves != "None" else f"None at {path}"
        found |= leaves
    return found


def _agree(a, b, tolerance):
    if a.leaves is None or b.leaves is None:
        return a.raised and b.raised
    return _same(a.leaves, b.leaves, tolerance)


def _same(a, b, tolerance):
    if a.keys() != b.keys():
        return False
    for path, wanted in b.items():
        found = a[path]
        if found.shape != wanted.shape or (found.dtype.kind in "US") != (wanted.dtype.kind in "US"):
            return False
        if wanted.dtype.kind in "US":
            if (found != wanted).any():
                return False
            continue
        found, wanted = found.astype(float), wanted.astype(float)
        largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
        off = 1e-6 if b[path].dtype.kind in "iub" else tolerance * max(largest, 1e-12)  # what is counted is exact
        if not np.allclose(found, wanted, rtol=0, atol=off, equal_nan=True):
            return False
    return True


def _untouched(a, b):
    try:
        a, b = _leaves(tuple(a)), _leaves(tuple(b))
        return isinstance(a, str) or (
            a.keys() == b.keys() and all(np.array_equal(a[k], b[k], equal_nan=b[k].dtype.kind == "f") for k in b)
        )
    except (TypeError, ValueError):
        return True


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


def _first_difference(found, wanted):
    for path, right in wanted.items():
        if not _same({path: found[path]}, {path: right}, 1e-4):
            off = np.argwhere(~np.isclose(found[path].astype(float), right.astype(float), rtol=1e-4, atol=1e-6))
            index = tuple(map(int, off[0])) if len(off) else ()
            place = f"{path or 'the answer'}{list(index) if index else ''}"
            return (
                f"First difference: {place} is {float(found[path][index]):.5g}, and {float(right[index]):.5g} is right."
            )
    return ""


# ------------------------------------------------------------------------------------------ which mistake is it?


@lru_cache(64)
def _expected_of(slug, exercise):
    inputs = exercise.tried()
    answers = [_call(exercise.reference, copy.deepcopy(arguments)) for arguments in inputs]
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
def _answers_of(key, source):
    """What a wrong solution gives for each input; None where it cannot even be made."""
    inputs, _ = _expected(key.exercise)
    try:
        function = key.exercise.made_of(source)
        with contained(REFERENCE_SECONDS):
            return [_call(function, copy.deepcopy(arguments)) for arguments in inputs]
    except (Stopped, Exception):
        return None


def _agrees_on(exercise, source, given, usable):
    answers = _answers_of(_Hashed(exercise), source)
    if answers is None or any(answers[k].leaves is None for k in usable):
        return False
    if not all(_agree(given[k], answers[k], exercise.tolerance) for k in usable):
        return False
    _, expected = _expected(exercise)  # where it is the same as the right answer everywhere, it explains nothing
    return not all(_agree(given[k], expected[k], exercise.tolerance) for k in usable)


def _named(exercise, given, usable):
    """(slug, message) of the known mistake, or of two at once, that gives the same answers."""
    made = [(m, exercise.mistaken(m)) for m in exercise.mistakes]
    for mistake, source in made:
        if source is not None and _agrees_on(exercise, source, given, usable):
            slug = exercise.twins.get(mistake.slug, mistake.slug)
            says = next(m.says for m in exercise.mistakes if m.slug == slug)
            return slug, says
    for pair in combinations(exercise.mistakes, 2):
        source = exercise.mistaken(*pair)
        if source is not None and _agrees_on(exercise, source, given, usable):
            return "+".join(m.slug for m in pair), " And: ".join(m.says for m in pair)
    return None


def _mutated(exercise, given, usable):
    """In words, what the answer behaves like, where all small changes that agree with it say the same."""
    if not usable:
        return ""
    words = set()
    for count, (said, _, source) in enumerate(mutants.mutants(exercise.source)):
        if count == MOST_MUTANTS:
            break
        if _agrees_on(exercise, source, given, usable):
            words.add(said)
    return words.pop() if len(words) == 1 else ""
