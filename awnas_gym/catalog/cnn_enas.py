"""`awnas/CNN-ENAS-v0`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.tabular import hardware_costs, shell
from awnas_gym.config import check_keys, keywords
from awnas_gym.envs import ArchitectureEnv, BuildEnv, JointEnv, Judge
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.weights import refuse_processes
from awnas_gym.errors import UnknownNameError
from awnas_gym.evaluators import EVALUATORS
from awnas_gym.objectives import AbstractObjective, make_objective
from awnas_gym.spaces import SPACES
from awnas_gym.supernets import SUPERNETS

ID = "awnas/CNN-ENAS-v0"
KINDS = {"build": BuildEnv, "joint": JointEnv}
TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(
        (
            "space", "dataset", "output", "reduction", "variant", "action_mode", "objective", "objectives", "measures",
            "schedule",
            "batch_norm", "device", "hardware", "invalid", "render_mode",
        ),
        str,
    ),
    **dict.fromkeys(("flip", "sync_batch_norm", "mask_in_obs"), bool),
    **dict.fromkeys(("learning_rate", "valid_fraction", "area"), (int, float)),
}  # fmt: skip
"""Types of the keywords; all others are whole numbers."""

SIZES = {"channels": 8, "cells": 5}
"""Of a small network, in spaces that have such settings."""

SETTINGS = ("channels", "cells", "output", "reduction", "variant", "image_size")
"""Keywords that are settings of the space."""


@entry_point
def cnn_enas(
    *,
    space: str = "enas",
    dataset: str = "fashion14",
    channels: int | None = None,
    cells: int | None = None,
    output: str | None = None,
    reduction: str | None = None,
    variant: str | None = None,
    image_size: int | None = None,
    valid_fraction: float | None = None,
    action_mode: Literal["build", "joint"] = "build",
    objective: str = "accuracy",
    measures: str = "",
    schedule: Literal["interleaved", "epochs"] = "interleaved",
    weight_steps: int | None = None,
    episodes: int | None = None,
    pool: int | None = None,
    warmup_epochs: int = 0,
    batch_norm: Literal["batch", "recalibrate", "inherit"] = "batch",
    batch_size: int = 64,
    eval_batch_size: int = 100,
    eval_batches: int = 1,
    learning_rate: float = 0.2,
    crop: int = 1,
    flip: bool = True,
    cutout: int = 0,
    area: float | None = None,
    device: str = "cpu",
    threads: int = 1,
    sync_batch_norm: bool = False,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose a network; it is scored by weights that all networks share and that are trained as you play.

    ## Description
    Weight sharing of ENAS [Pham et al., ICML 2018]: one network holds the weights of every architecture of the space. A
    finished architecture runs through it, is trained for a step, and earns its accuracy on validation images. So
    **rewards move while the weights learn**: the same architecture earns more later, and a single reward is one
    batch's. What to believe of the ranking at the end is a question of its own; train what you find from scratch.

    ## Action Space
    * `action_mode="build"` (default): `Discrete`, the next decision; of `enas` 40 steps: of each of 5 nodes of the
      normal, then of the reduce cell, a value that it reads and an operation on it, twice.
    * `action_mode="joint"`: `MultiDiscrete`, all decisions at once, one step.

    Operations of `enas`: 0 sep_conv_3x3, 1 sep_conv_5x5, 2 avg_pool_3x3, 3 max_pool_3x3, 4 skip_connect. A value is the
    number of an earlier one; 0 and 1 are the outputs of the two cells before. Other spaces have other decisions:

    * `"darts"` and `"nasbench301"`: 22, of each of 4 nodes of two cells the pair of values and the operation on either.
    * `"nasbench201"`: 6, the operation on each edge of a cell, as in `awnas/NASBench201-v0`.
    * `"nasbench101"`: 26, the edges and operations of a graph, as in `awnas/NASBench101-v0`. The mask leaves at most
      9 edges, and a path from the input to the output.
    * `"nasbench_macro"`: 8, the block of each layer, as in `awnas/NASBenchMacro-v0`; `"fbnet"`: 22 likewise, and
      `"proxylessnas"`: 21.

    ## Observation Space
    `MultiDiscrete`, int64: one entry a decision; 0 is undecided, choice k is k + 1. With `mask_in_obs=True` a
    dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the architecture is finished, then the objective, by default the accuracy on `eval_batches` batches of
    validation images, in [0, 1].

    * `schedule="interleaved"`: the architecture first gets `weight_steps` training steps.
    * `schedule="epochs"` (ENAS): after every `episodes` rewarded architectures one pass over the training images, each
      batch for one of the last `pool`; before the first, `warmup_epochs` passes for random architectures.

    ## Starting State
    Nothing is decided. `reset(seed=s)` draws the weights and the order of the images anew, as does
    `reset(options={"weights": "init"})`; any other reset keeps what was learned.

    ## Episode End
    Terminates when the architecture is finished; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. Metrics are `valid_accuracy`, `valid_loss` (nats), and those of `measures`. There is
    no `cost_s`, for that would be measured, and an info be different each time; in the history of `awnas search` it
    stands, the seconds that training and scoring took.
    `gym.make_vec(id, num_envs=n, vectorization_mode="vector_entry_point")` plays n architectures on one set of weights;
    asynchronous vectorisation is refused, for each process would train its own.

    ## Arguments
    Args:
        space: a name from `awnas list supernets`.
        channels: of the first layers; None for 8, where the space has such a setting.
        cells: in the network, of which those at a third and two thirds are reduce cells; of `nasbench201` and
            `nasbench101` those of each of three stages. None for 5, where the space has such a setting.
        output: of `enas`: `"loose_ends"` or `"concat"`; None for the first.
        reduction: of `nasbench201`: `"residual"` or `"projection"`; None for the first.
        variant: of `fbnet` and `proxylessnas`: `"imagenet"` or `"cifar"`, which halves small images less often; None
            for the first.
        valid_fraction: share of the training images that scores, of a data set without the split `valid`; the same
            images in every run. None for 0.1, as in the paper (5,000 of CIFAR-10); DARTS and NAS-Bench-201 take 0.5.
        objective: a name from `awnas list objectives`, or a metric, e.g. `"valid_noisy_accuracy"`.
        measures: names from `awnas list measures`, separated by commas: further metrics.
        schedule: `"interleaved"` or `"epochs"`, see Rewards.
        weight_steps: of `"interleaved"`: training steps before a score; None for 1.
        episodes: of `"epochs"`: scores between two passes; None for 10.
        pool: of `"epochs"`: architectures that a pass draws from; None for 10.
        warmup_epochs: passes before the first score.
        batch_norm: statistics for scores: those of the scored `"batch"`, those of some training batches under the
            same architecture (`"recalibrate"`), or the running ones, of all architectures (`"inherit"`).
        eval_batch_size: images of a batch that scores.
        eval_batches: batches of a score.
        learning_rate: the highest of cosines with warm restarts (10, 20, 40, … epochs), down to a hundredth. The
            paper has 0.05, for 150 epochs of CIFAR-10.

    ## Version History
    * v0: first version.
    """
    given = {name: value for name, value in locals().items() if value is not None}
    check_given(ID, given)
    judge = make_judge(given, make_objective(objective, split="valid"))
    return KINDS[action_mode](judge, **shell(given))


def check_given(id_: str, given: Mapping[str, Any]) -> None:
    """Check the types of keywords that are not None, and the kind; `SettingError`, `UnknownNameError`."""
    refuse_processes()
    check_keys(dict(given), where=id_, required={name: TYPES.get(name, int) for name in given})
    if given["action_mode"] not in KINDS:
        raise UnknownNameError("action_mode", given["action_mode"], KINDS)


def make_judge(given: Mapping[str, Any], objective: AbstractObjective) -> Judge:
    """Return the judge of keywords that are not None: shared weights, and costs of `hardware`."""
    elsewhere = {"action_mode", "objective", "objectives", "hardware", *SETTINGS, *shell(given)}
    own = {name: value for name, value in given.items() if name not in elsewhere}
    own["settings"] = settings_of(given["space"], {name: given[name] for name in SETTINGS if name in given})
    own["measures"] = [name.strip() for name in given["measures"].split(",") if name.strip()]
    own["lowest_rate"] = given["learning_rate"] / 100
    evaluator = EVALUATORS.load("shared_weights")(**own)
    return Judge(evaluator, objective, costs=hardware_costs(given, evaluator.space))


def settings_of(space: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a space: those given, and small sizes where it has them.

    Raises:
        UnknownNameError: there is no supernet of such a space.
    """
    SUPERNETS[space]  # before the space, for its error names those that can be played here
    has = keywords(SPACES.load(space))
    return {**{name: size for name, size in SIZES.items() if name in has}, **given}
