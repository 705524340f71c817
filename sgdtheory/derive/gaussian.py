"""Closed forms of E h(r), r ~ N(m, s^2): polynomials x exponentials of quadratics x at most one erf, on intervals.

No integrator is asked. The exponential is absorbed by completing the square; moments follow Stein's recursion
E r g(r) = m E g + s^2 E g', whose boundary terms are densities at the cuts; a derivative of h in the sense of
distributions adds densities at its jumps.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any

import sympy as sp

from sgdtheory.derive.expectation import Expectation
from sgdtheory.derive.pieces import Generalized, NoPieces, Pieces, sign_of

_MAX_DEGREE = 24

Exponent = tuple[sp.Expr, sp.Expr]  # (alpha, beta) of exp(-alpha r^2 + beta r)
Term = tuple[
    sp.Expr, int, Exponent, tuple[sp.Expr, sp.Expr] | None
]  # coefficient, power of r, exponent, (c, d) of erf(c r + d)


class NoClosedForm(Exception):
    """The Gaussian calculus has no closed form for this function."""


def expectation(h: Any, r: sp.Symbol, mean: Any, std: Any) -> sp.Expr | None:
    """The closed form of E h(r), r ~ N(mean, std^2), or None where the calculus has none.

    Parameters
    ----------
    h : sympy.Expr
        Function of ``r``; other symbols are parameters.
    mean, std : sympy.Expr

    Raises
    ------
    ValueError
        If the expectation is infinite for some ``std``.

    Examples
    --------
    >>> import sympy as sp
    >>> from sgdtheory.derive.gaussian import expectation
    >>> r, m, s = sp.Symbol("r", real=True), sp.Symbol("m", real=True), sp.Symbol("s", positive=True)
    >>> expectation(sp.sign(r), r, m, s)
    erf(sqrt(2)*m/(2*s))
    """
    try:
        return expectation_of(Generalized.of(sp.sympify(h), r), sp.sympify(mean), sp.sympify(std))
    except (NoPieces, NoClosedForm):
        return None


def expectation_of(h: Generalized, mean: sp.Expr, std: sp.Expr) -> sp.Expr:
    """E of pieces plus deltas; NoClosedForm where there is none."""
    r, m, s = h.smooth.r, sp.Dummy("m", real=True), sp.Dummy("s", positive=True)
    density = normal_density(r, m, s)
    deltas = sum((w * (-1) ** k * density.diff(r, k).subs(r, b) for b, k, w in h.deltas), sp.S.Zero)
    total = _of_pieces(h.smooth, m, s) + sum((_tidy(t, (m, s)) for t in sp.Add.make_args(deltas)), sp.S.Zero)
    return total.subs({m: mean, s: std}, simultaneous=True)


def normal_density(r: Any, mean: Any, std: Any) -> sp.Expr:
    """The density of N(mean, std^2) at r."""
    return sp.exp(-((r - mean) ** 2) / (2 * std**2)) / (sp.sqrt(2 * sp.pi) * std)


def _tidy(term: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> sp.Expr:
    return sp.factor_terms(term) if term.has(*symbols) else term


def _of_pieces(p: Pieces, m: sp.Symbol, s: sp.Symbol) -> sp.Expr:
    groups: dict[Exponent, list[dict[int, sp.Expr]]] = defaultdict(
        lambda: [defaultdict(lambda: sp.S.Zero) for _ in p.values]
    )
    total = sp.S.Zero
    curves: dict[Any, sp.Expr] = defaultdict(lambda: sp.S.Zero)
    trigonometric = False
    for at, (_low, _high, value) in enumerate(p.intervals):
        value, oscillates = _exponentials(value, p.r)
        trigonometric = trigonometric or oscillates
        for coefficient, power, exponent, inner in _terms(value, p.r):
            if inner is None:
                groups[exponent][at][power] += coefficient
            else:
                curves[at, power, exponent, inner] += coefficient
    for (_at, power, exponent, inner), coefficient in curves.items():
        if not p.cuts:
            total += coefficient * _with_erf(power, exponent, inner, m, s)
        elif sp.simplify(coefficient) != 0:  # erf over part of the line has no closed form, unless it drops out
            raise NoClosedForm
    for exponent, polynomials in groups.items():
        total += _group(p.cuts, polynomials, exponent, m, s)
    if trigonometric:
        if p.cuts:
            raise NoClosedForm
        total = sp.simplify(sp.expand(total, complex=True).as_real_imag()[0])
    return total


def _exponentials(value: sp.Expr, r: sp.Symbol) -> tuple[sp.Expr, bool]:
    """Hyperbolic functions as exponentials, erfc as erf, sine and cosine as complex exponentials."""
    value = value.replace(sp.erfc, lambda u: 1 - sp.erf(u))
    for function in (sp.sinh, sp.cosh):
        value = value.replace(function, lambda u, f=function: f(u).rewrite(sp.exp))
    oscillates = any(f.has(r) for f in value.atoms(sp.sin, sp.cos))
    if oscillates:
        value = value.replace(sp.cos, lambda u: (sp.exp(sp.I * u) + sp.exp(-sp.I * u)) / 2)
        value = value.replace(sp.sin, lambda u: (sp.exp(sp.I * u) - sp.exp(-sp.I * u)) / (2 * sp.I))
    return value, oscillates


def _terms(value: sp.Expr, r: sp.Symbol) -> list[Term]:
    try:
        return _terms_of(sp.expand(value), r)
    except NoClosedForm:
        # expand() also multiplies denominators out; a polynomial in r and its bells leaves the other symbols alone
        curves = sorted((a for a in value.atoms(sp.exp, sp.erf) if a.has(r)), key=sp.default_sort_key)
        marks = [sp.Dummy(f"f{k}") for k in range(len(curves))]
        try:
            polynomial = sp.Poly(value.xreplace(dict(zip(curves, marks, strict=True))), r, *marks)
        except sp.PolynomialError:
            raise NoClosedForm from None
        back = dict(zip(marks, curves, strict=True))
        rows = [
            c * sp.prod([g**n for g, n in zip(polynomial.gens, powers, strict=True)])
            for powers, c in polynomial.terms()
        ]
        return _terms_of(sp.Add(*rows, evaluate=False).xreplace(back), r)


def _terms_of(value: sp.Expr, r: sp.Symbol) -> list[Term]:
    terms = []
    for term in sp.Add.make_args(value):
        coefficient, power, alpha, beta, inner = sp.S.One, 0, sp.S.Zero, sp.S.Zero, None
        for factor in sp.Mul.make_args(term):
            base, exponent = factor.as_base_exp() if not isinstance(factor, sp.exp) else (factor, sp.S.One)
            if not factor.has(r):
                coefficient *= factor
            elif base == r and exponent.is_Integer and 0 < exponent <= _MAX_DEGREE:
                power += int(exponent)
            elif isinstance(factor, sp.exp):
                a, b, constant = _quadratic(factor.args[0], r)
                alpha, beta, coefficient = alpha - a, beta + b, coefficient * sp.exp(constant)
            elif isinstance(factor, sp.erf) and inner is None:
                curve, slope, shift = _quadratic(factor.args[0], r)
                if curve != 0:
                    raise NoClosedForm
                inner = (slope, shift)
            else:
                raise NoClosedForm
        if sp.re(alpha) != 0 and _falls(sp.re(alpha)):
            raise ValueError(
                "the expectation is infinite for large std: the function grows like the exponential of r^2"
            )
        terms.append((coefficient, power, (alpha, beta), inner))
    return terms


def _falls(alpha: sp.Expr) -> bool:
    """Whether alpha < 0 for all parameters; where the sign depends on them, the closed form holds where the mean exists."""
    try:
        return sign_of(alpha) < 0
    except NoPieces:
        return False


def _quadratic(u: sp.Expr, r: sp.Symbol) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    polynomial = sp.expand(u).as_poly(r)
    if polynomial is None or polynomial.degree() > 2:
        raise NoClosedForm
    a, b, c = (polynomial.coeff_monomial(r**k) for k in (2, 1, 0))
    return a, b, c


def _square(exponent: Exponent, m: sp.Expr, s: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Complete the square: exp(-alpha r^2 + beta r) times the density of N(m, s^2) is weight times that of N(mean, std^2)."""
    alpha, beta = exponent
    if alpha == 0 and beta == 0:
        return sp.S.One, m, s
    spread = 1 + 2 * alpha * s**2
    mean = (m + beta * s**2) / spread
    weight = sp.exp(sp.together((-alpha * m**2 + beta * m + beta**2 * s**2 / 2) / spread)) / sp.sqrt(spread)
    return weight, mean, s / sp.sqrt(spread)


def _moments(top: int, m: sp.Expr, s: sp.Expr) -> list[sp.Expr]:
    """Raw moments of N(m, s^2) by Stein's recursion."""
    a = [sp.S.One, m]
    for n in range(2, top + 1):
        a.append(sp.expand(m * a[n - 1] + (n - 1) * s**2 * a[n - 2]))
    return a[: top + 1]


def _boundary(top: int, m: sp.Expr, s: sp.Expr, edge: sp.Expr) -> list[sp.Expr]:
    """Weights of the density at an upper end in the truncated moments: Stein's recursion with its boundary term."""
    b = [sp.S.Zero, -(s**2)]
    for n in range(2, top + 1):
        b.append(sp.expand(m * b[n - 1] + (n - 1) * s**2 * b[n - 2] - s**2 * edge ** (n - 1)))
    return b[: top + 1]


def _group(
    cuts: tuple[sp.Expr, ...], polynomials: list[dict[int, sp.Expr]], exponent: Exponent, m: sp.Symbol, s: sp.Symbol
) -> sp.Expr:
    """One exponential times a polynomial on every interval."""
    top = max((n for p in polynomials for n in p), default=0)
    weight, mean, std = _square(exponent, m, s)
    if any(sp.im(e) != 0 for e in exponent) and cuts:
        raise NoClosedForm
    mu, sd = sp.Dummy("mu", real=True), sp.Dummy("sd", positive=True)
    raw = _moments(top, mu, sd)
    full = [sum((c * raw[n] for n, c in p.items()), sp.S.Zero) for p in polynomials]
    total = _masses(cuts, [sp.factor_terms(sp.expand(a)) for a in full], mu, sd)
    for k, cut in enumerate(cuts):
        edge = _boundary(top, mu, sd, cut)
        jump = sum((c * edge[n] for n, c in polynomials[k].items()), sp.S.Zero) - sum(
            (c * edge[n] for n, c in polynomials[k + 1].items()), sp.S.Zero
        )
        total += sp.factor(sp.expand(jump)) * normal_density(cut, mu, sd)
    return weight * total.subs({mu: mean, sd: std}, simultaneous=True)


def _masses(cuts: tuple[sp.Expr, ...], weights: list[sp.Expr], m: sp.Symbol, s: sp.Symbol) -> sp.Expr:
    """Sum of weight times probability over the intervals; the outer ones by erfc, so that small tails keep their digits."""
    if all(sp.expand(w - weights[0]) == 0 for w in weights):
        return weights[0]
    scaled = [(c - m) / (sp.sqrt(2) * s) for c in cuts]
    if len(cuts) == 1 and sp.expand(weights[0] + weights[1]) == 0:
        return weights[1] * sp.erf(-scaled[0])
    total = weights[0] * sp.erfc(-scaled[0]) / 2 + weights[-1] * sp.erfc(scaled[-1]) / 2
    for w, a, b in zip(weights[1:-1], scaled, scaled[1:], strict=False):
        total += w * (sp.erf(b) - sp.erf(a)) / 2
    return total


def _with_erf(power: int, exponent: Exponent, inner: tuple[sp.Expr, sp.Expr], m: sp.Symbol, s: sp.Symbol) -> sp.Expr:
    """E r^n erf(c r + d) exp(-alpha r^2 + beta r): erf of a Gaussian variable is the mean sign of a wider one."""
    weight, mean, std = _square(exponent, m, s)
    c, d = inner
    mu, sd = sp.Dummy("mu", real=True), sp.Dummy("sd", positive=True)
    values = [sp.erf((c * mu + d) / sp.sqrt(1 + 2 * c**2 * sd**2))]
    for n in range(1, power + 1):
        density = _line(n - 1, (c**2, -2 * c * d), mu, sd) * sp.exp(-(d**2))
        values.append(mu * values[n - 1] + sd**2 * ((n - 1) * values[max(n - 2, 0)] + 2 * c / sp.sqrt(sp.pi) * density))
    return weight * values[power].subs({mu: mean, sd: std}, simultaneous=True)


def _line(power: int, exponent: Exponent, m: sp.Expr, s: sp.Expr) -> sp.Expr:
    """E r^n exp(-alpha r^2 + beta r) on the whole line."""
    weight, mean, std = _square(exponent, m, s)
    return weight * _moments(power, mean, std)[power]


@lru_cache(maxsize=256)
def slope(h: sp.Expr, r: sp.Symbol, mean: sp.Expr, std: sp.Expr) -> sp.Expr | None:
    """E h'(r), jumps of h counted as deltas: the pieces' slopes plus the density at every jump."""
    try:
        return expectation_of(Generalized.of(h, r).diff(), mean, std)
    except (NoPieces, NoClosedForm):
        return None


def heat(h: Generalized, mean: sp.Expr, std: sp.Expr) -> sp.Expr | None:
    """The derivative of E h(r) in the variance std^2: half of E h'' (heat equation), jumps counted."""
    try:
        return expectation_of(h.diff().diff(), mean, std) / 2
    except (NoPieces, NoClosedForm):
        return None


def stein_slope(h: sp.Expr, r: sp.Symbol, mean: sp.Expr, std: sp.Expr) -> Expectation:
    """E h'(r) = E h(r) (r - mean) / std^2, unevaluated: the definition of E h' when h jumps."""
    return Expectation(h * (r - mean) / std**2, r, mean, std)


def unintegrated(h: Generalized, mean: sp.Expr, std: sp.Expr) -> sp.Expr:
    """E of pieces plus deltas, with the smooth part left unevaluated: what a kernel integrates where there is no closed form."""
    r, p = h.smooth.r, h.smooth
    smooth = p.values[0]
    if p.cuts:
        smooth = sp.Piecewise(*((v, r < c) for v, c in zip(p.values, p.cuts, strict=False)), (p.values[-1], True))
    zero = Pieces(r, (), (sp.S.Zero,))
    return (sp.S.Zero if smooth == 0 else Expectation(smooth, r, mean, std)) + expectation_of(
        Generalized(zero, h.deltas), mean, std
    )
