"""Derivations: one file a theory, from its definitions to its formulas.

``python -m derivations`` writes kernels and records.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sgdtheory.derive import Derivation

ROOT = Path(__file__).resolve().parent.parent
KERNELS = ROOT / "sgdtheory" / "kernels"
RECORDS = ROOT / "sgdtheory" / "records"


def names() -> list[str]:
    """Names of all derivations."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def load(name: str) -> Derivation:
    """The derivation of a file ``derivations/NAME.py``: its module-level ``D``."""
    return importlib.import_module(f"{__name__}.{name}").D
