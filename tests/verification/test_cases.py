"""The cases: what they span, that the budget holds them, and one of each theory run at a small size."""

from dataclasses import replace

import pytest

from sgdtheory.verification import budget
from sgdtheory.verification.cases import cases
from sgdtheory.verification.checks import checks
from sgdtheory.verification.tasks import judged

THEORIES = ("signsgd", "sgd", "clipped_sgd")


def test_the_grid_spans_what_was_asked_for():
    for theory in THEORIES:
        names = {c.name for c in cases(theory)}
        noises = {"Gaussian", "Rademacher"} | ({"Student t, 6 degrees"} if theory == "sgd" else {"Student t, 3 degrees", "Cauchy"})
        assert {f"{n}, {k}" for n in noises for k in ("diagonal", "AR(1)", "dense")} <= names
        for case in cases(theory):
            assert case.problem.covariance.variances.max() > 1.5 * case.problem.covariance.variances.min()


def test_the_budget_of_false_alarms_holds_all_of_them():
    assert budget.CASES + budget.CHECKS <= 1e-6
    assert sum(len(cases(t)) for t in THEORIES) <= budget.ROOM
    assert sum(len(checks(t)) for t in THEORIES) <= budget.ROOM
    seeds = [c.seed for t in THEORIES for c in cases(t)]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("theory", THEORIES)
def test_one_case_agrees_resolves_five_percent_and_rejects_a_wrong_theory(theory):
    found = judged(theory, cases(theory)[0])
    assert found.ok, found.detail
    assert found.data["resolution"] <= budget.RESOLUTION
    assert found.data["wrong_margin"] > 1.0


def test_a_wrong_theory_a_weak_case_and_a_lost_case_are_failures(monkeypatch):
    case = replace(cases("signsgd")[0], runs=8)
    found = judged("signsgd", case)
    assert not found.ok
    assert "resolves errors of" in found.detail
    strong = cases("signsgd")[0]
    monkeypatch.setattr(type(strong), "theory", type(strong).wrong_theory)
    found = judged("signsgd", strong)
    assert not found.ok
    assert "deviates by" in found.detail
