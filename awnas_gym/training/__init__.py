"""Gradient loops: training one architecture from scratch."""
