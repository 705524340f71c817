"""sgdtheory: what stochastic-gradient optimizers do, derived, solved, simulated and compared.

Public names load their module when first used: ``import sgdtheory`` loads neither SciPy, SymPy nor Matplotlib.
"""

from sgdtheory.lazy import names as _names

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
    "analyse": "verification.data.job",
    # derivations
    "derive": "derive:",
    "derivation": "derive.record",
    "errors": "errors:",
}
__getattr__, __dir__, __all__ = _names(__name__, _PUBLIC)
__all__ += ["__version__"]
