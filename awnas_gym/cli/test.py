"""`awnas test`: score a network that was trained."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="test")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--split", "splits", multiple=True, help="train, valid or test; repeatable.  [default: test]")
@click.option(
    "--weights",
    default="final",
    show_default=True,
    help="final; of a training that is not over: best (by validation), last, or the running mean, ema or mean.",
)
@click.option("--dataset", help="Another one, of the same classes and sizes, or vocabulary.  [default: the training's]")
@click.option("--device", default="cpu", show_default=True, help="Any of torch.")
@click.option("--threads", type=click.IntRange(min=1), help="Of the CPU.  [default: torch's]")
def command(
    folder: Path, splits: tuple[str, ...], weights: str, dataset: str | None, device: str, threads: int | None
) -> None:
    """Score the network that `awnas train` left in FOLDER, and print a line a split.

    \b
    awnas test runs/train --split test --split valid
    """  # noqa: D301 - click's sign for a paragraph that is not to be wrapped is the character itself
    import torch

    from awnas_gym.cli.table import print_table
    from awnas_gym.training.threads import torch_threads
    from awnas_gym.training.trained import score_folder

    with torch_threads(threads or torch.get_num_threads()):
        scores = score_folder(folder, splits or ("test",), weights=weights, dataset=dataset, device=device)
    print_table(
        [
            {"split": split, "weights": weights, **{name: f"{value:.4f}" for name, value in sorted(score.items())}}
            for split, score in scores.items()
        ],
        texts=("weights",),
    )
