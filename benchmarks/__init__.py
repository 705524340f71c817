"""Figures of speed and accuracy, as ratios in one process: ``python -m benchmarks``."""
