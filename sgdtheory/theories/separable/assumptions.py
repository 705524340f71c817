"""What the theory of separable updates assumes, as predicates; the derivations name them."""

from __future__ import annotations

import math
import warnings

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.errors import AsymptoticWarning, OutsideTheory, invalid
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.claim import Assumption
from sgdtheory.theories.separable.rule import kernel

MOST_ALIGNED = 0.5
"""Above this correlation of one feature with the prediction, a linearised drift is off by more than about 5 %."""

LARGEST_SHARE = 0.5
"""Above this share of the largest variance in the trace, a few directions carry the risk and its fluctuations stay large."""


def odd_feature(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """f is odd: then E f(x_i) f(x_j) is odd in the correlation."""
    ahead, back = (float(kernel(algorithm).noise_shape(rho, 1.0, 1.0, **algorithm.parameters)) for rho in (0.5, -0.5))
    return Assumption("odd_feature", abs(ahead + back) <= 1e-9, f"f of {algorithm.update!r}: S(1/2) = {ahead:.4g}, S(-1/2) = {back:.4g}")


def linear_feature(algorithm: SeparableUpdate) -> bool:
    """f is proportional to x: then, and only then, E f(x_i) f(x_j) is proportional to the correlation."""
    return abs(float(kernel(algorithm).noise_shape(0.5, 1.0, 1.0, **algorithm.parameters)) - 0.5) <= 1e-9


def delocalised(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """No feature is strongly correlated with the prediction <x, v>; a linear f does not need it."""
    k = problem.covariance
    rho = np.abs(k.matvec(problem.error)) / np.sqrt(k.variances * 2.0 * problem.initial_risk)
    worst = float(rho.max())
    return Assumption("delocalised", worst <= MOST_ALIGNED or linear_feature(algorithm), f"largest |rho_i| at the start is {worst:.3g}")


def bounded_spectrum(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """The largest variance is a small part of the trace, so that many directions share the risk."""
    k = problem.covariance
    share = float(k.variances.max()) / k.trace
    return Assumption("bounded_spectrum", share <= LARGEST_SHARE, f"the largest variance is {share:.3g} of the trace")


def finite_noise_power(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """E h(r)^2 is finite under the label noise."""
    tail = problem.noise.tail_exponent
    if tail == math.inf and not problem.noise.exponential_tail:
        return Assumption("finite_noise_power", True, "all moments of the noise are finite")
    growth = algorithm.residual_growth
    if tail == math.inf:
        told = "the noise has exponential tails" + ", and h grows exponentially" * (growth == math.inf)
        return Assumption("finite_noise_power", growth < math.inf, told)
    return Assumption("finite_noise_power", 2.0 * growth < tail, f"h grows like |r|^{growth:g}, the noise has moments below order {tail:g}")


ASSUMPTIONS = {f.__name__: f for f in (odd_feature, delocalised, bounded_spectrum, finite_noise_power)}


def require_noise_power(problem: LinearRegression, algorithm: SeparableUpdate) -> Assumption:
    """The assumption ``finite_noise_power``, or our error."""
    verdict = finite_noise_power(problem, algorithm)
    if not verdict.holds:
        raise invalid(
            "noise",
            problem.noise,
            f"a law for which {algorithm!r} has a finite noise power ({verdict.detail})",
            "signSGD and clipped SGD need no moment of the noise",
            OutsideTheory,
        )
    return verdict


def check(problem: LinearRegression, algorithm: SeparableUpdate) -> tuple[Assumption, ...]:
    """All assumptions with their verdict: infinite noise power is an error, an aligned start a warning."""
    require_noise_power(problem, algorithm)
    verdicts = tuple(f(problem, algorithm) for f in ASSUMPTIONS.values())
    for v in verdicts:
        if v.name == "delocalised" and not v.holds:
            warnings.warn(
                AsymptoticWarning(f"{v.detail}, above {MOST_ALIGNED}: the linearised drift is inaccurate; sgt.one_step is exact"), stacklevel=5
            )
    return verdicts
