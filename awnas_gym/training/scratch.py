"""Training one architecture from scratch, several seeds at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.data import Split
from awnas_gym.errors import SettingError
from awnas_gym.seeding import derive_seed


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a network is trained: SGD with Nesterov momentum, cosine schedule to 0, cross-entropy.

    The form is that of NAS-Bench-201 [Dong & Yang 2020, table 1]; the sizes are the user's. No augmentation.
    """

    epochs: int = 10
    batch_size: int = 50
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4

    def __post_init__(self) -> None:
        """Refuse values that train nothing."""
        if self.epochs < 1 or self.batch_size < 2 or self.learning_rate <= 0:
            raise SettingError(f"epochs >= 1, batch_size >= 2 and learning_rate > 0; got {self}")


@final
@dataclass(frozen=True, slots=True)
class LearningCurves:
    """Correctly classified images after each epoch, int64 `[copies, epochs]` a split.

    `train` counts as the images pass, so under weights that still move; `valid` and `test` at the epoch's end.
    """

    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    test: NDArray[np.int64]


def initialise(network: nn.Module, seeds: list[int], copies: int) -> None:
    """Draw each copy's weights from its own seed, so that copy k of n equals a single network of that seed.

    Kaiming normal for convolutions (fan out) and uniform for the classifier, as torchvision's ResNet does.
    """
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                deviation = math.sqrt(2 / (module.out_channels // copies * module.kernel_size[0] ** 2))
                for part, rng in zip(module.weight.chunk(copies), generators, strict=True):
                    part.copy_(torch.randn(part.shape, generator=rng) * deviation)
        for name, parameter in network.named_parameters():
            if name.startswith("classifier"):
                bound = 1 / math.sqrt(network.get_parameter("classifier.weight").shape[1])
                for part, rng in zip(parameter, generators, strict=True):
                    part.copy_((torch.rand(part.shape, generator=rng) * 2 - 1) * bound)


def train(
    network: nn.Module, splits: dict[str, Split], recipe: Recipe, *, seeds: list[int], device: str = "cpu"
) -> LearningCurves:
    """Train `network` in place and return its learning curves.

    Args:
        network: maps `[B, copies * C, H, W]` to logits `[copies, B, classes]`.
        splits: `train`, `valid` and `test`.
        recipe: epochs, batch size and optimiser.
        seeds: one a copy; gives its first weights and its order of the data.
        device: any torch device.
    """
    copies = len(seeds)
    network.to(device=device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
    initialise(network, [derive_seed(seed, "weights") for seed in seeds], copies)
    data = {name: _tensors(split, splits["train"], device) for name, split in splits.items()}
    orders = [np.random.default_rng(derive_seed(seed, "order")) for seed in seeds]
    optimiser = torch.optim.SGD(
        network.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=True,
        weight_decay=recipe.weight_decay, fused=True,
    )  # fmt: skip
    images, labels = data["train"]
    batches, left = divmod(len(images), recipe.batch_size)
    if left:
        raise SettingError(f"batch_size divides the {len(images)} training images; got {recipe.batch_size}")
    counts = {name: np.zeros((copies, recipe.epochs), dtype=np.int64) for name in ("train", "valid", "test")}
    for epoch in range(recipe.epochs):
        network.train()
        order = torch.from_numpy(np.stack([rng.permutation(len(images)) for rng in orders])).to(device)  # [copies, n]
        correct = torch.zeros(copies, dtype=torch.int64, device=device)
        for batch in range(batches):
            done = (epoch * batches + batch) / (recipe.epochs * batches)
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * (1 + math.cos(math.pi * done)) / 2
            chosen = order[:, batch * recipe.batch_size : (batch + 1) * recipe.batch_size]  # [copies, B]
            wanted = labels[chosen]
            stacked = images[chosen].transpose(0, 1).flatten(1, 2)  # [B, copies * C, H, W]
            logits = network(stacked.contiguous(memory_format=torch.channels_last))  # [copies, B, classes]
            # the sum over copies: each copy's gradient is that of its own mean loss
            loss = functional.cross_entropy(logits.flatten(0, 1), wanted.flatten()) * copies
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            correct += (logits.argmax(-1) == wanted).sum(1)
        counts["train"][:, epoch] = correct.cpu().numpy()
        for name in ("valid", "test"):
            counts[name][:, epoch] = count_correct(network, *data[name], copies=copies).cpu().numpy()
    return LearningCurves(**counts)


@torch.inference_mode()
def count_correct(network: nn.Module, images: Tensor, labels: Tensor, *, copies: int, batch_size: int = 250) -> Tensor:
    """Return how many of the images each copy classifies correctly, int64 `[copies]`; batch norm as trained."""
    network.eval()
    correct = torch.zeros(copies, dtype=torch.int64, device=images.device)
    for some, wanted in zip(torch.split(images, batch_size), torch.split(labels, batch_size), strict=True):
        stacked = some.repeat(1, copies, 1, 1).contiguous(memory_format=torch.channels_last)
        correct += (network(stacked).argmax(-1) == wanted).sum(1)
    return correct


def _tensors(split: Split, reference: Split, device: str) -> tuple[Tensor, Tensor]:
    """Return images float32 `[n, C, H, W]`, normalised by the training images' mean and deviation, and labels."""
    mean, deviation = reference.images.mean(), reference.images.std()
    images = (split.images.astype(np.float32) - mean) / deviation
    return torch.from_numpy(images.astype(np.float32)).to(device), torch.from_numpy(split.labels).to(device)
