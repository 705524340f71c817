"""What verification finds: one finding for each thing that was looked at, and the verdict on all."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing that was verified.

    Attributes
    ----------
    unit : str
        The kernel or theory that it is about.
    kind : str
        "record" (a step of the derivation, checked anew), "kernel" (a function against its formula in the record), "check"
        (against the definition), "case" (against simulation), "mutants" (do the checks notice a spoilt formula).
    name, what : str
    ok : bool
    detail : str
        Numbers, or the reason of a failure.
    seconds : float
    data : dict
        What a report draws: times, curves, numbers.
    """

    unit: str
    kind: str
    name: str
    what: str
    ok: bool
    detail: str = ""
    seconds: float = 0.0
    data: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


KINDS = {"record": "steps of derivations", "kernel": "functions against the record", "check": "checks against the definition",
         "case": "simulations", "mutants": "functions under mutation"}
"""The kinds of findings, in words."""


@dataclass(frozen=True, eq=False)
class Verification:
    """The verdict on some theories; its truth value is ``ok``.

    Attributes
    ----------
    names : tuple of str
        The theories that were asked for.
    findings : tuple of Finding
    complete : bool
        False if the work was interrupted; then ``ok`` is False.
    seconds : float
    """

    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    complete: bool = True
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything was looked at and holds."""
        return self.complete and all(f.ok for f in self.findings)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that do not hold."""
        return tuple(f for f in self.findings if not f.ok)

    def of(self, unit: str, kind: str | None = None) -> tuple[Finding, ...]:
        """The findings about one theory or kernel, of one kind if given."""
        return tuple(f for f in self.findings if f.unit == unit and kind in (None, f.kind))

    @property
    def units(self) -> tuple[str, ...]:
        """Kernels and theories that were looked at, in order."""
        return tuple(dict.fromkeys(f.unit for f in self.findings))

    def table(self) -> list[dict[str, Any]]:
        """One row for each unit and kind: how many findings hold, how many there are, the seconds they took."""
        rows = []
        for unit in self.units:
            for kind in KINDS:
                found = self.of(unit, kind)
                if found:
                    rows.append({"theory": unit, "kind": kind, "hold": sum(f.ok for f in found), "of": len(found),
                                 "seconds": round(sum(f.seconds for f in found), 2)})
        return rows

    def as_dict(self) -> dict[str, Any]:
        """Plain data: verdict, table and every finding without its curves."""
        return {"ok": self.ok, "complete": self.complete, "names": list(self.names), "seconds": round(self.seconds, 2), "table": self.table(),
                "findings": [{"theory": f.unit, "kind": f.kind, "name": f.name, "ok": f.ok, "detail": f.detail, "seconds": round(f.seconds, 3)}
                             for f in self.findings]}

    def _lines(self) -> Iterator[str]:
        for row in self.table():
            mark = "ok  " if row["hold"] == row["of"] else "FAIL"
            yield f"{mark} {row['theory']:<12} {row['hold']:>4} of {row['of']:<4} {KINDS[row['kind']]:<30} {row['seconds']:>7.1f} s"
        for f in self.failures:
            yield f"FAIL {f.unit}: {f.kind} {f.name}: {f.detail}"

    def __str__(self) -> str:
        verdict = "verified" if self.ok else "NOT VERIFIED" if self.complete else "INTERRUPTED"
        return "\n".join([*self._lines(), f"{', '.join(self.names)}: {verdict} in {self.seconds:.0f} s"])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"
