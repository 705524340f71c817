"""Numerics on arrays and callables; no solver knows a theory."""
