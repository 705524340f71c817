"""Laws of the label noise: ``sgt.noise``."""

from sgdtheory.lazy import names

__getattr__, __dir__, __all__ = names(__name__, {
    "Atoms": "atoms",
    "Cauchy": "student",
    "Gaussian": "gaussian",
    "GaussianMixture": "base",
    "Laplace": "laplace",
    "Mixture": "mixture",
    "NoiseLaw": "base",
    "Noiseless": "gaussian",
    "Stable": "stable",
    "StudentT": "student",
    "Uniform": "uniform",
})
