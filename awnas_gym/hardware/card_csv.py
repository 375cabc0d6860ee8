"""Tables that any program reads and that say what they are: a CSV whose first line is `# {a card in JSON}`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from awnas_gym.errors import MissingDataError, SettingError


def read_card_csv(path: Path, *, what: str) -> tuple[dict[str, Any], list[tuple[int, dict[str, str]]]]:
    """Return the card of a file, `{}` if it has none, and its lines: their numbers, and column -> text.

    Args:
        path: of the file.
        what: it should be, for errors.

    Raises:
        MissingDataError: no such file.
        SettingError: it is no such file; the message names the line.
    """
    if not path.is_file():
        raise MissingDataError(f"no {what} at {path}")
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets begin a file with a mark
        first, _, rest = text.partition("\n")
        has_card = first.startswith("#")
        card = json.loads(first.removeprefix("#")) if has_card else {}
        reader = csv.DictReader(io.StringIO(rest if has_card else text), strict=True)
        lines = [(reader.line_num + has_card, line) for line in reader]
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise SettingError(f"{path} is no {what}: {error}") from error
    if not isinstance(card, dict):
        raise SettingError(f"{path}: the first line is a card, # and a mapping in JSON; got {first[:80]!r}")
    names = reader.fieldnames or []
    if len(set(names)) < len(names):
        raise SettingError(f"{path}, line {1 + has_card}: a column is there twice: {', '.join(names)}")
    for number, line in lines:
        if None in line or None in line.values():
            raise SettingError(f"{path}, line {number}: it has more or fewer entries than the line of names")
    return card, lines


def card_csv(card: Mapping[str, Any], names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the text of such a file."""
    out = io.StringIO()
    out.write(f"# {json.dumps(card, sort_keys=True)}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()
