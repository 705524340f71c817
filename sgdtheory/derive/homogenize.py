"""From the text of an update rule g(x, r) = f(x) h(r) to the functions its risk equation is made of.

    preconditioner  p(kappa) = E f'(sqrt(kappa) Z) / E f'(Z)             drift factor  E f'(Z) E h'(r)
    noise shape     S(rho, kappa_i, kappa_j) = E f(x_i) f(x_j) / E f(Z)^2    noise power   E f(Z)^2 E h(r)^2

with r ~ N(m, s^2); p(1) = 1 and S(1, 1, 1) = 1, the constants sit in the drift factor and the noise power. A theory averages over
the label noise afterwards, so a rule is derived once for all noises.
"""

from __future__ import annotations

import keyword
from functools import cache
from types import ModuleType
from typing import Any

import sympy as sp

from sgdtheory import expressions
from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.derive import admissible
from sgdtheory.derive.digits import loss
from sgdtheory.derive.language import Derivation
from sgdtheory.derive.quantities import Quantities
from sgdtheory.derive.record import Record
from sgdtheory.derive.steps import Step, Verdict
from sgdtheory.errors import DerivationError, InvalidInput, NotSeparable, invalid

_RESERVED = {
    "m",
    "s",
    "y",
    "z",
    "kappa",
    "kappa_i",
    "kappa_j",
    "rho",
    "mean",
    "std",
    "variance",
    "variance_i",
    "variance_j",
    "correlation",
    "learning_rate",
    "batch_size",
    "breaks",
    "self",
    "update",
    "parameters",
    "np",
    "special",
    "R",
    "eta",
    "t",
    "d",
    "u",
    "eps",
}
LARGEST_LOSS = 1e-9
"""A closed form that loses more than this in double precision is not computed with."""

STEPS = (
    "separation",
    "odd_feature",
    "feature_slope",
    "feature_power",
    "preconditioner",
    "noise_shape",
    "response",
    "drift_factor",
    "noise_power",
    "drift_slope",
    "noise_slope",
)


class Homogenization:
    """The theory of an update rule: its functions, the steps that derive them, and their verdicts.

    Calling it gives an algorithm: ``homogenize("sign(x)*tanh(r/b)")(learning_rate=0.5, b=2.0)``.

    Attributes
    ----------
    update : str
        Text of g.
    feature, response_function : sympy.Expr
        f(x) and h(r).
    closed_form : bool
        Whether every function has a closed form; otherwise kernels integrate numerically.
    """

    def __init__(self, work: Quantities) -> None:
        self.derivation, self.update, self.feature, self.response_function = work.D, work.text, work.f, work.h
        self.closed_form, self._work = work.closed, work
        self._failure: str | None = None

    def _right(self, name: str) -> sp.Expr:
        return self.derivation.steps[name].right

    preconditioner = property(lambda self: self._right("preconditioner"), doc="p(kappa).")
    noise_shape = property(lambda self: self._right("noise_shape"), doc="S(rho, kappa_i, kappa_j).")
    response = property(lambda self: self._right("response"), doc="E h(r) in m and s.")
    drift_factor = property(lambda self: self._right("drift_factor"), doc="E f'(Z) E h'(r) in m and s.")
    noise_power = property(lambda self: self._right("noise_power"), doc="E f(Z)^2 E h(r)^2 in m and s.")
    feature_slope = property(lambda self: self._right("feature_slope"), doc="E f'(Z).")
    feature_power = property(lambda self: self._right("feature_power"), doc="E f(Z)^2.")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, in order."""
        return tuple(s for n, s in self.derivation.steps.items() if n == "update" or n in STEPS)

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """Step name -> verdict; the checks run at the first call."""
        return {s.name: self.derivation.verdict(s.name) for s in self.steps}

    def source(self) -> str:
        """The kernel: a NumPy module as text. Every step is checked first, at the first call."""
        if self._failure is not None:
            raise DerivationError(self._failure)
        try:
            self._work.emit()
        except DerivationError as error:  # what was emitted before it is no kernel: the same answer every time
            self._failure = str(error)
            raise
        return self.derivation.source_text()

    @property
    def record(self) -> Record:
        """The steps as a record: as text, LaTeX, MathML; every step is checked."""
        return Record(self.derivation.record())

    def _repr_html_(self) -> str:
        return self.record._repr_html_()

    def _repr_latex_(self) -> str:
        return self.record._repr_latex_()

    def __call__(
        self, learning_rate: Any, batch_size: int = 1, breaks: Any = (), **parameters: float
    ) -> SeparableUpdate:
        """The algorithm with this update rule.

        Parameters
        ----------
        learning_rate : float or callable
        batch_size : int
        breaks : sequence of float
            Times at which the learning rate has a kink.
        **parameters : float
            A positive value for every symbol of the rule other than x and r.
        """
        return SeparableUpdate(learning_rate, batch_size, tuple(breaks), self.update, parameters)

    def __repr__(self) -> str:
        return f"Homogenization({self.update!r})"

    def __str__(self) -> str:
        lines = [f"g(x, r) = {self.update}" + ("" if self.closed_form else "    (some averages by quadrature)")]
        lines += [
            f"  {s.name} = {s.right}   [{self.derivation.verdict(s.name).value}]"
            for s in self.steps
            if s.name != "update"
        ]
        return "\n".join(lines)


def homogenize(update: Any, into: Derivation | None = None) -> Homogenization:
    """Derive what an update rule g(x, r) = f(x) h(r) does in high dimension.

    Parameters
    ----------
    update : str or sympy.Expr
        g in the feature x and the residual r = <x, theta> - y; other symbols are positive parameters.
    into : Derivation, optional
        A derivation that the steps are added to. Default: a new one.

    Returns
    -------
    Homogenization

    Raises
    ------
    NotSeparable
        If g does not separate, f is not odd, E f' = 0, E h' <= 0 (no descent) or E h^2 is infinite. The message says why.
    InvalidInput
        If the text is no expression in the allowed functions.

    Examples
    --------
    >>> from sgdtheory.derive import homogenize
    >>> h = homogenize("sign(x)*sign(r)")
    >>> h.noise_shape, h.preconditioner
    (2*asin(rho)/pi, 1/sqrt(kappa))
    >>> h(learning_rate=0.5)
    SeparableUpdate('sign(x)*sign(r)', learning_rate=0.5)
    """
    if into is not None and not isinstance(into, Derivation):
        raise invalid("into", into, "a Derivation", "give the learning rate to what comes back: homogenize(update)(0.5)")
    text = _text(update)
    return _homogenize(text) if into is None else _derive(text, into)


@cache
def _homogenize(text: str) -> Homogenization:
    return _derive(text, None)


def _derive(text: str, into: Derivation | None) -> Homogenization:
    factors = expressions.parse(text).factor()
    D = Derivation("rule", title=f"The update rule {text}", update=text, quick=True) if into is None else into
    symbols = {name: declared.symbol for name, declared in D.symbols.items()}
    x, r = symbols["x"], symbols["r"]
    f, h = (expressions.parse(t).sympy(symbols) for t in factors)
    if admissible.check(text, f, x, h, r) < 0:
        f, h = -f, -h
    work = Quantities(D, text, f, h, 2 if into is None else 8)
    work.run()
    if into is not None:
        work.emit()
    return Homogenization(work)


def _text(update: Any) -> str:
    if not isinstance(update, str):
        if update is None:
            raise _no_rule(update)
        try:
            update = expressions.from_sympy(sp.sympify(update))
        except (sp.SympifyError, TypeError, AttributeError):
            raise _no_rule(update) from None
    names = expressions.parse(update).symbols
    for name in sorted(names - {"x", "r"}):
        if name in _RESERVED or keyword.iskeyword(name) or name.startswith("_"):
            raise invalid(
                "update",
                update,
                f"written with other parameter names than {name!r}, which has a meaning here",
                "rename it, to b say",
            )
    if not {"x", "r"} <= names:
        lacks = " and ".join(sorted({"x", "r"} - names))
        why = "the step would not depend on the feature, or not on the residual"
        raise invalid("update", update, f"a rule in x and r (it lacks {lacks})", why, NotSeparable)
    return update


def _no_rule(update: Any) -> InvalidInput:
    return invalid("update", update, "text or a SymPy expression in x and r", "for example 'sign(x)*tanh(r)'")


@cache
def kernel(text: str) -> ModuleType:
    """The compiled kernel of an update rule: derived, checked and compiled once per text, in memory.

    Raises
    ------
    NotSeparable
        As :func:`homogenize`.

    Notes
    -----
    A closed form whose terms cancel in double precision (``digits.loss``) is left to the record; the kernel integrates instead.
    """
    found = homogenize(text)
    module = _compiled(found)
    if found.closed_form and loss(found.derivation, module) > LARGEST_LOSS:
        found = _derive(text, None)
        found._work.integrated = True
        module = _compiled(found)
    return module


def _compiled(found: Homogenization) -> ModuleType:
    module = ModuleType(f"sgdtheory.kernels of {found.update}")
    exec(compile(found.source(), f"<kernel of {found.update}>", "exec"), module.__dict__)
    return module


__all__ = ["Homogenization", "homogenize", "kernel"]
