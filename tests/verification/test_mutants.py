"""Every formula of the theories is spoilt in turn; the checks must notice, and survivors must be no change."""

import sys
import types

import numpy as np
import pytest

from sgdtheory.verification import checks, mutants

KERNELS = ("noise", "separable", "sgd", "signsgd", "clipped_sgd")


@pytest.mark.parametrize("name", KERNELS)
def test_checks_notice_mutants(name):
    every = mutants.mutants(name)
    sample = every if len(every) < 150 else every[:: len(every) // 100]
    found = mutants.kill(name, sample)
    assert not found.survivors
    assert found.rate >= mutants.NEEDED_RATE


def test_every_emitted_function_is_mutated_and_covered_by_a_check():
    for name in KERNELS:
        functions = {k for k, v in vars(checks.kernel(name)).items() if isinstance(v, types.FunctionType) and not k.startswith("_")}
        assert {m.function for m in mutants.mutants(name)} >= functions - {"noise_slope", "drift_slope", "kinks"}
        covered = {f for c in checks.checks(name) for f in c.covers}
        assert functions <= covered, f"{name}: no check is about {sorted(functions - covered)}"


def test_mutants_are_the_same_list_each_time_with_names_of_their_own():
    mutants._tree.cache_clear()
    first = mutants.mutants("signsgd")
    mutants._tree.cache_clear()
    assert first == mutants.mutants("signsgd")
    assert len({m.id for m in first}) == len(first)


def test_kinds_of_change():
    kinds = {m.operator for name in KERNELS for m in mutants.mutants(name)}
    assert kinds >= {"sign", "factor 2", "exponent", "symbol", "dropped term", "constant"}


def test_a_mutant_is_met_by_whoever_imported_the_kernel_and_is_gone_afterwards():
    kernel = checks.kernel("sgd")
    own = dict(vars(kernel))
    mutant = next(m for m in mutants.mutants("sgd") if m.function == "drift_factor")
    held = sys.modules["sgdtheory.kernels.sgd"]
    before = held.drift_factor(0.0, 1.0)
    with mutants.installed(mutant):
        assert held.drift_factor(0.0, 1.0) != before
    assert vars(kernel) == own
    with pytest.raises(ZeroDivisionError), mutants.installed(mutant):
        raise ZeroDivisionError
    assert vars(kernel) == own


def test_a_change_that_matters_is_not_excused():
    mutant = next(m for m in mutants.mutants("clipped_sgd") if m.function == "noise_power" and m.operator == "factor 2")
    assert not mutants.identical(mutant)


def test_a_kernel_that_fails_its_own_checks_kills_nothing(monkeypatch):
    kernel = checks.kernel("sgd")
    monkeypatch.setattr(kernel, "noise_power", lambda mean, std: np.zeros(np.broadcast_shapes(np.shape(mean), np.shape(std))))
    with pytest.raises(AssertionError, match="noise_power"):
        mutants.kill("sgd")
