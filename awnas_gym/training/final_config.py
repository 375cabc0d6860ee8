"""Which architecture is trained on what, and how: a configuration, and the parts that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, final

import torch
from torch import nn

from awnas_gym.checks import check_whole
from awnas_gym.config import check_keys, check_settings, keywords, read_yaml
from awnas_gym.data import ImageFiles, Split, Text, describe, images_of, texts_of
from awnas_gym.errors import SettingError
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import SPACES, AbstractSpace, Archs, total_macs, total_params
from awnas_gym.spaces.foreign_genotypes import parse_any
from awnas_gym.spaces.reading import reads_text
from awnas_gym.supernets import NETWORKS
from awnas_gym.training.abstract_recipe import AbstractRecipe
from awnas_gym.training.devices import usable_device
from awnas_gym.training.distributed import current, device_of_rank
from awnas_gym.training.final import ADVICE, Trainer
from awnas_gym.training.final_data import final_data, split_up
from awnas_gym.training.final_recipe import FinalRecipe
from awnas_gym.training.language_recipe import LanguageRecipe
from awnas_gym.training.memory import out_of_memory_says

Part = dict[str, Any]
"""A part and its settings: `{"name": "darts", "channels": 36}`."""

FIELDS: Mapping[str, type | tuple[type, ...]] = {"space": (dict, str), "genotype": str, "dataset": str}
OPTIONAL: Mapping[str, type | tuple[type, ...]] = {"training": dict, "seed": int, "start": dict}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FinalTraining:
    """One architecture, trained to the end.

    Attributes:
        space: `name` and settings, or the name alone; sizes of images and the number of classes, or of tokens, are
            those of the data set.
        genotype: of the architecture, in the notation of the space or aw_nas's.
        dataset: a row of `DATASETS`.
        training: settings of `FinalRecipe`, or on text of `LanguageRecipe`.
        seed: of weights, order, augmentation and drop path.
        start: where first weights are from instead of the seed, `{weights: path}` or `{supernet: path}`.

    Raises:
        SettingError: settings that do not fit each other, the space, or the data set.
        UnknownNameError: no such space, data set, optimiser, ….
        GenotypeError: no architecture of the space.
    """

    space: Part
    genotype: str
    dataset: str
    training: Part = field(default_factory=dict)
    seed: int = 0
    start: Part = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check each part where the user wrote it, and write the settings out."""
        check_whole("seed", self.seed, low=0)
        check_keys(self.start, where="start", required={}, optional={"weights": str, "supernet": str})
        if len(self.start) > 1:
            raise SettingError("start: weights or supernet, one of them")
        space = _space(self.space, self.dataset)
        recipe = make_recipe(self.training, text=reads_text(type(space)))
        arch = parse_any(space, self.genotype)
        _check_heads(space.name, recipe)
        object.__setattr__(self, "space", {"name": space.name, **space.settings})
        object.__setattr__(self, "genotype", space.genotype(arch))
        object.__setattr__(self, "training", asdict(recipe))

    @property
    def recipe(self) -> AbstractRecipe:
        """How it is trained."""
        return make_recipe(self.training, text=reads_text(SPACES.load(self.space["name"])))

    def architecture(self) -> tuple[AbstractSpace, Archs]:
        """Return the space and the architecture, int `[decisions]`."""
        name, settings = self.space["name"], {key: value for key, value in self.space.items() if key != "name"}
        space: AbstractSpace = SPACES.load(name)(**settings)
        return space, space.parse(self.genotype)

    def sizes(self) -> dict[str, int]:
        """Return `params` and `macs` of the network, as its space counts them: without an auxiliary head."""
        space, arch = self.architecture()
        layers = space.layers(arch)
        return {"params": total_params(layers), "macs": total_macs(layers)}

    def network(self) -> nn.Module:
        """Return the network with weights that torch draws of the seed.

        Raises:
            SettingError: the recipe wants of it what it does not have.
        """
        space, arch = self.architecture()
        with out_of_memory_says(ADVICE), torch.random.fork_rng([]):
            torch.manual_seed(derive_seed(self.seed, "weights"))
            return self.recipe.make_network(NETWORKS.load(space.name), space, arch)

    def splits(self) -> dict[str, Any]:
        """Return the images or the text `train`, `test` and, unless none are kept for it, `valid`.

        Raises:
            MissingDataError: the data set's files are not there.
            SettingError: images, labels or tokens do not fit the network.
        """
        found = load_splits(self.dataset, self.space)
        return split_up(found, valid_fraction=self.recipe.valid_fraction)

    def trainer(self, splits: Mapping[str, Any], *, device: str = "cpu") -> Trainer:
        """Return what trains it.

        Args:
            splits: those of `splits`.
            device: any of torch.

        Raises:
            SettingError: there is no such device, the recipe does not fit the network or the data, or there are several
                processes and text.
        """
        if "tokens" in self.space and current().size > 1:
            raise SettingError("text is read by one process: leave torchrun out")
        device = str(usable_device(device_of_rank(device, current())))
        with out_of_memory_says("train on a device with more, or on a smaller data set"):
            data = final_data(splits, self.recipe, seed=self.seed, device=device)
        about = {**self.about(), "data": splits["train"].checksum}
        return Trainer(self.network(), data, self.recipe, seed=self.seed, about=about, device=device)

    def about(self) -> dict[str, Any]:
        """Return what a checkpoint has to say of itself."""
        return {"space": self.space, "genotype": self.genotype, "dataset": self.dataset, "training": self.training}


def read_training(path: Path) -> dict[str, Any]:
    """Read the fields of a `FinalTraining` from a file in YAML; their values are checked by it."""
    return read_yaml(path, required={}, optional={**FIELDS, **OPTIONAL})


def make_recipe(settings: Mapping[str, Any], *, text: bool) -> AbstractRecipe:
    """Return the recipe of some settings, for text or for images; the others are as they are by default."""
    kind: type[AbstractRecipe] = LanguageRecipe if text else FinalRecipe
    check_settings(kind, settings, where="training")
    return kind(**settings)


def load_splits(dataset: str, space: Mapping[str, Any]) -> dict[str, Any]:
    """Return the splits of a data set, text or images, image files in the size that the network of a space takes.

    Args:
        dataset: a row of `DATASETS`.
        space: its name and settings.

    Raises:
        MissingDataError: the data set's files are not there.
        SettingError: images, labels or tokens do not fit the network.
    """
    if "tokens" in space:
        texts = texts_of(dataset)
        _check_vocabulary(space, texts["train"], dataset)
        return dict(texts)
    splits: dict[str, Split | ImageFiles] = {}
    for name, split in images_of(dataset).items():
        scales = isinstance(split, ImageFiles) and "image_size" in space
        splits[name] = replace(split, size=space["image_size"]) if scales else split
        check_images(space, splits[name], where=f"{dataset}, {name}")
    return splits


def check_images(space: Mapping[str, Any], split: Split | ImageFiles, *, where: str) -> None:
    """Raise `SettingError` for images or labels that the network of a space does not take."""
    channels, height, width = split.shape
    wanted = space.get("image_channels", channels), space.get("image_size", height)
    if height != width or (channels, height) != wanted:
        raise SettingError(
            f"{where}: images are {channels}x{height}x{width}; the network takes {wanted[0]}x{wanted[1]}x{wanted[1]}"
        )
    highest = int(split.labels.max(initial=0))
    if highest >= space.get("classes", highest + 1):
        raise SettingError(f"{where}: a label is {highest}; the network has {space['classes']} classes")


def _space(part: object, dataset: str) -> AbstractSpace:
    """Return the space with the sizes of the data set's images, which the user need not write."""
    whole = {"name": part} if isinstance(part, str) else part
    if not isinstance(whole, Mapping) or not isinstance(name := whole.get("name"), str):
        raise SettingError(f"space is a name, or a mapping with 'name' and settings; got {part!r}")
    given = {key: value for key, value in whole.items() if key != "name"}
    kind = SPACES.load(name)
    NETWORKS[name]  # a space without a network is refused by its name
    check_settings(kind, given, where=f"space {name}")
    if reads_text(kind):
        text = texts_of(dataset)["train"]
        sizes = {"tokens": len(text.vocabulary), **given}
        _check_vocabulary(sizes, text, dataset)
        reader: AbstractSpace = kind(**sizes)
        return reader
    info = describe(dataset)
    known = {"image_channels": info.shape[0], "classes": info.classes}
    for key, value in known.items():
        if given.get(key, value) != value:
            raise SettingError(f"space {name}: {key} is {given[key]!r}; that of {dataset} is {value}. Leave it out.")
    sizes = {"image_size": info.shape[1], **given, **known}
    space: AbstractSpace = kind(**{key: value for key, value in sizes.items() if key in keywords(kind)})
    return space


def _check_vocabulary(space: Mapping[str, Any], text: Text, dataset: str) -> None:
    if space["tokens"] != len(text.vocabulary):
        raise SettingError(
            f"the vocabulary of {dataset} has {len(text.vocabulary)} tokens; the network knows {space['tokens']}"
        )


def _check_heads(space: str, recipe: AbstractRecipe) -> None:
    if not isinstance(recipe, FinalRecipe):
        return
    if recipe.auxiliary_weight and "auxiliary" not in keywords(NETWORKS.load(space)):
        raise SettingError(f"auxiliary_weight: the network of {space} has no auxiliary head; leave it out, or set 0")
