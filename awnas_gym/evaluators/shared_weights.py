"""Shared weights of a space on a data set, put together of names and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from awnas_gym.config import check_settings, keywords
from awnas_gym.data.searching import train_and_valid
from awnas_gym.errors import SettingError
from awnas_gym.evaluators.relaxed import RelaxedWeights
from awnas_gym.evaluators.shared import ADVICE, SharedWeights
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.reading import refuse_text
from awnas_gym.supernets import SUPERNETS
from awnas_gym.supernets.operations.factory import NormalisedPools
from awnas_gym.tasks import MEASURES, TASKS
from awnas_gym.training.augment import Augment
from awnas_gym.training.batches import Batches
from awnas_gym.training.devices import usable_device
from awnas_gym.training.distributed import current, device_of_rank
from awnas_gym.training.memory import out_of_memory_says
from awnas_gym.training.stream import Epochs


def shared_weights(
    *,
    space: str = "enas",
    dataset: str = "fashion14",
    settings: Mapping[str, Any] | None = None,
    valid_fraction: float | None = None,
    measures: Sequence[str] = (),
    batch_size: int = 64,
    eval_batch_size: int = 100,
    crop: int = 1,
    flip: bool = True,
    cutout: int = 0,
    area: float | None = None,
    device: str = "cpu",
    relaxed: bool = False,
    partial: int = 1,
    **training: Any,  # noqa: ANN401 - keywords of SharedWeights or RelaxedWeights
) -> SharedWeights:
    """Return the evaluator of a space's supernet on a data set: it trains on `train` and scores on `valid`.

    Args:
        space: a name from `SUPERNETS`.
        dataset: a name from `DATASETS`.
        settings: of the space, e.g. `{"channels": 16}`; the data set gives those of images and classes, but for the
            `image_size` that image files are scaled to.
        valid_fraction: share of `train` that becomes `valid`, see `train_and_valid`.
        measures: names from `MEASURES`.
        batch_size: images of a training step.
        eval_batch_size: images of a batch that scores.
        crop: pixels around a training image, see `Augment`.
        flip: likewise.
        cutout: likewise.
        area: likewise, of image files.
        device: any of torch; of several processes, `"cuda"` is each one's own GPU.
        relaxed: make `RelaxedWeights`, whose operations are mixed; batch norms in cells then have no scale and no
            shift, and there is one behind each pooling, as in the search of DARTS.
        partial: of relaxed cells: one channel in so many passes the operations [PC-DARTS].
        training: of `SharedWeights`, or of `RelaxedWeights`.

    Raises:
        SettingError: a value out of its range, no such device, a setting that the space does not have, images that
            are not square, or text.
        UnknownNameError: no such supernet, data set or measure.
        MissingDataError: the data set's files are not there.
    """
    device = device_of_rank(device, current())
    make_supernet, kind = SUPERNETS.load(space), SPACES.load(space)
    refuse_text(kind)
    wanted = dict(settings or {})
    check_settings(kind, wanted, where=f"the space {space}")
    size = wanted.get("image_size")
    train, valid, info = train_and_valid(dataset, valid_fraction=valid_fraction, image_size=size)
    channels, height, width = info.shape
    if height != width:
        raise SettingError(f"{dataset} has images of {height}x{width} pixels; square ones are wanted")
    given = {"image_channels": channels, "image_size": height, "classes": info.classes}
    for name in given.keys() & wanted.keys():
        if wanted[name] != given[name]:
            raise SettingError(f"{dataset} has {name}={given[name]}; got {wanted[name]!r}")
    built = _built(make_supernet, space, relaxed=relaxed, partial=partial)
    with out_of_memory_says(ADVICE):
        supernet = make_supernet(kind(**{**wanted, **given}), **built)
        supernet.to(device=usable_device(device)).to(memory_format=torch.channels_last)
    augment = Augment(crop=crop, flip=flip, cutout=cutout, area=area)

    def data(seed: int) -> tuple[Epochs, Epochs]:
        return (
            Batches(train, batch_size, seed=seed, augment=augment, device=device),
            Batches(valid, eval_batch_size, seed=seed, reference=train, device=device),
        )

    if batch_size == 1:
        raise SettingError("batch_size is 2 or more: batch norm has no statistics of one number; got 1")
    _, scored = data(0)  # wrong sizes are refused here and not at the first reset
    chosen = [MEASURES.load(name)() for name in measures]
    make: type[SharedWeights] = RelaxedWeights if relaxed else SharedWeights
    about = {"dataset": dataset, "data": [train.checksum, valid.checksum]}
    evaluator = make(supernet, TASKS.load("classification")(), data, about=about, measures=chosen, **training)
    if evaluator.eval_batches > len(scored):
        raise SettingError(
            f"eval_batches is 1 … {len(scored)}, the batches of {eval_batch_size} that {dataset} has to score on; got "
            f"{evaluator.eval_batches}"
        )
    return evaluator


def _built(make_supernet: Callable[..., Any], space: str, *, relaxed: bool, partial: int) -> dict[str, Any]:
    """Return the keywords that a supernet of a space is made with."""
    has = keywords(make_supernet)
    if partial != 1 and "partial" not in has:
        raise SettingError(f"the supernet of {space} has no partial channels; partial is 1 there, got {partial!r}")
    wanted = {"affine": False, "factory": NormalisedPools()} if relaxed else {}
    found = {name: value for name, value in wanted.items() if name in has}
    return found if partial == 1 else {**found, "partial": partial}
