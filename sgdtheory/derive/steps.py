"""What a derivation consists of: steps of five kinds, how each is held, and the verdict. No SymPy here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Verdict(Enum):
    """Whether a step holds. ``UNKNOWN`` is an honest answer: nothing decided it."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


class Kind(Enum):
    """What a step claims; the kind says how it is held."""

    DEFINITION = "definition"
    IDENTITY = "identity"
    CLAIM = "claim"
    BOUND = "bound"
    LIMIT = "limit"
    THEOREM = "theorem"


# from strong to weak; a result is as exact as the weakest step on its path
EXACTNESS = ("exact", "bound", "limit")
EXACTNESS_OF = {
    Kind.DEFINITION: "exact",
    Kind.IDENTITY: "exact",
    Kind.CLAIM: "exact",
    Kind.BOUND: "bound",
    Kind.LIMIT: "limit",
    Kind.THEOREM: "limit",
}


def weakest(kinds: Iterable[Kind]) -> str:
    """The exactness of a result whose path has steps of these kinds."""
    return max((EXACTNESS_OF[k] for k in kinds), key=EXACTNESS.index, default="exact")


@dataclass(frozen=True)
class Check:
    """One way in which a step was checked.

    Attributes
    ----------
    way : str
        "numeric", "symbolic", "simulation", "given" or "cited".
    verdict : Verdict
    note : str
        What was done, in words.
    digits, points : int or None
        Working precision and number of random points of a numeric check.
    worst : str or None
        Upper bound of the largest relative error, as a power of ten.
    """

    way: str
    verdict: Verdict
    note: str
    digits: int | None = None
    points: int | None = None
    worst: str | None = None

    def data(self) -> dict[str, Any]:
        """The check as plain data."""
        numbers = {
            k: v for k, v in (("digits", self.digits), ("points", self.points), ("worst", self.worst)) if v is not None
        }
        return {"way": self.way, "verdict": self.verdict.value, "note": self.note, **numbers}


def combine(checks: Iterable[Check]) -> Verdict:
    """FAILS if one way fails; HOLDS if none does and at least one holds; UNKNOWN otherwise."""
    verdicts = {c.verdict for c in checks}
    if Verdict.FAILS in verdicts:
        return Verdict.FAILS
    return Verdict.HOLDS if Verdict.HOLDS in verdicts else Verdict.UNKNOWN


@dataclass(frozen=True, eq=False)
class Step:
    """One step: ``left`` is the side that was there before, ``right`` the one derived (text for a theorem)."""

    name: str
    kind: Kind
    left: Any
    right: Any
    because: str = ""
    needs: tuple[str, ...] = ()
    route: Any = None
    label: str = ""
    assumes: tuple[str, ...] = ()
    checked_by: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    one_way: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("needs", "assumes", "checked_by", "references"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
