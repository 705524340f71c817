"""The shell of a report: one HTML page that needs nothing from outside, with its typography."""

from __future__ import annotations

import html
from collections.abc import Iterable

STYLE = """
:root { color-scheme: light dark;
  --paper: #fbfaf6; --card: #ffffff; --ink: #1c1a17; --soft: #5d5850; --rule: #e2ddd2; --accent: #0a5c63; --band: #0a5c6322;
  --good: #1c6b3a; --goodwash: #e4f2e8; --bad: #a3231f; --badwash: #fbe6e4; --wash: #f3f0e8; --dot: #b4531d; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14161a; --card: #1b1e24; --ink: #e9e6df; --soft: #a8a49a; --rule: #343840; --accent: #6fc7cd; --band: #6fc7cd2b;
  --good: #86d29f; --goodwash: #1b3325; --bad: #ff9d94; --badwash: #43201f; --wash: #20242b; --dot: #f0a36d; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.6 "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052, "Book Antiqua", Georgia, serif; }
.ui, nav, table, .chip, figcaption, .how, svg text, footer { font-family: ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
code { font: .86em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: .15em; text-decoration-thickness: 1px; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 3px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .4rem .8rem; z-index: 2; }
.page { max-width: 76rem; margin: 0 auto; padding: 0 1.1rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 3.5rem; }
header { padding: 3.2rem 0 1rem; }
h1 { font-size: clamp(1.9rem, 5vw, 2.9rem); line-height: 1.12; font-weight: 500; letter-spacing: -.012em; margin: 0 0 .7rem; text-wrap: balance; }
h2 { font-size: 1.75rem; font-weight: 500; letter-spacing: -.01em; line-height: 1.2; margin: 4rem 0 .8rem; padding-top: 1.1rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.18rem; font-weight: 600; margin: 2.6rem 0 .7rem; }
h4 { font-size: 1rem; margin: 0; font-weight: 600; }
p { max-width: 42rem; margin: .5rem 0 1rem; text-wrap: pretty; }
.lead { font-size: 1.12rem; color: var(--soft); }
.verdict { display: inline-block; font-weight: 600; font-size: .95rem; padding: .28rem .8rem; border-radius: 999px; margin: 0 0 1rem; }
.chip { font-size: .72rem; font-weight: 600; letter-spacing: .02em; padding: .12rem .55rem; border-radius: 999px; white-space: nowrap; background: var(--wash); color: var(--soft); }
.good { background: var(--goodwash); color: var(--good); } .bad { background: var(--badwash); color: var(--bad); }
nav { font-size: .9rem; line-height: 1.45; }
nav ol { list-style: none; margin: .4rem 0; padding: 0; } nav ol ol { padding-left: .9rem; border-left: 1px solid var(--rule); margin: .15rem 0 .6rem; }
nav a { display: block; padding: .16rem 0; color: var(--soft); text-decoration: none; } nav a:hover { color: var(--accent); text-decoration: underline; }
nav > details > summary { cursor: pointer; font-weight: 600; padding: .5rem 0; }
.box { overflow-x: auto; border: 1px solid var(--rule); border-radius: 10px; background: var(--card); margin: .8rem 0 1.6rem; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; line-height: 1.42; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .7rem .9rem .2rem; color: var(--soft); }
th, td { text-align: left; padding: .5rem .8rem; vertical-align: top; border-top: 1px solid var(--rule); }
thead th { border-top: 0; color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; } .num { text-align: right; white-space: nowrap; } td.wide { min-width: 19rem; }
ol.steps { list-style: none; padding: 0; margin: 1rem 0; counter-reset: step; }
ol.steps > li { counter-increment: step; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: .85rem 1.05rem .8rem; margin: 0 0 .8rem; min-width: 0; }
.top { display: flex; flex-wrap: wrap; gap: .35rem .6rem; align-items: baseline; }
.top h4::before { content: counter(step) "\\2002"; color: var(--soft); font-weight: 400; font-variant-numeric: tabular-nums; }
.formula { overflow-x: auto; overflow-y: hidden; margin: .55rem 0 .45rem; padding: .2rem 0; }
math { font-size: 1.08rem; } .formula math { width: max-content; margin: 0; }
.because { margin: .2rem 0; color: var(--ink); } .how { font-size: .8rem; line-height: 1.5; color: var(--soft); margin: .3rem 0 0; padding: 0; list-style: none; }
.how b { color: var(--ink); font-weight: 600; }
.figures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17.5rem), 1fr)); margin: 1rem 0; }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: .8rem .8rem .7rem; min-width: 0; }
figcaption { font-size: .8rem; line-height: 1.45; color: var(--soft); } figcaption strong { color: var(--ink); font-size: .88rem; display: block; }
svg.plot { width: 100%; height: auto; display: block; margin: .3rem 0 .1rem; } svg text { font-size: 12.5px; fill: var(--soft); }
.pair { display: inline-flex; align-items: center; gap: .7rem; white-space: nowrap; } .none { color: var(--soft); } svg.bar { flex: none; } .grid { stroke: var(--rule); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; opacity: .7; }
.band { fill: var(--band); } .theory { fill: none; stroke: var(--accent); stroke-width: 2.2; stroke-linejoin: round; }
.mean { fill: var(--dot); } .error { stroke: var(--dot); stroke-width: 2; } .admitted { fill: var(--wash); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; font-size: .84rem; color: var(--soft); } .legend span { display: inline-flex; align-items: center; gap: .45rem; }
details.more > summary { cursor: pointer; color: var(--accent); font-size: .92rem; margin: .4rem 0; }
footer { margin: 4rem 0 3rem; padding-top: 1rem; border-top: 1px solid var(--rule); font-size: .82rem; color: var(--soft); }
@media (min-width: 64rem) { .page { grid-template-columns: 12.5rem minmax(0, 1fr); }
  header, footer { grid-column: 2; } nav { grid-column: 1; grid-row: 1 / span 3; position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 3.6rem 0 2rem; }
  nav > details > summary { list-style: none; color: var(--soft); text-transform: none; } main { grid-column: 2; } main > section:first-child h2 { margin-top: 1.2rem; } }
@media (max-width: 30rem) { body { font-size: 16px; } header { padding-top: 2rem; } th, td { padding: .45rem .65rem; } ol.steps > li { padding: .7rem .8rem; } h2 { margin-top: 3rem; } }
@media print { nav, .skip { display: none; } body { background: #fff; } .box { overflow: visible; } }
"""


def page(title: str, header: str, contents: Iterable[tuple[str, str, int]], body: str, footer: str) -> str:
    """The whole document. ``contents`` are (anchor, title, level 1 or 2) of the table of contents."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<div class="page">
<header>{header}</header>
<nav aria-label="Contents"><details open><summary>Contents</summary>{_contents(contents)}</details></nav>
<main id="main">{body}</main>
<footer>{footer}</footer>
</div>
</body>
</html>
"""


def _contents(entries: Iterable[tuple[str, str, int]]) -> str:
    parts, deep = [], False
    for anchor, title, level in entries:
        if level == 2 and not deep:
            parts.append("<li><ol>")
        if level == 1 and deep:
            parts.append("</ol></li>")
        deep = level == 2
        parts.append(f'<li><a href="#{anchor}">{html.escape(title)}</a></li>')
    return "<ol>" + "".join(parts) + ("</ol></li>" if deep else "") + "</ol>"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], label: str, numeric: Iterable[int] = (), wide: Iterable[int] = ()) -> str:
    """A table that scrolls inside its own box; cells are HTML, the first one of a row is its heading."""
    right, broad = set(numeric), set(wide)

    def cell(i: int, text: str) -> str:
        kind = "num" if i in right else "wide" if i in broad else ""
        mark = f' class="{kind}"' if kind else ""
        return f'<th scope="row"{mark}>{text}</th>' if i == 0 else f"<td{mark}>{text}</td>"

    head = "".join(f'<th scope="col"{" class=num" if i in right else ""}>{h}</th>' for i, h in enumerate(heads))
    body = "".join("<tr>" + "".join(cell(i, c) for i, c in enumerate(row)) + "</tr>" for row in rows)
    return (f'<div class="box" role="region" tabindex="0" aria-label="{html.escape(label)}"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def chip(text: str, good: bool | None = None) -> str:
    """A small label; green or red says the same as its words."""
    kind = "" if good is None else " good" if good else " bad"
    return f'<span class="chip{kind}">{html.escape(text)}</span>'
