"""Random streams: one seed for an ensemble, one child of it for each run.

Run i draws from ``SFC64`` seeded by the i-th child of ``SeedSequence.spawn``, and from nothing else. So a run's bits
depend on the seed and on i, never on the number of runs, of chunks or of workers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import SFC64, Generator, SeedSequence

from sgdtheory.errors import invalid

RNG = int | SeedSequence | Generator | None
_INSTEAD = "rng=0 is reproducible, rng=None takes fresh entropy"


def root(rng: RNG) -> SeedSequence:
    """The seed of an ensemble: fresh for None, drawn from a Generator (which advances), otherwise as given."""
    if rng is None:
        return SeedSequence()
    if isinstance(rng, Generator):
        words = rng.integers(0, 2**32, size=4, dtype=np.uint64)
        return SeedSequence(sum(int(word) << (32 * i) for i, word in enumerate(words)))
    if isinstance(rng, SeedSequence):
        return SeedSequence(rng.entropy, spawn_key=rng.spawn_key, pool_size=rng.pool_size)
    if isinstance(rng, (bool, np.bool_)) or not isinstance(rng, (int, np.integer)) or rng < 0:
        raise invalid("rng", rng, "None, a whole number >= 0, a SeedSequence or a Generator", _INSTEAD)
    return SeedSequence(int(rng))


def seed(sequence: SeedSequence) -> Any:
    """What to pass as ``rng`` to get this ensemble again: a number where that is enough."""
    if isinstance(sequence.entropy, int) and not sequence.spawn_key and sequence.pool_size == 4:
        return sequence.entropy
    return sequence


def generator(sequence: SeedSequence, run: int) -> Generator:
    """The generator of one run, as ``sequence.spawn`` would seed it."""
    child = SeedSequence(sequence.entropy, spawn_key=(*sequence.spawn_key, run), pool_size=sequence.pool_size)
    return Generator(SFC64(child))
