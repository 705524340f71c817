"""The noise transform against its definition, over twenty decades of risk, and its invariants."""

import math
from functools import cache
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sgdtheory as sgt
from sgdtheory.errors import InvalidInput, OutsideTheory
from sgdtheory.kernels import noise as kernel
from sgdtheory.problems.noise import Atoms, Cauchy, Gaussian, Laplace, Mixture, Noiseless, Stable, StudentT, Uniform
from sgdtheory.theories import noise as theory

RISKS = [1e-12, 1e-7, 1e-3, 0.7, 40.0, 1e6]
DIGITS = 20


@cache
def panels(low, high, count):
    return [low + (high - low) * mp.mpf(k) / count for k in range(count + 1)]


def from_density(density, scale, u, end=mp.inf):
    """2 int_0^end density(x) exp(-u x^2) dx, by quadrature in log x."""
    with mp.workdps(DIGITS):
        u, scale = mp.mpf(u), mp.mpf(scale)
        cut = 8 / mp.sqrt(u)
        high = mp.log(min(cut, end))
        low = mp.log(min(cut, scale)) - 60

        def integrand(s):
            x = mp.exp(s)
            return density(x) * mp.exp(-u * x * x) * x

        corners = sorted({low, high, *(p for p in (mp.log(scale), mp.log(scale) + 3, high - 4) if low < p < high)})
        total = mp.mpf(0)
        for a, b in pairwise(corners):
            steps = panels(a, b, max(2, int((b - a) / 3) + 1))
            total += mp.quad(integrand, steps, method="gauss-legendre", maxdegree=4)
        return 2 * total


def student(df):
    with mp.workdps(DIGITS + 10):
        nu = mp.mpf(df)
        height = mp.exp(mp.loggamma((nu + 1) / 2) - mp.loggamma(nu / 2)) / mp.sqrt(nu * mp.pi)
    return lambda x: height * mp.exp(-(nu + 1) / 2 * mp.log1p(x * x / nu))


def from_characteristic_function(law, u):
    """E chi(T), T ~ N(0, 2u): twice the real part over the half line, on the real axis, without any rotation."""
    with mp.workdps(DIGITS):
        u, g, alpha, beta = map(mp.mpf, (u, law.scale, law.alpha, law.beta))
        c = 1 / (4 * u * g * g)
        slope = 0 if alpha == 1 else beta * mp.tan(mp.pi * alpha / 2)
        high = mp.log(min(mp.sqrt(70 / c), mp.mpf(70) ** (1 / alpha)))
        low = mp.log(min(1 / mp.sqrt(c), mp.mpf(1))) - 65

        def integrand(s):
            y = mp.exp(s)
            phase = -2 / mp.pi * beta * y * s if alpha == 1 else slope * y**alpha
            return y * mp.exp(-c * y * y - y**alpha) * mp.cos(phase)

        steps = [*panels(low, high - 8, 16), *panels(high - 8, high, 64)[1:]]
        return 2 * mp.sqrt(c / mp.pi) * mp.quad(integrand, steps, method="gauss-legendre", maxdegree=4)


def definition(law, u):
    """M(u) at 20 digits from what defines the law."""
    with mp.workdps(DIGITS):
        if isinstance(law, Noiseless):
            return mp.mpf(1)
        if isinstance(law, Atoms):
            atoms = zip(law.values, law.probabilities, strict=True)
            return mp.fsum(mp.mpf(p) * mp.exp(-mp.mpf(u) * mp.mpf(a) ** 2) for a, p in atoms)
        if isinstance(law, Mixture):
            return mp.fsum(mp.mpf(w) * definition(part, u) for w, part in law.parts)
        if isinstance(law, Stable):
            return from_characteristic_function(law, u)
        if isinstance(law, Uniform):
            b = mp.mpf(law.half_width)
            return from_density(lambda x: 1 / (2 * b), b, u, b)
        s = mp.mpf(law.std if isinstance(law, Gaussian) else law.scale)
        shape = {
            Gaussian: lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi),
            Laplace: lambda x: mp.exp(-x) / 2,
            Cauchy: lambda x: 1 / (mp.pi * (1 + x * x)),
            StudentT: student(getattr(law, "df", 1.0)),
        }[type(law)]
        return from_density(lambda x: shape(x / s) / s, s, u)


def disagreement(law, risks=RISKS):
    """Errors of M and of log M in units of their allowance 1e-12 and 1e-12 max(1, |log M|)."""
    u = 1.0 / (4.0 * np.array(risks))
    found, logs = sgt.noise_transform(law, u), sgt.noise_transform(law, u, log=True)
    worst = 0.0
    for at, value, log in zip(u, found, logs, strict=True):
        with mp.workdps(DIGITS):
            exact = definition(law, at)
            exact_log = mp.log(exact)
            worst = max(worst, float(abs(log - exact_log) / max(1, abs(exact_log))) / 1e-12)
            if exact >= mp.mpf(10) ** -300:
                worst = max(worst, float(abs(value / exact - 1)) / 1e-12)
    return worst


@pytest.mark.parametrize(
    "law",
    [
        Noiseless(),
        Gaussian(0.7),
        Laplace(0.5),
        Uniform(1.2),
        Cauchy(0.5),
        Atoms([-0.7, 0.7]),
        Atoms([-3e-5, 0.2, 11.0], [0.1, 0.6, 0.3]),
        Mixture([Gaussian(0.5), Atoms([1.0]), Uniform(2.0)], [0.5, 0.25, 0.25]),
    ],
    ids=repr,
)
def test_transform_is_its_definition(law):
    assert disagreement(law) < 1.0


@pytest.mark.parametrize("df", [0.5, 1.0, 1.7, 2.0, 2.05, 3.0, 7.0, 40.0, 1e3, 1e6])
def test_student_transform_is_its_definition(df):
    assert disagreement(StudentT(df, 0.5), [1e-12, 1e-3, 0.7, 1e6]) < 1.0


@pytest.mark.parametrize(
    ("alpha", "beta"),
    [(0.3, 0.0), (0.5, 0.0), (1.0, 0.0), (1.5, 0.0), (1.95, 0.0), (2.0, 0.0), (0.3, 0.9), (0.7, -0.9), (0.8, 0.9),
     (0.98, 0.1), (1.0, 0.6), (1.0, -1.0), (1.003, 0.05), (1.2, 1.0), (1.7, -0.5), (1.999, 1.0)],
)
def test_stable_transform_is_its_definition(alpha, beta):
    """The issue asks for 1e-10; both roads reach 1e-12."""
    law = Stable(alpha, beta, 0.5)
    assert law.density_at_zero * law.scale >= 1e-3
    assert disagreement(law, [1e-12, 1e-2, 0.7, 1e6]) < 1.0


def test_the_test_of_the_definition_would_see_a_relative_error_of_a_few_rounding_units():
    law = StudentT(3.0, 0.5)
    off = StudentT(3.0, 0.5 * (1.0 + 1e-11))
    u = 1.0 / (4.0 * 1e-3)
    exact = definition(law, u)
    assert abs(float(sgt.noise_transform(off, u) / exact - 1)) > 1e-12


@pytest.mark.parametrize("law", [Stable(a) for a in (0.3, 0.45, 0.9, 1.0, 1.4, 1.99)], ids=repr)
def test_symmetric_stable_laws_on_both_roads(law):
    """The normal mixture against the Fourier integral, which share nothing but the law."""
    u = np.geomspace(1e-9, 1e13, 45)
    np.testing.assert_allclose(sgt.noise_transform(law, u), theory._skewed(law, u), rtol=2e-13)


U = np.geomspace(1e-7, 1e12, 39)


def mixture(law, u):
    """M from the Gaussian mixture and the kernel's component."""
    w, m, v = law.gaussian_mixture()
    return np.sum(w * kernel.component(u[:, None], m, v), axis=-1)


@pytest.mark.parametrize(("u", "mean", "variance"), [(0.3, 1.5, 0.8), (7.0, -0.4, 2.5), (0.02, 3.0, 40.0)])
def test_component_away_from_zero(u, mean, variance):
    """No law here has components with both a mean and a spread, so the kernel is asked itself."""
    with mp.workdps(DIGITS):
        spread = mp.sqrt(variance)

        def integrand(x):
            return mp.exp(-u * x * x) * mp.npdf(x, mean, spread)

        exact = mp.quad(integrand, [mean + k * spread for k in range(-12, 13, 2)], method="gauss-legendre")
    assert kernel.component(u, mean, variance) == pytest.approx(float(exact), rel=1e-13)
    assert kernel.log_component(u, mean, variance) == pytest.approx(float(mp.log(exact)), rel=1e-13)


def test_derived_closed_forms_agree_with_the_mixture():
    np.testing.assert_allclose(kernel.cauchy(U, 0.5), mixture(Cauchy(0.5), U), rtol=1e-13)
    np.testing.assert_allclose(kernel.laplace(U, 0.5), mixture(Laplace(0.5), U), rtol=1e-13)
    u = np.geomspace(1e-7, 30.0, 20)  # beyond, this closed form cancels
    np.testing.assert_allclose(kernel.student_3(u, 0.5), mixture(StudentT(3.0, 0.5), u), rtol=1e-12)


def test_uniform_closed_form_agrees_with_its_nodes():
    law, risks = Uniform(0.8), np.geomspace(1e-12, 1e6, 19)
    std = np.sqrt(2.0 * risks)
    density = law.average(lambda m, s: np.exp(-0.5 * (m / s) ** 2) / (np.sqrt(2 * np.pi) * s), std)
    transform = sgt.noise_transform(law, 1.0 / (4.0 * risks))
    np.testing.assert_allclose(density, transform / np.sqrt(4.0 * np.pi * risks), rtol=5e-15)


SMOOTH = [Gaussian(0.5), Laplace(0.5), Uniform(2.0), StudentT(2.0), Cauchy(0.3), Stable(1.4, 0.6, 0.5)]


@pytest.mark.parametrize("law", SMOOTH, ids=repr)
def test_small_risk_sees_the_density_at_zero(law):
    """M(u) sqrt(u/pi) -> f(0)."""
    u = 1e16
    expected = law.density_at_zero * math.sqrt(math.pi / u)
    assert sgt.noise_transform(law, u) == pytest.approx(expected, rel=1e-7)


def drift(law, risk):
    """(2/pi) M(1/(4R)) / sqrt(2R): signSGD's drift factor, as the paper prints it."""
    return 2.0 / math.pi * sgt.noise_transform(law, 1.0 / (4.0 * risk)) / math.sqrt(2.0 * risk)


def test_numbers_that_were_computed_independently():
    assert drift(Cauchy(0.5), 0.3) == pytest.approx(0.5249516, abs=5e-8)
    assert drift(StudentT(3.0, 0.5), 1e-4) == pytest.approx(1.1724333, abs=5e-8)
    assert drift(Cauchy(0.5), 1e-4) == pytest.approx(1.0150874, abs=5e-8)
    efficiency = {StudentT(3.0): 1.032, Laplace(): 4.0 / math.pi, Uniform(): 2.0 / (3.0 * math.pi)}
    for law, value in efficiency.items():
        assert 8.0 / math.pi * law.variance * law.density_at_zero**2 == pytest.approx(value, rel=5e-4)


def test_logarithm_where_the_transform_underflows():
    law = Atoms([-1.0, 1.0, 2.0])
    u = np.array([1e3, 2.5e11])
    np.testing.assert_array_equal(sgt.noise_transform(law, u), 0.0)
    np.testing.assert_allclose(sgt.noise_transform(law, u, log=True), math.log(2.0 / 3.0) - u, rtol=1e-15)


def test_heavy_tails_do_not_overflow():
    for law in (StudentT(0.5, 1e50), Stable(0.3, 0.0, 1e50), StudentT(2.0001)):
        value = sgt.noise_transform(law, np.array([0.0, 1e-300, 1.0, 1e150]))
        assert value[0] == 1.0
        assert np.all((value >= 0.0) & (value <= 1.0))
        assert np.all(np.isfinite(sgt.noise_transform(law, np.geomspace(1.0, 1e150, 5000), log=True)))


def test_an_empirical_law_of_many_residuals():
    sample = np.random.default_rng(5).standard_normal(100_000)
    u = np.geomspace(1e-3, 1e3, 7)
    found = sgt.noise_transform(Atoms(sample), u)
    np.testing.assert_allclose(found, [np.exp(-a * sample**2).mean() for a in u], rtol=1e-13)
    np.testing.assert_allclose(sgt.noise_transform(Atoms(sample), u, log=True), np.log(found), rtol=1e-12, atol=1e-15)


def test_shapes():
    assert isinstance(sgt.noise_transform(Cauchy(), 1), float)
    assert sgt.noise_transform(Cauchy(), [[1.0, 2.0, 3.0]]).shape == (1, 3)
    assert sgt.noise_transform(Stable(1.5, 0.5), np.ones((2, 2)), log=True).shape == (2, 2)
    assert sgt.noise_transform(Uniform(), np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("u", [-1.0, math.nan, math.inf, 1e200, [1.0, -1e-9], "1e", None, [[1.0], [1.0, 2.0]]])
def test_u_is_finite_and_not_negative(u):
    with pytest.raises(InvalidInput, match="u="):
        sgt.noise_transform(Gaussian(), u)


def test_noise_is_a_law():
    with pytest.raises(InvalidInput, match="Atoms"):
        sgt.noise_transform([0.1, -0.1], 1.0)


def test_stable_laws_without_a_transform_say_so():
    for law in (Stable(0.8, 1.0), Stable(1.001, 0.5), Stable(0.5, 1.0)):
        with pytest.raises(OutsideTheory, match=r"has density .* at zero"):
            sgt.noise_transform(law, 1.0)
    for law in (Stable(0.2), Stable(0.2, 0.5)):
        with pytest.raises(OutsideTheory, match=r"alpha >= 0\.3"):
            sgt.noise_transform(law, 1.0)


SCALE = st.floats(-3, 3).map(lambda e: 10.0**e)
SYMMETRIC = st.one_of(
    st.builds(Gaussian, SCALE),
    st.builds(Laplace, SCALE),
    st.builds(Uniform, SCALE),
    st.builds(StudentT, st.floats(0.5, 100.0), SCALE),
    st.builds(Cauchy, SCALE),
    st.builds(lambda a, s: Stable(a, 0.0, s), st.sampled_from([0.5, 1.3, 1.8, 2.0]), SCALE),
    st.builds(lambda b, s: Stable(1.6, b, s), st.floats(-1.0, 1.0), SCALE),
    st.builds(lambda v: Atoms(v), st.lists(st.floats(-10, 10), min_size=1, max_size=4)),
)
MIXED = st.builds(lambda a, b, p: Mixture([a, b], [p, 1.0 - p]), SYMMETRIC, SYMMETRIC, st.floats(0.0, 1.0))
LAWS = st.one_of(SYMMETRIC, MIXED)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(law=LAWS)
def test_transform_falls_from_one_to_nothing(law):
    value = sgt.noise_transform(law, np.concatenate([[0.0], np.geomspace(1e-12, 1e12, 60)]))
    assert value[0] == 1.0
    assert np.all((value >= 0.0) & (value <= 1.0))
    assert np.all(np.diff(value) <= 1e-14 * value[:-1])


@settings(deadline=None, max_examples=50, derandomize=True)
@given(law=SYMMETRIC.filter(lambda law: not isinstance(law, Atoms)), factor=SCALE, u=SCALE)
def test_scaling(law, factor, u):
    """M(u; c eps) = M(c^2 u; eps)."""
    name = next(n for n in ("std", "half_width", "scale") if hasattr(law, n))
    values = {f: getattr(law, f) for f in law.__dataclass_fields__}
    scaled = type(law)(**{**values, name: factor * values[name]})
    assert sgt.noise_transform(scaled, u) == pytest.approx(sgt.noise_transform(law, factor**2 * u), rel=1e-12)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(law=LAWS, u=SCALE)
def test_logarithm_is_the_logarithm(law, u):
    value, log = sgt.noise_transform(law, u), sgt.noise_transform(law, u, log=True)
    if value > 1e-290:
        assert log == pytest.approx(math.log(value), rel=1e-12, abs=1e-13)
