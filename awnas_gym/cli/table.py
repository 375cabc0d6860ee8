"""Tables in the terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import click

MOST_LISTED = 4


def print_table(rows: Sequence[Mapping[str, str]], *, texts: Collection[str] = ()) -> None:
    """Print rows of equal keys, numbers to the right; the first column and `texts` to the left."""
    if not rows:
        return
    heads = list(rows[0])
    left = {heads[0], *texts}
    widths = {head: max(len(head), *(len(row[head]) for row in rows)) for head in heads}
    for row in ({head: head for head in heads}, *rows):
        cells = (row[head].ljust(widths[head]) if head in left else row[head].rjust(widths[head]) for head in heads)
        click.echo("  ".join(cells).rstrip())


def listed(values: Sequence[object]) -> str:
    """Return the values after each other; of many, the first and the last."""
    shown = values if len(values) <= MOST_LISTED else (values[0], "…", values[-1])
    return ", ".join(map(str, shown))
