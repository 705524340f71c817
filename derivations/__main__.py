"""``python -m derivations [NAME ...]`` writes kernels and records; ``--check`` compares instead.

Under the SymPy version of the record the comparison is byte for byte, under any other by value.
"""

from __future__ import annotations

import argparse
import sys
import time

import derivations
from derivations._compare import differences
from sgdtheory.errors import SGDTheoryError


def main() -> int:
    """Write or compare; the exit code is the number of derivations that failed."""
    parser = argparse.ArgumentParser(prog="python -m derivations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="derivations (all if none is given)")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(derivations.names()))
    if unknown:
        parser.error(f"no derivation {', '.join(unknown)}; there are {', '.join(derivations.names())}")
    failed = 0
    for name in options.names or derivations.names():
        start = time.perf_counter()
        try:
            good, said = _one(name, options.check)
        except SGDTheoryError as error:
            good, said = False, str(error)
        failed += not good
        print(f"{name}: {said} ({time.perf_counter() - start:.1f} s)", flush=True)
    return failed


def _one(name: str, check: bool) -> tuple[bool, str]:
    derivation = derivations.load(name)
    counted = f"{len(derivation.steps)} steps, {len(derivation.functions)} functions"
    if not check:
        derivation.write(derivations.KERNELS, derivations.RECORDS)
        return True, f"{counted}, written"
    told = differences(derivation)
    return not told, f"{counted}, {'differs: ' + '; '.join(told) if told else 'agrees'}"


if __name__ == "__main__":
    sys.exit(main())
