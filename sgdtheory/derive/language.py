"""The language derivations are written in.

A derivation starts from definitions and reaches results by steps; every step is held by its kind (see ``steps``), and only
what was derived, holds, and has a path from a definition becomes a kernel function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sympy as sp

from sgdtheory import notation
from sgdtheory.derive import checker, emit, storing
from sgdtheory.derive.domains import Domain, domain
from sgdtheory.derive.routes import Difference, Route
from sgdtheory.derive.steps import Check, Kind, Step, Verdict, combine, weakest
from sgdtheory.derive.text import from_text
from sgdtheory.errors import DerivationError, invalid

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Derivation:
    """A chain of steps from an update rule and the law of the data to the formulas of a theory.

    Parameters
    ----------
    name : str
        Also the name of the kernel module and of the record.
    title : str
    source : str
        Such as ``"arXiv:2411.12135"``.
    bibtex : str
    update : str
        Text of the update rule g(x, r); it becomes the first definition, and every other symbol in it a positive parameter.

    quick : bool
        Spare SymPy's integrator as a second way: for rules that are derived while a user waits.

    Examples
    --------
    >>> from sgdtheory.derive import Derivation, DerivativeIn
    >>> import sympy as sp
    >>> D = Derivation("circle", title="A quarter of the disc")
    >>> a, q = D.symbol("a", "(0, 1)", "half-width"), D.symbol("q", "(-1, 1)", "abscissa")
    >>> area = D.definition("area", sp.Integral(2 * sp.sqrt(1 - q**2), (q, 0, a)), because="area over [0, a]")
    >>> closed = D.identity("closed", area, sp.asin(a) + a * sp.sqrt(1 - a**2), because="elementary integral",
    ...                     route=DerivativeIn(a, at=0))
    >>> D.verdict("closed").value
    'holds'
    """

    def __init__(self, name: str, *, title: str = "", source: str = "", bibtex: str = "", update: str | None = None,
                 quick: bool = False) -> None:
        if not _NAME.fullmatch(name):
            raise invalid("name", name, "a Python identifier")
        self.name, self.title, self.source, self.update = name, title or name, source, update
        self.bibtex, self.quick = bibtex.strip(), quick
        self.steps: dict[str, Step] = {}
        self.symbols: dict[str, storing.Declared] = {}
        self.functions: dict[str, emit.Function] = {}
        self.constants: dict[str, Any] = {}
        self._checks: dict[str, tuple[Check, ...]] = {}
        self._sources: dict[str, str] = {}
        if update is not None:
            x, r = self.symbol("x"), self.symbol("r")
            g = from_text(update, {"x": x, "r": r})
            free = sorted(s.name for s in g.free_symbols if s.name not in ("x", "r"))
            declared = {s: self.symbol(s, "positive", f"parameter {s} of the update rule") for s in free}
            self.parameters: tuple[sp.Symbol, ...] = tuple(declared.values())
            self.definition("update", from_text(update, {"x": x, "r": r, **declared}), label="g(x, r)",
                            because="each coordinate moves by minus the raw step times g of its feature and the residual")
        else:
            self.parameters = ()

    # ----------------------------------------------------------------------------------------------- symbols

    def symbol(self, name: str, domain_text: str | None = None, meaning: str | None = None, *, latex: str = "") -> sp.Symbol:
        """Declare a symbol: its domain says what SymPy may assume and how random points are drawn.

        Domain and meaning default to those of ``sgdtheory.notation``. Declaring the same symbol again returns it.
        """
        shared = notation.SYMBOLS.get(name)
        if domain_text is None:
            if shared is None:
                raise invalid("domain", None, f"given for {name!r}, which is not a shared symbol of sgdtheory.notation")
            domain_text = shared.domain
        meaning = meaning if meaning is not None else shared.meaning if shared else ""
        if not _NAME.fullmatch(name):
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
                    kind = next((k for k, yes in (("integer >= 0", s.is_integer), ("positive", s.is_positive),
                                                  ("nonnegative", s.is_nonnegative)) if yes), "real")
                    where = domain(kind, {})
                    if where.symbol(s.name) != s:
                        raise DerivationError(f"{self.name}.{step}: declare the bound symbol {s} with Derivation.symbol")
                    self.symbols[s.name] = storing.Declared(s, where, "bound variable", "")
                elif known is None:
                    raise DerivationError(f"{self.name}.{step}: the symbol {s} has no domain; declare it with Derivation.symbol")
                elif known.symbol != s:
                    raise DerivationError(f"{self.name}.{step}: {s} is not the declared symbol (its assumptions differ); "
                                          f"use the one that Derivation.symbol returned")

    # ------------------------------------------------------------------------------------------------- steps

    def definition(self, name: str, expr: Any, because: str = "", *, label: str = "", references: Sequence[str] = ()) -> Any:
        """A thing taken as given: the update rule, the law of the data. ``label`` such as ``"psi(m, s)"`` names it in print."""
        expr = sp.sympify(expr)
        self._add(Step(name, Kind.DEFINITION, None, expr, because, label=label, references=tuple(references)))
        return expr

    def identity(self, name: str, definition: Any, derived: Any, because: str = "", *, route: Route | None = None,
                 needs: Sequence[str] = (), label: str = "", one_way: str = "", references: Sequence[str] = (), **options: Any) -> Any:
        """``definition = derived``: held by mpmath at random points, and by ``route``. Returns ``derived``.

        Where one of the two ways is impossible, ``one_way`` states why. Options: ``points``, ``digits``, ``time_limit``.
        """
        return self._equal(Kind.IDENTITY, name, definition, derived, because, route, needs, label, one_way, references, options)

    def claim(self, name: str, derived: Any, printed: Any, because: str = "", *, route: Route | None = None,
              needs: Sequence[str] = (), label: str = "", one_way: str = "", references: Sequence[str] = (), **options: Any) -> Any:
        """``derived = printed``, a formula as it stands in the paper. It is checked like an identity and never emitted."""
        return self._equal(Kind.CLAIM, name, derived, printed, because, route, needs, label, one_way, references, options)

    def _equal(self, kind: Kind, name: str, left: Any, right: Any, because: str, route: Route | None, needs: Sequence[str],
               label: str, one_way: str, references: Sequence[str], options: Mapping[str, Any]) -> Any:
        left, right = sp.sympify(left), sp.sympify(right)
        self._add(Step(name, kind, left, right, because, tuple(needs) or self._origin(left), route or Difference(), label,
                       one_way=one_way, references=tuple(references), options=dict(options)))
        return right

    def bound(self, name: str, left: Any, right: Any, because: str = "", *, route: Route | None = None, needs: Sequence[str] = (),
              attained_at: Mapping[Any, Any] | None = None, not_sharp: bool = False, label: str = "", one_way: str = "",
              references: Sequence[str] = (), **options: Any) -> Any:
        """``left <= right``, with a point where it is nearly attained or the word that it is not sharp. Returns ``right``."""
        if (attained_at is None) == (not not_sharp):
            raise invalid("attained_at", attained_at, "a point where the bound is nearly attained, or not_sharp=True (one of the two)")
        left, right = sp.sympify(left), sp.sympify(right)
        sharp = {str(k): sp.sympify(v) for k, v in (attained_at or {}).items()}
        self._add(Step(name, Kind.BOUND, left, right, because, tuple(needs) or self._origin(left), route, label, one_way=one_way,
                       references=tuple(references), options={**options, "attained_at": None if not_sharp else sharp}))
        return right

    def limit(self, name: str, left: Any, right: Any, variable: sp.Symbol, to: Any, order: Any, because: str = "", *,
              needs: Sequence[str] = (), label: str = "", references: Sequence[str] = (), **options: Any) -> Any:
        """``left ~ right`` as ``variable`` goes to ``to``, with relative error of the stated order. Returns ``right``."""
        left, right = sp.sympify(left), sp.sympify(right)
        self._add(Step(name, Kind.LIMIT, left, right, because, tuple(needs) or self._origin(left), None, label,
                       references=tuple(references), options={**options, "variable": str(variable), "to": sp.sympify(to),
                                                              "order": sp.sympify(order)}))
        return right

    def theorem(self, name: str, statement: str, because: str = "", *, assumes: Sequence[str] = (), needs: Sequence[str] = (),
                checked_by: Sequence[str] = (), references: Sequence[str] = ()) -> str:
        """A cited statement, not proved here; ``checked_by`` names the cases that hold it against simulation."""
        self._add(Step(name, Kind.THEOREM, None, str(statement), because, tuple(needs), assumes=tuple(assumes),
                       checked_by=tuple(checked_by), references=tuple(references)))
        return statement

    def _add(self, step: Step) -> None:
        if not _NAME.fullmatch(step.name) or step.name in self.steps:
            raise invalid("name", step.name, f"a new identifier (steps so far: {', '.join(self.steps) or 'none'})")
        missing = [n for n in step.needs if n not in self.steps]
        if missing:
            raise DerivationError(f"{self.name}.{step.name} needs {missing}, which are not earlier steps")
        self._declare(step.name, step.left, step.right, *(v for v in step.options.values() if isinstance(v, sp.Basic)))
        self.steps[step.name] = step

    def _origin(self, expr: Any) -> tuple[str, ...]:
        """The earlier step whose derived side is this very expression, if there is one."""
        return next(((s.name,) for s in reversed(self.steps.values()) if expr == s.right), ())

    # ------------------------------------------------------------------------------------------------ verdicts

    def checks(self, name: str) -> tuple[Check, ...]:
        """How a step was checked; the checks run at the first call."""
        if name not in self._checks:
            self._checks[name] = checker.check(self._step(name), self.domains, self.quick)
        return self._checks[name]

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
                told = "; ".join(f"{c.way}: {c.verdict.value} ({c.note})" for c in self.checks(n))
                raise DerivationError(f"{self.name}.{name} rests on {n}, which {_TOLD[self.verdict(n)]}: {told}")

    # ---------------------------------------------------------------------------------------------- emission

    def function(self, name: str, *, step: str, arguments: Sequence[sp.Symbol] | Mapping[str, sp.Symbol] = (), doc: str = "",
                 parameters: Sequence[sp.Symbol] | None = None, removable: Mapping[sp.Symbol, tuple[Any, Any]] | None = None,
                 part: str = "", form: Any = None) -> None:
        """Emit the derived side of a step as a kernel function.

        Parameters
        ----------
        name : str
        step : str
            Its ``right`` side is what is emitted. Every step on its path must hold.
        arguments : sequence of symbols, or mapping of argument name to symbol
        doc : str
            One line of meaning.
        parameters : sequence of symbols, optional
            Keyword-only arguments. Default: the parameters of the update rule, whether they occur or not.
        removable : mapping of symbol to (point, value), optional
            Where the formula is 0/0 and what it tends to there.
        part : str
            "integrand": emit the integrand of the derived integral.
        form : expression, optional
            The derived side as floating-point numbers evaluate it well (see ``derive.stable``); it must have the same values.

        Raises
        ------
        DerivationError
            If a step on the path does not hold, or leads to no definition, or the formula is no formula of the arguments.
        """
        if name in self.functions or not _NAME.fullmatch(name):
            raise invalid("name", name, f"a new identifier (functions so far: {', '.join(self.functions) or 'none'})")
        origin = self._step(step)
        if origin.kind in (Kind.CLAIM, Kind.THEOREM):
            raise DerivationError(f"{self.name}.{name}: a {origin.kind.value} is never emitted; emit the step that it was held against")
        self.require(step)
        named = dict(arguments) if isinstance(arguments, Mapping) else {s.name: s for s in arguments}
        expr = origin.right
        if part == "integrand":
            expr = expr.function
        elif part:
            raise invalid("part", part, "'' or 'integrand'")
        keywords = {s.name: s for s in (self.parameters if parameters is None else parameters)}
        function = emit.Function(name, named, {k: s for k, s in keywords.items() if k not in named}, expr, doc, step,
                                 self.exactness(step), dict(removable or {}), form)
        self._sources[name] = emit.function(function, self)          # an expression that cannot be printed is refused here
        self.functions[name] = function

    def helper(self, name: str, source: str) -> None:
        """Source of a kernel function that is no formula: it reads something off the update rule, as the places of its kinks."""
        self._sources[name] = source

    def constant(self, name: str, value: Any) -> None:
        """A module constant of the kernel, such as ``CLOSED_FORM``."""
        self.constants[name] = value

    def source_text(self) -> str:
        """The kernel's source."""
        constants = {"SOURCE": self.source, **({} if self.update is None else {"UPDATE": self.update}), **self.constants}
        return emit.module(self, constants, self._sources)

    def record(self) -> dict[str, Any]:
        """The derivation as plain data, complete without its code; every step is checked."""
        return storing.data(self)

    def write(self, kernel_dir: str | Path, record_dir: str | Path) -> None:
        """Write ``kernel_dir/NAME.py`` and ``record_dir/NAME.json``; refuse if an identity is not held both ways."""
        for name, text in self.files().items():
            folder = Path(kernel_dir if name.endswith(".py") else record_dir)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")

    def files(self) -> dict[str, str]:
        """File name -> text of the kernel and of the record."""
        self.require_two_ways()
        return {f"{self.name}.py": self.source_text(), f"{self.name}.json": storing.dumps(self.record())}

    def require_two_ways(self) -> None:
        """Raise unless every identity, claim and bound holds in two ways, or says why only one is possible."""
        for name, step in self.steps.items():
            if self.verdict(name) is not Verdict.HOLDS:
                told = "; ".join(f"{c.way}: {c.verdict.value} ({c.note})" for c in self.checks(name))
                raise DerivationError(f"{self.name}.{name} {_TOLD[self.verdict(name)]}: {told}")
            ways = [c for c in self.checks(name) if c.verdict is Verdict.HOLDS and c.way != "calculus"]
            if step.kind in (Kind.IDENTITY, Kind.CLAIM, Kind.BOUND) and len(ways) < 2 and not step.one_way:
                told = "; ".join(f"{c.way}: {c.verdict.value} ({c.note})" for c in self.checks(name))
                raise DerivationError(f"{self.name}.{name} is held in one way only ({told}); give another route, or say why in one_way=")

    def unknown(self) -> Iterable[str]:
        """Names of the steps that nothing decided."""
        return [n for n in self.steps if self.verdict(n) is Verdict.UNKNOWN]


_TOLD = {Verdict.FAILS: "fails", Verdict.UNKNOWN: "is undecided", Verdict.HOLDS: "holds"}
