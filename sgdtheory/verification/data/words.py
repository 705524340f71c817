"""An analysis of a data set in words: who wins, by which effect, and how far the theory is from the rows."""

from __future__ import annotations

import math

from sgdtheory.verification.data.analysis import CLEAR, HYBRIDS, ROUNDING, DataAnalysis, Gap, Outcome

HONEST = ("The theory is a limit for Gaussian features in high dimension and for label noise that does not depend on "
          "them; on real rows it is an approximation, and the gaps above are its measured errors here.")
PARTS = ("the finite number of features", "features that are not Gaussian", "residuals that depend on the features")
LARGE = 0.02
"""Parts of a gap below 2 % are not blamed on anything."""


def sentences(a: DataAnalysis) -> tuple[str, ...]:
    """The findings, one paragraph each."""
    return (*about_result(a), *about_why(a), *about_gaps(a))


def about_result(a: DataAnalysis) -> tuple[str, ...]:
    """Who wins, by the theory and on the rows."""
    return _prediction(a), _result(a)


def about_why(a: DataAnalysis) -> tuple[str, ...]:
    """Why signSGD and clipped SGD are better or worse than SGD, by the theory."""
    return tuple(_cause(a, o) for o in a.outcomes if o.name != "SGD")


def about_gaps(a: DataAnalysis) -> tuple[str, ...]:
    """How far the theory is from the rows, and what of them it does not know."""
    return (*(_gap(o) for o in a.outcomes), _features(a), HONEST)


def _prediction(a: DataAnalysis) -> str:
    order = sorted(a.outcomes, key=lambda o: o.curve.risk[-1])
    finals = ", ".join(f"{o.name} {o.curve.risk[-1]:.4g}" for o in order)
    start = a.model.problem.initial_risk
    return f"Theory: {order[0].name} has the least risk at t={a.horizon:.4g} ({finals}; start {start:.4g})."


def _result(a: DataAnalysis) -> str:
    overflow = "".join(f" {o.name} diverges on the rows at its learning rate {o.algorithm.constant_learning_rate:.4g}."
                       for o in a.outcomes if o.diverges("rows"))
    left = [o for o in a.ranking if not o.diverges("rows")]
    if not left:
        return "On the rows every algorithm diverges." + overflow
    finals = ", ".join(f"{o.name} {o.final:.4g} ± {o.runs['rows'].standard_error[-1]:.1g}" for o in left)
    if a.winner is None:
        return (f"On the rows there is no clear winner: {left[0].name} leads by {a.lead:.1f} standard errors, "
                f"below {CLEAR:g} ({finals}).{overflow}")
    lead = f" by {a.lead:.0f} standard errors" if math.isfinite(a.lead) else ""
    agreed = "as predicted" if a.winner is a.predicted_winner else f"against the prediction ({a.predicted_winner.name})"
    return f"On the rows {a.winner.name} wins{lead}, {agreed} ({finals}).{overflow}"


def _cause(a: DataAnalysis, o: Outcome) -> str:
    base = a.outcome("SGD").curve.risk[-1]
    factor = float(o.curve.risk[-1] / base)
    response = f"its response to the residual {_noise(float(o.effects.noise_compression[-1]))}{_rate(o)}"
    head = f"{o.name} against SGD, by the theory: {_times(factor)} the final risk"
    if o.name != "signSGD":
        return f"{head}; {response}."
    features = (f"it {_condition(o)}, and noise of the same strength costs {o.effects.noise_reshaping:.3g} times the "
                "risk that it costs SGD")
    if set(a.hybrids) != set(HYBRIDS):
        return f"{head}; {response}; by the sign of the features {features}."
    # Each sign alone, at its own best learning rate, says what it does to this problem within this horizon.
    residual_alone, features_alone = (a.hybrids[text] / base for text in HYBRIDS)
    parts = {"noise compression": residual_alone, "preconditioning and noise reshaping": features_alone}
    name = min(parts, key=parts.__getitem__) if factor < 1.0 else max(parts, key=parts.__getitem__)
    verdict = f"signSGD is {'better' if factor < 1.0 else 'worse'} mainly by {name}"
    return (f"{head}. At its best learning rate too, the sign of the residual alone gives {_times(residual_alone)} it "
            f"({response}); the sign of the features alone {_times(features_alone)} it ({features}). So {verdict}.")


def _rate(o: Outcome) -> str:
    first, last = o.effects.effective_learning_rate[0], o.effects.effective_learning_rate[-1]
    return f", and its effective learning rate goes from {first:.3g} to {last:.3g} as the risk falls"


def _condition(o: Outcome) -> str:
    before, after = o.effects.condition_number_before, o.effects.condition_number_after
    if not (math.isfinite(before) and math.isfinite(after)):
        return "preconditions, but the average condition number is infinite: some directions hold no data"
    return f"takes the average condition number from {before:.3g} to {after:.3g}"


def _noise(compression: float) -> str:
    if not math.isfinite(compression):
        return "tames noise of infinite variance"
    if compression > 1.0:
        return f"suppresses noise by the factor {compression:.3g}"
    if compression < 1.0:
        return f"suffers {1.0 / compression:.3g} times SGD's noise power"
    return "leaves the noise as it is"


def _times(factor: float) -> str:
    return f"{factor:.3g} times"


def _gap(o: Outcome) -> str:
    if o.diverges("rows"):
        return _divergence(o)
    if o.at_rounding:
        return (f"{o.name}: by the theory the risk falls to {o.curve.risk[-1]:.2g}, below {ROUNDING:g} of its start and so "
                f"at rounding level (runs on the rows: {o.final:.2g}); a relative gap there says nothing.")
    found = o.gaps["rows"]
    compared = ", ".join(f"{label} diverge" if o.diverges(kind) else f"{label} {percent(o.gaps[kind].average, '+')}"
                         for kind, label in (("gaussian", "Gaussian features"), ("shuffled", "shuffled residuals")))
    return (f"{o.name}: the runs on the rows lie {_percent(found)} the theory on average over time ({percent(found.final, '+')} "
            f"at the end); {compared}. {_blame(o)}")


def _divergence(o: Outcome) -> str:
    """Runs on the rows that diverge: how far they got, and whether finite d alone is enough for that."""
    how = o.diverged.get("rows") or (f"their mean risk goes from {o.curve.risk[0]:.4g} to {o.runs['rows'].mean[-1]:.2g}, "
                                     f"where the theory has {o.curve.risk[-1]:.4g}")
    told = f"{o.name}: runs on the rows diverge ({how}), so there is no gap to the theory to give."
    if o.diverges("gaussian"):
        told += (" Gaussian features diverge too: the learning rate is beyond what is stable at this finite number of "
                 "features, which the limit of the theory does not see.")
    elif o.diverges("shuffled"):
        told += " Gaussian features do not: the shape of the features makes the learning rate unstable."
    else:
        told += " Only residuals that depend on the features do that."
    return told + (f" sgt.exact_stationary_risk, for Gaussian features at this d, says: {o.beyond}." if o.beyond else "")


def percent(share: float, sign: str = "") -> str:
    """A share in percent; a huge one with two digits, as more of them mean nothing."""
    return f"{share:{sign}.1%}" if abs(share) < 100.0 else f"{100.0 * share:{sign}.2g}%"


def _percent(gap: Gap) -> str:
    return f"{percent(abs(gap.average))} ± {percent(gap.standard_error)} {'above' if gap.average >= 0.0 else 'below'}"


def _blame(o: Outcome) -> str:
    """What the gap is due to: finite d, the shape of the features, residuals that depend on the features."""
    if o.diverges("gaussian"):
        return "Already Gaussian features diverge at this finite d."
    if o.diverges("shuffled"):
        return "With shuffled residuals the shape of the features makes it diverge."
    parts = _parts(o)
    detail = ", ".join(f"{name} {percent(part, '+')} ± {percent(error)}" for name, (part, error) in parts.items())
    clear = sorted((name for name, (part, error) in parts.items() if abs(part) >= max(LARGE, CLEAR * error)),
                   key=lambda name: -abs(parts[name][0]))
    if not clear:
        return (f"None of its parts is both above {LARGE:.0%} and beyond three of its own standard errors ({detail}), "
                "so none is blamed.")
    pull = ""
    if PARTS[2] in clear:
        rows, shuffled = o.pull["rows"], o.pull["shuffled"]
        if rows > LARGE:
            # Finitely many shuffled residuals leave a mean update too; only what exceeds it shifts the algorithm.
            elsewhere = ", so it settles elsewhere" if rows > 1.5 * shuffled else ""
            pull = (f": at theta_star its mean update over the rows is still {rows:.0%} of that at the start "
                    f"({shuffled:.0%} with shuffled residuals){elsewhere}")
    return f"What is clear of it comes from {' and '.join(clear)} ({detail}){pull}."


def _parts(o: Outcome) -> dict[str, tuple[float, float]]:
    """Each part of the gap with its own standard error; kinds of runs draw independently, so errors add in squares."""
    first, second, third = (o.gaps[kind] for kind in ("gaussian", "shuffled", "rows"))
    differences = ((second, first), (third, second))
    parts = [(first.average, first.standard_error)]
    parts += [(b.average - a.average, math.hypot(b.standard_error, a.standard_error)) for b, a in differences]
    return dict(zip(PARTS, parts, strict=True))


def _features(a: DataAnalysis) -> str:
    f = a.facts
    side = "larger" if f.residual_dependence >= 0.0 else "smaller"
    return (f"The rows: excess kurtosis {f.prediction_kurtosis:.2f} of the predictions <x, v> at the start and "
            f"{f.feature_kurtosis:.2f} of a feature (median; Gaussian 0); mean sign of a feature {f.sign_bias:.2f} "
            f"(root mean square; Gaussian 0); ||x||^2 varies by {f.norm_spread:.0%} "
            f"(Gaussian {f.gaussian_norm_spread:.0%}); weighted by ||x||^2, squared residuals are "
            f"{abs(f.residual_dependence):.0%} {side} (independent 0%).")
