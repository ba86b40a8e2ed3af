"""Python's own parser, one call at a time."""

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()


def parse(source: str) -> ast.Module:
    """`ast.parse`, which two threads may call.

    CPython counts the depth of the tree it builds once for all threads; where the collector lets another thread in
    half-way, both counts are off, and it raises "SystemError: AST constructor recursion depth mismatch"
    (python/cpython issue 106905). The grader reads thirty notebooks in several threads.
    """
    with _ONE_AT_A_TIME:
        return ast.parse(source)
