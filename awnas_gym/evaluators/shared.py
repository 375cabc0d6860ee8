"""Weights that all architectures share: trained while architectures are asked for, scored on validation batches."""

from __future__ import annotations

import collections
import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from awnas_gym.checks import check_whole
from awnas_gym.data import ImageFiles, Split, Text
from awnas_gym.errors import SettingError, TrainingError, UnknownNameError
from awnas_gym.evaluators.abstract import TrainableEvaluator, Trial
from awnas_gym.evaluators.batch_norm import POLICIES, batch_norm_policy, recalibrate
from awnas_gym.metrics import Metrics
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import Archs
from awnas_gym.supernets.abstract import AbstractSupernet
from awnas_gym.tasks.abstract import AbstractMeasure, AbstractTask, Model
from awnas_gym.training.batches import Batches
from awnas_gym.training.checkpoints import check_described, load_checkpoint, load_tensors, save_checkpoint
from awnas_gym.training.distributed import (
    average_over_ranks,
    averaging,
    current,
    lost_rank,
    running_statistics,
    share,
    synchronise_batch_norm,
    weights_digest,
)
from awnas_gym.training.memory import out_of_memory_says
from awnas_gym.training.normalise import Normalise
from awnas_gym.training.randomness import own_randomness
from awnas_gym.training.schedules import cosine_with_restarts
from awnas_gym.training.stream import Epochs, FirstBatches, Stream
from awnas_gym.training.threads import torch_threads
from awnas_gym.training.windows import Windows

ADVICE = "lower batch_size, channels or cells"
"""Where memory ends."""

SCHEDULES = ("interleaved", "epochs")

MakeData = Callable[[int], tuple[Epochs, Epochs]]
"""From a seed to training and validation data in batches, on the device of the supernet."""


class SharedWeights(TrainableEvaluator):
    """Scores an architecture by the weights that it shares with all others.

    `schedule="interleaved"`: an architecture first gets `weight_steps` training steps, then it is scored.
    `schedule="epochs"` (ENAS [Pham et al., ICML 2018]): after every `episodes` scored architectures comes a pass over
    the training data, each batch for one of the last `pool` of them; `warmup_epochs` passes come first, each batch for
    an architecture drawn from the space. What is scored in one call is scored on the same batches.

    Training is SGD, the learning rate a cosine with warm restarts, as ENAS trains its child.

    Where a process group is up (`training.distributed.process_group`), its ranks train one set of weights: each takes
    its share of every batch, gradients are averaged, scores are averaged over the images. Statistics of batch norm are
    those of the rank's share, running ones the mean over the ranks. All ranks have to make the same calls.

    Args:
        supernet: holds the weights.
        task: that is solved.
        data: from a seed to training and validation batches.
        about: says which data these are, in values of JSON; a checkpoint of others is refused.
        measures: further scores.
        schedule: when weights are trained.
        weight_steps: of `"interleaved"`; None for 1.
        episodes: of `"epochs"`: scored architectures between two passes; None for 10.
        pool: of `"epochs"`: architectures that a pass draws from; None for 10.
        warmup_epochs: passes before the first score.
        batch_norm: `"batch"`, `"recalibrate"` or `"inherit"`, see `evaluators.batch_norm`.
        recalibration_batches: of training data, for `"recalibrate"`.
        eval_batches: of validation data, for a score.
        learning_rate: the highest.
        lowest_rate: where each cosine ends.
        restart_epochs: length of the first cosine; each further one is twice as long.
        momentum: of SGD.
        nesterov: whether the momentum is Nesterov's.
        weight_decay: of SGD.
        clip: largest norm of the gradient; 0 for any.
        threads: of the CPU that torch uses; small networks are fastest with one, above all on a busy machine.
        sync_batch_norm: of several processes: batch norms use the statistics of all shares. On GPUs alone.

    Raises:
        SettingError: a value out of its range, or one that is of the other schedule.
        UnknownNameError: no such schedule or policy.
    """

    fidelities = (1,)
    trials = 1

    def __init__(
        self,
        supernet: AbstractSupernet,
        task: AbstractTask,
        data: MakeData,
        *,
        about: Mapping[str, Any] = MappingProxyType({}),
        measures: Sequence[AbstractMeasure] = (),
        schedule: Literal["interleaved", "epochs"] = "interleaved",
        weight_steps: int | None = None,
        episodes: int | None = None,
        pool: int | None = None,
        warmup_epochs: int = 0,
        batch_norm: Literal["batch", "recalibrate", "inherit"] = "batch",
        recalibration_batches: int = 4,
        eval_batches: int = 1,
        learning_rate: float = 0.05,
        lowest_rate: float = 0.0005,
        restart_epochs: int = 10,
        momentum: float = 0.9,
        nesterov: bool = True,
        weight_decay: float = 1e-4,
        clip: float = 5.0,
        threads: int = 1,
        sync_batch_norm: bool = False,
    ) -> None:
        if schedule not in SCHEDULES:
            raise UnknownNameError("schedule", schedule, SCHEDULES)
        if batch_norm not in POLICIES:
            raise UnknownNameError("batch_norm", batch_norm, POLICIES)
        weight_steps, episodes, pool = _of_schedule(schedule, weight_steps=weight_steps, episodes=episodes, pool=pool)
        whole = {
            "weight_steps": (weight_steps, 0), "episodes": (episodes, 1), "pool": (pool, 1),
            "warmup_epochs": (warmup_epochs, 0), "recalibration_batches": (recalibration_batches, 1),
            "eval_batches": (eval_batches, 1), "restart_epochs": (restart_epochs, 1), "threads": (threads, 1),
        }  # fmt: skip
        for name, (value, low) in whole.items():
            check_whole(name, value, low=low)
        if not (0 < lowest_rate <= learning_rate and 0 <= momentum < 1 and weight_decay >= 0 and clip >= 0):
            raise SettingError(
                "0 < lowest_rate <= learning_rate, 0 <= momentum < 1, weight_decay >= 0 and clip >= 0 are wanted; got "
                f"{lowest_rate}, {learning_rate}, {momentum}, {weight_decay}, {clip}"
            )
        self.supernet, self.task, self.measures = supernet, task, tuple(measures)
        self.space = supernet.space
        self.schedule, self.weight_steps, self.episodes, self.pool = schedule, weight_steps, episodes, pool
        self.warmup_epochs = warmup_epochs
        self.batch_norm: str = batch_norm
        self.recalibration_batches, self.eval_batches = recalibration_batches, eval_batches
        self.learning_rate, self.lowest_rate, self.restart_epochs = learning_rate, lowest_rate, restart_epochs
        self.clip, self.threads = clip, threads
        self.momentum, self.nesterov, self.weight_decay = momentum, nesterov and momentum > 0, weight_decay
        self._data = data
        self._described = {"space": self.space.name, "settings": self.space.settings, **about}
        self.ranks = current()
        self._model: nn.Module | None = (
            None  # from the first step on, the supernet with gradients averaged over the ranks
        )
        if sync_batch_norm:
            synchronise_batch_norm(supernet)
        # thousands of modules are gone through once, and not in every step
        self._weights, self._running = list(supernet.parameters()), running_statistics(supernet)
        scores = task.yields.union(*(measure.yields for measure in self.measures))
        self.yields = frozenset(f"valid_{name}" for name in scores)
        self.card: dict[str, Any] = {"title": f"shared weights of {self.space.name}"}

    # ---------------------------------------------------------------- the protocol of evaluators

    def reset(self, seed: int) -> None:
        """Draw weights and data order anew; forget what was trained."""
        self.supernet.initialise(torch.Generator().manual_seed(derive_seed(seed, "weights")))
        self._seed, self.started = seed, True
        self._optimiser = torch.optim.SGD(
            self.supernet.parameters(),
            lr=self.learning_rate,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            nesterov=self.nesterov,
        )
        training, validation = self._data(derive_seed(seed, "data"))
        self._training, self._validation = Stream(training), Stream(validation)
        self._rng = np.random.default_rng(derive_seed(seed, "architectures"))
        self._noise = torch.Generator().manual_seed(derive_seed(seed, "measures"))
        self._finished: collections.deque[Archs] = collections.deque(maxlen=self.pool)
        self._scored = 0
        self._warm = self.warmup_epochs == 0

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        """Train as the schedule says and return the scores of `archs`."""
        self.check_fidelity(fidelity), self.check_trial(trial)
        rows = self.space.check(archs)
        if not self.started:
            self.reset(int(rng.integers(2**62)))
        asked = {"seed": self._seed, "archs": rows.tolist()}
        self.ranks.agree(f"seed and architectures after training step {self._training.position}", asked)
        with torch_threads(self.threads):
            scores = self._train_and_score(rows)
        return {name: np.array([score[name] for score in scores], dtype=np.float64) for name in sorted(self.yields)}

    def train(self, archs: ArrayLike) -> dict[str, float]:
        """Take a training step with each architecture; return the mean loss as `train_loss`."""
        with torch_threads(self.threads):
            losses = self._steps(self.space.check(archs))
        return {"train_loss": float(np.mean(losses))}

    def score(
        self,
        archs: ArrayLike,
        *,
        split: Split | ImageFiles | Text | None = None,
        batches: int | None = None,
        batch_norm: str | None = None,
    ) -> Metrics:
        """Return the scores of `archs` on the whole validation split or another; see `TrainableEvaluator`."""
        policy = self.batch_norm if batch_norm is None else batch_norm
        data = FirstBatches(_whole(self._validation.data, split), batches)
        noise, scores = self._noise, []
        try:
            with torch_threads(self.threads), self._policy(policy):
                for row in self.space.check(archs):
                    self._noise = torch.Generator().manual_seed(derive_seed(self._seed, "score"))
                    scores.append(self._score(row, data))
        finally:
            self._noise = noise
        return {name: np.array([score[name] for score in scores], dtype=np.float64) for name in sorted(self.yields)}

    @property
    def normalise(self) -> Normalise | None:
        """What takes the bytes of images to what the networks read; None where the data do not say."""
        data = self._training.data
        return data.normalise if isinstance(data, Batches) else None

    def derive(self, arch: ArrayLike, *, batch_norm: str = "recalibrate") -> nn.Module:
        """Return the plain network of `arch`, int `[decisions]`, with a copy of its weights, in evaluation mode.

        Args:
            arch: whose network.
            batch_norm: `"recalibrate"`, running statistics of some training batches under it alone, or `"inherit"`,
                those of all architectures.

        Raises:
            UnknownNameError: another policy.
        """
        if batch_norm not in {"recalibrate", "inherit"}:  # "batch" is of no network by itself
            raise UnknownNameError("batch_norm of a network", batch_norm, ["recalibrate", "inherit"])
        network: nn.Module = self.supernet.derive(arch)
        if batch_norm == "recalibrate":
            with torch_threads(self.threads), self._policy(batch_norm):
                recalibrate(network, network, self._calibration())
        return network.eval()

    @contextlib.contextmanager
    def _policy(self, batch_norm: str) -> Iterator[None]:
        if batch_norm not in POLICIES:
            raise UnknownNameError("batch_norm", batch_norm, POLICIES)
        before, self.batch_norm = self.batch_norm, batch_norm
        try:
            yield
        finally:
            self.batch_norm = before

    # ---------------------------------------------------------------- training and scores

    def _train_and_score(self, rows: Archs) -> list[dict[str, float]]:
        if not self._warm:
            for _ in range(self.warmup_epochs):
                self._pass(lambda: self.space.sample(self._rng, 1)[0])
            self._warm = True
        if self.schedule == "interleaved":
            self._steps(np.repeat(rows, self.weight_steps, axis=0))
        batches = [share(next(self._validation), self.ranks)[:2] for _ in range(self.eval_batches)]
        scores = [self._score(row, batches) for row in rows]
        if self.schedule == "epochs":
            self._finished.extend(rows)
            self._scored += len(rows)
            if self._scored >= self.episodes:
                self._scored = 0
                self._pass(lambda: self._finished[int(self._rng.integers(len(self._finished)))])
        return scores

    def _pass(self, draw: Callable[[], Archs]) -> None:
        self._steps(draw() for _ in range(len(self._training.data)))

    def _steps(self, archs: Iterable[Archs]) -> list[float]:
        """Take a training step with each architecture; return the losses."""
        if self._model is None:
            self._model = averaging(self.supernet, self.ranks)
        losses = [self._step(arch, self._model) for arch in archs]
        average_over_ranks(self._running, self.ranks)
        return losses

    def _step(self, arch: Archs, model: nn.Module) -> float:
        """Train on the next batch; return the loss."""
        rate = cosine_with_restarts(
            self._training.epoch, high=self.learning_rate, low=self.lowest_rate, first=self.restart_epochs
        )

        def run(images: Tensor, *memory: Tensor) -> Any:  # noqa: ANN401 - what the network gives
            return model(images, arch, *memory)

        return self._optimise(run, rate, lambda: self.space.genotype(arch))

    def _optimise(self, model: Model, rate: float, name: Callable[[], str]) -> float:
        """Take a step on the next batch with a learning rate; return the loss. `name` says what is trained."""
        images, labels, weight = share(next(self._training), self.ranks)
        for group in self._optimiser.param_groups:
            group["lr"] = rate * self.task.pace(labels)
        if not self.supernet.training:
            self.supernet.train()
        self._optimiser.zero_grad(set_to_none=True)
        with out_of_memory_says(ADVICE), lost_rank(self.ranks), self._drawn("dropout", self._training):
            out = model(images, *self._training.remembered())
            loss = self.task.training_loss(out, labels) * weight
            value = self.ranks.mean([float(loss.detach())])[0]
            if not math.isfinite(value):
                raise TrainingError(
                    f"the loss of {name()} is {value} at training step {self._training.position}; lower learning_rate "
                    f"(now {rate:.2g}) or clip"
                )
            loss.backward()  # type: ignore[no-untyped-call]
            self._training.memory = self.task.memory(out)
        if self.clip:
            torch.nn.utils.clip_grad_norm_(self._weights, self.clip)
        self._optimiser.step()
        return value

    def _score(self, arch: Archs, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, float]:
        def model(images: Tensor, *memory: Tensor) -> Any:  # noqa: ANN401 - what the network gives
            return self.supernet(images, arch, *memory)

        with batch_norm_policy(self.batch_norm, self.supernet, model, self._calibration()), torch.no_grad():
            if self.batch_norm == "recalibrate":
                average_over_ranks(self._running, self.ranks)
            found = self.task.metrics(model, batches)
            for measure in self.measures:
                found |= measure.measure(self.task, self.supernet, model, batches, self._noise)
        names = sorted(found)
        means = self.ranks.mean([found[name] for name in names], weight=sum(len(labels) for _, labels in batches))
        return {f"valid_{name}": value for name, value in zip(names, means, strict=True)}

    def _calibration(self) -> list[Tensor]:
        """Return training images for `"recalibrate"`, the same for all architectures between two training steps."""
        if self.batch_norm != "recalibrate":
            return []
        stream = Stream(self._training.data, self._training.position)
        return [share(next(stream), self.ranks)[0] for _ in range(self.recalibration_batches)]

    def _streams(self) -> dict[str, Stream]:
        return {"training": self._training, "validation": self._validation}

    def _drawn(self, what: str, stream: Stream) -> contextlib.AbstractContextManager[None]:
        """Return what seeds torch's own generator for a batch of a stream: dropout draws by it."""
        return own_randomness(derive_seed(self._seed, what, stream.position), self._weights[0].device)

    # ---------------------------------------------------------------- checkpoints

    def save(self, folder: Path) -> None:
        """Write weights, optimiser, and the places in data and schedule; rank 0 does, once all ranks hold the same."""
        tensors = {f"supernet.{name}": tensor for name, tensor in self.supernet.state_dict().items()}
        for name, parameter in self.supernet.named_parameters():
            buffer = (
                self._optimiser.state[parameter].get("momentum_buffer") if parameter in self._optimiser.state else None
            )
            if buffer is not None:
                tensors[f"momentum.{name}"] = buffer
        tensors["noise"] = self._noise.get_state()
        tensors |= {f"memory.{name}": s.memory for name, s in self._streams().items() if s.memory is not None}
        state = {
            **self._described,
            "seed": self._seed,
            "training": self._training.position,
            "validation": self._validation.position,
            "rng": self._rng.bit_generator.state,
            "finished": [arch.tolist() for arch in self._finished],
            "scored": self._scored,
            "warm": self._warm,
        }
        self.ranks.agree(f"the weights after training step {self._training.position}", weights_digest(tensors))
        if self.ranks.rank == 0:
            save_checkpoint(folder, tensors, state)

    def load(self, folder: Path) -> None:
        """Go back to what `save` wrote."""
        tensors, state = load_checkpoint(folder)
        check_described(state, self._described, where=str(folder))
        weights = {name.removeprefix("supernet."): t for name, t in tensors.items() if name.startswith("supernet.")}
        load_tensors(self.supernet.state_dict(), weights, where=str(folder))
        self.reset(state["seed"])
        load_tensors(self.supernet.state_dict(), weights, where=str(folder))
        for name, parameter in self.supernet.named_parameters():
            if (buffer := tensors.get(f"momentum.{name}")) is not None:
                self._optimiser.state[parameter]["momentum_buffer"] = buffer.to(parameter)
        for name, stream in self._streams().items():
            stream.position = state[name]
            memory = tensors.get(f"memory.{name}")
            stream.memory = None if memory is None else memory.to(self._weights[0])
        self._rng.bit_generator.state = state["rng"]
        self._noise.set_state(tensors["noise"])
        self._finished.extend(self.space.check(arch)[0] for arch in state["finished"])
        self._scored, self._warm = state["scored"], state["warm"]


def _whole(data: Epochs, split: Split | ImageFiles | Text | None) -> Epochs:
    """Return all of a split, or of that of the data, as it is scored; `SettingError` if nobody knows how."""
    if isinstance(data, Windows) and not isinstance(split, Split | ImageFiles):
        return data.whole(split)
    if isinstance(data, Batches) and not isinstance(split, Text):
        return data.whole(split)
    raise SettingError(
        "whole splits are scored of data that come as training.batches.Batches or training.windows.Windows"
    )


def _of_schedule(schedule: str, **given: int | None) -> tuple[int, ...]:
    """Return the settings of schedules, with defaults; `SettingError` for one of the other schedule."""
    defaults = {"weight_steps": ("interleaved", 1), "episodes": ("epochs", 10), "pool": ("epochs", 10)}
    found = []
    for name, value in given.items():
        of, default = defaults[name]
        if value is not None and of != schedule:
            raise SettingError(f"{name}={value} is of schedule={of!r}; here it is {schedule!r}")
        found.append(default if value is None else value)
    return tuple(found)
