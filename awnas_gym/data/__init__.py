"""Data sets. To add one: a function that returns a `Split`, or a `Text`, a name, and a row here.

Where the user brings the files, the function is under the decorator `dataset` or `text_dataset`, which says what and
where.
"""

from __future__ import annotations

from collections.abc import Mapping

from awnas_gym.data.dataset import Dataset, DatasetInfo, Images
from awnas_gym.data.image_files import ImageFiles
from awnas_gym.data.split import Split
from awnas_gym.data.text import Text
from awnas_gym.errors import SettingError
from awnas_gym.tables import Row, Table

__all__ = [
    "DATASETS", "Dataset", "DatasetInfo", "ImageFiles", "Split", "Text", "describe", "embedded", "images_of",
    "texts_of",
]  # fmt: skip

DATASETS = Table(
    "dataset",
    {
        "fashion14": Row("awnas_gym.data.fashion14:fashion14", "Fashion-MNIST, 4,000 images of 14x14; embedded"),
        "cifar10": Row("awnas_gym.data.cifar:cifar10", "60,000 images of 32x32, 10 classes"),
        "cifar100": Row("awnas_gym.data.cifar:cifar100", "60,000 images of 32x32, 100 classes"),
        "svhn": Row("awnas_gym.data.svhn:svhn", "99,289 digits of house numbers, 32x32", "data"),
        "mnist": Row("awnas_gym.data.mnist:mnist", "70,000 handwritten digits of 28x28, grey"),
        "fashion_mnist": Row("awnas_gym.data.mnist:fashion_mnist", "70,000 pieces of clothing of 28x28, grey"),
        "tiny_imagenet": Row(
            "awnas_gym.data.tiny_imagenet:tiny_imagenet", "110,000 images of 64x64, 200 classes of ImageNet", "data"
        ),
        "imagenet16_120": Row(
            "awnas_gym.data.imagenet16:imagenet16_120", "157,700 images of 16x16, 120 classes of ImageNet"
        ),
        "imagenet": Row("awnas_gym.data.imagenet:imagenet", "ImageNet, decoded while it is used; 224x224", "data"),
        "shakespeare": Row("awnas_gym.data.shakespeare:shakespeare", "plays, 480,000 characters; embedded"),
        "ptb": Row("awnas_gym.data.penn_treebank:ptb", "Penn Treebank, 1,085,779 words, a vocabulary of 10,000"),
        "wikitext2": Row("awnas_gym.data.wikitext2:wikitext2", "WikiText-2, 2,551,843 words, a vocabulary of 33,278"),
        "text_words": Row("awnas_gym.data.own_text:text_words", "plain text files of your own, as words"),
        "text_characters": Row("awnas_gym.data.own_text:text_characters", "the same, as characters"),
    },
)
"""All but `fashion14` and `shakespeare` are files that the user brings: `docs/datasets.md`."""


def embedded(*, text: bool) -> str:
    """Return the data set that ships with the package, of text or of images."""
    return "shakespeare" if text else "fashion14"


def describe(name: str) -> DatasetInfo:
    """Return the classes and the shape of the images of a row of `DATASETS`; `SettingError` if it holds text.

    What no file is needed for is not read: only of data sets that are embedded, or come from a plugin.
    """
    part = DATASETS.load(name)
    if isinstance(part, Dataset) and part.info is not None:
        return part.info
    splits = images_of(name)
    classes = 1 + max(int(split.labels.max()) for split in splits.values())
    return DatasetInfo(classes=classes, shape=splits["train"].shape)


def images_of(name: str) -> Images:
    """Return the splits of a data set of images.

    Raises:
        UnknownNameError: no such data set.
        SettingError: it holds text.
        MissingDataError: its files are not there.
    """
    part = DATASETS.load(name)
    if not isinstance(part, Dataset) or part.info is not None:
        splits: Images = part()
        if not any(isinstance(split, Text) for split in splits.values()):
            return splits
    raise SettingError(f"{name} holds text; images are wanted here")


def texts_of(name: str) -> Mapping[str, Text]:
    """Return the splits of a data set of text; errors are as of `images_of`."""
    part = DATASETS.load(name)
    if not isinstance(part, Dataset) or part.info is None:
        splits: Mapping[str, Text] = part()
        if isinstance(splits.get("train"), Text):
            return splits
    raise SettingError(f"{name} holds images; text is wanted here")
