"""Covariances of the features: ``sgt.covariance``.

Symmetric positive semi-definite matrices K with positive diagonal, as plain frozen data. The structured ones never
form K: products, quadratic forms and Gaussian rows cost O(d) (diagonal, AR(1)) or O(d k) (k factors).
"""

from sgdtheory.lazy import names

_FACTORIES = ("ar1", "dense", "diagonal", "identity", "low_rank", "marchenko_pastur", "power_law")
__getattr__, __dir__, __all__ = names(__name__, {
    **dict.fromkeys(_FACTORIES, "factories"),
    "from_data": "data",
    "AR1": "autoregressive",
    "Covariance": "base",
    "Dense": "dense_matrix",
    "Diagonal": "diagonals",
    "LowRank": "low_rank_plus_diagonal",
})
