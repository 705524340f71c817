"""How often verification may be wrong when the theory is right. The one place where this is said.

Seeds are fixed, so a given version always gives the same answer; the probabilities are over the choice of the seeds.
"""

ROOM = 100
"""Largest number of theory-against-simulation cases, and of z-tests in checks, that the budget is laid out for (a test holds this)."""

CASES = 5e-7
"""False-alarm probability of all cases together."""

CHECKS = 4e-7
"""False-alarm probability of all statistical checks together."""

EACH_CASE = CASES / ROOM
EACH_CHECK = CHECKS / ROOM

RESOLUTION = 0.05
"""Every case must find a theory that is wrong by this relative error with probability at least 99 %."""
