"""Weights that all architectures share, trained and judged by mixtures of all operations."""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from awnas_gym.errors import SettingError, TrainingError, UnknownNameError
from awnas_gym.evaluators.abstract import DifferentiableEvaluator, Trial
from awnas_gym.evaluators.batch_norm import frozen_statistics
from awnas_gym.evaluators.curvature import dominant_eigenvalue
from awnas_gym.evaluators.second_order import constant, second_order_term, slope_by
from awnas_gym.evaluators.shared import ADVICE, MakeData, SharedWeights
from awnas_gym.metrics import Metrics
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces.relaxable import SMALLEST, Relaxable
from awnas_gym.supernets.abstract import RelaxedSupernet
from awnas_gym.tasks.abstract import AbstractTask
from awnas_gym.training.distributed import average_over_ranks, averaging, lost_rank, share
from awnas_gym.training.memory import out_of_memory_says
from awnas_gym.training.schedules import cosine
from awnas_gym.training.threads import torch_threads

ORDERS = (1, 2)


@final
class RelaxedWeights(SharedWeights, DifferentiableEvaluator):
    """The network of DARTS [Liu et al., ICLR 2019]: its operations are summed by a matrix of weights.

    A phase takes one batch, of training images for the network's weights, of validation images for the gradient of the
    matrix. The learning rate of SGD is a cosine over the search. Single architectures are scored by the same weights.

    An entry of float32's `tiny` counts as 0, but its path is run and gets a gradient.

    Args:
        supernet: of a space that is relaxable.
        task: that is solved.
        data: from a seed to training and validation batches.
        order: 2 adds, to the gradient, how the matrix changes the loss by changing the weights: one step of them, by
            finite differences (section 2.3 of the paper).
        joint: weights and matrix see one batch of training images, in one phase [SNAS, Xie et al., ICLR 2019].
        learning_rate: the highest.
        lowest_rate: where the cosine ends.
        momentum: of SGD, which is not Nesterov's.
        weight_decay: of SGD.
        clip: largest norm of the weights' gradient; 0 for any.
        shared: further keywords of `SharedWeights`: `measures`, `batch_norm`, `eval_batches`, …

    Raises:
        SettingError: a value out of its range, or a supernet that does not mix.
        UnknownNameError: another order.
    """

    supernet: RelaxedSupernet

    def __init__(
        self,
        supernet: RelaxedSupernet,
        task: AbstractTask,
        data: MakeData,
        *,
        order: int = 1,
        joint: bool = False,
        learning_rate: float = 0.025,
        lowest_rate: float = 0.001,
        momentum: float = 0.9,
        weight_decay: float = 3e-4,
        clip: float = 5.0,
        **shared: Any,  # noqa: ANN401 - keywords of SharedWeights
    ) -> None:
        if not isinstance(supernet, RelaxedSupernet) or not isinstance(supernet.space, Relaxable):
            raise SettingError(f"the space {supernet.space.name} is no matrix of operations on edges")
        if order not in ORDERS:
            raise UnknownNameError("order", str(order), map(str, ORDERS))
        if joint and order > 1:
            raise SettingError("joint phases have no second order: weights and matrix see the same batch")
        super().__init__(
            supernet, task, data,
            weight_steps=0, learning_rate=learning_rate, lowest_rate=lowest_rate, momentum=momentum, nesterov=False,
            weight_decay=weight_decay, clip=clip, **shared,
        )  # fmt: skip
        self.order, self.joint = order, joint
        self._mixing: nn.Module | None = None  # from the first step on, with gradients averaged over the ranks
        self.card = {"title": f"mixtures of {self.space.name}"}

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        """Return the scores of single architectures on the whole validation split; nothing is trained."""
        self.check_fidelity(fidelity), self.check_trial(trial)
        if not self.started:
            self.reset(int(rng.integers(2**62)))
        return self.score(archs)

    def train_mixed(self, weights: NDArray[np.float64], *, progress: float) -> float:
        """Take a step of SGD on the next training batch; see `DifferentiableEvaluator`."""
        matrix, run = self._matrix(weights)
        with torch_threads(self.threads):
            loss = self._optimise(lambda *some: self._mixed(some, matrix, run), self._rate(progress), _mixture)
        average_over_ranks(self._running, self.ranks)
        return loss

    def gradient(
        self, weights: NDArray[np.float64], *, progress: float
    ) -> tuple[dict[str, float], NDArray[np.float64]]:
        """Return scores and gradient on the next validation batch; see `DifferentiableEvaluator`."""
        matrix, run = self._matrix(weights)
        matrix.requires_grad_()
        with torch_threads(self.threads), out_of_memory_says(ADVICE), lost_rank(self.ranks):
            scores, slope = self._joint(matrix, run, progress) if self.joint else self._apart(matrix, run, progress)
        average_over_ranks(self._running, self.ranks)  # joint phases move them
        names = sorted(scores)
        values = self.ranks.mean([*(scores[name] for name in names), *slope.double().flatten().tolist()])
        gradient = np.array(values[len(names) :]).reshape(run.shape)
        return dict(zip(names, values, strict=False)), np.where(run, gradient, 0.0)

    def eigenvalue(self, weights: NDArray[np.float64]) -> float:
        """Return the dominant eigenvalue of the loss's Hessian; see `DifferentiableEvaluator`."""
        matrix, run = self._matrix(weights)
        ahead = self._validation.ahead()
        images, labels, weight = share(next(ahead), self.ranks)
        self.supernet.train()
        matrix.requires_grad_()
        rng = np.random.default_rng(derive_seed(self._seed, "eigenvalue", self._validation.position))
        with torch_threads(self.threads), out_of_memory_says(ADVICE), frozen_statistics(self.supernet):
            loss = self._loss((images, *ahead.remembered()), labels, matrix, run)[0] * weight
            (slope,) = torch.autograd.grad(loss, matrix, create_graph=True, materialize_grads=True)

            def product(direction: NDArray[np.float64]) -> NDArray[np.float64]:
                along = torch.as_tensor(direction, dtype=matrix.dtype, device=matrix.device)
                (found,) = torch.autograd.grad((slope * along).sum(), matrix, retain_graph=True, materialize_grads=True)
                return np.array(self.ranks.mean(found.double().flatten().tolist())).reshape(run.shape)

            return dominant_eigenvalue(product, run, rng)

    # ---------------------------------------------------------------- phases

    def _apart(self, matrix: Tensor, run: NDArray[np.bool_], progress: float) -> tuple[dict[str, float], Tensor]:
        """Return the scores of a validation batch, and the gradient of its loss by the matrix."""
        images, labels, weight = share(next(self._validation), self.ranks)
        inputs = images, *self._validation.remembered()
        self.supernet.train()
        with frozen_statistics(self.supernet):
            if self.order == 1:
                with constant(self._weights):
                    loss, out = self._loss(inputs, labels, matrix, run)
                    slope = slope_by(matrix, loss)
            else:
                ahead = self._training.ahead()
                seen, of, _ = share(next(ahead), self.ranks)
                read = seen, *ahead.remembered()
                loss, out, slope = second_order_term(
                    matrix,
                    lambda: self._loss(read, of, matrix, run)[0],
                    lambda: self._loss(inputs, labels, matrix, run),
                    self._optimiser,
                    rate=self._rate(progress),
                    ranks=self.ranks,
                )
        self._validation.memory = self.task.memory(out)
        return self._scores("valid", loss, out, labels), slope * weight

    def _joint(self, matrix: Tensor, run: NDArray[np.bool_], progress: float) -> tuple[dict[str, float], Tensor]:
        """Take a step on a training batch; return its scores, and the gradient of its loss by the matrix."""
        found: list[Any] = []
        ahead = self._training.ahead()

        def mixed(*inputs: Tensor) -> Any:  # noqa: ANN401 - what the network gives
            found.append(self._mixed(inputs, matrix, run))
            return found[0]

        self._optimise(mixed, self._rate(progress), _mixture)
        _, labels, weight = share(next(ahead), self.ranks)
        with torch.no_grad():
            loss = self.task.loss(found[0], labels) * weight
        slope = torch.zeros_like(matrix) if matrix.grad is None else matrix.grad  # no operation was run
        return self._scores("train", loss, found[0], labels), slope

    # ---------------------------------------------------------------- parts

    def _matrix(self, weights: NDArray[np.float64]) -> tuple[Tensor, NDArray[np.bool_]]:
        """Return weights as a tensor of the network's type and device, and which of them are run."""
        first = self._weights[0]
        run = weights != 0
        held = np.where(np.abs(weights) <= SMALLEST, 0.0, weights)
        return torch.as_tensor(held, dtype=first.dtype, device=first.device), run

    def _mixed(self, inputs: tuple[Tensor, ...], matrix: Tensor, run: NDArray[np.bool_]) -> Any:  # noqa: ANN401 - what the network gives
        """Return what the mixture gives of images, or of text and what is remembered of it, for a training step."""
        if self._mixing is None:
            self._mixing = averaging(_Mixing(self.supernet), self.ranks)
        images, *memory = inputs
        return self._mixing(images, matrix, run, *memory)

    def _loss(
        self, inputs: tuple[Tensor, ...], labels: Tensor, matrix: Tensor, run: NDArray[np.bool_]
    ) -> tuple[Tensor, Any]:
        """Return the loss of the mixture and what it gives; what is dropped is the same until a batch is over."""
        images, *memory = inputs
        with self._drawn("dropout of gradients", self._validation):
            out = self.supernet.mix(images, matrix, run, *memory)
        return self.task.loss(out, labels), out

    def _rate(self, progress: float) -> float:
        return cosine(min(progress, 1.0), high=self.learning_rate, low=self.lowest_rate)

    def _scores(self, split: str, loss: Tensor, out: Any, labels: Tensor) -> dict[str, float]:  # noqa: ANN401 - what the network gave
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(f"the loss of a mixture is {value} after training step {self._training.position}")
        with torch.no_grad():
            found = self.task.metrics(lambda *_: out, [(labels, labels)])
        return {**{f"{split}_{name}": score for name, score in found.items()}, f"{split}_loss": value}


def _mixture() -> str:
    return "a mixture"


@final
class _Mixing(nn.Module):
    """A supernet whose call mixes: averaging gradients over the ranks goes by the call."""

    def __init__(self, supernet: RelaxedSupernet) -> None:
        super().__init__()
        self.supernet = supernet

    def forward(self, images: Tensor, weights: Tensor, run: NDArray[np.bool_], *memory: Tensor) -> Any:  # noqa: ANN401 - what the network gives
        return self.supernet.mix(images, weights, run, *memory)
