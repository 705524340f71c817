"""E f(x_i) f(x_j) for centred jointly Gaussian features: Isserlis for polynomials, the arcsine law for sign and erf.

erf(c x) is the mean of sign(x + n) over an independent Gaussian n of variance 1/(2 c^2), so erf obeys the arcsine law with a
larger variance. Other functions have no closed form here; their definition stays, and kernels sum Mehler's series.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp

from sgdtheory.derive.expectation import Expectation
from sgdtheory.derive.gaussian import NoClosedForm
from sgdtheory.derive.pieces import NoPieces, sign_of

Part = tuple[sp.Expr, str, Any]  # coefficient, "power" with n or "sign" with the variance of its smoothing


def definition(f: sp.Expr, x: sp.Symbol, rho: Any, variance_i: Any, variance_j: Any) -> sp.Expr:
    """E f(x_i) f(x_j), unevaluated: x_j given x_i is Gaussian with mean rho sqrt(var_j/var_i) x_i and variance (1 - rho^2) var_j."""
    y = sp.Symbol("y", real=True)
    given = Expectation(f.subs(x, y), y, rho * sp.sqrt(variance_j / variance_i) * x, sp.sqrt(variance_j * (1 - rho**2)))
    return Expectation(f * given, x, 0, sp.sqrt(variance_i))


def expectation(f: sp.Expr, x: sp.Symbol, rho: Any, variance_i: Any, variance_j: Any) -> sp.Expr | None:
    """The closed form of E f(x_i) f(x_j), or None.

    Examples
    --------
    >>> import sympy as sp
    >>> from sgdtheory.derive import bivariate
    >>> x, rho = sp.Symbol("x", real=True), sp.Symbol("rho", real=True)
    >>> bivariate.expectation(sp.sign(x), x, rho, 1, 1)
    2*asin(rho)/pi
    >>> bivariate.expectation(x**3, x, rho, 1, 1)
    6*rho**3 + 9*rho
    """
    try:
        parts = _parts(f, x)
    except NoClosedForm:
        return None
    rho, variance_i, variance_j = map(sp.sympify, (rho, variance_i, variance_j))
    total = sp.S.Zero
    for a, kind_i, p in parts:
        for b, kind_j, q in parts:
            if kind_i == kind_j == "power":
                value = isserlis(p, q, rho, variance_i, variance_j)
            elif kind_i == kind_j == "sign":
                value = 2 * sp.asin(rho * _share(variance_i, p) * _share(variance_j, q)) / sp.pi
            elif kind_i == "power":
                value = _power_sign(p, q, rho, variance_i, variance_j)
            else:
                value = _power_sign(q, p, rho, variance_j, variance_i)
            total += a * b * value
    return sp.expand(total) if all(k == "power" for _, k, _ in parts) else total


def _share(variance: sp.Expr, extra: sp.Expr) -> sp.Expr:
    return sp.S.One if extra == 0 else sp.sqrt(variance / (variance + extra))


def _parts(f: sp.Expr, x: sp.Symbol) -> list[Part]:
    parts: list[Part] = []
    for term in sp.Add.make_args(sp.expand(f)):
        coefficient, rest = term.as_independent(x, as_Add=False)
        try:
            if rest == 1 or (
                rest.as_base_exp()[0] == x and rest.as_base_exp()[1].is_Integer and 0 < rest.as_base_exp()[1] <= 12
            ):
                parts.append((coefficient, "power", 0 if rest == 1 else int(rest.as_base_exp()[1])))
            elif isinstance(rest, (sp.sign, sp.erf)) and rest.args[0].as_poly(x) is not None:
                slope, shift = rest.args[0].coeff(x, 1), rest.args[0].coeff(x, 0)
                if sp.expand(rest.args[0] - slope * x) != 0 or shift != 0:
                    raise NoClosedForm
                extra = 1 / (2 * slope**2) if isinstance(rest, sp.erf) else sp.S.Zero
                parts.append((coefficient * sign_of(slope), "sign", extra))
            else:
                raise NoClosedForm
        except NoPieces:
            raise NoClosedForm from None
    return parts


@lru_cache(maxsize=256)
def isserlis(p: int, q: int, rho: sp.Expr, variance_i: sp.Expr, variance_j: sp.Expr) -> sp.Expr:
    """E x_i^p x_j^q: pair the first x_j with every other factor (Isserlis)."""
    if (p + q) % 2:
        return sp.S.Zero
    if q == 0:
        return sp.factorial2(p - 1) * variance_i ** sp.Rational(p, 2) if p else sp.S.One
    covariance = rho * sp.sqrt(variance_i) * sp.sqrt(variance_j)
    total = sp.S.Zero
    if p:
        total += p * covariance * isserlis(p - 1, q - 1, rho, variance_i, variance_j)
    if q > 1:
        total += (q - 1) * variance_j * isserlis(p, q - 2, rho, variance_i, variance_j)
    return sp.expand(total)


def _power_sign(n: int, extra: sp.Expr, rho: sp.Expr, variance_power: sp.Expr, variance_sign: sp.Expr) -> sp.Expr:
    """E x^n sign(y + noise): x = slope * y' + independent rest, with y' the noisy argument of sign."""
    total_variance = variance_sign + extra
    slope = rho * sp.sqrt(variance_power) * sp.sqrt(variance_sign) / total_variance
    rest = variance_power - slope**2 * total_variance
    value = sp.S.Zero
    for k in range(1, n + 1, 2):
        if (n - k) % 2 == 0:
            odd = sp.sqrt(2 / sp.pi) * sp.factorial2(k - 1) * total_variance ** sp.Rational(k, 2)  # E |y'|^k, k odd
            even = sp.factorial2(n - k - 1) * rest ** sp.Rational(n - k, 2) if n > k else sp.S.One
            value += sp.binomial(n, k) * slope**k * odd * even
    return value
