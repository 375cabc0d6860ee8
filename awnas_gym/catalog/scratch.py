"""`awnas/Scratch-v0`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.tabular import KINDS, hardware_costs, shell
from awnas_gym.config import check_keys
from awnas_gym.envs import ArchitectureEnv, Judge
from awnas_gym.envs.abstract import Invalid
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.evaluators import EVALUATORS
from awnas_gym.objectives import make_objective

ID = "awnas/Scratch-v0"
TEXTS = (
    *("space", "dataset", "reduction", "recipe", "action_mode", "objective", "split", "device", "worker_pool", "cache"),
    *("hardware", "invalid", "render_mode"),
)
TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(TEXTS, str),
    **dict.fromkeys(("learning_rate", "valid_fraction"), (int, float)),
    "trial": (str, int),
    "mask_in_obs": bool,
}
"""Types of the keywords; all others are whole numbers."""

SETTINGS = ("channels", "cells", "reduction")
CHANGES = ("epochs", "batch_size", "learning_rate")
"""Keywords that are settings of the space, and of the recipe."""
EVALUATOR = (
    "space",
    "dataset",
    "recipe",
    "valid_fraction",
    "trials",
    "first_seed",
    "device",
    "worker_pool",
    "workers",
    "cache",
)


@entry_point
def scratch(
    *,
    space: str = "nasbench201",
    dataset: str = "fashion14",
    recipe: str = "fashion14",
    channels: int | None = None,
    cells: int | None = None,
    reduction: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    valid_fraction: float | None = None,
    trials: int = 1,
    first_seed: int = 0,
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str = "accuracy",
    split: str = "valid",
    fidelity: int | None = None,
    trial: str | int = "mean",
    device: str = "cpu",
    worker_pool: Literal["processes", "ray"] = "processes",
    workers: int = 1,
    cache: str | None = None,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose an architecture; it is trained from scratch, and earns what it has learned.

    ## Description
    What tables record, done while you play: a finished architecture is trained by a recipe on a data set, and its
    accuracy on validation images is the reward. With the default keywords that is how the table `fashion14` of
    `awnas/NASBench201-v0` was made, which takes about a second; with `recipe="nasbench201-12ep"` and
    `dataset="cifar10"` it is NAS-Bench-201's training of 12 epochs, for which a GPU is wanted.

    Nothing is trained twice: an architecture's learning curves are kept, in memory, in the folder of a run of
    `awnas search`, or in `cache`. Architectures that compute the same function share the trainings of their
    representative. Training k draws weights and order of data from seed `first_seed + k`, whatever the architecture and
    the seed of the environment; so a score depends on the architecture alone (and on how a machine rounds).

    ## Action Space
    * `action_mode="build"` (default): `Discrete`, the next decision.
    * `action_mode="joint"`: `MultiDiscrete`, all decisions at once, one step.
    * `action_mode="edit"`: `Discrete`, one changed decision a step, from a random architecture on.

    What the decisions are says the space; of `nasbench201` the operations of six edges, as in `awnas/NASBench201-v0`.

    ## Observation Space
    `MultiDiscrete`, int64: one entry a decision; 0 is undecided, choice k is k + 1. In the edit kind a last entry has
    the edits left. With `mask_in_obs=True` a dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the architecture is finished, then the objective, by default the accuracy on the validation split after all
    epochs, in [0, 1]. In the edit kind each step earns the change of the objective.

    `fidelity=e` asks for the state after e epochs of a training of all: the learning rate falls as if it went on, but
    it ends there. A higher fidelity later trains the architecture anew.

    ## Starting State
    Nothing is decided; in the edit kind a random architecture, drawn by `np_random`.

    ## Episode End
    Terminates when the architecture is finished, in the edit kind after `edits` steps; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. Metrics are `valid_accuracy`, `valid_loss` (nats), `params`, `macs`; `cost_s` is the
    seconds that the architecture's trainings took. They are measured once and kept, so a second episode says the same.

    `gym.make_vec(id, num_envs=n, workers=k)` trains the architectures that n sub-environments finish in one step, k at
    the same time, each on a thread; agents with a setting `batch` do the same in `awnas search`. Scores and histories
    do not depend on the workers. A worker that is killed costs a retry.

    ## Arguments
    Args:
        space: a name from `awnas list networks`.
        dataset: a name from `awnas list datasets`.
        recipe: a name from `awnas list recipes`: how networks are trained, and the network around what is searched.
        channels: of the first layers; None for the recipe's or the space's.
        cells: in the network, likewise, in spaces that have such a setting.
        reduction: of `nasbench201`, likewise: `"residual"` or `"projection"`.
        epochs: of a training; None for the recipe's.
        batch_size: images of a step; None for the recipe's.
        learning_rate: at the first step; None for the recipe's.
        valid_fraction: share of the training images that become the validation split where the data set has none;
            None for the recipe's.
        trials: trainings of an architecture, all done when it is first asked for.
        first_seed: of the first training.
        edits: steps of an episode of the edit kind; None for one a decision.
        objective: a name from `awnas list objectives`, or a metric, e.g. `"valid_loss"`.
        fidelity: epochs after which a training ends; None for all.
        trial: `"mean"` over the trainings, `"random"`, or the number of one.
        device: `"cpu"`, `"cuda"`, …
        worker_pool: `"processes"` of this machine, or `"ray"`: actors of Ray, also on a cluster.
        workers: architectures that are trained at the same time; 1 trains in this process.
        cache: folder where learning curves are kept, for any number of runs; None for the run's own.

    ## Version History
    * v0: first version.
    """
    given = {name: value for name, value in locals().items() if value is not None}
    check_keys(given, where=ID, required={name: TYPES.get(name, int) for name in given})
    if action_mode not in KINDS:
        raise UnknownNameError("action_mode", action_mode, KINDS)
    if edits is not None and action_mode != "edit":
        raise SettingError(f"edits={edits} needs action_mode='edit'; got {action_mode!r}")
    judged = make_objective(objective, split=split)
    own = {name: given[name] for name in EVALUATOR if name in given}
    own["settings"] = {name: given[name] for name in SETTINGS if name in given}
    own["changes"] = {name: given[name] for name in CHANGES if name in given}
    evaluator = EVALUATORS.load("scratch")(**own)
    costs = hardware_costs(given, evaluator.space)
    judge = Judge(evaluator, judged, split=split, fidelity=fidelity, trial=trial, costs=costs)
    own_kind: dict[str, Any] = {} if edits is None else {"edits": edits}
    make: Callable[..., ArchitectureEnv] = KINDS[action_mode]
    return make(judge, **own_kind, **shell(given))
