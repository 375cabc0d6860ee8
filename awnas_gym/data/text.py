"""What a data set of text is made of."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError


@final
@dataclass(frozen=True, slots=True)
class Text:
    """A text as numbers of tokens: words or characters, in order.

    Attributes:
        tokens: int64 `[n]`, 0 … len(vocabulary) - 1.
        vocabulary: the tokens of the training text, the most frequent first.

    Raises:
        SettingError: other shapes or types, or a number that is no token.
    """

    tokens: NDArray[np.int64]
    vocabulary: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what does not fit."""
        tokens = self.tokens
        if tokens.dtype != np.int64 or tokens.ndim != 1:
            raise SettingError(f"tokens are int64 [n]; got {tokens.dtype} {list(tokens.shape)}")
        if len(tokens) and not 0 <= tokens.min() <= tokens.max() < len(self.vocabulary):
            raise SettingError(
                f"tokens are 0 … {len(self.vocabulary) - 1}, by the vocabulary; got {tokens.min()} … {tokens.max()}"
            )

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.tokens)

    @property
    def checksum(self) -> str:
        """Tell this text from others: eight hexadecimal digits."""
        return f"{zlib.crc32(chr(0).join(self.vocabulary).encode(), zlib.crc32(self.tokens.tobytes())):08x}"

    def cut(self, fraction: float) -> dict[str, Text]:
        """Return the text without its end as `train`, and the end, this share of the tokens, as `valid`.

        Raises:
            SettingError: the share is not above 0 and below 1, or leaves one of them less than two tokens.
        """
        if not 0 < fraction < 1:
            raise SettingError(f"valid_fraction is a share of the training text, above 0 and below 1; got {fraction!r}")
        end = len(self) - round(fraction * len(self))
        if not 2 <= end <= len(self) - 2:
            raise SettingError(f"a share of {fraction} of {len(self)} tokens leaves no text to train on, or to score")
        return {
            "train": Text(self.tokens[:end], self.vocabulary),
            "valid": Text(self.tokens[end:], self.vocabulary),
        }
