"""Algorithms: what learns. Plain frozen data; none knows a theory."""
