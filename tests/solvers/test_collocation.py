"""Integrals of polynomials against decaying exponentials, against mpmath on their definition."""

import mpmath as mp
import numpy as np
import pytest

from sgdtheory.solvers.collocation import SPLIT, Propagator, rule


def lagrange(known, k, count):
    """Monomial coefficients of the polynomial that is 1 at known[k] and 0 at the other first ``count`` points."""
    coefficients = [mp.mpf(1)]
    for j in range(count):
        if j != k:
            width = known[k] - known[j]
            raised = [mp.mpf(0), *coefficients]
            lowered = [*coefficients, mp.mpf(0)]
            coefficients = [(a - known[j] * b) / width for a, b in zip(raised, lowered, strict=True)]
    return coefficients


@pytest.mark.parametrize("q", [6, 9])
@pytest.mark.parametrize("z", [0.0, 1e-12, 1e-4, 0.3, 3.0, 11.0, SPLIT * 0.999, SPLIT * 1.001, 60.0, 1e3, 1e6, 1e12])
def test_moments_over_24_decades_of_the_rate(q, z):
    constants = rule(q)
    carrier = Propagator(constants, np.array([z]), np.array([[1.0]]), np.array([1.0]), 1.0)
    decay, made = carrier.end(np.eye(q + 2))
    with mp.workdps(50):
        known = [mp.mpf(float(c)) for c in constants.known]
        exact = np.empty((q + 2, q + 2))
        for k in range(q + 2):
            coefficients = lagrange(known, k, q + 1)
            for i, c in enumerate(map(mp.mpf, constants.rows.tolist())):
                terms = (a * c ** (n + 1) / (n + 1) * mp.hyp1f1(1, n + 2, -mp.mpf(z) * c) for n, a in enumerate(coefficients))
                exact[i, k] = float(sum(terms))
    free = np.exp(-z * constants.rows)
    np.testing.assert_allclose(carrier.free[0], free, rtol=0.0, atol=4e-15)
    scale = np.abs(exact).max(axis=1, keepdims=True)
    error = np.abs((carrier.response - exact) / scale)
    assert error[:, :-1].max() < 5e-14
    assert error[:, -1].max() < 1e-12  # enters only as a correction
    assert np.abs((made[:-1, 0] - exact[q - 1, :-1]) / scale[q - 1]).max() < 5e-14
    assert abs(decay[0] - np.exp(-z)) < 4e-15


def test_nodes_integrate_polynomials_of_lobatto_degree():
    constants = rule(9)
    for degree in range(18):
        assert constants.weights[8] @ constants.nodes**degree == pytest.approx(1.0 / (degree + 1), rel=1e-13)


def test_legendre_helpers_are_those_of_numpy():
    from numpy.polynomial import legendre as known

    from sgdtheory.solvers import legendre

    rng = np.random.default_rng(0)
    x, coefficients = rng.uniform(-1.0, 1.0, 7), rng.normal(size=12)
    np.testing.assert_allclose(legendre.vander(x, 11), known.legvander(x, 11), rtol=0.0, atol=1e-14)
    np.testing.assert_allclose((legendre.derivative(11) @ coefficients)[:-1], known.legder(coefficients), rtol=1e-13)
    np.testing.assert_allclose(legendre.integral(11) @ coefficients, known.legint(coefficients, lbnd=-1.0), rtol=1e-13, atol=1e-15)
    for count in (2, 5, 24, 31):
        for ours, theirs in zip(legendre.gauss(count), known.leggauss(count), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)
