"""A search becomes a data set of Minari; a policy is cloned from its best episodes and plays new ones.

python examples/minari_cloning.py
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import minari
import numpy as np

from awnas_gym.interop.minari_dataset import write_minari
from awnas_gym.search import Run, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINARI_DATASETS_PATH"] = str(Path(folder) / "datasets")  # by default ~/.minari/datasets
        environment = {"id": "awnas/NASBench201-v0", "mask_in_obs": True}
        budget = {"evaluations": options.evaluations}
        run(Run(environment=environment, agent={"name": "random"}, budget=budget, seed=options.seed), Path(folder))
        write_minari(folder, "nasbench201/random-v0", author="me", author_email="me@here", code_permalink="here")
        clone(minari.load_dataset("nasbench201/random-v0"), options.seed)


def clone(dataset: minari.MinariDataset, seed: int) -> None:
    """Take the odds of each decision from the best tenth of the episodes; play 100 with them."""
    returns = np.array([episode.rewards.sum() for episode in dataset])
    good = dataset.filter_episodes(lambda episode: episode.rewards.sum() >= np.quantile(returns, 0.9))
    env = dataset.recover_environment()
    odds = np.ones((len(dataset[0].actions), env.action_space.n))  # one more of each: nothing is ruled out
    for episode in good:
        odds[np.arange(len(episode.actions)), episode.actions] += 1
    rng = np.random.default_rng(seed)
    earned = []
    for _ in range(100):
        observation, _ = env.reset()
        for row in odds:
            legal = row * observation["action_mask"]
            observation, reward, *_ = env.step(rng.choice(len(legal), p=legal / legal.sum()))
        earned.append(reward)
    print(f"{len(dataset)} evaluations at random: {returns.mean():.4f} on average, best {returns.max():.4f}")
    print(f"100 evaluations cloned from {len(good)} of them: {np.mean(earned):.4f} on average, best {max(earned):.4f}")


if __name__ == "__main__":
    main()
