"""Modes that share one scalar feedback, integrated by exponential collocation.

dr_j/dt = -2 eta(t) psi(R) lambda_j r_j + eta(t)^2 nu(R) f_j ,   R = sum_j r_j .

In the clock ds = 2 eta psi dt every mode is linear with a scalar source, so the unknowns of a step are a handful of
values of R; the modes follow exactly. No stiffness, O(modes) a step, less than ten steps per decade of time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sgdtheory.errors import NotConverged, invalid
from sgdtheory.solvers.compression import compress_measures
from sgdtheory.solvers.march import march
from sgdtheory.solvers.trajectory import Trajectory
from sgdtheory.values import Array, array, number, store

_ATTEMPTS = 4
_COMPRESS_ABOVE = 200


@dataclass(frozen=True, eq=False)
class System:
    """dr_j/dt = -2 eta(t) drift(R) rates_j r_j + eta(t)^2 power(R) forcing_j, with R = sum_j r_j.

    Parameters
    ----------
    rates, initial, forcing : array_like of shape (m,)
        lambda_j >= 0, r_j(0) >= 0 (not all 0), f_j >= 0.
    drift, power : callable
        psi(R) and nu(R), both >= 0; called with arrays of risks > 0, return arrays of the same shape.
    learning_rate : float or callable
        eta >= 0, or eta(t) >= 0 for a float t.
    breaks : sequence of float
        Times at which eta has a kink or a jump.
    source_error : float
        Relative error of ``initial`` and ``forcing`` as a representation of a larger system (see ``compress``).

    Examples
    --------
    >>> import numpy as np
    >>> system = System([1.0], [1.0], [0.0], np.ones_like, np.ones_like, 0.5)
    >>> bool(abs(integrate(system, 2.0)(2.0) - np.exp(-2.0)) < 1e-9)
    True
    """

    rates: Array
    initial: Array
    forcing: Array
    drift: Callable[[Array], Array]
    power: Callable[[Array], Array]
    learning_rate: float | Callable[[float], float]
    breaks: tuple[float, ...] = ()
    source_error: float = 0.0

    def __post_init__(self) -> None:
        rates = array("rates", self.rates, (None,), "numbers >= 0")
        initial = array("initial", self.initial, (rates.size,), "numbers >= 0")
        forcing = array("forcing", self.forcing, (rates.size,), "numbers >= 0")
        for name, value in (("rates", rates), ("initial", initial), ("forcing", forcing)):
            if value.min() < 0.0:
                raise invalid(name, float(value.min()), "numbers >= 0")
        if not initial.sum() > 1e-250:
            raise invalid(
                "initial", float(initial.sum()), "mode risks with a sum > 0", "relative accuracy needs an initial risk"
            )
        if not callable(self.learning_rate):
            store(self, learning_rate=number("learning_rate", self.learning_rate, least=0.0))
        store(
            self, rates=rates, initial=initial, forcing=forcing, breaks=tuple(sorted({float(b) for b in self.breaks}))
        )


def integrate(system: System, horizon: float, rtol: float = 1e-8, *, keep_modes: bool = False) -> Trajectory:
    """Solve the mode equations on [0, horizon] to a relative error ``rtol`` of R, everywhere on the curve.

    Parameters
    ----------
    system : System
    horizon : float
        Last time, > 0.
    rtol : float
        Relative error, 1e-11 to 1e-3.
    keep_modes : bool
        Keep every mode, for ``Trajectory.modes``. Otherwise more than 200 modes are compressed first.

    Returns
    -------
    Trajectory
        Called with times it returns risks; ``numerical_error`` is the estimate of its relative error. A risk below
        1e-290 is returned as 0.

    Raises
    ------
    InvalidInput
        For a horizon or tolerance outside its domain.
    NotConverged
        Where the tolerance cannot be reached, the risk overflows, or drift and power are no longer numbers: it names
        time and risk. A truncated curve is never returned.

    Examples
    --------
    >>> import numpy as np
    >>> rates = np.arange(1, 101) ** -2.0
    >>> system = System(rates, np.full(100, 0.01), rates**2 / 200, np.ones_like, lambda R: 2 * R + 0.01, 0.5)
    >>> curve = integrate(system, 1e4)
    >>> curve(np.array([0.0, 1e4])).shape, curve.numerical_error < 1e-8
    ((2,), True)
    """
    horizon = number("horizon", horizon, above=0.0, instead="time is steps / problem.scale")
    rtol = number("rtol", rtol, least=1e-11, most=1e-3, instead="rtol=1e-8 is the default")
    tolerance = 0.5 * rtol
    with np.errstate(all="ignore"):
        for _ in range(_ATTEMPTS):
            solved = (
                compress(system, 0.4 * tolerance) if system.rates.size > _COMPRESS_ABOVE and not keep_modes else system
            )
            steps, vanished, replay = march(solved, horizon, tolerance)
            claim = max(s.claim for s in steps) + 0.02 * tolerance + 1e-15 * len(steps) + 1e-14
            if claim <= rtol:
                return Trajectory(steps, horizon, claim, vanished, replay if solved is system else None)
            tolerance *= max(0.01, 0.5 * rtol / claim)
            if tolerance < 1e-14:
                break
    raise NotConverged(
        f"the estimated relative error up to t={horizon:g} (R={steps[-1].after.risk:.6g}) is {claim:.2g}, above "
        f"rtol={rtol:g}, at every step length tried; ask for a larger rtol or a shorter horizon"
    )


def compress(system: System, rtol: float = 1e-9) -> System:
    """The same curve from fewer modes, to a proved relative error ``rtol`` of both spectral measures.

    Gauss rules replace the modes' weights (:mod:`sgdtheory.solvers.compression`); the bound that was reached is kept as
    ``source_error``, and enters the error estimate of :func:`integrate`. A system that cannot be shortened is returned
    as it is.

    Examples
    --------
    >>> import numpy as np
    >>> rates = np.arange(1, 10001) ** -2.0
    >>> system = System(rates, rates / rates.sum(), rates**2 / 20000, np.ones_like, lambda R: 2 * R + 0.01, 0.5)
    >>> short = compress(system, 1e-9)
    >>> short.rates.size < 400, short.source_error <= 1e-9
    (True, True)
    """
    rtol = number("rtol", rtol, above=0.0, below=1.0)
    shorter = compress_measures(system.rates, (system.initial, system.forcing), rtol)
    if shorter is None:
        return system
    rates, (initial, forcing), bound = shorter
    return replace(system, rates=rates, initial=initial, forcing=forcing, source_error=system.source_error + bound)
