"""Hypothesis strategies that draw small valid objects, each of which its repr reproduces.

They shrink towards dimension 1, the identity, no noise and a learning rate of 1/2. Needs ``hypothesis``.

Examples
--------
>>> from hypothesis import given, settings
>>> from sgdtheory.testing import strategies
>>> @settings(max_examples=5, derandomize=True, database=None)
... @given(strategies.problems())
... def test_initial_risk_is_positive(problem):
...     assert problem.initial_risk > 0
>>> test_initial_risk_is_positive()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from sgdtheory.problems import covariance as _covariance
from sgdtheory.problems import noise as _noise
from sgdtheory.problems.covariance import Covariance
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.problems.noise import NoiseLaw


def _numbers(first: float, last: float) -> st.SearchStrategy[float]:
    """Numbers of two decimals, that read well and shrink to the first."""
    low, high = round(100 * first), round(100 * last)
    return st.integers(0, high - low).map(lambda n: (low + n) / 100)


_VARIANCES = st.one_of(st.just(1.0), _numbers(0.05, 4.0))
_SCALES = st.one_of(st.just(1.0), _numbers(0.05, 3.0))


def covariances(max_d: int = 6, diagonal: bool = False) -> st.SearchStrategy[Covariance]:
    """Covariances of dimension 1 to ``max_d`` and condition number up to about 10^4, of every structure.

    Parameters
    ----------
    max_d : int
        Largest dimension.
    diagonal : bool
        Draw only diagonal ones.
    """
    d = st.integers(1, max_d)
    kinds: list[st.SearchStrategy[Any]] = [
        st.builds(_covariance.identity, d),
        st.builds(_covariance.identity, d, scale=_VARIANCES),
        st.builds(_covariance.diagonal, st.lists(_VARIANCES, min_size=1, max_size=max_d)),
        st.builds(_covariance.power_law, d, exponent=_numbers(0.0, 3.0)),
        st.builds(_covariance.marchenko_pastur, d, ratio=_numbers(0.05, 1.0)),
    ]
    if not diagonal:
        kinds += [d.flatmap(_ar1), d.flatmap(_low_rank), d.flatmap(_dense)]
    return st.one_of(kinds)


def _vectors(d: int, entries: st.SearchStrategy[float]) -> st.SearchStrategy[list[float]]:
    return st.lists(entries, min_size=d, max_size=d)


def _ar1(d: int) -> st.SearchStrategy[Covariance]:
    correlation = st.one_of(_numbers(0.0, 0.95), _numbers(0.0, 0.95).map(lambda c: -c))
    scales = st.one_of(st.none(), _vectors(d, _SCALES))
    return st.builds(_covariance.ar1, st.just(d), correlation=correlation, scales=scales)


def _low_rank(d: int) -> st.SearchStrategy[Covariance]:
    factors = st.integers(1, 3).flatmap(lambda k: st.lists(_vectors(k, _signed(2.0)), min_size=d, max_size=d))
    return st.builds(_covariance.low_rank, factors, _vectors(d, _VARIANCES))


def _dense(d: int) -> st.SearchStrategy[Covariance]:
    return st.builds(_dense_of, st.lists(_vectors(d, _signed(1.0)), min_size=d, max_size=d), _vectors(d, _VARIANCES))


def _dense_of(rows: list[list[float]], rest: list[float]) -> Covariance:
    return _covariance.dense(_covariance.low_rank(rows, rest).matrix())


def _signed(most: float) -> st.SearchStrategy[float]:
    return st.one_of(_numbers(0.0, most), _numbers(0.0, most).map(lambda z: -z))


def noises(finite_variance: bool = False, continuous: bool = False) -> st.SearchStrategy[NoiseLaw]:
    """Noise laws of every family, with scales of order one.

    Parameters
    ----------
    finite_variance : bool
        Draw only laws of finite variance.
    continuous : bool
        Draw only laws without atoms.
    """
    df = _numbers(2.2, 8.0) if finite_variance else _numbers(0.8, 8.0)
    simple: list[st.SearchStrategy[Any]] = [
        st.builds(_noise.Gaussian, std=_SCALES),
        st.builds(_noise.Laplace, scale=_SCALES),
        st.builds(_noise.Uniform, half_width=_SCALES),
        st.builds(_noise.StudentT, df=df, scale=_SCALES),
    ]
    if not finite_variance:
        simple += [st.builds(_noise.Cauchy, scale=_SCALES),
                   st.builds(_noise.Stable, alpha=_numbers(0.8, 1.9), beta=st.just(0.0), scale=_SCALES)]
    if not continuous:
        simple = [st.builds(_noise.Noiseless), *simple,
                  st.builds(_noise.Atoms, st.lists(_signed(2.0), min_size=1, max_size=4, unique=True))]
    pairs = st.lists(st.one_of(simple), min_size=2, max_size=2)
    weights = _numbers(0.1, 0.9).map(lambda w: [w, 1.0 - w])
    return st.one_of(*simple, st.builds(_noise.Mixture, pairs, weights))


@dataclass(frozen=True)
class InverseTime:
    """The schedule eta(t) = rate / (1 + decay t)."""

    rate: float
    decay: float

    def __call__(self, t: float) -> float:
        return self.rate / (1.0 + self.decay * t)


def learning_rates(most: float = 1.0, schedules: bool = True) -> st.SearchStrategy[Any]:
    """Learning rates in [0.05, ``most``]; with ``schedules`` also functions of time, of type `InverseTime`."""
    first = min(0.5, most)
    rates = st.one_of(_numbers(first, most), _numbers(min(0.05, most), most))
    return st.one_of(rates, st.builds(InverseTime, rate=rates, decay=_numbers(0.0, 2.0))) if schedules else rates


def problems(covariance: st.SearchStrategy[Covariance] | None = None,
             noise: st.SearchStrategy[NoiseLaw] | None = None) -> st.SearchStrategy[LinearRegression]:
    """Linear regressions, with the default error or a drawn one.

    Parameters
    ----------
    covariance, noise : strategies, optional
        Where the parts come from; default: `covariances()` and `noises()`.
    """
    laws = noises() if noise is None else noise
    return (covariances() if covariance is None else covariance).flatmap(lambda K: _problem(K, laws))


def _problem(K: Covariance, laws: st.SearchStrategy[NoiseLaw]) -> st.SearchStrategy[LinearRegression]:
    drawn = _vectors(K.d, _signed(2.0)).filter(lambda v: not K.annihilates(v))
    return st.builds(LinearRegression, covariance=st.just(K), noise=laws, error=st.one_of(st.none(), drawn))
