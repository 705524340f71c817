"""An analysis of a data set as a picture, as plain data and as one HTML page."""

from __future__ import annotations

import base64
import html
import io
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sgdtheory.verification import page
from sgdtheory.verification.data_analysis import DataAnalysis, Outcome

COLOURS = {"SGD": "#0a5c63", "signSGD": "#b4531d", "clipped SGD": "#6a4c93"}
OUTCOME_HEADS = ("algorithm", "learning rate", "theory", "rows", "gap to theory", "with shuffled residuals", "with Gaussian features")
EFFECT_HEADS = ("effect against SGD", "effective learning rate", "noise compression", "condition number", "noise reshaping", "rate")


def plot(a: DataAnalysis, ax: Any = None) -> Any:
    """Theory as lines, the middle 80 % of the runs on the rows as bands, their mean as dots."""
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(7.2, 4.6), layout="constrained")
    t = np.linspace(0.0, a.horizon, 400)
    top = 3.0 * a.model.problem.initial_risk
    for o in a.outcomes:
        colour = COLOURS[o.name]
        ax.plot(t, o.curve(t), color=colour, label=f"{o.name}, learning rate {o.algorithm.constant_learning_rate:.3g}", zorder=3)
        if "rows" not in o.runs:
            continue
        runs = o.runs["rows"]
        low, high = np.quantile(runs.risk, [0.1, 0.9], axis=0)
        ax.fill_between(runs.times, low, high, color=colour, alpha=0.18, linewidth=0)
        shown = np.unique(np.linspace(0, runs.times.size - 1, 25).round().astype(int))
        ax.plot(runs.times[shown], runs.mean[shown], ".", color=colour, markersize=4.5)
        top = max(top, min(float(high.max()), 30.0 * a.model.problem.initial_risk))
    n, d = a.model.shape
    ax.set(xlabel=f"time t = steps / {d}", ylabel="risk R (without the label noise)", yscale="log", xlim=(0.0, a.horizon))
    ax.set_ylim(top=top)
    ax.set_title(f"{Path(a.origin).name}: {n} rows, {d} features, target {a.target}", fontsize="medium", loc="left")
    ax.plot([], [], color="0.4", label="theory (Gaussian features)")
    ax.plot([], [], ".", color="0.4", label=f"mean of {a.runs} runs on the rows; band: 80 % of them")
    ax.legend(frameon=False, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def save(a: DataAnalysis, target: Any, kind: str) -> None:
    """Write the picture to a path or a stream, as ``kind`` (png, svg or pdf)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # A figure outside pyplot needs no display and leaves nothing open.
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    plot(a, figure.add_subplot())
    figure.savefig(target, format=kind, dpi=160)


def outcome_rows(a: DataAnalysis) -> list[list[str]]:
    """Cells for `OUTCOME_HEADS`."""
    return [[o.name, f"{o.algorithm.constant_learning_rate:.4g}" + (" (best)" if o.tuned else ""), f"{o.curve.risk[-1]:.4g}",
             _final(o), *(_gap(o, kind) for kind in ("rows", "shuffled", "gaussian"))] for o in a.outcomes]


def _final(o: Outcome) -> str:
    return f"{o.final:.4g} ± {o.runs['rows'].standard_error[-1]:.1g}" if "rows" in o.runs else "diverges"


def _gap(o: Outcome, kind: str) -> str:
    return f"{o.gaps[kind].average:+.1%} ± {o.gaps[kind].standard_error:.1%}" if kind in o.gaps else "diverges"


def effect_rows(a: DataAnalysis) -> list[list[str]]:
    """Cells for `EFFECT_HEADS`."""
    rows = []
    for o in a.outcomes:
        e = o.effects
        rows.append([o.name, f"{e.effective_learning_rate[0]:.3g} → {e.effective_learning_rate[-1]:.3g}",
                     f"{e.noise_compression[0]:.3g} → {e.noise_compression[-1]:.3g}",
                     f"{e.condition_number_before:.3g} → {e.condition_number_after:.3g}", f"{e.noise_reshaping:.3g}", f"{e.rate_ratio:.3g}"])
    return rows


def to_dict(a: DataAnalysis) -> dict[str, Any]:
    """Plain data; numbers that are not finite become the strings "Infinity", "-Infinity" and "NaN"."""
    n, d = a.model.shape
    noise = a.model.rows.residuals
    return plain({
        "data": {"origin": a.origin, "target": a.target, "rows": n, "features": d, "rank": a.model.rank, "dropped": list(a.model.dropped),
                 "notes": list(a.model.notes)},
        "problem": {"initial_risk": a.model.problem.initial_risk, "residual_std": float(np.sqrt(np.mean(noise**2))), "target_std": a.model.target_std,
                    "trace": a.model.problem.covariance.trace, "scale": a.model.problem.scale},
        "facts": asdict(a.facts),
        "horizon": a.horizon, "runs": a.runs, "seed": a.seed if isinstance(a.seed, int) else repr(a.seed),
        "algorithms": [_outcome(o) for o in a.outcomes],
        "winner": {"rows": None if a.winner is None else a.winner.name, "lead_in_standard_errors": a.lead, "theory": a.predicted_winner.name},
        "sentences": list(a.sentences), "warnings": list(a.warnings),
    })


def _outcome(o: Outcome) -> dict[str, Any]:
    e = o.effects
    runs = {kind: {"times": r.times, "mean": r.mean, "standard_error": r.standard_error} for kind, r in o.runs.items()}
    return {
        "name": o.name, "update": o.algorithm.update, "parameters": dict(o.algorithm.parameters),
        "learning_rate": o.algorithm.constant_learning_rate, "raw_step": o.algorithm.step_size(o.curve.problem), "tuned": o.tuned,
        "theory": {"times": o.curve.times, "risk": o.curve.risk, "final": o.curve.risk[-1], "exactness": str(o.curve.exactness), "source": str(o.curve.source),
                   "assumptions": [{"name": v.name, "holds": v.holds, "detail": v.detail} for v in o.curve.assumptions]},
        "runs": runs, "gaps": {kind: asdict(g) for kind, g in o.gaps.items()}, "diverged": dict(o.diverged),
        "effects": {"risk": e.risk, "effective_learning_rate": e.effective_learning_rate, "noise_compression": e.noise_compression,
                    "condition_number_before": e.condition_number_before, "condition_number_after": e.condition_number_after,
                    "noise_reshaping": e.noise_reshaping, "rate_ratio": e.rate_ratio},
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
        return number if math.isfinite(number) else "NaN" if math.isnan(number) else "Infinity" if number > 0.0 else "-Infinity"
    return value


def fragment(a: DataAnalysis) -> str:
    """The findings, the tables and the picture as HTML without a shell, for notebooks."""
    return f"<div>{_findings(a)}{_table(OUTCOME_HEADS, outcome_rows(a), 'Algorithms')}{_table(EFFECT_HEADS, effect_rows(a), 'Effects')}{_picture(a)}</div>"


def write(a: DataAnalysis, directory: str | Path) -> Path:
    """Write ``index.html`` into ``directory`` (made if needed); returns its path."""
    n, d = a.model.shape
    place = Path(directory)
    place.mkdir(parents=True, exist_ok=True)
    verdict = "no clear winner" if a.winner is None else f"{a.winner.name} wins on the rows"
    header = (f"<h1>{html.escape(Path(a.origin).name)}</h1><span class='verdict good'>{html.escape(verdict)}</span>"
              f"<p class='lead'>SGD, signSGD and clipped SGD learn <code>{html.escape(a.target)}</code> from {d} features: "
              f"predicted from the covariance and the residuals of {n} rows, and run on the rows themselves.</p>")
    body = (f"<section><h2 id='findings'>Findings</h2>{_findings(a)}{_picture(a)}</section>"
            f"<section><h2 id='curves'>Risk and gap</h2><p>Risk at t = {a.horizon:.4g} (start {a.model.problem.initial_risk:.4g}), and how far the "
            f"runs' mean risk is from the theory, averaged over time.</p>{_table(OUTCOME_HEADS, outcome_rows(a), 'Algorithms')}</section>"
            f"<section><h2 id='effects'>Effects</h2><p>From the initial to the final risk of the theory. Noise compression above 1 means less noise than "
            f"SGD; rate is the slowest direction's, relative to SGD at equal small stationary risk.</p>"
            f"{_table(EFFECT_HEADS, effect_rows(a), 'Effects')}</section>"
            f"<section><h2 id='data'>What was done to the data</h2><ul>{''.join(f'<li>{html.escape(note)}</li>' for note in a.model.notes)}</ul>{_warnings(a)}</section>")
    contents = [("findings", "Findings", 1), ("curves", "Risk and gap", 1), ("effects", "Effects", 1), ("data", "The data", 1)]
    from sgdtheory import __version__

    footer = f"sgdtheory {__version__}, {a.runs} runs of each kind, seed {html.escape(str(a.seed))}. Sources: arXiv:2411.12135, arXiv:2406.11733."
    path = place / "index.html"
    path.write_text(page.page(f"{Path(a.origin).name}: risk curves", header, contents, body, footer), encoding="utf-8")
    return path


def _findings(a: DataAnalysis) -> str:
    return "".join(f"<p>{html.escape(s)}</p>" for s in a.sentences)


def _warnings(a: DataAnalysis) -> str:
    return f"<h3>Warnings</h3><ul>{''.join(f'<li>{html.escape(w)}</li>' for w in a.warnings)}</ul>" if a.warnings else ""


def _table(heads: Any, rows: list[list[str]], label: str) -> str:
    return page.table([html.escape(h) for h in heads], [[html.escape(c) for c in row] for row in rows], label, numeric=range(1, len(heads)))


def _picture(a: DataAnalysis) -> str:
    stream = io.BytesIO()
    save(a, stream, "svg")
    finals = "; ".join(f"{o.name} ends at {o.curve.risk[-1]:.3g} by theory and {o.final:.3g} on the rows" for o in a.outcomes)
    code = base64.b64encode(stream.getvalue()).decode("ascii")
    return (f"<figure><img src='data:image/svg+xml;base64,{code}' style='width:100%;height:auto;background:#fff;border-radius:6px' "
            f"alt='Risk against time on a logarithmic scale. {html.escape(finals, quote=True)}.'>"
            f"<figcaption>Lines: theory for Gaussian features. Dots: mean of {a.runs} runs on the rows; bands: 80 % of them.</figcaption></figure>")
