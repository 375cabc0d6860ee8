"""`awnas/CNN-ENAS-MO-v0`."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.cnn_enas import check_given, make_judge
from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import KINDS
from awnas_gym.catalog.tabular import shell
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.objectives.vector import VectorObjective

ID = "awnas/CNN-ENAS-MO-v0"


@entry_point
def cnn_enas_mo(
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
    objectives: str = "accuracy,energy_mj",
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
    hardware: str | None = "eyeriss",
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose a network by what shared weights make of it and by what it costs, for MO-Gymnasium.

    ## Description
    As `awnas/CNN-ENAS-v0`, but several metrics count at once: by default the accuracy and the energy of an inference on
    Eyeriss, by a formula. Costs are those of the small network that is trained.

    ## Action Space
    As there.

    ## Observation Space
    As there.

    ## Reward Space
    `Box`, float64, one entry an objective in the order given; those to be minimised are negated. Fractions lie in
    [0, 1], the others are not bounded: nobody knows the front of weights that learn.

    ## Starting State
    As there.

    ## Episode End
    Terminates when the architecture is finished; never truncates.

    ## Information
    As there.

    ## Arguments
    Args:
        space: as in `awnas/CNN-ENAS-v0`.
        channels: as in `awnas/CNN-ENAS-v0`.
        cells: as in `awnas/CNN-ENAS-v0`.
        output: as in `awnas/CNN-ENAS-v0`.
        reduction: as in `awnas/CNN-ENAS-v0`.
        variant: as in `awnas/CNN-ENAS-v0`.
        valid_fraction: as in `awnas/CNN-ENAS-v0`.
        objectives: names of metrics, separated by commas: `accuracy`, `valid_loss`, those of `measures` and of
            `hardware`.
        measures: as in `awnas/CNN-ENAS-v0`.
        schedule: as in `awnas/CNN-ENAS-v0`.
        weight_steps: as in `awnas/CNN-ENAS-v0`.
        episodes: as in `awnas/CNN-ENAS-v0`.
        pool: as in `awnas/CNN-ENAS-v0`.
        warmup_epochs: as in `awnas/CNN-ENAS-v0`.
        batch_norm: as in `awnas/CNN-ENAS-v0`.
        eval_batch_size: as in `awnas/CNN-ENAS-v0`.
        eval_batches: as in `awnas/CNN-ENAS-v0`.
        learning_rate: as in `awnas/CNN-ENAS-v0`.

    ## Version History
    * v0: first version.
    """
    given = {name: value for name, value in locals().items() if value is not None}
    check_given(ID, given)
    judge = make_judge(given, VectorObjective(objectives, split="valid"))
    return KINDS[action_mode](judge, **shell(given))
