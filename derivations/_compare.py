"""Does a derivation still give the kernel and the record that lie in the package?"""

from __future__ import annotations

import json

import sympy

import derivations
from sgdtheory.derive import Derivation


def differences(derivation: Derivation) -> list[str]:
    """What differs, in words; empty if nothing does."""
    places = {".py": derivations.KERNELS, ".json": derivations.RECORDS}
    kept = {name: places["." + name.rsplit(".", 1)[1]] / name for name in derivation.files()}
    missing = [name for name, path in kept.items() if not path.exists()]
    if missing:
        return [f"{name} is missing" for name in missing]
    return [f"{name} is not the same text" for name, text in derivation.files().items() if kept[name].read_text(encoding="utf-8") != text]
