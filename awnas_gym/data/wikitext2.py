"""WikiText-2."""

from __future__ import annotations

from pathlib import Path

from awnas_gym.data.dataset import text_dataset
from awnas_gym.data.files import find_file
from awnas_gym.data.text import Text
from awnas_gym.data.text_files import SPLITS, numbered, read_text, words


@text_dataset(
    bring="wiki.train.tokens, wiki.valid.tokens and wiki.test.tokens, or the folder wikitext-2 that holds them,",
    page="https://wikitext.smerity.com/wikitext-2-v1.zip",
)
def wikitext2(folder: Path) -> dict[str, Text]:
    """Articles of Wikipedia, 33,278 words, rare ones as `<unk>` [Merity, Xiong, Bradbury & Socher, ICLR 2017].

    With `<eos>` behind each line, blank ones too, 2,088,628, 217,646 and 245,569 tokens.
    """
    files = {split: find_file(folder, f"wiki.{split}.tokens", f"wikitext-2/wiki.{split}.tokens") for split in SPLITS}
    return numbered({split: words(read_text(path)) for split, path in files.items()}, where=folder)
