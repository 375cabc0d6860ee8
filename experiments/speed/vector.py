"""How many environment steps a second does the native vector environment make?

    python experiments/speed/vector.py --out experiments/speed/results/vector.json

The build kind of NAS-Bench-201 on the embedded table, all sub-environments in lock-step, random actions, every info
on. In turn with it, in one process: Gymnasium's own native `CartPole-v1`, Gymnasium's `SyncVectorEnv` of the same
single environments, and a bare NumPy loop. That loop knows that the space has no constraint and that all walk in
lock-step. It checks no action, keeps no state but the decisions, and has what is known of every architecture in arrays
made before the clock starts: a step writes decisions, masks and flags, the last one of an episode gathers rewards,
names, metrics and last observations. It gives out as many arrays as the environment, of the same shapes and types
(the script compares). Only steps are timed; fresh random actions for each are made while the clock stands.
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
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import Judge
from experiments.record import write_result

ID = "awnas/NASBench201-v0"
Step = Callable[[np.ndarray], tuple[Any, ...]]


def bare_loop(judge: Judge, n: int) -> Step:
    """Return the step of the bare NumPy loop over `n` sub-environments."""
    space = judge.evaluator.space
    decisions, choices = len(space.cardinalities), max(space.cardinalities)
    everything = space.unindex(np.arange(space.size))
    known = judge.batch(everything, fidelity=judge.fidelity, trial=judge.trial, rng=np.random.default_rng(0))
    metrics = {name: (np.nan_to_num(column), np.isfinite(column)) for name, column in known.metrics.items()}
    seconds = np.nan_to_num(known.cost_s), np.isfinite(known.cost_s)
    intern: dict[str, str] = {}  # equal strings as one object, as in the environment
    names = [[space.genotype(arch), space.key(arch)] for arch in everything]
    genotypes, keys = np.array([[intern.setdefault(name, name) for name in pair] for pair in names], dtype=object).T
    genotypes, keys = genotypes.copy(), keys.copy()
    last = np.fromiter(everything.astype(np.int64) + 1, dtype=object, count=len(everything))
    digits = space.cardinalities[0] ** np.arange(decisions - 1, -1, -1)
    archs, step_number = np.full((n, decisions), -1), 0

    def repeat(value: object, dtype: type) -> np.ndarray:
        return np.array([value], dtype=dtype).repeat(n)

    def step(actions: np.ndarray) -> tuple[Any, ...]:
        nonlocal step_number
        archs[:, step_number] = actions
        step_number += 1
        infos: dict[str, Any] = {"action_mask": np.ones((n, choices), np.int8), "_action_mask": np.ones(n, bool)}
        if step_number < decisions:
            infos |= {"invalid": np.zeros(n, bool), "_invalid": np.ones(n, bool)}
            return archs + 1, np.zeros(n), np.zeros(n, bool), np.zeros(n, bool), infos
        index = archs @ digits
        ended: dict[str, Any] = {"invalid": np.zeros(n, bool), "action_mask": np.zeros((n, choices), np.int8)}
        ended |= {"architecture": genotypes.take(index), "arch_key": keys.take(index)}
        ended |= {"split": repeat(judge.split, object), "trial": repeat(judge.trial, object)}
        ended |= {"fidelity": repeat(judge.fidelity, int), "metrics": {}}
        ended |= {f"_{key}": np.ones(n, bool) for key in ended}
        for name, (values, recorded) in metrics.items():
            ended["metrics"] |= {name: values.take(index), f"_{name}": recorded.take(index)}
        ended |= {"cost_s": seconds[0].take(index), "_cost_s": seconds[1].take(index)}
        missing = known.missing.take(index)
        if missing.any():
            ended |= {"missing": missing, "_missing": missing.copy()}
        infos |= {"final_obs": last.take(index), "final_info": ended}
        infos |= {"_final_obs": np.ones(n, bool), "_final_info": np.ones(n, bool)}
        archs[:], step_number = -1, 0
        return archs + 1, known.rewards.take(index), np.ones(n, bool), np.zeros(n, bool), infos

    return step


def outputs(value: Any, where: str = "") -> dict[str, tuple[tuple[int, ...], np.dtype]]:  # noqa: ANN401 - a step's
    """Return shape and type of every array in what a step returned."""
    if isinstance(value, np.ndarray):
        return {where: (value.shape, value.dtype)}
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    return {name: each for key, part in parts for name, each in outputs(part, f"{where}.{key}").items()}


def seconds_of(step: Step, choices: int, n: int, steps: int) -> float:
    """Return the seconds of `steps` steps with fresh random actions, which are made while the clock stands."""
    rng, total, result = np.random.default_rng(0), 0.0, None
    for _ in range(steps):
        actions = rng.integers(choices, size=n)
        start = time.perf_counter()
        result = step(actions)  # and what the last step gave out is freed
        total += time.perf_counter() - start
    del result
    return total


def measure(jobs: dict[str, tuple[Step, int, int]], steps: int, repeats: int) -> dict[str, list[float]]:
    """Return environment steps a second of each job (step, choices, sub-environments), one a turn."""
    each: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(repeats + 1):
        for name, (step, choices, n) in jobs.items():
            count = 6 if name == "sync" else steps
            measured = count * n / seconds_of(step, choices, n, count)
            if turn:  # the first fills the caches
                each[name].append(measured)
    return each


def main() -> None:
    """Measure and print environment steps a second, and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=1200, help="of all sub-environments, a turn; a multiple of 6")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    n, few = options.envs, min(options.envs, 64)  # more singles take memory, and as long for each
    print(__doc__.split("\n\n")[2])
    cartpole = gym.make_vec("CartPole-v1", num_envs=n, vectorization_mode="vector_entry_point")
    native = gym.make_vec(ID, num_envs=n)
    sync = gym.make_vec(ID, num_envs=few, vectorization_mode="sync", vector_kwargs={"autoreset_mode": "SameStep"})
    for env in (cartpole, native, sync):
        env.reset(seed=0)
    bare = bare_loop(native.unwrapped.judge, n)
    cold = seconds_of(native.step, 5, n, 60)
    for _ in range(6):
        actions = np.random.default_rng(0).integers(5, size=n)
        if outputs(bare(actions)) != outputs(native.step(actions)):
            raise SystemExit("the bare loop does not give out what the environment does")
    jobs = {"native": (native.step, 5, n), "cartpole": (cartpole.step, 2, n), "bare_loop": (bare, 5, n)}
    each = measure({**jobs, "sync": (sync.step, 5, few)}, options.steps, options.repeats)
    result: dict[str, Any] = {f"{name}_steps_per_s": statistics.median(values) for name, values in each.items()}
    result["native_first_episodes_steps_per_s"] = 60 * n / cold
    for name in ("cartpole", "bare_loop", "sync"):
        ratios = [a / b for a, b in zip(each["native"], each[name], strict=True)]
        result[f"native_over_{name}"] = statistics.median(ratios)
        result[f"native_over_{name}_range"] = [min(ratios), max(ratios)]
    for name, value in result.items():
        print(f"{name:<36} {', '.join(f'{x:,.2f}' for x in (value if isinstance(value, list) else [value])):>18}")
    write_result(options.out, {"envs": n, **result})


if __name__ == "__main__":
    main()
