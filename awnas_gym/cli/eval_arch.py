"""`awnas eval-arch`: scores of listed architectures."""

from __future__ import annotations

from pathlib import Path

import click

from awnas_gym.cli.architectures import RUN, print_scores, read_batches, scoring_options, take_scores


@click.command(name="eval-arch")
@RUN
@click.argument("archs", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="YAML; without it, a table alone.")
@scoring_options
def command(run: Path, archs: Path, out: Path | None, batches: str, batch_norm: str | None, test: bool) -> None:
    """Score the architectures in the YAML file ARCHS as the environment of the folder RUN judges them.

    ARCHS is a list of genotypes, in our notation or aw_nas's, or a file of awnas derive, sample or random-sample. The
    scores come in its order. With -o they are kept while they come: the same command goes on after a stop.
    """
    from awnas_gym.derivation import Results, Scorer, open_run
    from awnas_gym.spaces.architecture_files import read_architectures

    opened = open_run(run)
    rows = read_architectures(archs, opened.space)
    scorer = Scorer(opened, batches=read_batches(batches), batch_norm=batch_norm, test=test)
    results = Results(out, scorer)
    scores = take_scores(results, rows, out)
    print_scores(scores, [""] * len(scores))
    if out is not None:
        click.echo(f"written: {out}")
