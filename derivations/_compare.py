"""Does a derivation still give the kernel and the record that lie in the package?

Byte for byte under the SymPy version written in the record; by value under any other, since another version may order
or simplify a formula differently.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import sympy

import derivations
from sgdtheory.derive import Derivation
from sgdtheory.derive.domains import draw
from sgdtheory.derive.numeric import Evaluated, Undecided
from sgdtheory.derive.storing import read_symbols
from sgdtheory.derive.text import from_text

_POINTS = 4
_KERNEL_RTOL = 1e-6  # two forms of one formula may cancel differently; any other formula differs by far more


def differences(
    derivation: Derivation, kernels: Path = derivations.KERNELS, records: Path = derivations.RECORDS
) -> list[str]:
    """What differs between the derivation and its kept files, in words; empty if nothing does."""
    fresh = derivation.files()
    kept = {name: (kernels if name.endswith(".py") else records) / name for name in fresh}
    missing = [f"{name} is missing" for name, path in kept.items() if not path.exists()]
    if missing:
        return missing
    old = {name: path.read_text(encoding="utf-8") for name, path in kept.items()}
    record = f"{derivation.name}.json"
    if json.loads(old[record])["sympy"] == sympy.__version__:
        return [f"{name} is not the same text" for name in fresh if fresh[name] != old[name]]
    told = records_differ(json.loads(fresh[record]), json.loads(old[record]))
    kernel = f"{derivation.name}.py"
    return told or kernels_differ(fresh[kernel], old[kernel], json.loads(old[record]))


def records_differ(fresh: dict[str, Any], kept: dict[str, Any]) -> list[str]:
    """What differs in meaning between two records."""
    for key in ("name", "source", "update", "symbols"):
        if fresh[key] != kept[key]:
            return [f"{key} of the record differs"]
    told = []
    if [s["name"] for s in fresh["steps"]] != [s["name"] for s in kept["steps"]]:
        return ["the record has other steps"]
    for a, b in zip(fresh["steps"], kept["steps"], strict=True):
        if any(a[k] != b[k] for k in ("kind", "needs", "verdict", "exactness", "assumes")):
            told.append(f"step {a['name']} is of another kind, or rests on other steps")
        elif a["kind"] == "theorem":
            told += [f"the statement of {a['name']} differs"] * (a["right"] != b["right"])
        else:
            told += [
                f"the {side} side of {a['name']} has another value"
                for side in ("left", "right")
                if a[side] != b[side] and not _same(a[side], b[side], kept)
            ]
    return told


def kernels_differ(fresh: str, kept: str, record: dict[str, Any]) -> list[str]:
    """Which functions of two kernels have other arguments or other values."""
    domains, symbols = read_symbols(record)
    new, old = _module(fresh), _module(kept)
    told = []
    for result in record["results"]:
        name, arguments = result["name"], {**result["arguments"], **result["parameters"]}
        f, g = getattr(new, name, None), getattr(old, name)
        if f is None or inspect.signature(f) != inspect.signature(g):
            told.append(f"function {name} has other arguments")
            continue
        for seed in range(_POINTS):
            point = draw(domains, seed)
            values = {n: float(point[symbols[s]]) for n, s in arguments.items()}
            if not np.allclose(f(**values), g(**values), rtol=_KERNEL_RTOL, atol=0.0):
                told.append(f"function {name} has another value at {values}")
                break
    return told


def _same(a: str | None, b: str | None, record: dict[str, Any]) -> bool:
    if a is None or b is None:
        return False
    domains, symbols = read_symbols(record)
    with mpmath.workdps(30):
        first, second = (Evaluated(from_text(text, symbols), list(domains)) for text in (a, b))
        for seed in range(_POINTS):
            point = draw(domains, seed)
            try:
                x, y = first(point), second(point)
            except Undecided:
                return False
            if abs(x - y) > mpmath.mpf(10) ** -15 * max(abs(x), abs(y)):
                return False
    return True


def _module(source: str) -> ModuleType:
    module = ModuleType("kernel")
    exec(compile(source, "<kernel>", "exec"), module.__dict__)
    return module
