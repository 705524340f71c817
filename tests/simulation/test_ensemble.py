"""What a simulation returns, records, refuses and survives."""

import tracemalloc
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings

import sgdtheory as sgt
from sgdtheory.errors import Diverged, Interrupted, InvalidInput
from sgdtheory.questions.times import recording_times
from sgdtheory.simulation import progress
from sgdtheory.testing import strategies

PROBLEM = sgt.LinearRegression(sgt.covariance.power_law(20, exponent=0.5), sgt.noise.Gaussian(0.5))


@settings(deadline=None, max_examples=40, derandomize=True)
@given(strategies.problems(), strategies.learning_rates())
def test_risks_start_exactly_at_the_initial_risk_and_stay_finite(problem, rate):
    runs = sgt.simulate(problem, sgt.SignSGD(rate), horizon=2.0, runs=3, rng=0)
    assert runs.risk.shape == (3, len(runs.times))
    assert runs.times[0] == 0.0
    np.testing.assert_allclose(runs.risk[:, 0], problem.initial_risk, rtol=1e-15)
    assert np.all(np.isfinite(runs.risk))
    assert np.all(runs.risk >= 0.0)


def test_runs_record_at_the_times_of_a_prediction():
    runs = sgt.simulate(PROBLEM, sgt.SGD(0.5), horizon=3.0, runs=4, rng=0)
    np.testing.assert_array_equal(runs.times, recording_times(PROBLEM, 3.0))
    assert runs.horizon == 3.0
    assert len(runs) == 4

    class Curve:
        times = runs.times[::7]

    again = sgt.simulate(PROBLEM, sgt.SGD(0.5), horizon=3.0, runs=4, rng=0, times=Curve())
    np.testing.assert_array_equal(again.risk, runs.risk[:, ::7])


def test_times_are_snapped_to_whole_steps_and_merged():
    runs = sgt.simulate(PROBLEM, sgt.SGD(0.5), horizon=1.03, runs=1, rng=0, times=[0.0, 0.01, 0.06, 0.11, 1.03])
    np.testing.assert_allclose(runs.times * 20, [0, 1, 2, 20])


def test_mean_and_standard_error_are_over_the_runs():
    runs = sgt.simulate(PROBLEM, sgt.SGD(0.5), horizon=1.0, runs=5, rng=0)
    np.testing.assert_array_equal(runs.mean, runs.risk.mean(axis=0))
    np.testing.assert_allclose(runs.standard_error, np.std(runs.risk, axis=0, ddof=1) / np.sqrt(5.0))
    single = sgt.simulate(PROBLEM, sgt.SGD(0.5), horizon=1.0, runs=1, rng=0)
    assert np.all(np.isinf(single.standard_error))
    with pytest.raises(ValueError, match="read-only"):
        runs.risk[0, 0] = 1.0


def test_runs_show_themselves():
    import matplotlib.pyplot as plt

    runs = sgt.simulate(PROBLEM, sgt.SGD(0.5), horizon=1.0, runs=3, rng=0)
    assert "3 of SGD" in repr(runs)
    assert "seed=0" in repr(runs)
    assert "<table>" in runs._repr_html_()
    assert "SGD" in runs._repr_html_()
    ax = runs.plot(label="here")
    assert ax is runs.plot(ax=ax)
    assert len(ax.lines) == 2
    assert len(ax.collections) == 2
    plt.close(ax.figure)


@pytest.mark.parametrize(("change", "message"), [
    ({"problem": "ridge"}, "problem='ridge'"),
    ({"algorithm": 0.5}, "algorithm=0.5"),
    ({"horizon": 0.0}, "horizon=0.0.*one step is 0.05"),
    ({"horizon": 0.04}, "horizon=0.04"),
    ({"horizon": -1.0}, "horizon=-1.0"),
    ({"horizon": np.inf}, "horizon=inf"),
    ({"runs": 0}, "runs=0"),
    ({"runs": 2.0}, "runs=2.0"),
    ({"rng": -1}, "rng=-1"),
    ({"rng": True}, "rng=True"),
    ({"rng": "seed"}, "rng='seed'"),
    ({"times": [0.0, 3.0]}, r"times=.*\[0, 2\]"),
    ({"times": [1.0, 0.5]}, "increasing"),
    ({"times": [-1.0]}, "times="),
    ({"times": [np.nan]}, "finite"),
    ({"times": []}, "shape"),
    ({"times": "now"}, "times='now'"),
    ({"rule": "clip"}, "rule='clip'"),
    ({"rule": sgt.rules.GradientNormClipping()}, "no threshold.*ClippedSGD"),
    ({"executor": 2}, "executor=2"),
    ({"progress": 1}, "progress=1"),
    ({"rows": np.eye(20)}, "rows="),
    ({"algorithm": sgt.SGD(lambda t: 1.0 - 2.0 * t)}, "learning_rate=.*t=0.55"),
    ({"algorithm": sgt.SGD(lambda t: np.nan)}, "learning_rate=nan"),
])
def test_bad_input_is_one_clear_error(change, message):
    call = {"problem": PROBLEM, "algorithm": sgt.SGD(0.5), "horizon": 2.0, "runs": 2, "rng": 0} | change
    with pytest.raises(InvalidInput, match=message):
        sgt.simulate(**call)


def test_a_run_that_overflows_is_an_error_that_names_time_and_step():
    message = r"run \d overflowed at t=\d+\.?\d* \(step \d+\).*rate was 50 and the raw step 2.5"
    with pytest.raises(Diverged, match=message):
        sgt.simulate(PROBLEM, sgt.SGD(50.0), horizon=100.0, runs=3, rng=0)
    with pytest.raises(Diverged, match="overflowed"):
        sgt.simulate(PROBLEM, sgt.SGD(50.0), horizon=100.0, runs=3, rng=0, times=[100.0])


def test_the_step_of_an_overflow_does_not_depend_on_what_is_recorded():
    # the risk overflows before the error does, so recording every step may see it a little earlier, never later
    steps = []
    for times in (np.arange(2001) / 20, [100.0]):
        with pytest.raises(Diverged) as caught:
            sgt.simulate(PROBLEM, sgt.SGD(50.0), horizon=100.0, runs=1, rng=0, times=times)
        steps.append(int(str(caught.value).split("(step ")[1].split(")")[0]))
    assert 0.4 * steps[1] < steps[0] <= steps[1] < 1000


def test_heavy_tails_are_no_overflow():
    for law in (sgt.noise.Cauchy(1.0), sgt.noise.StudentT(df=0.5, scale=1.0)):
        problem = sgt.LinearRegression(sgt.covariance.identity(30), law)
        for algorithm in (sgt.SignSGD(0.5), sgt.ClippedSGD(0.5, threshold=1.0)):
            assert sgt.simulate(problem, algorithm, 4.0, runs=4, rng=0).mean[-1] < 2.0


def test_memory_does_not_grow_with_the_horizon():
    problem = sgt.LinearRegression(sgt.covariance.identity(100))

    def peak(horizon):
        tracemalloc.start()
        sgt.simulate(problem, sgt.SGD(lambda t: 0.1), horizon, runs=1, rng=0, times=[horizon])
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    peak(10.0)
    samples = 100.0 * 100 * 100 * 8
    assert peak(100.0) < peak(10.0) + 0.02 * samples


@dataclass(frozen=True, eq=False)
class Interrupting(sgt.rules.Separable):
    """SGD's rule, and a Ctrl-C after some calls."""

    after: int = 0

    def prepare(self, problem, algorithm):
        return InterruptingStep(super().prepare(problem, algorithm), self.after)


class InterruptingStep(sgt.rules.Step):
    def __init__(self, step, after):
        self.step, self.left = step, after

    def direction(self, features, residuals):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self.step.direction(features, residuals)


def test_an_interruption_keeps_the_finished_runs():
    whole = sgt.simulate(PROBLEM, sgt.SGD(0.5), 2.0, runs=40, rng=0)
    with pytest.raises(Interrupted, match=r"32 of 40 runs finished.*rng=0") as caught:
        sgt.simulate(PROBLEM, sgt.SGD(0.5), 2.0, runs=40, rng=0, rule=Interrupting(after=90))
    np.testing.assert_array_equal(caught.value.runs.risk, whole.risk[:32])
    assert isinstance(caught.value, KeyboardInterrupt)


def test_an_interruption_within_the_first_runs_keeps_what_they_recorded():
    whole = sgt.simulate(PROBLEM, sgt.SGD(0.5), 2.0, runs=40, rng=0)
    with pytest.raises(Interrupted, match="0 of 40 runs finished") as caught:
        sgt.simulate(PROBLEM, sgt.SGD(0.5), 2.0, runs=40, rng=0, rule=Interrupting(after=30))
    partial = caught.value.runs
    assert partial.horizon == pytest.approx(1.5)
    np.testing.assert_array_equal(partial.risk, whole.risk[:16, :partial.times.size])


def test_an_interruption_before_anything_is_recorded_has_no_runs():
    with pytest.raises(Interrupted, match="before anything") as caught:
        sgt.simulate(PROBLEM, sgt.SGD(0.5), 2.0, runs=2, rng=0, times=[2.0], rule=Interrupting(after=0))
    assert caught.value.runs is None


class Workers(Executor):
    """Runs what is submitted at once, until somebody presses Ctrl-C."""

    def __init__(self, interrupted_after):
        self.left, self.cancelled = interrupted_after, []

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        future.set_result(function(*args, **kwargs))
        return future


def test_an_interruption_of_an_executor_keeps_the_finished_runs():
    whole = sgt.simulate(PROBLEM, sgt.SGD(0.5), 2.0, runs=70, rng=0)
    with pytest.raises(Interrupted, match="32 of 70 runs finished") as caught:
        sgt.simulate(PROBLEM, sgt.SGD(0.5), 2.0, runs=70, rng=0, executor=Workers(2))
    np.testing.assert_array_equal(caught.value.runs.risk, whole.risk[:32])


def test_more_chunks_than_are_submitted_at_once(monkeypatch):
    from sgdtheory.simulation import ensemble

    monkeypatch.setattr(ensemble, "_IN_FLIGHT", 2)
    assert (sgt.simulate(PROBLEM, sgt.SGD(0.5), 1.0, runs=100, rng=0, executor=Workers(-1))
            == sgt.simulate(PROBLEM, sgt.SGD(0.5), 1.0, runs=100, rng=0))


def test_an_error_of_a_worker_is_raised():
    with pytest.raises(Diverged, match="overflowed"):
        sgt.simulate(PROBLEM, sgt.SGD(50.0), horizon=100.0, runs=40, rng=0, executor=Workers(-1))


def test_progress_is_shown_on_request_and_silent_when_piped(capsys, monkeypatch):
    sgt.simulate(PROBLEM, sgt.SGD(0.5), 1.0, runs=20, rng=0, progress=True)
    shown = capsys.readouterr()
    assert "simulate" in shown.err
    assert "100%" in shown.err
    assert not shown.out
    monkeypatch.setattr(progress, "_LONG", 0.0)
    sgt.simulate(PROBLEM, sgt.SGD(0.5), 1.0, runs=20, rng=0)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    sgt.simulate(PROBLEM, sgt.SGD(0.5), 1.0, runs=20, rng=0)
    assert "100%" in capsys.readouterr().err
    sgt.simulate(PROBLEM, sgt.SGD(0.5), 1.0, runs=20, rng=0, progress=False)
    assert capsys.readouterr() == ("", "")


def test_clipping_the_gradient_differs_from_clipping_the_residual_by_what_vanishes_with_d():
    """On the same samples |difference of the risks| falls like 1/d (measured: 8.8e-3 at d=25, 2.3e-4 at d=800)."""

    def gap(d):
        problem = sgt.LinearRegression(sgt.covariance.identity(d), sgt.noise.Gaussian(0.5))
        both = [sgt.simulate(problem, sgt.ClippedSGD(0.5, threshold=0.6), 2.0, runs=48, rng=1, times=[2.0], rule=rule)
                for rule in (None, sgt.rules.GradientNormClipping())]
        return np.mean(np.abs(both[1].risk - both[0].risk))

    small, large = gap(40), gap(640)
    assert small > 2e-3
    assert 16 / 2 < small / large < 16 * 2


def test_signsgd_is_invariant_under_scaling_of_coordinates():
    """x -> S x with theta -> S^-1 theta, on the same normals: the same signs, so the moves differ by S alone."""
    scales = np.array([0.5, 1.0, 2.0, 4.0])
    plain = sgt.LinearRegression(sgt.covariance.identity(4), error=np.ones(4))
    scaled = sgt.LinearRegression(sgt.covariance.identity(4, scale=4.0), error=np.ones(4) / 2.0)
    first = sgt.simulate(plain, sgt.SignSGD(0.4), 5.0, runs=3, rng=0)
    second = sgt.simulate(scaled, sgt.SignSGD(0.2), 5.0, runs=3, rng=0)
    np.testing.assert_allclose(first.risk, second.risk, rtol=1e-12)
    other = sgt.LinearRegression(sgt.covariance.diagonal(scales**2), error=1.0 / scales)
    assert not np.allclose(sgt.simulate(other, sgt.SignSGD(0.4), 5.0, runs=3, rng=0).risk, first.risk, rtol=1e-3)
