"""sgdtheory: what stochastic-gradient optimizers do, derived, solved, simulated and compared.

Public names load their module when first used: ``import sgdtheory`` loads neither SciPy, SymPy nor Matplotlib.
"""

import importlib as _importlib

__version__ = "0.1.0"

_PUBLIC = {
    # problems
    "LinearRegression": "problems.linear_regression",
    "covariance": "problems.covariance:",
    "noise": "problems.noise:",
    # algorithms
    "SGD": "algorithms.separable",
    "SignSGD": "algorithms.separable",
    "ClippedSGD": "algorithms.separable",
    "SeparableUpdate": "algorithms.separable",
    # questions
    "risk_curve": "questions.risk_curve",
    "exact_risk_curve": "questions.exact_risk_curve",
    "stationary_risk": "questions.stationary_risk",
    "exact_stationary_risk": "questions.exact_stationary_risk",
    "drift_and_noise": "questions.drift_and_noise",
    "modes": "questions.modes",
    "local_rate": "questions.local_rate",
    "effects": "questions.effects",
    "best_schedule": "questions.best_schedule",
    "one_step": "questions.one_step",
    "noise_transform": "questions.noise_transform",
    # simulation and verification
    "simulate": "simulation.ensemble",
    "rules": "simulation.rules:",
    "compare": "verification.agreement",
    "verify": "verification.verify",
    "analyse": "verification.data",
    # derivations
    "derive": "derive:",
    "derivation": "derive.record",
    "errors": "errors:",
}
__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str) -> object:
    try:
        place = _PUBLIC[name]
    except KeyError:
        raise AttributeError(f"module 'sgdtheory' has no attribute {name!r}") from None
    module = _importlib.import_module(f"{__name__}.{place.rstrip(':')}")
    value = module if place.endswith(":") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
