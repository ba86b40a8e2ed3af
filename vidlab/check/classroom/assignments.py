"""The exercises as a course of nbgrader: assignments with stubs, solutions that it takes out, and tests."""

import ast
import textwrap
from pathlib import Path

import nbformat

from vidlab.check import syntax

HEAD = """# Exercises of notebook {number}

Each cell below holds an exercise of the course's notebook {number}. Write your answer where `...` stands, run the
cell, and run the one after it: it says whether the answer is right, and if not, which mistake it is."""
SETUP = "import numpy as np\nfrom scipy import stats\nfrom vidlab import check, reference"
CONFIG = """from nbgrader.converters.autograde import Autograde
from vidlab.check.classroom.copies import OneOfEach

c = get_config()
c.CourseDirectory.course_id = "{name}"
c.ExecutePreprocessor.timeout = 120  # seconds for a cell
c.ClearSolutions.code_stub = {{"python": "...  # your answer here"}}
c.Autograde.sanitize_preprocessors = [OneOfEach, *Autograde.sanitize_preprocessors.default()]
"""


def make_course(out, notebooks=None) -> list[str]:
    """Write an nbgrader course: source/<assignment>/<assignment>.ipynb and nbgrader_config.py.

    Parameters
    ----------
    out
        A new or empty folder.
    notebooks
        Numbers such as "02"; all by default.

    Returns
    -------
    list of str
        Names of the assignments.

    Raises
    ------
    ValueError
        The folder holds something already, or there is no such notebook.
    """
    from vidlab.check.exercises import EXERCISES

    out = Path(out)
    numbers = list(dict.fromkeys(one.notebook for one in EXERCISES.values()))
    if notebooks and (unknown := set(notebooks) - set(numbers)):
        raise ValueError(f"no exercises for notebook {sorted(unknown)[0]!r}; there are {', '.join(numbers)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out}: holds something already; give a new folder")
    names = []
    for number in notebooks or numbers:
        name = f"notebook_{number}"
        cells = [_given(HEAD.format(number=number), "head", "markdown"), _given(SETUP, "setup")]
        for exercise in (one for one in EXERCISES.values() if one.notebook == number):
            cells += _cells(exercise)
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        for place, cell in enumerate(notebook.cells):
            cell["id"] = f"{name}-{place}"
        target = out / "source" / name / f"{name}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
        names.append(name)
    (out / "nbgrader_config.py").write_text(CONFIG.format(name=out.resolve().name), encoding="utf8")
    return names


def _cells(exercise):
    """Prompt, solution and test of one exercise."""
    if exercise.is_value:
        name, head, end = exercise.slug, f"{exercise.slug} = (\n", "\n)"
        body = textwrap.indent(exercise.source.strip(), "    ")
    else:
        [function] = [one for one in syntax.parse(exercise.source).body if isinstance(one, ast.FunctionDef)]
        name, end, lines = function.name, "", exercise.source.rstrip("\n").split("\n")
        first = function.body[bool(ast.get_docstring(function))].lineno - 1
        head, body = "\n".join(lines[:first]) + "\n", "\n".join(lines[first:])
    answer = f"{head}    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION{end}"
    test = (
        f"check.{exercise.slug}({name})\n### BEGIN HIDDEN TESTS\n"
        "from vidlab.check.classroom.assignments import points\n\n"
        f"points({exercise.slug!r}, {name})\n### END HIDDEN TESTS"
    )
    return [
        _given(f"## {exercise.title}\n\n{exercise.prompt}", f"{exercise.slug}-prompt", "markdown"),
        _cell(answer, exercise.slug, solution=True, exercise=exercise.slug),
        _cell(test, f"{exercise.slug}-test", grade=True, points=1),
    ]


def _given(source, grade_id, kind="code"):
    return _cell(source, grade_id, kind)


def _cell(source, grade_id, kind="code", exercise=None, **nbgrader):
    make = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
    cell = make(source)
    solution = nbgrader.get("solution", False)
    cell.metadata["nbgrader"] = {
        "grade": False, "solution": solution, "locked": not solution, "task": False, "grade_id": grade_id,
        "schema_version": 3, "cell_type": kind, **nbgrader,
    }  # fmt: skip
    if exercise:
        cell.metadata["vidlab"] = {"exercise": exercise}
    return cell


def points(slug: str, answer=None) -> float:
    """What nbgrader counts: shows the check's panel, which is the feedback, and gives 1.0 or 0.0.

    nbgrader runs it in the student's own kernel, which is no wall: `vidlab grade` judges outside of it.
    """
    from IPython.display import display

    from vidlab.check import Checked
    from vidlab.check.exercises import EXERCISES
    from vidlab.check.judge import judge

    result = judge(EXERCISES[slug], answer)
    display(Checked(result))
    return float(result.score)
