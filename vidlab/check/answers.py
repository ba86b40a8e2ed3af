"""What an answer says: a function is tried on the inputs, and each of its answers becomes plain arrays.

This part knows no solution: `vidlab grade` runs it in a process of its own, beside somebody else's code.
"""

import copy
import dis
import inspect
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

import numpy as np

from vidlab.check.limits import Stopped, contained


@dataclass(frozen=True)
class Answered:
    """What a function gave for one input: leaves {path: array}, or what went wrong, in words."""

    leaves: dict | None = None
    wrong: str = ""
    raised: bool = False


@dataclass
class Trial:
    """An answer, tried: what it gave for each input and for the last one again; a value gave itself.

    `kind` is what the answer is: "function", "value", "generator" (a function with yield or async in it), "stub" (a
    function that does nothing yet) or "nothing".
    """

    kind: str
    answers: list[Answered] = field(default_factory=list)
    again: Answered | None = None
    stopped: str = ""
    changed: bool = False
    printed: str = ""


def attempt(answer, inputs: list[tuple] | None) -> Trial:
    """Try an answer: call a function with each input, under limits, until something stops it."""
    parts = answer.values() if isinstance(answer, Mapping) else [answer]
    if all(one is None or one is Ellipsis for one in parts):
        return Trial("nothing")
    if not callable(answer):
        return Trial("value", [answered(answer)])
    if inspect.isgeneratorfunction(answer) or inspect.iscoroutinefunction(answer):
        return Trial("generator")
    if _does_nothing(answer):
        return Trial("stub")
    found = Trial("function")
    for number, arguments in enumerate([*inputs, inputs[-1]] if inputs else []):
        mine = copy.deepcopy(arguments)
        try:
            with contained() as output:
                ran = _run(answer, mine)
            said, found.printed = answered(*ran), found.printed or output.getvalue()
        except Stopped as stopped:
            found.stopped = str(stopped) or "It was stopped."
            break
        if number == len(inputs):
            found.again = said
            break
        found.answers.append(said)
        found.changed = not _untouched(mine, arguments)
        if found.changed:
            break
    return found


def _does_nothing(function):
    """Whether its body is still that of the stub."""
    code = getattr(function, "__code__", None)
    if code is None or not all(one in (None, Ellipsis, function.__doc__) for one in code.co_consts):
        return False
    return {one.opname for one in dis.get_instructions(code)} <= _NOTHING


_NOTHING = {"RESUME", "NOP", "CACHE", "LOAD_CONST", "POP_TOP", "RETURN_VALUE", "RETURN_CONST"}


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


def answered(value, wrong=None) -> Answered:
    """What came of a run; looked at only when NumPy is itself again."""
    if wrong is not None:
        return Answered(wrong=wrong, raised=True)
    found = leaves(value)
    return Answered(wrong=found) if isinstance(found, str) else Answered(found)


def call(function, arguments) -> Answered:
    """One call, without limits: for functions of ours."""
    return answered(*_run(function, arguments))


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
    if isinstance(error, TypeError) and not own and "argument" in text:
        return f"It cannot be called as the stub can: keep the stub's first line as it is. Python says: {text}"
    return f"It raises {kind}{where}. Python says: {text}" if text else f"It raises {kind}{where}."


def leaves(value, path="") -> dict | str:
    """{path: array} of an answer: one array, or several in a tuple or a dict. A str says what it is instead."""
    if value is None:
        return "None"
    if isinstance(value, Mapping):
        return _joined((f"{path}[{key!r}]", one) for key, one in value.items())
    if hasattr(value, "_asdict"):
        return _joined((f"{path}.{key}", one) for key, one in value._asdict().items())
    if isinstance(value, tuple) and any(isinstance(one, np.ndarray | tuple | list | Mapping) for one in value):
        return _joined((f"{path}[{k}]", one) for k, one in enumerate(value))
    if inspect.isgenerator(value) or isinstance(value, map | zip | filter):
        return "a generator, which has computed nothing yet; list(...) or np.array(list(...)) makes an array of it"
    if callable(value) and not hasattr(value, "__array__"):
        return "a function, and not what it gives"
    if isinstance(value, str | PurePath):
        return {path: np.asarray(str(value))}
    if isinstance(value, set | frozenset):
        value = sorted(value)
    try:
        array = np.asarray(value)
    except ValueError:
        return "rows of different lengths (a ragged list); all rows of an array are equally long"
    if array.dtype == object:
        return "an array of objects, with a None in it, or rows of different lengths"
    if array.dtype.kind == "c":
        return "complex numbers; the right answer is real"
    return {path: array}


def _joined(parts):
    found = {}
    for path, one in parts:
        part = leaves(one, path)
        if isinstance(part, str):
            return part if part != "None" else f"None at {path}"
        found |= part
    return found


def _untouched(after, before):
    for a, b in zip(after, before, strict=True):
        try:
            a, b = leaves(a), leaves(b)
            if isinstance(b, dict) and (
                isinstance(a, str) or a.keys() != b.keys() or not all(_equal(a[path], b[path]) for path in b)
            ):
                return False
        except (TypeError, ValueError):
            continue
    return True


def _equal(a, b):
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=b.dtype.kind == "f")


def shown(value) -> str:
    """A short value itself, a long one by its kind."""
    if isinstance(value, np.ndarray):
        small = value.size <= 6 and value.dtype.kind in "iub"
        return f"{value.tolist()}" if small else f"an array of shape {value.shape}"
    return repr(value) if len(repr(value)) < 60 else f"a {type(value).__name__}"
