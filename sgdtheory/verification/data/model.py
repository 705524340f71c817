"""A data set as a regression problem: what is taken from the rows, and how far they are from the Gaussian model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sgdtheory.errors import InvalidInput
from sgdtheory.problems.covariance import dense
from sgdtheory.problems.linear_regression import LinearRegression
from sgdtheory.problems.noise import Atoms, NoiseLaw, Noiseless
from sgdtheory.simulation.rows import Rows
from sgdtheory.values import Array
from sgdtheory.verification.data.table import LARGEST

LARGEST_LAW = 2048
"""Residual laws with more atoms are grouped, two atoms a group, so that an average over them stays cheap."""

DEPENDENT = 1e-10
"""Singular values of the standardised features below this fraction of the largest count as zero."""

WIDEST = 1e6
"""Largest ratio of the features' standard deviations whose covariance is still resolved."""

EXACT_FIT = 1e-9
"""Residuals below this fraction of the target's spread are rounding."""


@dataclass(frozen=True)
class Model:
    """The rows, their Gaussian model, and what was done to get there.

    Attributes
    ----------
    names : tuple of str
        The features that are used.
    rows : Rows
        Centred features, residuals and the least squares solution.
    problem : LinearRegression
        K = X'X/n, the residuals' law as label noise, error = -theta_star (the algorithms start at zero).
    shuffled : Rows
        The same features with the residuals dealt out anew: label noise that does not depend on the features.
    rank : int
        Of the features.
    target_std : float
    dropped : tuple of str
        Constant columns that were left out.
    notes : tuple of str
        What was done to the data, in words.
    """

    names: tuple[str, ...]
    rows: Rows
    problem: LinearRegression
    shuffled: Rows
    rank: int
    target_std: float
    dropped: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and features."""
        n, d = self.rows.features.shape
        return n, d


def fit(features: Array, target: Array, names: Sequence[str], *, drop_constant: bool, standardise: bool,
        rng: np.random.Generator) -> Model:
    """Centre the rows, solve least squares, and take the covariance and the residual law from them.

    Raises
    ------
    InvalidInput
        For constant columns (unless dropped), a constant target, too few rows, or features that explain nothing.
    """
    names = tuple(names)
    _resolved(features, target, names)
    n, d = features.shape
    # Before constant columns: with too few rows any column looks constant, and leaving it out would not help.
    if n < 3 or not drop_constant:
        _enough(n, d)
    features, names, dropped = _varying(features, names, drop_constant)
    n, d = features.shape
    if np.ptp(target) == 0.0:
        raise InvalidInput(f"the target is {target[0]:g} in every row: there is nothing to learn")
    _enough(n, d)
    notes = [f"features and target are centred: their means over the {n} rows are subtracted"]
    if dropped:
        notes.append(f"constant columns left out: {_listed(dropped)}")
    centred, y = features - features.mean(axis=0), target - target.mean()
    deviations = np.sqrt(np.mean(centred**2, axis=0))
    if standardise:
        centred, deviations = centred / deviations, np.ones(d)
        notes.append("every feature is divided by its standard deviation")
    else:
        spread = f"{deviations.min():.3g} to {deviations.max():.3g}"
        if deviations.max() > WIDEST * deviations.min():
            raise InvalidInput(f"the features' standard deviations go from {spread}: double precision does not resolve such a "
                               "covariance, and SGD would not learn the small ones; use --standardise (standardise=True)")
        notes.append(f"features keep their scales (standard deviations {spread})")
    solution, rank = _least_squares(centred, deviations, y)
    if rank < d:
        notes.append(f"the features span {rank} of {d} directions (some columns are combinations of others): "
                     "theta_star is the solution of least norm in standardised features; the rest carries no risk")
    residuals = y - centred @ solution
    if n < 5 * d:
        notes.append(f"only {n / d:.1f} rows a feature: the residuals of the fit are smaller than the label noise of "
                     f"new rows, {np.sqrt(1.0 - rank / n):.2f} times or so; what follows is about drawing these rows")
    target_std = float(np.std(y))
    if float(np.mean(residuals**2)) <= (EXACT_FIT * target_std) ** 2:
        notes.append("the features fit the target exactly: there is no label noise")
        residuals = np.zeros(n)
    noise = _law(residuals, notes)
    covariance = dense(centred.T @ centred / n)
    risk = 0.5 * float(covariance.quadratic(solution))
    if not risk > 1e-12 * target_std**2:
        raise InvalidInput("the features explain nothing of the target: the least squares solution is zero")
    rows = Rows(centred, residuals, solution)
    shuffled = Rows(centred, _shuffle(centred, residuals, rng), solution)
    problem = LinearRegression(covariance, noise, -solution)
    return Model(names, rows, problem, shuffled, rank, target_std, dropped, tuple(notes))


def _resolved(features: Array, target: Array, names: Sequence[str]) -> None:
    """Refuse numbers whose powers leave double precision."""
    for name, column in ((f"feature {name!r}", x) for name, x in zip(names, features.T, strict=True)):
        _in_range(name, column)
    _in_range("the target", target)


def _in_range(name: str, column: Array) -> None:
    size = np.abs(column)
    if size.max(initial=0.0) > LARGEST:
        row = int(size.argmax())
        raise InvalidInput(f"row {row + 1} of {name} is too large ({column[row]:g}; at most {LARGEST:g}): its powers overflow")
    if 0.0 < np.ptp(column) < 1.0 / LARGEST:
        raise InvalidInput(f"{name} varies by {np.ptp(column):.3g} only, below {1.0 / LARGEST:g}: its powers underflow; "
                           "give it in other units")


def _enough(n: int, d: int) -> None:
    if n < d + 2:
        raise InvalidInput(f"{n} row{'s' * (n != 1)} for {d} feature{'s' * (d != 1)}, where at least {d + 2} rows are needed, better "
                           f"{10 * d}: least squares fits every row exactly, so no residual law can be taken from them; "
                           "give more rows or --ignore columns")


def _varying(features: Array, names: tuple[str, ...], drop: bool) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    if features.shape[1] == 0:
        raise InvalidInput("there is no feature: besides the target at least one column is needed")
    spread = np.ptp(features, axis=0)
    constant = spread <= 8.0 * np.finfo(float).eps * np.abs(features).max(axis=0)
    if not constant.any():
        return features, names, ()
    which = tuple(name for name, c in zip(names, constant, strict=True) if c)
    if not drop:
        verb = "is" if len(which) == 1 else "are"
        raise InvalidInput(f"{_listed(which)} {verb} constant: no algorithm can learn from a column that never varies; "
                           "leave out such columns with --drop-constant (drop_constant=True in Python)")
    if constant.all():
        raise InvalidInput("every feature is constant: there is nothing to learn from")
    return features[:, ~constant], tuple(name for name, c in zip(names, constant, strict=True) if not c), which


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:8]))
    return f"column{'s' * (len(names) > 1)} {shown}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _least_squares(centred: Array, deviations: Array, y: Array) -> tuple[Array, int]:
    """The least squares solution and the rank, judged in standardised features, so that units do not matter."""
    solution, _, rank, _ = np.linalg.lstsq(centred / deviations, y, rcond=DEPENDENT)
    return solution / deviations, int(rank)


def _law(residuals: Array, notes: list[str]) -> NoiseLaw:
    """The empirical law of the residuals; beyond `LARGEST_LAW` in groups that keep their mean and variance."""
    if not residuals.any():
        return Noiseless()
    if residuals.size <= LARGEST_LAW:
        return Atoms(residuals)
    groups = np.array_split(np.sort(residuals), LARGEST_LAW // 2)
    sizes = np.array([g.size for g in groups], dtype=np.float64)
    means, spreads = np.array([g.mean() for g in groups]), np.array([g.std() for g in groups])
    notes.append(f"for the theory the {residuals.size} residuals are grouped to {LARGEST_LAW} atoms that keep the mean "
                 "and the variance of each group")
    return Atoms(np.concatenate([means - spreads, means + spreads]), np.tile(sizes, 2) / (2.0 * residuals.size))


def _shuffle(centred: Array, residuals: Array, rng: np.random.Generator) -> Array:
    """The residuals in another order, made orthogonal to the features again and brought to the old mean square."""
    if not residuals.any():
        return residuals
    dealt = rng.permutation(residuals)
    scaled = centred / np.sqrt(np.mean(centred**2, axis=0))
    dealt = dealt - scaled @ np.linalg.lstsq(scaled, dealt, rcond=DEPENDENT)[0]
    return dealt * np.sqrt(np.mean(residuals**2) / np.mean(dealt**2))
