"""`awnas export`: a network with a run's weights as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from awnas_gym.cli.architectures import RUN

if TYPE_CHECKING:
    from awnas_gym.derivation import OpenedRun
    from awnas_gym.spaces import Archs

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
    default="recalibrate",
    show_default=True,
    help="Statistics of training batches under this network, or of all architectures.",
)
def command(run: Path, genotype: str | None, out: Path, batch_norm: str) -> None:
    """Write the network of GENOTYPE, with the weights that it shares in the folder RUN, as ONNX and as safetensors.

    GENOTYPE is in our notation or aw_nas's, or a YAML file whose first architecture is meant, such as derived.yaml;
    without it, the run's incumbent. The outputs of the ONNX file are compared with those of torch before it is written.
    """
    import json

    import torch

    from awnas_gym.derivation import open_run
    from awnas_gym.errors import SettingError
    from awnas_gym.evaluators.shared import SharedWeights
    from awnas_gym.spaces.reading import refuse_text
    from awnas_gym.training.export import export_onnx, export_weights

    if out.suffix != ".onnx":
        raise click.BadParameter(f"{out} does not end in .onnx; the weights go beside it", param_hint="--out")
    opened = open_run(run)
    evaluator = opened.judge.evaluator
    if not isinstance(evaluator, SharedWeights):
        raise SettingError(f"{opened.config.environment['id']} shares no weights, so there are none to be written")
    arch = _architecture(opened, genotype)
    space = opened.space
    refuse_text(type(space))
    network = evaluator.derive(arch, batch_norm=batch_norm)
    about = {"genotype": space.genotype(arch), "space": space.name, "settings": json.dumps(space.settings)}
    channels, size = space.settings["image_channels"], space.settings["image_size"]
    device = next(network.parameters()).device
    images = torch.randn(COMPARED, channels, size, size, generator=torch.Generator().manual_seed(0)).to(device)
    difference = export_onnx(network, images, out, about=about)
    weights = out.with_suffix(".safetensors")
    export_weights(network, weights, about=about)
    metrics = evaluator.score(arch, batch_norm=batch_norm)
    click.echo(about["genotype"])
    click.echo(", ".join(f"{name} {float(values[0]):.4f}" for name, values in metrics.items()))
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
