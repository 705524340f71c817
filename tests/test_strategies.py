"""The strategies for other people's tests draw every kind of object and shrink to the simplest."""

import numpy as np
from hypothesis import HealthCheck, find, given, settings

import sgdtheory as sgt
from sgdtheory.testing import strategies

quiet = settings(max_examples=300, derandomize=True, database=None, deadline=None,
                 suppress_health_check=list(HealthCheck))


def test_they_shrink_to_the_simplest_object():
    def simplest(strategy):
        return find(strategy, lambda drawn: True, settings=settings(quiet, max_examples=20))

    assert simplest(strategies.covariances()) == sgt.covariance.identity(1)
    assert simplest(strategies.noises()) == sgt.noise.Noiseless()
    assert simplest(strategies.learning_rates()) == 0.5
    assert simplest(strategies.problems()) == sgt.LinearRegression(sgt.covariance.identity(1))


def test_they_draw_every_kind():
    kinds = set()

    @quiet
    @given(strategies.covariances(), strategies.noises(), strategies.learning_rates())
    def collect(K, law, rate):
        kinds.update({type(K), type(law), type(rate)})

    collect()
    wanted = {sgt.covariance.Diagonal, sgt.covariance.AR1, sgt.covariance.LowRank, sgt.covariance.Dense,
              float, strategies.InverseTime}
    laws = {getattr(sgt.noise, name) for name in ("Noiseless", "Gaussian", "Laplace", "Uniform", "StudentT", "Cauchy",
                                                  "Stable", "Atoms", "Mixture")}
    assert kinds >= wanted | laws


@quiet
@given(strategies.noises(finite_variance=True, continuous=True), strategies.covariances(max_d=3, diagonal=True),
       strategies.learning_rates(most=0.1, schedules=False))
def test_they_keep_what_is_asked_of_them(law, K, rate):
    assert np.isfinite(law.variance)
    assert not law.has_atoms
    assert K.is_diagonal
    assert K.d <= 3
    assert 0.05 <= rate <= 0.1
