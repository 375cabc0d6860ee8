"""`awnas random-sample`: random architectures of a space."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from awnas_gym.cli.architectures import DUMP_MODE, PLOT, draw_all
from awnas_gym.cli.settings import read_settings

if TYPE_CHECKING:
    from awnas_gym.spaces import AbstractSpace


@click.command(name="random-sample")
@click.argument("source", metavar="SPACE|CONFIG")
@click.option("--space-arg", multiple=True, metavar="NAME=VALUE", help="Setting of the space; repeatable.")
@click.option("-n", type=click.IntRange(min=1), default=10, show_default=True, help="Architectures.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="YAML.")
@click.option("--unique", is_flag=True, help="None twice; fewer, where the space has no more.")
@DUMP_MODE
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the draws.")
@PLOT
def command(
    source: str,
    space_arg: tuple[str, ...],
    n: int,
    out: Path,
    unique: bool,
    dump_mode: str,
    seed: int,
    plot: Path | None,
) -> None:
    """Draw random architectures of SPACE (see awnas list spaces), or of the space of a search's CONFIG in YAML."""
    from awnas_gym.derivation.draws import distinct
    from awnas_gym.seeding import generator
    from awnas_gym.spaces.architecture_files import write_architectures

    space = _space(source, space_arg)
    rng = generator(seed, "random-sample")
    archs = distinct(lambda _, n: space.sample(rng, n), n, space) if unique else space.sample(rng, n)
    write_architectures(out, archs, space, dump_mode=dump_mode)
    click.echo(f"written: {out} ({len(archs)} architectures of {space.name})")
    if plot is not None:
        draw_all(plot, archs, space)


def _space(source: str, pairs: tuple[str, ...]) -> AbstractSpace:
    """Return the space of a name or of a configuration."""
    from awnas_gym.config import check_settings
    from awnas_gym.spaces import SPACES
    from awnas_gym.sweep import read_sweep

    settings = read_settings(pairs, "--space-arg")
    if source not in SPACES and Path(source).suffix in {".yaml", ".yml"}:
        if settings:
            raise click.BadParameter("the space of a CONFIG has the settings that are in it", param_hint="--space-arg")
        env = next(iter(read_sweep(Path(source)).runs().values())).make_env()
        found: AbstractSpace = env.get_wrapper_attr("space")
        return found
    kind = SPACES.load(source)
    check_settings(kind, settings, where=f"space {source}")
    space: AbstractSpace = kind(**settings)
    return space
