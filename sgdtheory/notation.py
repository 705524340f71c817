"""Conventions and the symbols that several theories share, as plain data: meaning, domain, unit.

Every theory, docstring and record uses these; a theory's own symbols are declared in its derivation.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SharedSymbol:
    """A symbol that means the same everywhere."""

    name: str
    latex: str
    domain: str
    meaning: str


CONVENTIONS = {
    "risk": "R = v'Kv/2 with v = theta - theta*: half the mean squared error of prediction, without the label noise",
    "full risk": "P = R + E[eps^2]/2, only where the noise has a finite variance; L = 2P is converted by name",
    "residual": "r = <x, theta> - y = <x, v> - eps; given v it is Gaussian with variance 2R, shifted by the noise",
    "raw step": "learning_rate / problem.scale, where scale is d for linear regression and 1 elsewhere",
    "time": "steps / problem.scale",
    "spread": "std is a standard deviation, variance its square; mean and std of the residual are called m and s",
    "covariance": "K = E x x'; kappa_i = K_ii is the variance of feature i, not its standard deviation",
    "normalisation": "preconditioner p(1) = 1, noise shape S(1, 1, 1) = 1; drift factor and noise power hold constants",
    "sign at zero": "sign(0) = 0; a continuous law never gets there",
}

_ROWS = (
    ("R", "R", "positive", "risk v'Kv/2, without the label noise"),
    ("t", "t", "nonnegative", "time: steps / problem.scale"),
    ("eta", r"\eta", "positive", "learning rate; the raw step is eta / problem.scale"),
    ("d", "d", "integer >= 1", "dimension of theta"),
    ("x", "x", "real", "feature of one coordinate, Gaussian with mean 0"),
    ("r", "r", "real", "residual <x, theta> - y of one sample"),
    ("z", "z", "real", "standard normal variable"),
    ("eps", r"\varepsilon", "real", "label noise"),
    ("m", "m", "real", "mean of the residual"),
    ("s", "s", "positive", "standard deviation of the residual"),
    ("sigma", r"\sigma", "positive", "standard deviation of the label noise"),
    ("kappa", r"\kappa", "positive", "variance of a feature"),
    ("kappa_i", r"\kappa_i", "positive", "variance of feature i"),
    ("kappa_j", r"\kappa_j", "positive", "variance of feature j"),
    ("rho", r"\rho", "(-1, 1)", "correlation"),
    ("u", "u", "positive", "argument of the noise transform M(u) = E exp(-u eps^2)"),
)
SYMBOLS = {row[0]: SharedSymbol(*row) for row in _ROWS}
