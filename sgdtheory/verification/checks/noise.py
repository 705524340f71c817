"""Checks of the noise transform M(u) = E exp(-u eps^2): each law's closed form against the integral over its density."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from sgdtheory.values import Array
from sgdtheory.verification.checks import check
from sgdtheory.verification.checks.quadrature import agree, half_line_mean, normal_mean, panels

U = np.geomspace(1e-6, 1e6, 13)
SCALES = (0.3, 1.0, 4.0)


def _transforms(density: Callable[[Array, float], Array], scale: float) -> list[float]:
    """M(u) of an even density, over eps > 0, at every u."""

    def at(u: float) -> float:
        return half_line_mean(lambda e: 2.0 * density(e, scale) * np.exp(-u * e * e))

    return [at(u) for u in U]


def _component(u: float, mean: float, variance: float) -> float:
    return normal_mean(lambda e, z: np.exp(-u * e * e), mean, np.sqrt(variance))[0]


@check("noise", ("component", "log_component"))
def component_is_a_gaussian_average(kernel: ModuleType) -> None:
    """component(u, m, v) = E exp(-u eps^2), eps ~ N(m, v), and log_component is its logarithm."""
    for mean, variance in ((0.0, 1.0), (0.7, 0.25), (-2.0, 1.7)):
        for u in (1e-3, 0.4, 3.0, 12.0):
            expected = _component(u, mean, variance)
            agree(kernel.component(u, mean, variance), expected, f"component({u}, {mean}, {variance})")
            agree(kernel.log_component(u, mean, variance), np.log(expected), f"log_component({u}, {mean}, {variance})", 1e-9)


@check("noise", "log_component")
def logarithm_does_not_underflow(kernel: ModuleType) -> None:
    """log_component(u, m, 0) = -u m^2 far below the smallest number, and -log(2 u v)/2 for a wide component."""
    agree(kernel.log_component(1e6, 3.0, 0.0), -9e6, "log_component of an atom")
    agree(kernel.log_component(1e8, 0.0, 1e8), -0.5 * np.log(2e16 + 1.0), "log_component of a wide law")


@check("noise", "uniform")
def uniform_is_an_average(kernel: ModuleType) -> None:
    """uniform(u, b) = E exp(-u eps^2), eps uniform on [-b, b]."""
    for b in SCALES:
        for u in U:
            edges = np.concatenate([[0.0], b * np.geomspace(1e-6, 1.0, 61)])
            e, w = panels(edges)
            agree(kernel.uniform(u, b), float(w @ np.exp(-u * e * e)) / b, f"uniform({u}, {b})")


@check("noise", "laplace")
def laplace_is_an_average(kernel: ModuleType) -> None:
    """laplace(u, b) = E exp(-u eps^2), eps of density exp(-|eps|/b)/(2b)."""
    for b in SCALES:
        agree(kernel.laplace(U, b), _transforms(lambda e, s: np.exp(-e / s) / (2.0 * s), b), f"laplace(u, {b})")


@check("noise", "cauchy")
def cauchy_is_an_average(kernel: ModuleType) -> None:
    """cauchy(u, g) = E exp(-u eps^2), eps of density g/(pi (g^2 + eps^2))."""
    for g in SCALES:
        agree(kernel.cauchy(U, g), _transforms(lambda e, s: s / (np.pi * (s * s + e * e)), g), f"cauchy(u, {g})")


@check("noise", "student_3")
def student_is_an_average(kernel: ModuleType) -> None:
    """student_3(u, s) = E exp(-u eps^2), eps = s t_3, for u s^2 < 1e4 (beyond, two terms of size u s^2 times M cancel)."""
    for s in SCALES:
        expected = _transforms(lambda e, s: 2.0 / (np.pi * np.sqrt(3.0) * s) / (1.0 + (e / s) ** 2 / 3.0) ** 2, s)
        for u, value in zip(U, expected, strict=True):
            if u * s * s < 1e4:
                agree(kernel.student_3(u, s), value, f"student_3({u}, {s})")


@check("noise", ("frequency_height", "frequency_curvature"))
def frequency_density_is_normal(kernel: ModuleType) -> None:
    """height exp(-curvature tau^2) is the density of N(0, 2u): area 1, and its cosine transform is exp(-u eps^2)."""
    for u in (0.01, 0.5, 30.0):
        tau, w = panels(np.linspace(-38.0, 38.0, 153) * np.sqrt(2.0 * u))
        density = w * kernel.frequency_height(u) * np.exp(-kernel.frequency_curvature(u) * tau**2)
        agree(density.sum(), 1.0, f"area at u={u}")
        e = 0.8 / np.sqrt(u)
        agree(density @ np.cos(tau * e), np.exp(-u * e * e), f"cosine transform at u={u}")
