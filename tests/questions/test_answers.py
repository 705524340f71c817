"""Every answer explains itself: source in a record, exactness, picture, card; bad questions are one clear error of ours."""

import pickle

import matplotlib.pyplot as plt
import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory.errors import AsymptoticWarning, InvalidInput, OutsideTheory, SGDTheoryError

PROBLEM = sgt.LinearRegression(sgt.covariance.ar1(40, 0.4, scales=np.linspace(0.5, 1.5, 40)), sgt.noise.Gaussian(0.5))
ALGORITHMS = [sgt.SGD(0.3), sgt.SignSGD(0.3), sgt.ClippedSGD(0.3, 0.8), sgt.SGD(0.3, batch_size=3)]
QUESTIONS = {
    "risk_curve": lambda a: sgt.risk_curve(PROBLEM, a, 2.0),
    "drift_and_noise": lambda a: sgt.drift_and_noise(PROBLEM, a),
    "modes": lambda a: sgt.modes(PROBLEM, a),
    "stationary_risk": lambda a: sgt.stationary_risk(PROBLEM, a),
    "local_rate": lambda a: sgt.local_rate(PROBLEM, a),
    "effects": lambda a: sgt.effects(PROBLEM, a),
    "one_step": lambda a: sgt.one_step(PROBLEM, a),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=repr)
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_explains_itself(question, algorithm):
    found = QUESTIONS[question](algorithm)
    record = sgt.derivation(found.source.derivation)
    assert found.source.result in set(record.steps)
    assert "arXiv:" in found.source.reference
    assert type(found).__name__ in repr(found)
    assert found._repr_html_().startswith("<div")
    assert "@article" in record.bibtex()
    if hasattr(found, "plot"):
        assert found.plot() is not None
        plt.close("all")


@pytest.mark.parametrize(
    "algorithm", [*ALGORITHMS, sgt.SGD(lambda t: 0.4 / (1 + t)), sgt.SignSGD(lambda t: 0.1 if t < 1 else 0.3, breaks=[1.0])], ids=repr
)
def test_proved_bounds_enclose_the_curve(algorithm):
    curve = sgt.risk_curve(PROBLEM, algorithm, 3.0)
    assert np.all(curve.lower <= curve.risk)
    assert np.all(curve.risk <= curve.upper)
    assert np.any(curve.lower < 0.99 * curve.risk)


def test_bounds_are_attained_when_all_rates_are_equal():
    curve = sgt.risk_curve(sgt.LinearRegression(sgt.covariance.identity(30), sgt.noise.Gaussian(0.3)), sgt.SignSGD(0.4), 3.0)
    np.testing.assert_allclose(curve.lower, curve.upper, rtol=1e-7)


def test_a_curve_is_dense_and_knows_its_domain():
    curve = sgt.risk_curve(PROBLEM, sgt.SignSGD(0.3), 2.0)
    assert isinstance(curve(1.0), float)
    np.testing.assert_allclose(curve(curve.times), curve.risk, rtol=1e-12)
    assert curve.times[0] == 0.0
    assert curve.risk[0] == pytest.approx(1.0, rel=1e-12)
    for bad in (-0.1, 2.5, float("nan")):
        with pytest.raises(InvalidInput, match=r"t must be times in \[0, 2\]"):
            curve(bad)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: sgt.risk_curve(PROBLEM, sgt.SGD(0.3), horizon=-1.0), "horizon"),
        (lambda: sgt.risk_curve(PROBLEM, sgt.SGD(0.3), horizon=float("inf")), "horizon"),
        (lambda: sgt.risk_curve(PROBLEM, sgt.SGD(0.3), 1.0, rtol=0.0), "rtol"),
        (lambda: sgt.risk_curve(PROBLEM, sgt.SGD(lambda t: float("nan")), 1.0), "learning_rate"),
        (
            lambda: sgt.risk_curve(sgt.LinearRegression(sgt.covariance.identity(5), sgt.noise.Cauchy(1.0)), sgt.SGD(0.1), 1.0),
            "signSGD and clipped SGD",
        ),
        (lambda: sgt.exact_risk_curve(sgt.LinearRegression(sgt.covariance.identity(5), sgt.noise.Cauchy(1.0)), sgt.SGD(0.1), 1.0), "finite variance"),
        (lambda: sgt.exact_risk_curve(sgt.LinearRegression(sgt.covariance.identity(5), sgt.noise.Atoms([0.0, 1.0])), sgt.SGD(0.1), 1.0), "mean 0"),
        (lambda: sgt.stationary_risk(PROBLEM, sgt.SGD(9.0)), "learning_rate <"),
        (lambda: sgt.exact_stationary_risk(PROBLEM, sgt.SGD(9.0)), "learning_rate <"),
        (lambda: sgt.stationary_risk(PROBLEM, sgt.SGD(lambda t: 0.1)), "stationary"),
        (lambda: sgt.effects(PROBLEM, sgt.SignSGD(0.1), risk=[0.0]), "risk"),
        (lambda: sgt.effects(PROBLEM, sgt.SignSGD(0.1), risk="low"), "risk"),
        (lambda: sgt.one_step(PROBLEM, sgt.SignSGD(0.1), error=np.zeros(40)), "error"),
        (lambda: sgt.one_step(PROBLEM, sgt.SignSGD(0.1), error=np.zeros(3)), "shape"),
        (lambda: sgt.one_step(PROBLEM, sgt.SignSGD(0.1, batch_size=2)), "batch_size"),
        (lambda: sgt.effects(sgt.SignSGD(0.1), PROBLEM), "problem comes first"),
        (lambda: sgt.one_step(sgt.SignSGD(0.1), PROBLEM), "problem comes first"),
        (lambda: sgt.risk_curve(sgt.SGD(0.1), PROBLEM, 1.0), "problem comes first"),
        (lambda: sgt.exact_risk_curve(sgt.SGD(0.1), PROBLEM, 1.0), "problem comes first"),
        (lambda: sgt.stationary_risk(sgt.SGD(0.1), PROBLEM), "problem comes first"),
        (lambda: sgt.risk_curve(PROBLEM, sgt.SGD(0.1), 0.019), "horizon"),
        (lambda: sgt.risk_curve(PROBLEM, sgt.SGD(0.1), 1e300), "horizon"),
        (lambda: sgt.exact_risk_curve(PROBLEM, sgt.SGD(0.1), 1e9), "horizon"),
        (lambda: sgt.risk_curve(PROBLEM, sgt.SGD(0.1), 1.0)("now"), "times"),
        (lambda: sgt.drift_and_noise(PROBLEM, sgt.SGD(0.1)).drift(-1.0), "risk"),
        (lambda: sgt.best_schedule(PROBLEM, sgt.SGD(0.1), horizon=0.0), "horizon"),
    ],
)
def test_a_bad_question_is_one_clear_error(ask, said):
    with pytest.raises(SGDTheoryError, match=said):
        ask()


def test_thresholds_named_in_errors_are_the_thresholds():
    for ask in (sgt.stationary_risk, sgt.exact_stationary_risk):
        with pytest.raises(OutsideTheory) as error:
            ask(PROBLEM, sgt.SGD(9.0))
        named = float(str(error.value).split("learning_rate < ")[1].split(" ")[0])
        assert ask(PROBLEM, sgt.SGD(0.999 * named)).value > 50 * ask(PROBLEM, sgt.SGD(0.5 * named)).value
        with pytest.raises(OutsideTheory):
            ask(PROBLEM, sgt.SGD(1.001 * named))


def test_an_aligned_start_warns_only_where_the_drift_is_linearised():
    problem = sgt.LinearRegression(sgt.covariance.identity(50), error=np.eye(50)[0])
    with pytest.warns(AsymptoticWarning, match="one_step is exact"):
        curve = sgt.risk_curve(problem, sgt.SignSGD(0.1), 1.0)
    assert not {a.name: a.holds for a in curve.assumptions}["delocalised"]
    assert {a.name: a.holds for a in sgt.risk_curve(problem, sgt.SGD(0.1), 1.0).assumptions}["delocalised"]


def test_assumptions_named_by_the_derivations_are_predicates_of_the_theory():
    from sgdtheory.theories.separable.assumptions import ASSUMPTIONS

    for name in ("separable", "signsgd", "sgd", "clipped_sgd"):
        named = {a for step in sgt.derivation(name).steps.values() for a in step.get("assumes", ())}
        assert named
        assert named <= set(ASSUMPTIONS)


def test_best_schedule_beats_its_neighbours():
    found = sgt.best_schedule(PROBLEM, sgt.SignSGD(1.0), horizon=3.0)
    for factor in (0.9, 1.1):
        assert sgt.risk_curve(PROBLEM, sgt.SignSGD(found.constant * factor), 3.0)(3.0) > found.constant_curve(3.0)
    again = sgt.risk_curve(PROBLEM, sgt.SignSGD(found.schedule), 3.0)
    np.testing.assert_allclose(again(found.times), found.risk, rtol=1e-6)
    slope = [sgt.risk_curve(PROBLEM, sgt.SignSGD(found.schedule(0.0) * f), 1e-3 * 3.0 * 40)(1e-4) for f in (0.9, 1.0, 1.1)]
    assert slope[1] < min(slope[0], slope[2])


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=repr)
def test_the_local_rate_is_that_of_the_mode_equations(algorithm):
    """Against eigenvalues of the Jacobian by central differences, and against the decay of a curve started near rest."""
    a, m = sgt.drift_and_noise(PROBLEM, algorithm), sgt.modes(PROBLEM, algorithm)
    rest, eta = sgt.stationary_risk(PROBLEM, algorithm), algorithm.learning_rate

    def flow(r):
        total = np.array([r.sum()])
        return -2 * eta * a.drift(total)[0] * m.rates * r + eta**2 * a.noise(total)[0] * m.forcing

    assert np.abs(flow(rest.modes)).max() < 1e-12
    step = 1e-6 * rest.value
    columns = [(flow(rest.modes + step * e) - flow(rest.modes - step * e)) / (2 * step) for e in np.eye(40)]
    slowest = -np.linalg.eigvals(np.array(columns).T).real.max()
    found = sgt.local_rate(PROBLEM, algorithm).value
    assert found > 0.0
    assert found == pytest.approx(slowest, rel=1e-6)


@pytest.mark.parametrize("algorithm", [sgt.SGD(0.5), sgt.ClippedSGD(0.5, 1.0)], ids=repr)
def test_without_noise_a_stable_risk_goes_to_zero(algorithm):
    problem = sgt.LinearRegression(sgt.covariance.identity(30))
    assert sgt.stationary_risk(problem, algorithm).value == 0.0
    curve, rate = sgt.risk_curve(problem, algorithm, 40.0), sgt.local_rate(problem, algorithm).value
    assert np.log(curve(30.0) / curve(40.0)) / 10.0 == pytest.approx(rate, rel=1e-6)
    with pytest.raises(OutsideTheory, match="learning_rate < 2 "):
        sgt.stationary_risk(problem, sgt.SGD(2.5))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: sgt.risk_curve(PROBLEM, sgt.SignSGD(0.3), 2.0, rtol=1e-6),
        lambda: sgt.exact_risk_curve(PROBLEM, sgt.SGD(0.3), 2.0),
        lambda: sgt.best_schedule(PROBLEM, sgt.SGD(0.3), 1.0),
    ],
)
def test_an_answer_survives_pickling(ask):
    found = ask()
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.risk, found.risk)
    factors = sgt.drift_and_noise(PROBLEM, found.algorithm)
    assert pickle.loads(pickle.dumps(factors)).drift(1.0) == factors.drift(1.0)


def test_the_effects_are_their_definitions():
    """Effective learning rate and reshaping from matrices and the residual's density."""
    k, eta = PROBLEM.covariance.matrix(), 0.3
    found = sgt.effects(PROBLEM, sgt.SignSGD(eta), risk=[0.7])
    assert found.effective_learning_rate[0] == pytest.approx(eta * 2 / np.pi / np.sqrt(2 * 0.7 + 0.25), rel=1e-10)
    std = np.sqrt(np.diag(k))
    shape = 2 / np.pi * np.arcsin(np.clip(k / np.outer(std, std), -1, 1))
    wanted = (np.trace(k @ shape) / np.trace(shape)) / (np.trace(k @ k) / np.trace(k))
    assert found.noise_reshaping == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("batch", [1, 3])
def test_one_step_of_sgd_is_isserlis(batch):
    """E u u' = (K (2P) + 2 K v v' K) / B + (1 - 1/B) K v v' K."""
    k, v = PROBLEM.covariance.matrix(), PROBLEM.error
    mean, power = k @ v, v @ k @ v + 0.25
    found = sgt.one_step(PROBLEM, sgt.SGD(0.3, batch_size=batch))
    np.testing.assert_allclose(found.mean, mean, rtol=1e-12)
    wanted = (k * power + 2 * np.outer(mean, mean)) / batch + (1 - 1 / batch) * np.outer(mean, mean)
    np.testing.assert_allclose(found.second_moment, wanted, rtol=1e-12)


def test_noise_power_is_finite_or_refused():
    root = "x*r/(1+r**2)**(1/4)"                                            # h grows like |r|^(1/2)
    ask = lambda law, text: sgt.drift_and_noise(sgt.LinearRegression(sgt.covariance.identity(9), law), sgt.SeparableUpdate(0.5, update=text))  # noqa: E731
    for law, text in ((sgt.noise.StudentT(0.95, 1.0), root), (sgt.noise.StudentT(1.05, 1.0), root), (sgt.noise.Laplace(0.3), "x*sinh(r)")):
        with pytest.raises(OutsideTheory, match="noise"):
            ask(law, text)
    assert ask(sgt.noise.StudentT(1.5, 1.0), root).numerical_error.value > 1e-6
    assert ask(sgt.noise.StudentT(3.0, 1.0), root).numerical_error.value < 1e-9


@pytest.mark.parametrize("size", [0.3, 0.01, 0.001])
def test_an_exact_step_along_one_coordinate(size):
    """rho = 1 and atoms at +-a: E sign(x) sign(x v - eps) = 1 - 2 P(0 < x < a / v)."""
    from statistics import NormalDist

    problem = sgt.LinearRegression(sgt.covariance.identity(5), sgt.noise.Atoms([-size, size]), error=np.eye(5)[0])
    found = sgt.one_step(problem, sgt.SignSGD(0.1))
    assert found.mean[0] == pytest.approx(1 - 2 * (NormalDist().cdf(size) - 0.5), abs=1e-11)


def test_a_batch_takes_signs_under_uniform_noise():
    problem = sgt.LinearRegression(sgt.covariance.identity(200), sgt.noise.Uniform(1.0))
    algorithm = sgt.SignSGD(0.4, batch_size=4)
    assert sgt.compare(sgt.risk_curve(problem, algorithm, 2.0), sgt.simulate(problem, algorithm, 2.0, runs=24, rng=2))
