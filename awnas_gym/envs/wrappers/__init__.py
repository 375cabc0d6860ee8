"""Observations in the forms that other libraries want."""

from __future__ import annotations

from awnas_gym.envs.wrappers.graph import GraphObservation
from awnas_gym.envs.wrappers.rllib import MaskToRLlib

__all__ = ["GraphObservation", "MaskToRLlib"]
