"""The three parts of a data set that a final training sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, final

from awnas_gym.data import ImageFiles, Split
from awnas_gym.data.parts import parts
from awnas_gym.data.searching import SEED
from awnas_gym.seeding import derive_seed
from awnas_gym.training.augment import PLAIN, Augment
from awnas_gym.training.batches import Batches
from awnas_gym.training.final_recipe import FinalRecipe

AnySplit = TypeVar("AnySplit", Split, ImageFiles)


@final
@dataclass(frozen=True, slots=True)
class FinalData:
    """Batches of the splits: augmented ones to train on, plain ones to score on.

    Attributes:
        train: what the network learns from.
        valid: what the best epoch is chosen by; None where nothing was kept for it.
        test: is looked at once, when all is chosen; None where there is no such split.
    """

    train: Batches
    valid: Batches | None
    test: Batches | None


def split_up(splits: Mapping[str, AnySplit], *, valid_fraction: float) -> dict[str, AnySplit]:
    """Return `train`, `test` and `valid`: the data set's own, or else a share of its training images.

    Of the same share it is the same images as in a search, so weights of a supernet have not seen them.

    Args:
        splits: of a data set.
        valid_fraction: of the training images; 0 for none.
    """
    if "valid" in splits or valid_fraction == 0:
        return dict(splits)
    shares = {"train": 1 - valid_fraction, "valid": valid_fraction}
    return {**splits, **parts(splits["train"], shares, seed=SEED)}


def final_data(splits: Mapping[str, AnySplit], recipe: FinalRecipe, *, seed: int, device: str = "cpu") -> FinalData:
    """Return the batches of a training; images are normalised by those that the network learns from.

    Args:
        splits: `train`, and what there is of `valid` and `test`.
        recipe: says how many images there are in a batch and how they are changed.
        seed: of the training.
        device: any of torch.

    Raises:
        SettingError: sizes that do not fit the images.
    """
    train = splits["train"]
    batches = Batches(
        train, recipe.batch_size, seed=derive_seed(seed, "order"), augment=augmentation(recipe, train), device=device
    )
    scored = {
        name: plain_batches(splits[name], train, batch_size=recipe.batch_size, device=device)
        for name in ("valid", "test")
        if name in splits
    }
    return FinalData(batches, scored.get("valid"), scored.get("test"))


def plain_batches(split: AnySplit, reference: AnySplit, *, batch_size: int, device: str = "cpu") -> Batches:
    """Return the batches of a split in its own order, all images of it, as they are.

    Args:
        split: that is scored on.
        reference: the images that the network learned from, which all are normalised by.
        batch_size: at most.
        device: any of torch.
    """
    return Batches(
        split, min(batch_size, len(split)), seed=0, reference=reference, augment=PLAIN, shuffle=False, drop_last=False,
        device=device,
    )  # fmt: skip


def augmentation(recipe: FinalRecipe, split: Split | ImageFiles) -> Augment:
    """Return the random changes of a recipe; what it leaves open is chosen by the size of the images.

    On images of 32x32 pixels that is DARTS's crop of 4 and cutout of 16. Of image files a window is cut out while they
    are decoded, so there is neither.

    Raises:
        SettingError: a value that is no size or no share.
    """
    size, files = split.shape[1], isinstance(split, ImageFiles)
    crop, cutout, area = recipe.crop, recipe.cutout, recipe.area
    if crop is None:
        crop = 0 if files else round(size / 8)
    if cutout is None:
        cutout = 0 if files else size // 2
    if area is None and files:
        area = 0.08
    return Augment(crop=crop, flip=recipe.flip, cutout=cutout, area=area)
