"""Training one network to the end: the loop, epoch by epoch, and what a checkpoint of it holds."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn, update_bn

from awnas_gym.errors import CheckpointError, TrainingError
from awnas_gym.metrics import metric_info
from awnas_gym.seeding import derive_seed
from awnas_gym.supernets.drop_path import DropPath, set_drop_path
from awnas_gym.training.abstract_recipe import AbstractRecipe
from awnas_gym.training.checkpoints import check_described, load_checkpoint, load_tensors, save_checkpoint
from awnas_gym.training.distributed import (
    average_over_ranks,
    averaging,
    current,
    lost_rank,
    part,
    running_statistics,
    share,
    weights_digest,
)
from awnas_gym.training.final_data import FinalData
from awnas_gym.training.memory import out_of_memory_says
from awnas_gym.training.optimisers import parameter_groups
from awnas_gym.training.randomness import own_randomness
from awnas_gym.training.schedulers import learning_rates
from awnas_gym.training.stream import Batch, Epochs

ADVICE = "lower batch_size, or channels or cells of the space (of text: length, or hidden)"


@final
class Trainer:
    """Trains a network as a recipe says.

    What is random in an epoch depends on the seed and the number of the epoch alone, so a training that goes on from a
    checkpoint ends, on the CPU and with as many threads, with the same bits as one that was never stopped.

    Where a process group is up (`training.distributed.process_group`), its ranks train one network: each takes a share
    of every batch, gradients are averaged, scores are averaged over the images. Batch norm has the statistics of the
    rank's share, drop path and dropout the rank's own draws. All ranks have to make the same calls.

    Args:
        network: maps images `[B, C, H, W]` to logits `[B, classes]`, in training mode maybe with those of an auxiliary
            head; or tokens `[B, T]` and a state to logits and states. It is moved to the device and trained in place.
        data: its batches, on the device.
        recipe: how, and for which task.
        seed: of drop path and dropout.
        about: says what is trained, in values of JSON; a checkpoint of something else is refused.
        device: any of torch.

    Attributes:
        network: the network.
        ranks: the processes that train together; rank 0 alone writes.
        processes: how many trained the epochs so far.
        average: the running mean of the network; None if the recipe has none, or it has not begun.
        epochs: that were trained.
        best: `epoch` and `valid_accuracy`, or whatever the task is judged by, of the best epoch so far; None before the
            first, and without `valid`.
    """

    def __init__(
        self, network: nn.Module, data: FinalData, recipe: AbstractRecipe, *, seed: int, about: Mapping[str, Any],
        device: str = "cpu",
    ) -> None:  # fmt: skip
        with out_of_memory_says(ADVICE):
            self.network = network.to(device=device).to(memory_format=torch.channels_last)
        self.ranks = current()
        self.processes = self.ranks.size
        self._model: nn.Module | None = (
            None  # from the first epoch on, the network with gradients averaged over the ranks
        )
        self.data, self.recipe, self.about, self._seed = data, recipe, dict(about), seed
        self._device = torch.device(device)
        self._task = recipe.make_task()
        self._judged_by = f"valid_{self._task.judged_by}"
        self._memory: tuple[Tensor, ...] = ()  # of the text before the next batch
        self._rates = learning_rates(
            recipe.scheduler, highest=recipe.learning_rate, epochs=recipe.epochs, warmup_epochs=recipe.warmup_epochs
        )
        groups = parameter_groups(self.network, weight_decay=recipe.weight_decay, no_bias_decay=recipe.no_bias_decay)
        self._optimiser: torch.optim.Optimizer = recipe.make_optimiser(groups)
        self.average: AveragedModel | None = self._new_average() if recipe.ema else None
        self._found: list[float] = []  # of each epoch, by validation of the network itself
        self.epochs = 0
        self.best: dict[str, Any] | None = None
        self._best_weights: dict[str, Tensor] = {}

    # ---------------------------------------------------------------- an epoch

    def train_epoch(self, on_batch: Callable[[float], None] | None = None) -> dict[str, float]:
        """Train on all batches of the next epoch, score, and remember the weights if they are the best.

        Args:
            on_batch: called with the loss of each batch.

        Returns:
            `epoch` (from 1), `learning_rate`, `drop_path`, `train_loss` and `train_accuracy` over the batches as they
            passed, and `valid_…` of the weights at the end, `ema_valid_…` or `mean_valid_…` of their running mean.

        Raises:
            TrainingError: a loss or a weight that is no number, or too little memory.
        """
        rate = self._rates[self.epochs]
        drop_path = self._set_drop_path()
        self.network.train()
        if self._model is None:
            self._model = averaging(self.network, self.ranks)
        losses, correct, labelled = [], 0, 0
        self._memory = ()
        with own_randomness(self._draws("dropout"), self._device):
            for batch, (some, labels) in enumerate(self.data.train.epoch(self.epochs)):
                where = f"epoch {self.epochs + 1}, batch {batch + 1}"
                for group in self._optimiser.param_groups:
                    group["lr"] = rate * self._task.pace(labels)
                loss, hits, count = self._step(self._model, (some, labels), where=where)
                losses.append(loss)
                correct += hits
                labelled += count
                if on_batch is not None:
                    on_batch(loss)
        for trained in (self.network, self.average):
            if trained is not None:
                average_over_ranks(running_statistics(trained), self.ranks)
        self._check_weights()
        self.epochs += 1
        return {
            "epoch": self.epochs,
            "learning_rate": rate,
            "drop_path": drop_path,
            "train_loss": math.fsum(losses) / len(losses),
            "train_accuracy": self.ranks.mean([correct / labelled], weight=labelled)[0],
            **self._validate(),
        }

    def _step(self, model: nn.Module, batch: Batch, *, where: str) -> tuple[float, int, int]:
        """Take a step of the optimiser on a batch.

        Returns:
            The batch's loss; how many labels of this rank were found before the step; its labels.
        """
        images, labels, weight = share(batch, self.ranks)
        self._optimiser.zero_grad(set_to_none=True)
        with out_of_memory_says(ADVICE), lost_rank(self.ranks):
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
                out = model(images, *self._memory)
                loss = self._task.training_loss(out, labels) * weight
            value = self.ranks.mean([float(loss.detach())])[0]
            if not math.isfinite(value):
                raise TrainingError(f"the loss of {where} is {value}; lower learning_rate or clip")
            loss.backward()  # type: ignore[no-untyped-call]
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self._optimiser.step()
        if self.average is not None:
            self.average.update_parameters(self.network)
        memory = self._task.memory(out)
        self._memory = () if memory is None else (memory,)
        logits = out[0] if isinstance(out, tuple) else out
        return value, int((logits.argmax(dim=-1) == labels).sum()), labels.numel()

    def _set_drop_path(self) -> float:
        """Set the probability of this epoch, on a line from 0; return it."""
        if not any(isinstance(module, DropPath) for module in self.network.modules()):
            return 0.0
        probability = self.recipe.drop_path_at(self.epochs / self.recipe.epochs)
        generator = torch.Generator().manual_seed(self._draws("drop path"))
        set_drop_path(self.network, probability, generator)
        return probability

    def _draws(self, what: str) -> int:
        """Return the seed of what is drawn by image in this epoch: other images, other draws."""
        rank = [self.ranks.rank] if self.ranks.size > 1 else []
        return derive_seed(self._seed, what, self.epochs, *rank)

    def _check_weights(self) -> None:
        """Refuse weights that the last step has ruined, before they are scored or saved."""
        for name, tensor in self.network.state_dict().items():
            if not torch.isfinite(tensor).all():
                raise TrainingError(
                    f"after epoch {self.epochs + 1}, {name} holds what is no number; lower learning_rate or clip"
                )

    # ---------------------------------------------------------------- scores

    def _validate(self) -> dict[str, float]:
        if self.data.valid is None:
            return {}
        scores = {f"valid_{name}": value for name, value in self.score(self.network, self.data.valid).items()}
        chosen: nn.Module = self.network
        value = scores[self._judged_by]
        self._found.append(value)
        if self.average is not None:
            chosen = self.average.module
            averaged = self.score(chosen, self.data.valid)
            scores |= {f"{self._mean}_valid_{name}": score for name, score in averaged.items()}
            value = averaged[self._task.judged_by]
        if self.best is None or self._better(value, self.best[self._judged_by]):
            self.best = {"epoch": self.epochs, self._judged_by: value}
            self._best_weights = {name: tensor.cpu().clone() for name, tensor in chosen.state_dict().items()}
        if self.average is None and self._stands_still():
            self.average = self._new_average()
        return scores

    def _better(self, one: float, other: float) -> bool:
        return one > other if metric_info(self._judged_by).maximise else one < other

    def _stands_still(self) -> bool:
        """Tell whether the mean of the weights is to begin: an epoch before the last few was better than this one."""
        *before, present = self._found
        earlier = before[: -self.recipe.average_after] if self.recipe.average_after else []
        return any(self._better(value, present) for value in earlier)

    def _new_average(self) -> AveragedModel:
        """Return a running mean of the network that begins with the next step."""
        share = self.recipe.ema
        averaging = get_ema_multi_avg_fn(share) if share else get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]
        return AveragedModel(self.network, multi_avg_fn=averaging, use_buffers=True)

    @property
    def _mean(self) -> str:
        """The name of the running mean: `"ema"` if it forgets, else `"mean"`."""
        return "ema" if self.recipe.ema else "mean"

    def score(self, network: nn.Module, batches: Epochs) -> dict[str, float]:
        """Return the scores of a network in evaluation mode: `accuracy`, `loss`, and whatever the task has."""
        network.eval()
        images = 0

        def mine() -> Iterator[Batch]:
            nonlocal images
            for batch in batches.epoch(0):
                some, labels = part(batch, self.ranks)
                images += len(labels)
                if len(labels):
                    yield some, labels

        with torch.no_grad(), out_of_memory_says(ADVICE):
            found = self._task.metrics(network, mine())
        return dict(zip(found, self.ranks.mean(list(found.values()), weight=images), strict=True))

    def final_network(self) -> nn.Module:
        """Return a copy of the network with the weights that count, batch norms recalibrated if the recipe says so.

        They are those of the best epoch; without validation the last ones, or their running mean if there is one.
        """
        set_drop_path(self.network, 0.0, None)
        network = copy.deepcopy(self.network)
        last = self.network if self.average is None else self.average.module
        weights = last.state_dict() if self.best is None else self._best_weights
        load_tensors(network.state_dict(), weights, where="the best epoch")
        if self.recipe.norm_batches:
            with own_randomness(self._draws("dropout"), self._device):
                update_bn(self._recalibration_images(), network)
        return network.eval()

    def _recalibration_images(self) -> Iterator[Tensor]:
        for batch, (images, _) in enumerate(self.data.train.epoch(self.recipe.epochs)):
            if batch == self.recipe.norm_batches:
                return
            yield images

    # ---------------------------------------------------------------- checkpoints

    def save(self, folder: Path) -> None:
        """Write all that is needed to go on; rank 0 does, once all ranks hold the same."""
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self._best_weights.items()}
        if self.average is not None:
            tensors |= {f"{self._mean}.{name}": tensor for name, tensor in self.average.state_dict().items()}
        optimiser = self._optimiser.state_dict()["state"]
        for number, values in optimiser.items():
            tensors |= {f"optimiser.{number}.{name}": value for name, value in values.items() if value is not None}
        self.ranks.agree(f"what is held after epoch {self.epochs}", weights_digest(tensors))
        if self.ranks.rank == 0:
            state = {
                "about": self.about, "epochs": self.epochs, "best": self.best, "found": self._found,
                "processes": self.processes,
            }  # fmt: skip
            save_checkpoint(folder, tensors, state)

    def load(self, folder: Path) -> None:
        """Go on from what `save` wrote.

        Raises:
            CheckpointError: it is damaged, or of another architecture or recipe; nothing was changed.
        """
        tensors, state = load_checkpoint(folder)
        check_described(state.get("about", {}), self.about, where=str(folder))
        load_tensors(self.network.state_dict(), _under("network.", tensors), where=str(folder))
        if mean := _under(f"{self._mean}.", tensors):
            self.average = self._new_average() if self.average is None else self.average
            load_tensors(self.average.state_dict(), mean, where=str(folder))
        self._load_optimiser(_under("optimiser.", tensors))
        self._best_weights, self._found = _under("best.", tensors), state["found"]
        self.epochs, self.best, self.processes = state["epochs"], state["best"], state.get("processes", 1)

    def _load_optimiser(self, tensors: Mapping[str, Tensor]) -> None:
        """Fill the optimiser; what has the shape of a parameter gets its layout in memory too."""
        parameters = [p for group in self._optimiser.param_groups for p in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            number, _, key = name.partition(".")
            parameter = parameters[int(number)]
            fitting = tensor.shape == parameter.shape and tensor.dim() > 0
            state.setdefault(int(number), {})[key] = torch.empty_like(parameter).copy_(tensor) if fitting else tensor
        self._optimiser.load_state_dict({**self._optimiser.state_dict(), "state": state})


def stored_weights(folder: Path, which: str, *, about: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return weights of a checkpoint of a `Trainer`, under the network's names.

    Args:
        folder: of the checkpoint.
        which: `"best"` by validation, `"last"`, or the running mean, `"ema"` or `"mean"`.
        about: what it has to be of.

    Raises:
        CheckpointError: it is damaged or of something else, or has none of that kind.
    """
    tensors, state = load_checkpoint(folder)
    check_described(state.get("about", {}), about, where=str(folder))
    found = _under({"best": "best.", "last": "network."}.get(which, f"{which}.module."), tensors)
    if not found and which == "best":
        raise CheckpointError(f"{folder}: no epoch is the best so far, or nothing is kept for validation; use 'last'")
    if not found:
        raise CheckpointError(f"{folder}: there is no running mean of the weights ({which}); use 'best' or 'last'")
    return found


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
