"""`awnas/NASBenchNLP-v0` and its twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from awnas_gym.catalog.keywords import entry_point, scored
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.official import NASBENCH_NLP
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial
from awnas_gym.evaluators.joined import JoinedEvaluator
from awnas_gym.evaluators.subspace import SubspaceEvaluator
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.nasbench_nlp import SCORE
from awnas_gym.spaces.listed import Listed


@entry_point
def nasbench_nlp(
    *,
    dataset: str = "wikitext-2",
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str | None = None,
    reward: Literal["metric", "normalised"] = "metric",
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    columns: str | None = None,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose one of the recurrent cells that NAS-Bench-NLP trained; scores are those of its logs, which you bring.

    ## Description
    NAS-Bench-NLP [Klyuchnikov et al., 2020, arXiv:2006.07116] drew recurrent cells at random, graphs of up to 25 nodes,
    and trained them as language models: 14,322 recipes on Penn Treebank, some of them three times, and 291 also on
    WikiText-2. They are a few of 1.7e88 that could be built, and no other has a record; so here one of those is chosen.
    `awnas data import nasbench-nlp logs.zip` makes the tables; that of WikiText-2 is the smaller and the default.

    ## Action Space
    The cells of the table are the leaves of a tree. They are sorted by their decisions in the space `nasbench_nlp`: how
    many hidden states, the operation of each node, what each node reads, which nodes become hidden states. At the root,
    and within each branch again, they part by the first of these in which they differ, and branch k is the k-th value
    that occurs. Once one cell is left, 0 is the only legal choice. So the spaces depend on the table; on the 265 cells
    of WikiText-2:

    * `action_mode="build"` (default): `Discrete(6)`, the next branch, eight steps.
    * `action_mode="joint"`: `MultiDiscrete([3, 6, 6, 6, 5, 4, 2, 2])`, the whole path, one step.
    * `action_mode="edit"`: `Discrete(34)`, (place on the path, new branch) as one number, `edits` steps.

    ## Observation Space
    `MultiDiscrete`, int64: one entry a branch; 0 is undecided, branch k is k + 1. The edit kind adds an entry, the
    edits left. With `mask_in_obs=True` a dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the cell is chosen, then the objective, by default the cross-entropy a word in nats (its exponential is the
    perplexity), negated. `reward="metric"`: as it is. `reward="normalised"`: 0 = the mean cell, 1 = the best, by this
    objective at this split, fidelity and trial.
    The edit kind pays, each step, by how much the edit raised the objective.

    ## Starting State
    Nothing is decided. In the edit kind the cell of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates at the end of the path, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. `architecture` is the recipe, JSON as in the logs; `env.unwrapped.space.parse(recipe)`
    returns the path to it, whatever its nodes are called. `cost_s` is the time of the training, without evaluations. A
    cell whose trainings diverged before the fidelity is `missing` there, and costs what they took. Further: `params`.

    ## Arguments
    Args:
        dataset: `"wikitext-2"` or `"ptb"`, a table of your own (`awnas data list`), or the path of a table file
            (`.awnas`) over `nasbench_nlp`.
        objective: a name from `awnas list objectives`, or a metric of the table, e.g. `"params"`; None for the loss of
            `split`.
        fidelity: epochs, from 1 on, all of one training; None for the last.
        trial: `"mean"` over the recorded trainings, three at most, `"random"`, or the number of one.

    ## Version History
    * v0: first version.
    """
    given = scored(locals(), objective=f"{{split}}_{SCORE}")
    return tabular_env("awnas/NASBenchNLP-v0", given, space="nasbench_nlp", official=NASBENCH_NLP, view=_view)


@entry_point
def nasbench_nlp_mo(
    *,
    dataset: str = "wikitext-2",
    action_mode: Literal["build", "joint"] = "build",
    objectives: str | None = None,
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    columns: str | None = None,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose one of the cells of NAS-Bench-NLP by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/NASBenchNLP-v0`, but several metrics count at once.

    ## Action Space
    As there, `action_mode="build"` or `"joint"`.

    ## Observation Space
    As there.

    ## Reward Space
    As in `awnas/NASBench201-MO-v0`.

    ## Starting State
    Nothing is decided.

    ## Episode End
    Terminates at the end of the path; never truncates.

    ## Information
    As in `awnas/NASBenchNLP-v0`.

    ## Arguments
    Args:
        dataset: as in `awnas/NASBenchNLP-v0`.
        objectives: names of metrics of the table, separated by commas; None for the loss of `split`, and `params`.
        fidelity: epochs, from 1 on, all of one training; None for the last.
        trial: as in `awnas/NASBenchNLP-v0`.

    ## Version History
    * v0: first version.
    """
    given = scored(locals(), objectives=f"{{split}}_{SCORE},params")
    return multi_objective_env(
        "awnas/NASBenchNLP-MO-v0", given, space="nasbench_nlp", official=NASBENCH_NLP, view=_view
    )


def _view(recorded: TableEvaluator | JoinedEvaluator, _given: Mapping[str, Any]) -> SubspaceEvaluator:
    """Return what the table says of its own cells."""
    space = Listed(recorded.space, recorded.population())
    return SubspaceEvaluator(recorded, space, space.in_space)
