"""What a final training left in its folder, finished or not: its network, and that network's scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from torch import Tensor, nn

from awnas_gym.errors import CheckpointError, UnknownNameError
from awnas_gym.training.checkpoints import load_last, load_tensors
from awnas_gym.training.final import stored_weights
from awnas_gym.training.final_config import FinalTraining, load_splits
from awnas_gym.training.final_data import plain_batches
from awnas_gym.training.final_folder import CHECKPOINTS, open_training
from awnas_gym.training.final_start import WEIGHTS, read_weights

WEIGHT_KINDS = ("final", "best", "last", "ema", "mean")
"""The network in the end; of the last checkpoint: the best epoch, the last one, the running mean of either kind."""


def score_folder(
    folder: Path,
    splits: Sequence[str],
    *,
    weights: str = "final",
    dataset: str | None = None,
    device: str = "cpu",
) -> dict[str, dict[str, float]]:
    """Return `accuracy`, `loss` and what else its task has of a trained network, by split.

    Args:
        folder: of its training, which need not be over.
        splits: of the data set: `train` (the images it learned from, unchanged), `valid`, `test`.
        weights: one of `WEIGHT_KINDS`.
        dataset: another one with the same vocabulary, or with the same classes and sizes: its images are normalised as
            those of the training were.
        device: any of torch.

    Raises:
        RunFolderError: the folder holds no training.
        CheckpointError: there are no such weights, or they are damaged.
        UnknownNameError: there is no such split, data set or kind of weights.
    """
    config = open_training(folder)
    own = config.splits()
    scored = own
    if dataset is not None and dataset != config.dataset:
        scored = load_splits(dataset, config.space)
    for split in splits:
        if split not in scored:
            raise UnknownNameError(f"split of {dataset or config.dataset}", split, scored)
    trainer = config.trainer(own, device=device)
    load_tensors(trainer.network.state_dict(), _weights(config, folder, weights), where=str(folder))
    recipe = config.recipe
    return {
        split: trainer.score(trainer.network, plain_batches(scored[split], own["train"], recipe, device=device))
        for split in splits
    }


def trained_network(folder: Path, *, weights: str = "final") -> tuple[FinalTraining, nn.Module]:
    """Return what was trained in a folder, and its network in evaluation mode, on the CPU; no data set is needed.

    Args:
        folder: of the training, which need not be over.
        weights: one of `WEIGHT_KINDS`.

    Raises:
        RunFolderError: the folder holds no training.
        CheckpointError: there are no such weights, or they are damaged.
        UnknownNameError: there is no such kind of weights.
    """
    config = open_training(folder)
    network = config.network()
    load_tensors(network.state_dict(), _weights(config, folder, weights), where=str(folder))
    return config, network.eval()


def _weights(config: FinalTraining, folder: Path, kind: str) -> dict[str, Tensor]:
    """Return weights of a folder, of one of `WEIGHT_KINDS`."""
    if kind not in WEIGHT_KINDS:
        raise UnknownNameError("kind of weights", kind, WEIGHT_KINDS)
    if kind != "final":
        return load_last(folder / CHECKPOINTS, partial(stored_weights, which=kind, about=config.about()))
    if not (folder / WEIGHTS).exists():
        raise CheckpointError(
            f"{folder} has no {WEIGHTS}: the training is not over, and awnas train --resume --out {folder} goes on "
            "with it; until then there are the weights 'best' and 'last'"
        )
    return read_weights(folder)
