"""Plain text files of the user's own, as words or as characters."""

from __future__ import annotations

from pathlib import Path

from awnas_gym.data.dataset import text_dataset
from awnas_gym.data.files import find_file
from awnas_gym.data.text import Text
from awnas_gym.data.text_files import SPLITS, numbered, read_text, words

BRING = "train.txt and, if there are such, valid.txt and test.txt, in UTF-8,"
PAGE = "https://www.gutenberg.org or wherever you have text"
LEAST = 2
"""Times that a token occurs in the training text to be known: otherwise nobody would learn what `<unk>` is like."""


@text_dataset(bring=BRING, page=PAGE)
def text_words(folder: Path) -> dict[str, Text]:
    """Plain text, as the words between spaces, with `<eos>` behind each line.

    What the training text has once, and what other texts have beside it, is `<unk>`.
    """
    return numbered({split: words(text) for split, text in _read(folder).items()}, where=folder, least=LEAST)


@text_dataset(bring=BRING, page=PAGE)
def text_characters(folder: Path) -> dict[str, Text]:
    """Plain text, as its characters; `<unk>` as in `text_words`."""
    return numbered(_read(folder), where=folder, least=LEAST)


def _read(folder: Path) -> dict[str, str]:
    find_file(folder, "train.txt")
    files = {split: folder / f"{split}.txt" for split in SPLITS}
    return {split: read_text(path) for split, path in files.items() if path.is_file()}
