"""A text as batches of windows, each of which goes on where the one before it ended."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from awnas_gym.config import check_sizes
from awnas_gym.data import Text
from awnas_gym.errors import SettingError
from awnas_gym.seeding import generator
from awnas_gym.training.stream import Batch

HALVED = 0.05
"""Probability that a window is meant to be half as long [Merity, Keskar & Socher, ICLR 2018, section 5]."""

DEVIATION, SHORTEST, LONGEST = 1 / 7, 1 / 7, 11 / 7
"""Of the lengths of windows, by the usual length: 5, 5 and 55 tokens of 35, as in the authors' code of DARTS."""


@final
class Windows:
    """Batches of a text: it is cut into `batch_size` parts of equal length, which are read side by side.

    Batch k holds window k of each part, so that a network that remembers reads on. Tokens that fill no part are left
    out at the end.

    Args:
        text: where the windows are from.
        batch_size: parts.
        length: tokens of a window.
        seed: of windows whose lengths are drawn for each epoch, in the mean as long; None for windows of one length,
            of which the last one may be shorter.
        device: any of torch.

    Raises:
        SettingError: the text is too short to be cut so often, or a size is no whole number from 1.
    """

    def __init__(
        self, text: Text, batch_size: int, *, length: int, seed: int | None = None, device: str = "cpu"
    ) -> None:
        check_sizes({"batch_size": batch_size, "length": length}, where="windows of a text")
        self.batch_size, self.length, self._seed = batch_size, length, seed
        self._hold(text, device)

    def whole(self, text: Text | None = None) -> Windows:
        """Return this text or another one in windows of one length."""
        found = copy.copy(self)
        found._seed = None  # noqa: SLF001 - a copy of itself
        if text is not None:
            found._hold(text, self._parts.device)  # noqa: SLF001
        return found

    def _hold(self, text: Text, device: str | torch.device) -> None:
        size = len(text) // self.batch_size
        if size < 2:
            raise SettingError(
                f"batch_size is 1 … {len(text) // 2}, so that each part of the {len(text)} tokens has two; "
                f"got {self.batch_size}"
            )
        self._parts = torch.tensor(text.tokens[: size * self.batch_size].reshape(self.batch_size, size), device=device)

    @property
    def _steps(self) -> int:
        """Tokens of a part that are followed by one."""
        return self._parts.shape[1] - 1

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        return math.ceil(self._steps / self.length)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from batch `start` on; lengths depend on the seed and its number alone.

        Returns:
            Tokens and those that follow them, int64 `[B, T]` each, one pair a batch.
        """
        ends = self._ends(number).tolist()
        for begin, end in list(itertools.pairwise(ends))[start:]:
            yield self._parts[:, begin:end], self._parts[:, begin + 1 : end + 1]

    def _ends(self, number: int) -> NDArray[np.int64]:
        """Return where windows begin, and where the last one ends, int64 `[len(self) + 1]`."""
        windows = len(self)
        if self._seed is None:
            return np.minimum(np.arange(windows + 1) * self.length, self._steps)
        rng = generator(self._seed, "windows", number)
        wanted = np.where(rng.random(windows) < HALVED, 0.5, 1.0)
        lengths = np.clip(rng.normal(wanted, DEVIATION), SHORTEST, LONGEST)
        shares = np.concatenate([[0.0], np.cumsum(lengths) / lengths.sum()])
        # a token each, and of the others by their shares: an epoch is the whole text in as many windows
        ends: NDArray[np.int64] = np.arange(windows + 1) + np.rint(shares * (self._steps - windows)).astype(np.int64)
        return ends
