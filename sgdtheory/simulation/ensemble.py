"""Run an algorithm as it is printed, many times, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SeparableUpdate
from sgdtheory.errors import Interrupted, invalid
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.questions.times import recording_times
from sgdtheory.simulation import demands, rules, streams
from sgdtheory.simulation import progress as _progress
from sgdtheory.simulation.chunk import RUNS_IN_CHUNK, Advance, Chunk
from sgdtheory.simulation.rows import Rows
from sgdtheory.simulation.runs import Runs
from sgdtheory.simulation.sources import Model, Source
from sgdtheory.simulation.streams import RNG
from sgdtheory.values import Array, integer, number

_IN_FLIGHT = 256


def simulate(problem: LinearRegression, algorithm: SeparableUpdate, horizon: float, *, runs: int = 16,
             rng: RNG = None, times: Any = None, rule: rules.Rule | None = None, rows: Rows | None = None,
             executor: Executor | None = None, progress: bool | None = None) -> Runs:
    """Run the algorithm itself: one pass over fresh samples, ``runs`` independent times.

    Step k is theta <- theta - (eta(k/d)/d) * direction, with ``batch_size`` fresh samples of the problem and the
    direction of the rule. Samples are streamed in blocks: apart from the recorded risks, memory depends neither on the
    horizon nor on the number of runs.

    Parameters
    ----------
    problem : LinearRegression
    algorithm : SGD, SignSGD, ClippedSGD or SeparableUpdate
        ``SignSGD`` takes the sign of the mean gradient of the batch; all others average the per-sample updates.
    horizon : float
        Last time, in units of ``problem.scale`` steps; at least one step.
    runs : int
        Number of independent runs, >= 1.
    rng : None, int, SeedSequence or Generator
        Source of the seed; a Generator advances by one draw of four words. ``Runs.seed`` gives the runs again.
    times : array_like or an object with ``times``, optional
        When to record, in [0, horizon], increasing; snapped to whole steps, and times of the same step are merged.
        Default: the recording times of ``sgt.risk_curve``.
    rule : object of sgt.rules, optional
        Another update rule than the algorithm's own, such as ``sgt.rules.GradientNormClipping()``.
    rows : Rows, optional
        Draw samples with replacement from the rows of a data set instead of the Gaussian model.
    executor : concurrent.futures.Executor, optional
        Where to run; default: here. The results are the same bits. A learning rate function is evaluated here, at
        every step, so it need not be picklable.
    progress : bool, optional
        Show a progress bar. None: for long jobs, in a terminal or a notebook only.

    Returns
    -------
    Runs
        The risk R = (1/2) v'Kv of each run, computed exactly from the covariance.

    Raises
    ------
    InvalidInput
        For arguments outside their domain, and where a block of samples or the results need more than 16 GiB.
    Diverged
        If a run overflows; names the run, the time and the step size.
    Interrupted
        At Ctrl-C; its ``runs`` holds the finished runs, or if none had finished, the started ones up to the last time
        that all of them recorded.

    Warns
    -----
    InfiniteMeanWarning
        Where the update's noise power is infinite, as for SGD under Cauchy noise: the mean risk of a run is infinite
        then, while medians over the runs are meaningful.
    LongJobWarning
        Before a job that may take more than a day.

    Notes
    -----
    Run i depends on the seed and on i alone: 5 runs are the first 5 of 20, on any executor, in the same bits on one
    machine with one version of NumPy. For this OpenBLAS is held to one thread while runs are simulated. Another BLAS
    is left alone; for dense and low rank covariances give it one thread yourself (MKL_NUM_THREADS=1, say).

    Examples
    --------
    >>> import sgdtheory as sgt
    >>> problem = sgt.LinearRegression(sgt.covariance.identity(100), sgt.noise.Gaussian(0.5))
    >>> runs = sgt.simulate(problem, sgt.SignSGD(learning_rate=0.5), horizon=4.0, runs=8, rng=0)
    >>> runs.risk.shape, bool(runs.mean[-1] < 0.3)
    ((8, 121), True)
    """
    if not isinstance(problem, LinearRegression):
        raise invalid("problem", problem, "a problem that the simulator knows: sgt.LinearRegression")
    if not isinstance(algorithm, SeparableUpdate):
        raise invalid("algorithm", algorithm, "an algorithm with an update text, such as sgt.SGD(0.5)")
    if rule is not None and not isinstance(rule, rules.Rule):
        raise invalid("rule", rule, "an update rule of sgt.rules", "None takes the algorithm's own")
    if executor is not None and not isinstance(executor, Executor):
        raise invalid("executor", executor, "a concurrent.futures.Executor", "None runs here")
    runs = integer("runs", runs, least=1, instead="runs=16 shares the cost of a step among 16 runs")
    record = _steps(problem, horizon, times)
    chosen = rules.own(algorithm) if rule is None else rule
    sequence = streams.root(rng)
    step, source = chosen.prepare(problem, algorithm), _source(problem, rows)
    last, listed = int(record[-1]), executor is not None and algorithm.constant_learning_rate is None
    demands.check_memory(problem, algorithm, runs, len(record), last if listed else 0)
    if rows is None and isinstance(chosen, rules.Separable):
        demands.warn_of_infinite_mean(problem, algorithm)
    demands.warn_of_time(problem, algorithm, runs, last, RUNS_IN_CHUNK)
    assert problem.error is not None  # the problem fills it in
    rate = _rate(algorithm, problem.scale, record, executor)
    chunks = (Chunk(problem.covariance, problem.error, source, step, rate, algorithm.batch_size, problem.scale, record,
                    sequence, first, min(first + RUNS_IN_CHUNK, runs)) for first in range(0, runs, RUNS_IN_CHUNK))
    risk = np.full((runs, len(record)), np.nan)
    recorded, seed = record / problem.scale, streams.seed(sequence)
    try:
        with _progress.bar(progress, runs * last, algorithm.batch_size * problem.covariance.d) as advance:
            if executor is None:
                for chunk in chunks:
                    chunk.fill(risk[chunk.first:chunk.last], advance)
            else:
                _spread(chunks, executor, risk, advance)
    except KeyboardInterrupt:
        raise _interrupted(recorded, risk, seed, problem, algorithm, chosen) from None
    return Runs(recorded, risk, seed, problem, algorithm, chosen)


def _steps(problem: LinearRegression, horizon: float, times: Any) -> Any:
    """The steps to record at."""
    scale = problem.scale
    horizon = number("horizon", horizon, least=1.0 / scale,
                     instead=f"time is steps / {scale}, so one step is {1.0 / scale:g}")
    demands.check_horizon(problem, horizon)
    if times is None:
        return np.round(recording_times(problem, horizon) * scale).astype(np.int64)
    given = getattr(times, "times", times)
    try:
        asked = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise invalid("times", times, "an array of times, or an object with .times", "curve.times, say") from None
    if asked.ndim != 1 or asked.size == 0:
        raise invalid("times", f"array of shape {asked.shape}", "an array of shape (m,) with m >= 1")
    latest = horizon * (1.0 + 1e-12)
    if not np.all(np.isfinite(asked)) or np.any(np.diff(asked) < 0.0) or asked[0] < 0.0 or asked[-1] > latest:
        raise invalid("times", asked, f"finite, increasing and in [0, {horizon:g}]", "a longer horizon allows more")
    return np.unique(np.minimum(np.round(asked * scale), np.floor(latest * scale + 1e-9))).astype(np.int64)


def _source(problem: LinearRegression, rows: Rows | None) -> Source:
    if rows is None:
        return Model(problem.covariance, problem.noise)
    if not isinstance(rows, Rows):
        raise invalid("rows", rows, "rows of a data set", "sgdtheory.simulation.Rows.fit(X, y)")
    return rows.source(problem)


def _rate(algorithm: SeparableUpdate, scale: int, record: Any, executor: Executor | None) -> Any:
    """The learning rate as a chunk takes it: for other processes, which may not know a function, its values."""
    if algorithm.constant_learning_rate is not None:
        return algorithm.constant_learning_rate
    if executor is not None:
        return np.array([algorithm.learning_rate_at(k / scale) for k in range(int(record[-1]))])
    return algorithm.learning_rate_at


def _spread(chunks: Iterable[Chunk], executor: Executor, risk: Array, advance: Advance) -> None:
    """Run the chunks on an executor, a bounded number of them submitted at once."""
    waiting, running = iter(chunks), dict[Future[Array], Chunk]()
    try:
        while True:
            while len(running) < _IN_FLIGHT and (chunk := next(waiting, None)) is not None:
                running[executor.submit(chunk)] = chunk
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                _collect(future, running.pop(future), risk, advance)
    except BaseException:
        for future in running:
            future.cancel()
        for future, chunk in running.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                _collect(future, chunk, risk, advance)
        raise


def _collect(future: Future[Array], chunk: Chunk, risk: Array, advance: Advance) -> None:
    risk[chunk.first:chunk.last] = future.result()
    advance((chunk.last - chunk.first) * int(chunk.record[-1]))


def _interrupted(times: Array, risk: Array, seed: Any, problem: Any, algorithm: Any, rule: Any) -> Interrupted:
    reached = np.sum(~np.isnan(risk), axis=1)
    finished = reached == len(times)
    kept = finished if finished.any() else reached > 0
    columns = int(np.min(reached[kept], initial=len(times)))
    again = f"rng={seed!r} starts the same runs again"
    if not kept.any():
        return Interrupted(f"interrupted before anything was recorded; {again}")
    partial = Runs(times[:columns], risk[kept, :columns], seed, problem, algorithm, rule)
    return Interrupted(f"interrupted with {int(finished.sum())} of {len(risk)} runs finished; .runs holds "
                       f"{len(partial)} runs up to t={partial.horizon:.6g}; {again}", partial)
