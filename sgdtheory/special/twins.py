"""Each function again in mpmath, at the precision of the caller (``mpmath.workdps``), to hold ours against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _mp() -> Any:
    import mpmath

    return mpmath.mp


def _erfcx(z: Any) -> Any:
    mp = _mp()
    z = mp.mpf(z)
    # Beyond this, erfc's series in mpmath loses to Tricomi's function, which carries the exponential analytically.
    return mp.exp(z * z) * mp.erfc(z) if z < 50 else mp.hyperu(0.5, 0.5, z * z) / mp.sqrt(mp.pi)


def _log_erfcx(z: Any) -> Any:
    mp = _mp()
    z = mp.mpf(z)
    return z * z + mp.log1p(-mp.erf(z)) if z < 1 else mp.log(_erfcx(z))


def _normal_cdf(z: Any) -> Any:
    mp = _mp()
    return mp.erfc(-mp.mpf(z) / mp.sqrt(2)) / 2


def _log_ndtr(z: Any) -> Any:
    mp = _mp()
    z = mp.mpf(z)
    if z > 0:
        return mp.log1p(-_normal_cdf(-z))
    return -z * z / 2 + mp.log(_erfcx(-z / mp.sqrt(2)) / 2)


TWINS: dict[str, Callable[..., Any]] = {
    "erf": lambda z: _mp().erf(_mp().mpf(z)),
    "erfc": lambda z: _mp().erfc(_mp().mpf(z)),
    "erfcx": _erfcx,
    "log_erfcx": _log_erfcx,
    "normal_pdf": lambda z: _mp().npdf(_mp().mpf(z)),
    "normal_cdf": _normal_cdf,
    "log_ndtr": _log_ndtr,
    "gammaln": lambda x: _mp().loggamma(_mp().mpf(x)),
    "kve": lambda order, z: _mp().besselk(_mp().mpf(order), _mp().mpf(z)) * _mp().exp(_mp().mpf(z)),
    "asin": lambda x: _mp().asin(_mp().mpf(x)),
}
