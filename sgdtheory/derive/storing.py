"""A derivation as a record: plain data, deterministic, complete without the derivation's code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from sgdtheory.derive import render, routes
from sgdtheory.derive.domains import Domain, domain
from sgdtheory.derive.steps import Kind, Step
from sgdtheory.derive.text import from_text, to_text

if TYPE_CHECKING:
    from sgdtheory.derive.language import Derivation


@dataclass(frozen=True)
class Declared:
    """A declared symbol of a derivation."""

    symbol: sp.Symbol
    where: Domain
    meaning: str
    latex: str


def data(d: Derivation) -> dict[str, Any]:
    """The record of a derivation."""
    return {
        "name": d.name,
        "title": d.title,
        "source": d.source,
        "bibtex": d.bibtex,
        "update": d.update,
        "sympy": sp.__version__,
        "symbols": [
            {"name": n, "domain": s.where.text, "meaning": s.meaning, "latex": s.latex} for n, s in d.symbols.items()
        ],
        "steps": [_step(d, s) for s in d.steps.values()],
        "results": [_result(d, f) for f in d.functions.values()],
    }


def read_symbols(record: Mapping[str, Any]) -> tuple[dict[sp.Symbol, Domain], dict[str, sp.Symbol]]:
    """Domains and symbols of a record, in the order of declaration."""
    symbols: dict[str, sp.Symbol] = {}
    domains: dict[sp.Symbol, Domain] = {}
    for s in record["symbols"]:
        where = domain(s["domain"], symbols)
        symbols[s["name"]] = where.symbol(s["name"])
        domains[symbols[s["name"]]] = where
    return domains, symbols


def read_step(step: Mapping[str, Any], symbols: Mapping[str, sp.Symbol]) -> Step:
    """A step of a record, its sides read anew from their text."""
    kind, options = Kind(step["kind"]), dict(step["options"])
    for name in ("to", "order"):
        if name in options:
            options[name] = from_text(options[name], symbols)
    if options.get("attained_at"):
        options["attained_at"] = {k: from_text(v, symbols) for k, v in options["attained_at"].items()}
    return Step(
        step["name"],
        kind,
        None if step["left"] is None else from_text(step["left"], symbols),
        step["right"] if kind is Kind.THEOREM else from_text(step["right"], symbols),
        step["because"],
        step["needs"],
        None if step["route"] is None else routes.from_data(step["route"]),
        step["label"],
        step["assumes"],
        step["checked_by"],
        step["references"],
        step["one_way"],
        options,
    )


def dumps(record: dict[str, Any]) -> str:
    """Deterministic text of a record."""
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _step(d: Derivation, s: Step) -> dict[str, Any]:
    options = {k: _option(v) for k, v in s.options.items()}
    return {
        "name": s.name,
        "kind": s.kind.value,
        "label": s.label,
        "because": s.because,
        "needs": list(s.needs),
        "left": None if s.left is None else to_text(s.left),
        "right": s.right if s.kind is Kind.THEOREM else to_text(s.right),
        "assumes": list(s.assumes),
        "checked_by": list(s.checked_by),
        "references": list(s.references),
        "one_way": s.one_way,
        "options": options,
        "route": None if s.route is None else s.route.data(),
        **render.shown(s.kind.value, s.left, s.right, s.label or s.name, _names(d)),
        "checks": [c.data() for c in d.checks(s.name)],
        "verdict": d.verdict(s.name).value,
        "exactness": d.exactness(s.name),
    }


def _option(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _option(v) for k, v in value.items()}
    return to_text(value) if isinstance(value, sp.Basic) else value


def _names(d: Derivation) -> dict[str, str]:
    return {n: s.latex for n, s in d.symbols.items() if s.latex}


def _result(d: Derivation, f: Any) -> dict[str, Any]:
    return {
        "name": f.name,
        "doc": f.doc,
        "step": f.step,
        "exactness": f.exactness,
        "formula": to_text(f.expr),
        "plain": render.plain(f.expr),
        "latex": render.latex(f.expr, _names(d)),
        "mathml": render.mathml(f.expr, _names(d)),
        "arguments": {n: s.name for n, s in f.arguments.items()},
        "parameters": {n: s.name for n, s in f.parameters.items()},
    }
