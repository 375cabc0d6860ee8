"""`awnas train`: train one architecture to the end."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awnas_gym.cli.settings import read_settings
from awnas_gym.cli.torchrun import launched_ranks, stoppable

if TYPE_CHECKING:
    from awnas_gym.training.final_config import FinalTraining


@click.command(name="train")
@click.argument("config", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--space", help="Search space of the architecture; see `awnas list networks`.")
@click.option(
    "--space-arg", multiple=True, metavar="NAME=VALUE", help="Setting of the space, such as channels=16; repeatable."
)
@click.option("--genotype", help="The architecture, in the notation of its space or of aw_nas.")
@click.option("--dataset", help="See `awnas list datasets`.  [default: the embedded one, fashion14 or shakespeare]")
@click.option("--epochs", type=int, help="Passes over the training data.  [default: 600; of text 8000]")
@click.option("--batch-size", type=int, help="Images of a step, or parts of a text.  [default: 96; of text 64]")
@click.option("--learning-rate", type=float, help="The highest.  [default: 0.025; of text 20]")
@click.option("--optimiser", help="See `awnas list optimisers`.  [default: sgd]")
@click.option("--scheduler", help="See `awnas list schedulers`.  [default: cosine; of text constant]")
@click.option(
    "--training-arg",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other setting of the training, such as ema=0.999; repeatable.",
)
@click.option("--seed", type=int, help="Of everything random.  [default: 0]")
@click.option(
    "--load", "weights", type=click.Path(exists=True), help="Begin with weights of a file or of another training."
)
@click.option(
    "--load-supernet",
    "supernet",
    type=click.Path(exists=True, file_okay=False),
    help="Begin with those that the architecture has in the supernet of a run; space, sizes and data are the run's.",
)
@click.option("--device", default="cpu", show_default=True, help="Any of torch.")
@click.option("--threads", type=click.IntRange(min=1), help="Of the CPU.  [default: torch's]")
@click.option(
    "--checkpoint-every",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Epochs between two checkpoints.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs/train"), show_default=True,
              help="Folder of the training.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with the training in --out; CONFIG may be left out.")
@click.option("--overwrite", is_flag=True, help="Delete the training in --out first.")
def command(
    config: Path | None,
    out: Path,
    device: str,
    threads: int | None,
    checkpoint_every: int,
    resume: bool,
    overwrite: bool,
    **options: Any,  # noqa: ANN401 - what changes the configuration
) -> None:
    """Train one architecture to the end, as CONFIG (YAML) or the options say; the defaults are DARTS's.

    \b
    awnas train examples/train.yaml --out runs/train
    awnas train --space darts --genotype '…' --dataset cifar10 --epochs 600

    Options win over the file. `awnas config train` writes a file with every setting. The best epoch is chosen by
    validation images, which are a part of the training split; the test split is scored once, at the end.
    Ctrl-C keeps what is done; --resume goes on, after a kill too, and ends with the same network.
    torchrun --nproc-per-node N -m awnas_gym train ...: N processes train it together.
    """  # noqa: D301 - click's sign for a paragraph that is not to be wrapped is the character itself
    from awnas_gym.training.final_config import FinalTraining, read_training
    from awnas_gym.training.final_folder import open_training

    if resume and overwrite:
        raise click.UsageError("--resume goes on with the training in --out, --overwrite deletes it; give one of them")
    content: dict[str, Any] = {} if config is None else read_training(config)
    _change(content, options)
    if resume and config is None and all(value in {None, ()} for value in options.values()):
        training = open_training(out)
    else:
        if missing := [name for name in ("space", "genotype") if name not in content]:
            raise click.UsageError(f"no {' and no '.join(missing)}: give CONFIG, or --space and --genotype")
        training = FinalTraining(**content)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what a cluster sends ends a training as Ctrl-C does
    again = f"Stopped; go on from the last checkpoint with: awnas train --resume --out {out}"
    with launched_ranks() as ranks:
        if ranks.rank == 0:
            _make_room(out, resume=resume, overwrite=overwrite)
        with stoppable(again, ranks):
            summary = _run(
                training, out, device=device, threads=threads, checkpoint_every=checkpoint_every, quiet=ranks.rank > 0
            )
        if ranks.rank == 0:
            _print(summary)
            click.echo(f"Network: {out}/weights.safetensors   Next: awnas test {out}")


def _make_room(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Delete the training in the folder if that is wished; refuse one that is neither deleted nor gone on with."""
    from awnas_gym.errors import RunFolderError
    from awnas_gym.training.final_folder import CONFIG

    if (out / CONFIG).exists() and overwrite:
        shutil.rmtree(out)
    if (out / CONFIG).exists() and not resume:
        raise RunFolderError(f"{out} already holds a training; --resume goes on with it, --overwrite deletes it")


def _change(content: dict[str, Any], options: dict[str, Any]) -> None:
    """Let the options win over the file."""
    from awnas_gym.data import embedded
    from awnas_gym.spaces import SPACES
    from awnas_gym.spaces.reading import reads_text

    if options["supernet"] is not None:
        of_run = _of_run(Path(options["supernet"]))
        content.setdefault("dataset", of_run["dataset"])
        if options["space"] is None:
            content.setdefault("space", of_run["space"])
    space = content.get("space", {})
    part = {"name": space} if isinstance(space, str) else dict(space)
    if options["space"] not in {None, part.get("name")}:
        part = {"name": options["space"]}
    if part := {**part, **read_settings(options["space_arg"], "--space-arg")}:
        content["space"] = part
    text = "name" in part and reads_text(SPACES.load(part["name"]))
    content.setdefault("dataset", embedded(text=text))
    direct = {name: options[name] for name in ("genotype", "dataset", "seed") if options[name] is not None}
    names = ("epochs", "batch_size", "learning_rate", "optimiser", "scheduler")
    training = {name: options[name] for name in names if options[name] is not None}
    training |= read_settings(options["training_arg"], "--training-arg")
    start = {name: str(Path(options[name]).resolve()) for name in ("weights", "supernet") if options[name] is not None}
    content |= {**direct, "training": {**content.get("training", {}), **training}}
    if start:
        content["start"] = start


def _of_run(run: Path) -> dict[str, Any]:
    """Return the space of a run's supernet, with its sizes, and the data set that it was trained on."""
    from awnas_gym.training.final_start import supernet_checkpoint

    _, state = supernet_checkpoint(run)
    return {"space": {"name": state["space"], **state["settings"]}, "dataset": state["dataset"]}


def _run(
    training: FinalTraining, out: Path, *, device: str, threads: int | None, checkpoint_every: int, quiet: bool
) -> dict[str, Any]:
    """Train with a progress bar, unless it is to be quiet."""
    import torch
    from tqdm import tqdm

    from awnas_gym.training.final_folder import train_in_folder
    from awnas_gym.training.threads import torch_threads

    judged_by = ("valid_accuracy", "valid_perplexity")
    shown = (
        "train_loss",
        "train_accuracy",
        *judged_by,
        *(f"{mean}_{name}" for mean in ("ema", "mean") for name in judged_by),
    )
    scores: dict[str, str] = {}
    batches = 0
    epochs = training.recipe.epochs
    with tqdm(total=epochs, unit="epoch", delay=0.3, smoothing=0.1, miniters=0, disable=quiet) as bar:

        def on_epoch(line: dict[str, float]) -> None:
            nonlocal batches
            batches = 0
            scores.update({name: f"{line[name]:.4f}" for name in shown if name in line})
            bar.set_postfix(scores, refresh=False)
            bar.update(line["epoch"] - bar.n)

        def on_batch(loss: float) -> None:
            nonlocal batches
            batches += 1
            bar.set_postfix({**scores, "batch": batches, "loss": f"{loss:.4f}"}, refresh=False)
            bar.update(0)  # shows it, if the last time was long enough ago

        with torch_threads(threads or torch.get_num_threads()):
            return train_in_folder(
                training, out, device=device, checkpoint_every=checkpoint_every, on_epoch=on_epoch, on_batch=on_batch
            )


def _print(summary: dict[str, Any]) -> None:
    """Print what came out."""
    best = summary["best"]
    which = f"epoch {best['epoch']} of {summary['epochs']}" if best else f"the last of {summary['epochs']} epochs"
    shown = [f"{split}_{name}" for name in ("accuracy", "perplexity") for split in ("valid", "test")]
    scores = ", ".join(f"{name} {summary[name]:.4f}" for name in shown if name in summary)
    click.echo(f"{summary['genotype']}\n{summary['dataset']}: {scores} ({which})")
    click.echo(f"{summary['params']:,} params, {summary['macs']:,} MACs, {summary['wall_s']:,.0f} s")
