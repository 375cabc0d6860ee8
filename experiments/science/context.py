"""Does a policy that has seen many search problems answer a new one better than a search that starts anew?

    python experiments/science/context.py --csv nb201.csv.gz --latencies latency_ms.npz \
        --out experiments/science/results/context.json

The problems are contexts of `awnas/NASBench201-Context-v0`: three data sets of NAS-Bench-201 by validation accuracy
after 12 epochs, and the latencies that HELP [Lee et al., NeurIPS 2021] publishes, an array a device in the order of the
CSV's rows. Without files: the environment's defaults. A latency is of one network whatever the data set.

Stable-Baselines3's PPO plays training contexts, once as it is (`policy`) and once with the context set to zero
(`blind`). Then every test context: the policy's mode first, then its draws that differ (`draws` counts equal ones too),
after some numbers of training episodes. `nearest` learns nothing: it ranks the cells that the policy's training has
evaluated by what they earn in the training context that looks most like the one asked for. The agents start anew in
each context.

Scores are regrets: the best reward of the context minus the best so far; 1 is what separates the mean cell from the
best by accuracy. Intervals are bootstraps over seeds and contexts, 95 %.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.agents import AGENTS
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.envs.context import GRID, ContextEnv
from awnas_gym.seeding import derive_seed, generator
from experiments.published import VALID, nasbench201
from experiments.record import write_result

ID = "awnas/NASBench201-Context-v0"
Floats = NDArray[np.float64]

TEST_DEVICES = ("raspi4", "fpga", "silver_4114", "pixel2")
"""Of the 13 settings: hardware of which no batch size is in training. Another Xeon and other phones are."""

SETTINGS = {"n_steps": 96, "batch_size": 512, "n_epochs": 10, "gamma": 1.0, "gae_lambda": 1.0, "learning_rate": 1e-3}
ENTROPY, HIDDEN, ENVS = 0.02, 128, 16
"""Settings of PPO, the first that were tried."""

LEVELS = np.round(np.arange(0.02, 1, 0.02), 2)
"""Budgets of the training contexts among which `nearest` looks."""

DRAWS = 10
"""Times as many draws as evaluations, among which different ones are looked for."""


def keywords(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return the keywords of the environment, of the published tables or the defaults."""
    if options.csv is None or options.latencies is None:
        return {}
    with np.load(options.latencies, allow_pickle=False) as found:
        latencies = {f"on_{name}_latency_ms": found[name].astype(np.float64) for name in found.files}
    tables = nasbench201(options.csv, folder, latencies)
    test = [f"on_{name}_latency_ms" for name in TEST_DEVICES]
    return {
        "datasets": ",".join(map(str, tables.values())),
        "devices": ",".join(name for name in latencies if name not in test),
        "test_devices": ",".join(test),
        "fidelity": VALID,
    }


class Blind(gym.ObservationWrapper):
    """The context is hidden: all zeros."""

    def observation(self, observation: dict[str, Any]) -> dict[str, Any]:
        """Return the observation without its context."""
        return {**observation, "context": np.zeros_like(observation["context"])}


def make(given: dict[str, Any], *, blind: bool = False, **more: Any) -> gym.Env:  # noqa: ANN401 - keywords
    """Return an environment of the experiment."""
    env = gym.make(ID, disable_env_checker=True, **given, **more)
    return Blind(env) if blind else env


# ---------------------------------------------------------------- the policy


def train(
    given: dict[str, Any], episodes: list[int], seed: int, *, blind: bool
) -> Iterator[tuple[PPO, dict[str, Any], set[tuple[str, str]]]]:
    """Yield PPO after numbers of episodes, what it has cost until then, and the data sets and cells it evaluated."""
    evaluated: list[tuple[str, str]] = []

    class Note(BaseCallback):
        def _on_step(self) -> bool:
            ended = [info for info in self.locals["infos"] if "architecture" in info]
            evaluated.extend((info["context"].rsplit("/", 2)[0], info["architecture"]) for info in ended)
            return True

    torch.set_num_threads(1)
    envs = DummyVecEnv([lambda: make(given, blind=blind)] * ENVS)
    policy = {"net_arch": [HIDDEN, HIDDEN]}
    model = PPO("MultiInputPolicy", envs, ent_coef=ENTROPY, policy_kwargs=policy, seed=seed, device="cpu", **SETTINGS)
    start, asked = time.perf_counter(), 0.0
    for number in episodes:
        model.learn(6 * number - model.num_timesteps, callback=Note(), reset_num_timesteps=False)
        trained, before = set(evaluated), time.perf_counter()
        seconds = round(before - start - asked)
        yield model, {"evaluations": len(evaluated), "trainings": len(trained), "seconds": seconds}, trained
        asked += time.perf_counter() - before


def drawn(model: PPO, env: gym.Env, n: int, *, mode: bool) -> NDArray[np.int64]:
    """Return `n` cells of a policy in the current context, int `[n, 6]`: its mode, or draws."""
    rows = np.full((n, 6), -1, dtype=np.int64)
    shown = env.unwrapped.beside()["context"]
    shown = np.zeros_like(shown) if isinstance(env, Blind) else shown
    for i in range(6):
        observation = {"observations": rows + 1, "context": np.repeat(shown[None], n, axis=0)}
        rows[:, i] = model.predict(observation, deterministic=mode)[0]
    return rows


def rewards(env: ContextEnv, rows: NDArray[np.int64]) -> Floats:
    """Return what cells earn in the current context, `[n]`."""
    judge = env.judge
    return judge.batch(rows, fidelity=judge.fidelity, trial=judge.trial, rng=np.random.default_rng(0)).rewards


def ask(model: PPO, env: gym.Env, contexts: list[str], evaluations: int, seed: int) -> dict[str, Floats]:
    """Return regrets of a policy's draws and of its different draws, `[contexts, evaluations]` each."""
    inner: Any = env.unwrapped
    found: dict[str, list[Floats]] = {"draws": [], "different": []}
    for n, context in enumerate(contexts):
        env.reset(options={"context": context})
        model.set_random_seed(derive_seed(seed, n) % 2**32)
        rows = np.concatenate([drawn(model, env, 1, mode=True), drawn(model, env, DRAWS * evaluations, mode=False)])
        first = np.sort(np.unique(rows, axis=0, return_index=True)[1])
        for how, chosen in (("draws", rows[:evaluations]), ("different", rows[first][:evaluations])):
            best = np.maximum.accumulate(rewards(inner, chosen))
            best = np.append(best, np.full(evaluations - len(best), best[-1]))  # it knows no more different ones
            found[how].append(inner.best_reward - best)
    return {how: np.stack(each) for how, each in found.items()}


def nearest(env: gym.Env, trained: set[tuple[str, str]], contexts: list[str], evaluations: int) -> Floats:
    """Return regrets of the trained cells that are best in the training context that looks most alike."""
    inner: Any = env.unwrapped
    known = [f"{target.name}/{level}" for target in inner.targets("train") for level in LEVELS.tolist()]
    seen = np.stack([env.reset(options={"context": name})[0]["context"] for name in known])
    found = []
    for context in contexts:
        dataset = context.rsplit("/", 2)[0]
        rows = np.concatenate([inner.space.parse(cell)[None] for name, cell in sorted(trained) if name == dataset])
        shown = env.reset(options={"context": context})[0]["context"]
        env.reset(options={"context": known[int(np.linalg.norm(seen - shown, axis=1).argmin())]})
        order = np.argsort(-rewards(inner, rows), kind="stable")[:evaluations]
        env.reset(options={"context": context})
        best = np.maximum.accumulate(rewards(inner, rows[order]))
        found.append(inner.best_reward - np.append(best, np.full(evaluations - len(best), best[-1])))
    return np.stack(found)


# ---------------------------------------------------------------- searches


def search(given: dict[str, Any], agent: str, contexts: list[str], evaluations: int, seeds: int) -> Floats:
    """Return regrets of an agent that starts anew, `[seeds, contexts, evaluations]`."""
    found = np.empty((seeds, len(contexts), evaluations))
    for n, context in enumerate(contexts):
        env = make(given, context=context, action_mode="joint")
        best = env.unwrapped.best_reward
        for seed in range(seeds):
            history = History(Budget(evaluations=evaluations))
            AGENTS.load(agent)(Recorder(env, history), seed=derive_seed(seed, n) % 2**32).learn(evaluations)
            found[seed, n] = best - np.maximum.accumulate([record["reward"] for record in history.records])
    return found


# ---------------------------------------------------------------- the numbers


def interval(regrets: Floats) -> list[float]:
    """Return the mean of `[seeds, contexts]` and its interval: seeds and contexts are drawn anew."""
    rng = generator(0, "bootstrap")
    seeds, contexts = regrets.shape
    means = [
        regrets[np.ix_(rng.integers(seeds, size=seeds), rng.integers(contexts, size=contexts))].mean()
        for _ in range(2000)
    ]
    return [round(float(value), 4) for value in (regrets.mean(), *np.quantile(means, [0.025, 0.975]))]


def summary(regrets: Floats, contexts: list[str], shown: list[int]) -> dict[str, Any]:
    """Return mean regrets after some evaluations, of all contexts, and of those on each device and at each budget."""
    result: dict[str, Any] = {str(k): interval(regrets[:, :, k - 1]) for k in shown}
    for what, place in (("devices", 1), ("budgets", 2)):
        groups = [context.rsplit("/", 2)[place] for context in contexts]
        result[what] = {
            group: {
                str(k): round(float(regrets[:, [each == group for each in groups], k - 1].mean()), 4) for k in shown
            }
            for group in dict.fromkeys(groups)
        }
    return result


def needed(regrets: Floats, target: float) -> int | None:
    """Return after how many evaluations the mean of `[seeds, contexts, evaluations]` is at most `target`."""
    below = np.flatnonzero(regrets.mean(axis=(0, 1)) <= target)
    return int(below[0]) + 1 if len(below) else None


def tables(result: dict[str, Any]) -> tuple[str, str, str]:
    """Return what `docs/context.md` shows of a result: mean regrets, those on each device, and what is as good."""
    regret, reach = result["regret"], result["as_good"]
    shown = list(next(iter(reach.values())))
    whole = [["mean regret after", *shown], ["---"] + ["---:"] * len(shown)]
    for name, each in regret.items():
        whole.append([f"`{name}`", *("{:.3f} [{:.3f}, {:.3f}]".format(*each[k]) for k in shown)])
    tests = [name for name in regret if not name.endswith(("training", "draws"))]
    devices = list(regret[tests[0]]["devices"])
    first, last = shown[0], shown[-1]
    by_device = [[f"after {first} / {last}", *(f"`{device}`" for device in devices)], ["---"] + ["---:"] * len(devices)]
    for name in tests:
        found = regret[name]["devices"]
        by_device.append(
            [f"`{name}`", *(f"{found[device][first]:.3f} / {found[device][last]:.3f}" for device in devices)]
        )
    agents = list(next(iter(next(iter(reach.values())).values())))
    needs = [["as good as", *(f"`{agent}`" for agent in agents)], ["---"] + ["---:"] * len(agents)]
    for name, each in reach.items():
        needs += [
            [f"`{name}` after {k}", *(str(n) if n else f"over {result['evaluations']}" for n in found.values())]
            for k, found in each.items()
        ]
    a, b, c = ("\n".join(f"| {' | '.join(line)} |" for line in each) for each in (whole, by_device, needs))
    return a, b, c


def main() -> None:
    """Train, ask, search, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--latencies", type=Path)
    parser.add_argument(
        "--episodes",
        type=int,
        nargs="+",
        default=[1000, 3000, 10_000],
        help="of training, each an evaluation; ascending",
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--evaluations", type=int, default=300, help="of searches")
    parser.add_argument("--shown", type=int, nargs="+", default=[1, 10, 30, 100])
    parser.add_argument("--agents", nargs="+", default=["random", "regularized_evolution", "local_search"])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    start = time.perf_counter()
    regrets: dict[str, Floats] = {}
    costs: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        given = keywords(options, Path(folder))
        env = make(given)
        inner: Any = env.unwrapped
        test = list(inner.test_contexts)
        seen = [f"{target.name}/{level}" for target in inner.targets("train") for level in GRID]
        found: dict[str, list[Floats]] = {}
        for label, blind in (("policy", False), ("blind", True)):
            for seed in range(options.seeds):
                steps = zip(options.episodes, train(given, options.episodes, seed, blind=blind), strict=True)
                for episodes, (model, cost, trained) in steps:
                    costs.setdefault(f"{label}, {episodes}", []).append(cost)
                    shell, last = Blind(env) if blind else env, episodes == options.episodes[-1]
                    asked = ask(model, shell, test, max(options.shown), seed)
                    found.setdefault(f"{label}, {episodes}", []).append(asked["different"])
                    if last:
                        found.setdefault(f"{label}, {episodes}, draws", []).append(asked["draws"])
                        asked = ask(model, shell, seen, max(options.shown), seed)
                        found.setdefault(f"{label}, {episodes}, in training", []).append(asked["different"])
                    if not blind:
                        each = nearest(env, trained, test, max(options.shown))
                        found.setdefault(f"nearest, {episodes}", []).append(each)
                    print(label, seed, cost, flush=True)
        regrets |= {name: np.stack(each) for name, each in found.items()}
        for agent in options.agents:
            regrets[agent] = search(given, agent, test, options.evaluations, options.seeds)
    results = {
        name: summary(each, seen if name.endswith("training") else test, options.shown)
        for name, each in regrets.items()
    }
    reach = {
        f"policy, {episodes}": {
            str(k): {
                agent: needed(regrets[agent], results[f"policy, {episodes}"][str(k)][0]) for agent in options.agents
            }
            for k in options.shown
        }
        for episodes in options.episodes
    }
    about: dict[str, Any] = {
        "data": "NAS-Bench-201 and HELP" if given else "the defaults",
        "contexts": {"test": len(test), "seen": len(seen)},
        **{name: getattr(options, name) for name in ("episodes", "seeds", "evaluations")},
        "ppo": {**SETTINGS, "ent_coef": ENTROPY, "hidden": HIDDEN, "envs": ENVS},
    }
    seconds = round(time.perf_counter() - start)
    result = {**about, "training": costs, "regret": results, "as_good": reach, "seconds": seconds}
    print("\n\n".join(tables(result)))
    write_result(options.out, result)


if __name__ == "__main__":
    main()
