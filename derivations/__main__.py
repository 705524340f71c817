"""``python -m derivations [NAME ...]`` writes kernels and records; ``--check`` compares instead.

Under the SymPy version of the record the comparison is byte for byte, under any other by value.
"""

from __future__ import annotations

import argparse
import sys
import time

import derivations
from derivations._compare import differences


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
        derivation = derivations.load(name)
        told = differences(derivation) if options.check else []
        if not options.check:
            derivation.write(derivations.KERNELS, derivations.RECORDS)
        failed += bool(told)
        state = "differs: " + "; ".join(told) if told else "agrees" if options.check else "written"
        print(
            f"{name}: {len(derivation.steps)} steps, {len(derivation.functions)} functions, {state}"
            f" ({time.perf_counter() - start:.1f} s)"
        )
    return failed


if __name__ == "__main__":
    sys.exit(main())
