"""The cells of the cube question x problem x algorithm, and how one is found.

A cell is a function in ``theories/NAME.py``, named like its question; the annotations of its first
two parameters are its coordinates. A question about a problem alone has no algorithm parameter.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, get_type_hints

from sgdtheory.errors import NoTheory, invalid

Cell = Callable[..., Any]
_cells: dict[tuple[str, type, type | None], Cell] = {}
_loaded: set[str] = set()


def cell(function: Cell) -> Cell:
    """Register a theory's function under its name and the types it is annotated with."""
    hints = get_type_hints(function)
    key = (function.__name__, hints["problem"], hints.get("algorithm"))
    other = _cells.get(key)
    if other is not None and other.__module__ != function.__module__:
        raise RuntimeError(f"two theories fill the cell {key}: {other.__module__} and {function.__module__}")
    _cells[key] = function
    return function


def load(problem: type | None = None) -> dict[tuple[str, type, type | None], Cell]:
    """All cells; the theories of a problem's family are imported when it is first asked about, all of them for None."""
    families = importlib.import_module("sgdtheory.theories").NAMES
    asked = set(families) if problem is None else {base.__name__ for base in problem.__mro__} & set(families)
    for family in sorted(asked - _loaded):
        for name in families[family]:
            importlib.import_module(f"sgdtheory.theories.{name}")
        _loaded.add(family)
    return _cells


def find(question: str, problem: type, algorithm: type | None = None) -> Cell:
    """The most special cell: along the algorithm's base classes first, then the problem's."""
    cells = load(problem)
    for a in algorithm.__mro__ if algorithm is not None else (None,):
        for p in problem.__mro__:
            found = cells.get((question, p, a))
            if found is not None:
                return found
    raise NoTheory(_explain(question, problem, algorithm))


def require_order(problem: Any, algorithm: Any) -> None:
    """The problem comes first, then the algorithm; else our error."""
    if type(algorithm).__name__ in importlib.import_module("sgdtheory.theories").NAMES:
        raise invalid("algorithm", algorithm, "an algorithm such as sgt.SGD(0.5)", "the problem comes first, then the algorithm")


def answer(question: str, problem: Any, algorithm: Any = None, **options: Any) -> Any:
    """Ask ``question`` of the theory that covers ``problem`` and ``algorithm``."""
    require_order(problem, algorithm)
    if algorithm is None:
        return find(question, type(problem))(problem, **options)
    return find(question, type(problem), type(algorithm))(problem, algorithm, **options)


def _explain(question: str, problem: type, algorithm: type | None) -> str:
    asked = ", ".join(t.__name__ for t in (problem, algorithm) if t is not None)
    filled = [f"{question}({', '.join(t.__name__ for t in (p, a) if t is not None)})" for q, p, a in load() if q == question]
    others = sorted({q for q, p, a in load() if issubclass(problem, p) and (a is None or (algorithm is not None and issubclass(algorithm, a)))})
    message = f"no theory answers {question}({asked})"
    if filled:
        message += "; this question is answered for " + ", ".join(sorted(filled))
    if others:
        message += "; for this problem and algorithm there are " + ", ".join(others)
    return message
