"""What every answer says of itself: kind of claim, numerical error, assumptions with their verdict, source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Exactness:
    """The kind of claim: ``exact`` at finite size, a ``limit`` (of what, at which order), a ``bound``, a ``scaling``, a ``conjecture``."""

    kind: Literal["exact", "limit", "bound", "scaling", "conjecture"]
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} ({self.detail})" if self.detail else self.kind


@dataclass(frozen=True)
class NumericalError:
    """Relative error of the numbers themselves: ``proved``, ``estimated`` or ``statistical``."""

    value: float
    kind: Literal["proved", "estimated", "statistical"]

    def __str__(self) -> str:
        return f"{self.value:.1e} relative ({self.kind})"


@dataclass(frozen=True)
class Assumption:
    """One assumption of the theory, and how this input stands to it."""

    name: str
    holds: bool
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {'holds' if self.holds else 'DOES NOT HOLD'} ({self.detail})"


@dataclass(frozen=True)
class Source:
    """Where a result comes from: the derivation, its result, the paper."""

    derivation: str
    result: str
    reference: str

    def __str__(self) -> str:
        return f"{self.reference}, derivation {self.derivation!r}, result {self.result!r}"


HIGH_DIMENSION = Exactness("limit", "d -> infinity with steps/d fixed; the risk of a run differs by O(d^-1/2), its mean by O(1/d)")
SMALL = NumericalError(1e-10, "estimated")
EXACT = Exactness("exact", "at this dimension and step size")


def card(title: str, rows: dict[str, Any], picture: str = "") -> str:
    """An HTML card for notebooks."""
    import html

    body = "".join(
        f"<tr><th style='text-align:left'>{html.escape(k)}</th><td style='text-align:left'>{html.escape(str(v))}</td></tr>" for k, v in rows.items()
    )
    return f"<div><b>{html.escape(title)}</b><table>{body}</table>{picture}</div>"


def bibtex(source: Source) -> str:
    """BibTeX of the paper behind a source."""
    from sgdtheory.derive.record import derivation

    return derivation(source.derivation).bibtex()
