"""Slow, independent answers to the mode equations, and drawn problems."""

from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import erf

from sgdtheory.solvers.modes import System


def exact_sgd(rates, initial, forcing, noise, eta, times):
    """psi = 1, nu = 2R + noise, constant eta: eigen-decomposition of diag + rank one, symmetrised by sqrt(forcing)."""
    s = np.sqrt(forcing)
    w, q = np.linalg.eigh(np.diag(-2.0 * eta * rates) + 2.0 * eta**2 * np.outer(s, s))
    start, drive, read = q.T @ (initial / s), q.T @ (eta**2 * noise * s), s @ q
    t = np.asarray(times)[:, None]
    grown = np.where(np.abs(w * t) < 1e-12, t, np.expm1(w * t) / np.where(w == 0.0, 1.0, w))
    return (np.exp(w * t) * start + drive * grown) @ read


def radau(system, horizon, times):
    """SciPy's Radau at rtol 1e-12, restarted at the breaks, with the exact structure of the Jacobian."""
    eta = system.learning_rate if callable(system.learning_rate) else lambda t: system.learning_rate
    edges = [0.0, *(b for b in system.breaks if b < horizon), horizon]
    y, out = system.initial.copy(), np.empty(times.size)
    for a, b in pairwise(edges):

        def rate(t, a=a, b=b):
            return eta(min(max(t, a + 1e-13 * b), b * (1.0 - 1e-13)))

        def slope(t, y):
            risk = np.array([max(y.sum(), 1e-300)])
            return -2.0 * rate(t) * system.drift(risk)[0] * system.rates * y + rate(t) ** 2 * system.power(risk)[0] * system.forcing

        def jacobian(t, y):
            risk, h = np.array([max(y.sum(), 1e-300)]), 1e-6
            up, down = risk * (1 + h), risk * (1 - h)
            by_drift = (system.drift(up) - system.drift(down))[0] / (2 * h * risk[0])
            by_power = (system.power(up) - system.power(down))[0] / (2 * h * risk[0])
            column = -2.0 * rate(t) * by_drift * system.rates * y + rate(t) ** 2 * by_power * system.forcing
            return np.diag(-2.0 * rate(t) * system.drift(risk)[0] * system.rates) + column[:, None]

        inside = (times >= a) & (times <= b)
        asked = np.unique(np.append(times[inside], b))
        solution = solve_ivp(slope, (a, b), y, method="Radau", jac=jacobian, rtol=2e-12, atol=1e-16 * y.max(), t_eval=asked)
        assert solution.success
        out[inside] = solution.y.sum(axis=0)[np.searchsorted(solution.t, times[inside])]
        y = solution.y[:, -1]
    return out


def volterra(system, horizon, points):
    """R on an even grid: R = F + K * (eta^2 nu(R)) for psi = 1 and constant eta, by the trapezoid rule (error O(h^2))."""
    t = np.linspace(0.0, horizon, points)
    decay = np.exp(-2.0 * system.learning_rate * np.multiply.outer(t, system.rates))
    free, kernel = decay @ system.initial, decay @ system.forcing * system.learning_rate**2
    h, risk, source = t[1], np.empty(points), np.empty(points)
    risk[0] = free[0]
    source[0] = system.power(risk[:1])[0]
    for n in range(1, points):
        known = free[n] + h * (0.5 * kernel[n] * source[0] + kernel[n - 1:0:-1] @ source[1:n])
        value = known
        for _ in range(60):
            value = known + 0.5 * h * kernel[0] * system.power(np.array([value]))[0]
        risk[n], source[n] = value, system.power(np.array([value]))[0]
    return t, risk


def rates_of(kind, m, rng):
    j = np.arange(1, m + 1.0)
    return {"power": lambda: j ** -rng.uniform(0.5, 3.0), "log8": lambda: np.logspace(-8, 0, m), "equal": lambda: np.ones(m),
            "bulk": lambda: (1.0 + 0.7 * np.cos(np.pi * (j - 0.5) / m)) ** 2, "spread": lambda: np.exp(rng.normal(size=m)),
            "kernel": lambda: np.where(j % 3 == 0, 0.0, 1.0 / j)}[kind]()


KINDS = ("power", "log8", "equal", "bulk", "spread", "kernel")


def feedback(kind, sigma, c=1.0):
    """psi and nu of SGD, signSGD (none, Gaussian, two-point, uniform noise) and clipped SGD (Gaussian noise)."""
    def std(risk):
        return np.sqrt(2.0 * risk + sigma**2)

    def clipped(risk):
        z = c / std(risk)
        inside = erf(z / np.sqrt(2.0))
        return std(risk) ** 2 * (inside - 2.0 * z * np.exp(-z * z / 2.0) / np.sqrt(2.0 * np.pi)) + c * c * (1.0 - inside)

    return {"sgd": (np.ones_like, lambda r: 2.0 * r + sigma**2),
            "sign": (lambda r: 2.0 / np.pi / np.sqrt(2.0 * r), np.ones_like),
            "sign, Gaussian": (lambda r: 2.0 / np.pi / std(r), np.ones_like),
            "sign, two points": (lambda r: 2.0 / np.pi / np.sqrt(2.0 * r) * np.exp(-sigma**2 / (4.0 * r)), np.ones_like),
            "sign, uniform": (lambda r: erf(0.5 * sigma / np.sqrt(r)) / sigma * np.sqrt(2.0 / np.pi), np.ones_like),
            "clipped": (lambda r: erf(c / std(r) / np.sqrt(2.0)), clipped)}[kind]


RULES = ("sgd", "sign", "sign, Gaussian", "sign, two points", "sign, uniform", "clipped")


def schedule(kind, eta, horizon, rng):
    """A learning rate and its breaks."""
    if kind == "constant":
        return eta, ()
    if kind == "steps":
        breaks = np.sort(rng.uniform(0.0, horizon, 2))
        values = eta * np.array([1.0, 0.0, 0.3])
        return lambda t: float(values[int(np.searchsorted(breaks, t, side="right"))]), tuple(breaks)
    return {"decay": lambda t: eta / (1.0 + 0.5 * t), "cosine": lambda t: eta * (0.6 + 0.5 * np.cos(6.0 * t / horizon)),
            "to zero": lambda t: eta * max(0.0, 1.0 - t / horizon), "warm up": lambda t: eta * min(1.0, 3.0 * t / horizon)}[kind], (
            (horizon / 3.0,) if kind == "warm up" else ())


SCHEDULES = ("constant", "decay", "cosine", "to zero", "steps", "warm up")


def drawn(seed):
    """A random problem of every kind of spectrum, rule and schedule, small enough for Radau."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 13))
    rates = rates_of(KINDS[seed % len(KINDS)], m, rng)
    initial = rng.exponential(size=m) * rates ** rng.uniform(0.0, 1.5) + 1e-3
    forcing = rates * rng.exponential(size=m)
    forcing *= 1.0 / np.sum(forcing[rates > 0.0] / rates[rates > 0.0]) if rates.any() else 1.0
    horizon = 10.0 ** rng.uniform(0.0, 2.5)
    drift, power = feedback(RULES[seed // 2 % len(RULES)], 10.0 ** rng.uniform(-1.5, 0.5), 10.0 ** rng.uniform(-1.0, 1.0))
    eta, breaks = schedule(SCHEDULES[seed // 3 % len(SCHEDULES)], 10.0 ** rng.uniform(-2.0, -0.05), horizon, rng)
    return System(rates, initial / initial.sum(), forcing, drift, power, eta, breaks), horizon
