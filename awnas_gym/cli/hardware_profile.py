"""`awnas hardware profile`: measure on this machine."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awnas_gym.cli.measuring import drawn, table_path
from awnas_gym.cli.progress import progress_bar
from awnas_gym.cli.space import read_space
from awnas_gym.profiling import RUNTIMES

if TYPE_CHECKING:
    from awnas_gym.profiling.abstract import AbstractRuntime
    from awnas_gym.spaces import AbstractSpace, Archs


@click.command(name="profile")
@click.option(
    "--space",
    "spaces",
    multiple=True,
    required=True,
    help="A name from `awnas list spaces`, a YAML file that describes one, or the id of an environment; repeatable.",
)
@click.option(
    "--setting", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of every space; repeatable."
)
@click.option("--name", help="Of the device: its table is kept in $AWNAS_HOME/hardware.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="The table, instead of --name.")
@click.option("--runtime", type=click.Choice(list(RUNTIMES)), default="torch", show_default=True)
@click.option("--device", default="cpu", show_default=True, help="Of torch, such as cuda:0.")
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Of the CPU.")
@click.option("--batch-size", type=click.IntRange(min=1), default=1, show_default=True, help="Images a pass.")
@click.option(
    "--min-run-s",
    type=click.FloatRange(min=0, min_open=True),
    default=0.1,
    show_default=True,
    help="Seconds of passes behind each median.",
)
@click.option(
    "--networks", metavar="N|FILE", help="Measure so many random networks, or those of a list, and no layers."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the random networks.")
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    help="Rounds over all, each in another order; the least counts.  [default: 1; of networks 2]",
)
def command(
    spaces: tuple[str, ...],
    settings: tuple[str, ...],
    name: str | None,
    out: Path | None,
    runtime: str,
    device: str,
    threads: int,
    batch_size: int,
    min_run_s: float,
    networks: str | None,
    seed: int,
    repeats: int | None,
) -> None:
    """Measure the layers of spaces on this machine, into a table of a device; or whole networks, into a file.

    A table that was measured in the same way takes further spaces; layers that it holds are not measured again. What
    was measured before a stop of any kind is kept, and the same command goes on.

    \b
    Example: awnas hardware profile --space nasbench201 --name mine --threads 2
             awnas hardware profile --space nasbench201 --threads 2 --networks 200 -o networks.csv
             awnas hardware profile --space nasbench201 --threads 2 --networks these.yaml -o networks.csv
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.profiling.layers import profile_layers

    path = table_path(name, out)
    opened = [read_space(each, settings) for each in spaces]
    runner = RUNTIMES.load(runtime)(threads=threads, batch_size=batch_size, min_run_s=min_run_s, device=device)
    try:
        if networks is not None:
            if len(opened) > 1 or out is None:
                raise click.UsageError("--networks are of one --space, and into a file, --out")
            _measure_networks(opened[0], runner, out, networks, seed, repeats or 2)
            return
        table = profile_layers(opened, runner, path, watch=partial(progress_bar, label="layers"), rounds=repeats or 1)
    except KeyboardInterrupt:
        click.echo("Stopped; what was measured is kept. The same command goes on.", err=True)
        sys.exit(130)
    click.echo(f"written: {path} ({len(table.rows):,} layers)")
    click.echo(f"Next: hardware={name or str(out)!r} as a keyword of an environment, or open_device in Python")


def _measure_networks(
    space: AbstractSpace, runtime: AbstractRuntime, out: Path, networks: str, seed: int, rounds: int
) -> None:
    import numpy as np

    from awnas_gym.profiling.networks import profile_networks

    archs = _archs(space, networks, seed)
    watch = partial(progress_bar, label="networks")
    found = profile_networks(space, archs, runtime, out, rounds=rounds, watch=watch)
    values = found.values["latency_ms"]
    click.echo(f"written: {out} ({len(found):,} networks, latency_ms {values.min():.4g} to {values.max():.4g})")
    if rounds > 1:
        first, second = found.halves("latency_ms")
        apart = np.median(abs(first - second) / np.maximum(first, second))
        click.echo(f"odd and even rounds: median difference {apart:.1%}")


def _archs(space: AbstractSpace, networks: str, seed: int) -> Archs:
    """Return random architectures, as many as `networks` says, or those of the list that it names."""
    from awnas_gym.spaces.architecture_files import read_architectures

    if not networks.lstrip("-").isdecimal():
        archs = read_architectures(Path(networks), space)
        if len({row.tobytes() for row in archs}) < len(archs):
            raise click.BadParameter(f"{networks} lists an architecture twice", param_hint="--networks")
        return archs
    if not 0 < int(networks) <= 10**6:
        raise click.BadParameter(f"{networks} is no number from 1 to 1,000,000", param_hint="--networks")
    return drawn(space, int(networks), seed)
