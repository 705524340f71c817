"""Averages over Gaussians straight from the definition: Gauss panels between the kinks, nothing shared with ``special``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np

from sgdtheory.values import Array

_REACH = 38.0
"""Where the standard normal density leaves float64."""


@cache
def _gauss(order: int) -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(order)


def panels(edges: Array, order: int = 20) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on the panels between edges (the last axis is the rule)."""
    nodes, weights = _gauss(order)
    half = np.diff(edges, axis=-1)[..., None] / 2.0
    middle = (edges[..., 1:] + edges[..., :-1])[..., None] / 2.0
    shape = (*edges.shape[:-1], -1)
    return (middle + half * nodes).reshape(shape), (half * weights).reshape(shape)


def normal_mean(function: Callable[[Array, Array], Array], mean: float, std: float, kinks: Iterable[float] = ()) -> tuple[float, float]:
    """E phi(r, z), r = mean + std z, z ~ N(0, 1), and E |phi|, which says how much cancels in it."""
    inside = [(k - mean) / std for k in kinks]
    edges = np.unique([*np.linspace(-_REACH, _REACH, 153), *(k for k in inside if abs(k) < _REACH)])
    z, w = panels(edges)
    w = w * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    values = w * np.broadcast_to(function(mean + std * z, z), z.shape)
    return float(values.sum()), float(np.abs(values).sum())


def pair_mean(f: Callable[..., Any], g: Callable[..., Any], correlation: float, std_f: float = 1.0, std_g: float = 1.0,
              shift: float = 0.0, kinks_f: Iterable[float] = (0.0,), kinks_g: Iterable[float] = (0.0,)) -> float:
    """E f(std_f X) g(std_g Y + shift) of standard normals with a correlation in (-1, 1), as a double integral."""
    rest = np.sqrt(1.0 - correlation**2)
    edges = np.unique([*np.linspace(-10.0, 10.0, 41), *(k / std_f for k in kinks_f)])
    x, wx = panels(edges, 12)
    inner = [np.broadcast_to(((k - shift) / std_g - correlation * x) / rest, x.shape) for k in kinks_g]
    grid = np.broadcast_to(np.linspace(-10.0, 10.0, 21)[:, None], (21, x.size))
    edges_y = np.sort(np.clip(np.concatenate([grid, *(i[None] for i in inner)]) if inner else grid, -10.0, 10.0), axis=0).T
    y, wy = panels(edges_y, 14)
    second = np.broadcast_to(g(std_g * (correlation * x[:, None] + rest * y) + shift), y.shape)
    conditional = (wy * np.exp(-0.5 * y * y) * second).sum(axis=-1)
    first = np.broadcast_to(f(std_f * x), x.shape)
    return float((wx * np.exp(-0.5 * x * x) * first * conditional).sum() / (2.0 * np.pi))


def agree(found: Any, expected: Any, what: str, rtol: float = 1e-10, atol: float = 0.0) -> None:
    """Raise AssertionError, with both numbers, unless every entry agrees. NaN never does."""
    found, expected = np.broadcast_arrays(np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64))
    gap, limit = np.abs(found - expected), rtol * np.abs(expected) + atol
    wrong = ~(gap <= limit)
    if np.any(wrong):
        at = np.argwhere(wrong)[0]
        index = tuple(int(i) for i in at)
        raise AssertionError(f"{what}{list(index) if index else ''}: {found[index]!r}, by the definition {expected[index]!r}")


def half_line_mean(function: Callable[[Array], Array]) -> float:
    """The integral of a function that is smooth on (0, inf), by the exp-sinh substitution."""
    t = np.linspace(-4.3, 4.3, 1601)
    x = np.exp(0.5 * np.pi * np.sinh(t))
    with np.errstate(under="ignore", over="ignore"):
        values = function(x) * x * 0.5 * np.pi * np.cosh(t)
    return float(values.sum() * (t[1] - t[0]))
