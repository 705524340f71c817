"""The noise transform M(u) = E exp(-u eps^2) of every noise law.

Most laws are mixtures of normal laws, and M is the mixture of their components' transforms. Uniform noise has a closed
form, and skewed stable noise a Fourier integral.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, singledispatch

import numpy as np
from numpy.typing import NDArray

from sgdtheory.errors import OutsideTheory
from sgdtheory.kernels import noise as kernel
from sgdtheory.problems.noise import GaussianMixture, Mixture, NoiseLaw, Stable, Uniform
from sgdtheory.problems.noise.stable import SMALLEST_ALPHA
from sgdtheory.registry import cell
from sgdtheory.solvers.ray import ray_integral
from sgdtheory.values import Array

LEAST_DENSITY = 1e-3
_BLOCK, _RAYS = 1 << 18, 256


@cell
def noise_transform(problem: NoiseLaw, *, u: Array, log: bool) -> Array:
    """M or log M at ``u >= 0`` of any shape; 1 at zero, and never above."""
    positive = u > 0.0
    result = np.zeros(u.shape) if log else np.ones(u.shape)
    if np.any(positive):
        result[positive] = np.minimum(_positive(problem, u[positive], log), 0.0 if log else 1.0)
    return result


@singledispatch
def _positive(law: NoiseLaw, u: Array, log: bool) -> Array:
    """The mixture of the components' transforms, in bounded memory; log M by a running maximum against underflow."""
    top, total = np.full(u.shape, -np.inf if log else 0.0), np.zeros(u.shape)
    # A component with an overflowing u * variance has no mass left near zero, and exp(-inf) = 0 is its right limit.
    with np.errstate(over="ignore", under="ignore"):
        for w, m, v in _blocks(law, u.size):
            if not log:
                total += np.sum(w * kernel.component(u, m, v), axis=0)
                continue
            terms = np.log(w) + kernel.log_component(u, m, v)
            # The lowest number stands in for -inf: the first components of a block may all have overflowed.
            raised = np.maximum(top, np.maximum(np.max(terms, axis=0), -np.finfo(float).max))
            total = total * np.exp(top - raised) + np.sum(np.exp(terms - raised), axis=0)
            top = raised
    return top + np.log(total) if log else total


def _blocks(law: NoiseLaw, points: int) -> Iterator[GaussianMixture]:
    """The components, a bounded number at a time, as columns."""
    columns = [values[:, None] for values in law.gaussian_mixture()]
    size = max(1, _BLOCK // points)
    for start in range(0, len(columns[0]), size):
        yield GaussianMixture(*(values[start : start + size] for values in columns))


@_positive.register
def _of_uniform(law: Uniform, u: Array, log: bool) -> Array:
    value = np.asarray(kernel.uniform(u, law.half_width))
    return np.log(value) if log else value


@_positive.register
def _of_mixture(law: Mixture, u: Array, log: bool) -> Array:
    if not log:
        return np.sum([w * _positive(part, u, False) for w, part in law.parts], axis=0)
    return np.logaddexp.reduce([np.log(w) + _positive(part, u, True) for w, part in law.parts], axis=0)


@_positive.register
def _of_stable(law: Stable, u: Array, log: bool) -> Array:
    if law.symmetric:
        return _positive.dispatch(NoiseLaw)(law, u, log)
    value = _skewed(law, u)
    return np.log(value) if log else value


def _skewed(law: Stable, u: Array) -> Array:
    """Twice the integral of the frequency's density times Re chi over the half line.

    Along a ray both factors decay: the quadratic exponent turns one way, the characteristic exponent, which starts at
    -atan(slope), the other way, until they make the same angle with the real axis. Then nothing oscillates much.
    """
    if law.alpha < SMALLEST_ALPHA:
        raise OutsideTheory(f"alpha={law.alpha:g}: the transform of stable noise needs alpha >= {SMALLEST_ALPHA}")
    density = law.density_at_zero * law.scale
    if density < LEAST_DENSITY:
        raise OutsideTheory(
            f"{law!r} has density {density:.3g} at zero in units of its scale; its transform needs "
            f"{LEAST_DENSITY:g}; take beta nearer to 0, or alpha farther from 1"
        )
    slope = law.slope
    turn = np.arctan(slope) / (2.0 + law.alpha)
    # For alpha = 1 the exponent bends as t log t, which leaves a narrower sector.
    strip = 0.25 if law.alpha == 1.0 else (0.5 * np.pi - 2.0 * abs(turn)) / 2.0
    curvature = kernel.frequency_curvature(u)
    limits = 1.0 / np.sqrt(curvature), np.full(u.shape, (1.0 + slope**2) ** (-0.5 / law.alpha) / law.scale)
    decay = 45.0 / np.cos(2.0 * turn)
    reach = np.minimum(limits[0] * np.sqrt(decay), limits[1] * decay ** (1.0 / law.alpha))

    def integrand(t: NDArray[np.complex128], c: Array) -> NDArray[np.complex128]:
        return np.exp(-c[:, None] * t**2 - law.exponent(law.scale * t))

    scale, value = np.minimum(*limits), np.empty(u.shape)
    for start in range(0, u.size, _RAYS):
        part = slice(start, start + _RAYS)
        along = partial(integrand, c=curvature[part])
        value[part] = ray_integral(along, float(turn), scale[part], reach[part], strip).real
    return 2.0 * kernel.frequency_height(u) * value
