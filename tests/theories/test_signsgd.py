"""signSGD: its kernel by its checks, and the laws and numbers of its theory."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sgdtheory as sgt
from sgdtheory.testing import strategies
from sgdtheory.verification.checks import checks, kernel

pytestmark = pytest.mark.filterwarnings("ignore::sgdtheory.errors.AsymptoticWarning")
few = settings(deadline=None, max_examples=25, derandomize=True)
RISKS = np.geomspace(1e-3, 1e3, 13)


@pytest.mark.parametrize("check", checks("signsgd"), ids=lambda c: c.name)
def test_kernel(check):
    check.run(kernel("signsgd"))


def psi(noise, risk, algorithm=None):
    problem = sgt.LinearRegression(sgt.covariance.identity(50), noise)
    return sgt.drift_and_noise(problem, algorithm or sgt.SignSGD(0.5)).drift(np.asarray(risk, dtype=float))


def scaled(law, c):
    """The law of c eps, for the laws the tests draw."""
    if isinstance(law, sgt.noise.Gaussian):
        return sgt.noise.Gaussian(c * law.std)
    if isinstance(law, sgt.noise.StudentT):
        return sgt.noise.StudentT(law.df, c * law.scale)
    if isinstance(law, sgt.noise.Uniform):
        return sgt.noise.Uniform(c * law.half_width)
    if isinstance(law, sgt.noise.Atoms):
        return sgt.noise.Atoms(c * np.asarray(law.values), law.probabilities)
    return type(law)(c * law.scale)


SCALABLE = strategies.noises().filter(
    lambda n: isinstance(
        n, (sgt.noise.Gaussian, sgt.noise.Laplace, sgt.noise.Uniform, sgt.noise.StudentT, sgt.noise.Cauchy, sgt.noise.Atoms)
    )
)


# --- drift ---------------------------------------------------------------------------------------------------------------


@few
@given(strategies.noises())
def test_risk_times_drift_increases_and_drift_is_largest_without_noise(law):
    drift = psi(law, RISKS)
    assert np.all(np.diff(RISKS * drift) >= 0.0)
    assert np.all(drift <= 2.0 / np.pi / np.sqrt(2.0 * RISKS) * (1.0 + 1e-12))


@few
@given(st.one_of(strategies.noises(continuous=True)).filter(lambda n: not isinstance(n, sgt.noise.Mixture)))
def test_drift_falls_with_risk_for_symmetric_unimodal_noise(law):
    assert np.all(np.diff(psi(law, RISKS)) <= 1e-12)


def test_drift_does_not_fall_with_risk_for_two_atoms():
    assert np.any(np.diff(psi(sgt.noise.Atoms([-1.0, 1.0]), RISKS)) > 0.0)


@few
@given(SCALABLE, st.sampled_from([0.1, 0.5, 7.0]))
def test_drift_scales_with_the_noise(law, c):
    np.testing.assert_allclose(psi(scaled(law, c), c * c * RISKS), psi(law, RISKS) / c, rtol=1e-9, atol=1e-300)


def test_drift_is_the_density_of_the_residual_at_zero():
    """Numbers of the small-risk expansion and of the Fourier form, reproduced."""
    np.testing.assert_allclose(psi(sgt.noise.StudentT(3.0, 0.5), 1e-4), 1.1724333, rtol=5e-8)
    np.testing.assert_allclose(psi(sgt.noise.Cauchy(0.5), 1e-4), 1.0150874, rtol=5e-8)
    np.testing.assert_allclose(psi(sgt.noise.Cauchy(0.5), 0.3), 0.5249516, rtol=1e-7)
    frequency = np.linspace(0.0, 60.0, 600001)
    law = sgt.noise.Stable(1.5, 0.0, 0.4)
    height = np.trapezoid(np.exp(-0.2 * frequency**2) * np.real(law.characteristic_function(frequency)), frequency) / np.pi
    np.testing.assert_allclose(psi(law, 0.2), 2.0 * math.sqrt(2.0 / math.pi) * height, rtol=1e-8)


@pytest.mark.parametrize(
    ("law", "height"),
    [
        (sgt.noise.Gaussian(0.7), 1 / (0.7 * math.sqrt(2 * math.pi))),
        (sgt.noise.Uniform(0.8), 1 / 1.6),
        (sgt.noise.Cauchy(0.4), 1 / (0.4 * math.pi)),
        (sgt.noise.StudentT(4.0, 0.6), 0.375 / 0.6),
    ],
    ids=lambda p: type(p).__name__,
)
def test_drift_at_small_risk(law, height):
    np.testing.assert_allclose(psi(law, 1e-10), 2.0 * math.sqrt(2.0 / math.pi) * height, rtol=1e-8)


def test_gaussian_drift_and_compression_in_closed_form():
    for std in (0.1, 1.0, 5.0):
        np.testing.assert_allclose(psi(sgt.noise.Gaussian(std), RISKS), 2.0 / np.pi / np.sqrt(2.0 * RISKS + std**2), rtol=1e-12)
        problem = sgt.LinearRegression(sgt.covariance.power_law(40, 1.0), sgt.noise.Gaussian(std))
        np.testing.assert_allclose(sgt.effects(problem, sgt.SignSGD(0.5)).noise_compression, 4.0 / np.pi**2, rtol=1e-12)


@pytest.mark.parametrize(
    ("law", "expected", "tolerance"),
    [
        (sgt.noise.StudentT(3.0, 0.5), 16.0 / (3.0 * math.pi**2) * 6.0 / math.pi, 1e-3),
        (sgt.noise.Laplace(0.5), 4.0 / math.pi, 3e-3),
        (sgt.noise.Uniform(0.5), 2.0 / (3.0 * math.pi), 1e-3),
    ],
    ids=["t3", "Laplace", "uniform"],
)
def test_small_risk_compression(law, expected, tolerance):
    """E eps^2 psi(0)^2 = (8/pi) E eps^2 f(0)^2: 1.032, 1.273, 0.212."""
    problem = sgt.LinearRegression(sgt.covariance.identity(40), law)
    np.testing.assert_allclose(sgt.effects(problem, sgt.SignSGD(0.5), risk=[1e-7]).noise_compression, expected, rtol=tolerance)


# --- modes and noise shape -----------------------------------------------------------------------------------------------


@few
@given(strategies.problems())
def test_traces(problem):
    m, std = sgt.modes(problem, sgt.SignSGD(0.5)), np.sqrt(problem.covariance.variances)
    np.testing.assert_allclose(m.rates.sum(), std.sum(), rtol=1e-10)
    np.testing.assert_allclose(m.weights.sum(), std.sum(), rtol=1e-10)


@few
@given(strategies.covariances())
def test_covariance_of_signs(covariance):
    k = covariance.matrix()
    std = np.sqrt(np.diag(k))
    c = np.clip(k / std / std[:, None], -1.0, 1.0)
    np.fill_diagonal(c, 1.0)
    one = np.ones(len(c))
    shape = kernel("signsgd").noise_shape(c, one[:, None], one)
    np.testing.assert_allclose(np.diag(shape), 1.0, rtol=1e-14)
    inside, spread = np.linalg.eigvalsh(shape), np.linalg.eigvalsh(c)
    assert spread[0] - 1e-9 <= inside[0]
    assert inside[-1] <= spread[-1] + 1e-9
    assert np.linalg.eigvalsh(shape - 2.0 / np.pi * c)[0] >= -1e-9


def test_unequal_variances_need_the_symmetric_problem():
    """D^-1 K is not symmetric: the curve is that of the matrix equation; an expansion in singular vectors is wrong by a quarter."""
    d, eta, std = 40, 0.5, 0.5
    scales = np.geomspace(0.3, 3.0, d)
    problem = sgt.LinearRegression(sgt.covariance.ar1(d, 0.9, scales=scales), sgt.noise.Gaussian(std))
    k, drifting = problem.covariance.matrix(), problem.covariance.matrix() / scales[:, None]
    c = np.clip(k / np.outer(scales, scales), -1.0, 1.0)
    np.fill_diagonal(c, 1.0)
    shape = 2.0 / np.pi * np.arcsin(c)

    def steps(state, change, risk):
        """Runge-Kutta of the fourth order; the risk at every tenth of a unit of time."""
        found, n = [risk(state)], 400
        for _ in range(20):
            for _ in range(n // 10):
                a = change(state)
                b = change(state + a / (2 * n))
                e = change(state + b / (2 * n))
                state = state + (a + 2 * b + 2 * e + change(state + e / n)) / (6 * n)
            found.append(risk(state))
        return np.array(found)

    def psi_of(risk):
        return 2.0 / np.pi / np.sqrt(2.0 * risk + std**2)

    def change(w):
        fall = drifting @ w
        return -eta * psi_of(0.5 * np.sum(k * w)) * (fall + fall.T) + eta**2 / d * shape

    exact = steps(np.outer(problem.error, problem.error), change, lambda w: 0.5 * np.sum(k * w))
    curve = sgt.risk_curve(problem, sgt.SignSGD(eta), 2.0)
    np.testing.assert_allclose(curve(np.linspace(0.0, 2.0, 21)), exact, rtol=1e-6)

    left, values, _ = np.linalg.svd(drifting)
    forcing = np.einsum("ij,ik,kj->j", left, shape @ k, left) / (2.0 * d)
    initial = 0.5 * (left.T @ problem.error) * (left.T @ k @ problem.error)
    naive = steps(initial, lambda r: -2.0 * eta * psi_of(r.sum()) * values * r + eta**2 * forcing, np.sum)
    np.testing.assert_allclose(naive[0], exact[0], rtol=1e-9)
    assert np.max(np.abs(naive / exact - 1.0)) > 0.2


# --- one step ------------------------------------------------------------------------------------------------------------


@few
@given(strategies.problems(noise=strategies.noises()))
def test_mean_step_is_at_most_the_noiseless_one(problem):
    found = sgt.one_step(problem, sgt.SignSGD(0.5))
    k = problem.covariance
    rho = np.clip(k.matvec(problem.error) / np.sqrt(k.variances * 2.0 * problem.initial_risk), -1.0, 1.0)
    assert np.all(np.abs(found.mean) <= 2.0 / np.pi * np.arcsin(np.abs(rho)) * (1 + 1e-8) + 1e-12)


@few
@given(strategies.covariances(), st.sampled_from([0.1, 0.7, 3.0]))
def test_mean_step_for_gaussian_noise(covariance, std):
    problem = sgt.LinearRegression(covariance, sgt.noise.Gaussian(std))
    found = sgt.one_step(problem, sgt.SignSGD(0.5))
    q = covariance.matvec(problem.error) / np.sqrt(covariance.variances * (2.0 * problem.initial_risk + std**2))
    np.testing.assert_allclose(found.mean, 2.0 / np.pi * np.arcsin(q), rtol=1e-9, atol=1e-13)


def test_third_order_of_the_mean_step():
    law, u_of = sgt.noise.StudentT(5.0, 0.6), lambda s: 1.0 / (2.0 * s * s)
    problem = sgt.LinearRegression(sgt.covariance.identity(900), law)
    step = sgt.one_step(problem, sgt.SignSGD(0.5))
    s = math.sqrt(2.0 * problem.initial_risk)
    rho, u, h = 1.0 / 30.0, u_of(s), 1e-3
    m, slope = (float(sgt.noise_transform(law, u)), float(sgt.noise_transform(law, u + h) - sgt.noise_transform(law, u - h)) / (2 * h))
    third = 2.0 / np.pi * (m * (rho + rho**3 / 6.0) + u * slope * rho**3 / 3.0)
    np.testing.assert_allclose(step.mean, third, rtol=3.0 * rho**4)
    assert abs(step.mean[0] / (2.0 / np.pi * m * rho) - 1.0) > 30.0 * rho**4


def test_gap_between_exact_and_linear_drift_falls_like_one_over_d():
    gaps = []
    for d in (20, 200, 2000):
        problem = sgt.LinearRegression(sgt.covariance.diagonal(np.linspace(0.2, 2.0, d)), sgt.noise.Gaussian(0.7))
        k = problem.covariance
        exact = (
            sgt.one_step(problem, sgt.SignSGD(0.5)).mean
            if d <= 200
            else 2.0 / np.pi * np.arcsin(k.matvec(problem.error) / np.sqrt(k.variances * (2.0 * problem.initial_risk + 0.49)))
        )
        linear = psi(problem.noise, problem.initial_risk) * k.matvec(problem.error) / np.sqrt(k.variances)
        along = k.matvec(problem.error)
        gaps.append(d * float((along @ exact) / (along @ linear) - 1.0))
    assert 0.1 < gaps[-1] < 1.0
    np.testing.assert_allclose(gaps, gaps[-1], rtol=0.1)


# --- stationary state ----------------------------------------------------------------------------------------------------


@few
@given(strategies.covariances(), st.sampled_from([0.0, 0.3, 2.0]), st.sampled_from([0.05, 0.5, 2.0]))
def test_stationary_risk_for_gaussian_noise(covariance, std, eta):
    law = sgt.noise.Gaussian(std) if std else sgt.noise.Noiseless()
    a = math.pi * eta * np.sqrt(covariance.variances).sum() / (8.0 * covariance.d)
    found = sgt.stationary_risk(sgt.LinearRegression(covariance, law), sgt.SignSGD(eta)).value
    np.testing.assert_allclose(found, a * (a + math.sqrt(a * a + std * std)), rtol=1e-10)


@few
@given(strategies.noises(), st.sampled_from([0.1, 0.5, 2.0]))
def test_stationary_risk_knows_the_covariance_by_its_diagonal_only_and_grows(law, eta):
    std = np.array([0.5, 1.0, 1.7, 0.3])
    mixed = sgt.LinearRegression(sgt.covariance.ar1(4, 0.6, scales=std), law)
    plain = sgt.LinearRegression(sgt.covariance.diagonal(std**2), law)
    found = sgt.stationary_risk(mixed, sgt.SignSGD(eta)).value
    np.testing.assert_allclose(found, sgt.stationary_risk(plain, sgt.SignSGD(eta)).value, rtol=1e-9)
    assert sgt.stationary_risk(mixed, sgt.SignSGD(1.3 * eta)).value > found


@few
@given(SCALABLE)
def test_stationary_risk_grows_with_the_noise(law):
    values = [
        sgt.stationary_risk(sgt.LinearRegression(sgt.covariance.identity(5), scaled(law, c)), sgt.SignSGD(0.3)).value
        for c in (1.0, 1.5, 3.0)
    ]
    assert values[0] <= values[1] * (1 + 1e-9)
    assert values[1] <= values[2] * (1 + 1e-9)


def test_stationary_risk_at_small_learning_rate():
    """R ~ eta tr D / (8 sqrt(2/pi) f(0) d) where the noise has a density at zero; eta^2 without noise; 1/log where it has a hole."""
    problem = sgt.LinearRegression(sgt.covariance.identity(10), sgt.noise.Cauchy(0.5))
    np.testing.assert_allclose(
        sgt.stationary_risk(problem, sgt.SignSGD(1e-5)).value, 1e-5 / (8.0 * math.sqrt(2.0 / math.pi) / (math.pi * 0.5)), rtol=1e-4
    )
    two = sgt.LinearRegression(sgt.covariance.identity(10), sgt.noise.Atoms([-1.0, 1.0]))
    values = np.array([sgt.stationary_risk(two, sgt.SignSGD(10.0**-k)).value for k in (8, 16)])
    assert values[1] / values[0] > 0.4
    np.testing.assert_allclose(values * 4.0 * np.log([1e8, 1e16]), 1.0, atol=0.25)


@pytest.mark.parametrize(
    ("law", "tolerance"),
    [(sgt.noise.Gaussian(0.7), 1e-4), (sgt.noise.StudentT(5.0, 0.5), 1e-3), (sgt.noise.Laplace(0.5), 2e-2)],
    ids=["Gaussian", "t5", "Laplace"],
)
def test_rates_at_equal_small_stationary_risk(law, tolerance):
    """rate / rate of SGD -> E eps^2 psi(0)^2 kappa(K) / kappa(Kbar); slow for a density with a kink."""
    variances = np.geomspace(0.1, 3.0, 30)
    problem = sgt.LinearRegression(sgt.covariance.diagonal(variances), law)
    target, rates = 1e-6, []
    for make in (sgt.SignSGD, sgt.SGD):
        low, high = 1e-9, 1.0
        for _ in range(80):
            eta = math.sqrt(low * high)
            low, high = (eta, high) if sgt.stationary_risk(problem, make(eta)).value < target else (low, eta)
        rates.append(sgt.local_rate(problem, make(eta)).value)
    std = np.sqrt(variances)
    expected = law.variance * float(psi(law, 1e-12)) ** 2 * (variances.mean() / variances.min()) / (std.mean() / std.min())
    np.testing.assert_allclose(rates[0] / rates[1], expected, rtol=tolerance)
    np.testing.assert_allclose(sgt.effects(problem, sgt.SignSGD(0.1), risk=[1e-12]).rate_ratio, expected, rtol=1e-5)


def test_local_rate_without_noise_is_half_for_the_identity():
    problem, eta = sgt.LinearRegression(sgt.covariance.identity(20, scale=4.0)), 0.3
    found = sgt.local_rate(problem, sgt.SignSGD(eta))
    np.testing.assert_allclose(found.value, eta * 2.0 * float(psi(sgt.noise.Noiseless(), found.stationary.value)), rtol=1e-9)


# --- curve -----------------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=8, derandomize=True)
@given(strategies.covariances(), strategies.noises(), st.sampled_from([0.2, 3.0]))
def test_scaled_features_with_scaled_learning_rate(covariance, law, c):
    """K -> cK, theta -> theta/sqrt(c), eta -> eta/sqrt(c) leaves the curve."""
    error = np.linspace(1.0, 2.0, covariance.d)
    k = covariance.matrix()
    a = sgt.risk_curve(sgt.LinearRegression(sgt.covariance.dense(k), law, error), sgt.SignSGD(0.4), 1.0)
    b = sgt.risk_curve(sgt.LinearRegression(sgt.covariance.dense(c * k), law, error / math.sqrt(c)), sgt.SignSGD(0.4 / math.sqrt(c)), 1.0)
    np.testing.assert_allclose(b.risk, a.risk, rtol=1e-6)


def test_rotation_changes_signsgd_and_not_sgd():
    d = 20
    q = np.linalg.qr(np.random.default_rng(3).standard_normal((d, d)))[0]
    k, v = np.diag(np.geomspace(0.1, 4.0, d)), np.ones(d)
    plain, turned = (
        sgt.LinearRegression(sgt.covariance.dense(0.5 * (m + m.T)), sgt.noise.Gaussian(0.5), e) for m, e in ((k, v), (q @ k @ q.T, q @ v))
    )
    a, b = (sgt.risk_curve(p, sgt.SGD(0.5), 2.0).risk for p in (plain, turned))
    np.testing.assert_allclose(a, b, rtol=1e-7)
    a, b = (sgt.risk_curve(p, sgt.SignSGD(0.5), 2.0).risk for p in (plain, turned))
    assert np.max(np.abs(a / b - 1.0)) > 0.02


# --- batches ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 2, 5, 32])
def test_batch_drift_for_gaussian_noise(batch):
    """sqrt(2/pi) E chi_B / sqrt(2P)."""
    chi = math.sqrt(2.0) * math.exp(math.lgamma((batch + 1) / 2) - math.lgamma(batch / 2))
    found = psi(sgt.noise.Gaussian(0.6), [0.05, 1.0], sgt.SignSGD(0.5, batch_size=batch))
    np.testing.assert_allclose(found, math.sqrt(2.0 / math.pi) * chi / np.sqrt(2.0 * np.array([0.05, 1.0]) + 0.36), rtol=1e-8)


@pytest.mark.parametrize(
    "law", [sgt.noise.StudentT(3.0, 0.5), sgt.noise.Cauchy(0.4), sgt.noise.Atoms([-0.7, 0.7])], ids=lambda n: type(n).__name__
)
def test_batch_drift_is_a_mean_inverse_norm(law):
    """sqrt(2/pi) (B-1) E 1/||r||, r of B residuals: by simulation, within five standard errors (false alarm 6e-7)."""
    batch, risk = 4, 0.2
    rng = np.random.default_rng(17)
    r = math.sqrt(2 * risk) * rng.standard_normal((200_000, batch)) - law.sample(rng, 200_000 * batch).reshape(-1, batch)
    inverse = math.sqrt(2.0 / math.pi) * (batch - 1) / np.linalg.norm(r, axis=1)
    error = inverse.std() / math.sqrt(len(r))
    assert 5.0 * error < 0.05 * inverse.mean()
    assert abs(float(psi(law, risk, sgt.SignSGD(0.5, batch_size=batch))) - inverse.mean()) < 5.0 * error


@pytest.mark.parametrize(("std", "homogenised", "exact"), [(0.5, 0.0984, 0.0746), (0.0, 0.0493, 0.0293)])
def test_fluctuation_as_quoted(std, homogenised, exact):
    """K = 1, learning rate 0.6: d Var R at rest, and what the homogenised process would have."""
    law = sgt.noise.Gaussian(std) if std else sgt.noise.Noiseless()
    problem, eta = sgt.LinearRegression(sgt.covariance.identity(10), law), 0.6
    found = sgt.drift_and_noise(problem, sgt.SignSGD(eta))
    risk = sgt.stationary_risk(problem, sgt.SignSGD(eta)).value
    drift, slope = (float(f(np.array([risk]))[0]) for f in (found.drift, found.drift_slope))
    np.testing.assert_allclose(kernel("signsgd").fluctuation(eta, risk, drift, slope), exact, atol=5e-5)
    np.testing.assert_allclose(eta**2 * 2.0 * risk / (4.0 * eta * (drift + risk * slope)), homogenised, atol=5e-5)
