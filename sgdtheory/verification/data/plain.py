"""An analysis of a data set as plain data."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from sgdtheory.verification.data.analysis import DataAnalysis, Outcome


def to_dict(a: DataAnalysis) -> dict[str, Any]:
    """Plain data; numbers that are not finite become the strings "Infinity", "-Infinity" and "NaN"."""
    n, d = a.model.shape
    problem, power = a.model.problem, float(np.mean(a.model.rows.residuals**2))
    return plain({
        "data": {"origin": a.origin, "target": a.target, "rows": n, "features": d, "rank": a.model.rank,
                 "dropped": a.model.dropped, "notes": a.model.notes},
        "problem": {"initial_risk": problem.initial_risk, "residual_std": math.sqrt(power),
                    "target_std": a.model.target_std, "trace": problem.covariance.trace, "scale": problem.scale},
        "facts": asdict(a.facts),
        "horizon": a.horizon, "runs": a.runs, "seed": a.seed if isinstance(a.seed, int) else repr(a.seed),
        "algorithms": [_outcome(o) for o in a.outcomes],
        "hybrids": a.hybrids,
        "winner": {"rows": None if a.winner is None else a.winner.name, "lead_in_standard_errors": a.lead,
                   "theory": a.predicted_winner.name},
        "sentences": a.sentences, "warnings": a.warnings,
    })


def _outcome(o: Outcome) -> dict[str, Any]:
    curve, e = o.curve, o.effects
    return {
        "name": o.name, "update": o.algorithm.update, "parameters": o.algorithm.parameters, "tuned": o.tuned,
        "learning_rate": o.algorithm.constant_learning_rate, "raw_step": o.algorithm.step_size(curve.problem),
        "theory": {"times": curve.times, "risk": curve.risk, "final": curve.risk[-1], "exactness": str(curve.exactness),
                   "source": str(curve.source), "assumptions": [asdict(v) for v in curve.assumptions]},
        "runs": {kind: {"times": r.times, "mean": r.mean, "standard_error": r.standard_error}
                 for kind, r in o.runs.items()},
        "gaps": {kind: asdict(gap) for kind, gap in o.gaps.items()}, "diverged": o.diverged, "pull": o.pull,
        "diverges": {kind: o.diverges(kind) for kind in (*o.runs, *o.diverged)}, "beyond_stability": o.beyond or None,
        "at_rounding_level": o.at_rounding,
        "effects": {"risk": e.risk, "effective_learning_rate": e.effective_learning_rate,
                    "noise_compression": e.noise_compression, "condition_number_before": e.condition_number_before,
                    "condition_number_after": e.condition_number_after, "noise_reshaping": e.noise_reshaping,
                    "rate_ratio": e.rate_ratio},
    }


def plain(value: Any) -> Any:
    """Lists, dicts, numbers and strings only: what JSON can hold."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isfinite(number):
            return number
        return "NaN" if math.isnan(number) else "Infinity" if number > 0.0 else "-Infinity"
    return value
