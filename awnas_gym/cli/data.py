"""`awnas data`: official benchmarks and tables of your own."""

from __future__ import annotations

import click

from awnas_gym.cli.lazy import LazyGroup

COMMANDS = {
    "list": "list your tables, official benchmarks and data sets",
    "get": "fetch an official file, or say where it is to be got",
    "import": "make tables of an official file",
    "add": "make a table of a file of your own",
    "verify": "check tables: their columns, and what their cards say",
    "remove": "delete a table",
}


@click.group(name="data", cls=LazyGroup, modules="awnas_gym.cli.data_", summaries=COMMANDS)
def command() -> None:
    """Official benchmarks, and tables of your own.

    Tables are kept in $AWNAS_HOME/tables (default: ~/.awnas/tables), official files that are fetched and the files of
    data sets in $AWNAS_DATA (default: $AWNAS_HOME/data).

    \b
    Example: awnas data get nasbench101
             awnas data import nasbench101 ~/.awnas/data/nasbench_only108.tfrecord
             awnas search --env awnas/Table-v0 --env-arg table=nasbench101
    """  # noqa: D301 - click wants the character itself
