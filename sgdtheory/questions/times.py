"""The times at which predictions are shown and runs are recorded: the same for both."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdtheory.values import Array, number


def recording_times(problem: Any, horizon: float, points: int = 121) -> Array:
    """Equally spaced times in [0, horizon], each a whole number of steps, in units of ``problem.scale`` steps."""
    horizon = number("horizon", horizon, above=0.0, instead="time is steps / problem.scale; horizon=6.0 makes 6 * scale steps")
    last = max(1, int(np.floor(horizon * problem.scale + 1e-9)))
    steps = np.round(np.linspace(0.0, last, points))
    steps = steps[np.append(True, np.diff(steps) > 0.0)]  # np.unique would load numpy.ma
    times = steps / problem.scale
    times.setflags(write=False)
    return times
