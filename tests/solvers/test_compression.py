"""Compression never goes beyond its bound, whatever the spectrum, and is worth it where spectra are long."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.solvers.compression import compress_measures
from sgdtheory.solvers.modes import System, compress, integrate

SPECTRA = {
    "power": lambda j, rng: j**-2.0,
    "log spaced": lambda j, rng: np.logspace(-8, 0, j.size),
    "bulk": lambda j, rng: (1.0 + 0.7 * np.cos(np.pi * (j - 0.5) / j.size)) ** 2,
    "equal": lambda j, rng: np.ones(j.size),
    "two values": lambda j, rng: np.where(j < j.size / 2, 1.0, 1e-5),
    "one cluster": lambda j, rng: 1.0 + 1e-14 * rng.normal(size=j.size),
    "clusters": lambda j, rng: np.tile([1.0, 2.0, 3.9, 1e-3], j.size // 4 + 1)[: j.size] * (1.0 + 1e-13 * rng.normal(size=j.size)),
    "random": lambda j, rng: np.exp(4.0 * rng.normal(size=j.size)),
    "kernel": lambda j, rng: np.where(rng.random(j.size) < 0.2, 0.0, rng.exponential(size=j.size)),
    "spike": lambda j, rng: np.append(np.linspace(1e-3, 2e-3, j.size - 1), 1e3),
}
WEIGHTS = {
    "smooth": lambda rates, rng: (rates / rates.sum(), rates**2),
    "wild": lambda rates, rng: (np.exp(6.0 * rng.normal(size=rates.size)),
                                np.exp(6.0 * rng.normal(size=rates.size)) * (rng.random(rates.size) < 0.5)),
    "apart": lambda rates, rng: (np.where(rates >= np.median(rates), 1.0, 0.0), np.where(rates <= np.median(rates), 1.0, 0.0)),
}


def worst_error(rates, weights, new_rates, new_weights):
    """Largest relative error of sum_j w_j e^{-rate s} over s, in units of the slowest mode; up to s = 1e3 / rate, where
    the rates' own rounding is felt."""
    rates, weights = rates[weights > 0.0], weights[weights > 0.0]
    new_rates, new_weights = new_rates[new_weights > 0.0], new_weights[new_weights > 0.0]
    slowest, gaps = rates.min(), rates - rates.min()
    if gaps.max() == 0.0:
        return abs(new_weights.sum() / weights.sum() - 1.0)
    last = min(50.0 / gaps[gaps > 0.0].min(), 1e3 / max(slowest, 1e-300))
    s = np.append(0.0, np.geomspace(min(1e-2 / gaps.max(), 0.1 * last), last, 150))
    before = np.exp(-np.multiply.outer(s, gaps)) @ weights
    after = np.exp(-np.multiply.outer(s, new_rates - slowest)) @ new_weights
    return np.abs(after / before - 1.0).max()


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("rtol", [1e-4, 1e-9, 1e-12])
def test_the_bound_holds_on_awkward_spectra(spectrum, weights, rtol):
    rng = np.random.default_rng(7)
    rates = SPECTRA[spectrum](np.arange(1.0, 701.0), rng)
    measures = WEIGHTS[weights](rates, rng)
    short = compress_measures(rates, measures, rtol)
    if short is None:
        assert spectrum in ("log spaced", "random", "power")  # rates too far apart to save 30 % of the modes
        return
    new_rates, new_weights, bound = short
    assert bound <= rtol
    assert new_rates.size <= 0.7 * rates.size
    assert new_weights.min() >= 0.0
    assert np.all(np.diff(new_rates) > 0.0)
    for before, after in zip(measures, new_weights, strict=True):
        assert worst_error(rates, before, new_rates, after) <= bound + 5e-13


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(30, 500), st.floats(0.1, 6.0))
def test_the_bound_holds_on_drawn_spectra(seed, count, spread):
    rng = np.random.default_rng(seed)
    rates = np.exp(spread * rng.normal(size=count))
    measures = rng.exponential(size=count) ** 3, rates * rng.exponential(size=count)
    short = compress_measures(rates, measures, 1e-8)
    if short is not None:
        for before, after in zip(measures, short[1], strict=True):
            assert worst_error(rates, before, short[0], after) <= short[2] + 2e-13


def test_the_bound_is_not_idle():
    """It is nearly attained: within a factor 30 where it is well above rounding."""
    rates = np.arange(1, 2001) ** -1.0
    measures = rates / rates.sum(), rates**2
    new_rates, new_weights, bound = compress_measures(rates, measures, 1e-5)
    assert worst_error(rates, measures[0], new_rates, new_weights[0]) > bound / 30.0


def test_a_long_power_law_needs_few_modes():
    rates = np.arange(1, 20001) ** -2.0
    system = System(rates, rates, rates**2, np.ones_like, np.ones_like, 0.1)
    assert compress(system, 1e-9).rates.size < 450


@pytest.mark.parametrize("spectrum", SPECTRA)
def test_curves_of_awkward_spectra_are_right(spectrum):
    rng = np.random.default_rng(3)
    rates = SPECTRA[spectrum](np.arange(1.0, 401.0), rng)
    initial, forcing = WEIGHTS["wild"](rates, rng)
    forcing *= rates / forcing.sum()
    system = System(rates, initial / initial.sum(), forcing, lambda r: 1.0 / np.sqrt(r + 0.01), np.ones_like, 0.3)
    times = np.geomspace(1e-3, 1e3, 80)
    short, full = integrate(system, 1e3), integrate(system, 1e3, 1e-10, keep_modes=True)
    assert np.abs(short(times) / full(times) - 1.0).max() <= short.numerical_error + full.numerical_error
