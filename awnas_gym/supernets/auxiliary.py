"""The second classifier that a network of cells is trained with."""

from __future__ import annotations

from typing import Literal, final

from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.supernets.operations.factory import LayerFactory

Form = Literal["cifar", "imagenet", "enas"]

STRIDES: dict[Form, int] = {"cifar": 3, "imagenet": 2, "enas": 3}
"""Strides of the first pooling; its windows are of 5x5 pixels."""


@final
class AuxiliaryHead(nn.Module):
    """ReLU, average pooling, a 1x1 convolution to 128 and a 2x2 one to 768 channels, global pooling, a classifier.

    - `"cifar"` [Liu et al., ICLR 2019, their code]: images of 8x8 pixels are pooled to 2x2.
    - `"imagenet"` (likewise): images of 7x7 pixels are pooled to 2x2; no batch norm after the second convolution.
    - `"enas"` [Pham et al., ICML 2018, their code]: the second convolution has the size of what pooling leaves, and
      keeps it; the classifier has no bias.

    Windows of 5x5 pixels leave less than 2x2 of images below 8x8 (`"imagenet"`: 7x7); there quarters of the image are
    averaged. What the second convolution leaves of larger images is averaged too.

    Args:
        c_in: channels of its input.
        size: height and width of its input, in pixels; 2 or more.
        classes: of the classifier.
        form: see above.
        factory: makes the layers; None for torch's own.

    Raises:
        UnknownNameError: there is no such form.
        SettingError: the input is one pixel.
    """

    def __init__(
        self, c_in: int, size: int, classes: int, *, form: Form = "cifar", factory: LayerFactory | None = None
    ) -> None:
        super().__init__()
        if form not in STRIDES:
            raise UnknownNameError("form of auxiliary heads", form, STRIDES)
        if size < 2:
            raise SettingError(
                f"an auxiliary head reads images of 2x2 pixels or more; got {size}x{size}. Cells at two thirds of the "
                "depth see a quarter of the height and width: make image_size 5 or more, or leave the head out"
            )
        make = LayerFactory() if factory is None else factory
        kernel, stride = 5, STRIDES[form]
        if size < kernel + stride:
            kernel, stride = size - size // 2, size // 2
        left = (size - kernel) // stride + 1  # pixels after pooling
        second = left if form == "enas" else 2
        self.pool = nn.Sequential(
            make.activation("relu"), make.pooling("avg_pool", c_in, kernel, stride=stride),
            make.convolution(c_in, 128, (1, 1)), make.batch_norm(128), make.activation("relu"),
        )  # fmt: skip
        self.padding = ((second - 1) // 2, second // 2) * 2 if form == "enas" else (0, 0, 0, 0)
        self.features = nn.Sequential(
            make.convolution(128, 768, (second, second)),
            *([] if form == "imagenet" else [make.batch_norm(768)]),
            make.activation("relu"),
        )
        self.classifier = make.linear(768, classes, bias=form != "enas")

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, c_in, size, size]` to logits `[B, classes]`."""
        features = self.features(functional.pad(self.pool(x), self.padding))
        logits: Tensor = self.classifier(features.mean(dim=(2, 3)))
        return logits
