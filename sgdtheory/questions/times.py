"""The times at which predictions are shown and runs are recorded: the same for both."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdtheory.errors import invalid
from sgdtheory.values import Array, number

LONGEST = 1e15
"""Above this a time is no longer told from its neighbour one step later."""


def recording_times(problem: Any, horizon: float, points: int = 121) -> Array:
    """Equally spaced times in [0, horizon], each a whole number of steps, in units of ``problem.scale`` steps."""
    scale = getattr(problem, "scale", None)
    if scale is None:
        raise invalid("problem", problem, "a problem such as sgt.LinearRegression", "the problem comes first, then the algorithm")
    horizon = number(
        "horizon",
        horizon,
        least=1.0 / scale,
        most=LONGEST,
        instead="time is steps / problem.scale: horizon=6.0 makes 6 * scale steps, one step is the least",
    )
    last = max(1, int(np.floor(horizon * scale + 1e-9)))
    steps = np.round(np.linspace(0.0, last, points))
    steps = steps[np.append(True, np.diff(steps) > 0.0)]  # np.unique would load numpy.ma
    times = steps / scale
    times.setflags(write=False)
    return times
