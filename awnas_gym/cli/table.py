"""Tables in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click


def print_table(rows: Sequence[Mapping[str, str]]) -> None:
    """Print rows of equal keys, numbers to the right."""
    if not rows:
        return
    heads = list(rows[0])
    widths = {head: max(len(head), *(len(row[head]) for row in rows)) for head in heads}
    first = heads[0]
    click.echo("  ".join(head.ljust(widths[head]) if head == first else head.rjust(widths[head]) for head in heads))
    for row in rows:
        cells = (row[head].ljust(widths[head]) if head == first else row[head].rjust(widths[head]) for head in heads)
        click.echo("  ".join(cells))
