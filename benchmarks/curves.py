"""Risk curves against SciPy: time and error of both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

import sgdtheory as sgt
from benchmarks.measure import medians
from sgdtheory.questions.drift_and_noise import drift_and_noise
from sgdtheory.questions.modes import modes
from sgdtheory.solvers.modes import System, integrate

D, EXPONENT, LOAD, HORIZON = 1000, 2.0, 0.45, 1e4


def exact(system: System, noise: float, times: np.ndarray) -> np.ndarray:
    """SGD at a constant learning rate: eigen-decomposition of diag + rank one."""
    s, eta = np.sqrt(system.forcing), system.learning_rate
    w, q = np.linalg.eigh(np.diag(-2.0 * eta * system.rates) + 2.0 * eta**2 * np.outer(s, s))
    start, drive, read = q.T @ (system.initial / s), q.T @ (eta**2 * noise * s), s @ q
    wt = np.multiply.outer(times, w)
    return (np.exp(wt) * start + drive * np.expm1(wt) / w) @ read


def lsoda(system: System, psi: Callable[[float], float], nu: Callable[[float], float], times: np.ndarray, atol: float) -> np.ndarray:
    """A user's way: the mode equations with a right-hand side in plain NumPy."""
    rates, forcing, eta = system.rates, system.forcing, system.learning_rate

    def slope(t: float, r: np.ndarray) -> np.ndarray:
        risk = r.sum()
        return (-2.0 * eta * psi(risk)) * (rates * r) + (eta**2 * nu(risk)) * forcing

    solved = solve_ivp(slope, (0.0, times[-1]), system.initial, method="LSODA", rtol=1e-8, atol=atol, t_eval=times)
    return solved.y.sum(axis=0)


def table(quick: bool = False) -> list[str]:
    """Rows of the table; the ratio is LSODA's time over ours, in this process."""
    times = np.concatenate(([0.0], np.geomspace(1e-3, HORIZON, 200)))
    covariance = sgt.covariance.power_law(D, EXPONENT)
    problem = sgt.LinearRegression(covariance, sgt.noise.Gaussian(0.5))
    eta = LOAD * 2.0 * D / covariance.trace
    rows = []
    for algorithm, psi, nu in (
        (sgt.SGD(eta), lambda r: 1.0, lambda r: 2.0 * r + 0.25),
        (sgt.SignSGD(0.5), lambda r: 2.0 / np.pi / (2.0 * r + 0.25) ** 0.5, lambda r: 1.0),
    ):
        m, feedback = modes(problem, algorithm), drift_and_noise(problem, algorithm)
        system = System(m.rates, m.initial, m.forcing, feedback.drift, feedback.noise, algorithm.learning_rate)
        name = type(algorithm).__name__
        if name == "SGD":
            reference, said = exact(system, 0.25, times), "exact eigen-decomposition"
        else:
            reference, said = integrate(system, HORIZON, 1e-11, keep_modes=True)(times), "our own at rtol 1e-11, all modes"

        def error(risk: np.ndarray, reference: np.ndarray = reference) -> float:
            return float(np.abs(risk / reference - 1.0).max())

        jobs: dict[str, Callable[[], object]] = {
            "sgt.risk_curve": lambda a=algorithm: sgt.risk_curve(problem, a, horizon=HORIZON)(times),
            "solver alone": lambda s=system: integrate(s, HORIZON)(times),
        }
        jobs |= {f"LSODA, atol {a:g}": (lambda a=a, s=system, p=psi, n=nu: lsoda(s, p, n, times, a)) for a in (1e-10, 1e-14)}
        taken = medians(jobs, {n: (1 if quick else 3) if "LSODA" in n else (5 if quick else 15) for n in jobs})
        rows.append(f"{name}, power law d={D}, exponent {EXPONENT:g}, horizon {HORIZON:g}; errors against: {said}")
        ours = taken["sgt.risk_curve"]
        for n, job in jobs.items():
            ratio = f"{taken[n] / ours:8.1f} x risk_curve" if "LSODA" in n else ""
            rows.append(f"  {n:20s} {1e3 * taken[n]:9.2f} ms   max relative error {error(np.asarray(job())):.1e} {ratio}")
    return rows
