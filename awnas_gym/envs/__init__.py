"""Environments: a space, an evaluator and an objective played as episodes. The ids are in `awnas_gym.catalog`."""

from __future__ import annotations

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.envs.build import BuildEnv
from awnas_gym.envs.edit import EditEnv
from awnas_gym.envs.history import Budget, History
from awnas_gym.envs.joint import JointEnv
from awnas_gym.envs.judge import Judge, Judgement
from awnas_gym.envs.multi_objective import MOBuildEnv, MOJointEnv, MultiObjective
from awnas_gym.envs.recorder import Recorder
from awnas_gym.envs.relaxed import Phases, RelaxedEnv
from awnas_gym.envs.vector import VectorArchitectureEnv
from awnas_gym.envs.vector_kinds import vectorise
from awnas_gym.envs.vector_recorder import VectorRecorder

__all__ = [
    "ArchitectureEnv",
    "Budget",
    "BuildEnv",
    "EditEnv",
    "History",
    "JointEnv",
    "Judge",
    "Judgement",
    "MOBuildEnv",
    "MOJointEnv",
    "MultiObjective",
    "Phases",
    "Recorder",
    "RelaxedEnv",
    "VectorArchitectureEnv",
    "VectorRecorder",
    "vectorise",
]
