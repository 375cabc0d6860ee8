"""Shared weights of cells, put together of names and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from awnas_gym.data import DATASETS, Split
from awnas_gym.errors import SettingError
from awnas_gym.evaluators.shared import SharedWeights
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.cells import AbstractCells
from awnas_gym.supernets.cells import CellsSupernet
from awnas_gym.tasks import MEASURES, TASKS
from awnas_gym.training.augment import Augment
from awnas_gym.training.batches import Batches
from awnas_gym.training.stream import Epochs


def shared_cells(
    *,
    space: str = "enas",
    dataset: str = "fashion14",
    channels: int = 8,
    cells: int = 5,
    measures: Sequence[str] = (),
    batch_size: int = 64,
    eval_batch_size: int = 100,
    crop: int = 1,
    flip: bool = True,
    cutout: int = 0,
    device: str = "cpu",
    **training: Any,  # noqa: ANN401 - keywords of SharedWeights
) -> SharedWeights:
    """Return the evaluator of a supernet of cells on a data set: it trains on `train` and scores on `valid`.

    Args:
        space: of cells: `enas`, `darts`, `nasbench301`.
        dataset: a name from `DATASETS`, with the splits `train` and `valid`.
        channels: of the first cells.
        cells: in the network.
        measures: names from `MEASURES`.
        batch_size: images of a training step.
        eval_batch_size: images of a batch that scores.
        crop: pixels around a training image, see `Augment`.
        flip: likewise.
        cutout: likewise.
        device: any of torch.
        training: of `SharedWeights`.

    Raises:
        SettingError: a value out of its range, no such device, or a space without cells.
        UnknownNameError: no such space, data set or measure.
    """
    splits: dict[str, Split] = DATASETS.load(dataset)()
    _, image_channels, height, width = splits["train"].images.shape
    if height != width:
        raise SettingError(f"{dataset} has images of {height}x{width} pixels; square ones are wanted")
    sizes = {"channels": channels, "cells": cells, "image_channels": image_channels, "image_size": height}
    kind = SPACES.load(space)
    if not (isinstance(kind, type) and issubclass(kind, AbstractCells)):
        raise SettingError(f"{space} is no space of cells; legal: {', '.join(cell_spaces())}")
    supernet = CellsSupernet(kind(**sizes, classes=1 + int(splits["train"].labels.max())))
    try:
        supernet.to(device=torch.device(device)).to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
    except (RuntimeError, AssertionError) as error:
        raise SettingError(f"device {device!r} cannot be used: {str(error).splitlines()[0]}") from error
    augment = Augment(crop=crop, flip=flip, cutout=cutout)

    def data(seed: int) -> tuple[Epochs, Epochs]:
        train = Batches(splits["train"], batch_size, seed=seed, augment=augment, device=device)
        valid = Batches(splits["valid"], eval_batch_size, seed=seed, reference=splits["train"], device=device)
        return train, valid

    data(0)  # wrong sizes are refused here and not at the first reset
    chosen = [MEASURES.load(name)() for name in measures]
    return SharedWeights(supernet, TASKS.load("classification")(), data, measures=chosen, **training)


def cell_spaces() -> list[str]:
    """Return the names of the spaces of cells that this package has or a plugin brought."""
    rows = [name for name, row in SPACES.items() if row.extra is None]
    return [
        name for name in rows if isinstance(SPACES.load(name), type) and issubclass(SPACES.load(name), AbstractCells)
    ]
