"""Pictures of a report as inline SVG: they take fonts and colours from the page, so they read in light and dark."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import numpy as np

from sgdtheory.values import Array

WIDTH, HEIGHT = 360.0, 236.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 10.0, 8.0, 42.0


def risk_figure(data: Mapping[str, Any], title: str, key: str) -> str:
    """Theory as a line, the mean of the runs as dots, the middle 80 % of the runs as a band; R is on a logarithmic scale."""
    times, fine = np.asarray(data["times"]), np.asarray(data["fine"])
    shown = np.unique(np.linspace(0, times.size - 1, 22).round().astype(int))
    low, high, mean, theory = (np.asarray(data[k]) for k in ("low", "high", "mean", "theory"))
    values = np.concatenate([low, high, theory])
    bottom, top = float(values.min()) * 0.93, float(values.max()) * 1.07

    def across(t: Any) -> Array:
        return LEFT + (WIDTH - LEFT - RIGHT) * np.asarray(t) / fine[-1]

    def up(r: Any) -> Array:
        return TOP + (HEIGHT - TOP - BOTTOM) * np.log(top / np.asarray(r)) / np.log(top / bottom)

    parts = []
    for tick in log_ticks(bottom, top):
        y = float(up(tick))
        parts.append(
            f'<line class="grid" x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 6:g}" y="{y + 3.8:.1f}" text-anchor="end">{tick:g}</text>'
        )
    for tick in linear_ticks(float(fine[-1])):
        x = float(across(tick))
        parts.append(
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{HEIGHT - BOTTOM:g}" y2="{HEIGHT - BOTTOM + 4:g}"/>'
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 17:g}" text-anchor="middle">{tick:g}</text>'
        )
    around = [*zip(across(times), up(high), strict=True), *reversed([*zip(across(times), up(low), strict=True)])]
    parts.append(f'<polygon class="band" points="{_points(around)}"/>')
    parts.append(f'<polyline class="theory" points="{_points(zip(across(fine), up(theory), strict=True))}"/>')
    parts += [
        f'<circle class="mean" cx="{x:.1f}" cy="{y:.1f}" r="2.1"/>' for x, y in zip(across(times[shown]), up(mean[shown]), strict=True)
    ]
    parts.append(f'<line class="axis" x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{HEIGHT - BOTTOM:g}" y2="{HEIGHT - BOTTOM:g}"/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="label" x="{middle:g}" y="{HEIGHT - 5:g}" text-anchor="middle">time t = steps / d</text>')
    turned = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text class="label" x="11" y="{turned:g}" text-anchor="middle" transform="rotate(-90 11 {turned:g})">risk R</text>')
    told = (
        f"Theory falls from {theory[0]:.3g} to {theory[-1]:.3g} over time 0 to {fine[-1]:g}; the mean of {data['runs']} runs ends at {mean[-1]:.3g}, "
        f"average relative deviation {data['deviation']:+.2%}."
    )
    return (
        f'<svg class="plot" role="img" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{html.escape(title)}</title><desc id="{key}-d">{html.escape(told)}</desc>{"".join(parts)}</svg>'
    )


def deviation_bar(data: Mapping[str, Any], most: float) -> str:
    """Average relative deviation with its two-standard-error bar on an axis from -most to most, 0 in the middle."""
    wide, tall = 132.0, 18.0

    def at(x: float) -> float:
        return wide / 2 * (1.0 + float(np.clip(x / most, -1.0, 1.0)))

    left = at(-data["admitted"])
    centre, error = data["deviation"], 2.0 * data["standard_error"]
    return (
        f'<svg class="bar" role="img" viewBox="0 0 {wide:g} {tall:g}" width="{wide:g}" height="{tall:g}" aria-label="{centre:+.2%}">'
        f'<rect class="admitted" x="{left:.1f}" y="3" width="{wide - 2 * left:.1f}" height="{tall - 6:g}" rx="3"/>'
        f'<line class="axis" x1="{wide / 2:g}" x2="{wide / 2:g}" y1="0" y2="{tall:g}"/>'
        f'<line class="error" x1="{at(centre - error):.1f}" x2="{at(centre + error):.1f}" y1="{tall / 2:g}" y2="{tall / 2:g}"/>'
        f'<circle class="mean" cx="{at(centre):.1f}" cy="{tall / 2:g}" r="3"/></svg>'
    )


def _points(pairs: Any) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def log_ticks(bottom: float, top: float) -> list[float]:
    """Three to eight round values on a logarithmic axis."""
    decades = range(int(np.floor(np.log10(bottom))), int(np.ceil(np.log10(top))) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5, 7), (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)):
        found = [float(f"{s * 10.0**k:.6g}") for k in decades for s in steps if bottom <= s * 10.0**k <= top]
        if len(found) >= 3:
            return found
    return found


def linear_ticks(end: float) -> list[float]:
    """Round values from 0 to ``end``."""
    step = 10.0 ** np.floor(np.log10(end))
    step = step / 2 if end / step < 3 else step if end / step < 7 else 2 * step
    return [float(f"{k * step:.6g}") for k in range(int(end / step + 1e-9) + 1)]
