"""The algorithms once more, sample by sample, written without looking at the simulator: its oracle."""

from __future__ import annotations

import numpy as np


def sgd(v, X, eps, rate):
    """One step of v = theta - theta*; X (B, d), eps (B,)."""
    gradient = sum((x @ v - e) * x for x, e in zip(X, eps, strict=True)) / len(X)
    return v - rate / len(v) * gradient


def signsgd(v, X, eps, rate):
    gradient = sum((x @ v - e) * x for x, e in zip(X, eps, strict=True)) / len(X)
    return v - rate / len(v) * np.sign(gradient)


def clipped_sgd(threshold):
    def step(v, X, eps, rate):
        gradient = sum(min(max(x @ v - e, -threshold), threshold) * x for x, e in zip(X, eps, strict=True)) / len(X)
        return v - rate / len(v) * gradient

    return step


def clipped_gradient(limit):
    def step(v, X, eps, rate):
        gradients = [(x @ v - e) * x for x, e in zip(X, eps, strict=True)]
        clipped = sum(g * min(1.0, limit / np.linalg.norm(g)) for g in gradients) / len(X)
        return v - rate / len(v) * clipped

    return step


def separable(f, h):
    def step(v, X, eps, rate):
        return v - rate / len(v) * sum(f(x) * h(x @ v - e) for x, e in zip(X, eps, strict=True)) / len(X)

    return step


def risks(step, K, sampler, v, steps, batch, rate):
    """Risks after 0, 1, ..., steps steps; ``sampler(n)`` draws n rows and n noises."""
    matrix, out = K.matrix(), [0.5 * v @ K.matrix() @ v]
    for k in range(steps):
        X, eps = sampler(batch)
        v = step(v, X, eps, rate(k / len(v)))
        out.append(0.5 * v @ matrix @ v)
    return np.array(out)
