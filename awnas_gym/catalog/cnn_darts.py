"""`awnas/CNN-DARTS-v0`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from awnas_gym.catalog.cnn_enas import settings_of
from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.mixture_costs import mixture_cost
from awnas_gym.catalog.tabular import hardware_costs
from awnas_gym.config import check_keys, keywords
from awnas_gym.envs import Judge, Phases, RelaxedEnv
from awnas_gym.envs.weights import refuse_processes
from awnas_gym.errors import SettingError
from awnas_gym.evaluators import EVALUATORS
from awnas_gym.objectives import make_objective
from awnas_gym.objectives.relaxed import RELAXED_OBJECTIVES

ID = "awnas/CNN-DARTS-v0"
TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(
        (
            "space", "dataset", "reduction", "variant", "objective", "cost", "lookup", "hardware", "batch_norm",
            "device",
        ),
        str,
    ),
    **dict.fromkeys(("joint", "flip", "sync_batch_norm"), bool),
    **dict.fromkeys(
        (
            "learning_rate", "lowest_rate", "weight_decay", "valid_fraction", "area", "bound", "scale", "exponent",
            "reference", "weight",
        ),
        (int, float),
    ),
    "render_mode": str,
}  # fmt: skip
"""Types of the keywords; all others are whole numbers."""

SETTINGS = ("channels", "cells", "reduction", "variant", "image_size")
"""Keywords that are settings of the space."""

PHASES = tuple(keywords(Phases))
OF_THE_ENVIRONMENT = ("eigenvalue_every", "bound", "render_mode")
COEFFICIENTS = ("scale", "exponent", "reference", "weight")
"""Keywords of objectives."""


@entry_point
def cnn_darts(
    *,
    space: str = "darts",
    dataset: str = "fashion14",
    channels: int | None = None,
    cells: int | None = None,
    reduction: str | None = None,
    variant: str | None = None,
    image_size: int | None = None,
    valid_fraction: float | None = None,
    weight_steps: int = 1,
    gradient_steps: int = 1,
    warmup_steps: int = 0,
    max_steps: int = 600,
    joint: bool = False,
    order: Literal[1, 2] = 1,
    partial: int = 1,
    objective: str = "loss",
    cost: str = "macs",
    lookup: str | None = None,
    hardware: str | None = None,
    scale: float | None = None,
    exponent: float | None = None,
    reference: float | None = None,
    weight: float | None = None,
    eigenvalue_every: int = 0,
    bound: float = 10.0,
    batch_norm: Literal["batch", "recalibrate", "inherit"] = "batch",
    batch_size: int = 64,
    eval_batch_size: int = 64,
    learning_rate: float = 0.025,
    lowest_rate: float = 0.001,
    weight_decay: float = 3e-4,
    crop: int = 1,
    flip: bool = True,
    cutout: int = 0,
    area: float | None = None,
    device: str = "cpu",
    threads: int = 1,
    sync_batch_norm: bool = False,
    render_mode: str | None = None,
) -> RelaxedEnv:
    """Weigh all operations on all edges of a cell, and climb the gradient of what the mixture is worth.

    ## Description
    The search of DARTS [Liu et al., ICLR 2019] as an environment. One network holds every operation on every edge; a
    node is the weighted sum of them. A step is one **phase**: in `weights` the network takes a step of SGD on a
    training batch by the action, in `gradient` the network stays and a validation batch gives the reward and
    its exact gradient by the action. Whoever plays owns the relaxation (softmax, Gumbel-softmax, one-hot, gates) and
    back-propagates through it; an agent that ignores the gradient may play too.

    ## Action Space
    `Box(0, 1, [edges * operations])`: the matrix of weights, row by row, used as given. Of `darts` 28 edges (14 of the
    normal, then 14 of the reduce cell, node by node) by 8 operations: none, max_pool_3x3, avg_pool_3x3, skip_connect,
    sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, dil_conv_5x5. `env.unwrapped.space.edge_names` and `.edge_operations` tell
    those of any space, `.discretize(action)` the architecture that an action stands for, `.relax(arch)` the
    action of an architecture.

    What is exactly 0 is not run, and its gradient is 0. To get a path's gradient without its output, pass float32's
    `tiny`. With `partial=k` one channel in k passes the operations; the others pass by, scaled by the sum of the row.

    ## Observation Space
    `Dict`: `gradient`, float32 `[edges * operations]`, of the reward by the action of the last phase that had
    one, clipped to `[-bound, bound]`; `loss`, float32 `[1]`, in nats, of that phase; `phase`, the one that the next
    action does: 0 `weights`, 1 `gradient`, 2 `joint`; `progress`, float32 `[1]`, the share of the episode that is over.

    ## Rewards
    0 after a `weights` phase, else the objective with the accuracy replaced by minus the loss, to be maximised:

    * `objective="loss"`: minus the loss.
    * `"loss_times_log_cost"`: `-loss * scale * log(cost) ** exponent` [FBNet]; `"loss_plus_cost"`:
      `-loss - scale * cost ** exponent` [aw_nas].
    * `"loss_times_relative_log"`, `"loss_plus_relative_cost"`: those of ProxylessNAS, with a `reference` cost.

    The cost is that of the mixture, the sum of all operations' costs times their weights and what is not chosen.

    ## Starting State
    `reset(seed=s)` draws the network's weights and the order of the images anew, as does
    `reset(options={"weights": "init"})`; any other reset keeps what was learned.

    ## Episode End
    Truncated after `max_steps` phases; never terminates. The learning rate is a cosine over them.

    ## Information
    `phase`, as in the observation; after a phase with a gradient also the exact `gradient`, float64
    `[edges, operations]`, `architecture` and `arch_key` of what the action stands for, `metrics` (`valid_loss`,
    `valid_accuracy`, `train_loss` of the phases before, the cost), `split`, `fidelity`, `trial`. In the history of
    `awnas search` a phase with a gradient is an evaluation; its `cost_s` are the seconds since the one before.

    ## Arguments
    Args:
        space: a name from `awnas list supernets` that is a matrix of operations: `darts`, `nasbench301`, ….
        channels: of the first layers; None for 8, where the space has such a setting. (The paper has 16.)
        cells: in the network; of `nasbench201` those of each of three stages. None for 5, where there is such a
            setting. (The paper has 8.)
        reduction: of `nasbench201`: `"residual"` or `"projection"`; None for the first.
        variant: of `fbnet` and `proxylessnas`: `"imagenet"` or `"cifar"`, which halves small images less often; None
            for the first.
        valid_fraction: share of the training images that gives gradients, of a data set without the split `valid`; the
            same images in every run. None for 0.1; DARTS takes 0.5.
        objective: a name from `awnas list relaxed_objectives`.
        cost: `"macs"`, `"params"`, or any metric that `lookup` is a table of or `hardware` knows.
        joint: one phase does both, on a training batch [SNAS]; `weight_steps` and `gradient_steps` then say nothing.
        order: 2 adds to the gradient how the weights' next step depends on the action (finite differences, DARTS).
        partial: one channel in so many passes the operations [PC-DARTS]; 1 for all.
        eigenvalue_every: gradients between two at which the dominant eigenvalue of the validation loss's Hessian is
            measured too, by the action, as the metric `hessian_eigenvalue` [Zela et al., ICLR 2020, by the logits]: it
            costs as much as some tens of gradients. 0 for never.

    ## Version History
    * v0: first version.
    """
    return relaxed_env(ID, locals())


def of_images(given: dict[str, Any]) -> Any:  # noqa: ANN401 - an evaluator
    """Return the evaluator of mixtures on images, of the keywords that are left for it."""
    settings = settings_of(given["space"], {name: given[name] for name in SETTINGS if name in given})
    own = {name: value for name, value in given.items() if name not in SETTINGS}
    return EVALUATORS.load("shared_weights")(relaxed=True, settings=settings, **own)


def relaxed_env(
    id_: str,
    given: dict[str, Any],
    *,
    make_evaluator: Callable[[dict[str, Any]], Any] = of_images,
    types: Mapping[str, type | tuple[type, ...]] = MappingProxyType(TYPES),
    judged_by: str = "accuracy",
    warmup: float = 0.0,
) -> RelaxedEnv:
    """Return the relaxed environment of the keywords of an entry point; None stands for a default.

    Args:
        id_: of the environment.
        given: the keywords.
        make_evaluator: of the keywords that are neither of the objective nor of the environment.
        types: of the keywords; all others are whole numbers.
        judged_by: the objective of single architectures.
        warmup: share of `max_steps` that are `warmup_steps` by default.

    Raises:
        SettingError: a keyword of a wrong type or value, or one that the objective does not have.
        UnknownNameError: no such space, data set or objective.
    """
    refuse_processes()
    given = {name: value for name, value in given.items() if value is not None}
    check_keys(given, where=id_, required={name: types.get(name, int) for name in given})
    make = RELAXED_OBJECTIVES.load(given.pop("objective", "loss"))
    coefficients = {name: given.pop(name) for name in COEFFICIENTS if name in given}
    has = keywords(make)
    if extra := sorted(coefficients.keys() - has.keys()):
        raise SettingError(
            f"the objective {make.__name__} has no {', '.join(extra)}; it has {', '.join(has) or 'none'}"
        )
    missing = [name for name, of in has.items() if of.default is of.empty and name not in {"reference", *coefficients}]
    if missing:
        raise SettingError(f"the objective {make.__name__} needs {', '.join(missing)}")
    given.setdefault("warmup_steps", math.ceil(warmup * given["max_steps"]))
    phases = Phases(**{name: given.pop(name) for name in PHASES if name in given})
    own = {name: given.pop(name) for name in OF_THE_ENVIRONMENT if name in given}
    metric, lookup, hardware = given.pop("cost", "macs"), given.pop("lookup", None), given.pop("hardware", None)
    evaluator = make_evaluator(given)
    cost = mixture_cost(evaluator.space, metric, lookup, hardware)
    if "reference" in has:
        coefficients.setdefault("reference", cost.of_equal_weights(evaluator.space.edge_legal))
    costs = hardware_costs({"hardware": hardware}, evaluator.space)  # of single architectures, for reports
    judge = Judge(evaluator, make_objective(judged_by, split="valid"), costs=costs)
    return RelaxedEnv(judge, objective=make(**coefficients), cost=cost, phases=phases, **own)
