"""`awnas data verify`: check tables."""

from __future__ import annotations

import sys

import click


@click.command(name="verify")
@click.argument("names", metavar="[NAME]...", nargs=-1)
def command(names: tuple[str, ...]) -> None:
    """Check the tables NAME (without any, all of yours), a line each; exit code 1 if anything is wrong with one.

    Checked are: the checksum of each column; that the columns fit each other and the space; that each listed
    architecture is found; and that what the card says of counts and best scores follows from the columns.

    \b
    Example: awnas data verify nasbench101
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.benchmarks import own_tables
    from awnas_gym.errors import AwnasError, UnknownNameError
    from awnas_gym.ingest import check_table

    own = own_tables()
    for name in names:
        if name not in own:
            raise UnknownNameError("table of your own", name, own)
    wrong = 0
    for name in names or own:
        try:
            evaluator = check_table(own[name])
        except AwnasError as error:
            wrong += 1
            click.echo(f"wrong: {name}: {error}")
        else:
            click.echo(
                f"right: {name}: {len(evaluator.population()):,} architectures, checksum {evaluator.version[:16]}"
            )
    if not own:
        click.echo("you have no tables")
    sys.exit(1 if wrong else 0)
