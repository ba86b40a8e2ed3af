"""What stands in a handed-in notebook."""

import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from vidlab.check import syntax

LARGEST = 50 * 2**20  # bytes


class Unreadable(Exception):
    """The file is no notebook. The message says why, in one sentence."""


@dataclass
class Submission:
    """A notebook that somebody handed in.

    `cells` maps an exercise to the sources of its cells (there may be copies), each with the number of the cell;
    `before` are the other code cells, with their numbers.
    """

    student: str
    path: Path
    notebook: str
    cells: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    before: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path, student: str, slugs: dict[str, str]) -> Submission:
    """Read a notebook; `slugs` maps each exercise of the course to its notebook ("02").

    Raises
    ------
    Unreadable
        It is no notebook, is too large, or holds no exercise and has no notebook's number in its name.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"{path}: larger than {LARGEST >> 20} MB; clear its outputs and hand it in again")
        cells = json.loads(path.read_text(encoding="utf8"))["cells"]
        code = [
            (number, "".join(cell["source"]), cell.get("metadata") or {})
            for number, cell in enumerate(cells)
            if cell["cell_type"] == "code"
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable(f"{path}: not a notebook (.ipynb of version 4); hand it in again") from None
    found = Submission(student, path, "")
    for number, source, metadata in code:
        slug = _slug(source, metadata, slugs)
        if slug:
            found.cells.setdefault(slug, []).append((number, source))
        else:
            found.before.append((number, source))
    found.notebook = _notebook(path, found.cells, slugs)
    if not found.notebook:
        raise Unreadable(f"{path}: no exercise of the course is in it, and its name begins with no notebook's number")
    return found


def _slug(source, metadata, slugs):
    vidlab = metadata.get("vidlab")
    named = vidlab.get("exercise") if isinstance(vidlab, dict) else None
    called = re.findall(r"^\s*check\.(\w+)\(", source, re.MULTILINE)
    return next((slug for slug in (named, *called) if isinstance(slug, str) and slug in slugs), None)


def _notebook(path, cells, slugs):
    if number := re.search(r"(?<![0-9])(\d\d[a-z]?)_", path.name):
        if number[1] in slugs.values():
            return number[1]
    numbers = [slugs[slug] for slug in cells]
    return max(numbers, key=numbers.count) if numbers else ""


def definitions(handed_in: Submission) -> list[str]:
    """The statements of the other cells that name what the answers use: imports, functions, classes, constants.

    Nothing that computes, and nothing that no answer needs: most notebooks import TensorFlow, few answers use it.
    """
    named = [one for _, source in handed_in.before for one in _naming(_parsed(source).body)]
    needed = {name for copies in handed_in.cells.values() for _, source in copies for name in _used(_parsed(source))}
    needed.discard("check")
    kept: set[int] = set()
    while more := [k for k, (names, _) in enumerate(named) if k not in kept and names & needed]:
        kept.update(more)
        needed |= {name for k in more for name in _used(named[k][1])}
    return [ast.unparse(named[k][1]) for k in sorted(kept)]


def _naming(body):
    """(names, statement) of what only names things; an import of several things is one of each."""
    for one in body:
        if isinstance(one, ast.Import):
            for alias in one.names:
                yield {alias.asname or alias.name.split(".")[0]}, ast.Import([alias])
        elif isinstance(one, ast.ImportFrom):
            for alias in one.names:
                yield {alias.asname or alias.name}, ast.ImportFrom(one.module, [alias], one.level)
        elif isinstance(one, ast.FunctionDef | ast.ClassDef):
            yield {one.name}, one
        elif isinstance(one, ast.Assign) and _constant(one.value):
            yield {name.id for target in one.targets for name in ast.walk(target) if isinstance(name, ast.Name)}, one


def _used(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _parsed(source):
    try:
        return syntax.parse(_python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _constant(value):
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def answer_in(source: str, slug: str, function: str | None) -> tuple[str, str]:
    """(the cell without its calls of check, the expression that is the answer).

    Raises
    ------
    SyntaxError
        The cell is not Python.
    """
    tree = syntax.parse(_python(source))
    answer, kept = function or slug, []
    for one in tree.body:
        call = one.value if isinstance(one, ast.Expr) else None
        name = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
        if name.startswith("check."):
            if name == f"check.{slug}" and len(call.args) == 1:
                answer = ast.unparse(call.args[0])
            continue
        kept.append(one)
    lines = _python(source).split("\n")
    for one in tree.body:
        if one not in kept:
            for number in range(one.lineno - 1, one.end_lineno):
                lines[number] = ""
    return "\n".join(lines), answer


def _python(source):
    """Without the lines that only a notebook understands (%magic, !command)."""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n"))
