"""A table of results as HTML, sorted and filtered in the browser."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from html import escape

from awnas_gym.reporting.cells import Cell
from awnas_gym.reporting.fill import fill
from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.repeat import command
from awnas_gym.reporting.summary import SummaryRow

WORDS = ("agent", "environment")
"""Columns of words: each is also a list to filter by. All others are numbers."""

FEW_ROWS = 8
"""Rows that are seen at a glance and need no filter."""


def results_table(
    rows: Sequence[SummaryRow],
    cells: Callable[[SummaryRow], dict[str, Cell]],
    best: Collection[tuple[str, str]],
    groups: Sequence[Group] = (),
) -> str:
    """Return a table with a row each.

    Args:
        rows: what it is about.
        cells: gives heading -> text and value to sort by; the agent is the heading of its row.
        best: environment and agent of rows whose best reward stands out.
        groups: given, the rows have the commands that repeat them too.
    """
    commands = {(group.environment, group.label): command(group) for group in groups}
    texts = [cells(row) for row in rows]
    words = ' class="text" data-words'
    heads = "".join(
        f'<th scope="col"{words if head in WORDS else ""}>'
        f'<button type="button">{escape(head.replace("_", " "))}</button></th>'
        for head in texts[0]
    )
    lines = []
    for row, text in zip(rows, texts, strict=True):
        key = (row.environment, row.label)
        line = "".join(_cell(head, *cell, strong=key in best) for head, cell in text.items())
        again = _repeat(commands[key]) if commands else ""
        names = f'data-environment="{escape(row.environment)}" data-agent="{escape(row.label)}"'
        lines.append(f"<tr {names}>{line}{again}</tr>")
    repeat = '<th scope="col" class="text">repeat</th>' if commands else ""
    return fill(
        "results.html",
        unfiltered="" if len(rows) > FEW_ROWS else " hidden",
        selects="".join(_select(head, [str(text[head][1]) for text in texts]) for head in WORDS if head in texts[0]),
        table=f"<thead><tr>{heads}{repeat}</tr></thead>\n<tbody>\n{chr(10).join(lines)}\n</tbody>",
    )


def _cell(head: str, text: str, value: float | str, *, strong: bool) -> str:
    if head in WORDS:
        name, bracket, settings = escape(text).replace("_", "_<wbr>").partition(" (")
        shown = (
            f'<span class="whole">{name}</span>{bracket}{settings}'
            if head == "environment"
            else name + bracket + settings
        )
    else:
        mean, bracket, around = text.partition(" [")
        mean = f"<strong>{escape(mean)}</strong>" if strong and head.startswith("best ") else escape(mean)
        shown = mean + (f" <small>[{escape(around)}</small>" if bracket else "")
    tag = 'th scope="row"' if head == "agent" else 'td class="text"' if head in WORDS else "td"
    return f'<{tag} data-value="{escape(str(value))}">{shown}</{tag[:2]}>'


def _repeat(text: str) -> str:
    return (
        f'<td class="repeat" data-value=""><details><summary>command</summary><code>{escape(text)}</code>'
        '<button type="button" class="copy">copy</button></details></td>'
    )


def _select(name: str, values: Sequence[str]) -> str:
    """Return a list to choose rows by; nothing where there is no choice."""
    different = sorted(set(values))
    if len(different) < 2:
        return ""
    options = "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in different)
    return f'<select name="{name}" aria-label="{name}"><option value="">any {name}</option>{options}</select>\n'
