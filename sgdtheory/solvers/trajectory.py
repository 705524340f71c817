"""The answer of the mode solver: the risk at any time, from the steps' own interpolants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.solvers.feedback import Step
from sgdtheory.solvers.replay import Replay
from sgdtheory.values import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Trajectory:
    """R(t) on [0, horizon]: called with times it returns risks (dense output).

    Attributes
    ----------
    knots : ndarray of shape (n,)
        Ends of the steps; the first is 0.
    horizon : float
        The last time that can be asked for.
    numerical_error : float
        Estimate of the largest relative error of R on [0, horizon].
    """

    def __init__(
        self,
        steps: Sequence[Step],
        horizon: float,
        numerical_error: float,
        vanished: float = np.inf,
        replay: Replay | None = None,
    ) -> None:
        self.horizon, self.numerical_error = float(horizon), float(numerical_error)
        self.knots = np.array([0.0] + [s.after.time for s in steps])
        self._risk = np.array([s.risk for s in steps])
        self._time = np.array([s.time for s in steps])
        self._vanished = vanished
        self._replay = replay

    def __call__(self, times: Any) -> Any:
        """The risk at each time in [0, horizon]; same shape as ``times``."""
        asked = np.asarray(times, dtype=np.float64)
        flat = self._inside(asked)
        index, x = self.locate(flat)
        risk = np.where(flat >= self._vanished, 0.0, series(self._risk[index], x))
        return risk.reshape(asked.shape) if asked.ndim else float(risk[0])

    def modes(self, times: Any) -> Array:
        """All modes r_j at each time: shape ``times.shape + (m,)``; of a trajectory made with ``keep_modes=True``."""
        if self._replay is None:
            raise invalid(
                "keep_modes",
                False,
                "True for a trajectory whose modes are asked for",
                "integrate(..., keep_modes=True)",
            )
        asked = np.asarray(times, dtype=np.float64)
        flat = self._inside(asked)
        index, x = self.locate(flat)
        rows = [self._replay.at(int(i), 0.5 * (1.0 + float(p))) for i, p in zip(index, x, strict=True)]
        rows = [np.zeros_like(r) if t >= self._vanished else r for r, t in zip(rows, flat, strict=True)]
        return np.array(rows).reshape(*asked.shape, -1)

    def _inside(self, asked: Array) -> Array:
        flat = asked.ravel()
        good = (flat >= 0.0) & (flat <= self.horizon * (1.0 + 1e-12))
        if not good.all():
            raise invalid(
                "times", float(flat[~good][0]), f"within [0, {self.horizon:g}]", "integrate to a larger horizon"
            )
        return flat

    def locate(self, times: Array) -> tuple[NDArray[np.intp], Array]:
        """The step that holds each time, and the position x in [-1, 1] on it where the clock shows that time."""
        index = np.clip(np.searchsorted(self.knots, times, side="right") - 1, 0, len(self._risk) - 1)
        span = np.diff(self.knots)[index]
        since = np.minimum(times - self.knots[index], span)
        clock = self._time[index]
        low, high = np.full(times.shape, -1.0), np.ones(times.shape)
        x = np.clip(2.0 * since / np.where(span > 0.0, span, 1.0) - 1.0, -1.0, 1.0)
        for _ in range(60):
            value, slope = series(clock, x) - since, _series_slope(clock, x)
            low, high = np.where(value < 0.0, x, low), np.where(value > 0.0, x, high)
            move = np.where(slope > 0.0, value / np.where(slope > 0.0, slope, 1.0), 2.0)
            better = np.where((x - move >= low) & (x - move <= high), x - move, 0.5 * (low + high))
            done = np.abs(better - x) <= 4e-16
            x = better
            if done.all():
                break
        return index, x


def series(coefficients: Array, x: Array) -> Array:
    """Legendre series, one per entry of x: coefficients (n, degree + 1)."""
    later = np.zeros_like(x)
    value = np.zeros_like(x)
    for k in range(coefficients.shape[1] - 1, -1, -1):
        value, later = coefficients[:, k] + x * (2 * k + 1) / (k + 1) * value - (k + 1) / (k + 2) * later, value
    return value


def _series_slope(coefficients: Array, x: Array) -> Array:
    """Derivative of the same series, through P'_{k+1} = P'_{k-1} + (2k+1) P_k."""
    before, here = np.ones_like(x), x
    slope_before, slope = np.zeros_like(x), np.ones_like(x)
    total = coefficients[:, 1].copy()
    for k in range(1, coefficients.shape[1] - 1):
        after = ((2 * k + 1) * x * here - k * before) / (k + 1)
        slope_after = slope_before + (2 * k + 1) * here
        total += coefficients[:, k + 1] * slope_after
        before, here, slope_before, slope = here, after, slope, slope_after
    return total


def position(step: Step, since: float) -> float:
    """x in [-1, 1] at which the step's clock shows the time ``since`` after its start."""
    moved = step._replace(start=0.0, after=step.after._replace(time=step.after.time - step.start))
    return float(Trajectory([moved], since, 0.0).locate(np.array([since]))[1][0])
