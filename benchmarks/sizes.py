"""How the time of a curve grows with the number of modes, the accuracy, and the spectrum."""

from __future__ import annotations

import numpy as np

from benchmarks.measure import medians
from sgdtheory.solvers.modes import System, compress, integrate


def _system(rates: np.ndarray) -> System:
    forcing = rates**2
    forcing = forcing * 0.9 / np.sum(forcing / rates)
    return System(rates, rates / rates.sum(), forcing, np.ones_like, lambda r: 2.0 * r + 0.01, 0.5)


def table(quick: bool = False) -> list[str]:
    """Rows: spectra, sizes and tolerances."""
    j = np.arange(1, 1001.0)
    spectra = {
        "Marchenko-Pastur-like bulk, d=1000": (1.0 + 0.7 * np.cos(np.pi * (j - 0.5) / j.size)) ** 2,
        "log-spaced over 1e8, d=1000": np.logspace(-8, 0, 1000),
        "power law, d=100": np.arange(1, 101.0) ** -2,
        "power law, d=1000": j**-2,
        "power law, d=10000": np.arange(1, 10001.0) ** -2,
        "power law, d=100000": np.arange(1, 100001.0) ** -2,
    }
    rows = ["the solver alone, SGD, horizon 1e4; error: against rtol 1e-11"]
    for name, rates in spectra.items():
        system = _system(rates)
        times = np.geomspace(1e-2, 1e4, 200)
        best = integrate(system, 1e4, 1e-11)(times)
        for rtol in (1e-4, 1e-8, 1e-10) if name == "power law, d=1000" else (1e-8,):
            taken = medians({"a": lambda s=system, r=rtol: integrate(s, 1e4, r)}, {"a": 3 if quick else 9})["a"]
            curve = integrate(system, 1e4, rtol)
            error = np.abs(curve(times) / best - 1.0).max()
            rows.append(f"  {name:36s} rtol {rtol:.0e} {1e3 * taken:8.2f} ms  {curve.knots.size - 1:3d} steps, "
                        f"{compress(system, 0.2 * rtol).rates.size:4d} modes, error {error:.1e}, claimed {curve.numerical_error:.1e}")
    return rows
