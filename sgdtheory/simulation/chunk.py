"""The unit of work: a few runs, stepped side by side through streamed blocks of samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import SeedSequence

from sgdtheory.blas import one_thread
from sgdtheory.errors import Diverged, InvalidInput
from sgdtheory.problems.covariance import Covariance
from sgdtheory.simulation import streams
from sgdtheory.simulation.rules import Step
from sgdtheory.simulation.sources import Source
from sgdtheory.values import Array

RUNS_IN_CHUNK = 16
"""Runs in one unit of work. A constant: it does not depend on the machine."""
_BLOCK = 2**16
_GROUP = 2**21
_LONGEST = 1024

Advance = Callable[[int], Any]


@dataclass(frozen=True)
class Chunk:
    """Runs ``first`` to ``last - 1`` of an ensemble: picklable, and all that a worker needs.

    ``rate`` is a number, a function of time, or an array with a learning rate for each step.
    """

    covariance: Covariance
    error: Array
    source: Source
    step: Step
    rate: float | Callable[[float], float] | Array
    batch: int
    scale: int
    record: Any
    sequence: SeedSequence
    first: int
    last: int

    def __call__(self) -> Array:
        risk = np.full((self.last - self.first, len(self.record)), np.nan)
        self.fill(risk)
        return risk

    @property
    def block(self) -> int:
        """Steps whose samples are drawn at once: a function of d and the batch alone, so no bits depend on more."""
        return int(np.clip(_BLOCK // (self.batch * self.covariance.d), 1, _LONGEST))

    def fill(self, risk: Array, advance: Advance = lambda steps: None) -> None:
        """Write the risks at the recorded steps into ``risk``, shape (last - first, len(record)), as they come."""
        together = max(1, min(RUNS_IN_CHUNK, _GROUP // (self.block * self.batch * self.covariance.d)))
        with one_thread():
            for start in range(self.first, self.last, together):
                runs = range(start, min(start + together, self.last))
                self._side_by_side(runs, risk[start - self.first:runs.stop - self.first], advance)

    def _side_by_side(self, runs: range, risk: Array, advance: Advance) -> None:
        n, d, batch, block = len(runs), self.covariance.d, self.batch, self.block
        generators = [streams.generator(self.sequence, run) for run in runs]
        errors = np.repeat(self.error[None], n, axis=0)
        x, eps, residuals = np.empty((block, n, batch, d)), np.empty((block, n, batch)), np.empty((block, n, batch))
        products, moves = np.empty((n, batch, d)), np.empty((n, d))
        last, column = int(self.record[-1]), 0
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for start in range(0, last, block):
                steps = min(block, last - start)
                for i, rng in enumerate(generators):
                    rows, noise = self.source.draw(rng, block * batch)
                    x[:, i] = rows.reshape(block, batch, d)
                    eps[:, i] = noise.reshape(block, batch)
                features = self.step.features(x[:steps])
                sizes = self._rates(start, steps) / self.scale
                for k in range(steps):
                    if start + k == self.record[column]:
                        self._measure(errors, runs, start + k, risk[:, column])
                        column += 1
                    np.multiply(x[k], errors[:, None], out=products)
                    r = np.subtract(products.sum(axis=-1), eps[k], out=residuals[k])
                    try:
                        direction = self.step.direction(features[k], r)
                    except InvalidInput:
                        self._check(residuals[:k + 1], eps, runs, start)
                        raise
                    errors -= np.multiply(direction, sizes[k], out=moves)
                self._check(residuals[:steps], eps, runs, start)
                advance(steps * n)
            self._measure(errors, runs, last, risk[:, column])

    def _rates(self, start: int, steps: int) -> Array:
        if isinstance(self.rate, np.ndarray):
            return self.rate[start:start + steps]
        if callable(self.rate):
            return np.array([self.rate(k / self.scale) for k in range(start, start + steps)])
        return np.full(steps, self.rate)

    def _measure(self, errors: Array, runs: range, step: int, out: Array) -> None:
        """The risk v'Kv/2 of each run, one by one: a matrix product's bits could depend on the number of its rows."""
        for i, error in enumerate(errors):
            out[i] = 0.5 * self.covariance.quadratic(error)
            if not np.isfinite(out[i]):
                raise self._overflow(runs[i], step)

    def _check(self, residuals: Array, noise: Array, runs: range, start: int) -> None:
        """Find the first overflow in a block; noise so heavy that it is itself infinite is no overflow of the run."""
        bad = np.any(~np.isfinite(residuals) & np.isfinite(noise[:len(residuals)]), axis=-1)
        if bad.any():
            step, run = (int(n) for n in np.argwhere(bad)[0])
            raise self._overflow(runs[run], start + step)

    def _overflow(self, run: int, step: int) -> Diverged:
        rate = self._rates(max(step - 1, 0), 1)[0]
        return Diverged(f"run {run} overflowed at t={step / self.scale:.6g} (step {step}), where the learning rate was "
                        f"{rate:.6g} and the raw step {rate / self.scale:.6g}; choose a smaller learning rate or a "
                        "shorter horizon")
