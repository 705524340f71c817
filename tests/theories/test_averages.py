"""Tables of psi and nu against the kernel averaged directly, for laws that are smooth, sharp, heavy and empirical."""

from functools import partial

import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory.solvers.tabulated import Tabulated
from sgdtheory.theories.separable.averages import factors
from sgdtheory.theories.separable.rule import average, kernel

NOISE = {
    "none": sgt.noise.Noiseless(),
    "Gaussian": sgt.noise.Gaussian(0.5),
    "Student": sgt.noise.StudentT(3, 0.5),
    "Cauchy": sgt.noise.Cauchy(0.5),
    "stable": sgt.noise.Stable(1.5, 0.0, 0.5),
    "Laplace": sgt.noise.Laplace(0.5),
    "uniform": sgt.noise.Uniform(3.0),
    "two atoms": sgt.noise.Atoms([-0.5, 0.5]),
    "far atoms": sgt.noise.Atoms([-20.0, 20.0]),
    "sample": sgt.noise.Atoms(np.random.default_rng(5).standard_t(3, 200) * 0.5),
    "mixture": sgt.noise.Mixture([sgt.noise.Gaussian(0.1), sgt.noise.Atoms([-3.0, 3.0])], [0.9, 0.1]),
}
RULES = {
    "erf": ("sign(x)*erf(r)", {}),
    "tanh": ("x*tanh(r/b)", {"b": 0.3}),
    "softsign": ("x*r/(1+Abs(r))", {}),
}


@pytest.mark.parametrize("name", NOISE)
@pytest.mark.parametrize("rule", RULES)
def test_tables_are_the_averages(rule, name):
    text, parameters = RULES[rule]
    algorithm, noise = sgt.SeparableUpdate(0.5, update=text, parameters=parameters), NOISE[name]
    module = kernel(algorithm)
    assert not module.CLOSED_FORM
    risk = np.array([1e-25, 3e-3, 1.7, 1e4]) if name == "sample" else 1.37 * 10.0 ** np.arange(-25.0, 10.0, 3.4)
    for f, function in zip(factors(algorithm, noise), ("drift_factor", "noise_power"), strict=False):
        direct = average(partial(getattr(module, function), **parameters), noise, module.kinks(**parameters), risk)
        np.testing.assert_allclose(f(risk), direct, rtol=1e-10, atol=1e-280, err_msg=function)


def test_closed_forms_are_averaged_directly():
    for algorithm in (sgt.SignSGD(0.5), sgt.ClippedSGD(0.5, 1.0)):
        assert not any(isinstance(getattr(f, "func", f), Tabulated) for f in factors(algorithm, sgt.noise.Gaussian(0.5)))


def test_one_table_serves_all_centred_mixtures():
    algorithm = sgt.SeparableUpdate(0.5, update="x*tanh(r/b)", parameters={"b": 0.7})
    tables = [factors(algorithm, NOISE[name])[0].args[0] for name in ("Student", "Cauchy", "Laplace")]
    assert tables[0] is tables[1] is tables[2]
