"""`awnas export`: a network with a run's weights as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awnas_gym.cli.architectures import RUN

if TYPE_CHECKING:
    from torch import nn

    from awnas_gym.derivation import OpenedRun
    from awnas_gym.spaces import AbstractSpace, Archs
    from awnas_gym.training.normalise import Normalise

COMPARED = 8
"""Images on which both networks are run."""


@click.command(name="export")
@RUN
@click.argument("genotype", required=False)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The ONNX file, *.onnx."
)
@click.option(
    "--batch-norm",
    type=click.Choice(["recalibrate", "inherit"]),
    help="Of shared weights: statistics of training batches under this network, or of all architectures.  "
    "[default: recalibrate]",
)
@click.option(
    "--weights",
    help="Of a training: final; where it is not over, best (by validation), last, or the running mean, ema or mean.  "
    "[default: final]",
)
def command(run: Path, genotype: str | None, out: Path, batch_norm: str | None, weights: str | None) -> None:
    """Write a network with its weights as ONNX and as safetensors.

    RUN is the folder of a search that trained shared weights, or of awnas train. Of a search, GENOTYPE is in our
    notation or aw_nas's, or a YAML file whose first architecture is meant, such as derived.yaml; without it, the run's
    incumbent. A training has one network alone.

    The outputs of the ONNX file are compared with those of torch before it is written. It reads images that are
    normalised; its metadata have the mean and the deviation of each channel, of bytes.
    """
    from awnas_gym.config import has_key

    if out.suffix != ".onnx":
        raise click.BadParameter(f"{out} does not end in .onnx; the weights go beside it", param_hint="--out")
    if has_key(run / "config.yaml", "genotype"):
        if genotype is not None or batch_norm is not None:
            raise click.UsageError(f"{run} holds a training of one architecture: neither GENOTYPE nor --batch-norm")
        scores = _export_trained(run, out, weights or "final")
    else:
        if weights is not None:
            raise click.UsageError(f"--weights is for a folder of awnas train; {run} is none")
        scores = _export_shared(run, genotype, out, batch_norm or "recalibrate")
    if scores:
        click.echo(", ".join(f"{name} {value:.4f}" for name, value in scores.items()))


def _export_trained(folder: Path, out: Path, weights: str) -> dict[str, float]:
    """Write the network of a training; return its scores as they were taken in the end."""
    from awnas_gym.spaces.reading import refuse_text
    from awnas_gym.training.final_folder import finished_summary
    from awnas_gym.training.normalise import Normalise
    from awnas_gym.training.trained import trained_network

    config, network = trained_network(folder, weights=weights)
    space, arch = config.architecture()
    refuse_text(type(space))
    about = {"dataset": config.dataset, "weights": weights}
    train = config.splits()["train"]
    _write(network, space, arch, out, about=about, normalise=Normalise(train), shape=train.shape)
    summary = finished_summary(folder, config) if weights == "final" else None
    names = ("valid_accuracy", "test_accuracy")
    return {} if summary is None else {name: summary[name] for name in names if name in summary}


def _export_shared(run: Path, genotype: str | None, out: Path, batch_norm: str) -> dict[str, float]:
    """Write the network of an architecture with its shared weights; return the network's scores."""
    from awnas_gym.derivation import open_run
    from awnas_gym.errors import SettingError
    from awnas_gym.evaluators.shared import SharedWeights
    from awnas_gym.spaces.reading import refuse_text

    opened = open_run(run)
    evaluator = opened.judge.evaluator
    if not isinstance(evaluator, SharedWeights):
        raise SettingError(f"{opened.config.environment['id']} shares no weights, so there are none to be written")
    refuse_text(type(opened.space))
    arch = _architecture(opened, genotype)
    network = evaluator.derive(arch, batch_norm=batch_norm)
    sizes = opened.space.settings
    shape = (sizes["image_channels"], sizes["image_size"], sizes["image_size"])
    about = {"batch_norm": batch_norm}
    _write(network, opened.space, arch, out, about=about, normalise=evaluator.normalise, shape=shape)
    metrics = evaluator.score(arch, batch_norm=batch_norm)
    return {name: float(values[0]) for name, values in metrics.items()}


def _write(
    network: nn.Module,
    space: AbstractSpace,
    arch: Archs,
    out: Path,
    *,
    about: dict[str, str],
    normalise: Normalise | None,
    shape: tuple[int, int, int],
) -> None:
    """Write both files, with what they are of, for images of a shape: channels, height, width."""
    import torch

    from awnas_gym.training.export import export_onnx, export_weights

    about |= {"genotype": space.genotype(arch), "space": space.name, "settings": json.dumps(space.settings)}
    if normalise is not None:
        about |= {name: json.dumps(values) for name, values in normalise.moments.items()}
    device = next(network.parameters()).device
    images = torch.randn(COMPARED, *shape, generator=torch.Generator().manual_seed(0)).to(device)
    difference = export_onnx(network, images, out, about=about)
    weights = out.with_suffix(".safetensors")
    export_weights(network, weights, about=about)
    click.echo(about["genotype"])
    click.echo(f"written: {out} (outputs differ by {difference:.1e} at most), {weights}")


def _architecture(opened: OpenedRun, text: str | None) -> Archs:
    """Return the row of a genotype or of a file's first one, or the incumbent, int `[decisions]`."""
    from awnas_gym.errors import RunFolderError, SettingError
    from awnas_gym.spaces.architecture_files import read_architectures
    from awnas_gym.spaces.foreign_genotypes import parse_any

    if text is None:
        if not len(opened.best):
            raise RunFolderError(f"{opened.folder} has evaluated nothing, so it has no incumbent; give GENOTYPE")
        first: Archs = opened.best[0]
        return first
    if not text.endswith((".yaml", ".yml")):
        return parse_any(opened.space, text)
    listed = read_architectures(Path(text), opened.space)
    if not len(listed):
        raise SettingError(f"{text} lists no architecture")
    row: Archs = listed[0]
    return row
