"""Make `shakespeare.txt.gz` from the text of char-rnn.

    python -m awnas_gym.data.make_shakespeare input.txt

`input.txt` is https://github.com/karpathy/char-rnn/blob/master/data/tinyshakespeare/input.txt.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

from awnas_gym.data.shakespeare import PATH, SIZES


def main(path: Path) -> None:
    """Keep the beginning."""
    text = path.read_bytes()[: sum(SIZES.values())]
    PATH.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
