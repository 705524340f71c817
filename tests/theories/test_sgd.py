"""SGD: its kernel by its checks, the exact recursion, the Volterra equation, the stationary risk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sgdtheory as sgt
from sgdtheory.errors import OutsideTheory
from sgdtheory.testing import strategies
from sgdtheory.verification.checks import checks, kernel

few = settings(deadline=None, max_examples=25, derandomize=True)


@pytest.mark.parametrize("check", checks("sgd"), ids=lambda c: c.name)
def test_kernel(check):
    check.run(kernel("sgd"))


@few
@given(strategies.noises(finite_variance=True), st.sampled_from([1, 4]))
def test_noise_enters_through_its_second_moment_only(law, batch):
    problem = sgt.LinearRegression(sgt.covariance.identity(6), law)
    found, r = sgt.drift_and_noise(problem, sgt.SGD(0.3, batch_size=batch)), np.array([0.1, 2.0])
    np.testing.assert_allclose(found.drift(r), 1.0, rtol=1e-12)
    np.testing.assert_allclose(found.noise(r), (2.0 * r + law.second_moment) / batch, rtol=1e-9)


@few
@given(strategies.covariances(diagonal=True), st.sampled_from([0.05, 0.4]), st.sampled_from([1, 3]))
def test_exact_recursion_is_the_update_averaged(covariance, eta, batch):
    """Ten steps in the full matrix W = E v v', with Isserlis' fourth moments, against ``exact_risk_curve``."""
    d, k = covariance.d, covariance.matrix()
    law = sgt.noise.Laplace(0.4)
    problem = sgt.LinearRegression(covariance, law, np.linspace(1.0, 2.0, d))
    step, w = eta / d, np.outer(problem.error, problem.error)
    curve = sgt.exact_risk_curve(problem, sgt.SGD(eta, batch_size=batch), horizon=10.0 / d)
    for n in range(11):
        np.testing.assert_allclose(curve(n / d), 0.5 * np.trace(k @ w), rtol=1e-10)
        fourth = 2.0 * k @ w @ k + np.trace(k @ w) * k
        w = w - step * (k @ w + w @ k) + step**2 * ((fourth + law.second_moment * k) / batch + (1.0 - 1.0 / batch) * k @ w @ k)


def test_limit_curve_is_the_volterra_equation():
    """R(t) = sum r_j(0) e^(-2 lambda_j eta t) + int eta^2/d sum lambda_j^2 e^(-2 lambda_j eta (t-s)) P(s) ds, by the trapezoid."""
    variances, eta, horizon, n = np.geomspace(0.2, 2.0, 25), 0.6, 2.0, 4000
    problem = sgt.LinearRegression(sgt.covariance.diagonal(variances), sgt.noise.Gaussian(0.5))
    t = np.linspace(0.0, horizon, n + 1)
    decay = np.exp(-2.0 * eta * variances * t[:, None])
    free, memory = decay @ (variances * problem.error**2 / 2.0), eta**2 / 25 * decay @ variances**2
    risk, h = np.empty(n + 1), horizon / n
    risk[0] = free[0]
    for i in range(1, n + 1):
        past = memory[1:i + 1][::-1] * (risk[:i] + 0.125)
        past[0] *= 0.5
        risk[i] = (free[i] + h * (past.sum() + 0.5 * memory[0] * 0.125)) / (1.0 - 0.5 * h * memory[0])
    np.testing.assert_allclose(sgt.risk_curve(problem, sgt.SGD(eta), horizon)(t[::400]), risk[::400], rtol=2e-6)


def test_exact_curve_tends_to_the_limit_curve():
    gaps = []
    for d in (40, 160, 640):
        problem = sgt.LinearRegression(sgt.covariance.diagonal(np.linspace(0.4, 1.6, d)), sgt.noise.Gaussian(0.5))
        exact, limit = sgt.exact_risk_curve(problem, sgt.SGD(0.6), 2.0), sgt.risk_curve(problem, sgt.SGD(0.6), 2.0)
        gaps.append(abs(exact(2.0) / limit(2.0) - 1.0) * d)
    assert gaps[-1] > 0.05
    np.testing.assert_allclose(gaps, gaps[-1], rtol=0.1)


@few
@given(strategies.covariances(), strategies.noises(finite_variance=True), st.sampled_from([0.1, 0.5, 0.95, 1.2]))
def test_stationary_risk_and_threshold(covariance, law, load):
    """(E eps^2/2) q/(1-q), q = eta tr K/(2d), below q = 1; an error that names the threshold above."""
    problem = sgt.LinearRegression(covariance, law)
    eta = load * 2.0 * covariance.d / covariance.trace
    if load >= 1.0:
        with pytest.raises(OutsideTheory, match="learning_rate"):
            sgt.stationary_risk(problem, sgt.SGD(eta))
    elif law.second_moment > 0.0:
        np.testing.assert_allclose(sgt.stationary_risk(problem, sgt.SGD(eta)).value, law.second_moment / 2.0 * load / (1.0 - load), rtol=1e-8)


def test_exact_threshold_for_the_identity():
    """gamma < 2/(d+2) for one sample a step."""
    d = 12
    problem = sgt.LinearRegression(sgt.covariance.identity(d), sgt.noise.Gaussian(0.5))
    below = sgt.exact_stationary_risk(problem, sgt.SGD(2.0 * d / (d + 2) * 0.999)).value
    gamma = 2.0 / (d + 2) * 0.999
    h = d * gamma / (2.0 * (1.0 - gamma))
    np.testing.assert_allclose(below, 0.125 * h / (1.0 - h), rtol=1e-8)
    with pytest.raises(OutsideTheory, match="threshold"):
        sgt.exact_stationary_risk(problem, sgt.SGD(2.0 * d / (d + 2) * 1.001))


def test_fluctuation_as_quoted():
    """K = 1, noise of std 1/2, learning rate 0.8: d Var R = .0139 at rest; the homogenised process would have .0231."""
    risk = sgt.stationary_risk(sgt.LinearRegression(sgt.covariance.identity(10), sgt.noise.Gaussian(0.5)), sgt.SGD(0.8)).value
    np.testing.assert_allclose(kernel("sgd").fluctuation(0.8, np.sqrt(2.0 * risk), 0.5), 0.0139, atol=5e-5)
    homogenised = 0.8**2 * (2.0 * risk + 0.25) * 2.0 * risk / (2.0 * (1.6 - 0.64))
    np.testing.assert_allclose(homogenised, 0.0231, atol=5e-5)
