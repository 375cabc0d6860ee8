"""A final training in a folder: configuration, learning curve, checkpoints, the network in the end.

`config.yaml` says what is trained, `metrics.jsonl` has a line an epoch, `checkpoints/<epochs>` is what is gone on from
(the last two stay); in the end there are `weights.safetensors` and `summary.json` as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, final

import safetensors.torch
import yaml

from awnas_gym.checks import check_whole
from awnas_gym.config import has_key
from awnas_gym.errors import CheckpointError, RunFolderError, SettingError, TrainingError
from awnas_gym.files import keep_last, lock, numbered, write_atomically
from awnas_gym.training.checkpoints import load_last
from awnas_gym.training.distributed import current, weights_digest
from awnas_gym.training.final import Trainer
from awnas_gym.training.final_config import FinalTraining, read_training
from awnas_gym.training.final_start import WEIGHTS, read_weights, start_from, supernet_weights

CONFIG, METRICS, CHECKPOINTS, SUMMARY = "config.yaml", "metrics.jsonl", "checkpoints", "summary.json"


def train_in_folder(
    config: FinalTraining,
    folder: Path,
    *,
    device: str = "cpu",
    checkpoint_every: int = 1,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
    on_batch: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Train to the end, from the last good checkpoint on if the folder has some; return the summary.

    The ranks of a process group all do this call, with the same arguments; rank 0 writes, and all see the folder.

    Args:
        config: what is trained.
        folder: of this training alone.
        device: any of torch.
        checkpoint_every: epochs between two checkpoints; there is one at the end too.
        on_epoch: called with each line of the learning curve.
        on_batch: called with the loss of each batch.

    Raises:
        RunFolderError: the folder cannot be written, or holds another training.
        CheckpointError: all checkpoints are damaged, or that which is begun with does not fit.
        TrainingError: a loss that is no number, or too little memory; the last checkpoint is as it was.
        RanksError: the ranks have come apart, or one of them has ended.
    """
    check_whole("checkpoint_every", checkpoint_every, low=1)
    current().wait()  # rank 0 may have deleted what was there
    if (finished := finished_summary(folder, config)) is not None:
        return finished
    trainer = config.trainer(config.splits(), device=device)
    curve = _Curve(folder / METRICS, writes=trainer.ranks.rank == 0)
    try:
        _begin(config, trainer, curve, folder)
        while trainer.epochs < config.recipe.epochs:
            start = time.perf_counter()
            try:
                line = trainer.train_epoch(on_batch)
            except TrainingError as error:
                at = curve.saved
                raise TrainingError(f"{error}; the last good checkpoint, of epoch {at}, is in {folder}") from error
            line["wall_s"] = time.perf_counter() - start
            curve.append(line)
            if trainer.epochs % checkpoint_every == 0 or trainer.epochs == config.recipe.epochs:
                _save(trainer, folder)
                curve.saved = trainer.epochs
            if on_epoch is not None:
                on_epoch(line)
        return _finish(config, trainer, curve, folder)
    finally:
        curve.close()


def finished_summary(folder: Path, config: FinalTraining) -> dict[str, Any] | None:
    """Return the summary of a folder whose training is over; None if it is not.

    Raises:
        RunFolderError: the folder holds another training.
    """
    _check_config(config, folder)
    try:
        summary = json.loads((folder / SUMMARY).read_bytes())
    except (OSError, ValueError):
        return None
    return summary if isinstance(summary, dict) else None


def open_training(folder: Path) -> FinalTraining:
    """Return the configuration of a training's folder.

    Raises:
        RunFolderError: there is none, or it is damaged.
    """
    if not (folder / CONFIG).exists():
        raise RunFolderError(f"{folder} holds no training: it has no {CONFIG}")
    if has_key(folder / CONFIG, "agent"):
        raise RunFolderError(
            f"{folder} holds a search and not the training of one architecture: awnas derive scores what it found, "
            "awnas train --load-supernet trains it to the end"
        )
    try:
        return FinalTraining(**read_training(folder / CONFIG))
    except (SettingError, TypeError) as error:
        raise RunFolderError(f"{folder / CONFIG} is damaged: {error}") from error


def _save(trainer: Trainer, folder: Path) -> None:
    """Write a checkpoint; the last ones stay."""
    trainer.save(folder / CHECKPOINTS / f"{trainer.epochs:06d}")
    if trainer.ranks.rank == 0:
        keep_last(folder / CHECKPOINTS)


def _begin(config: FinalTraining, trainer: Trainer, curve: _Curve, folder: Path) -> None:
    """Write what a training begins with, or go on from the last good checkpoint."""
    if numbered(folder / CHECKPOINTS):
        try:
            load_last(folder / CHECKPOINTS, trainer.load)
        except CheckpointError as error:
            raise CheckpointError(f"{error}; --overwrite begins anew") from error
        if trainer.processes != trainer.ranks.size:
            raise CheckpointError(
                f"{folder} was trained by {trainer.processes} processes; {trainer.ranks.size} would end with another "
                "network, for batch norm has the statistics of a process's share"
            )
        trainer.ranks.agree(f"the epochs that {folder} holds (do all machines see it?)", trainer.epochs)
        curve.cut(trainer.epochs)
        return
    if "weights" in config.start:
        path = Path(config.start["weights"])
        start_from(trainer.network, read_weights(path), where=str(path))
    if "supernet" in config.start:
        path = Path(config.start["supernet"])
        weights = supernet_weights(path, *config.architecture(), dataset=config.dataset)
        start_from(trainer.network, weights, where=str(path))
    if trainer.ranks.rank == 0:
        write_atomically(folder / CONFIG, yaml.safe_dump(asdict(config), sort_keys=False))
    curve.cut(0)
    _save(trainer, folder)


def _finish(config: FinalTraining, trainer: Trainer, curve: _Curve, folder: Path) -> dict[str, Any]:
    """Score the network that counts, on the test split for the first and only time; write it and the summary."""
    network = trainer.final_network()
    scores: dict[str, float] = {}
    for split in ("valid", "test"):
        batches = getattr(trainer.data, split)
        if batches is not None:
            scores |= {f"{split}_{name}": value for name, value in trainer.score(network, batches).items()}
    tensors = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    trainer.ranks.agree("the network in the end", weights_digest(tensors))
    summary = {
        "genotype": config.genotype,
        "dataset": config.dataset,
        **config.sizes(),
        "epochs": trainer.epochs,
        "best": trainer.best,
        **scores,
        "wall_s": curve.wall_s,
    }
    if trainer.ranks.rank == 0:
        write_atomically(folder / WEIGHTS, safetensors.torch.save(tensors))
        write_atomically(folder / SUMMARY, json.dumps(summary, indent=1))
    return summary


def _check_config(config: FinalTraining, folder: Path) -> None:
    if not (folder / CONFIG).exists():
        return
    stored, wanted = (_flat(asdict(each)) for each in (open_training(folder), config))
    for name in sorted(stored.keys() | wanted.keys()):
        if stored.get(name) != wanted.get(name):
            raise RunFolderError(
                f"{folder} holds another training: its {name} is {stored.get(name)!r}, not {wanted.get(name)!r}"
            )


def _flat(settings: dict[str, Any]) -> dict[str, Any]:
    """Return `{"training.epochs": 600, …}` of `{"training": {"epochs": 600, …}, …}`."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
    return flat


@final
class _Curve:
    """The lines of `metrics.jsonl`, which one process at a time may write.

    Args:
        path: of the file.
        writes: whether this process is the one; another one counts alone.

    Attributes:
        saved: epochs of the last checkpoint.
        wall_s: seconds of all epochs.
    """

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self._path, self.saved, self.wall_s = path, 0, 0.0
        self._file: IO[bytes] | None = self._open(path) if writes else None

    def _open(self, path: Path) -> IO[bytes]:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")
        except OSError as error:
            raise RunFolderError(f"cannot write {path}: {error.strerror}") from error
        try:
            lock(file, path)
        except RunFolderError:
            file.close()
            raise
        return file

    def cut(self, epochs: int) -> None:
        """Keep the lines of so many epochs: those of the checkpoint."""
        self.saved = epochs
        if self._file is None:
            return
        self._file.seek(0)
        lines = self._file.read().splitlines(keepends=True)[:epochs]
        try:
            records = [json.loads(line) for line in lines if line.endswith(b"\n")]
            numbers = [record["epoch"] for record in records]
            self.wall_s = sum(float(record["wall_s"]) for record in records)
        except (ValueError, TypeError, KeyError) as error:
            raise RunFolderError(f"{self._path} is damaged: {error}") from error
        if numbers != list(range(1, epochs + 1)):
            raise RunFolderError(
                f"{self._path} is damaged: the checkpoint is of epoch {epochs}, the lines of {numbers}"
            )
        self._file.truncate(sum(map(len, lines)))

    def append(self, line: dict[str, float]) -> None:
        """Write the line of the next epoch."""
        if self._file is not None:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
        self.wall_s += line["wall_s"]

    def close(self) -> None:
        """Let others write."""
        if self._file is not None:
            self._file.close()
