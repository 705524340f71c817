"""BLAS is held to one thread, and given back."""

import threading

import numpy as np
import pytest

import sgdtheory as sgt
from sgdtheory import blas


@pytest.fixture
def openblas():
    controls = blas._openblas()
    if controls is None:
        pytest.skip("NumPy does not use OpenBLAS here")
    get, set_ = controls
    before = get()
    yield controls
    set_(before)


def test_the_last_user_gives_the_threads_back(openblas):
    get, set_ = openblas
    set_(2)
    if get() != 2:
        pytest.skip("this OpenBLAS has no second thread")
    inside, release, seen = threading.Event(), threading.Event(), []

    def other():
        with blas.one_thread():
            inside.set()
            release.wait(10.0)
        seen.append(get())

    with blas.one_thread():
        assert get() == 1
        thread = threading.Thread(target=other)
        thread.start()
        inside.wait(10.0)
    assert get() == 1
    release.set()
    thread.join()
    assert seen == [2]
    with pytest.raises(ZeroDivisionError), blas.one_thread():
        raise ZeroDivisionError
    assert get() == 2


def test_bits_do_not_depend_on_the_number_of_threads(openblas):
    X = np.random.default_rng(0).standard_normal((400, 300)) @ np.random.default_rng(1).standard_normal((300, 300))
    results = []
    for threads in (1, 2):
        openblas[1](threads)
        K = sgt.covariance.from_data(X)
        runs = sgt.simulate(sgt.LinearRegression(K), sgt.SGD(1e-3), 0.5, runs=2, rng=0)
        results.append((K, K.root.tobytes(), runs))
    assert results[0] == results[1]


def test_without_openblas_nothing_happens(monkeypatch):
    monkeypatch.setattr(blas, "_openblas", lambda: None)
    with blas.one_thread():
        assert np.eye(2).sum() == 2.0
