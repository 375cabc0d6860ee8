"""A recurrent network that reads the layers of a network one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awnas_gym.config import check_sizes
from awnas_gym.errors import SettingError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.deployment import deployed
from awnas_gym.hardware.models.features import Standardised
from awnas_gym.hardware.models.neural import NeuralModel
from awnas_gym.hardware.models.shared import SameSpace, typical_layers
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.spaces.layers import LayerSpec


@final
class LSTM(NeuralModel):
    """An LSTM [Hochreiter & Schmidhuber 1997] over the layers in the order of execution [`lstm` of aw_nas].

    A layer is its kind and its sizes (logarithms of channels, pixels, kernel, stride, groups, multiply-accumulates),
    and what a device says of it, if there is one. What each layer adds is read from the state after it, and summed;
    aw_nas reads the last state, and blocks instead of layers.

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: likewise; what it says of layers is among their features.
        seed: of weights and batches.
        hidden: units.
        epochs: passes over the measurements.

    Raises:
        SettingError: the space has no layers, the device does not know the metric, or a setting is no whole number
            from 1.
    """

    learning_rate = 1e-2

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
        hidden: int = 100,
        epochs: int = 40,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        self._settings = {"hidden": hidden, "epochs": epochs}
        check_sizes(self._settings, where="lstm")
        if device is not None and metric not in device.yields:
            raise SettingError(f"{device.name} knows {', '.join(sorted(device.yields))}; no {metric}")
        known = typical_layers(SameSpace(space))
        self._kinds = tuple(sorted({layer.kind for layer in known}))
        self._standardised = Standardised(self._describe(known))

    def _build(self) -> nn.Module:
        width = self._describe(typical_layers(SameSpace(self.space))[:1]).shape[1]
        return _Network(width, self._settings["hidden"])

    def _inputs(self, archs: Archs) -> tuple[Tensor, Tensor]:
        """Return features, float32 `[batch, layers, features]`, and where layers are, float32 `[batch, layers]`."""
        networks = [deployed(self.space.layers(row)) for row in archs]
        different = list(dict.fromkeys(layer for network in networks for layer in network))
        numbers = {layer: i for i, layer in enumerate(different)}
        rows = torch.as_tensor(self._standardised(self._describe(different)), dtype=torch.float32)
        longest = max(map(len, networks))
        features, there = torch.zeros(len(networks), longest, rows.shape[1]), torch.zeros(len(networks), longest)
        for i, network in enumerate(networks):
            features[i, : len(network)] = rows[[numbers[layer] for layer in network]]
            there[i, : len(network)] = 1
        return features, there

    def _describe(self, layers: Sequence[LayerSpec]) -> NDArray[np.float64]:
        """Return features of layers, float64 `[layers, features]`; `MissingLayerError` as of the device."""
        kinds = [[float(layer.kind == kind) for kind in self._kinds] for layer in layers]
        sizes = [
            [
                layer.c_in,
                layer.c_out,
                layer.height * layer.width,
                layer.kernel,
                layer.stride,
                layer.groups,
                layer.macs + 1,
            ]
            for layer in layers
        ]
        found = [np.array(kinds), np.log(np.array(sizes, dtype=np.float64))]
        if self.device is not None:
            found.append(self.device.costs(layers)[self.metric][:, None])
        return np.concatenate(found, axis=1)


@final
class _Network(nn.Module):
    """Features `[batch, layers, features]` and where layers are `[batch, layers]` -> `[batch]`."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor, there: Tensor) -> Tensor:
        states, _ = self.lstm(features)  # [batch, layers, hidden]
        each: Tensor = self.head(states).squeeze(-1) * there
        return each.sum(dim=1) / 16 + self.bias
