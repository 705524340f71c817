"""The public names are frozen, and importing them stays cheap."""

import subprocess
import sys

import pytest

import sgdtheory as sgt

PUBLIC = {
    "LinearRegression", "covariance", "noise",
    "SGD", "SignSGD", "ClippedSGD", "SeparableUpdate",
    "risk_curve", "exact_risk_curve", "stationary_risk", "exact_stationary_risk", "drift_and_noise", "modes", "local_rate", "effects",
    "best_schedule", "one_step", "noise_transform",
    "simulate", "rules", "compare", "verify", "analyse", "derive", "derivation", "errors", "__version__",
}


def test_public_names_are_frozen():
    assert set(sgt.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_name_loads_and_is_documented(name):
    value = getattr(sgt, name)
    assert name == "__version__" or value.__doc__


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="risk_curves"):
        sgt.risk_curves  # noqa: B018


def test_import_is_lean():
    code = "import sys, sgdtheory; print([m for m in ('numpy', 'scipy', 'sympy', 'matplotlib', 'importlib.metadata') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_first_curve_needs_no_scipy():
    code = (
        "import sys, sgdtheory as sgt\n"
        "p = sgt.LinearRegression(sgt.covariance.power_law(50, 1.0), sgt.noise.Gaussian(0.5))\n"
        "for a in (sgt.SGD(0.1), sgt.SignSGD(0.1)): sgt.risk_curve(p, a, 2.0)\n"
        "print([m for m in ('scipy', 'sympy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
