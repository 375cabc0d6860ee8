"""The three parts of a data set that a final training sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, final

from awnas_gym.data import ImageFiles, Split, Text
from awnas_gym.data.parts import parts
from awnas_gym.data.searching import SEED
from awnas_gym.errors import SettingError
from awnas_gym.seeding import derive_seed
from awnas_gym.training.abstract_recipe import AbstractRecipe
from awnas_gym.training.augment import PLAIN, Augment
from awnas_gym.training.batches import Batches
from awnas_gym.training.final_recipe import FinalRecipe
from awnas_gym.training.language_recipe import LanguageRecipe
from awnas_gym.training.stream import Epochs
from awnas_gym.training.windows import Windows

AnySplit = TypeVar("AnySplit", Split, ImageFiles, Text)


@final
@dataclass(frozen=True, slots=True)
class FinalData:
    """Batches of the splits: augmented ones to train on, plain ones to score on.

    Attributes:
        train: what the network learns from.
        valid: what the best epoch is chosen by; None where nothing was kept for it.
        test: is looked at once, when all is chosen; None where there is no such split.
    """

    train: Epochs
    valid: Epochs | None
    test: Epochs | None


def split_up(splits: Mapping[str, AnySplit], *, valid_fraction: float) -> dict[str, AnySplit]:
    """Return `train`, `test` and `valid`: the data set's own, or else a share of the training data.

    Of a text it is the end. It is the same share as in a search, so weights of a supernet have not seen it.

    Args:
        splits: of a data set.
        valid_fraction: of the training data; 0 for none.
    """
    train = splits["train"]
    if "valid" in splits or valid_fraction == 0:
        return dict(splits)
    if isinstance(train, Text):
        return {**splits, **train.cut(valid_fraction)}
    shares = {"train": 1 - valid_fraction, "valid": valid_fraction}
    return {**splits, **parts(train, shares, seed=SEED)}


def final_data(splits: Mapping[str, AnySplit], recipe: AbstractRecipe, *, seed: int, device: str = "cpu") -> FinalData:
    """Return the batches of a training; images are normalised by those that the network learns from.

    Args:
        splits: `train`, and what there is of `valid` and `test`.
        recipe: of such data; says how much there is in a batch and how it is changed.
        seed: of the training.
        device: any of torch.

    Raises:
        SettingError: sizes that do not fit the data, or a recipe of other data.
    """
    train, drawn = splits["train"], derive_seed(seed, "order")
    batches: Epochs
    if isinstance(train, Text) and isinstance(recipe, LanguageRecipe):
        batches = Windows(train, recipe.batch_size, length=recipe.length, seed=drawn, device=device)
    elif isinstance(train, Split | ImageFiles) and isinstance(recipe, FinalRecipe):
        augment = augmentation(recipe, train)
        batches = Batches(train, recipe.batch_size, seed=drawn, augment=augment, device=device)
    else:
        raise _misfit(recipe, train)
    scored = {
        name: plain_batches(splits[name], train, recipe, device=device) for name in ("valid", "test") if name in splits
    }
    return FinalData(batches, scored.get("valid"), scored.get("test"))


def plain_batches(
    split: AnySplit, reference: AnySplit, recipe: AbstractRecipe, *, device: str = "cpu"
) -> Batches | Windows:
    """Return the batches of a split in its own order, all of it, as it is.

    Args:
        split: that is scored on.
        reference: the images that the network learned from, which all are normalised by; or the text, whose numbers of
            tokens it knows.
        recipe: says how much there is in a batch.
        device: any of torch.

    Raises:
        SettingError: a text of another vocabulary.
    """
    if isinstance(split, Text) and isinstance(reference, Text) and isinstance(recipe, LanguageRecipe):
        if split.vocabulary != reference.vocabulary:
            raise SettingError("the text has another vocabulary than that which the network learned from")
        return Windows(split, recipe.eval_batch_size, length=recipe.length, device=device)
    if isinstance(split, Text) or isinstance(reference, Text):
        raise _misfit(recipe, split)
    return Batches(
        split, min(recipe.batch_size, len(split)), seed=0, reference=reference, augment=PLAIN, shuffle=False,
        drop_last=False, device=device,
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


def _misfit(recipe: AbstractRecipe, split: object) -> SettingError:
    return SettingError(f"a {type(recipe).__name__} does not say how to read a {type(split).__name__}")
