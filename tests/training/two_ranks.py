"""What each of two processes does in `test_distributed.py`; torchrun starts this file with a folder as argument."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra [torch]")

import torch
from torch import Tensor, nn

from awnas_gym.errors import AwnasError
from awnas_gym.evaluators.shared import SharedWeights
from awnas_gym.ranks import Ranks
from awnas_gym.search import Run, run
from awnas_gym.supernets.abstract import AbstractSupernet
from awnas_gym.sweep import Sweep, run_sweep
from awnas_gym.tasks.classification import Classification
from awnas_gym.training.distributed import average_over_ranks, process_group, running_statistics, weights_digest
from awnas_gym.training.final_config import FinalTraining
from awnas_gym.training.final_folder import train_in_folder
from tests.toy import ToySpace

ENVIRONMENT = {
    "id": "awnas/CNN-ENAS-v0",
    "channels": 2,
    "cells": 2,
    "batch_size": 20,
    "eval_batch_size": 21,
    "batch_norm": "recalibrate",
}
CONFIG = Run(environment=ENVIRONMENT, agent={"name": "random"}, budget={"evaluations": 6}, seed=3)

MIXED = {
    "id": "awnas/CNN-DARTS-v0", "space": "nasbench201", "channels": 2, "cells": 1, "batch_size": 20,
    "eval_batch_size": 21, "max_steps": 12,
}  # fmt: skip
MIXTURES = {
    "first order": Run(environment=MIXED, agent={"name": "gdas", "learning_rate": 0.1}, seed=3),
    "second order": Run(environment={**MIXED, "order": 2}, agent={"name": "darts", "learning_rate": 0.1}, seed=3),
    "joint": Run(environment={**MIXED, "joint": True, "max_steps": 6}, agent={"name": "snas"}, seed=3),
}

TRAINING = FinalTraining(
    space={"name": "nasbench201", "channels": 2, "cells": 1},
    genotype="|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|nor_conv_1x1~0|none~1|nor_conv_1x1~2|",
    dataset="fashion14",
    training={"epochs": 3, "batch_size": 501, "ema": 0.5, "recalibration_batches": 1, "dropout": 0.2},
)


class Chain(AbstractSupernet):
    """A linear layer for each choice, no batch norm: what shares of a batch give adds up to what the batch gives."""

    kinds = (ToySpace,)

    def __init__(self) -> None:
        super().__init__(ToySpace())
        self.layers = nn.ModuleList(
            nn.ModuleList(nn.Linear(3, 3) for _ in range(choices)) for choices in self.space.cardinalities
        )

    def forward(self, images: Tensor, arch: Any) -> Tensor:
        x = images.flatten(1)
        for choices, choice in zip(self.layers, arch, strict=True):
            x = torch.tanh(choices[int(choice)](x))
        return x

    def _plain(self, arch: Any) -> nn.Module:
        raise NotImplementedError


class Numbers:
    """Four batches an epoch of seven images: two ranks have four and three of them."""

    def __len__(self) -> int:
        return 4

    def epoch(self, number: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        for batch in range(start, 4):
            generator = torch.Generator().manual_seed(4 * number + batch)
            yield torch.randn(7, 3, 1, 1, generator=generator), torch.randint(3, (7,), generator=generator)


def chain() -> SharedWeights:
    """Return an evaluator that is ready."""
    evaluator = SharedWeights(Chain(), Classification(), lambda _: (Numbers(), Numbers()), weight_steps=2)
    evaluator.reset(0)
    return evaluator


def play_chain(evaluator: SharedWeights) -> dict[str, Any]:
    """Train and score; return the gradients of the first step, scores and weights."""
    archs = evaluator.space.sample(np.random.default_rng(0), 5)
    first = evaluator.train(archs[:1])
    gradients = [None if p.grad is None else p.grad.tolist() for p in evaluator.supernet.parameters()]
    metrics = evaluator.evaluate(archs[1:], rng=np.random.default_rng(0))
    return {
        "loss": first["train_loss"],
        "gradients": gradients,
        "metrics": {name: values.tolist() for name, values in metrics.items()},
        "weights": [parameter.tolist() for parameter in evaluator.supernet.parameters()],
    }


def play_search(folder: Path, ranks: Ranks, config: Run = CONFIG) -> dict[str, Any]:
    """Search; return what the rank holds at the end."""
    held: dict[str, Any] = {}
    make_env = Run.make_env

    def spy(config: Run) -> Any:
        env = make_env(config)
        held["evaluator"] = env.get_wrapper_attr("judge").evaluator
        return env

    Run.make_env = spy  # type: ignore[method-assign]
    try:
        outcome = run(config, folder, checkpoint_every=2, ranks=ranks)
    finally:
        Run.make_env = make_env  # type: ignore[method-assign]
    return {
        "weights": weights_digest(dict(held["evaluator"].supernet.state_dict())),
        "incumbent": outcome.summary["incumbent"],
        "rewards": [record["reward"] for record in outcome.records],
    }


def play_training(folder: Path) -> dict[str, Any]:
    """Train to the end; return what the rank holds then."""
    curve: list[dict[str, float]] = []
    summary = train_in_folder(TRAINING, folder, on_epoch=curve.append)
    lines = [{name: value for name, value in line.items() if name != "wall_s"} for line in curve]
    return {"curve": lines, "summary": {**summary, "wall_s": 0}}


def break_off(run: Path, copy: Path) -> None:
    """Make a copy of a run as a kill in its sixth evaluation leaves it."""
    shutil.copytree(run, copy)
    shutil.rmtree(copy / "weights" / "000006")
    (copy / "summary.json").unlink()
    lines = (copy / "history.jsonl").read_bytes().splitlines(keepends=True)
    (copy / "history.jsonl").write_bytes(b"".join(lines[:5]) + b'{"n":')


def stop_in_third_epoch(folder: Path) -> None:
    """Train, and stop when two epochs are saved."""

    def on_epoch(line: dict[str, float]) -> None:
        if line["epoch"] == 2:
            raise AwnasError("stopped")

    train_in_folder(TRAINING, folder, on_epoch=on_epoch)


def statistics(ranks: Ranks) -> list[float]:
    """Return the running mean of a batch norm that has seen other images on each rank."""
    norm = nn.BatchNorm1d(2)
    norm(torch.tensor([[1.0, 2.0], [3.0, 2.0]]) * (1 + ranks.rank))
    average_over_ranks(running_statistics(norm), ranks)
    found: list[float] = norm.running_mean.tolist()  # type: ignore[union-attr]
    return found


def refusal(action: Any) -> str:
    """Return the error of an action."""
    try:
        action()
    except AwnasError as error:
        return f"{type(error).__name__}: {error}"
    return "none"


def main(folder: Path) -> None:
    with process_group(timeout_s=60) as ranks:
        found: dict[str, Any] = {"size": ranks.size, "chain": play_chain(chain())}
        found["means"] = ranks.mean([float(ranks.rank), 1.0], weight=1.0 + ranks.rank)
        found["statistics"] = statistics(ranks)
        found["search"] = play_search(folder / "unbroken", ranks)
        if ranks.rank == 0:
            break_off(folder / "unbroken", folder / "broken")
        ranks.wait()
        found["resumed"] = play_search(folder / "broken", ranks)
        for name, config in MIXTURES.items():
            found[name] = play_search(folder / name, ranks, config)
            if ranks.rank == 0:
                break_off(folder / name, folder / f"{name}, broken")
            ranks.wait()
            found[f"{name}, resumed"] = play_search(folder / f"{name}, broken", ranks, config)
        found["training"] = play_training(folder / "training")
        found["training, stopped"] = refusal(lambda: stop_in_third_epoch(folder / "stopped"))
        found["training, resumed"] = play_training(folder / "stopped")
        table = {"id": "awnas/NASBench201-v0"}
        sweep = Sweep(environment=ENVIRONMENT, agents=[CONFIG.agent], budget=CONFIG.budget)
        evaluator = chain()
        archs = list(itertools.islice(evaluator.space.enumerate(), 2))
        found["refusals"] = {
            "table": refusal(lambda: run(Run(environment=table, agent=CONFIG.agent), ranks=ranks)),
            "workers": refusal(lambda: list(run_sweep(sweep, folder / "sweep", workers=2, ranks=ranks))),
            "without ranks": refusal(lambda: run(CONFIG)),
            "apart": refusal(lambda: evaluator.evaluate(archs[ranks.rank], rng=np.random.default_rng(0))),
            "sync_batch_norm": refusal(
                lambda: run(Run(environment={**ENVIRONMENT, "sync_batch_norm": True}, agent=CONFIG.agent), ranks=ranks)
            ),
        }
        (folder / f"rank-{ranks.rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
