"""Processes that train the same weights together: which of them this is, and how they keep in step.

The words are those of torchrun: a *rank* is one of the processes; rank 0 alone writes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from awnas_gym.errors import SettingError

VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
"""What torchrun tells each process by its environment."""


@final
@dataclass(frozen=True, slots=True)
class Place:
    """Where torchrun has put a process.

    Attributes:
        rank: of the process, 0 … `size - 1`.
        size: how many processes there are.
        local_rank: of the process among those of its machine: the number of its GPU.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0


def read_place(environment: Mapping[str, str] = os.environ) -> Place:
    """Return the place of this process, rank 0 of 1 where torchrun did not start it.

    Raises:
        SettingError: some of torchrun's variables are there and others are not, or they are no ranks.
    """
    given = {name: environment[name] for name in VARIABLES if name in environment}
    if not given.keys() & {"RANK", "WORLD_SIZE", "LOCAL_RANK"}:
        return Place()
    if missing := [name for name in VARIABLES if name not in given]:
        raise SettingError(
            f"{', '.join(name for name in VARIABLES if name in given)} are set but {', '.join(missing)} not: torchrun "
            "sets them all. Start with torchrun --nproc-per-node N -m awnas_gym …, or unset them to run one process"
        )
    numbers = [given[name] for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")]
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise SettingError(f"RANK, WORLD_SIZE and LOCAL_RANK are whole numbers; got {', '.join(map(repr, numbers))}")
    place = Place(*map(int, numbers))
    if place.rank >= place.size:
        raise SettingError(f"RANK is 0 … WORLD_SIZE - 1; got {place.rank} of {place.size}")
    return place


class Ranks:
    """One process by itself. `training.distributed.ProcessGroup` are several.

    Attributes:
        rank: of this process.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    def wait(self) -> None:
        """Return when every rank has come here."""

    def agree(self, what: str, value: object) -> None:
        """Compare what the ranks hold; all of them call it.

        Args:
            what: is compared, for the error: e.g. `"the architectures after training step 12"`.
            value: whose `str` is compared.

        Raises:
            RanksError: they differ.
        """

    def mean(self, values: list[float], weight: float = 1.0) -> list[float]:
        """Return the means over the ranks, the same numbers on each.

        Args:
            values: of this rank.
            weight: of this rank's values.
        """
        return values


ALONE = Ranks()
"""A process that shares its weights with no other."""
