"""One NAS-Bench-201 cell as a torch network."""

from __future__ import annotations

from typing import final

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from awnas_gym.spaces.nasbench201 import CONV1, CONV3, EDGES, NONE, POOL, SKIP, NASBench201
from awnas_gym.supernets.copies import ConvBN, CopiesLinear, Reduction


@final
class Cell(nn.Module):
    """A cell as written: zero edges are left out, every other edge is run whether or not it reaches the output.

    A node that nothing reaches has no value. Convolutions and pooling that read it are run on zeros, as in
    NAS-Bench-201, so they cost what the space counts; what they give (a bias) is dropped.
    """

    def __init__(self, arch: list[int], channels: int, *, copies: int) -> None:
        super().__init__()
        self.arch = arch
        self.operations = nn.ModuleDict()
        for e, choice in enumerate(arch):
            if choice in {CONV1, CONV3}:
                kernel = 3 if choice == CONV3 else 1
                self.operations[str(e)] = ConvBN(channels, channels, copies=copies, kernel=kernel)
            elif choice == POOL:
                self.operations[str(e)] = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, copies * C, H, W]` to the same shape; zeros where no path reaches the output."""
        nodes: list[Tensor | None] = [x, None, None, None]
        rectified: dict[int, Tensor] = {}
        for e, (source, target) in enumerate(EDGES):
            choice = self.arch[e]
            if choice == NONE:
                continue
            held = nodes[source]
            value = torch.zeros_like(x) if held is None else held
            if choice in {CONV1, CONV3}:
                if source not in rectified:  # every convolution of a node reads the same rectified value
                    rectified[source] = torch.relu(value)
                value = rectified[source]
            out = value if choice == SKIP else self.operations[str(e)](value)
            if held is not None:
                before = nodes[target]
                nodes[target] = out if before is None else before + out
        return torch.zeros_like(x) if nodes[3] is None else nodes[3]


@final
class Network(nn.Module):
    """The whole network around a cell, `copies` times side by side.

    Args:
        space: gives channels, cells a stage, image and classes.
        arch: int `[6]`.
        copies: independent networks in one module.
    """

    def __init__(self, space: NASBench201, arch: ArrayLike, *, copies: int = 1) -> None:
        super().__init__()
        row = space.check(arch)[0].tolist()
        settings = space.settings
        width = settings["channels"]
        self.stem = ConvBN(settings["image_channels"], width, copies=copies, kernel=3)
        body: list[nn.Module] = []
        for stage in range(3):
            if stage:
                body.append(Reduction(width, copies=copies, residual=settings["reduction"] == "residual"))
                width *= 2
            body += [Cell(row, width, copies=copies) for _ in range(settings["cells"])]
        self.body = nn.Sequential(*body)
        self.norm = nn.BatchNorm2d(copies * width)
        self.classifier = CopiesLinear(width, settings["classes"], copies=copies)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `[B, copies * image_channels, H, W]` to logits `[copies, B, classes]`."""
        features = torch.relu(self.norm(self.body(self.stem(images))))
        logits: Tensor = self.classifier(features.mean(dim=(2, 3)))
        return logits
