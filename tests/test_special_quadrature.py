"""Gaussian expectations: right to their tolerance over eight decades of mean and std, or an error."""

import itertools
from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory import special
from sgdtheory.errors import InvalidInput, NotConverged
from sgdtheory.special import gaussian_expectation


def _sech2(r):
    e = np.exp(-2.0 * np.abs(r))
    return 4.0 * e / (1.0 + e) ** 2


# Function, the same in mpmath, kinks.
FUNCTIONS = {
    "tanh": (np.tanh, mpmath.tanh, ()),
    "tanh'": (_sech2, lambda r: mpmath.sech(r) ** 2, ()),
    "r exp(-r^2)": (lambda r: r * np.exp(-r * r), lambda r: r * mpmath.exp(-r * r), ()),
    "sign": (np.sign, mpmath.sign, (0.0,)),
    "erf^2": (lambda r: special.erf(r) ** 2, lambda r: mpmath.erf(r) ** 2, ()),
    "atan": (np.arctan, mpmath.atan, ()),
    "asinh": (np.arcsinh, mpmath.asinh, ()),
    "softsign": (lambda r: r / (1 + abs(r)), lambda r: r / (1 + abs(r)), (0.0,)),
    "clip^2": (lambda r: np.clip(r, -1, 2) ** 2, lambda r: min(max(r, -1), 2) ** 2, (-1.0, 2.0)),
    "softsign, kink not declared": (lambda r: r / (1 + abs(r)), lambda r: r / (1 + abs(r)), ()),
    "sign, kink not declared": (np.sign, mpmath.sign, ()),
    "root": (lambda r: np.sqrt(np.abs(r)), lambda r: mpmath.sqrt(abs(r)), ()),
    "tanh of another scale": (lambda r: np.tanh(r * 2.0**13) ** 2, lambda r: mpmath.tanh(r * 2**13) ** 2, ()),
}


def _exact(f, mean, std):
    """E f and E |f| by mpmath on panels that know f's scales and kinks."""
    m, s = mpmath.mpf(mean), mpmath.mpf(std)
    ends = {m + s * k for k in (-16, -8, -5, -2.5, 0, 2.5, 5, 8, 16)} | {mpmath.mpf(q) for q in (-1, 0, 2)}
    ends |= {t * mpmath.mpf(2) ** k for k in range(-16, 16, 2) for t in (1, -1)}
    ends = sorted(e for e in ends if m - 16 * s <= e <= m + 16 * s)

    def density(r):
        return mpmath.exp(-(((r - m) / s) ** 2) / 2) / (s * mpmath.sqrt(2 * mpmath.pi))

    value = mpmath.quad(lambda r: f(r) * density(r), ends, maxdegree=5, method="gauss-legendre")
    size = mpmath.quad(lambda r: abs(f(r)) * density(r), ends, maxdegree=5, method="gauss-legendre")
    return value, size


PAIRS = [(0.0, 1.0), (0.0, 1e4), (0.3, 1e-3), (-2.0, 30.0), (1e4, 3e3), (7.0, 0.5)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_against_mpmath(name):
    f, exact, kinks = FUNCTIONS[name]
    mean, std = np.array(PAIRS).T
    values = gaussian_expectation(f, mean, std, kinks)
    with mpmath.workdps(22):
        for value, pair in zip(values, PAIRS, strict=True):
            expected, size = _exact(exact, *pair)
            if size > 1e-280:
                assert abs(value - expected) <= 1e-12 * size, (pair, value, expected)


def test_closed_forms_over_eight_decades():
    rng = np.random.default_rng(3)
    std = 10.0 ** rng.uniform(-4, 4, 300)
    mean = np.where(rng.random(300) < 0.3, 0.0, rng.choice([-1, 1], 300) * 10.0 ** rng.uniform(-4, 4, 300))
    ratio = mean / std
    spread = 2 / np.pi * np.arctan(np.sqrt(2) * std)  # E|erf| at mean 0, which is where it is least
    closed = {
        "sign": (np.sign, (0.0,), special.erf(ratio / np.sqrt(2)), 1.0),
        "erf": (special.erf, (), special.erf(mean / np.sqrt(1 + 2 * std**2)), spread),
        "gauss": (lambda r: np.exp(-r * r), (), np.exp(-(mean**2) / (1 + 2 * std**2)) / np.sqrt(1 + 2 * std**2), None),
        "square": (np.square, (), mean**2 + std**2, None),
        "fourth": (lambda r: r**4, (), mean**4 + 6 * mean**2 * std**2 + 3 * std**4, None),
        "one": (lambda r: 1.0, (), np.ones(300), None),
        "cos": (
            lambda r: np.cos(r / std.max()),
            (),
            np.cos(mean / std.max()) * np.exp(-0.5 * (std / std.max()) ** 2),
            1.0,
        ),
    }
    for name, (h, kinks, expected, size) in closed.items():
        values = gaussian_expectation(h, mean, std, kinks)
        scale = np.abs(expected) if size is None else np.maximum(size, np.abs(expected))
        # The exponent of "gauss" is itself rounded, by an ulp of its size.
        allowed = 1e-12 * scale * (1 + (mean**2 / (1 + 2 * std**2) if name == "gauss" else 0)) + 1e-300
        assert np.all(np.abs(values - expected) <= allowed), name


@settings(deadline=None, max_examples=40, derandomize=True)
@given(mean=st.floats(-1e4, 1e4), log_std=st.floats(-6, 4), shift=st.floats(-5, 5), log_width=st.floats(-3, 2))
def test_erf_of_any_scale_and_place(mean, log_std, shift, log_width):
    std, width = 10.0**log_std, 10.0**log_width
    value = gaussian_expectation(lambda r: special.erf((r - shift) / width), mean, std, [shift])
    assert abs(value - special.erf((mean - shift) / np.sqrt(width**2 + 2 * std**2))) <= 1e-11


def test_std_zero_and_broadcasting():
    assert gaussian_expectation(np.tanh, 0.7, 0.0) == np.tanh(0.7)
    grid = gaussian_expectation(np.square, np.array([[0.0], [2.0]]), np.array([0.0, 1.0, 3.0]))
    np.testing.assert_allclose(grid, [[0, 1, 9], [4, 5, 13]], rtol=1e-14)
    assert np.ndim(gaussian_expectation(np.tanh, 0.0, 1.0)) == 0
    assert gaussian_expectation(np.tanh, np.empty(0), 1.0).shape == (0,)
    # As std -> 0 the value goes to h(mean), with no gap between.
    np.testing.assert_allclose(
        gaussian_expectation(np.tanh, 0.7, 10.0 ** np.arange(-300.0, -8.0, 20.0)), np.tanh(0.7), rtol=1e-14
    )


def test_growth():
    for a, std in ((1.0, 1.0), (0.5, 30.0), (2.0, 10.0)):
        value = gaussian_expectation(lambda r, a=a: np.cosh(a * r), 0.0, std)
        assert abs(value / np.exp(0.5 * (a * std) ** 2) - 1) < 1e-11


@pytest.mark.parametrize(
    ("h", "mean", "std"),
    [
        (lambda r: np.exp(r * r), 0.0, 1.0),
        (lambda r: np.exp(r * r / 2), 0.0, 1.0),
        (lambda r: 1 / np.abs(r), 0.1, 1.0),
        (np.exp, 0.0, 1e4),
        (lambda r: np.where(r > 1, np.nan, r), 0.0, 1.0),
        (lambda r: np.sin(1e9 * r) + 2, 0.0, 1.0),
        (lambda r: 1 - np.tanh(r) ** 2, 15.0, 0.4),
    ],
)
def test_says_when_it_cannot(h, mean, std):
    with np.errstate(all="ignore"), pytest.raises(NotConverged, match="mean="):
        gaussian_expectation(h, mean, std)


def test_a_rounded_function_needs_an_absolute_tolerance():
    value = gaussian_expectation(lambda r: 1 - np.tanh(r) ** 2, 15.0, 0.4, atol=1e-15)
    assert abs(value - gaussian_expectation(_sech2, 15.0, 0.4)) < 1e-15


@pytest.mark.parametrize(
    "arguments",
    [
        {"std": -1.0},
        {"std": np.nan},
        {"std": np.inf},
        {"mean": np.nan},
        {"mean": np.inf},
        {"kinks": [np.nan]},
        {"rtol": 0.0},
        {"rtol": -1.0},
        {"rtol": "1"},
        {"atol": -1.0},
        {"kinks": ["a"]},
    ],
)
def test_bad_input(arguments):
    with pytest.raises(InvalidInput):
        gaussian_expectation(np.tanh, **{"mean": 0.0, "std": 1.0, **arguments})


def test_a_looser_tolerance_costs_less():
    counts = []
    for rtol in (1e-13, 1e-3):
        count = [0]

        def h(r, count=count):
            count[0] += r.size
            return np.sqrt(np.abs(r - 0.3))

        gaussian_expectation(h, 0.0, 1.0, rtol=rtol)
        counts += count
    assert counts[1] < 0.5 * counts[0]


# Without an end in sight: |mean| and std far from the scales of h, to either side.
WIDE = {
    "tanh^2": (lambda r: np.tanh(r) ** 2, lambda r: mpmath.tanh(r) ** 2, ()),
    "softsign^2": (lambda r: (r / (1 + abs(r))) ** 2, lambda r: (r / (1 + abs(r))) ** 2, (0.0,)),
    "softsign'": (lambda r: (1 + abs(r)) ** -2.0, lambda r: (1 + abs(r)) ** -2, (0.0,)),
    "erf^2": FUNCTIONS["erf^2"],
    "atan^2": (lambda r: np.arctan(r) ** 2, lambda r: mpmath.atan(r) ** 2, ()),
    "atan'": (lambda r: 1 / (1 + r * r), lambda r: 1 / (1 + r * r), ()),
    "asinh'": (lambda r: 1 / np.sqrt(1 + r * r), lambda r: 1 / mpmath.sqrt(1 + r * r), ()),
    "clip^2": FUNCTIONS["clip^2"],
    "root": (lambda r: np.sqrt(np.abs(r)), lambda r: mpmath.sqrt(abs(r)), (0.0,)),
    "cube": (lambda r: np.abs(r) ** 3, lambda r: abs(r) ** 3, (0.0,)),
    "log1p": (lambda r: np.log1p(np.abs(r)), lambda r: mpmath.log1p(abs(r)), (0.0,)),
}
FAR = [(0.0, 1e-60), (0.0, 3e5), (0.0, 1.2e11), (0.0, 1e60), (-1e9, 4e11), (1e14, 2e7), (-9e13, 1e50), (2.0, 1e-10)]


def _graded(f, mean, std):
    """E f for f >= 0 by Gauss-Legendre panels that grow by four from the origin, at 40 digits and a fixed number of nodes."""
    m, s = mpmath.mpf(mean), mpmath.mpf(std)
    low, high = m - 13 * s, m + 13 * s
    ends = {low, high, *(m + s * k for k in range(-12, 13, 3)), *(mpmath.mpf(q) for q in (-1, 0, 2))}
    if low < 0 < high:
        top = int(mpmath.log(max(-low, high), 4)) + 1
        ends |= {t * mpmath.mpf(4) ** k for k in range(min(-3, top - 40), top + 1) for t in (1, -1)}
        ends |= {mpmath.mpf(k) / 2 for k in range(-16, 17)}
    ends = sorted(e for e in ends if low <= e <= high)
    total = mpmath.mpf(0)
    for a, b in itertools.pairwise(ends):
        for x, w in _legendre_nodes():
            r = (a + b) / 2 + (b - a) / 2 * x
            total += (b - a) / 2 * w * f(r) * mpmath.exp(-(((r - m) / s) ** 2) / 2)
    return total / (s * mpmath.sqrt(2 * mpmath.pi))


@cache
def _legendre_nodes():
    with mpmath.workdps(40):
        return mpmath.calculus.quadrature.GaussLegendre(mpmath.mp).calc_nodes(4, 140)


@pytest.mark.parametrize("name", WIDE)
def test_mean_and_std_far_from_the_scales_of_h(name):
    f, exact, kinks = WIDE[name]
    values = gaussian_expectation(f, *np.array(FAR).T, kinks)
    with mpmath.workdps(40):
        for value, pair in zip(values, FAR, strict=True):
            expected = _graded(exact, *pair)
            assert abs(value - expected) <= 1e-12 * expected, (pair, value, expected)


@pytest.mark.parametrize("name", WIDE)
def test_no_pair_within_sixty_decades_of_one_is_refused(name):
    rng = np.random.default_rng(8)
    f, _, kinks = WIDE[name]
    std = 10.0 ** rng.uniform(-60, 60, 300)
    mean = np.where(rng.random(300) < 0.3, 0.0, rng.choice([-1, 1], 300) * 10.0 ** rng.uniform(-60, 60, 300))
    together = gaussian_expectation(f, mean, std, kinks)
    assert np.all(np.isfinite(together) & (together >= 0.0))
    # What is averaged beside a pair decides which panels there are, not the answer.
    for i in (3, 77, 200):
        assert abs(gaussian_expectation(f, mean[i], std[i], kinks) - together[i]) <= 1e-12 * together[i]


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("mean", [0.0, 1.5, -400.0])
def test_what_only_the_far_tail_sees(mean, declared):
    # |r - mean| > 20 std, where the density is e^-200: E max(|r - mean| - 20, 0) = 2 (phi(20) - 20 Q(20)).
    with mpmath.workdps(30):
        expected = 2 * (mpmath.npdf(20) - 20 * mpmath.erfc(20 / mpmath.sqrt(2)) / 2)
    kinks = (mean - 20.0, mean + 20.0) if declared else ()
    value = gaussian_expectation(lambda r: np.maximum(np.abs(r - mean) - 20.0, 0.0), mean, 1.0, kinks)
    assert abs(value - expected) <= 1e-11 * expected


@pytest.mark.parametrize("width", [1e-17, 1e-18, 1e-30, 1e-290])
def test_a_peak_at_the_origin_of_any_width(width):
    """1/(b cosh(r/b)^2) has integral 2 and tends to twice the delta function; with a broad part beside it, too."""
    mean, std = np.array([[0.0], [0.5]]), np.array([0.4, 1.0, 50.0])
    expected = 2.0 * np.exp(-0.5 * (mean / std) ** 2) / np.sqrt(2 * np.pi) / std
    with np.errstate(over="ignore"):
        peak = special.gaussian_expectation(lambda r: 1.0 / (width * np.cosh(r / width) ** 2), mean, std)
        both = special.gaussian_expectation(lambda r: 1.0 + 1.0 / (width * np.cosh(r / width) ** 2), mean, std)
    np.testing.assert_allclose(peak, expected, rtol=1e-11)
    np.testing.assert_allclose(both, 1.0 + expected, rtol=1e-11)


@pytest.mark.parametrize("width", [1e-306, 1e-309, 1e-320])
def test_a_peak_below_all_numbers_is_refused(width):
    with np.errstate(all="ignore"), pytest.raises(NotConverged, match="narrower"):
        special.gaussian_expectation(lambda r: 1.0 / (width * np.cosh(r / width) ** 2), 0.0, 1.0)
