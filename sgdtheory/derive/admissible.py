"""Which update rules g(x, r) = f(x) h(r) the homogenization covers; every refusal says why.

Signs and sizes are decided by quadrature at drawn values of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import mpmath
import sympy as sp

from sgdtheory.derive.expectation import gaussian_quadrature, kinks_of, mp_function
from sgdtheory.derive.pieces import NoPieces, _roots, draws
from sgdtheory.errors import NotConverged, NotSeparable, invalid

_PLACES = (0.137, 0.71, 1.0, 1.9, 3.3, 7.7)
_SPREADS = (0.01, 0.3, 1.0, 4.0, 100.0)
NOT_ODD = (
    "f is not odd, so E f(x) != 0 and the constant part of h pushes all coordinates the same way at every step: the risk does not "
    "concentrate as d grows (relu(x)*sign(r) has relative spread .34 at d=50 and at d=800)"
)


def refuse(text: str, why: str, instead: str = "") -> NotSeparable:
    """The error for a rule that is not covered."""
    error = invalid(
        "update",
        text,
        "a rule f(x)*h(r) with f odd, E f' > 0, E h' > 0 and E h^2 finite",
        f"{why}{'; ' + instead if instead else ''}",
        NotSeparable,
    )
    assert isinstance(error, NotSeparable)
    return error


class Curve:
    """A factor of the rule as an mpmath function at drawn values of its parameters."""

    def __init__(self, expression: sp.Expr, variable: sp.Symbol, values: dict[sp.Symbol, Any]) -> None:
        self.expression, self.variable = expression.subs(values), variable
        self._call = mp_function(self.expression, (variable,))
        self.kinks = [mpmath.mpf(sp.N(k, 20)) for k in kinks_of(self.expression, variable)]

    def __call__(self, place: Any) -> Any:
        try:
            value = mpmath.mpmathify(self._call(mpmath.mpf(place)))
        except (ZeroDivisionError, ValueError, OverflowError, TypeError):
            return mpmath.nan
        return value

    def mean(self, weight: Callable[[Any, Any], Any], std: Any) -> Any:
        """E weight(r, h(r)), r ~ N(0, std^2)."""
        return gaussian_quadrature(lambda r: weight(r, self(r)), 0, std, self.kinks)


def check(text: str, f: sp.Expr, x: sp.Symbol, h: sp.Expr, r: sp.Symbol) -> int:
    """Raise NotSeparable unless the rule is covered; +1, or -1 if f and h must both change sign so that E f' > 0."""
    parameters = sp.Tuple(*sorted((f.free_symbols | h.free_symbols) - {x, r}, key=lambda t: t.name))
    orientation = 0
    for values in _few(draws([parameters])):
        with mpmath.workdps(20):
            feature, response = Curve(f, x, values), Curve(h, r, values)
            told = f" (at {', '.join(f'{k}={float(v):.3g}' for k, v in values.items())})" if values else ""
            _real(text, feature, "f", "x", told)
            _real(text, response, "h", "r", told)
            _odd(text, feature, told)
            _tame(text, feature, "f", told)
            _tame(text, response, "h", told)
            orientation = _descends(text, feature, response, told)
    return orientation


def _few(points: list[dict[sp.Symbol, Any]]) -> Iterable[dict[sp.Symbol, Any]]:
    return points[:2]


def _real(text: str, curve: Curve, name: str, variable: str, told: str) -> None:
    for place in (*_PLACES, *(-p for p in _PLACES)):
        value = curve(place)
        if not mpmath.isfinite(value) or mpmath.im(value) != 0:
            raise refuse(
                text,
                f"{name}({place}) = {mpmath.nstr(value, 5)} is not a real number{told}",
                f"write it for every real {variable}, for example with Abs({variable})",
            )


def _odd(text: str, f: Curve, told: str) -> None:
    for place in _PLACES:
        there, back = f(place), f(-place)
        if abs(there + back) > mpmath.mpf(10) ** -14 * (abs(there) + abs(back)):
            raise refuse(
                text, f"f({place}) = {mpmath.nstr(there, 5)} and f(-{place}) = {mpmath.nstr(back, 5)}{told}; {NOT_ODD}"
            )


def _tame(text: str, curve: Curve, name: str, told: str) -> None:
    """E of the square is finite for every std: no growth like exp(r^2), no pole that is too strong."""
    for side in (1, -1):
        rates = []
        for k in (3, 4, 6, 8):
            place = mpmath.mpf(10) ** k * side
            try:
                size = abs(curve(place))
                rates.append(mpmath.log(size) / place**2 if size > 1 else mpmath.mpf(0))
            except (OverflowError, ValueError, MemoryError):
                rates.append(mpmath.inf)
        if not all(mpmath.isfinite(v) for v in rates) or (rates[-1] > 1e-12 and rates[-1] > rates[1] / 2):
            raise refuse(
                text,
                f"{name} grows like the exponential of a square or faster{told}, so E {name}^2 is infinite once the residual "
                "is large",
                f"bound it, for example with Min(100, {curve.variable})",
            )
    for pole in _poles(curve):
        near, nearer = (curve(pole + mpmath.mpf(10) ** -k) for k in (9, 12))
        if (
            mpmath.isfinite(near)
            and mpmath.isfinite(nearer)
            and abs(nearer) > abs(near) * mpmath.mpf(10) ** mpmath.mpf(1.499)
        ):
            raise refuse(text, f"{name} has a pole at {mpmath.nstr(pole, 5)}{told}, so E {name}^2 is infinite")


def _poles(curve: Curve) -> list[Any]:
    found = []
    for power in curve.expression.atoms(sp.Pow):
        base, exponent = power.as_base_exp()
        if base.has(curve.variable) and exponent.is_number and exponent.is_negative:
            try:
                found += [mpmath.mpf(sp.N(z, 30)) for z in _roots(base, curve.variable)]
            except (NoPieces, TypeError):
                continue
    return found


def _descends(text: str, f: Curve, h: Curve, told: str) -> int:
    try:
        slope = f.mean(lambda x, y: x * y, 1)
        power = f.mean(lambda x, y: y * y, 1)
        noise = [h.mean(lambda r, y: y * y, s) for s in _SPREADS]
        slopes = [h.mean(lambda r, y: r * y, s) / s**2 for s in _SPREADS]
    except NotConverged as error:
        raise refuse(
            text, f"E f^2 or E h^2 is infinite, or has no value that quadrature can find{told}: {error}"
        ) from None
    if abs(slope) <= 1e-12 * mpmath.sqrt(power):
        raise refuse(
            text, f"E f'(x) = 0 for x ~ N(0, 1){told}: on average the step does not see the gradient's direction"
        )
    orientation = 1 if slope > 0 else -1
    if all(orientation * v * s <= 1e-12 * mpmath.sqrt(n) for v, s, n in zip(slopes, _SPREADS, noise, strict=True)):
        flat = all(abs(v) * s <= 1e-12 * mpmath.sqrt(n) for v, s, n in zip(slopes, _SPREADS, noise, strict=True))
        why = (
            "E h'(r) = 0 for every centred residual (h is even): there is no descent"
            if flat
            else "E f' E h' < 0: the rule climbs, there is no descent"
        )
        raise refuse(text, f"{why}{told}", "" if flat else "change the sign of g")
    return orientation
