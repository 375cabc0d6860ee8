"""Several processes that train one set of weights, each on its share of every batch (torchrun)."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import inspect
import os
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from awnas_gym.errors import AwnasError, RanksError, SettingError
from awnas_gym.ranks import ALONE, Ranks, read_place
from awnas_gym.training.stream import Batch

TIMEOUT_S = 600.0
"""How long a rank waits for the others. One that was killed is noticed at once, one that hangs after this."""

_PARAMETERS = inspect.signature(DistributedDataParallel).parameters
OWN_BUFFERS: dict[str, Any] = {
    next(name for name in ("forward_sync_buffers", "broadcast_buffers") if name in _PARAMETERS): False
}
"""Says that forward passes leave buffers alone; newer versions of torch have another name for it."""


class ProcessGroup(Ranks):
    """The ranks of the process group of `torch.distributed` that is up."""

    def __init__(self) -> None:
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()

    def wait(self) -> None:
        """Return when every rank has come here."""
        self._gather(torch.zeros(1))

    def agree(self, what: str, value: object) -> None:
        """Compare what the ranks hold by a digest; see `Ranks`."""
        digest = hashlib.blake2b(str(value).encode(), digest_size=8).digest()
        found = self._gather(torch.tensor([int.from_bytes(digest, "little", signed=True)]))
        different = [rank for rank, other in enumerate(found) if int(other) != int(found[0])]
        if different:
            raise RanksError(
                f"the {self.size} processes have come apart at {what}: rank {', '.join(map(str, different))} differ "
                f"from rank 0; rank {self.rank} has {value}"
            )

    def mean(self, values: list[float], weight: float = 1.0) -> list[float]:
        """Return the weighted means, summed in the order of the ranks: the same numbers on each."""
        mine = torch.tensor([value * weight for value in values] + [weight], dtype=torch.float64)
        total = torch.zeros_like(mine)
        for one in self._gather(mine):
            total += one
        means: list[float] = (total[:-1] / total[-1]).tolist()
        return means

    def _gather(self, mine: Tensor) -> list[Tensor]:
        """Return the tensors of all ranks, in their order; on the CPU."""
        found = [torch.empty_like(mine) for _ in range(self.size)]
        with lost_rank(self):
            distributed.all_gather(found, mine)
        return found


@contextlib.contextmanager
def process_group(*, timeout_s: float = TIMEOUT_S) -> Iterator[Ranks]:
    """Start the process group of torchrun's environment variables, gloo for the CPU and NCCL for GPUs.

    Without torchrun, or with one process, there is no group. After an error the group is left to the end of the
    process, which should be near: the others notice it.

    Args:
        timeout_s: how long a rank waits for the others.

    Raises:
        SettingError: torchrun's variables are half set, or the group cannot be started.
    """
    place = read_place()
    if place.size == 1:
        yield ALONE
        return
    if torch.cuda.is_available() and place.local_rank < torch.cuda.device_count():
        torch.cuda.set_device(place.local_rank)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and distributed.is_nccl_available() else "gloo"
    try:
        distributed.init_process_group(backend, timeout=datetime.timedelta(seconds=timeout_s))
    except (RuntimeError, ValueError) as error:
        raise SettingError(f"rank {place.rank} cannot join the process group: {_first_sentence(error)}") from error
    ranks = ProcessGroup()
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Grad strides do not match"
        )  # 1x1 kernels have two names for one layout
        yield ranks
    ranks.wait()
    distributed.destroy_process_group()


def current() -> Ranks:
    """Return the ranks of the process group that is up, or this process alone."""
    if distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1:
        return ProcessGroup()
    return ALONE


@contextlib.contextmanager
def lost_rank(ranks: Ranks) -> Iterator[None]:
    """Turn what torch raises between the ranks, above all if one of them has ended, into a `RanksError`."""
    try:
        yield
    except RuntimeError as error:
        if ranks.size == 1 or isinstance(error, (AwnasError, torch.OutOfMemoryError)):
            raise
        raise RanksError(
            f"rank {ranks.rank} cannot go on with the others: {_first_sentence(error)}. If another rank has ended, its "
            "own message says why"
        ) from error


def device_of_rank(device: str, ranks: Ranks) -> str:
    """Return the device of this rank: of `"cuda"` the GPU that is its own.

    Raises:
        SettingError: one GPU is named for several processes.
    """
    kind, _, number = device.partition(":")
    if ranks.size == 1 or kind == "cpu":
        return device
    if number:
        raise SettingError(f"device {device!r} is one for {ranks.size} processes; say {kind!r}, each takes its own")
    return f"{kind}:{int(os.environ.get('LOCAL_RANK', ranks.rank))}"


def share(batch: Batch, ranks: Ranks) -> tuple[Tensor, Tensor, float]:
    """Return this rank's images and labels of a batch that all ranks have, and the weight of their mean loss.

    Gradients are averaged over the ranks. With the weight (images of this rank by images of a rank on average), that is
    the gradient of the whole batch's mean loss, also where the shares differ by an image.

    Raises:
        SettingError: there are fewer images than ranks.
    """
    count = len(batch[1])
    if count < ranks.size:
        raise SettingError(
            f"{ranks.size} processes cannot share a batch of {count} images; raise batch_size or eval_batch_size"
        )
    images, labels = part(batch, ranks)
    return images, labels, len(labels) * ranks.size / count


def part(batch: Batch, ranks: Ranks) -> Batch:
    """Return this rank's images and labels of a batch, which may be none of a small one."""
    images, labels = (tensor.tensor_split(ranks.size)[ranks.rank] for tensor in batch)
    return images, labels


def averaging(network: nn.Module, ranks: Ranks) -> nn.Module:
    """Return a module that calls the network and averages gradients over the ranks; of one process, the network.

    A call may leave parameters out, the same ones on all ranks: their gradients stay None. Buffers are each rank's own
    until `average_over_ranks`.

    Args:
        network: on the device of the rank; its weights become those of rank 0.
        ranks: who trains.
    """
    if ranks.size == 1:
        return network
    with lost_rank(ranks):
        return DistributedDataParallel(network, find_unused_parameters=True, **OWN_BUFFERS)


def running_statistics(network: nn.Module) -> list[Tensor]:
    """Return the running means and variances of the batch norms of a network."""
    return [buffer for buffer in network.buffers() if buffer.is_floating_point()]


def average_over_ranks(buffers: list[Tensor], ranks: Ranks) -> None:
    """Give every rank the means of what all hold, in place.

    A running mean is linear in what was counted, so it does not matter after how many steps this is done.
    """
    if ranks.size == 1 or not buffers:
        return
    flat = torch.cat([buffer.flatten() for buffer in buffers])
    with lost_rank(ranks):
        distributed.all_reduce(flat)
    flat /= ranks.size
    for buffer, mean in zip(buffers, torch.split(flat, [buffer.numel() for buffer in buffers]), strict=True):
        buffer.copy_(mean.view_as(buffer))


def synchronise_batch_norm(network: nn.Module) -> None:
    """Let the batch norms inside a network use the statistics of all ranks' images.

    Raises:
        SettingError: it is not on a GPU; torch has it there alone.
    """
    device = next(network.parameters()).device
    if device.type != "cuda":
        raise SettingError(f"sync_batch_norm is for GPUs; the network is on {str(device)!r}")
    nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]


def weights_digest(tensors: dict[str, Tensor]) -> str:
    """Return a digest of names and values."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _first_sentence(error: BaseException) -> str:
    return str(error).split(". ")[0].splitlines()[0] if str(error) else type(error).__name__
