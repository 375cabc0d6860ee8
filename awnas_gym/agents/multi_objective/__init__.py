"""Agents for rewards that are vectors: they play the ids with `-MO-`."""
