"""Run an agent on an environment under a budget; resume it after a stop of any kind."""

from __future__ import annotations

from awnas_gym.search.config import Run
from awnas_gym.search.folder import check_config, is_finished
from awnas_gym.search.incumbent import front_of, merit
from awnas_gym.search.learning import mean_cost_s
from awnas_gym.search.running import Outcome, run

__all__ = ["Outcome", "Run", "check_config", "front_of", "is_finished", "mean_cost_s", "merit", "run"]
