"""Agents that climb the gradient of mixtures, one file a method; torch."""
