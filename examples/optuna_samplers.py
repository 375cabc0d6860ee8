"""Samplers of Optuna search the embedded table.

python examples/optuna_samplers.py
"""

from __future__ import annotations

import argparse

import gymnasium as gym
import optuna

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.interop.optuna_objective import OptunaObjective


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    samplers = optuna.samplers
    for kind in (samplers.RandomSampler, samplers.TPESampler, samplers.NSGAIISampler):
        history = History(Budget(evaluations=options.evaluations))
        env = Recorder(gym.make("awnas/NASBench201-v0", action_mode="joint"), history)
        env.reset(seed=options.seed)
        study = optuna.create_study(direction="maximize", sampler=kind(seed=options.seed))
        study.optimize(OptunaObjective(env), n_trials=options.evaluations)
        unique = len({record["arch_key"] for record in history.records})
        best = study.best_trial
        print(f"{kind.__name__:<15} {best.value:.4f} after {unique} different cells  {best.user_attrs['architecture']}")


if __name__ == "__main__":
    main()
