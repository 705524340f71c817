"""The language derivations are written in.

A derivation starts from definitions and reaches results by steps; every step is held by its kind (see ``steps``), and
only what was derived, holds, and has a path from a definition becomes a kernel function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sympy as sp

from sgdtheory.derive import emit, storing
from sgdtheory.derive.canonical import canonical
from sgdtheory.derive.chain import NAME, Chain
from sgdtheory.derive.routes import Difference, Route
from sgdtheory.derive.steps import Kind, Step
from sgdtheory.derive.text import from_text
from sgdtheory.errors import DerivationError, invalid


class Derivation(Chain):
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
        Text of the update rule g(x, r): the first definition. Every other symbol in it is a positive parameter.
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

    def __init__(
        self,
        name: str,
        *,
        title: str = "",
        source: str = "",
        bibtex: str = "",
        update: str | None = None,
        quick: bool = False,
    ) -> None:
        super().__init__(name, quick)
        self.title, self.source, self.bibtex, self.update = title or name, source, bibtex.strip(), update
        self.functions: dict[str, emit.Function] = {}
        self.constants: dict[str, Any] = {}
        self._sources: dict[str, str] = {}
        if update is not None:
            x, r = self.symbol("x"), self.symbol("r")
            g = from_text(update, {"x": x, "r": r})
            free = sorted(s.name for s in g.free_symbols if s.name not in ("x", "r"))
            declared = {s: self.symbol(s, "positive", f"parameter {s} of the update rule") for s in free}
            self.parameters: tuple[sp.Symbol, ...] = tuple(declared.values())
            self.definition(
                "update",
                from_text(update, {"x": x, "r": r, **declared}),
                label="g(x, r)",
                because="each coordinate moves by minus the raw step times g of its feature and the residual",
            )
        else:
            self.parameters = ()

    def definition(
        self, name: str, expr: Any, because: str = "", *, label: str = "", references: Sequence[str] = ()
    ) -> Any:
        """A thing taken as given: the update rule, the law of the data.

        ``label``, such as ``"psi(m, s)"``, names it in print.
        """
        expr = canonical(expr)
        self._add(Step(name, Kind.DEFINITION, None, expr, because, label=label, references=tuple(references)))
        return expr

    def identity(
        self,
        name: str,
        definition: Any,
        derived: Any,
        because: str = "",
        *,
        route: Route | None = None,
        needs: Sequence[str] = (),
        label: str = "",
        one_way: str = "",
        references: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """``definition = derived``: held by mpmath at random points, and by ``route``. Returns ``derived``.

        Where one of the two ways is impossible, ``one_way`` says why. Options: ``points``, ``digits``, ``time_limit``.
        """
        return self._equal(
            Kind.IDENTITY, name, definition, derived, because, route, needs, label, one_way, references, options
        )

    def claim(
        self,
        name: str,
        derived: Any,
        printed: Any,
        because: str = "",
        *,
        route: Route | None = None,
        needs: Sequence[str] = (),
        label: str = "",
        one_way: str = "",
        references: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """``derived = printed``, a formula as it stands in the paper: checked like an identity, never emitted."""
        return self._equal(
            Kind.CLAIM, name, derived, printed, because, route, needs, label, one_way, references, options
        )

    def _equal(
        self,
        kind: Kind,
        name: str,
        left: Any,
        right: Any,
        because: str,
        route: Route | None,
        needs: Sequence[str],
        label: str,
        one_way: str,
        references: Sequence[str],
        options: Mapping[str, Any],
    ) -> Any:
        left, right = canonical(left), canonical(right)
        self._add(
            Step(
                name,
                kind,
                left,
                right,
                because,
                tuple(needs) or self._origin(left),
                route or Difference(),
                label,
                one_way=one_way,
                references=tuple(references),
                options=dict(options),
            )
        )
        return right

    def bound(
        self,
        name: str,
        left: Any,
        right: Any,
        because: str = "",
        *,
        route: Route | None = None,
        needs: Sequence[str] = (),
        attained_at: Mapping[Any, Any] | None = None,
        not_sharp: bool = False,
        label: str = "",
        one_way: str = "",
        references: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """``left <= right``, with a point where it is nearly attained, or the word that it is not sharp.

        Returns ``right``.
        """
        if (attained_at is None) == (not not_sharp):
            raise invalid(
                "attained_at",
                attained_at,
                "a point where the bound is nearly attained, or not_sharp=True (one of the two)",
            )
        left, right = canonical(left), canonical(right)
        sharp = {str(k): sp.sympify(v) for k, v in (attained_at or {}).items()}
        self._add(
            Step(
                name,
                Kind.BOUND,
                left,
                right,
                because,
                tuple(needs) or self._origin(left),
                route,
                label,
                one_way=one_way,
                references=tuple(references),
                options={**options, "attained_at": None if not_sharp else sharp},
            )
        )
        return right

    def limit(
        self,
        name: str,
        left: Any,
        right: Any,
        variable: sp.Symbol,
        to: Any,
        order: Any,
        because: str = "",
        *,
        needs: Sequence[str] = (),
        label: str = "",
        references: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """``left ~ right`` as ``variable`` goes to ``to``, with a relative error of the stated order.

        Returns ``right``.
        """
        left, right = canonical(left), canonical(right)
        self._add(
            Step(
                name,
                Kind.LIMIT,
                left,
                right,
                because,
                tuple(needs) or self._origin(left),
                None,
                label,
                references=tuple(references),
                options={**options, "variable": str(variable), "to": sp.sympify(to), "order": sp.sympify(order)},
            )
        )
        return right

    def theorem(
        self,
        name: str,
        statement: str,
        because: str = "",
        *,
        assumes: Sequence[str] = (),
        needs: Sequence[str] = (),
        checked_by: Sequence[str] = (),
        references: Sequence[str] = (),
    ) -> str:
        """A cited statement, not proved here; ``checked_by`` names the cases that hold it against simulation."""
        self._add(
            Step(
                name,
                Kind.THEOREM,
                None,
                str(statement),
                because,
                tuple(needs),
                assumes=tuple(assumes),
                checked_by=tuple(checked_by),
                references=tuple(references),
            )
        )
        return statement

    def function(
        self,
        name: str,
        *,
        step: str,
        arguments: Sequence[sp.Symbol] | Mapping[str, sp.Symbol] = (),
        doc: str = "",
        parameters: Sequence[sp.Symbol] | None = None,
        removable: Mapping[sp.Symbol, tuple[Any, Any]] | None = None,
        part: str = "",
        form: Any = None,
    ) -> None:
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
            The derived side as floating-point numbers evaluate it well (see ``derive.stable``); compared with it.

        Raises
        ------
        DerivationError
            If a step on the path does not hold or leads to no definition, or the formula has other symbols than the
            arguments, or its printed form has other values.
        """
        if name in self.functions or not NAME.fullmatch(name):
            raise invalid("name", name, f"a new identifier (functions so far: {', '.join(self.functions) or 'none'})")
        origin = self._step(step)
        if origin.kind in (Kind.CLAIM, Kind.THEOREM):
            raise DerivationError(
                f"{self.name}.{name}: a {origin.kind.value} is never emitted; emit the step that it was held against"
            )
        self.require(step)
        named = dict(arguments) if isinstance(arguments, Mapping) else {s.name: s for s in arguments}
        expr = origin.right
        if part == "integrand":
            expr = expr.function
        elif part:
            raise invalid("part", part, "'' or 'integrand'")
        keywords = {s.name: s for s in (self.parameters if parameters is None else parameters)}
        function = emit.Function(
            name,
            named,
            {k: s for k, s in keywords.items() if k not in named},
            expr,
            doc,
            step,
            self.exactness(step),
            dict(removable or {}),
            form,
        )
        source = emit.function(function, self)  # an expression that cannot be printed is refused here
        emit.verify(function, source, self.domains, points=2 if self.quick else 6)
        self._sources[name], self.functions[name] = source, function

    def helper(self, name: str, source: str) -> None:
        """Source of a kernel function that is no formula but reads something off the update rule, such as its kinks."""
        self._sources[name] = source

    def constant(self, name: str, value: Any) -> None:
        """A module constant of the kernel, such as ``CLOSED_FORM``."""
        self.constants[name] = value

    def source_text(self) -> str:
        """The kernel's source."""
        constants = {
            "SOURCE": self.source,
            **({} if self.update is None else {"UPDATE": self.update}),
            **self.constants,
        }
        return emit.module(self, constants, self._sources)

    def record(self) -> dict[str, Any]:
        """The derivation as plain data, complete without its code; every step is checked."""
        return storing.data(self)

    def write(self, kernel_dir: str | Path, record_dir: str | Path) -> None:
        """Write ``kernel_dir/NAME.py`` and ``record_dir/NAME.json``; refuse if an identity is not held both ways."""
        for name, text in self.files().items():
            folder = Path(kernel_dir if name.endswith(".py") else record_dir)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")

    def files(self) -> dict[str, str]:
        """File name -> text of the kernel and of the record."""
        self.require_two_ways()
        return {f"{self.name}.py": self.source_text(), f"{self.name}.json": storing.dumps(self.record())}
