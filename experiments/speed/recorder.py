"""What do the recorder, and the whole of a benchmark's run, add to an evaluation?

    python experiments/speed/recorder.py --out experiments/speed/results/recorder.json

The same architectures through the joint environment bare, recorded in memory and recorded to a file; in turn. And a run
of `awnas benchmark` with random search and 300 evaluations, from `config.yaml` to `summary.json`, beside the same agent
on the same environment without any of it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import gymnasium as gym
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.search import Run, run
from experiments.record import write_result


def microseconds(env: gym.Env, archs: np.ndarray) -> float:
    """Return microseconds an evaluation."""
    env.reset(seed=0)
    start = time.perf_counter()
    for arch in archs:
        env.step(arch)
        env.reset()
    return (time.perf_counter() - start) / len(archs) * 1e6


def whole_run(folder: Path, evaluations: int) -> tuple[float, float]:
    """Return microseconds an evaluation of a run of a benchmark, and of the bare agent on the bare environment."""
    environment = {"id": "awnas/NASBench201-v0", "action_mode": "joint"}
    config = Run(environment=environment, agent={"name": "random"}, budget={"evaluations": evaluations})
    start = time.perf_counter()
    run(config, folder)
    middle = time.perf_counter()
    env = config.make_env()
    config.make_agent(env).learn(total_timesteps=evaluations)
    end = time.perf_counter()
    return (middle - start) / evaluations * 1e6, (end - middle) / evaluations * 1e6


def main() -> None:
    """Measure and print microseconds an evaluation, and what recording adds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    times: dict[str, list[float]] = {"bare_us": [], "memory_us": [], "file_us": []}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(options.repeats + 1):
            for name, values in times.items():
                env = gym.make("awnas/NASBench201-v0", action_mode="joint", disable_env_checker=True)
                archs = env.get_wrapper_attr("space").sample(np.random.default_rng(turn), options.evaluations)
                budget = Budget(evaluations=options.evaluations)
                if name != "bare_us":
                    path = Path(folder) / str(turn) / "history.jsonl" if name == "file_us" else None
                    env = Recorder(env, History(budget, path))
                measured = microseconds(env, archs)
                if turn:  # the first fills the caches
                    values.append(measured)
        runs = [whole_run(Path(folder) / f"run-{turn}", 300) for turn in range(options.repeats + 1)][1:]
    result = {name: statistics.median(values) for name, values in times.items()}
    result["recorder_adds_us"] = statistics.median(np.subtract(times["file_us"], times["bare_us"]).tolist())
    result["run_us"], result["bare_agent_us"] = (statistics.median(values) for values in zip(*runs, strict=True))
    result["harness_adds_us"] = statistics.median(whole - bare for whole, bare in runs)
    for name, value in result.items():
        print(f"{name:<18} {value:>8.1f}")
    write_result(options.out, result)


if __name__ == "__main__":
    main()
