"""Clipped SGD: its kernel by its checks, its limits, and when clipping pays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sgdtheory as sgt
from sgdtheory.errors import InvalidInput
from sgdtheory.testing import strategies
from sgdtheory.verification.checks import checks, kernel

pytestmark = pytest.mark.filterwarnings("ignore::sgdtheory.errors.AsymptoticWarning")
few = settings(deadline=None, max_examples=25, derandomize=True)
RISKS = np.geomspace(1e-3, 1e3, 13)
THRESHOLDS = st.sampled_from([0.05, 0.5, 2.0, 20.0])


@pytest.mark.parametrize("check", checks("clipped_sgd"), ids=lambda c: c.name)
def test_kernel(check):
    check.run(kernel("clipped_sgd"))


def found(law, threshold):
    return sgt.drift_and_noise(sgt.LinearRegression(sgt.covariance.identity(50), law), sgt.ClippedSGD(0.5, threshold=threshold))


@few
@given(strategies.noises(), THRESHOLDS)
def test_ranges_and_monotonicity_in_the_threshold(law, c):
    a, b = found(law, c), found(law, 1.3 * c)
    mu, nu = a.drift(RISKS), a.noise(RISKS)
    assert np.all((mu >= 0.0) & (mu <= 1.0 + 1e-12))
    assert np.all(nu <= np.minimum(2.0 * RISKS + law.second_moment, c * c) * (1.0 + 1e-9))
    assert np.all(b.drift(RISKS) >= mu * (1 - 1e-9))
    assert np.all(b.noise(RISKS) >= nu * (1 - 1e-9))


@few
@given(strategies.noises(continuous=True).filter(lambda n: not isinstance(n, sgt.noise.Mixture)), THRESHOLDS)
def test_drift_falls_with_risk_for_symmetric_unimodal_noise(law, c):
    assert np.all(np.diff(found(law, c).drift(RISKS)) <= 1e-11)


def test_drift_need_not_fall_for_two_atoms():
    """Noise +-1, threshold 1/2: .0002, .233, .149 at R = .01, .3, 3."""
    np.testing.assert_allclose(
        found(sgt.noise.Atoms([-1.0, 1.0]), 0.5).drift(np.array([0.01, 0.3, 3.0])), [0.0002, 0.233, 0.149], rtol=2e-3, atol=4e-5
    )


@few
@given(strategies.noises(finite_variance=True).filter(lambda n: not isinstance(n, sgt.noise.Mixture)))
def test_wide_threshold_is_sgd(law):
    if isinstance(law, sgt.noise.StudentT):
        return
    a = found(law, 1e4)
    np.testing.assert_allclose(a.drift(RISKS[:9]), 1.0, rtol=1e-9)
    np.testing.assert_allclose(a.noise(RISKS[:9]), 2.0 * RISKS[:9] + law.second_moment, rtol=1e-9)


@few
@given(strategies.noises(continuous=True))
def test_narrow_threshold_is_the_sign_of_the_residual(law):
    """mu ~ 2 c f_r(0) = c sqrt(pi/2) psi of signSGD, nu ~ c^2."""
    c, r = 1e-5, np.array([0.05, 1.0])
    problem = sgt.LinearRegression(sgt.covariance.identity(50), law)
    sign = sgt.drift_and_noise(problem, sgt.SignSGD(0.5)).drift(r)
    a = found(law, c)
    np.testing.assert_allclose(a.drift(r), c * np.sqrt(np.pi / 2.0) * sign, rtol=1e-6)
    np.testing.assert_allclose(a.noise(r), c * c, rtol=1e-3)


@pytest.mark.parametrize("c", [0.1, 0.5, 2.0, 8.0])
def test_clipping_never_pays_under_gaussian_noise(c):
    problem = sgt.LinearRegression(sgt.covariance.power_law(40, 1.0), sgt.noise.Gaussian(0.5))
    compression = sgt.effects(problem, sgt.ClippedSGD(0.5, threshold=c), risk=np.geomspace(1e-6, 1e4, 41)).noise_compression
    assert np.all(compression <= 1.0 + 1e-12)
    small = sgt.effects(problem, sgt.ClippedSGD(0.5, threshold=1e-6), risk=[0.1]).noise_compression
    np.testing.assert_allclose(small, 2.0 / np.pi, rtol=1e-5)


def test_clipping_pays_under_heavy_tails():
    problem = sgt.LinearRegression(sgt.covariance.identity(40), sgt.noise.StudentT(3.0, 0.5))
    assert np.all(sgt.effects(problem, sgt.ClippedSGD(0.5, threshold=0.6), risk=[0.1]).noise_compression > 1.3)
    cauchy = sgt.LinearRegression(sgt.covariance.identity(40), sgt.noise.Cauchy(0.5))
    assert np.all(np.isinf(sgt.effects(cauchy, sgt.ClippedSGD(0.5, threshold=0.6), risk=[0.1]).noise_compression))


@few
@given(strategies.covariances(), THRESHOLDS)
def test_stationary_risk_is_the_fixed_point(covariance, c):
    problem, eta = sgt.LinearRegression(covariance, sgt.noise.Gaussian(0.5)), 0.2
    eta = min(eta, covariance.d / covariance.trace)
    algorithm = sgt.ClippedSGD(eta, threshold=c)
    risk = sgt.stationary_risk(problem, algorithm).value
    a, at = sgt.drift_and_noise(problem, algorithm), np.array([risk])
    np.testing.assert_allclose(risk, eta * a.noise(at) * covariance.trace / (4 * covariance.d * a.drift(at)), rtol=1e-8)


@pytest.mark.parametrize("threshold", [0.0, -1.0, np.inf, np.nan, "1", None])
def test_bad_threshold(threshold):
    with pytest.raises(InvalidInput, match="threshold"):
        sgt.ClippedSGD(0.5, threshold=threshold)
