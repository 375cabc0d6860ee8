"""Drop path: while a network is trained, some images lose what an operation has made of them."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from awnas_gym.errors import SettingError


@final
class DropPath(nn.Module):
    """Take a result away from some images, and scale that of the others up [Larsson et al., ICLR 2017].

    In evaluation mode, and at probability 0, nothing happens.

    Attributes:
        probability: with which an image loses the result, in [0, 1).
        generator: of the CPU, that images are drawn by, whatever the device.
    """

    def __init__(self) -> None:
        super().__init__()
        self.probability = 0.0
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, C, H, W]` to the same shape."""
        if not self.training or self.probability == 0:
            return x
        keep = 1 - self.probability
        kept = torch.rand(len(x), 1, 1, 1, generator=self.generator) < keep
        return x * (kept / keep).to(x)

    def extra_repr(self) -> str:
        """Return the probability."""
        return f"probability={self.probability}"


def set_drop_path(network: nn.Module, probability: float, generator: torch.Generator | None) -> None:
    """Set the probability of every `DropPath` of a network.

    Args:
        network: with cells: of `darts`, `nasbench301` or `enas`.
        probability: in [0, 1).
        generator: of the CPU; None where the probability is 0.

    Raises:
        SettingError: a probability outside, one above 0 without a generator of the CPU, or of a network that drops
            nothing.
    """
    drops = [module for module in network.modules() if isinstance(module, DropPath)]
    if not 0 <= probability < 1:
        raise SettingError(f"the probability of drop path is in [0, 1); got {probability}")
    if probability and (generator is None or generator.device.type != "cpu"):
        given = "none" if generator is None else f"one of {generator.device}"
        raise SettingError(f"drop path draws by a torch.Generator of the CPU; got {given}")
    if probability and not drops:
        raise SettingError(f"{type(network).__name__} has no cells whose operations drop path could drop; set it to 0")
    for drop in drops:
        drop.probability, drop.generator = float(probability), generator
