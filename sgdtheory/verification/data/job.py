"""SGD, signSGD and clipped SGD on a data set: predicted from its covariance and residuals, and run on its rows."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sgdtheory.algorithms.separable import SGD, ClippedSGD, SeparableUpdate, SignSGD
from sgdtheory.errors import Diverged, OutsideTheory, SGDTheoryError, SGDTheoryWarning, invalid
from sgdtheory.questions.best_schedule import best_schedule
from sgdtheory.questions.effects import effects
from sgdtheory.questions.exact_stationary_risk import exact_stationary_risk
from sgdtheory.questions.risk_curve import risk_curve
from sgdtheory.simulation import streams
from sgdtheory.simulation.ensemble import simulate
from sgdtheory.simulation.runs import Runs
from sgdtheory.simulation.streams import RNG
from sgdtheory.values import Array, array, integer, number
from sgdtheory.verification.data.analysis import HYBRIDS, DataAnalysis, Gap, Outcome
from sgdtheory.verification.data.facts import Facts, pull
from sgdtheory.verification.data.model import Model, fit
from sgdtheory.verification.data.table import known, read

ALGORITHMS = ("SGD", "signSGD", "clipped SGD")
KINDS = ("rows", "shuffled", "gaussian")
SHORTEST, LONGEST, WORK = 10.0, 200.0, 2e9
"""The default horizon is one pass over the rows within these bounds, with at most ``WORK`` coordinate updates."""

CURVE_RTOL = 1e-6
Progress = Callable[[str, int, int], object]


def analyse(data: Any, target: Any, *, names: Sequence[str] | None = None, ignore: Sequence[str] = (),
            drop_constant: bool = False, standardise: bool = False, learning_rates: Mapping[str, float] | None = None,
            threshold: float | None = None, horizon: float | None = None, runs: int = 16, rng: RNG = None,
            progress: Progress | None = None) -> DataAnalysis:
    """Which of SGD, signSGD and clipped SGD learns a data set best, by theory and on its rows, and why.

    The covariance K = X'X/n of the centred features, the least squares solution theta_star and the law of its residuals
    are taken from the data. The theory predicts R(t) = (1/2) v'Kv, v = theta - theta_star, from theta = 0, for Gaussian
    features with this covariance. The algorithms themselves run on the rows, drawn with replacement.

    Parameters
    ----------
    data : str, Path or array_like of shape (n, d)
        A CSV file with a header, or the features.
    target : str or array_like of shape (n,)
        The column to learn, or its values.
    names : sequence of str, optional
        Names of the features, where ``data`` is an array.
    ignore : sequence of str
        Columns of the file to leave out.
    drop_constant : bool
        Leave out columns that never vary; otherwise they are an error.
    standardise : bool
        Divide each feature by its standard deviation. SGD changes by this, signSGD hardly does.
    learning_rates : mapping, optional
        Of "SGD", "signSGD", "clipped SGD" to a constant learning rate; those not given take the theory's best one.
    threshold : float, optional
        Of clipped SGD. Default: the root mean square of the residuals.
    horizon : float, optional
        Last time, in units of d steps. Default: one pass over the rows, within [10, 200].
    runs : int
        Runs of each kind, >= 4.
    rng : None, int, SeedSequence or Generator
    progress : callable, optional
        Called with (what is done now, stages done, stages in all).

    Returns
    -------
    DataAnalysis

    Raises
    ------
    InvalidInput
        For a file that is no table of numbers, constant columns, too few rows, arguments outside their domain.

    Notes
    -----
    For real features the theory is an approximation; ``gaps`` says how good, and runs with shuffled residuals and with
    Gaussian features show how much of the gap is due to what. Source: arXiv:2411.12135, arXiv:2406.11733.

    Examples
    --------
    >>> import numpy as np, sgdtheory as sgt
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, size=(400, 20))
    >>> y = X @ np.ones(20) + rng.standard_t(3, size=400)
    >>> found = sgt.analyse(X, y, horizon=2.0, runs=4, rng=0)
    >>> [o.name for o in found.outcomes], abs(found.outcomes[1].gaps["gaussian"].average) < 0.5
    (['SGD', 'signSGD', 'clipped SGD'], True)
    """
    runs = integer("runs", runs, least=4, instead="runs=16")
    given = _learning_rates(learning_rates)
    threshold = None if threshold is None else number("threshold", threshold, above=0.0)
    if horizon is not None:
        horizon = number("horizon", horizon, above=0.0, instead="time is steps / d; horizon=10 makes 10 d steps")
    seed = streams.root(rng)
    origin, label, feature_names, features, values = _load(data, target, names, ignore)
    report = progress or (lambda stage, done, total: None)
    stages = 1 + len(ALGORITHMS) * (1 + len(KINDS)) + len(HYBRIDS)
    report("least squares", 0, stages)
    model = fit(features, values, feature_names, drop_constant=drop_constant, standardise=standardise,
                           rng=streams.generator(seed, 0))
    horizon = _horizon(model, runs) if horizon is None else horizon
    rules = _rules(model, threshold)
    outcomes, hybrids, done = [], {}, 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SGDTheoryWarning)
        for name in ALGORITHMS:
            report(f"theory of {name}", done, stages)
            rate = given.get(name) or best_schedule(model.problem, rules[name](1.0), horizon).constant
            tell = partial(_tell, report, name, done + 1, stages)
            outcomes.append(_outcome(name, rules[name](rate), name not in given, model, horizon, runs, seed, tell))
            done += 1 + len(KINDS)
        # Rules at their best learning rates say nothing about rules at others.
        compared = HYBRIDS if not {"SGD", "signSGD"} & set(given) else ()
        for text in compared:
            report(f"theory of {text}", done, stages)
            hybrids.update(_hybrid(model, text, horizon))
            done += 1
    report("done", stages, stages)
    told = tuple(dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, SGDTheoryWarning)))
    return DataAnalysis(origin, label, model, Facts.of(model), horizon, runs, streams.seed(seed), tuple(outcomes),
                        hybrids, told)


def _tell(report: Progress, name: str, done: int, stages: int, kind: str) -> None:
    report(f"{name} on {'Gaussian features' if kind == 'gaussian' else 'the rows'}", done + KINDS.index(kind), stages)


def _outcome(name: str, algorithm: SeparableUpdate, tuned: bool, model: Model, horizon: float, runs: int,
             seed: Any, tell: Callable[[str], None]) -> Outcome:
    problem = model.problem
    curve = risk_curve(problem, algorithm, horizon, rtol=CURVE_RTOL)
    found = effects(problem, algorithm, risk=[curve.risk[0], curve.risk[-1]])
    if model.rank < problem.scale:
        # Rounding makes a large number of what is a division by zero.
        found = replace(found, condition_number_before=np.inf, condition_number_after=np.inf, rate_ratio=np.nan)
    ensembles: dict[str, Runs] = {}
    diverged: dict[str, str] = {}
    for i, (kind, rows) in enumerate(zip(KINDS, (model.rows, model.shuffled, None), strict=True)):
        tell(kind)
        try:
            # All algorithms see the same draws, so that their differences carry less noise than their risks.
            ensembles[kind] = simulate(problem, algorithm, horizon, runs=runs, rng=_child(seed, 1 + i), rows=rows,
                                       progress=False)
        except Diverged as error:
            diverged[kind] = str(error)
    gaps = {kind: Gap.of(curve, r) for kind, r in ensembles.items()}
    pulls = {"rows": pull(model, model.rows, algorithm), "shuffled": pull(model, model.shuffled, algorithm)}
    return Outcome(name, algorithm, tuned, curve, found, ensembles, gaps, diverged, pulls, _beyond(model, algorithm))


def _beyond(model: Model, algorithm: SeparableUpdate) -> str:
    """The words of the exact theory where SGD's learning rate is not stable at this d; else empty."""
    # A direction without data never contracts, so that no learning rate would count as stable.
    if not isinstance(algorithm, SGD) or model.rank < model.problem.scale:
        return ""
    try:
        exact_stationary_risk(model.problem, algorithm)
    except OutsideTheory as error:
        return str(error) if "stability" in str(error) else ""
    return ""


def _hybrid(model: Model, text: str, horizon: float) -> dict[str, float]:
    """The final risk of a rule between SGD and signSGD; nothing, with a warning, where the theory gives none."""
    try:
        found = best_schedule(model.problem, SeparableUpdate(1.0, update=text), horizon)
        return {text: float(found.constant_curve.risk[-1])}
    except SGDTheoryError as error:
        warnings.warn(SGDTheoryWarning(f"no prediction for the rule {text}: {error}"), stacklevel=2)
        return {}


def _child(seed: Any, i: int) -> Any:
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, i), pool_size=seed.pool_size)


def _load(data: Any, target: Any, names: Sequence[str] | None,
          ignore: Sequence[str]) -> tuple[str, str, tuple[str, ...], Array, Array]:
    if isinstance(data, (str, os.PathLike)):
        if not isinstance(target, str):
            raise invalid("target", target, "the name of a column of the file")
        if names is not None:
            raise invalid("names", names, "left out for a file: its header names the columns")
        table = read(Path(data), ignore=tuple(ignore), needed=(target,))
        return str(data), target, *table.split(target)
    if isinstance(target, str):
        raise invalid("target", target, "an array where data is one", "pass the values of the target")
    columns = names if names is not None else getattr(data, "columns", None)
    features = array("data", data, (None, None), instead="one row a sample, one column a feature")
    n, d = features.shape
    values = array("target", target, (n,), instead=f"data has {n} rows")
    given = tuple(str(c) for c in columns) if columns is not None else tuple(f"x{i}" for i in range(d))
    if len(given) != d:
        raise invalid("names", names, f"one name for each of the {d} columns")
    kept = [i for i in range(d) if given[i] not in {known(name, given, "column", "data") for name in ignore}]
    return "data", "target", tuple(given[i] for i in kept), features[:, kept], values


def _learning_rates(given: Mapping[str, float] | None) -> dict[str, float]:
    result = {}
    keys = {_key(name): name for name in ALGORITHMS}
    for name, value in (given or {}).items():
        if _key(name) not in keys:
            raise invalid("learning_rates", name, f"given for {', '.join(map(repr, ALGORITHMS))}",
                          "'sgd', 'signsgd' and 'clipped_sgd' will do")
        if keys[_key(name)] in result:
            raise invalid("learning_rates", name, "given once for each algorithm", f"{keys[_key(name)]} already has one")
        result[keys[_key(name)]] = number(f"learning_rate of {name}", value, above=0.0)
    return result


def _key(name: str) -> str:
    return "".join(c for c in str(name).lower() if c.isalnum())


def _rules(model: Model, threshold: float | None) -> dict[str, Callable[[float], SeparableUpdate]]:
    if threshold is None:
        power = float(np.mean(model.rows.residuals**2))
        threshold = float(np.sqrt(power)) if power > 0.0 else model.target_std
    level = threshold
    return {"SGD": SGD, "signSGD": SignSGD, "clipped SGD": lambda rate: ClippedSGD(rate, threshold=level)}


def _horizon(model: Model, runs: int) -> float:
    n, d = model.shape
    affordable = WORK / (runs * d * d)
    return float(max(1.0, min(max(n / d, SHORTEST), LONGEST, affordable)))
