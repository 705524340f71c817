"""An analysis of a data set in words: who wins, by which effect, and how far the theory is from the rows."""

from __future__ import annotations

import math

from sgdtheory.verification.data_analysis import CLEAR, DataAnalysis, Gap, Outcome


def sentences(a: DataAnalysis) -> tuple[str, ...]:
    """The findings, one sentence or two each."""
    return (_prediction(a), _result(a), *_causes(a), *(_gap(o) for o in a.outcomes), _features(a), HONEST)


HONEST = ("The theory is a limit for Gaussian features in high dimension and for label noise that does not depend on them; on real "
          "rows it is an approximation, and the gaps above are its measured errors here.")


def _prediction(a: DataAnalysis) -> str:
    order = sorted(a.outcomes, key=lambda o: o.curve.risk[-1])
    finals = ", ".join(f"{o.name} {o.curve.risk[-1]:.4g}" for o in order)
    return f"Theory: {order[0].name} has the least risk at t={a.horizon:.4g} ({finals}; start {a.model.problem.initial_risk:.4g})."


def _result(a: DataAnalysis) -> str:
    lost = [o for o in a.outcomes if "rows" in o.diverged]
    overflow = "".join(f" {o.name} diverges on the rows at its learning rate {o.algorithm.constant_learning_rate:.4g}." for o in lost)
    left = [o for o in a.ranking if "rows" not in o.diverged]
    if not left:
        return "On the rows every algorithm diverges." + overflow
    finals = ", ".join(f"{o.name} {o.final:.4g} +- {o.runs['rows'].standard_error[-1]:.1g}" for o in left)
    if a.winner is None:
        return (f"On the rows there is no clear winner: the best two differ by {a.lead:.1f} standard errors, below {CLEAR:g} "
                f"({finals}).{overflow}")
    lead = f" by {a.lead:.0f} standard errors" if math.isfinite(a.lead) else ""
    agreed = "as predicted" if a.winner is a.predicted_winner else f"against the prediction ({a.predicted_winner.name})"
    return f"On the rows {a.winner.name} wins{lead}, {agreed} ({finals}).{overflow}"


def _causes(a: DataAnalysis) -> list[str]:
    return [f"{o.name} against SGD: {_effects(o)}" for o in a.outcomes if o.name != "SGD"]


def _effects(o: Outcome) -> str:
    """Each effect as a factor on the rate, the largest first."""
    e = o.effects
    compression = float(e.noise_compression[-1])
    before, after = e.condition_number_before, e.condition_number_after
    factors = [(compression, f"its response to the residual {_noise(compression)}")]
    if math.isfinite(before) and math.isfinite(after):
        gain = before / after
        if abs(math.log(gain)) > 1e-6:
            factors.append((gain, f"preconditioning takes the average condition number from {before:.3g} to {after:.3g} ({_times(gain)})"))
    else:
        factors.append((1.0, "the average condition number is infinite, because some directions hold no data"))
    if abs(math.log(e.noise_reshaping)) > 1e-6:
        factors.append((1.0 / e.noise_reshaping, f"its noise costs {e.noise_reshaping:.3g} times as much risk as SGD's for the same strength"))
    factors.sort(key=lambda f: -abs(math.log(f[0])) if 0.0 < f[0] < math.inf else -math.inf)
    rate = e.rate_ratio
    if not math.isfinite(rate):
        total = "no finite ratio of the slowest rates"
    else:
        total = f"the slowest direction is learned {rate:.3g} times as fast as by SGD of equal small stationary risk"
    first, last = e.effective_learning_rate[0], e.effective_learning_rate[-1]
    return "; ".join(text for _, text in factors) + f"; {total}. Its effective learning rate goes from {first:.3g} to {last:.3g} as the risk falls."


def _noise(compression: float) -> str:
    if not math.isfinite(compression):
        return "tames noise of infinite variance"
    if compression > 1.0 + 1e-6:
        return f"suppresses noise by the factor {compression:.3g}"
    if compression < 1.0 - 1e-6:
        return f"suffers {1.0 / compression:.3g} times SGD's noise power"
    return "leaves the noise as it is for SGD"


def _times(gain: float) -> str:
    return f"{gain:.3g} times better" if gain >= 1.0 else f"{1.0 / gain:.3g} times worse"


def _gap(o: Outcome) -> str:
    if "rows" not in o.gaps:
        return f"{o.name}: no gap to the theory can be given, since runs on the rows diverge: {o.diverged['rows']}."
    text = f"{o.name}: the runs on the rows lie {_percent(o.gaps['rows'])} the theory on average over time ({o.gaps['rows'].final:+.0%} at the end)"
    parts = [f"{label} {o.gaps[kind].average:+.1%}" if kind in o.gaps else f"{label} diverged"
             for kind, label in (("gaussian", "Gaussian features"), ("shuffled", "real features with residuals dealt out at random"))]
    return f"{text}; for comparison {', '.join(parts)}: {_blame(o)}."


def _percent(gap: Gap) -> str:
    return f"{abs(gap.average):.1%} +- {gap.standard_error:.1%} {'above' if gap.average >= 0.0 else 'below'}"


def _blame(o: Outcome) -> str:
    """What the gap is due to: finite d, the shape of the features, residuals that depend on the features."""
    if not {"gaussian", "shuffled"} <= set(o.gaps):
        return "the features' shape alone makes it diverge" if "shuffled" not in o.gaps else "already finite d makes it diverge"
    finite = o.gaps["gaussian"].average
    features = o.gaps["shuffled"].average - finite
    dependence = o.gaps["rows"].average - o.gaps["shuffled"].average
    parts = {"the finite number of features": finite, "features that are not Gaussian": features, "residuals that depend on the features": dependence}
    name = max(parts, key=lambda k: abs(parts[k]))
    detail = ", ".join(f"{k} {v:+.1%}" for k, v in parts.items())
    return f"most of it comes from {name} ({detail})" if abs(parts[name]) > 0.01 else f"no part of it is large ({detail})"


def _features(a: DataAnalysis) -> str:
    f = a.facts
    return (f"The rows: excess kurtosis of the predictions <x, v> at the start {f.prediction_kurtosis:.2f} (Gaussian 0), median over the features "
            f"{f.feature_kurtosis:.2f}; mean sign of a feature {f.sign_bias:.2f} (Gaussian 0); ||x||^2 varies by {f.norm_spread:.0%} "
            f"(Gaussian {f.gaussian_norm_spread:.0%}); squared residuals are {f.residual_dependence:+.0%} larger where ||x||^2 is, weighted by it "
            f"(independent 0 %).")
