"""`awnas derive`: what a run's agent proposes, scored."""

from __future__ import annotations

from pathlib import Path

import click

from awnas_gym.cli.architectures import PLOT, RUN, draw_all, print_scores, read_batches, scoring_options, take_scores


@click.command(name="derive")
@RUN
@click.option("-n", type=click.IntRange(min=1), default=10, show_default=True, help="Architectures at most.")
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="YAML.  [default: derived.yaml in RUN]"
)
@scoring_options
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of what the agent draws.")
@PLOT
def command(
    run: Path, n: int, out: Path | None, batches: str, batch_norm: str | None, test: bool, seed: int, plot: Path | None
) -> None:
    """Let the agent of the folder RUN propose architectures, and score each on the whole validation split.

    The incumbent, the best of the run's history, is among them (marked *); the list is sorted by the run's objective.
    Of vector rewards, what is marked is on the front.
    Shared weights are those of the last checkpoint and are not trained; tables answer by what they recorded. The same
    command goes on after a stop.
    """
    from awnas_gym.derivation import Results, Scorer, open_run, ranked

    opened = open_run(run)
    scorer = Scorer(opened, batches=read_batches(batches), batch_norm=batch_norm, test=test)
    path = out or opened.folder / "derived.yaml"
    results = Results(path, scorer)
    archs, sources = opened.propose(n, seed=seed)
    vectors = opened.judge.objective.vector
    incumbents = {opened.space.key(row) for row in (opened.best if vectors else opened.best[:1])}
    scores = take_scores(results, archs, path)
    order = ranked(scores)
    marks = []
    for i in order:
        mark = {"incumbent": True} if opened.space.key(archs[i]) in incumbents else {}
        marks.append({**mark, "source": sources[i]})
    results.finish([scores[i] for i in order], marks)
    print_scores([scores[i] for i in order], ["*" if "incumbent" in mark else "" for mark in marks])
    what = "on the run's front; sorted by the first objective" if vectors else "the run's incumbent; sorted by "
    click.echo(f"* {what}{'' if vectors else type(opened.judge.objective).__name__}, the best first")
    if len(archs) < n:
        click.echo(f"{len(archs)} of {n}: neither the agent nor the history knows more that differ")
    if plot is not None:
        draw_all(plot, archs[order], opened.space)
    click.echo(f"written: {path}")
