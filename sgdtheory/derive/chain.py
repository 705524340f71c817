"""A chain of steps over declared symbols: what each rests on, whether it holds, and how exact it is."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp

from sgdtheory import notation
from sgdtheory.derive import checker, storing
from sgdtheory.derive.domains import Domain, domain
from sgdtheory.derive.steps import Check, Kind, Step, Verdict, combine, weakest
from sgdtheory.errors import DerivationError, invalid

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TOLD = {Verdict.FAILS: "fails", Verdict.UNKNOWN: "is undecided", Verdict.HOLDS: "holds"}


def _assumed(symbol: sp.Symbol) -> str:
    """The widest domain with the symbol's assumptions."""
    if symbol.is_integer:
        return "integer >= 0"
    return "positive" if symbol.is_positive else "nonnegative" if symbol.is_nonnegative else "real"


class Chain:
    """Symbols, steps and verdicts of a derivation; the base of :class:`sgdtheory.derive.Derivation`."""

    def __init__(self, name: str, quick: bool = False) -> None:
        if not NAME.fullmatch(name):
            raise invalid("name", name, "a Python identifier")
        self.name, self.quick = name, quick
        self.steps: dict[str, Step] = {}
        self.symbols: dict[str, storing.Declared] = {}
        self._checks: dict[str, tuple[Check, ...]] = {}

    def symbol(
        self, name: str, domain_text: str | None = None, meaning: str | None = None, *, latex: str = ""
    ) -> sp.Symbol:
        """Declare a symbol: its domain says what SymPy may assume and how random points are drawn.

        Domain and meaning default to those of ``sgdtheory.notation``. Declaring the same symbol again returns it.
        """
        shared = notation.SYMBOLS.get(name)
        if domain_text is None:
            if shared is None:
                raise invalid("domain", None, f"given for {name!r}, which is not a shared symbol of sgdtheory.notation")
            domain_text = shared.domain
        meaning = meaning if meaning is not None else shared.meaning if shared else ""
        if not NAME.fullmatch(name):
            raise invalid("name", name, "a Python identifier")
        known = self.symbols.get(name)
        if known is not None:
            if known.where.text != domain_text:
                raise invalid("domain", domain_text, f"{known.where.text!r}, as {name} was declared before")
            return known.symbol
        where = domain(domain_text, {n: d.symbol for n, d in self.symbols.items()})
        symbol = where.symbol(name)
        self.symbols[name] = storing.Declared(symbol, where, meaning, latex or (shared.latex if shared else ""))
        return symbol

    @property
    def domains(self) -> dict[sp.Symbol, Domain]:
        """Domain of every symbol, in the order of declaration."""
        return {d.symbol: d.where for d in self.symbols.values()}

    def _declare(self, step: str, *expressions: Any) -> None:
        """All symbols must be declared; bound ones (integration variables) declare themselves."""
        for e in expressions:
            if not isinstance(e, sp.Basic):
                continue
            free = e.free_symbols
            for s in sorted(e.atoms(sp.Symbol), key=lambda s: s.name):
                known = self.symbols.get(s.name)
                if known is None and s not in free:
                    where = domain(_assumed(s), {})
                    if where.symbol(s.name) != s:
                        raise DerivationError(
                            f"{self.name}.{step}: declare the bound symbol {s} with Derivation.symbol"
                        )
                    self.symbols[s.name] = storing.Declared(s, where, "bound variable", "")
                elif known is None:
                    raise DerivationError(
                        f"{self.name}.{step}: the symbol {s} has no domain; declare it with Derivation.symbol"
                    )
                elif known.symbol != s:
                    raise DerivationError(
                        f"{self.name}.{step}: {s} is not the declared symbol (its assumptions differ); "
                        f"use the one that Derivation.symbol returned"
                    )

    def _add(self, step: Step) -> None:
        if not NAME.fullmatch(step.name) or step.name in self.steps:
            raise invalid("name", step.name, f"a new identifier (steps so far: {', '.join(self.steps) or 'none'})")
        missing = [n for n in step.needs if n not in self.steps]
        if missing:
            raise DerivationError(f"{self.name}.{step.name} needs {missing}, which are not earlier steps")
        self._declare(step.name, step.left, step.right, *(v for v in step.options.values() if isinstance(v, sp.Basic)))
        self.steps[step.name] = step

    def _origin(self, expr: Any) -> tuple[str, ...]:
        """The earlier step whose derived side is this very expression, if there is one."""
        return next(((s.name,) for s in reversed(self.steps.values()) if expr == s.right), ())

    def checks(self, name: str) -> tuple[Check, ...]:
        """How a step was checked; the checks run at the first call."""
        if name not in self._checks:
            self._checks[name] = checker.check(self._step(name), self.domains, self.quick)
        return self._checks[name]

    def told(self, name: str) -> str:
        """How a step was checked, in words."""
        return "; ".join(f"{c.way}: {c.verdict.value} ({c.note})" for c in self.checks(name))

    def verdict(self, name: str) -> Verdict:
        """Whether a step holds."""
        return combine(self.checks(name))

    def path(self, name: str) -> tuple[str, ...]:
        """The step and everything it needs, in the order of the derivation."""
        wanted, open_ = set(), [name]
        while open_:
            step = open_.pop()
            if step not in wanted:
                wanted.add(step)
                open_ += self._step(step).needs
        return tuple(n for n in self.steps if n in wanted)

    def exactness(self, name: str) -> str:
        """The weakest kind on the path: "exact", "bound" or "limit"."""
        return weakest(self.steps[n].kind for n in self.path(name))

    def _step(self, name: str) -> Step:
        if name not in self.steps:
            raise invalid("step", name, f"one of {list(self.steps)}")
        return self.steps[name]

    def require(self, name: str) -> None:
        """Raise unless every step on the path holds and every end of the path is a definition."""
        for n in self.path(name):
            step = self.steps[n]
            if not step.needs and step.kind is not Kind.DEFINITION:
                raise DerivationError(f"{self.name}.{name}: {n} has no path from a definition; say what it needs")
            if self.verdict(n) is not Verdict.HOLDS:
                raise DerivationError(
                    f"{self.name}.{name} rests on {n}, which {_TOLD[self.verdict(n)]}: {self.told(n)}"
                )

    def require_two_ways(self) -> None:
        """Raise unless every identity, claim and bound holds in two ways, or says why only one is possible."""
        for name, step in self.steps.items():
            if self.verdict(name) is not Verdict.HOLDS:
                raise DerivationError(f"{self.name}.{name} {_TOLD[self.verdict(name)]}: {self.told(name)}")
            ways = [c for c in self.checks(name) if c.verdict is Verdict.HOLDS and c.way != "calculus"]
            if step.kind in (Kind.IDENTITY, Kind.CLAIM, Kind.BOUND) and len(ways) < 2 and not step.one_way:
                raise DerivationError(
                    f"{self.name}.{name} is held in one way only ({self.told(name)}); "
                    f"give another route, or say why in one_way="
                )

    def unknown(self) -> list[str]:
        """Names of the steps that nothing decided."""
        return [n for n in self.steps if self.verdict(n) is Verdict.UNKNOWN]
