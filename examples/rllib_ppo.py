"""PPO of RLlib, with action masks, searches NAS-Bench-201; a recorder counts what it evaluates.

pip install 'ray[rllib]' torch     # in an environment of its own: RLlib pins the version of Gymnasium
python examples/rllib_ppo.py --out runs/rllib
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import ray
from gymnasium.wrappers import DtypeObservation, FlattenObservation
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.examples.rl_modules.classes.action_masking_rlm import ActionMaskingTorchRLModule
from ray.tune.registry import register_env

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.envs.history import read_records
from awnas_gym.envs.wrappers import MaskToRLlib

ID = "awnas/NASBench201-v0"
PER_UPDATE = 5
"""Architectures between two updates. This and what PPO is told below are the tuned settings of our agent `sb3_ppo`."""


def make(config: dict[str, Any]) -> gym.Env[Any, Any]:
    """Build the environment where RLlib wants it; its history goes to a file, since Ray copies what it is handed."""
    history = History(Budget(evaluations=config["evaluations"]), Path(config["history"]))
    env = Recorder(gym.make(ID), history)
    return MaskToRLlib(DtypeObservation(FlattenObservation(env), np.float32))


def ppo(history: Path, evaluations: int, seed: int) -> PPOConfig:
    """Return PPO on one environment in this process: whole episodes, so that no architecture is left half built."""
    steps = PER_UPDATE * gym.make(ID).get_wrapper_attr("horizon")
    masked = RLModuleSpec(
        module_class=ActionMaskingTorchRLModule,
        model_config={"fcnet_hiddens": [64, 64], "fcnet_activation": "tanh"},
    )
    return (
        PPOConfig()
        .environment("search", env_config={"history": str(history), "evaluations": evaluations})
        .env_runners(num_env_runners=0)
        .rl_module(rl_module_spec=masked)
        .training(
            lr=1e-3,
            gamma=1.0,
            lambda_=0.95,
            clip_param=0.2,
            entropy_coeff=0.01,
            use_kl_loss=False,
            train_batch_size_per_learner=steps,
            minibatch_size=steps,
            num_epochs=10,
        )
        .debugging(seed=seed)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=300, help=f"a multiple of {PER_UPDATE}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a new folder for the history")
    options = parser.parse_args()
    history = options.out.resolve() / "history.jsonl"
    register_env("search", make)
    ray.init(include_dashboard=False)
    algorithm = ppo(history, options.evaluations, options.seed).build_algo()
    for _ in range(options.evaluations // PER_UPDATE):
        algorithm.train()
    algorithm.stop()
    ray.shutdown()
    rewards = np.array([record["reward"] for record in read_records(history)])
    tenth = max(1, len(rewards) // 10)
    print(
        f"{len(rewards)} evaluations, best {rewards.max():.4f}; on average {rewards[:tenth].mean():.4f} in the first "
        f"tenth, {rewards[-tenth:].mean():.4f} in the last"
    )


if __name__ == "__main__":
    main()
