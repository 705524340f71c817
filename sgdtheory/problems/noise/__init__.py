"""Laws of the label noise: ``sgt.noise``."""

from sgdtheory.problems.noise.atoms import Atoms
from sgdtheory.problems.noise.base import GaussianMixture, NoiseLaw
from sgdtheory.problems.noise.gaussian import Gaussian, Noiseless
from sgdtheory.problems.noise.laplace import Laplace
from sgdtheory.problems.noise.mixture import Mixture
from sgdtheory.problems.noise.stable import Stable
from sgdtheory.problems.noise.student import Cauchy, StudentT
from sgdtheory.problems.noise.uniform import Uniform

__all__ = ["Atoms", "Cauchy", "Gaussian", "GaussianMixture", "Laplace", "Mixture", "NoiseLaw", "Noiseless", "Stable",
           "StudentT", "Uniform"]
