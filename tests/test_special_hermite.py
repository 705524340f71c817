"""Mehler's series: coefficients, Parseval, closed forms of the noise shape, and honest refusal."""

import mpmath
import numpy as np
import pytest

from sgdtheory import special
from sgdtheory.errors import InvalidInput, NotConverged
from sgdtheory.special import gaussian_expectation, hermite_coefficients, noise_shape_series

CORRELATIONS = np.array([0.0, 1e-8, 0.1, -0.5, 0.9, 0.99, -0.99, 0.999, 1.0 - 1e-6, 1.0, -1.0])


def _clip(x):
    return np.clip(x, -1.0, 1.0)


def test_coefficients_of_polynomials():
    a = hermite_coefficients(lambda x: x**3 - 2 * x + 1, np.array([0.5, 2.0]), 12)
    s = np.array([0.5, 2.0])
    expected = np.zeros((2, 13))
    expected[:, 0], expected[:, 1], expected[:, 3] = 1.0, 3 * s**3 - 2 * s, np.sqrt(6) * s**3
    np.testing.assert_allclose(a, expected, atol=1e-12)


def test_coefficients_of_sign():
    a = hermite_coefficients(np.sign, 3.0, 400, [0.0])
    # E sign(Z) He_k(Z) = 2 phi(0) He_{k-1}(0) for k >= 1.
    with mpmath.workdps(30):
        for k in (1, 3, 21, 199, 399):
            at_zero = mpmath.mpf(-1) ** ((k - 1) // 2) * mpmath.fac2(k - 2)
            exact = 2 * mpmath.npdf(0) * at_zero / mpmath.sqrt(mpmath.factorial(k))
            assert abs(a[k] - exact) < 1e-12 * abs(exact)
    assert np.max(np.abs(a[::2])) < 1e-14


@pytest.mark.parametrize(("f", "kinks", "exponent"), [(_clip, (-1.0, 1.0), 1.5), (np.sign, (0.0,), 0.5)])
def test_parseval(f, kinks, exponent):
    std = np.array([0.5, 1.0, 2.0])
    a = hermite_coefficients(f, std, 1600, kinks)
    power = gaussian_expectation(lambda x: f(x) ** 2, 0.0, std, kinks)
    left = 1 - np.cumsum(a * a, axis=1) / power[:, None]
    # A bend leaves K^(-3/2) of the power beyond degree K, a jump K^(-1/2).
    np.testing.assert_allclose(np.log(left[1:, 100] / left[1:, 1600]) / np.log(16), exponent, atol=0.15)


def test_parseval_of_a_smooth_function():
    std = np.array([0.1, 1.0, 2.0])
    a = hermite_coefficients(np.tanh, std, 400)
    power = gaussian_expectation(lambda x: np.tanh(x) ** 2, 0.0, std)
    np.testing.assert_allclose(np.sum(a * a, axis=1), power, rtol=1e-12)


def _ratio(rho, u, v):
    """Correlation of erf's smoothed features: E erf(x) erf(y) = 2/pi arcsin(this)."""
    return 2 * rho * np.sqrt(u * v) / np.sqrt((1 + 2 * u) * (1 + 2 * v))


@pytest.mark.parametrize(("u", "v"), [(1.0, 1.0), (0.3, 2.0), (1e-4, 1.0), (1e-3, 1e3)])
def test_closed_forms(u, v):
    r = CORRELATIONS
    closed = {
        "x": (lambda x: x, (), r * np.sqrt(u * v)),
        "x^3": (lambda x: x**3, (), (u * v) ** 1.5 * (6 * r**3 + 9 * r) / 15),
        "sign": (np.sign, (0.0,), 2 / np.pi * np.arcsin(r)),
        "erf": (special.erf, (), np.arcsin(_ratio(r, u, v)) / np.arcsin(2 / 3)),
    }
    for name, (f, kinks, expected) in closed.items():
        # Above 4096 terms, 1 - 1e-6 goes through the quadrature.
        np.testing.assert_allclose(
            noise_shape_series(f, r, u, v, kinks), expected, rtol=1e-10, atol=1e-25, err_msg=name
        )


@pytest.mark.parametrize(
    ("f", "exact", "kinks"),
    [
        (np.tanh, mpmath.tanh, ()),
        (_clip, lambda x: min(max(x, -1), 1), (-1.0, 1.0)),
        (lambda x: x / (1 + np.abs(x)), lambda x: x / (1 + abs(x)), (0.0,)),
    ],
)
def test_against_mpmath_in_two_dimensions(f, exact, kinks):
    rho, u, v = 0.6, 1.5, 0.8
    s, t, rest = mpmath.sqrt(u), mpmath.sqrt(v), mpmath.sqrt(1 - mpmath.mpf(rho) ** 2)
    with mpmath.workdps(14):
        outer = sorted({mpmath.mpf(e) for e in (-8, -4, -1, 1, 4, 8)} | {k / s for k in kinks})

        def inner(z):
            ends = sorted(
                {mpmath.mpf(e) for e in (-8, -4, -1, 1, 4, 8)}
                | {max(-8, min(8, (k / t - rho * z) / rest)) for k in kinks}
            )
            return mpmath.quad(
                lambda w: exact(t * (rho * z + rest * w)) * mpmath.npdf(w), ends, maxdegree=3, method="gauss-legendre"
            )

        pair = mpmath.quad(
            lambda z: exact(s * z) * inner(z) * mpmath.npdf(z), outer, maxdegree=3, method="gauss-legendre"
        )
        unit = mpmath.quad(
            lambda z: exact(z) ** 2 * mpmath.npdf(z), sorted({*outer, *kinks}), maxdegree=5, method="gauss-legendre"
        )
    assert abs(noise_shape_series(f, rho, u, v, kinks) - pair / unit) < 1e-10


def test_symmetry_bounds_and_broadcasting():
    variances = np.array([0.2, 1.0, 1.0, 3.0])
    rho = 0.7 ** np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    shape = noise_shape_series(np.tanh, rho, variances[:, None], variances[None, :])
    np.testing.assert_allclose(shape, shape.T, rtol=1e-12)
    assert np.all(np.linalg.eigvalsh(shape) > 0)
    assert abs(shape[1, 1] - 1) < 1e-13
    assert abs(noise_shape_series(np.tanh, -0.4, 0.2, 3.0) + noise_shape_series(np.tanh, 0.4, 0.2, 3.0)) < 1e-12
    assert np.ndim(noise_shape_series(np.tanh, 0.4, 0.2, 3.0)) == 0


def test_says_when_it_cannot():
    many = np.full(500, 1 - 1e-6)
    with pytest.raises(NotConverged, match="terms"):
        noise_shape_series(np.sign, many, 1.0, 1.0, [0.0])
    with pytest.raises(NotConverged):
        hermite_coefficients(lambda x: np.exp(np.minimum(x * x, 700.0)) * np.inf, 1.0, 4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"correlation": 1.1},
        {"correlation": np.nan},
        {"variance_i": 0.0},
        {"variance_j": -1.0},
        {"variance_j": np.inf},
        {"variance_i": np.nan},
        {"rtol": 0.0},
        {"kinks": [np.inf]},
    ],
)
def test_bad_input(arguments):
    with pytest.raises(InvalidInput):
        noise_shape_series(np.tanh, **{"correlation": 0.5, "variance_i": 1.0, "variance_j": 1.0, **arguments})


@pytest.mark.parametrize(
    "arguments", [{"std": -1.0}, {"std": np.nan}, {"order": -1}, {"order": 1.5}, {"kinks": [np.nan]}]
)
def test_bad_input_of_coefficients(arguments):
    with pytest.raises(InvalidInput):
        hermite_coefficients(np.tanh, **{"std": 1.0, "order": 3, **arguments})
