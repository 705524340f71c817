"""Tables agree with what they tabulate: where it is smooth, where it is sharp, and where it vanishes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.errors import InvalidInput
from sgdtheory.solvers.many_points import weighted_sums
from sgdtheory.solvers.tabulated import Tabulated

# f and x f'/f
FUNCTIONS = {
    "power": (lambda x: 3.0 / np.sqrt(x), lambda x: -0.5 + 0.0 * x),
    "corner": (lambda x: 1.0 / (1.0 + x), lambda x: -x / (1.0 + x)),
    "two scales": (lambda x: np.sqrt(1e-6 + x) / (1e3 + x), lambda x: 0.5 * x / (1e-6 + x) - x / (1e3 + x)),
    "atoms": (lambda x: np.exp(-0.25 / x) / np.sqrt(x), lambda x: 0.25 / x - 0.5),
    "exponential": (lambda x: np.exp(-x), lambda x: -x),
    "logarithm": (lambda x: np.log1p(x), lambda x: x / (1.0 + x) / np.log1p(x)),
}


@pytest.mark.parametrize("width", [2.5, 10.0])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_slopes(name, width):
    f, steepness = FUNCTIONS[name]
    x = 10.0 ** np.random.default_rng(2).uniform(-28, 28, 4000)
    with np.errstate(all="ignore"):
        expected, slope = f(x), f(x) * steepness(x) / x
        table = Tabulated(f, width)
        found = table(x)
        # Where f falls by exp(-700) within a factor of two of x, the rounding of x itself shows.
        allowed = 1e-12 + 4e-15 * np.abs(steepness(x))
    seen = expected > 1e-280
    assert np.all(np.abs(found - expected)[seen] <= (allowed * expected)[seen])
    assert np.all(found[~seen] <= 2e-280)
    ordinary = (expected > 1e-150) & (expected < 1e150) & (np.abs(steepness(x)) < 30)
    assert np.all(np.abs(table.slope(x) - slope)[ordinary] <= 1e-9 * (expected / x)[ordinary])


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_what_was_asked_before(points, random):
    f = FUNCTIONS["two scales"][0]
    whole, parts = Tabulated(f), Tabulated(f)
    shuffled = points[:]
    random.shuffle(shuffled)
    one_by_one = {p: parts(p) for p in shuffled}
    np.testing.assert_allclose(whole(np.array(points)), [one_by_one[p] for p in points], rtol=2e-14)


def test_few_calls_and_only_where_asked():
    asked = []

    def f(x):
        asked.append(x)
        return 1.0 / (1.0 + x)

    table = Tabulated(f)
    table(np.linspace(1.0, 2.0, 1000))
    assert sum(a.size for a in asked) <= 60
    assert max(a.max() for a in asked) < 13.0
    table(np.linspace(1.0, 2.0, 77))
    assert sum(a.size for a in asked) <= 60


def test_what_cannot_be_interpolated_is_called():
    x = np.geomspace(1e-3, 1e3, 500)
    for f in (lambda x: np.abs(x - 1.7), lambda x: np.cos(x), lambda x: np.where(x > 2.0, 1.0, 3.0)):
        np.testing.assert_allclose(Tabulated(f)(x), f(x), rtol=1e-12, atol=1e-12)
    far = np.array([1e-40, 1e40])
    np.testing.assert_array_equal(Tabulated(np.sqrt)(far), np.sqrt(far))
    assert np.isnan(Tabulated(np.sqrt)(np.array([1.0, np.nan]))).tolist() == [False, True]


def test_shapes_and_bad_input():
    table = Tabulated(np.sqrt)
    assert table(4.0) == pytest.approx(2.0, rel=1e-12)
    assert table(np.ones((2, 3))).shape == (2, 3)
    assert table(np.empty(0)).shape == (0,)
    for bad in ({"width": 0.0}, {"rtol": 0.0}, {"rtol": 2.0}):
        with pytest.raises(InvalidInput):
            Tabulated(np.sqrt, **bad)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(-3, 2), spread=st.floats(-2, 2))
def test_sums_over_many_points(seed, scale, spread):
    rng = np.random.default_rng(seed)
    scale, points = 10.0**scale, 10.0**spread * rng.standard_t(2, 700)
    weights = rng.random(700)

    def density(m, s):
        return np.exp(-0.5 * (m / s) ** 2) / s

    found = weighted_sums(density, points, weights, np.array([scale, 3.0 * scale]))
    expected = [weights @ density(points, s) for s in (scale, 3.0 * scale)]
    np.testing.assert_allclose(found, expected, rtol=3e-12)


def test_sums_over_many_points_need_few_calls():
    count = []
    points = np.random.default_rng(1).standard_normal(20_000)
    weighted_sums(lambda m, s: (count.append(m.size), np.exp(-0.5 * (m / s) ** 2))[1], points, np.ones(20_000), np.array([0.5]))
    assert sum(count) < 600


@pytest.mark.parametrize("width", [2.5, 10.0])
def test_ends_of_cells(width):
    # Points that rounding may put to either side of an end, in a table that has no other cells.
    ends = np.exp(0.95 + width * np.arange(-12, 3))
    for end in ends.tolist():
        for x in (np.nextafter(end, 0.0), end, np.nextafter(end, np.inf)):
            assert Tabulated(np.sqrt, width)(x) == pytest.approx(np.sqrt(x), rel=1e-12)
