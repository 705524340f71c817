"""The ways to spoil a formula: one small change at a time of one function's source tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_SWAPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add}


@dataclass
class Mutation:
    """A change that can be made in place: ``apply`` puts ``after`` where ``before`` stands."""

    operator: str
    before: str
    after: str
    apply: Callable[[], None]


def mutations(function: ast.FunctionDef) -> Iterator[Mutation]:
    """All changes of a function, in a fixed order. Docstring, guards and the handling of types are left alone."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    seen = set()
    for parent, slot, node in _formulas(function):
        for operator, changed in _changes(node, names, whole=_is_result(parent)):
            key = (id(node), ast.unparse(changed))
            if key not in seen:
                seen.add(key)
                yield Mutation(operator, ast.unparse(node), ast.unparse(changed), _setter(parent, slot, changed))


def _setter(parent: ast.AST, slot: tuple[str, int | None], changed: ast.expr) -> Callable[[], None]:
    name, index = slot

    def apply() -> None:
        if index is None:
            setattr(parent, name, changed)
        else:
            getattr(parent, name)[index] = changed

    return apply


def _is_result(parent: ast.AST) -> bool:
    return isinstance(parent, (ast.Return, ast.Assign))


Place = tuple[ast.AST, tuple[str, int | None], ast.expr]


def _formulas(function: ast.FunctionDef) -> Iterator[Place]:
    for statement in function.body:
        yield from _statement(statement)


def _statement(statement: ast.stmt) -> Iterator[Place]:
    if isinstance(statement, ast.With):
        for inner in statement.body:
            yield from _statement(inner)
    elif isinstance(statement, (ast.Return, ast.Assign)) and statement.value is not None and not _helper(statement.value, "_floats"):
        yield from _expression(statement, ("value", None), statement.value)


def _helper(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _expression(parent: ast.AST, slot: tuple[str, int | None], node: ast.expr) -> Iterator[Place]:
    """The places of a formula, outermost first. Names of functions, guards and shapes are none."""
    if _helper(node, "_spread"):
        yield from _expression(node, ("args", 0), node.args[0])  # type: ignore[attr-defined]
        return
    if isinstance(node, ast.Subscript):
        yield from _expression(node, ("value", None), node.value)
        return
    if isinstance(node, ast.Tuple):
        for i, item in enumerate(node.elts):
            yield from _expression(node, ("elts", i), item)
        return
    if isinstance(node, ast.Attribute) and not _constant(node):
        return
    yield parent, slot, node
    if isinstance(node, ast.Call):
        for i, item in enumerate(node.args):
            yield from _expression(node, ("args", i), item)
        for keyword in node.keywords:
            if keyword.arg == "kinks":
                yield from _expression(keyword, ("value", None), keyword.value)
    elif isinstance(node, ast.Lambda):
        yield from _expression(node, ("body", None), node.body)
    elif isinstance(node, ast.BinOp):
        yield from _expression(node, ("left", None), node.left)
        yield from _expression(node, ("right", None), node.right)
    elif isinstance(node, ast.UnaryOp):
        yield from _expression(node, ("operand", None), node.operand)
    elif isinstance(node, ast.Compare):
        yield from _expression(node, ("left", None), node.left)
        for i, item in enumerate(node.comparators):
            yield from _expression(node, ("comparators", i), item)


def _constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ("pi", "e")


def _changes(node: ast.expr, names: list[str], whole: bool) -> Iterator[tuple[str, ast.expr]]:
    numeric = not isinstance(node, (ast.Lambda, ast.Compare))
    if whole and numeric:
        yield "sign", ast.UnaryOp(ast.USub(), copy.deepcopy(node))
        yield "factor 2", ast.BinOp(ast.Constant(2), ast.Mult(), copy.deepcopy(node))
    if isinstance(node, ast.BinOp):
        yield from _binary(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", node.operand
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sqrt":
        yield "exponent", node.args[0]
    elif isinstance(node, ast.Name) and node.id in names:
        others = [n for n in names if n != node.id]
        if others:
            yield "symbol", ast.Name(others[names.index(node.id) % len(others)], ast.Load())
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        yield "constant", ast.Constant(node.value + 1 if isinstance(node.value, int) else 1.05 * node.value + 1e-3)


def _binary(node: ast.BinOp) -> Iterator[tuple[str, ast.expr]]:
    swapped: Any = _SWAPPED.get(type(node.op))
    if swapped is not None:
        yield "sign", ast.BinOp(node.left, swapped(), node.right)
        yield "dropped term", node.left
        yield "dropped term", node.right
    elif isinstance(node.op, ast.Mult):
        if not isinstance(node.left, ast.Constant):
            yield "dropped factor", node.right
        if not isinstance(node.right, ast.Constant):
            yield "dropped factor", node.left
    elif isinstance(node.op, ast.Div):
        yield "exponent", ast.BinOp(node.left, ast.Mult(), node.right)
        yield "dropped factor", node.left
    elif isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
        power = node.right.value
        yield "exponent", ast.BinOp(node.left, ast.Pow(), ast.Constant(power + 1))
        yield "exponent", ast.BinOp(node.left, ast.Pow(), ast.Constant(power - 1)) if power != 2 else node.left
