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
    """A change that can be made in place: ``apply`` puts ``after`` where ``before`` stands.

    ``inside`` names the argument of the nearest special function around it, such as "erf_around[0]"; else it is empty.
    """

    operator: str
    inside: str
    before: str
    after: str
    apply: Callable[[], None]


def mutations(function: ast.FunctionDef) -> Iterator[Mutation]:
    """All changes of a function, in a fixed order.

    Docstring, guards, the handling of types and keyword arguments (hints to a quadrature) are no formula and left alone.
    """
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    seen = set()
    for parent, slot, node, inside in _formulas(function):
        for operator, changed in _changes(node, names, whole=isinstance(parent, (ast.Return, ast.Assign))):
            key = (id(node), ast.unparse(changed))
            if key not in seen:
                seen.add(key)
                yield Mutation(operator, inside, ast.unparse(node), ast.unparse(changed), _setter(parent, slot, changed))


def _setter(parent: ast.AST, slot: tuple[str, int | None], changed: ast.expr) -> Callable[[], None]:
    name, index = slot

    def apply() -> None:
        if index is None:
            setattr(parent, name, changed)
        else:
            getattr(parent, name)[index] = changed

    return apply


Place = tuple[ast.AST, tuple[str, int | None], ast.expr, str]


def _formulas(function: ast.FunctionDef) -> Iterator[Place]:
    for statement in function.body:
        yield from _statement(statement)


def _statement(statement: ast.stmt) -> Iterator[Place]:
    if isinstance(statement, ast.With):
        for inner in statement.body:
            yield from _statement(inner)
    elif isinstance(statement, (ast.Return, ast.Assign)) and statement.value is not None and not _helper(statement.value, "_floats"):
        yield from _expression(statement, ("value", None), "")


def _helper(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _expression(parent: ast.AST, slot: tuple[str, int | None], inside: str) -> Iterator[Place]:
    """The places of a formula, outermost first. Names of functions, guards and shapes are none."""
    name, index = slot
    node: ast.expr = getattr(parent, name) if index is None else getattr(parent, name)[index]
    if _helper(node, "_spread"):
        yield from _expression(node, ("args", 0), inside)
        return
    if isinstance(node, ast.Attribute) and not _constant(node):
        return
    if not isinstance(node, (ast.Subscript, ast.Tuple)):
        yield parent, slot, node, inside
    for place, within in _parts(node, inside):
        yield from _expression(node, place, within)


def _parts(node: ast.expr, inside: str) -> Iterator[tuple[tuple[str, int | None], str]]:
    """Where the operands of an expression are, and what they are inside of."""
    if isinstance(node, ast.Call):
        special = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "special"
        for i in range(len(node.args)):
            yield ("args", i), f"{node.func.attr}[{i}]" if special else inside  # type: ignore[attr-defined]
    elif isinstance(node, ast.Tuple):
        yield from ((("elts", i), inside) for i in range(len(node.elts)))
    elif isinstance(node, ast.Compare):
        yield ("left", None), inside
        yield from ((("comparators", i), inside) for i in range(len(node.comparators)))
    else:
        fields = {ast.Subscript: ("value",), ast.Lambda: ("body",), ast.BinOp: ("left", "right"), ast.UnaryOp: ("operand",)}
        yield from (((field, None), inside) for field in fields.get(type(node), ()))


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
    elif isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and isinstance(node.right.value, (int, float)):
        power = node.right.value
        yield "exponent", ast.BinOp(node.left, ast.Pow(), ast.Constant(power + 1))
        yield "exponent", ast.BinOp(node.left, ast.Pow(), ast.Constant(power - 1)) if power != 2 else node.left
