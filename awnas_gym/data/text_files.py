"""What the readers of texts share: files into tokens, tokens into numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from awnas_gym.data.text import Text
from awnas_gym.errors import DataFileError

END_OF_LINE, UNKNOWN = "<eos>", "<unk>"

SPLITS = ("train", "valid", "test")


def read_text(path: Path) -> str:
    """Return the text in a file; `DataFileError` if it is not UTF-8, or there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataFileError(
            f"{path} is no UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}"
        ) from error
    if not text.strip():
        raise DataFileError(f"{path} holds no text")
    return text


def words(text: str, *, blank_lines: bool = True) -> list[str]:
    """Return the words of a text, with `<eos>` behind each line.

    Args:
        text: words are what stands between spaces.
        blank_lines: whether lines without words are lines. What stands behind the last line break never is one.
    """
    lines = text.split("\n")
    if not lines[-1].strip():
        lines.pop()
    return [word for line in lines if blank_lines or line.strip() for word in (*line.split(), END_OF_LINE)]


def numbered(splits: Mapping[str, Sequence[str]], *, where: Path, least: int = 1) -> dict[str, Text]:
    """Return texts as numbers, by the vocabulary of the text `train`.

    Args:
        splits: the tokens of each; `train` among them.
        where: the folder, for the message of an error.
        least: a token that occurs less often in `train` is unknown, there too, so that `<unk>` is learned.

    Raises:
        DataFileError: a token is unknown, and no `<unk>` stands for such.
    """
    counts = Counter(splits["train"])
    if least > 1:
        counts = Counter({token: n for token, n in counts.items() if n >= least or token == UNKNOWN})
        counts.setdefault(UNKNOWN, 0)
    vocabulary = tuple(sorted(counts, key=lambda token: (-counts[token], token)))
    numbers = {token: number for number, token in enumerate(vocabulary)}
    for name, tokens in splits.items():
        if UNKNOWN not in numbers and (unknown := next(_without(tokens, numbers), None)) is not None:
            raise DataFileError(f"{where}: {name} has {unknown!r}; the training text has not, and no {UNKNOWN} either")
    other = numbers.get(UNKNOWN, -1)
    return {
        name: Text(np.fromiter((numbers.get(token, other) for token in tokens), np.int64, len(tokens)), vocabulary)
        for name, tokens in splits.items()
    }


def _without(tokens: Iterable[str], known: Mapping[str, int]) -> Iterator[str]:
    return (token for token in tokens if token not in known)
