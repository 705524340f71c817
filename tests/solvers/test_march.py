"""What a walk that cannot go on says of the reason."""

import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory.errors import NotConverged
from sgdtheory.solvers.feedback import Field

PROBLEM = sgt.LinearRegression(sgt.covariance.identity(50), sgt.noise.Gaussian(0.5))


@pytest.mark.parametrize(
    "algorithm",
    [lambda: sgt.SGD(1e6), lambda: sgt.derive.homogenize("x*r**3")(0.5), lambda: sgt.derive.homogenize("x*2**r")(2.0)],
)
def test_blow_up_is_blamed_on_the_learning_rate(algorithm):
    with pytest.raises(NotConverged, match=r"grows without bound at this learning rate.*lower the learning rate"):
        sgt.risk_curve(PROBLEM, algorithm(), 3)


def test_a_negative_drift_is_no_matter_of_tolerance():
    def drift(risk):
        return 1.0 - risk

    field = Field(drift, np.ones_like, 0.5)
    problem = field.failure(np.array([2.0]), "")
    assert "drift factor is -1 at R=2" in str(problem)
    assert "uphill" in problem.advice
    assert "rtol" not in problem.advice
