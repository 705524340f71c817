"""What all updates g(x, r) = f(x) h(r) share: SGD, clipped SGD, signSGD and a user's own rule.

Every formula comes from a kernel: the rule's own (drift, noise, preconditioner, noise shape) or ``kernels/separable.py``, the common one.
"""

from sgdtheory.theories.separable import curve, effects, one_step, schedules, stationary

__all__ = ["curve", "effects", "one_step", "schedules", "stationary"]
