"""Clipped SGD against its simulation: the clipped residual, and the clipped gradient norm as printed."""

from sgdtheory.algorithms.separable import ClippedSGD
from sgdtheory.simulation.rules import GradientNormClipping
from sgdtheory.verification.cases import Case
from sgdtheory.verification.cases.grid import HORIZON, RUNS, D, grid

_ALGORITHM = ClippedSGD(0.4, threshold=0.8)
CASES = grid(_ALGORITHM, ("Gaussian", "Student t, 3 degrees", "Cauchy", "Rademacher"), seed=3000)
CASES.append(Case("printed rule", f"the rule as printed: the norm of the gradient is clipped at threshold sqrt(tr K), d = {D}",
                  CASES[3].problem, _ALGORITHM, HORIZON, RUNS, 3900, GradientNormClipping()))
