"""Kernels: derived formulas as NumPy source that broadcasts, keeps the dtype, pickles, and does not overflow.

The text is deterministic. A generated module imports numpy and, if needed, sgdtheory.special; nothing else.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import sympy as sp

from sgdtheory.derive import render
from sgdtheory.derive.domains import Domain, draw
from sgdtheory.derive.numeric import Evaluated, Undecided
from sgdtheory.derive.numpy_printer import NumPySource, scaled
from sgdtheory.errors import DerivationError

if TYPE_CHECKING:
    from sgdtheory.derive.language import Derivation

_CSE_FROM = 25
_PRINTED, _TINY = 1e-6, 1e-290


@dataclass(frozen=True, eq=False)
class Function:
    """A kernel function: a derived expression in named arguments."""

    name: str
    arguments: Mapping[str, sp.Symbol]
    parameters: Mapping[str, sp.Symbol]
    expr: Any
    doc: str
    step: str
    exactness: str
    removable: Mapping[sp.Symbol, tuple[Any, Any]]
    form: Any = None  # the same expression as floating-point numbers evaluate it well


def function(f: Function, derivation: Derivation | None = None) -> str:
    """Source of one function."""
    names = {s: n for n, s in {**f.arguments, **f.parameters}.items()}
    foreign = f.expr.free_symbols - set(names)
    if foreign:
        raise DerivationError(f"{f.name}: {sorted(map(str, foreign))} are no arguments of the function")
    missing = [s for s in f.removable if s not in names]
    if missing:
        raise DerivationError(f"{f.name}: removable singularity in {missing}, which are no arguments")
    printer = NumPySource(names)
    signature = ", ".join([*f.arguments, *(["*", *f.parameters] if f.parameters else [])])
    lines = [f"def {f.name}({signature}):", *_docstring(f, derivation)]
    arguments = [n for n, s in {**f.arguments, **f.parameters}.items() if s in f.expr.free_symbols or n in f.arguments]
    if arguments:
        target = ", ".join(arguments) + ("," if len(arguments) == 1 else "")
        lines.append(f"    {target} = _floats({', '.join(arguments)})")
    body, result = _body(f, printer, names)
    guarded = "np.where" in result or any("np.where" in b for b in body)
    if guarded:
        lines.append('    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):')
    indent = "        " if guarded else "    "
    lines += [indent + b for b in body]
    unused = [n for n, s in f.arguments.items() if s not in f.expr.free_symbols]
    if unused:
        result = f"_spread({result}, {', '.join(arguments)})"
    elif guarded:
        result = f"({result})[()]" if not result.startswith("np.where") else f"{result}[()]"
    lines.append(f"{indent}return {result}")
    return "\n".join(lines) + "\n"


def _body(f: Function, printer: NumPySource, names: Mapping[sp.Symbol, str]) -> tuple[list[str], str]:
    expr, lines = scaled(f.expr if f.form is None else f.form), []
    opaque = any(
        type(a).__name__ in ("Expectation", "Lambda") or isinstance(a, sp.Integral) for a in sp.preorder_traversal(expr)
    )
    special = []
    for symbol, (at, value) in f.removable.items():
        name = names[symbol]
        special.append((f"{name}_at", printer.doprint(scaled(sp.sympify(value)))))
        point = printer.doprint(sp.sympify(at))
        lines += [f"{name}_at = {name} == {point}", f"{name} = np.where({name}_at, {point} + 1.0, {name})"]
    if not opaque and sp.count_ops(expr) > _CSE_FROM:
        taken = {*names.values(), *(str(s) for s in expr.free_symbols)}
        fresh = (sp.Symbol(n, real=True) for n in (f"t{i}" for i in range(10**6)) if n not in taken)
        parts, (expr,) = sp.cse([expr], symbols=fresh, order="canonical")
        lines += [f"{printer.doprint(s)} = {printer.doprint(e)}" for s, e in parts]
    result = printer.doprint(_floating(expr))
    for condition, value in special:
        result = f"np.where({condition}, {value}, {result})"
    return lines, result


def _floating(expr: Any) -> Any:
    """A whole number that is returned as it stands becomes a float."""
    return sp.Float(expr) if expr.is_Integer else expr


def verify(f: Function, text: str, domains: Mapping[sp.Symbol, Domain], points: int = 6) -> None:
    """Raise unless the printed function has the values of the derived expression, at random points in float64.

    The tolerance admits cancellation, no other formula. Integrals that a kernel sums numerically are not compared here.
    """
    if any(getattr(a, "bound_symbols", ()) for a in sp.preorder_traversal(f.expr)):
        return
    module: dict[str, Any] = {}
    exec(compile(source({f.name: text}, {}, f.name), f"<{f.name}>", "exec"), module)
    names = {**f.arguments, **f.parameters}
    with mpmath.workdps(30):
        exact = Evaluated(f.expr, list(dict.fromkeys(names.values())))
        for seed in range(points):
            point = draw(domains, seed)
            try:
                wanted = exact(point)
            except Undecided:
                continue
            with np.errstate(all="ignore"):
                value = float(module[f.name](**{n: float(point[s]) for n, s in names.items()}))
            if abs(wanted) > _TINY and not abs(value - wanted) <= _PRINTED * abs(wanted):
                raise DerivationError(f"{f.name} is printed so that it gives {value}, not {mpmath.nstr(wanted, 12)}")


def _docstring(f: Function, derivation: Derivation | None) -> list[str]:
    label = derivation.steps[f.step].label if derivation else ""
    named = {**f.arguments, **f.parameters}
    shown = render.plain(f.expr.xreplace({s: sp.Symbol(n) for n, s in named.items()}))
    title = (f.doc or f.name.replace("_", " ").capitalize()).rstrip(".") + "."
    lines = textwrap.wrap(title, 112)
    lines += ["", *textwrap.wrap(f"{label or f.name} = {shown}", 112, initial_indent="    ", subsequent_indent="    ")]
    if f.arguments or f.parameters:
        lines.append("")
    if derivation:
        for name, symbol in named.items():
            declared = derivation.symbols[symbol.name]
            lines += textwrap.wrap(
                f"{name}: {declared.meaning or symbol.name}, {declared.where.text}", 112, subsequent_indent="    "
            )
        source = f"; {derivation.source}" if derivation.source else ""
        lines += ["", f"Step {f.step!r} of the derivation {derivation.name!r}, {f.exactness}{source}."]
    safe = [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines]
    return ['    """' + safe[0], *("    " + line if line else "" for line in safe[1:]), '    """']


_FLOATS = '''def _floats(*values):
    """Arrays of one floating type: the widest of the arrays given, float64 if there is none."""
    kinds = [v.dtype for v in values if isinstance(v, (np.ndarray, np.float32, np.float16))]
    kind = np.result_type(*kinds) if kinds else np.float64
    kind = kind if np.issubdtype(kind, np.floating) else np.float64
    return tuple(np.asarray(v, dtype=kind) for v in values)
'''
_SPREAD = '''def _spread(value, *arguments):
    """The value in the common shape and type of the arguments."""
    shape = np.broadcast_shapes(np.shape(value), *map(np.shape, arguments))
    return np.full(shape, value, dtype=np.result_type(*arguments))[()]
'''


def module(derivation: Derivation, constants: Mapping[str, Any], functions: Mapping[str, str]) -> str:
    """The kernel's source from its functions' sources."""
    return source(
        functions,
        constants,
        f"{derivation.title}: formulas derived in derivations/{derivation.name}.py. Generated, not edited.",
    )


def source(functions: Mapping[str, str], constants: Mapping[str, Any], doc: str) -> str:
    """A NumPy module: docstring, imports, constants, helpers that are used, functions."""
    body = "\n\n".join(functions.values())
    helpers = [h for name, h in (("_floats(", _FLOATS), ("_spread(", _SPREAD)) if name in body]
    imports = (["import numpy as np"] if helpers or "np." in body else []) + (
        ["from sgdtheory import special"] if "special." in body else []
    )
    head = [f'"""{_wrapped(doc)}"""']
    if imports:
        head.append("\n\n".join(imports))
    head.append("\n".join(f"{name} = {_literal(value)}" for name, value in constants.items()))
    return "\n\n".join(h for h in head if h) + "\n\n\n" + "\n\n".join([*helpers, *functions.values()])


def _wrapped(doc: str) -> str:
    lines = textwrap.wrap(doc, 112)
    return lines[0] if len(lines) == 1 else "\n".join(lines) + "\n"


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, (bool, int, float, type(None))):
        return repr(value)
    raise DerivationError(f"a module constant is text, a number, True or False, not {value!r}")
