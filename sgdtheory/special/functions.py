"""Special functions of one or two arrays: SciPy's where they hold a relative 1e-13, ours where they do not.

All broadcast, take real numbers, return NaN for NaN only, and keep float32.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from sgdtheory.errors import invalid

_SQRT_HALF = 0.7071067811865476
_INVERSE_SQRT_2PI = 0.3989422804014327
_EULER = 0.5772156649015329


@cache
def _scipy() -> Any:
    import scipy.special

    return scipy.special


def _real(z: Any) -> Any:
    z = np.asarray(z)
    return z if z.dtype.kind == "f" else z.astype(np.float64)


def erf(z: Any) -> Any:
    """The error function 2/sqrt(pi) int_0^z exp(-t^2) dt.

    Examples
    --------
    >>> float(erf(0.0))
    0.0
    """
    return _scipy().erf(z)


def erfc(z: Any) -> Any:
    """1 - erf(z), relative accuracy kept in the upper tail (it underflows beyond z = 26.5; see :func:`erfcx`).

    Examples
    --------
    >>> float(erfc(0.0))
    1.0
    """
    return _scipy().erfc(z)


def erfcx(z: Any) -> Any:
    """exp(z^2) erfc(z): about 1/(sqrt(pi) z) for large z; overflows to inf below z = -26.6.

    Examples
    --------
    >>> float(erfcx(0.0))
    1.0
    """
    return _scipy().erfcx(z)


def log_erfcx(z: Any) -> Any:
    """log(exp(z^2) erfc(z)) for every real z, relative accuracy kept at its zero z = 0.

    Examples
    --------
    >>> float(log_erfcx(-1e3)) / 1e6 > 1.0
    True
    """
    z = _real(z)
    low, high = np.minimum(z, 0.5), np.maximum(z, 0.5)
    # Below 1/2 the logarithm of erfcx would lose the digits of a value near 1, or of an overflow.
    with np.errstate(over="ignore", under="ignore"):
        return np.where(z < 0.5, low * low + np.log1p(-_scipy().erf(low)), np.log(_scipy().erfcx(high)))[()]


def normal_pdf(z: Any) -> Any:
    """The standard normal density exp(-z^2/2)/sqrt(2 pi). Needs no SciPy.

    Examples
    --------
    >>> float(normal_pdf(0.0))
    0.3989422804014327
    """
    z = _real(z)
    with np.errstate(over="ignore", under="ignore"):
        return _INVERSE_SQRT_2PI * np.exp(-0.5 * z * z)


def normal_cdf(z: Any) -> Any:
    """The standard normal distribution function, relative accuracy kept in the lower tail.

    Examples
    --------
    >>> float(normal_cdf(0.0))
    0.5
    """
    z = _real(z)
    below = np.minimum(z, 0.0)
    # exp(-z^2/2) is taken of z itself: rounding z/sqrt(2) first would cost z^2 units in the last place.
    with np.errstate(over="ignore", under="ignore"):
        tail = 0.5 * np.exp(-0.5 * below * below) * _scipy().erfcx(-_SQRT_HALF * below)
        return np.where(z < 0.0, tail, 0.5 * _scipy().erfc(-_SQRT_HALF * np.maximum(z, 0.0)))[()]


def log_ndtr(z: Any) -> Any:
    """log of the standard normal distribution function, relative accuracy kept in both tails.

    Examples
    --------
    >>> float(log_ndtr(0.0)) == -float(np.log(2.0))
    True
    """
    z = _real(z)
    with np.errstate(under="ignore"):
        return np.where(z < 0.0, _scipy().log_ndtr(np.minimum(z, 0.0)), np.log1p(-normal_cdf(-np.maximum(z, 0.0))))[()]


@cache
def _gamma_series() -> Any:
    """Coefficients of log Gamma(1 + t)/t in t, for |t| <= 0.3."""
    k = np.arange(2, 34)
    return np.concatenate([[-_EULER], (-1.0) ** k * _scipy().zeta(k) / k])


def gammaln(x: Any) -> Any:
    """log Gamma(x) for x > 0, relative accuracy kept at its zeros x = 1 and x = 2.

    Examples
    --------
    >>> bool(np.isclose(gammaln(5.0), np.log(24.0), rtol=1e-14))
    True
    """
    x = _real(x)
    result = _scipy().gammaln(x)
    near_one, near_two = np.abs(x - 1.0) < 0.3, np.abs(x - 2.0) < 0.3
    if not np.any(near_one | near_two):
        return result
    t = np.where(near_one, x - 1.0, np.where(near_two, x - 2.0, 0.0))
    series = t * np.polynomial.polynomial.polyval(t, _gamma_series())
    return np.where(near_one, series, np.where(near_two, series + np.log1p(t), result)).astype(x.dtype)[()]


def kve(order: Any, z: Any) -> Any:
    """exp(z) K_order(z) for z >= 0, K the modified Bessel function of the second kind.

    Examples
    --------
    >>> bool(np.isclose(kve(0.5, 1.0), np.sqrt(np.pi / 2), rtol=1e-14))
    True
    """
    return _scipy().kve(order, z)


def asin(x: Any) -> Any:
    """arcsin of a correlation: what exceeds 1 by rounding counts as 1, what exceeds it by more is an error.

    Examples
    --------
    >>> float(asin(1.0 + 1e-15)) == np.pi / 2
    True
    """
    x = _real(x)
    slack = 8.0 * np.finfo(x.dtype).eps
    if np.any(np.abs(x) > 1.0 + slack):
        raise invalid("x", float(np.max(np.abs(x))), "a correlation in [-1, 1]")
    return np.arcsin(np.clip(x, -1.0, 1.0))[()]
