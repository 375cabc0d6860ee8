"""`awnas sample`: draws of a run's agent."""

from __future__ import annotations

from pathlib import Path

import click

from awnas_gym.cli.architectures import DUMP_MODE, PLOT, RUN, draw_all


@click.command(name="sample")
@RUN
@click.option("-n", type=click.IntRange(min=1), default=10, show_default=True, help="Architectures.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="YAML.")
@click.option("--unique", is_flag=True, help="None twice; fewer, if the agent draws no others.")
@DUMP_MODE
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the draws.")
@PLOT
def command(run: Path, n: int, out: Path, unique: bool, dump_mode: str, seed: int, plot: Path | None) -> None:
    """Draw architectures of the agent of the folder RUN: what it would ask for next. Nothing is scored."""
    from awnas_gym.derivation import open_run
    from awnas_gym.derivation.draws import distinct
    from awnas_gym.spaces.architecture_files import write_architectures

    opened = open_run(run)
    if unique:
        archs = distinct(lambda k, n: opened.agent.sample(n, seed=seed + k), n, opened.space)
    else:
        archs = opened.agent.sample(n, seed=seed)
    write_architectures(out, archs, opened.space, dump_mode=dump_mode)
    click.echo(f"written: {out} ({len(archs)} architectures)   Next: awnas eval-arch {run} {out}")
    if plot is not None:
        draw_all(plot, archs, opened.space)
