"""A network with its weights as files: ONNX, compared with the network itself, and safetensors."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from awnas_gym.errors import MissingExtraError, TrainingError
from awnas_gym.files import write_atomically

TOLERANCE = 1e-4
"""Largest difference of an output, relative to the largest output where that is above 1."""

INPUT, OUTPUT = "images", "logits"


def export_onnx(network: nn.Module, images: Tensor, path: Path, *, about: Mapping[str, str]) -> float:
    """Write a network in evaluation mode as ONNX, its weights inside, for batches of any size; compare the outputs.

    Args:
        network: maps images `[B, C, H, W]` to logits `[B, classes]`; it is left as it was.
        images: of two at least, that both are run on.
        path: of the file, written whole or not at all.
        about: is put into the file's metadata.

    Returns:
        The largest difference between the logits of torch and those of onnxruntime.

    Raises:
        MissingExtraError: a package of the extra `onnx` is not installed.
        TrainingError: outputs differ by more than `TOLERANCE`; nothing was written.
    """
    try:
        import onnx  # noqa: PLC0415 - of the extra [onnx]
        import onnxruntime  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", "onnx") from error
    images = images.contiguous()
    with _evaluating(network), torch.no_grad():
        wanted: Tensor = network(images).cpu()
    model = onnx_model(network, images, any_batch=True)
    onnx.helper.set_model_props(model, dict(about))
    onnx.checker.check_model(model)
    packed = model.SerializeToString()
    session = onnxruntime.InferenceSession(packed, providers=["CPUExecutionProvider"])
    differences = []
    for part in (images, images[:1]):  # the size of the batch is free
        found = torch.from_numpy(session.run([OUTPUT], {INPUT: part.cpu().numpy()})[0])
        differences.append(float((found - wanted[: len(part)]).abs().max()))
    largest = max(differences)
    if not largest <= TOLERANCE * max(1.0, float(wanted.abs().max())):
        raise TrainingError(
            f"the ONNX network differs from torch's by {largest:.2g}, more than {TOLERANCE:.0e}; nothing was written"
        )
    write_atomically(path, packed)
    return largest


def onnx_model(network: nn.Module, images: Tensor, *, any_batch: bool) -> Any:  # noqa: ANN401 - onnx has no types
    """Return a network in evaluation mode as an ONNX model, from `INPUT` to `OUTPUT`.

    Args:
        network: maps images `[B, C, H, W]` to logits `[B, classes]`; it is left as it was.
        images: of the size that the model reads.
        any_batch: the model takes batches of any size, or else of that of `images` only.

    Raises:
        MissingExtraError: a package of the extra `onnx` is not installed.
    """
    try:
        import onnxscript  # noqa: F401, PLC0415 - of the extra [onnx]; torch.onnx uses it
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", "onnx") from error
    with _evaluating(network), torch.no_grad(), _quiet():
        program = torch.onnx.export(
            network,
            (images,),
            dynamo=True,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1)},) if any_batch else None,
        )
    return program.model_proto  # type: ignore[union-attr]


def export_weights(network: nn.Module, path: Path, *, about: Mapping[str, str]) -> None:
    """Write the parameters and buffers of a network as safetensors, `about` as their metadata."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    write_atomically(path, safetensors.torch.save(tensors, metadata=dict(about)))


@contextlib.contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what torch's exporter prints, logs and warns about from the reader."""
    logger: Any = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
