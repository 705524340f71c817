"""Frozen data: equal and hashable by content, arrays copied and read-only, bad values named."""

import pickle

import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory.errors import InvalidInput, SGDTheoryError
from sgdtheory.values import array, integer, number


def test_equal_by_content_hashable_and_picklable():
    make = lambda s: sgt.LinearRegression(sgt.covariance.diagonal([1.0, 2.0]), sgt.noise.Gaussian(s), error=[1.0, -1.0])  # noqa: E731
    one, same, other = make(0.5), make(0.5), make(0.6)
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert pickle.loads(pickle.dumps(one)) == one


def test_arrays_are_copied_and_read_only():
    given = np.array([1.0, 2.0])
    problem = sgt.LinearRegression(sgt.covariance.diagonal(given), error=given)
    given[0] = 9.0
    assert problem.error[0] == 1.0
    for made in (problem, pickle.loads(pickle.dumps(problem))):
        with pytest.raises(ValueError, match="read-only"):
            made.error[0] = 3.0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, 0.0, "1", None, [1.0], True, 1j])
def test_number_refuses(bad):
    with pytest.raises(InvalidInput, match=r"rate=.*rate must be a finite number > 0"):
        number("rate", bad, above=0.0)


@pytest.mark.parametrize("bad", [0, 1.5, True, "2", None])
def test_integer_refuses(bad):
    with pytest.raises(InvalidInput, match="whole number"):
        integer("runs", bad, least=1)


@pytest.mark.parametrize("bad", [[1.0, np.nan], [1.0], [[1.0, 2.0]], ["a", "b"], None, []])
def test_array_refuses(bad):
    with pytest.raises(InvalidInput, match="error"):
        array("error", bad, (2,))


@pytest.mark.parametrize("make", [
    lambda: sgt.SGD(learning_rate=-0.1),
    lambda: sgt.SGD(learning_rate=float("nan")),
    lambda: sgt.SignSGD(0.1, batch_size=0),
    lambda: sgt.SignSGD(0.1, batch_size=1.5),
    lambda: sgt.SignSGD(lambda t: 0.1, breaks=[-1.0]),
    lambda: sgt.ClippedSGD(0.1, threshold=0.0),
    lambda: sgt.ClippedSGD(0.1, threshold=float("inf")),
    lambda: sgt.LinearRegression(np.eye(2)),
    lambda: sgt.LinearRegression(sgt.covariance.identity(2), noise=0.5),
    lambda: sgt.LinearRegression(sgt.covariance.identity(2), error=[1.0, 2.0, 3.0]),
    lambda: sgt.LinearRegression(sgt.covariance.identity(2), error=[0.0, 0.0]),
    lambda: sgt.LinearRegression(sgt.covariance.dense([[1.0, 1.0], [1.0, 1.0]]), error=[1.0, -1.0]),
    lambda: sgt.SeparableUpdate(0.1, update="x*r", parameters={"c": 1.0}),
    lambda: sgt.SeparableUpdate(0.1, update="sign(x)*tanh(a*r)"),
])
def test_bad_arguments_are_one_clear_error_of_ours(make):
    with pytest.raises(SGDTheoryError, match="must be"):
        make()


@pytest.mark.parametrize("value", [float("nan"), -1.0, "fast", None, float("inf")])
def test_schedule_that_returns_nonsense(value):
    with pytest.raises(InvalidInput, match=r"learning_rate.*t=0.5"):
        sgt.SGD(lambda t: value).learning_rate_at(0.5)


def test_step_size_is_learning_rate_over_scale():
    problem = sgt.LinearRegression(sgt.covariance.identity(4))
    assert sgt.SGD(0.2).step_size(problem) == 0.05
    assert sgt.SGD(lambda t: 0.2 + t).step_size(problem)(0.2) == 0.1
