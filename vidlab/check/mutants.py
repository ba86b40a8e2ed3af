"""Small changes of a solution, made by a program: what nobody thought of when the known mistakes were listed."""

import ast
import copy

from vidlab.check import syntax

AXIS = "as if it went along another axis"
INDEX = "as if an index were one off"
NUMBER = "as if a number in it were another one"
ORDER = "as if two things that are subtracted, divided or multiplied as matrices stood the other way round"
SIGN = "as if a plus were a minus, or a minus a plus"
FACTOR = "as if a product were a quotient, or the other way round"
TERM = "as if a term of a sum were missing"
BORDER = "as if a comparison took its border in, or left it out"
TURNED = "as if a matrix were transposed, or should be and were not"
STEP = "as if time (or a loop) ran from another end"

_COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


def mutants(source: str):
    """(words, line number, changed source) of every small change."""
    tree = syntax.parse(source)
    for place, _ in enumerate(list(ast.walk(tree))):
        yield from _changes(tree, place)


def _changes(tree, place):
    original = list(ast.walk(tree))[place]
    for words, apply in _ways(original, _parent(tree, original)):
        changed = copy.deepcopy(tree)
        node = list(ast.walk(changed))[place]
        replacement = apply(node)
        if replacement is not node:
            changed = _Replace(node, replacement).visit(changed)
        ast.fix_missing_locations(changed)
        try:
            yield words, getattr(original, "lineno", 0), ast.unparse(changed) + "\n"
        except (ValueError, AttributeError):
            continue


def _parent(tree, node):
    return next((one for one in ast.walk(tree) for child in ast.iter_child_nodes(one) if child is node), None)


class _Replace(ast.NodeTransformer):
    def __init__(self, node, replacement):
        self.node, self.replacement = node, replacement

    def visit(self, node):
        return self.replacement if node is self.node else self.generic_visit(node)


def _set(**values):
    def apply(node):
        for name, value in values.items():
            setattr(node, name, value)
        return node

    return apply


def _ways(node, parent):
    """(words, function that changes the node) for each change of it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        words = NUMBER
        if isinstance(parent, ast.keyword):
            words = AXIS if parent.arg == "axis" else NUMBER
        elif isinstance(parent, ast.Subscript | ast.Slice | ast.Index) or (
            isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add | ast.Sub)
        ):
            words = INDEX
        for by in (1, -1):
            yield words, _set(value=node.value + by)
    elif isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
            yield ORDER, lambda n: ast.BinOp(n.right, n.op, n.left)
        if isinstance(node.op, ast.Add | ast.Sub):
            yield SIGN, _set(op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
            yield TERM, lambda n: n.left
            yield TERM, lambda n: n.right
        if isinstance(node.op, ast.Mult | ast.Div):
            yield FACTOR, _set(op=ast.Div() if isinstance(node.op, ast.Mult) else ast.Mult())
        if isinstance(node.op, ast.MatMult):
            yield TURNED, lambda n: ast.BinOp(ast.Attribute(n.left, "T", ast.Load()), n.op, n.right)
            yield TURNED, lambda n: ast.BinOp(n.left, n.op, ast.Attribute(n.right, "T", ast.Load()))
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
        yield BORDER, _set(ops=[_COMPARED[type(node.ops[0])]()])
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield TURNED, lambda n: n.value
    elif isinstance(node, ast.For) and not isinstance(node.iter, ast.Tuple | ast.List):
        yield STEP, _set(iter=ast.Call(ast.Name("reversed", ast.Load()), [node.iter], []))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield SIGN, lambda n: n.operand
