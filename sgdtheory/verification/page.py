"""The shell of a report: one HTML page that needs nothing from outside, with its typography."""

from __future__ import annotations

import html
import importlib.resources
from collections.abc import Iterable

STYLE = (importlib.resources.files(__package__) / "page.css").read_text(encoding="utf-8")


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
