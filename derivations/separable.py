"""What every separable update g(x, r) = f(x) h(r) shares: one step, the system of modes, its fixed point, schedules, effects.

The rule enters through four quantities only: preconditioner P, drift factor psi, noise power nu, noise shape Sigma.
"""

from derivations._papers import SIGNSGD
from sgdtheory.derive import Derivation, consequences, linear

D = Derivation("separable", title="Separable updates in high dimension", source="arXiv:2411.12135", bibtex=SIGNSGD)

linear.one_step(D)
linear.modes(D)
consequences.stationary(D)
consequences.schedules(D)
consequences.batches(D)
consequences.effects(D)
consequences.gaussian_features(D)
linear.risk_equation(D, checked_by=("signsgd", "sgd", "clipped_sgd"))

symbol = {name: declared.symbol for name, declared in D.symbols.items()}
FUNCTIONS = {
    "mode_risk": ({"rates": "lam", "projections": "y_j"}, "Risk of each mode, from the projections <w_j, v>"),
    "decay": ({"eta": "eta", "rates": "lam", "drift": "psi"}, "Rate at which a mode's risk decays"),
    "forcing": (
        {"rates": "lam", "weights": "g", "d": "d"},
        "What feeds a mode, to be multiplied by eta^2 and the noise power",
    ),
    "stationary_level": ({"eta": "eta", "total": "G", "d": "d"}, "R psi(R)/nu(R) at rest"),
    "stationary_mode": (
        {"eta": "eta", "weights": "g", "d": "d", "drift": "psi", "noise": "nu"},
        "Risk of each mode at rest",
    ),
    "coupling": (
        {
            "eta": "eta",
            "rates": "lam",
            "weights": "g",
            "d": "d",
            "drift": "psi",
            "drift_slope": "psi_slope",
            "noise": "nu",
            "noise_slope": "nu_slope",
        },
        "Derivative of dr_j/dt in the total risk, at rest; slopes are derivatives in the risk",
    ),
    "greedy_rate": (
        {"drift": "psi", "noise": "nu", "lean": "L", "forced": "F"},
        "Learning rate at which the risk falls fastest",
    ),
    "greedy_fall": ({"drift": "psi", "noise": "nu", "lean": "L", "forced": "F"}, "dR/dt at the greedy learning rate"),
    "risk_change": ({"step": "gamma", "along": "along", "trace": "trace"}, "Expected change of the risk in one step"),
    "batch_second_moment": ({"single": "S", "outer": "O", "batch": "B"}, "E u_i u_j of a mean over a batch"),
    "batch_noise": ({"noise": "nu", "batch": "B"}, "Noise power of a batch"),
    "compression": (
        {"power": "power", "drift": "psi", "noise": "nu"},
        "Noise compression: SGD's noise at equal drift over the rule's",
    ),
    "rate_ratio": (
        {"compression": "compression_factor", "before": "kappa_before", "after": "kappa_after"},
        "Slowest rate over SGD's, at equal small stationary risk",
    ),
    "linear_feature_moment": (
        {"covariance": "K_ij", "outer": "outer", "noise": "nu", "slope": "bend"},
        "E x_i x_j h(r)^2 for f(x) = x",
    ),
    "conditional_std": ({"std": "s", "rho": "rho"}, "Standard deviation of <x, v> given one feature"),
}
for name, (arguments, doc) in FUNCTIONS.items():
    D.function(name, step=name, arguments={a: symbol[s] for a, s in arguments.items()}, doc=doc)
