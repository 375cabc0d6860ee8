"""`awnas/NASBench201-Context-v0`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.official import NASBENCH201
from awnas_gym.catalog.tabular import Types, check_given, make_judge, open_evaluator, shell
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.context import ContextBuildEnv, ContextEnv, ContextJointEnv
from awnas_gym.envs.target import Target
from awnas_gym.errors import MissingMetricError, SettingError
from awnas_gym.evaluators import Trial
from awnas_gym.objectives import make_objective

ID = "awnas/NASBench201-Context-v0"

KINDS: dict[str, type[ContextEnv]] = {"build": ContextBuildEnv, "joint": ContextJointEnv}

REQUIRED: Types = {
    "datasets": str,
    "devices": str,
    "test_devices": str,
    "contexts": str,
    "penalty": (int, float),
    "action_mode": str,
    "trial": (str, int),
    "invalid": str,
    "mask_in_obs": bool,
}

PROBES = np.array([[k] * 6 for k in range(5)] + [[(k + i) % 5 for i in range(6)] for k in range(5)])
"""Cells that describe a device by their latencies, as many as HELP takes: one of each operation alone, and five where
each edge has each operation once."""


@entry_point
def nasbench201_context(
    *,
    datasets: str = "fashion14",
    devices: str = "cpu-1t,cpu-2t,cpu-1t-onnxruntime,roofline-v100",
    test_devices: str = "cpu-2t-onnxruntime,roofline-raspi4,eyeriss",
    contexts: Literal["train", "test"] = "train",
    context: str | None = None,
    penalty: float = 2.0,
    action_mode: Literal["build", "joint"] = "build",
    fidelity: int | None = None,
    trial: Trial = "mean",
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ContextEnv:
    """Choose a NAS-Bench-201 cell for the data set, the device and the latency budget that this episode is about.

    ## Description
    A search that begins anew for each data set, device and budget learns nothing from one for the next. Here each
    episode draws another such context and the observation says which, so that a policy can learn to answer in one
    episode; test contexts are on devices that it has never been trained on. `docs/context.md` compares both.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(5)`, the operation of the next edge, six steps.
    * `action_mode="joint"`: `MultiDiscrete([5] * 6)`, all six at once, one step.

    The operations are those of `awnas/NASBench201-v0`.

    ## Observation Space
    A dictionary. `observations`: the decisions, as in `awnas/NASBench201-v0`. `context`, float32: one entry a data set,
    1 for the episode's; then the device, the latencies of ten fixed cells [as HELP, Lee et al., NeurIPS 2021]; then
    the budget. Latencies are logarithms of what they are relative to the median of the ten, clipped to [-3, 3]: who has
    measured ten cells on a new device and has a budget in ms can ask. With `mask_in_obs=True` also `action_mask`.

    ## Rewards
    0 until the cell is finished, then its validation accuracy on the scale of the data set (0 = the mean cell, 1 = the
    best) minus `penalty * max(0, latency / budget - 1)`. The best reward of a context is `env.unwrapped.best_reward`.

    ## Starting State
    Every edge undecided. In training data set, device and budget are drawn, the budget between the quantiles .1 and .9
    of the latencies of all cells; in tests one of `env.unwrapped.test_contexts`, whose budgets are the quantiles
    .1, .3, .5, .7 and .9. `reset(options={"context": "fashion14/cpu-1t/0.5"})` sets one for an episode.

    ## Episode End
    Terminates when the cell is finished; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`, and `context` (`<data set>/<device>/<quantile of the budget>`), also in the info of
    `reset`. A duplicate in a history is the same cell in the same context.

    ## Arguments
    Args:
        datasets: tables over this space, separated by commas: `"fashion14"` (embedded), official ones as in
            `awnas/NASBench201-v0`, your own (`awnas data list`), or paths.
        devices: of training, separated by commas: from `awnas hardware list` or files of one, as for `hardware`; or a
            latency metric that each table has, e.g. `"pixel2_latency_ms"`.
        test_devices: likewise of test contexts; no device is of both.
        contexts: `"train"` or `"test"`: which are drawn.
        context: the only context, e.g. `"fashion14/cpu-1t/0.5"`: for searches of one architecture. None draws.
        penalty: what a latency of twice the budget costs, above 0. At 2, the best cell keeps the budget in nine of ten
            contexts of `docs/context.md`.
        fidelity: epochs after which the accuracy is read, the same on all data sets; None for all.
        invalid: `"repair"`, `"penalty"` or `"raise"`; in this space no action is illegal.

    ## Version History
    * v0: first version.
    """
    given = check_given(ID, locals(), required=REQUIRED, kinds=KINDS)
    training, test = targets(given, "devices"), targets(given, "test_devices")
    fixed = {"contexts": given["contexts"], "context": given.get("context")}
    return KINDS[given["action_mode"]](training, test, **fixed, **shell(given))


def targets(given: Mapping[str, Any], keyword: str) -> list[Target]:
    """Return each data set on each of the devices of a keyword.

    Raises:
        SettingError: none, or one twice.
        MissingMetricError: a device says nothing of latency.
    """
    datasets, devices = names(given, "datasets"), names(given, keyword)
    return [target(given, dataset, device) for dataset, device in itertools.product(datasets, devices)]


def target(given: Mapping[str, Any], dataset: str, device: str) -> Target:
    """Return a data set on a device."""
    evaluator = open_evaluator(ID, {"dataset": dataset}, space="nasbench201", official=NASBENCH201)
    is_column = device in evaluator.yields
    about = {**given, "dataset": dataset, "split": "valid", **({} if is_column else {"hardware": device})}
    judge = make_judge(evaluator, make_objective("accuracy", split="valid"), about)
    latency = device if is_column else "latency_ms"
    if latency not in judge.visible:
        raise MissingMetricError(f"{device} says nothing of latency, but of {', '.join(sorted(judge.visible))}")
    return Target(dataset, device, judge, latency=latency, probes=PROBES, penalty=given["penalty"])


def names(given: Mapping[str, Any], keyword: str) -> list[str]:
    """Return the names in a text with commas; `SettingError` if there are none, or one is there twice."""
    found = [name.strip() for name in given[keyword].split(",") if name.strip()]
    if not found or len(set(found)) < len(found):
        raise SettingError(f"{keyword} are different names, separated by commas; got {given[keyword]!r}")
    return found
