"""What share of the training time of PPO and MaskablePPO do environments take?

    python experiments/speed/sb3_overhead.py --out experiments/speed/results/sb3_overhead.json

The libraries' own defaults (10 epochs over rollouts of 2,048 steps in batches of 64), one thread, on the build kind
of NAS-Bench-201 from the embedded table: the native vector environment behind `VectorEnvAdapter`, and a `DummyVecEnv`
of as many single environments. The clock runs in the calls that the algorithm makes to its `VecEnv`: steps, resets,
masks. The first episodes, in which names of architectures are worked out, count.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.sb3 import VectorEnvAdapter
from experiments.record import write_result

ID = "awnas/NASBench201-v0"
ALGORITHMS = {"PPO": PPO, "MaskablePPO": MaskablePPO}
CALLS = ("reset", "step", "env_method", "has_attr")
ROLLOUT = 2048


def make(kind: str, n: int) -> VecEnv:
    """Return a vectorised environment."""
    if kind == "native":
        return VectorEnvAdapter(gym.make_vec(ID, num_envs=n))
    return DummyVecEnv([lambda: gym.make(ID)] * n)


def timed(env: VecEnv) -> list[float]:
    """Return where the seconds of each later call to the environment are put."""
    seconds: list[float] = []

    def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
        def timed_call(*args: Any, **keywords: Any) -> Any:  # noqa: ANN401 - whatever it takes
            start = time.perf_counter()
            result = call(*args, **keywords)
            seconds.append(time.perf_counter() - start)
            return result

        return timed_call

    for name in CALLS:
        setattr(env, name, wrap(getattr(env, name)))
    return seconds


def main() -> None:
    """Measure and print shares of the wall time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=int, nargs="+", default=[8, 16, 64, 256])
    parser.add_argument("--rollouts", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    print(f"{'algorithm':<14}{'envs':>6}{'kind':>8}{'wall s':>10}{'environment s':>15}{'share':>9}")
    for algorithm, library_class in ALGORITHMS.items():
        for n in options.envs:
            measured: dict[str, list[tuple[float, float]]] = {"native": [], "dummy": []}
            for turn in range(options.repeats):
                for kind, runs in measured.items():
                    env = make(kind, n)
                    model = library_class("MlpPolicy", env, n_steps=ROLLOUT // n, seed=turn, device="cpu")
                    seconds = timed(env)
                    start = time.perf_counter()
                    model.learn(options.rollouts * ROLLOUT)
                    runs.append((time.perf_counter() - start, sum(seconds)))
            for kind, runs in measured.items():
                row = {
                    "algorithm": algorithm,
                    "envs": n,
                    "kind": kind,
                    "wall_s": statistics.median(wall for wall, _ in runs),
                    "environment_s": statistics.median(inside for _, inside in runs),
                    "share": statistics.median(inside / wall for wall, inside in runs),
                }
                rows.append(row)
                print(
                    f"{algorithm:<14}{n:>6}{kind:>8}{row['wall_s']:>10.2f}{row['environment_s']:>15.3f}"
                    f"{row['share']:>9.2%}"
                )
    steps = options.rollouts * ROLLOUT
    write_result(options.out, {"steps": steps, "repeats": options.repeats, "rows": rows})


if __name__ == "__main__":
    main()
