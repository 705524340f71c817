"""A cell is found along the algorithm's, then the problem's base classes; an empty one explains itself."""

import pytest

import sgdtheory as sgt
from sgdtheory import registry
from sgdtheory.errors import NoTheory


def test_most_special_cell_wins():
    special = registry.find("drift_and_noise", sgt.LinearRegression, sgt.SGD)
    general = registry.find("drift_and_noise", sgt.LinearRegression, sgt.ClippedSGD)
    assert special.__module__.endswith("theories.sgd")
    assert "separable" in general.__module__


def test_empty_cell_names_the_filled_neighbours():
    problem = sgt.LinearRegression(sgt.covariance.identity(3))
    with pytest.raises(NoTheory, match=r"exact_risk_curve\(LinearRegression, SignSGD\).*LinearRegression, SGD.*risk_curve"):
        sgt.exact_risk_curve(problem, sgt.SignSGD(0.1), horizon=1.0)


def test_two_theories_in_one_cell_are_refused():
    def modes(problem: sgt.LinearRegression, algorithm: sgt.SGD) -> None: ...

    registry.load()
    registry.cell(modes)
    modes_elsewhere = type(modes)(modes.__code__, modes.__globals__, "modes")
    modes_elsewhere.__annotations__, modes_elsewhere.__module__ = modes.__annotations__, "elsewhere"
    try:
        with pytest.raises(RuntimeError, match="two theories"):
            registry.cell(modes_elsewhere)
    finally:
        del registry._cells["modes", sgt.LinearRegression, sgt.SGD]
