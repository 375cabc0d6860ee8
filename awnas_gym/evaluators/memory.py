"""How much memory the activations of a network need at inference, by running it without numbers."""

from __future__ import annotations

import weakref
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from awnas_gym.evaluators.abstract import AbstractRecorder
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.reading import refuse_text
from awnas_gym.supernets import NETWORKS
from awnas_gym.supernets.copies import fold_batch_norm


@final
class MemoryRecorder(AbstractRecorder):
    """Memory of activations at the fullest moment of a forward pass, in MiB of 32-bit floats.

    What counts is the order of execution: a value is there from its making until its last reader has run, as PyTorch
    frees it, and the input of the network until the end. Weights are not counted, nor what a library takes to compute a
    single layer. Batch norm is folded into the convolutions before, as for deployment.

    Args:
        space: of the architectures.
        batch_size: images a pass.
    """

    def __init__(self, space: AbstractSpace, *, batch_size: int = 1) -> None:
        self.space, self.batch_size = space, batch_size
        refuse_text(type(space))
        self._network = NETWORKS.load(space.name)
        self.dims = {"peak_memory_mib": ()}
        self.denominators = {}

    def record(self, arch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Run one architecture; returns `peak_memory_mib`, float32 `[]`."""
        network = self._network(self.space, arch).eval()
        fold_batch_norm(network)
        settings = self.space.settings
        size = settings["image_size"]
        peak = peak_bytes(network, (self.batch_size, settings["image_channels"], size, size))
        return {"peak_memory_mib": np.array(peak / 2**20, dtype=np.float32)}


def peak_bytes(network: nn.Module, shape: tuple[int, ...]) -> int:
    """Return the bytes of all activations at the fullest moment of a forward pass.

    Nothing is computed: network and images are moved to the device `meta`, where tensors have no numbers.

    Args:
        network: in the mode in which it is to be run; it is of no use afterwards.
        shape: of the input.
    """
    network.to("meta")
    living = _Living()
    with torch.inference_mode(), living:
        images = torch.zeros(shape, device="meta")
        network(images)
    return living.peak


class _Living(TorchDispatchMode):
    """Knows what memory there is: of every tensor that an operation made and that still lives."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self.peak, self._now = 0, 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor):
                self._see(tensor.untyped_storage())
        self.peak = max(self.peak, self._now)
        return made

    def _see(self, storage: Any) -> None:  # noqa: ANN401
        key, size = storage._cdata, storage.nbytes()  # noqa: SLF001 - what tells storages apart
        if key in self._known:
            return

        def gone(_: object) -> None:
            del self._known[key]
            self._now -= size

        self._known[key] = weakref.ref(storage, gone)
        self._now += size
