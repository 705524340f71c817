"""Stationary risks: the roots of R psi(R) = level nu(R), searched in log R."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sgdtheory.errors import NotConverged
from sgdtheory.values import Array, number

_FLAT = 1e-13
_CORE = 30.0 * np.log(10.0)


def fixed_point(drift: Callable[[Array], Array], power: Callable[[Array], Array], level: float) -> tuple[float, ...]:
    """All risks R > 0 with R psi(R) = level * nu(R), ascending; an empty tuple if there is none.

    With ``level = eta sum_j f_j / (2 lambda_j)``-weighted forcing this is the balance of drift and noise at a constant
    learning rate. There is no root where R psi / nu stays below the level (SGD at or above its threshold).

    Parameters
    ----------
    drift, power : callable
        psi and nu, positive; called with arrays of risks.
    level : float
        > 0.

    Returns
    -------
    tuple of float
        Several entries mean several stationary states.

    Raises
    ------
    NotConverged
        If psi or nu is not a number between 1e-30 and 1e30.

    Notes
    -----
    log(R psi / (level nu)) is scanned over 60 decades of R (further where it still rises or falls), each local extremum
    that nearly touches 0 is looked at again, and every sign change is bracketed to 1e-15 in log R.

    Examples
    --------
    >>> import numpy as np
    >>> root, = fixed_point(np.ones_like, lambda R: 2 * R + 0.25, 0.3)       # SGD: (sigma^2 / 2) q / (1 - q)
    >>> round(root, 12)
    0.1875
    >>> fixed_point(np.ones_like, lambda R: 2 * R + 0.25, 0.6)
    ()
    """
    level = number("level", level, above=0.0)

    def balance(x: Array) -> Array:
        with np.errstate(all="ignore"):
            risk = np.exp(x)
            psi = np.broadcast_to(np.asarray(drift(risk), dtype=np.float64), x.shape)
            nu = np.broadcast_to(np.asarray(power(risk), dtype=np.float64), x.shape)
            value = x + np.log(psi) - np.log(nu) - np.log(level)
        strange = np.isnan(value) & ~((psi == 0.0) & (nu == 0.0)) & (np.abs(x) < _CORE)
        if strange.any():
            bad = np.argmax(strange)
            raise NotConverged(
                f"no stationary risk: at R={risk[bad]:.6g} the drift is {psi[bad]:g}, the noise power {nu[bad]:g}"
            )
        return np.clip(value, -1e300, 1e300)

    x = np.linspace(-_CORE, _CORE, 961)
    h = balance(x)
    for side in (0, -1):
        beyond = np.linspace(np.sign(x[side]) * _CORE, np.sign(x[side]) * 21.0 * _CORE / 3.0, 1921)[1:]
        if h[side] * (-1.0 if side == 0 else 1.0) < -_FLAT:
            more = balance(beyond)
            x, h = np.append(x, beyond), np.append(h, more)
    kept = ~np.isnan(h)
    x, h = _sorted(x[kept], h[kept])
    for _ in range(3):
        x, h = _around_extrema(balance, x, h)
    clear = np.abs(h) > _FLAT
    x, h = x[clear], h[clear]
    crossings = np.flatnonzero(np.sign(h[:-1]) != np.sign(h[1:]))
    return tuple(_bracket(balance, x[i], x[i + 1], np.sign(h[i])) for i in crossings)


def _sorted(x: Array, h: Array) -> tuple[Array, Array]:
    order = np.argsort(x, kind="stable")
    return x[order], h[order]


def _around_extrema(balance: Callable[[Array], Array], x: Array, h: Array) -> tuple[Array, Array]:
    """More points beside each local extremum that may reach 0 between the grid points."""
    if x.size < 3:
        return x, h
    middle, before, after = h[1:-1], h[:-2], h[2:]
    valley = (middle > 0.0) & (middle <= before) & (middle <= after) & (middle < np.maximum(before, after))
    peak = (middle < 0.0) & (middle >= before) & (middle >= after) & (middle > np.minimum(before, after))
    reach = np.maximum(np.abs(before - middle), np.abs(after - middle))
    near = np.flatnonzero((valley | peak) & (np.abs(middle) <= 4.0 * reach)) + 1
    if near.size == 0:
        return x, h
    new = np.concatenate([np.linspace(x[i - 1], x[i + 1], 34)[1:-1] for i in near])
    value = balance(new)
    kept = ~np.isnan(value)
    return _sorted(np.append(x, new[kept]), np.append(h, value[kept]))


def _bracket(balance: Callable[[Array], Array], low: float, high: float, sign: float) -> float:
    """Multisection: 32 points at once, so that vectorised callables pay."""
    while high - low > 1e-15 * max(1.0, abs(low)):
        grid = np.linspace(low, high, 34)
        value = balance(grid[1:-1])
        change = np.flatnonzero(sign * value <= 0.0)
        first = int(change[0]) if change.size else 32
        new_low, new_high = float(grid[first]), float(grid[first + 1])
        if new_high - new_low >= high - low:
            break
        low, high = new_low, new_high
    return float(np.exp(0.5 * (low + high)))
