"""What an exercise is: one object that reads as one page."""

import ast
import textwrap
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from vidlab.check import syntax


@dataclass(frozen=True)
class Mistake:
    """A known mistake: what the reference solution becomes by it, and what to say.

    Parameters
    ----------
    slug
        Its name, in the exercise.
    says
        What you did, why it is wrong, where to look.
    edits
        (text, what it becomes) pairs, of the reference solution; each text stands in it exactly once.
    instead
        The whole wrong function, where edits cannot say it.
    value
        A wrong value, in an exercise whose answer is one.
    """

    slug: str
    says: str
    edits: tuple[tuple[str, str], ...] = ()
    instead: str | None = None
    value: object = None


@dataclass(frozen=True)
class Exercise:
    """One exercise: what is asked, the reference solution, the inputs to try, and the known mistakes.

    Parameters
    ----------
    slug
        Unique in the course: `check.<slug>(answer)`.
    notebook
        Its number, such as "02" or "05b".
    title, prompt
        What is asked, in Markdown.
    solution
        Source of the reference: a function; or, where the answer is a value, an expression.
    why
        Why the solution is as it is.
    hints
        Three, of rising help.
    inputs
        (rng) -> list of argument tuples: several shapes, odd and even, no symmetric values. Small ones first.
    mistakes
        Known ones.
    twins
        {slug: slug} of mistakes that no input can tell apart, with the one that is named.
    tolerance
        Largest error, relative to the largest number of the reference: float32 passes.
    seen_as
        ({path: array} of an answer) -> those of what counts in it, where several answers are right.
    given
        Names that the notebook has defined by then, for the solution.
    """

    slug: str
    notebook: str
    title: str
    prompt: str
    solution: str
    why: str
    hints: tuple[str, str, str]
    inputs: Callable[[np.random.Generator], list[tuple]] | None = None
    mistakes: tuple[Mistake, ...] = ()
    twins: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = 1e-4
    seen_as: Callable | None = None
    given: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_value(self) -> bool:
        """Whether the answer is a value, and not a function."""
        return self.inputs is None

    @cached_property
    def source(self) -> str:
        """The reference solution, ready to be read."""
        return textwrap.dedent(self.solution).strip() + "\n"

    @cached_property
    def reference(self):
        """The reference: a function, or the value."""
        return self.made_of(self.source)

    @cached_property
    def stub(self) -> str:
        """The reference's head and docstring, for a cell to begin with."""
        if self.is_value:
            return f"{self.slug} = None  # your answer here"
        [function] = [node for node in syntax.parse(self.source).body if isinstance(node, ast.FunctionDef)]
        head = f"def {function.name}({ast.unparse(function.args)}):"
        doc = ast.get_docstring(function, clean=True)
        doc = f'    """{textwrap.indent(doc, "    ").strip()}"""\n' if doc else ""
        return f"{head}\n{doc}    return None  # your code here"

    def made_of(self, source: str):
        """What a source like the solution's makes."""
        names = {"np": np, **self.given}
        if self.is_value:
            return eval(source, names)
        with warnings.catch_warnings():  # of a mutant that makes no sense
            warnings.simplefilter("ignore")
            exec(compile(source, f"<{self.slug}>", "exec"), names)
        [function] = [node.name for node in syntax.parse(source).body if isinstance(node, ast.FunctionDef)][-1:]
        return names[function]

    def mistaken(self, *mistakes: Mistake) -> str | None:
        """The source with some mistakes in it; None where they cannot be made together."""
        source = self.source
        for mistake in mistakes:
            if mistake.instead is not None:
                if len(mistakes) > 1:
                    return None
                return textwrap.dedent(mistake.instead).strip() + "\n"
            for text, becomes in mistake.edits:
                if source.count(text) != 1:
                    return None
                source = source.replace(text, becomes)
        return source

    def tried(self) -> list[tuple]:
        """The inputs, the same each time."""
        return self.inputs(np.random.default_rng(sum(map(ord, self.slug))))
