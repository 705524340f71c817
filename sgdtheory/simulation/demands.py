"""What a job will take in memory and time, said before it starts."""

from __future__ import annotations

import math
from warnings import warn

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.errors import InfiniteMeanWarning, InvalidInput, LongJobWarning, NotSeparable, invalid
from sgdtheory.problems.linear_regression import LinearRegression

MOST_BYTES = 16 * 2**30
"""No block of samples, and no array of results, may take more."""
MOST_STEPS = 2**53
"""Above this, times in floating point no longer tell steps apart."""
LONG_HOURS = 24.0

_NUMBER = 8
_ARRAYS_OF_SAMPLES = 5  # a block holds the rows, their copy, its features, the products with the error, the direction
_ARRAYS_OF_RISKS = 2
# measured on one core: what Python takes for a step of up to 16 runs, and what a coordinate of a sample takes
_SECONDS_PER_STEP = 3e-5
_SECONDS_PER_COORDINATE = 1.8e-8


def check_horizon(problem: LinearRegression, horizon: float) -> None:
    """A number of steps that floating point can count."""
    if horizon * problem.scale > MOST_STEPS:
        raise invalid("horizon", horizon, f"at most {MOST_STEPS / problem.scale:.6g}: {problem.scale} steps make a unit of time",
                      "horizon=10.0 is enough for most learning curves")


def check_memory(problem: LinearRegression, algorithm: SeparableUpdate, runs: int, recorded: int, listed: int) -> None:
    """Memory that one block of samples, the results, and ``listed`` learning rates fit into, or our error."""
    row = _NUMBER * _ARRAYS_OF_SAMPLES * problem.covariance.d
    if row > MOST_BYTES:
        raise _too_much("problem", f"dimension {problem.covariance.d}", row, f"d <= {MOST_BYTES * problem.covariance.d // row}")
    if row * algorithm.batch_size > MOST_BYTES:
        raise _too_much("batch_size", algorithm.batch_size, row * algorithm.batch_size,
                        f"batch_size <= {MOST_BYTES // row} at d={problem.covariance.d}")
    run = _NUMBER * _ARRAYS_OF_RISKS * recorded
    if run * runs > MOST_BYTES:
        raise _too_much("runs", runs, run * runs, f"runs <= {max(1, MOST_BYTES // run)} with {recorded} recorded times, "
                                                  "or fewer times=")
    if _NUMBER * listed > MOST_BYTES:
        raise _too_much("horizon", listed / problem.scale, _NUMBER * listed,
                        "executor=None, or a constant learning rate, needs no list of the learning rate of every step")


def _too_much(argument: str, value: object, size: int, instead: str) -> InvalidInput:
    return invalid(argument, value, f"such that no array needs more than {MOST_BYTES / 2**30:.0f} GiB "
                                    f"(here {size / 2**30:.3g} GiB)", instead)


def hours(problem: LinearRegression, algorithm: SeparableUpdate, runs: int, steps: int, together: int) -> float:
    """Estimated hours on one core, right within a factor of a few."""
    draws = steps * runs * algorithm.batch_size * problem.covariance.d
    return (steps * math.ceil(runs / together) * _SECONDS_PER_STEP + draws * _SECONDS_PER_COORDINATE) / 3600.0


def warn_of_time(problem: LinearRegression, algorithm: SeparableUpdate, runs: int, steps: int, together: int) -> None:
    """Say of a job of more than a day how long it may take."""
    expected = hours(problem, algorithm, runs, steps, together)
    if expected > LONG_HOURS:
        draws = steps * runs * algorithm.batch_size * problem.covariance.d
        warn(f"{steps:.3g} steps of {runs} runs are {draws:.3g} draws, about {expected:.3g} hours on one core; a shorter "
             "horizon, fewer runs or a smaller d take less", LongJobWarning, stacklevel=3)


def warn_of_infinite_mean(problem: LinearRegression, algorithm: SeparableUpdate) -> None:
    """Say where E h(r)^2 is infinite: then one step suffices for an infinite mean risk, whatever the runs show."""
    tail = problem.noise.tail_exponent
    if tail == math.inf:
        return
    try:
        growth = algorithm.residual_growth
    except NotSeparable:  # an h is what grows; a text without one is simulated without this advice
        return
    if 2.0 * growth >= tail:
        warn(f"the mean risk of {algorithm!r} under {problem.noise!r} is infinite: the update grows like |r|^{growth:g} and "
             f"the noise has moments below order {tail:g} only. The mean and standard error of the runs estimate nothing; "
             "medians over the runs, np.median(runs.risk, axis=0), are meaningful", InfiniteMeanWarning, stacklevel=3)
