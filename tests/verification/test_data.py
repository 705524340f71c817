"""The analysis of a data set: what is taken from the rows, what is said about them, and what is refused."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

from sgdtheory.errors import AsymptoticWarning, InvalidInput
from sgdtheory.problems.noise import Noiseless
from sgdtheory.verification.data import model
from sgdtheory.verification.data.analysis import Gap
from sgdtheory.verification.data.job import analyse
from sgdtheory.verification.data.report import outcome_rows
from sgdtheory.verification.data.words import percent

D = 12


def table(n=600, d=D, seed=0, skewed=False):
    """Features with unequal variances, a target, and residuals that depend on skewed features."""
    rng = np.random.default_rng(seed)
    x = rng.exponential(size=(n, d)) - 1.0 if skewed else rng.standard_normal((n, d))
    x *= np.geomspace(0.5, 2.0, d)
    noise = 0.5 * rng.standard_t(4, size=n)
    if skewed:
        noise += 0.4 * np.sum(x**2 - np.mean(x**2, axis=0), axis=1)
    return x, x @ np.linspace(-1.0, 1.0, d) + noise + 3.0


def fit(x, y, **options):
    names = [f"x{i}" for i in range(x.shape[1])]
    options = {"drop_constant": False, "standardise": False, **options}
    return model.fit(np.asarray(x), np.asarray(y), names, rng=np.random.default_rng(0), **options)


@pytest.fixture(scope="module")
def plain():
    return analyse(*table(), horizon=4.0, runs=8, rng=0)


@pytest.fixture(scope="module")
def skewed():
    return analyse(*table(n=4000, skewed=True), horizon=10.0, runs=8, rng=0,
                   learning_rates={"sgd": 0.05, "signsgd": 1.0, "clipped sgd": 0.1})


def test_the_model_is_least_squares():
    x, y = table()
    model = fit(x, y)
    centred = x - x.mean(axis=0)
    design = np.column_stack([np.ones(len(x)), x])
    expected = np.linalg.solve(design.T @ design, design.T @ y)[1:]
    np.testing.assert_allclose(model.rows.solution, expected, rtol=1e-10)
    np.testing.assert_allclose(model.problem.error, -expected, rtol=1e-10)
    np.testing.assert_allclose(model.problem.covariance.matrix(), centred.T @ centred / len(x), rtol=1e-12, atol=1e-14)
    assert model.rank == D
    # the variance of the target splits into what is learned and what is left
    learned = 2.0 * model.problem.initial_risk
    assert learned + model.problem.noise.second_moment == pytest.approx(np.var(y), rel=1e-12)


def test_shuffled_residuals_keep_their_size_and_leave_the_solution_in_place():
    model = fit(*table(skewed=True))
    dealt, residuals = model.shuffled.residuals, model.rows.residuals
    assert np.mean(dealt**2) == pytest.approx(np.mean(residuals**2), rel=1e-12)
    np.testing.assert_allclose(model.shuffled.features.T @ dealt, 0.0, atol=1e-9 * len(dealt))
    assert abs(np.corrcoef(dealt, residuals)[0, 1]) < 0.2


def test_standardised_features_have_unit_variance_and_the_same_predictions():
    x, y = table()
    raw, standard = fit(x, y), fit(x, y, standardise=True)
    np.testing.assert_allclose(standard.problem.covariance.variances, 1.0, rtol=1e-12)
    assert standard.problem.initial_risk == pytest.approx(raw.problem.initial_risk, rel=1e-10)


def test_units_do_not_matter_to_the_fit():
    x, y = table()
    scales = 10.0 ** np.linspace(-2.5, 2.5, D)
    model, scaled = fit(x, y), fit(x * scales, y)
    assert scaled.rank == D
    np.testing.assert_allclose(scaled.rows.solution * scales, model.rows.solution, rtol=1e-8)


def test_scales_that_cannot_be_resolved_are_an_error_unless_standardised():
    x, y = table()
    scales = 10.0 ** np.linspace(-6.0, 6.0, D)
    with pytest.raises(InvalidInput, match="use --standardise"):
        fit(x * scales, y)
    standard = fit(x * scales, y, standardise=True)
    assert standard.problem.initial_risk == pytest.approx(fit(x, y).problem.initial_risk, rel=1e-8)


def test_dependent_columns_are_projected_out_and_told():
    x, y = table()
    model = fit(np.column_stack([x, x[:, 0] + x[:, 1]]), y)
    assert (model.rank, model.shape[1]) == (D, D + 1)
    assert any("span 12 of 13 directions" in note for note in model.notes)
    assert model.problem.initial_risk == pytest.approx(fit(x, y).problem.initial_risk, rel=1e-10)


def test_a_dependent_column_does_not_stop_the_analysis():
    x, y = table(n=200, d=4)
    found = analyse(np.column_stack([x, x[:, 0] + x[:, 1]]), y, horizon=2.0, runs=4, rng=0,
                    learning_rates={"sgd": 0.1, "signsgd": 0.1, "clipped sgd": 0.1})
    assert found.outcome("SGD").effects.condition_number_before == np.inf
    assert any("some directions hold no data" in s for s in found.sentences)
    assert found.to_dict()["algorithms"][0]["effects"]["condition_number_before"] == "Infinity"


def test_an_exact_fit_has_no_noise():
    x, _ = table()
    model = fit(x, x @ np.ones(D))
    assert model.problem.noise == Noiseless()
    assert any("no label noise" in note for note in model.notes)


def test_a_long_list_of_residuals_is_grouped_and_keeps_its_averages():
    rng = np.random.default_rng(0)
    residuals = rng.standard_t(3, size=20_000)
    notes: list[str] = []
    law = model._law(residuals, notes)
    assert law.values.size == model.LARGEST_LAW
    assert "20000 residuals are grouped" in notes[0]
    assert law.mean == pytest.approx(residuals.mean(), abs=1e-12)
    assert law.second_moment == pytest.approx(np.mean(residuals**2), rel=1e-12)
    for risk in (1e-2, 1.0):
        # E exp(-eps^2 / 4R), which is all that signSGD sees of the noise
        grouped = law.probabilities @ np.exp(-law.values**2 / (4.0 * risk))
        assert grouped == pytest.approx(np.mean(np.exp(-residuals**2 / (4.0 * risk))), rel=1e-6)


def test_few_rows_are_told():
    assert any("2.0 rows a feature" in note for note in fit(*table(n=24)).notes)


@pytest.mark.parametrize(("change", "said"), [
    (lambda x, y: (x[:13], y[:13]), "13 rows for 12 features, where at least 14 rows are needed.*fits every row"),
    (lambda x, y: (x[:1], y[:1]), "1 row for 12 features, where at least 14 rows"),
    (lambda x, y: (np.where(x == x[5, 3], 1e308, x), y), r"row 6 of feature 'x3' is too large \(1e\+308"),
    (lambda x, y: (x, 1e90 * y), "of the target is too large"),
    (lambda x, y: (1e-200 * x, y), "feature 'x0' varies by .* only"),
    (lambda x, y: (x, np.ones_like(y)), "the target is 1 in every row"),
    (lambda x, y: (np.column_stack([x, np.full(len(x), 0.1)]), y), "column 'x12' is constant: .*--drop-constant"),
    (lambda x, y: (np.column_stack([np.zeros((len(x), 9)), x]), y), "and 1 more are constant"),
    (lambda x, y: (x[:, :0], y), "there is no feature"),
    (lambda x, y: (x, y - np.column_stack([np.ones(len(x)), x])
                   @ np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), y, rcond=None)[0]), "explain nothing"),
])
def test_data_that_nothing_can_be_learned_from(change, said):
    with pytest.raises(InvalidInput, match=said):
        fit(*change(*table()))


@pytest.mark.parametrize("scale", [1e-45, 1e45])
def test_the_largest_and_smallest_units_that_are_accepted_work(scale):
    x, y = table(n=200, d=3)
    plain, scaled = (analyse(c * x, c * y, horizon=0.5, runs=4, rng=0,
                             learning_rates={"sgd": 0.1 / c**2, "signsgd": 0.1, "clipped sgd": 0.1 / c**2}) for c in (1.0, scale))
    first, second = plain.outcomes[0].curve.risk, scaled.outcomes[0].curve.risk
    np.testing.assert_allclose(second, scale**2 * first, rtol=1e-6)
    json.dumps(scaled.to_dict(), allow_nan=False)


def test_constant_columns_can_be_dropped():
    x, y = table()
    model = fit(np.column_stack([np.full(len(x), 7.0), x]), y, drop_constant=True)
    assert model.dropped == ("x0",)
    assert model.names == tuple(f"x{i}" for i in range(1, D + 1))
    with pytest.raises(InvalidInput, match="every feature is constant"):
        fit(np.ones((50, 2)), np.arange(50.0), drop_constant=True)


@pytest.mark.parametrize(("options", "said"), [
    ({"runs": 3}, "runs=3"),
    ({"horizon": -1.0}, "horizon=-1"),
    ({"horizon": float("nan")}, "horizon=nan"),
    ({"threshold": 0.0}, "threshold=0"),
    ({"learning_rates": {"adam": 0.1}}, "'adam'.*'clipped SGD'"),
    ({"learning_rates": {"SGD": -0.1}}, "learning_rate of SGD=-0.1"),
    ({"names": ["a"]}, "one name for each of the 12 columns"),
    ({"ignore": ["zz"]}, "no column 'zz'"),
    ({"rng": -1}, "rng=-1"),
])
def test_arguments_outside_their_domain(options, said):
    with pytest.raises(InvalidInput, match=said):
        analyse(*table(), **options)


def test_arrays_and_files_are_not_mixed_up(tmp_path):
    x, y = table()
    with pytest.raises(InvalidInput, match="an array where data is one"):
        analyse(x, "y")
    with pytest.raises(InvalidInput, match="name of a column"):
        analyse(tmp_path / "t.csv", y)
    with pytest.raises(InvalidInput, match="its header names the columns"):
        analyse(tmp_path / "t.csv", "y", names=["a"])
    with pytest.raises(InvalidInput, match="target"):
        analyse(x, y[:-1])


def test_on_gaussian_features_the_theory_holds(plain):
    """False alarm: seeds are fixed, so none. Power: a theory that is wrong by 25 % would be seen; see verify for 5 %."""
    for o in plain.outcomes:
        for kind in ("rows", "shuffled", "gaussian"):
            gap = o.gaps[kind]
            assert abs(gap.average) < 4.0 * gap.standard_error + 3.0 / D / 2.0, (o.name, kind, gap)
        assert o.tuned


def test_the_answer_is_complete_and_is_json(plain):
    found = json.loads(json.dumps(plain.to_dict(), allow_nan=False))
    assert [a["name"] for a in found["algorithms"]] == ["SGD", "signSGD", "clipped SGD"]
    assert set(found["hybrids"]) == {"x*sign(r)", "sign(x)*r"}
    assert found["data"]["rows"] == 600
    assert found["problem"]["scale"] == D
    for a in found["algorithms"]:
        assert set(a["runs"]) == set(a["gaps"]) == {"rows", "shuffled", "gaussian"}
        assert len(a["theory"]["times"]) == len(a["theory"]["risk"]) == len(a["runs"]["rows"]["mean"])
        assert a["raw_step"] == pytest.approx(a["learning_rate"] / D)
    assert found["winner"]["theory"] in {"SGD", "signSGD", "clipped SGD"}
    assert found["sentences"] == list(plain.sentences)


def test_a_best_learning_rate_is_best(plain):
    from sgdtheory.questions.risk_curve import risk_curve

    for o, other in ((plain.outcome("SGD"), 1.3), (plain.outcome("SGD"), 0.75)):
        changed = type(o.algorithm)(other * o.algorithm.constant_learning_rate)
        assert risk_curve(plain.model.problem, changed, plain.horizon).risk[-1] > o.curve.risk[-1]


def test_the_same_seed_gives_the_same_runs(plain):
    given = {o.name: o.algorithm.constant_learning_rate for o in plain.outcomes}
    again = analyse(*table(), horizon=4.0, runs=8, rng=plain.seed, learning_rates=given)
    for first, second in zip(plain.outcomes, again.outcomes, strict=True):
        for kind in first.runs:
            np.testing.assert_array_equal(first.runs[kind].risk, second.runs[kind].risk)
    assert not again.outcomes[0].tuned
    assert again.hybrids == {}


def test_residuals_that_depend_on_the_features_are_found(skewed, plain):
    sign = skewed.outcome("signSGD")
    assert sign.pull["rows"] > 0.3 > sign.pull["shuffled"]
    assert max(skewed.outcome("SGD").pull.values()) < 1e-12
    assert plain.outcome("signSGD").pull["rows"] < 2.0 * plain.outcome("signSGD").pull["shuffled"]
    assert sign.gaps["rows"].average - sign.gaps["shuffled"].average > 0.1
    assert any(s.startswith("signSGD: the runs") and "comes from residuals that depend" in s and "settles elsewhere" in s
               for s in skewed.sentences)
    assert skewed.facts.residual_dependence > 0.3 > abs(plain.facts.residual_dependence)
    assert skewed.facts.feature_kurtosis > 3.0 > 1.0 > abs(plain.facts.feature_kurtosis)


def test_words_for_a_tie_a_clear_win_and_a_divergence(plain):
    sgd, sign, clipped = plain.outcomes
    runs = sgd.runs["rows"]
    scaled = [replace(o, runs={**o.runs, "rows": replace(runs, risk=factor * runs.risk)})
              for o, factor in ((sgd, 1.0), (sign, 1.5), (clipped, 2.0))]
    clear = replace(plain, outcomes=tuple(scaled))
    assert clear.winner is scaled[0]
    assert "On the rows SGD wins" in clear.sentences[1]
    tie = replace(plain, outcomes=(sgd, replace(sign, runs={**sign.runs, "rows": runs}), scaled[2]))
    assert tie.winner is None
    assert "no clear winner" in tie.sentences[1]
    grown = replace(sgd, runs={kind: replace(runs, risk=1e9 * runs.risk) for kind in sgd.runs})
    unstable = replace(plain, outcomes=(grown, scaled[1], scaled[2]))
    assert unstable.winner is scaled[1]
    assert "SGD diverges on the rows" in unstable.sentences[1]
    lost = replace(scaled[0], runs={}, gaps={}, diverged={"rows": "run 0 overflowed at t=3"})
    without = replace(plain, outcomes=(lost, scaled[1], scaled[2]))
    assert without.winner is scaled[1]
    assert "SGD diverges on the rows" in without.sentences[1]
    assert any("no gap to the theory" in s for s in without.sentences)
    assert without.plot() is not None
    nobody = replace(plain, outcomes=tuple(replace(o, runs={}, gaps={}, diverged=lost.diverged) for o in plain.outcomes))
    assert nobody.winner is None
    assert "every algorithm diverges" in nobody.sentences[1]


def said(found, o):
    return next(s for s in found.sentences if s.startswith(f"{o.name}: "))


def test_a_learning_rate_that_is_unstable_at_finite_d_is_called_so():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 5))
    found = analyse(x, x @ np.ones(5) + 0.5 * rng.standard_normal(300), horizon=30.0, runs=4, rng=0,
                    learning_rates={"sgd": 2.0, "signsgd": 0.1, "clipped sgd": 0.1})
    sgd = found.outcome("SGD")
    assert "rows" in sgd.runs  # nothing overflows
    assert all(sgd.diverges(kind) for kind in sgd.runs)
    text = said(found, sgd)
    assert "runs on the rows diverge" in text
    assert "beyond what is stable at this finite number" in text
    assert "stability threshold; here that is learning_rate < 1." in text
    assert "%" not in text
    listed = found.to_dict()["algorithms"]
    assert [all(a["diverges"].values()) for a in listed] == [True, False, False]
    assert [a["beyond_stability"] for a in listed] == [sgd.beyond, None, None]
    assert outcome_rows(found)[0][4:] == ["diverges"] * 3
    assert not any(o.diverges("rows") or o.beyond for o in found.outcomes[1:])


@pytest.mark.parametrize(("gaps", "expected"), [
    # rows, shuffled, gaussian: (average, standard error)
    (((0.30, 0.20), (0.05, 0.05), (0.04, 0.01)), ["finite"]),          # clear next to a noisy column
    (((0.20, 0.05), (0.25, 0.05), (0.052, 0.05)), []),                 # a large difference of noisy columns
    (((0.50, 0.01), (0.30, 0.01), (0.10, 0.01)), ["not Gaussian", "depend", "finite"]),
    (((0.013, 1e-4), (0.012, 1e-4), (0.011, 1e-4)), []),               # clear, but below 2 %
])
def test_only_parts_beyond_their_own_errors_are_blamed(plain, gaps, expected):
    made = {kind: Gap(*gap, gap[0]) for kind, gap in zip(("rows", "shuffled", "gaussian"), gaps, strict=True)}
    text = said(replace(plain, outcomes=tuple(replace(o, gaps=made) for o in plain.outcomes)), plain.outcomes[0])
    if not expected:
        assert "None of its parts" in text
        return
    blamed = text.split("comes from ")[1].split(" (")[0]
    for word in ("finite", "not Gaussian", "depend"):
        assert (word in blamed) is (word in expected)


@pytest.mark.parametrize(("share", "text"), [(0.0123, "+1.2%"), (-0.5, "-50.0%"), (29225.668, "+2.9e+06%")])
def test_huge_percentages_have_two_digits(share, text):
    assert percent(share, "+") == text


def test_a_risk_at_rounding_level_has_no_relative_gap(plain):
    sgd = plain.outcomes[0]
    tiny = replace(sgd, curve=replace(sgd.curve, risk=np.geomspace(sgd.curve.risk[0], 1e-25, len(sgd.curve.risk))))
    shrunk = replace(sgd.runs["rows"], risk=1e-20 * sgd.runs["rows"].risk)
    tiny = replace(tiny, runs=dict.fromkeys(sgd.runs, shrunk))
    found = replace(plain, outcomes=(tiny, *plain.outcomes[1:]))
    assert "rounding level" in said(found, tiny)
    assert "%" not in said(found, tiny)
    assert outcome_rows(found)[0][4:] == ["rounding level"] * 3


def test_pictures_and_the_page(plain, tmp_path):
    import matplotlib.pyplot as plt

    ax = plain.plot()
    assert ax.get_yscale() == "log"
    assert len(ax.lines) >= 6
    plt.close(ax.figure)
    text = plain.report(tmp_path / "r").read_text(encoding="utf-8")
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "<script" not in text
    assert text.count("<img") == 1
    assert "data:image/svg+xml;base64," in text
    assert "<table>" in plain._repr_html_()
    assert "DataAnalysis('data'" in repr(plain)


def test_warnings_of_the_theory_are_told_once():
    x, y = table(n=100, d=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error", AsymptoticWarning)
        found = analyse(x, y, horizon=1.0, runs=4, rng=0, learning_rates={"sgd": 0.1, "signsgd": 0.1, "clippedsgd": 0.1})
    assert len(found.warnings) == len(set(found.warnings)) >= 1
