"""An analysis of a data set as a picture, as tables and as one HTML page."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sgdtheory.verification import page
from sgdtheory.verification.data.analysis import DataAnalysis, Outcome
from sgdtheory.verification.data.words import about_gaps, about_result, about_why, percent

COLOURS = {"SGD": "#0a5c63", "signSGD": "#b4531d", "clipped SGD": "#6a4c93"}
WIDE, NARROW = (7.2, 4.6), (5.2, 4.4)
"""Sizes of a picture in inches: on its own, and on a page, where its text must be read on a phone."""

OUTCOMES = ("algorithm", "learning rate", "theory", "rows", "gap", "shuffled residuals", "Gaussian features")
EFFECTS = ("algorithm", "effective learning rate", "noise compression", "condition number", "noise reshaping", "rate")
OUTCOMES_EXPLAINED = """Risk at the end by the theory and on the rows; then the relative deviation from the theory,
averaged over time, of runs on the rows, on rows with shuffled residuals, and with Gaussian features."""
EFFECTS_EXPLAINED = """From the initial to the final risk of the theory. Noise compression above 1: less noise than SGD.
Rate: of the slowest direction, relative to SGD at equal small stationary risk."""


def plot(a: DataAnalysis, ax: Any = None) -> Any:
    """Theory as lines, the middle 80 % of the runs on the rows as bands, their mean as dots."""
    from matplotlib.ticker import FuncFormatter

    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=WIDE, layout="constrained")
    t, start = np.linspace(0.0, a.horizon, 400), a.model.problem.initial_risk
    top = 3.0 * start
    for o in a.outcomes:
        style = {"color": COLOURS[o.name]}
        label = f"{o.name}, learning rate {o.algorithm.constant_learning_rate:.3g}"
        ax.plot(t, o.curve(t), label=label, zorder=3, **style)
        if "rows" not in o.runs:
            continue
        runs = o.runs["rows"]
        low, high = np.quantile(runs.risk, [0.1, 0.9], axis=0)
        ax.fill_between(runs.times, low, high, alpha=0.18, linewidth=0, **style)
        shown = np.unique(np.linspace(0, runs.times.size - 1, 25).round().astype(int))
        ax.plot(runs.times[shown], runs.mean[shown], ".", markersize=4.5, **style)
        # An unstable run must not push the others out of sight.
        top = max(top, min(float(high.max()), 30.0 * start))
    n, d = a.model.shape
    ax.set(xlabel=f"time t = steps / {d}", ylabel="risk R (without the label noise)", yscale="log")
    ax.set_xlim(0.0, a.horizon)
    ax.set_ylim(top=top)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
    ax.yaxis.set_minor_formatter(FuncFormatter(_between_decades(*ax.get_ylim())))
    ax.set_title(f"{Path(a.origin).name}: {n} rows, {d} features, target {a.target}", fontsize="medium", loc="left")
    ax.plot([], [], color="0.4", label="theory (Gaussian features)")
    ax.plot([], [], ".", color="0.4", label=f"mean of {a.runs} runs on the rows; band: 80 % of them")
    ax.legend(frameon=False, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _between_decades(low: float, high: float) -> Callable[[float, Any], str]:
    """Labels of minor ticks: at 2, 3, 5 where the axis is short, none where it is long."""
    shown = (2, 3, 5) if high / low < 30.0 else (2, 5) if high / low < 300.0 else ()

    def label(value: float, position: Any) -> str:
        digit = round(value / 10.0 ** np.floor(np.log10(value) + 1e-9))
        return f"{value:g}" if digit in shown else ""

    return label


def save(a: DataAnalysis, target: Any, kind: str, size: tuple[float, float] = WIDE) -> None:
    """Write the picture to a path or a stream, as ``kind`` (png, svg or pdf); ``size`` is in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # A figure outside pyplot needs no display and leaves nothing open.
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    plot(a, figure.add_subplot())
    figure.savefig(target, format=kind, dpi=160)


def outcome_rows(a: DataAnalysis) -> list[list[str]]:
    """Cells for `OUTCOMES`."""
    return [[o.name, _rate(o), f"{o.curve.risk[-1]:.4g}", _final(o),
             *(_gap(o, kind) for kind in ("rows", "shuffled", "gaussian"))] for o in a.outcomes]


def _rate(o: Outcome) -> str:
    return f"{o.algorithm.constant_learning_rate:.4g}" + (" (best)" if o.tuned else "")


def _final(o: Outcome) -> str:
    if "rows" not in o.runs:
        return "diverges"
    if o.diverges("rows"):
        return f"diverges ({o.runs['rows'].mean[-1]:.2g})"
    return f"{o.final:.4g} ± {o.runs['rows'].standard_error[-1]:.1g}"


def _gap(o: Outcome, kind: str) -> str:
    if o.diverges(kind):
        return "diverges"
    if o.at_rounding:
        return "rounding level"
    return f"{percent(o.gaps[kind].average, '+')} ± {percent(o.gaps[kind].standard_error)}"


def effect_rows(a: DataAnalysis) -> list[list[str]]:
    """Cells for `EFFECTS`."""
    rows = []
    for o in a.outcomes:
        e = o.effects
        rows.append([o.name, _change(e.effective_learning_rate[0], e.effective_learning_rate[-1]),
                     _change(e.noise_compression[0], e.noise_compression[-1]),
                     _change(e.condition_number_before, e.condition_number_after),
                     f"{e.noise_reshaping:.3g}", f"{e.rate_ratio:.3g}"])
    return rows


def _change(first: float, last: float) -> str:
    return f"{first:.3g} → {last:.3g}"


def fragment(a: DataAnalysis) -> str:
    """The findings, the picture and the tables as HTML without a shell, for notebooks."""
    return (f"<div>{_paragraphs(a.sentences)}{_picture(a)}{_table(OUTCOMES, outcome_rows(a), 'Algorithms')}"
            f"{_table(EFFECTS, effect_rows(a), 'Effects')}</div>")


def write(a: DataAnalysis, directory: str | Path) -> Path:
    """Write ``index.html`` into ``directory`` (made if needed); returns its path."""
    from sgdtheory import __version__

    n, d = a.model.shape
    name = Path(a.origin).name
    verdict = "no clear winner on the rows" if a.winner is None else f"{a.winner.name} wins on the rows"
    header = (f'<h1>{html.escape(name)}</h1><span class="verdict ui good">{html.escape(verdict)}</span>'
              f'<p class="lead">SGD, signSGD and clipped SGD learn <code>{html.escape(a.target)}</code> from {d} '
              f"features: predicted from the covariance and the residuals of {n} rows, and run on the rows themselves."
              "</p>")
    warned = "<h3>Warnings</h3>" + _list(a.warnings) if a.warnings else ""
    sections = (
        ("result", "Who wins", _paragraphs(about_result(a)) + _picture(a)),
        ("why", "Why", _paragraphs(about_why(a)) + _table(EFFECTS, effect_rows(a), "Effects")
         + _paragraphs([EFFECTS_EXPLAINED])),
        ("gap", "How good the theory is here", _paragraphs(about_gaps(a))
         + _table(OUTCOMES, outcome_rows(a), "Algorithms") + _paragraphs([OUTCOMES_EXPLAINED])),
        ("data", "What was done to the data", _list(a.model.notes) + warned),
    )
    body = "".join(f'<section aria-labelledby="{key}"><h2 id="{key}">{title}</h2>{text}</section>'
                   for key, title, text in sections)
    footer = (f"<p>sgdtheory {__version__}, {a.runs} runs of each kind, seed {html.escape(str(a.seed))}. "
              "Sources: arXiv:2411.12135, arXiv:2406.11733.</p>")
    place = Path(directory)
    place.mkdir(parents=True, exist_ok=True)
    document = page.page(f"{name}: risk curves", header, [(key, title, 1) for key, title, _ in sections], body, footer)
    (place / "index.html").write_text(document, encoding="utf-8")
    return place / "index.html"


def _paragraphs(sentences: Sequence[str]) -> str:
    return "".join(f"<p>{html.escape(s)}</p>" for s in sentences)


def _list(items: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in items) + "</ul>"


def _table(heads: Sequence[str], rows: list[list[str]], label: str) -> str:
    cells = [[html.escape(cell) for cell in row] for row in rows]
    return page.table([html.escape(h) for h in heads], cells, label, numeric=range(1, len(heads)))


def _picture(a: DataAnalysis) -> str:
    stream = io.BytesIO()
    save(a, stream, "svg", NARROW)
    code = base64.b64encode(stream.getvalue()).decode("ascii")
    finals = "; ".join(f"{o.name} ends at {o.curve.risk[-1]:.3g} by theory and {o.final:.3g} on the rows"
                       for o in a.outcomes)
    told = html.escape(f"Risk against time, on a logarithmic scale. {finals}.", quote=True)
    return (f'<figure><img src="data:image/svg+xml;base64,{code}" alt="{told}" '
            'style="width:100%;max-width:44rem;height:auto;background:#fff;border-radius:6px"><figcaption>Lines: theory for Gaussian '
            f"features. Dots: mean of {a.runs} runs on the rows; bands: 80 % of them.</figcaption></figure>")
