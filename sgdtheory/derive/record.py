"""Records: derivations as data, to show, cite and check again. Reading one needs no SymPy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sgdtheory.errors import invalid

_FOLDER = Path(__file__).resolve().parent.parent / "records"


@dataclass(frozen=True, eq=False)
class Record:
    """A derivation's steps and results as they were written and checked."""

    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.data["name"]

    @property
    def source(self) -> str:
        return self.data["source"]

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

    def bibtex(self) -> str:
        """The source's BibTeX entry."""
        return self.data["bibtex"]


def names() -> list[str]:
    """Names of all records."""
    return sorted(p.stem for p in _FOLDER.glob("*.json"))


def derivation(name: str) -> Record:
    """The record of a derivation."""
    if name not in names():
        raise invalid("name", name, f"the name of a record: {', '.join(names()) or 'none is there'}")
    return Record(json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))
