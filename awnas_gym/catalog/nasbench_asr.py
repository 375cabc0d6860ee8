"""`awnas/NASBenchASR-v0` and its twin."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.keywords import entry_point, scored
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.official import NASBENCH_ASR
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial
from awnas_gym.ingest.official.nasbench_asr import SCORE


@entry_point
def nasbench_asr(
    *,
    dataset: str = "timit",
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
    """Choose a cell of a network that hears phonemes; scores are those of NAS-Bench-ASR, whose files you bring.

    ## Description
    NAS-Bench-ASR [Mehrotra et al., ICLR 2021] trained 8,242 cells on the speech of TIMIT: three nodes in a row, each
    with one of six operations, and six skips around them. The finished cell earns its phoneme error rate, negated.
    `awnas data import nasbench-asr FOLDER` makes the tables of the authors' pickles.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(6)`, the next decision, nine steps: of each node its operation, then
      whether there is a skip around it from the input and from each node before it (0 no, 1 yes).
    * `action_mode="joint"`: `MultiDiscrete([6, 2, 6, 2, 2, 6, 2, 2, 2])`, all at once, one step.
    * `action_mode="edit"`: `Discrete(30)`, (decision, new value) as one number, `edits` steps.

    Operations: 0 linear, 1 conv5, 2 conv5d2, 3 conv7, 4 conv7d2, 5 zero.

    ## Observation Space
    `MultiDiscrete([7, 3, 7, 3, 3, 7, 3, 3, 3])`, int64: one entry a decision; 0 is undecided, choice k is k + 1.
    The edit kind adds an entry, the edits left. With `mask_in_obs=True` a dictionary of `observations` and
    `action_mask`.

    ## Rewards
    0 until the cell is finished, then the objective, by default the phoneme error rate (errors a phoneme of the
    reference; insertions can take it above 1), negated. `reward="metric"`: as it is. `reward="normalised"`: 0 = the
    mean cell, 1 = the best, by this objective at this split, fidelity and trial.
    The edit kind pays, each step, by how much the edit raised the objective.

    ## Starting State
    Nothing is decided. In the edit kind the cell of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the cell is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. All 13,824 cells have a record: that of the cell whose graph is the same. Further
    metrics are what the files hold: `params`, `flops`, and latencies such as `jetson_nano_fp32_latency_ms`. There is no
    `cost_s`.

    ## Arguments
    Args:
        dataset: `"timit"`, `"timit-curves5"`, `"timit-curves10"` or `"timit-curves40"` (every epoch of those trainings,
            without test), a table of your own (`awnas data list`), or the path of a table file (`.awnas`) over this
            space.
        objective: a name from `awnas list objectives`, or a metric of the table, e.g. `"params"`; None for the phoneme
            error rate of `split`.
        split: `"valid"`, at the epoch with the lowest error rate; `"test"`, of the same weights, only for studies that
            say so.
        fidelity: 5, 10 or 40 epochs, each a training of its own; None for the most that is there.
        invalid: `"repair"`, `"penalty"` or `"raise"`; in this space every choice of a decision is legal.

    ## Version History
    * v0: first version.
    """
    given = scored(locals(), objective=f"{{split}}_{SCORE}")
    return tabular_env("awnas/NASBenchASR-v0", given, space="nasbench_asr", official=NASBENCH_ASR)


@entry_point
def nasbench_asr_mo(
    *,
    dataset: str = "timit",
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
    """Choose a cell of NAS-Bench-ASR by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/NASBenchASR-v0`, but several metrics count at once.

    ## Action Space
    As there, `action_mode="build"` or `"joint"`.

    ## Observation Space
    As there.

    ## Reward Space
    As in `awnas/NASBench201-MO-v0`.

    ## Starting State
    Nothing is decided.

    ## Episode End
    Terminates when the cell is finished; never truncates.

    ## Information
    As in `awnas/NASBenchASR-v0`.

    ## Arguments
    Args:
        dataset: as in `awnas/NASBenchASR-v0`.
        objectives: names of metrics of the table, separated by commas; None for the phoneme error rate of `split`, and
            `params`, which `nb-asr-info.pickle` brings.
        split: as in `awnas/NASBenchASR-v0`.
        fidelity: 5, 10 or 40 epochs, each a training of its own; None for the most that is there.
        invalid: `"repair"`, `"penalty"` or `"raise"`; in this space every choice of a decision is legal.

    ## Version History
    * v0: first version.
    """
    given = scored(locals(), objectives=f"{{split}}_{SCORE},params")
    return multi_objective_env("awnas/NASBenchASR-MO-v0", given, space="nasbench_asr", official=NASBENCH_ASR)
