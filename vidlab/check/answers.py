"""What an answer says: a function is tried on the inputs, and each of its answers becomes plain arrays.

This part knows no solution: `vidlab grade` runs it in a process of its own, beside somebody else's code.
"""

import copy
import inspect
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

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

    `kind` is what the answer is: "function", "value", "generator" (a function with yield or async in it) or "nothing".
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
        if found.changed or (number == 0 and said.wrong == "None"):
            break
    return found


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
    return f"It raises {kind}{where}. Python says: {text}" if text else f"It raises {kind}{where}."


def leaves(value, path="") -> dict | str:
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
        part = leaves(one, path)
        if isinstance(part, str):
            return part if part != "None" else f"None at {path}"
        found |= part
    return found


def _untouched(a, b):
    try:
        a, b = leaves(tuple(a)), leaves(tuple(b))
        return isinstance(a, str) or (
            a.keys() == b.keys() and all(np.array_equal(a[k], b[k], equal_nan=b[k].dtype.kind == "f") for k in b)
        )
    except (TypeError, ValueError):
        return True


def shown(value) -> str:
    """A short value itself, a long one by its kind."""
    return repr(value) if len(repr(value)) < 40 else type(value).__name__
