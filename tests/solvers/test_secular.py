"""The slowest rate against dense eigenvalues."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.errors import InvalidInput
from sgdtheory.solvers.secular import slowest_rate


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.sampled_from([-1, 0, 1]))
def test_against_dense_eigenvalues(seed, m, sign):
    rng = np.random.default_rng(seed)
    rates, coupling = np.exp(3.0 * rng.normal(size=(2, m)))
    coupling *= sign if sign else rng.choice([-1.0, 1.0], m)
    if seed % 3 == 0:
        rates[: m // 2] = rates[0]
    if seed % 4 == 0:
        coupling[rng.integers(m)] = 0.0
    matrix = np.diag(-rates) + coupling[:, None]
    exact = np.linalg.eigvals(matrix).real.max()
    assert abs(slowest_rate(rates, coupling) - exact) < 1e-9 * np.linalg.norm(matrix, 2)


def test_relative_accuracy_where_dense_eigenvalues_lose_it():
    rates = np.logspace(-14, 0, 50)
    coupling = 1e-3 * rates  # sum c/(mu + lambda) = 1: the slowest rate is of the order of the slowest mode
    mu = slowest_rate(rates, coupling)
    assert np.sum(coupling / (mu + rates)) == pytest.approx(1.0, rel=1e-9)
    assert -1e-14 < mu < 0.0


def test_many_modes():
    rates = np.linspace(1.0, 2.0, 100000)
    assert slowest_rate(rates, np.zeros(rates.size)) == -1.0
    mu = slowest_rate(rates, np.full(rates.size, 1e-6))
    assert np.sum(1e-6 / (mu + rates)) == pytest.approx(1.0, rel=1e-9)
    with pytest.raises(InvalidInput, match="one sign"):
        slowest_rate(rates, np.where(rates > 1.5, 1e-6, -1e-6))
