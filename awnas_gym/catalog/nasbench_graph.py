"""`awnas/NASBenchGraph-v0` and its twin."""

from __future__ import annotations

from typing import Any, Literal

from awnas_gym.benchmarks import GRAPHS
from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial
from awnas_gym.objectives.vector import DEFAULT


@entry_point
def nasbench_graph(
    *,
    dataset: str = "cora",
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str = "accuracy",
    reward: Literal["metric", "normalised"] = "metric",
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose a graph neural network of NAS-Bench-Graph; scores are those of the package `nas-bench-graph`.

    ## Description
    The networks of NAS-Bench-Graph [Qin et al., NeurIPS 2022] classify the nodes of a graph. They have 4 nodes of
    their own, each with one of 9 operations, that form one of 9 trees: 26,206 different networks, all trained on nine
    graphs. The finished network earns its accuracy, read from a table. `pip install nas-bench-graph` brings the
    numbers (6 MB); the package is read, not run, and what is read is kept in `$AWNAS_HOME/cache`.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(9)`, the tree, then the operation of each node, five steps.
    * `action_mode="joint"`: `MultiDiscrete([9] * 5)`, all five at once, one step.
    * `action_mode="edit"`: `Discrete(45)`, 9 * decision + choice: that decision becomes that choice, `edits` steps.

    Trees, by what nodes 1 to 4 read (0 is the input): 0 `0,0,0,0`, 1 `0,0,0,1`, 2 `0,0,1,1`, 3 `0,0,1,2`, 4 `0,0,1,3`,
    5 `0,1,1,1`, 6 `0,1,1,2`, 7 `0,1,2,2`, 8 `0,1,2,3`. Operations: 0 gat, 1 gcn, 2 gin, 3 cheb, 4 sage, 5 arma,
    6 graph, 7 fc, 8 skip; on `proteins` 0 gcn, 1 sage, 2 arma, 3 fc, 4 skip. Masks rule a skip out where it would end
    a path from the input to the output that is all skips: such networks were not trained.

    ## Observation Space
    `MultiDiscrete([10] * 5)`, int64: the tree, then nodes 1 to 4; 0 is undecided, choice k is k + 1. The edit kind adds
    an entry, the edits left. With `mask_in_obs=True` a dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the network is finished, then the objective. `reward="metric"`: as it is, an accuracy in [0, 1].
    `reward="normalised"`: 0 = the mean network, 1 = the best, by this objective at this split.
    The edit kind pays, each step, by how much the edit raised the objective.

    ## Starting State
    Nothing is decided. In the edit kind the network of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the network is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. `architecture` is e.g. `0,1,1,2 gcn,cheb,gin,fc`: what nodes 1 to 4 read, and their
    operations. Metrics are the accuracy of the chosen split (on `proteins` the area under the ROC curve,
    `valid_roc_auc`), latency and parameters; there is no `cost_s`, since the package holds no training time.

    ## Arguments
    Args:
        dataset: `"cora"`, `"citeseer"`, `"pubmed"`, `"cs"`, `"physics"`, `"photo"`, `"computers"`, `"arxiv"` or
            `"proteins"`, a table of your own (`awnas data list`), or the path of a table file (`.awnas`) over this
            space.
        edits: steps of an episode of the edit kind; None for 5, one a decision.
        objective: a name from `awnas list objectives`, or a metric of the table, e.g. `"latency_ms"`; on `proteins`
            `"accuracy"` is the area under the ROC curve.
        split: `"valid"`; `"test"` only for studies that say so.
        fidelity: None; the package holds one.
        trial: `"mean"`; the package holds the means of three seeds alone.

    ## Version History
    * v0: first version.
    """
    return tabular_env("awnas/NASBenchGraph-v0", _meant(locals()), space="nasbench_graph")


@entry_point
def nasbench_graph_mo(
    *,
    dataset: str = "cora",
    action_mode: Literal["build", "joint"] = "build",
    objectives: str = DEFAULT,
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose a graph neural network of NAS-Bench-Graph by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/NASBenchGraph-v0`, but several metrics count at once.

    ## Action Space
    As there: `Discrete(9)`, five steps, or with `action_mode="joint"` `MultiDiscrete([9] * 5)`, one step.

    ## Observation Space
    As there.

    ## Reward Space
    As in `awnas/NASBench201-MO-v0`.

    ## Starting State
    Nothing is decided.

    ## Episode End
    Terminates when the network is finished; never truncates.

    ## Information
    As in `awnas/NASBenchGraph-v0`.

    ## Arguments
    Args:
        dataset: as in `awnas/NASBenchGraph-v0`.
        objectives: names of metrics of the table, separated by commas; `accuracy` is that of `split`, on `proteins` the
            area under the ROC curve.
        split: `"valid"`; `"test"` only for studies that say so.
        fidelity: None; the package holds one.
        trial: `"mean"`; the package holds the means of three seeds alone.

    ## Version History
    * v0: first version.
    """
    return multi_objective_env("awnas/NASBenchGraph-MO-v0", _meant(locals()), space="nasbench_graph")


def _meant(given: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords with the table that `dataset` stands for, and with what is its accuracy."""
    meant, dataset = dict(given), given["dataset"]
    if dataset == "proteins":
        for keyword in {"objective", "objectives"} & given.keys():
            if isinstance(given[keyword], str):
                score, names = f"{given['split']}_roc_auc", given[keyword].split(",")
                meant[keyword] = ",".join(score if name.strip() == "accuracy" else name for name in names)
    if dataset in GRAPHS:
        meant["dataset"] = f"nasbench_graph_{dataset}"
    return meant
