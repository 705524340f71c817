"""``verify``: its verdict, what it does with failures and interruptions, and its arguments."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory.errors import Interrupted, InvalidInput
from sgdtheory.verification import checks, tasks


@pytest.fixture
def quick(monkeypatch):
    """Leave the steps of the record alone: checking them anew takes seconds."""
    monkeypatch.setitem(tasks._WORK, "record", lambda task: [])


def test_everything_about_the_noise_transform_holds():
    seen = []
    found = sgt.verify("noise", progress=lambda done, total, finding: seen.append((done, total, finding)))
    assert found
    assert found.ok
    assert {f.kind for f in found.findings} == {"record", "kernel", "check"}
    assert seen[-1][0] == seen[-1][1]
    assert len(seen) == len(found.findings)
    assert "verified" in str(found)
    assert found.as_dict()["ok"] is True
    assert all(row["hold"] == row["of"] for row in found.table())


def test_with_mutants_and_an_executor_the_order_is_the_same(quick):
    with ThreadPoolExecutor(1) as executor:
        a = sgt.verify("noise", mutants=True, executor=executor, progress=False)
    b = sgt.verify("noise", mutants=True, progress=False)
    assert a.ok
    assert [(f.kind, f.name) for f in a.findings] == [(f.kind, f.name) for f in b.findings]
    assert sum(f.data["total"] for f in a.of("noise", "mutants")) > 100


def test_a_wrong_kernel_fails_in_the_record_and_in_the_checks(quick, monkeypatch):
    kernel = checks.kernel("noise")
    own = kernel.cauchy
    monkeypatch.setattr(kernel, "cauchy", lambda u, scale: 1.01 * own(u, scale))
    found = sgt.verify("noise", progress=False)
    assert not found
    assert {(f.kind, f.name) for f in found.failures} == {("kernel", "cauchy"), ("check", "cauchy_is_an_average")}
    assert "NOT VERIFIED" in str(found)
    assert "by the definition" in str(found)


def test_an_error_in_one_part_is_a_finding_and_loses_nothing(quick, monkeypatch):
    def broken(u, scale):
        raise RuntimeError("no")

    monkeypatch.setattr(checks.kernel("noise"), "laplace", broken)
    found = sgt.verify("noise", progress=False)
    assert "RuntimeError: no" in str(found)
    assert found.of("noise", "check")[-1].ok


def test_interruption_keeps_what_was_done_and_writes_the_report(quick, tmp_path):
    def stop(done, total, finding):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        sgt.verify("noise", report=tmp_path / "report", progress=stop)
    partial = caught.value.runs
    assert not partial.complete
    assert not partial.ok
    assert len(partial.findings) >= 4
    assert "Interrupted" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["nothing", "", "../noise", "Noise"])
def test_unknown_names_are_named(name):
    with pytest.raises(InvalidInput, match="signsgd"):
        sgt.verify(name)


def test_a_file_is_no_folder(tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("x")
    with pytest.raises(InvalidInput, match="report"):
        sgt.verify("noise", report=taken)
    with pytest.raises(InvalidInput, match="progress"):
        sgt.verify("noise", progress="yes")


def test_quadrature_by_known_moments():
    """The oracles' own rules against moments known in closed form."""
    from sgdtheory.verification.checks.quadrature import half_line_mean, normal_mean, pair_mean

    np.testing.assert_allclose(normal_mean(lambda r, z: r**4, 0.3, 0.7)[0], 0.3**4 + 6 * 0.3**2 * 0.49 + 3 * 0.49**2, rtol=1e-13)
    np.testing.assert_allclose(normal_mean(lambda r, z: np.abs(r), 0.0, 2.0, (0.0,))[0], 2.0 * np.sqrt(2 / np.pi), rtol=1e-13)
    np.testing.assert_allclose(pair_mean(lambda x: x**3, lambda y: y, 0.4), 1.2, rtol=1e-11)
    np.testing.assert_allclose(pair_mean(np.sign, np.sign, -0.95), 2 / np.pi * np.arcsin(-0.95), rtol=1e-10)
    np.testing.assert_allclose(half_line_mean(lambda x: np.exp(-x) * x**2), 2.0, rtol=1e-12)


@pytest.mark.parametrize("name", ["noise", "separable", "sgd", "signsgd", "clipped_sgd"])
def test_kernels_are_their_records(name):
    from sgdtheory.verification.records import compared

    found = compared(name)
    assert len(found) >= 8
    assert all(f.ok for f in found), [f for f in found if not f.ok]
