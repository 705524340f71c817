"""Noise laws as data: moments, representation, equality, bad input."""

import math
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.errors import InvalidInput, OutsideTheory
from sgdtheory.problems import noise as package
from sgdtheory.problems.noise import (
    Atoms,
    Cauchy,
    Gaussian,
    Laplace,
    Mixture,
    NoiseLaw,
    Noiseless,
    Stable,
    StudentT,
    Uniform,
)

LAWS = [
    Noiseless(),
    Gaussian(0.7),
    Laplace(0.4),
    Uniform(1.3),
    StudentT(3, 0.5),
    StudentT(0.5),
    Cauchy(0.5),
    Atoms([-0.6, 0.6]),
    Atoms([-1.0, 0.25, 2.0], [0.5, 0.3, 0.2]),
    Stable(1.5, 0.0, 0.3),
    Stable(1.3, 0.8, 2.0),
    Stable(1.0, 0.5),
    Mixture([Gaussian(1.0), Atoms([0.5]), Uniform(2.0)], [0.25, 0.25, 0.5]),
]
MIXING = [law for law in LAWS if not (isinstance(law, (Uniform, Mixture)) or (isinstance(law, Stable) and law.beta))]
WITH_DENSITY = [law for law in LAWS if not law.has_atoms and not (isinstance(law, Stable) and law.beta)]


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_equal_and_hashable_by_content(law):
    again = eval(repr(law), vars(package))
    assert again == law
    assert hash(again) == hash(law)
    copy = pickle.loads(pickle.dumps(law))
    assert copy == law
    assert repr(copy) == repr(law)
    assert sum(other == law for other in LAWS) == 1


def test_probabilities_survive_repr_and_pickle_bit_by_bit():
    rng = np.random.default_rng(0)
    for n in (2, 3, 7, 50):
        p = rng.random(n)
        law = Atoms(rng.standard_normal(n), p / p.sum())
        assert eval(repr(law), vars(package)) == law
        assert math.fsum(law.probabilities) == pytest.approx(1.0, abs=1e-15 * n)


def test_arrays_are_copied_and_read_only():
    values = np.array([-1.0, 1.0])
    law = Atoms(values)
    values[0] = 5.0
    assert law.values[0] == -1.0
    with pytest.raises(ValueError, match="read-only"):
        law.values[0] = 2.0


@pytest.mark.parametrize("law", MIXING, ids=repr)
def test_mixture_is_a_law_with_the_right_second_moment(law):
    weights, means, variances = law.gaussian_mixture()
    assert weights.shape == means.shape == variances.shape
    assert np.all(weights >= 0.0)
    assert np.all(variances >= 0.0)
    assert weights.sum() == pytest.approx(1.0, abs=1e-15)
    if np.isfinite(law.second_moment):
        assert weights @ (means**2 + variances) == pytest.approx(law.second_moment, rel=1e-14)
    assert weights.size < 1000


@pytest.mark.parametrize("df", [2.0001, 2.01, 2.1, 2.5, 3.0, 5.0, 30.0, 1e3, 1e6])
def test_student_mixture_keeps_a_second_moment_that_lies_far_out(df):
    law = StudentT(df, 0.3)
    weights, _, variances = law.gaussian_mixture()
    assert weights @ variances == pytest.approx(law.variance, rel=1e-13)


@pytest.mark.parametrize("law", MIXING, ids=repr)
def test_characteristic_function_is_that_of_the_mixture(law):
    t = np.array([[0.0, 0.3, -1.0], [4.0, -20.0, 100.0]])
    mixture = NoiseLaw.characteristic_function(law, t)
    value = law.characteristic_function(t)
    assert value.shape == t.shape
    np.testing.assert_allclose(value, mixture, rtol=0, atol=1e-13)
    assert value[0, 0] == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("law", WITH_DENSITY, ids=repr)
def test_density_is_normalised_and_agrees_with_the_characteristic_function(law):
    x, w = np.polynomial.legendre.leggauss(40)
    edges = np.sort(np.concatenate([[0.0], np.geomspace(1e-4, 2e4, 120), [getattr(law, "half_width", 1.0)]]))
    grid = (0.5 * (edges[1:] + edges[:-1])[:, None] + 0.5 * np.diff(edges)[:, None] * x).ravel()
    weight = (0.5 * np.diff(edges)[:, None] * w).ravel()
    density = law.density(grid)
    np.testing.assert_array_equal(density, law.density(-grid))
    fourier = 2.0 * np.sum(weight * density * np.cos(0.01 * grid))
    beyond = 0.0 if law.tail_exponent > 2.5 else 3.0 * law.density(2e4) / 0.01
    assert fourier == pytest.approx(law.characteristic_function(0.01).real, abs=1e-10 + beyond)
    assert law.density_at_zero == pytest.approx(float(law.density(0.0)), rel=1e-14)


def test_moments():
    assert Noiseless().variance == 0.0
    assert Gaussian(0.5).variance == 0.25
    assert Laplace(0.5).variance == 0.5
    assert Uniform(3.0).variance == 3.0
    assert StudentT(3, 0.5).variance == pytest.approx(0.75)
    assert StudentT(2).variance == math.inf
    assert Cauchy().second_moment == math.inf
    assert Stable(1.9).variance == math.inf
    assert Stable(2.0, 0.7, 0.5).variance == 0.5
    shifted = Atoms([1.0, 3.0], [0.75, 0.25])
    assert (shifted.mean, shifted.second_moment, shifted.variance) == (1.5, 3.0, 0.75)
    mixed = Mixture([shifted, Gaussian(2.0)], [0.5, 0.5])
    assert (mixed.mean, mixed.second_moment) == (0.75, 3.5)
    assert mixed.variance == pytest.approx(3.5 - 0.75**2)
    assert Mixture([Gaussian(), Cauchy()], [0.5, 0.5]).variance == math.inf
    for law in (Cauchy(), StudentT(1.0), Stable(0.9, 0.5)):
        with pytest.raises(OutsideTheory, match="has no mean"):
            _ = law.mean


def test_tail_exponents():
    """E |eps|^q is finite below the exponent."""
    laws = {Gaussian(): math.inf, StudentT(2.5): 2.5, Cauchy(): 1.0, Stable(1.3, 0.5): 1.3, Stable(2.0): math.inf}
    for law, exponent in laws.items():
        assert law.tail_exponent == exponent
    assert Mixture([Gaussian(), StudentT(3.0), Cauchy()], [0.5, 0.5, 0.0]).tail_exponent == 3.0


def test_zero_has_one_sign():
    assert Atoms([0.0, 1.0]) == Atoms([-0.0, 1.0])


def test_named_limits():
    x = np.array([0.0, 0.5, 3.0, 50.0])
    np.testing.assert_allclose(StudentT(1.0, 0.5).density(x), Cauchy(0.5).density(x), rtol=1e-13)
    np.testing.assert_allclose(Stable(1.0, 0.0, 0.5).density(x), Cauchy(0.5).density(x), rtol=1e-13)
    np.testing.assert_allclose(Stable(2.0, 0.0, 0.5).density(x), Gaussian(math.sqrt(0.5)).density(x), rtol=1e-14)
    np.testing.assert_allclose(Stable(2 - 1e-11).density(x[:3]), Stable(2.0).density(x[:3]), rtol=1e-8)
    np.testing.assert_allclose(StudentT(1e9).density(x[:3]), Gaussian().density(x[:3]), rtol=1e-7)


def test_density_at_zero_of_stable_laws_joins_at_index_one():
    """For alpha -> 1 with a slope that vanishes, S1 tends to the law of index one."""
    for beta in (-0.8, 0.3):
        grid = np.array([Stable(1.0, b).density_at_zero for b in (beta, -beta)])
        assert grid[0] == grid[1] < 1.0 / math.pi
    assert Stable(1.0, 1e-12).density_at_zero == pytest.approx(1.0 / math.pi, rel=1e-12)


SCALED = [Gaussian, Laplace, Uniform, Cauchy, lambda s: StudentT(3.0, s), lambda s: Stable(1.5, 0.0, s)]


@pytest.mark.parametrize("kind", SCALED)
@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf, "1", True, [1.0], None, 1e-70, 1e70])
def test_a_scale_is_a_positive_number_of_sensible_size(kind, scale):
    with pytest.raises(InvalidInput, match=r"scale=|std=|half_width="):
        kind(scale)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: StudentT(0.0), "df=0.0"),
        (lambda: StudentT(-1.0), "df=-1"),
        (lambda: StudentT(math.nan), "df=nan"),
        (lambda: StudentT(math.inf), "Gaussian"),
        (lambda: Stable(0.0), "alpha=0.0"),
        (lambda: Stable(2.1), "alpha=2.1"),
        (lambda: Stable(math.nan), "alpha=nan"),
        (lambda: Stable(1.5, 1.1), "beta=1.1"),
        (lambda: Stable(1.5, -1.1), "beta=-1.1"),
        (lambda: Atoms([]), "values"),
        (lambda: Atoms(1.0), "values"),
        (lambda: Atoms([[1.0]]), "values"),
        (lambda: Atoms([0.0, math.nan]), "values"),
        (lambda: Atoms(["a"]), "values"),
        (lambda: Atoms([1e80]), "values"),
        (lambda: Atoms([0.0, 1.0], [0.5]), "probabilities"),
        (lambda: Atoms([0.0, 1.0], [0.5, 0.4]), "not to 0.9"),
        (lambda: Atoms([0.0, 1.0], [1.5, -0.5]), "probabilities"),
        (lambda: Atoms([0.0, 1.0], [0.5, math.nan]), "probabilities"),
        (lambda: Mixture([], []), "laws"),
        (lambda: Mixture(Gaussian(), [1.0]), "laws"),
        (lambda: Mixture([Gaussian(), 3.0], [0.5, 0.5]), "laws"),
        (lambda: Mixture([Gaussian()], None), "weights"),
        (lambda: Mixture([Gaussian(), Cauchy()], [0.5, 0.6]), "weights"),
    ],
)
def test_bad_input_names_the_argument(make, words):
    with pytest.raises(InvalidInput, match=words):
        make()


def test_what_a_law_does_not_have_is_an_error_that_says_what_to_use():
    with pytest.raises(OutsideTheory, match="nodes"):
        Uniform().gaussian_mixture()
    with pytest.raises(OutsideTheory, match="nodes"):
        Mixture([Gaussian(), Uniform()], [0.5, 0.5]).gaussian_mixture()
    skewed = Stable(1.5, 0.5)
    for call in (skewed.gaussian_mixture, lambda: skewed.nodes(1.0), lambda: skewed.density(0.0)):
        with pytest.raises(OutsideTheory, match="noise_transform"):
            call()
    with pytest.raises(OutsideTheory, match=r"alpha >= 0\.3"):
        Stable(0.2).gaussian_mixture()
    for law in (Noiseless(), Atoms([0.0]), Mixture([Gaussian(), Atoms([1.0])], [0.5, 0.5])):
        assert law.has_atoms
        with pytest.raises(OutsideTheory, match="no density"):
            _ = law.density_at_zero


def bump(mean, std):
    """Density at zero of N(mean, std^2): the sharpest function that a theory averages."""
    return np.exp(-0.5 * (mean / std) ** 2) / (np.sqrt(2.0 * np.pi) * std)


def test_uniform_nodes_resolve_a_kink_at_any_smoothing():
    law, std = Uniform(2.0), np.geomspace(1e-7, 1e4, 23)
    edge = np.array([math.erf(2.0 / (math.sqrt(2.0) * s)) for s in std]) / 4.0
    np.testing.assert_allclose(law.average(bump, std), edge, rtol=3e-15)
    for kink in (-2.5, -0.7, 1.999, 2.0):
        low, high = sorted((abs(-2.0 - kink), abs(2.0 - kink)))
        root = math.sqrt(2.0) * std
        if abs(kink) <= 2.0:
            inside = np.array([math.erf(low / r) + math.erf(high / r) for r in root]) / 8.0
        else:
            inside = np.array([math.erfc(low / r) - math.erfc(high / r) for r in root]) / 8.0
        found = law.average(lambda m, s, k=kink: bump(m - k, s), std, kinks=(kink,))
        # The points m - k themselves carry the rounding of k, in units of std.
        assert np.all(np.abs(found - inside) <= (1e-13 + 1e-15 / std) * inside + 1e-50)
    assert law.nodes(1e-7).weights.size < 600
    assert law.average(lambda m, s: m**2 + s**2, 0.0) == pytest.approx(4.0 / 3.0, rel=1e-14)
    ramp = law.average(lambda m, s: np.maximum(m - 0.3, 0.0), 0.0, kinks=(0.3,))
    assert ramp == pytest.approx(1.7**2 / 8.0, rel=1e-14)


def test_average_of_a_mixture_is_linear_also_with_a_uniform_part():
    std = np.array([[0.01], [1.0]])
    parts = [StudentT(3.0, 0.5), Uniform(0.8), Atoms([-0.1, 0.3])]
    weights = [0.2, 0.3, 0.5]
    value = Mixture(parts, weights).average(bump, std)
    assert value.shape == std.shape
    expected = sum(w * law.average(bump, std) for w, law in zip(weights, parts, strict=True))
    np.testing.assert_allclose(value, expected, rtol=1e-14)


def test_averaging_over_an_empirical_sample_takes_bounded_memory():
    sample = np.random.default_rng(3).standard_normal(100_000)
    law, std = Atoms(sample), np.linspace(0.1, 1.0, 50)
    tracemalloc.start()
    value = law.average(bump, std)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert value[7] == pytest.approx(float(np.mean(bump(sample, std[7]))), rel=1e-13)
    assert len(repr(law)) < 100


def test_the_laws_do_without_scipy():
    code = (
        "import sys; from sgdtheory.problems.noise import *\n"
        "mixed = Mixture([Gaussian(), Atoms([1.0])], [0.5, 0.5])\n"
        "for law in (StudentT(3.0), Laplace(), Cauchy(), Stable(1.5), mixed):\n"
        "    law.gaussian_mixture(); law.sample(0, 3); law.characteristic_function(1.0)\n"
        "Uniform().nodes(0.1); Stable(1.3, 0.5).sample(0, 3)\n"
        "assert 'scipy' not in sys.modules and 'sympy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(df=st.floats(0.5, 1e6), tolerance=st.sampled_from([1e-8, 1e-12, 1e-15]))
def test_student_mixture_for_any_df(df, tolerance):
    weights, _, variances = StudentT(df).gaussian_mixture(tolerance)
    assert weights.sum() == pytest.approx(1.0, abs=1e-15)
    a = 0.5 * df
    half = math.sqrt(a) * (1 - 1 / (8 * a) + 1 / (128 * a**2) + 5 / (1024 * a**3)) if a > 1e3 else math.exp(
        math.lgamma(a + 0.5) - math.lgamma(a))
    assert weights @ variances**-0.5 == pytest.approx(half / math.sqrt(a), rel=1e-11 + 10 * tolerance)


@settings(deadline=None, max_examples=20, derandomize=True)
@given(alpha=st.floats(0.3, 2.0, exclude_max=True), frequency=st.floats(-12, 12))
def test_stable_mixture_for_any_alpha(alpha, frequency):
    """Its characteristic function is exp(-|t|^alpha), over 24 decades."""
    t = 10.0**frequency
    weights, _, variances = Stable(alpha).gaussian_mixture()
    value = weights @ np.exp(-np.minimum(0.5 * variances * t**2, 745.0))
    assert value == pytest.approx(math.exp(-min(t**alpha, 745.0)), abs=1e-12)
