"""Two algorithms of pymoo look for the front of accuracy and latency; the environment knows the exact one.

python examples/pymoo_front.py
"""

from __future__ import annotations

import argparse

import gymnasium as gym
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.optimize import minimize

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.interop.pymoo_problem import ArchitectureProblem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    whole = {"repair": RoundingRepair(), "vtype": float}  # pymoo's operators are for real numbers
    for kind in (NSGA2, SMSEMOA):
        history = History(Budget(evaluations=options.evaluations))
        env = Recorder(gym.make("awnas/NASBench201-MO-v0", objectives="accuracy,latency_ms"), history)
        env.reset(seed=options.seed)
        parts = {"sampling": IntegerRandomSampling(), "crossover": SBX(**whole), "mutation": PM(**whole)}
        end = ("n_eval", options.evaluations)
        found = minimize(ArchitectureProblem(env), kind(pop_size=20, **parts), end, seed=options.seed)
        volume = env.get_wrapper_attr("hypervolume")
        print(
            f"{kind.__name__:<8} {len(history.records)} evaluations, {len(found.F)} on the front, "
            f"{volume(-found.F) / volume():.4f} of the exact hypervolume"
        )


if __name__ == "__main__":
    main()
