"""``sgdtheory verify --report DIR``: derivations, checks and curves on one page that opens without a network."""

from __future__ import annotations

import html
import os
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sgdtheory import __version__
from sgdtheory.derive import record
from sgdtheory.verification import budget
from sgdtheory.verification.findings import KINDS, Finding, Verification
from sgdtheory.verification.page import chip, page, table
from sgdtheory.verification.report_figure import deviation_bar, risk_figure

Contents = list[tuple[str, str, int]]
_KIND_TITLES = {
    "record": "Steps checked anew",
    "kernel": "Functions against the record",
    "check": "Checks against the definition",
    "case": "Theory against simulation",
    "mutants": "Mutants",
}
_KIND_HEADS = {"record": "Steps, checked anew", "kernel": "Functions", "check": "Definitions", "case": "Simulations", "mutants": "Mutants"}


def write(verification: Verification, folder: str | os.PathLike[str]) -> Path:
    """Write ``index.html`` into a folder (made if needed), in one stroke; return its path."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    target, draft = place / "index.html", place / ".index.html.part"
    draft.write_text(text(verification), encoding="utf-8")
    draft.replace(target)
    return target


def text(verification: Verification) -> str:
    """The page."""
    contents: Contents = [("overview", "Overview", 1)]
    body = [_overview(verification)]
    for unit in verification.units:
        body.append(_unit(verification, unit, contents))
    return page("sgdtheory: verification", _header(verification), contents, "".join(body), _footer(verification))


def _header(v: Verification) -> str:
    said = (
        "Everything holds"
        if v.ok
        else "Interrupted: not everything was looked at"
        if not v.complete
        else f"{len(v.failures)} of {len(v.findings)} do not hold"
    )
    names = ", ".join(f"<code>{html.escape(n)}</code>" for n in v.names)
    held = sum(f.ok for f in v.findings)
    return (
        f'<h1>Derived, checked, simulated</h1><span class="verdict ui {"good" if v.ok else "bad"}">{said}</span>'
        f'<p class="lead">Verification of {names}. Every step of each derivation was parsed from its record and checked again, every function '
        f"that came out of it was held against the integral that defines it, and every curve against runs of the algorithm: "
        f"{held} of {len(v.findings)} findings hold.</p>"
    )


def _title(unit: str) -> str:
    return record.derivation(unit).data.get("title") or unit if unit in record.names() else unit


def _overview(v: Verification) -> str:
    counts = {(r["theory"], r["kind"]): r for r in v.table()}
    kinds = [k for k in KINDS if any(kind == k for _, kind in counts)]
    rows = []
    for unit in v.units:
        mine = [counts.get((unit, k)) for k in kinds]
        rows.append(
            [f'<a href="#{unit}">{html.escape(_title(unit))}</a>', *map(_count, mine), f"{sum(r['seconds'] for r in mine if r):.1f} s"]
        )
    parts = [
        '<section aria-labelledby="overview"><h2 id="overview">Overview</h2>',
        table(["Theory", *(_KIND_HEADS[k] for k in kinds), "Time"], rows, "Overview", numeric=(len(kinds) + 1,)),
    ]
    if v.failures:
        parts.append("<h3>What does not hold</h3>")
        parts.append(
            table(
                ["Where", "What", "Why"],
                [[html.escape(f.unit), html.escape(f"{f.kind}: {_words(f.name)}"), html.escape(f.detail)] for f in v.failures],
                "Failures",
                wide=(2,),
            )
        )
    return "".join([*parts, "</section>"])


def _count(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return '<span class="none">none</span>'
    all_hold = row["hold"] == row["of"]
    return chip(f"all {row['of']} hold" if all_hold else f"{row['of'] - row['hold']} of {row['of']} fail", all_hold)


def _unit(v: Verification, unit: str, contents: Contents) -> str:
    title = _title(unit)
    contents.append((unit, title, 1))
    parts = [f'<section aria-labelledby="{unit}"><h2 id="{unit}">{html.escape(title)}</h2>']
    if unit in record.names():
        parts.append(_derivation(unit, {f.name: f for f in v.of(unit, "record")}, contents))
    for kind in ("case", "check", "kernel", "mutants"):
        found = v.of(unit, kind)
        if found:
            contents.append((f"{unit}-{kind}", _KIND_TITLES[kind], 2))
            parts.append(f'<h3 id="{unit}-{kind}">{_KIND_TITLES[kind]}</h3>' + _SECTIONS[kind](unit, found))
    return "".join([*parts, "</section>"])


def _derivation(unit: str, anew: Mapping[str, Finding], contents: Contents) -> str:
    data = record.derivation(unit).data
    contents.append((f"{unit}-steps", "Derivation", 2))
    about = []
    if data.get("update"):
        about.append(f"The update rule is g(x, r) = <code>{html.escape(data['update'])}</code>.")
    if data.get("source"):
        about.append(f"Source: {_reference(data['source'])}.")
    symbols = [[_math(s.get("mathml"), s["name"]), html.escape(s["meaning"] or "—"), html.escape(s["domain"])] for s in data["symbols"]]
    return (
        f'<h3 id="{unit}-steps">Derivation</h3>'
        + (f"<p>{' '.join(about)}</p>" if about else "")
        + f'<details class="more"><summary>Symbols ({len(symbols)})</summary>'
        + table(["Symbol", "Meaning", "Domain"], symbols, "Symbols", wide=(1,))
        + "</details>"
        + f'<ol class="steps">{"".join(_step(unit, s, anew.get(s["name"])) for s in data["steps"])}</ol>'
    )


def _reference(source: str) -> str:
    if source.startswith("arXiv:"):
        return f'<a href="https://arxiv.org/abs/{html.escape(source[6:])}">{html.escape(source)}</a>'
    return html.escape(source)


def _math(markup: str | None, plain: str) -> str:
    return markup if markup else f"<code>{html.escape(plain)}</code>"


def _step(unit: str, step: Mapping[str, Any], anew: Finding | None) -> str:
    holds = anew.ok if anew is not None else step["verdict"] == "holds"
    said = (("holds" if anew.ok else "fails") + ", checked anew") if anew is not None else step["verdict"] + ", as recorded"
    if step["kind"] == "definition":
        said = "given"
    needs = f' <span class="how">from {", ".join(html.escape(_words(n)) for n in step["needs"])}</span>' if step["needs"] else ""
    shown = (
        f"<p>{html.escape(step['right'])}</p>"
        if step["kind"] == "theorem"
        else f'<div class="formula" tabindex="0">{_math(step.get("mathml"), step["plain"])}</div>'
    )
    why = f'<p class="because">{html.escape(_sentence(step["because"]))}</p>' if step["because"] else ""
    how = "".join(
        f"<li><b>{html.escape(c['way'])}</b> {html.escape(c['note'])}{_precision(c)}</li>"
        for c in step["checks"]
        if step["kind"] != "definition"
    )
    failure = f"<li><b>now</b> {html.escape(anew.detail)}</li>" if anew is not None and not anew.ok else ""
    return (
        f'<li id="{unit}-step-{html.escape(step["name"])}"><div class="top"><h4>{html.escape(_words(step["name"]))}</h4>{chip(step["kind"])}'
        f'{chip(said, None if step["kind"] == "definition" else holds)}{needs}</div>{shown}{why}<ul class="how">{how}{failure}</ul></li>'
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _sentence(said: str) -> str:
    said = said.strip()
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")


def _precision(check: Mapping[str, Any]) -> str:
    shown = {"digits": "{} digits", "worst": "worst relative error {}"}
    parts = [said.format(check[k]) for k, said in shown.items() if k in check]
    return f" ({', '.join(html.escape(p) for p in parts)})" if parts else ""


_WHAT_IS_SHOWN = "Each picture shows the predicted risk and runs of the algorithm itself, which share no formula with the prediction."


def _cases(unit: str, found: tuple[Finding, ...]) -> str:
    drawn = [f for f in found if f.data]
    legend = (
        '<div class="legend ui"><span><svg width="26" height="10" aria-hidden="true">'
        '<line class="theory" x1="0" x2="26" y1="5" y2="5"/></svg>theory</span>'
        '<span><svg width="26" height="10" aria-hidden="true"><circle class="mean" cx="6" cy="5" r="2.4"/>'
        '<circle class="mean" cx="20" cy="5" r="2.4"/></svg>mean of the runs</span>'
        '<span><svg width="26" height="12" aria-hidden="true"><rect class="band" width="26" height="12"/></svg>middle 80% of the runs</span></div>'
    )
    figures = "".join(
        f"<figure>{risk_figure(f.data, f'{f.name}: risk against time', f'{unit}-f{i}')}<figcaption><strong>{html.escape(f.name)}</strong>"
        f"{f.data['runs']} runs, d = {f.data['d']}, {html.escape(f.data['algorithm'])}</figcaption></figure>"
        for i, f in enumerate(drawn)
    )
    rows = [
        [
            html.escape(f.name),
            chip("agrees" if f.ok else "fails", f.ok),
            f'<span class="pair">{deviation_bar(f.data, budget.RESOLUTION)} {f.data["deviation"]:+.2%}</span>',
            f"{f.data['worst']:.1f} ({f.data['limit']:.1f})",
            f"{f.data['resolution']:.1%}",
            f"rejected, {f.data['wrong_margin']:.1f}×",
            str(f.data["runs"]),
            str(f.data["seed"]),
        ]
        for f in drawn
    ]
    lost = [[html.escape(f.name), chip("fails", False), html.escape(f.detail)] for f in found if not f.data]
    explained = (
        f"<p>{_WHAT_IS_SHOWN}</p>"
        f"<p>The mean over runs must stay within its statistical error plus the finite-size allowance 3R/d, at each time "
        f"and on average over time; the false-alarm probability of one case is {budget.EACH_CASE:g}. "
        f"Each case finds a theory that is wrong by {budget.RESOLUTION:.0%} with probability at least 99%, "
        f"and rejects the theory of a learning rate that is 5% too large.</p>"
    )
    return (
        explained
        + legend
        + f'<div class="figures">{figures}</div>'
        + table(
            [
                "Case",
                "Verdict",
                f"Deviation, −{budget.RESOLUTION:.0%} to {budget.RESOLUTION:.0%}",
                "|z| (limit)",
                "Resolves",
                "5% off",
                "Runs",
                "Seed",
            ],
            rows,
            f"Simulations of {unit}",
            numeric=range(3, 8),
        )
        + (table(["Case", "Verdict", "Why"], lost, "Failed simulations", wide=(2,)) if lost else "")
    )


def _checks(unit: str, found: tuple[Finding, ...]) -> str:
    def said(f: Finding) -> str:
        detail = f'<div class="how">{html.escape(f.detail)}</div>' if f.detail else ""
        return html.escape(f.what) + detail

    rows = [[html.escape(_words(f.name)), chip("holds" if f.ok else "fails", f.ok), said(f), f"{f.seconds * 1e3:.0f} ms"] for f in found]
    return table(["Check", "Verdict", "What is compared", "Time"], rows, f"Checks of {unit}", numeric=(3,), wide=(2,))


def _mutants(unit: str, found: tuple[Finding, ...]) -> str:
    killed, total = sum(f.data.get("killed", 0) for f in found), sum(f.data.get("total", 0) for f in found)
    rows = [
        [
            f"<code>{html.escape(f.name)}</code>",
            chip("noticed" if f.ok else "survivors", f.ok),
            f"{f.data.get('killed', 0)} of {f.data.get('total', 0)}",
            html.escape(f.detail),
        ]
        for f in found
    ]
    return (
        f"<p>Each emitted formula was spoilt in turn (a sign, a factor, an exponent, a swapped symbol, a dropped term, another constant): "
        f"the checks noticed {killed} of {total}.</p>"
        + table(["Function", "Verdict", "Noticed", "Detail"], rows, f"Mutants of {unit}", numeric=(2,), wide=(3,))
    )


_SECTIONS = {"case": _cases, "check": _checks, "kernel": _checks, "mutants": _mutants}


def _footer(v: Verification) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "sympy", "mpmath"))
    return (
        f"<p>sgdtheory {__version__}, Python {platform.python_version()}, {packages}. "
        f"Written {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC after "
        f"{v.seconds:.0f} s of work. Seeds are fixed: the same version gives the same numbers.</p>"
    )
