"""Records: derivations as data, to show, cite and check again. Reading one needs no SymPy."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgdtheory.errors import invalid

if TYPE_CHECKING:
    from sgdtheory.derive.steps import Check

_FOLDER = Path(__file__).resolve().parent.parent / "records"
_MARK = {"holds": "✓", "fails": "✗", "unknown": "?"}


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """A derivation's steps and results as they were written and checked.

    ``print(record)`` shows it as text, a notebook as formulas.

    Attributes
    ----------
    data : mapping
        The record's JSON.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> record = sgt.derivation("noise")
    >>> record.results["uniform"]["plain"]
    'sqrt(pi)*erf(b*sqrt(u))/(2*b*sqrt(u))'
    >>> record.steps["uniform"]["verdict"]
    'holds'
    """

    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The derivation's name, which is also its kernel's."""
        return self.data["name"]

    @property
    def title(self) -> str:
        """What is derived."""
        return self.data["title"]

    @property
    def source(self) -> str:
        """The paper, such as "arXiv:2411.12135"."""
        return self.data["source"]

    @property
    def holds(self) -> bool:
        """Whether every step held when the record was written."""
        return all(s["verdict"] == "holds" for s in self)

    @cached_property
    def symbols(self) -> dict[str, Mapping[str, Any]]:
        """Name -> domain, meaning, LaTeX."""
        return {s["name"]: s for s in self.data["symbols"]}

    @cached_property
    def steps(self) -> dict[str, Mapping[str, Any]]:
        """Name -> step."""
        return {s["name"]: s for s in self.data["steps"]}

    @cached_property
    def results(self) -> dict[str, Mapping[str, Any]]:
        """Name -> emitted function."""
        return {s["name"]: s for s in self.data["results"]}

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.data["steps"])

    def __len__(self) -> int:
        return len(self.data["steps"])

    def bibtex(self) -> str:
        """The source's BibTeX entry."""
        return self.data["bibtex"]

    def recheck(self) -> dict[str, tuple[Check, ...]]:
        """Read both sides of every step anew from their text and check them again, without the derivation's code."""
        from sgdtheory.derive.checker import recheck

        return recheck(self.data)

    def __repr__(self) -> str:
        held = sum(s["verdict"] == "holds" for s in self)
        told = f"{held} of {len(self)} steps hold, {len(self.results)} results"
        return f"Record({self.name}: {self.title}; {told}; {self.source})"

    def __str__(self) -> str:
        lines = [self.title, "=" * len(self.title), *([f"Source: {self.source}"] if self.source else []), ""]
        for number, step in enumerate(self, 1):
            lines.append(f"{number}. {step['name']} ({step['kind']}) {_MARK[step['verdict']]} {step['verdict']}")
            lines += _indented(step["plain"])
            lines += _indented(step["because"], "because: ") if step["because"] else []
            lines += [f"    needs: {', '.join(step['needs'])}"] if step["needs"] else []
            lines += [f"    assumes: {', '.join(step['assumes'])}"] if step["assumes"] else []
            if step["kind"] != "definition":
                lines += [line for check in step["checks"] for line in _indented(_told(check))]
            lines.append("")
        lines.append("Results")
        for result in self.results.values():
            lines += _indented(
                f"{result['name']}({', '.join([*result['arguments'], *result['parameters']])}) = {result['plain']}"
                f"  [{result['exactness']}]"
            )
        lines += ["", "Symbols"]
        lines += [
            line
            for s in self.data["symbols"]
            for line in _indented(f"{s['name']}: {s['meaning'] or s['name']}, {s['domain']}")
        ]
        return "\n".join(lines)

    def _repr_latex_(self) -> str:
        rows = [rf"& {s['latex']} && \text{{{_tex(s['because'])}}}" for s in self if s["kind"] != "theorem"]
        return r"$\displaystyle \begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}$"

    def _repr_html_(self) -> str:
        rows = "".join(_row(step) for step in self)
        return (
            f"<div><h3>{html.escape(self.title)}</h3><p>{html.escape(self.source)}</p>"
            f"<table><tr><th>step</th><th>formula</th><th>because</th><th>verdict</th></tr>{rows}</table></div>"
        )


def _row(step: Mapping[str, Any]) -> str:
    checks = "; ".join(map(_told, step["checks"]))
    formula = step["mathml"] or html.escape(step["plain"])
    needs = f"<br><small>from {html.escape(', '.join(step['needs']))}</small>" if step["needs"] else ""
    cells = (
        f"{html.escape(step['name'])}<br><small>{step['kind']}</small>",
        f"<div style='max-width:36em;overflow-x:auto'>{formula}</div>",
        html.escape(step["because"]) + needs,
        f"<span title='{html.escape(checks)}'>{_MARK[step['verdict']]} {step['verdict']}</span>",
    )
    return "<tr>" + "".join(f"<td style='text-align:left'>{c}</td>" for c in cells) + "</tr>"


def _told(check: Mapping[str, Any]) -> str:
    error = f", worst relative error {check['worst']} of {check['digits']} digits" if "worst" in check else ""
    return f"{check['way']}: {check['verdict']}, {check['note']}{error}"


def _indented(text: str, head: str = "") -> list[str]:
    return textwrap.wrap(
        head + text,
        116,
        initial_indent="    ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _tex(text: str) -> str:
    for character in "_^&%#$":
        text = text.replace(character, "\\" + character if character != "^" else r"\textasciicircum{}")
    return text


def names() -> list[str]:
    """Names of all records."""
    return sorted(p.stem for p in _FOLDER.glob("*.json"))


def derivation(name: str) -> Record:
    """How a theory's formulas were derived: the record of its steps.

    Parameters
    ----------
    name : str
        Such as "signsgd".

    Raises
    ------
    InvalidInput
        If there is no such record.

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> sgt.derivation("noise").holds
    True
    """
    if name not in names():
        raise invalid("name", name, f"the name of a record: {', '.join(names()) or 'none is there'}")
    return Record(json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))
