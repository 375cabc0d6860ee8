"""Data sets. To add one: a function that returns a `Split` a name, and a row here.

Where the user brings the files, the function is under the decorator `dataset`, which says what and where.
"""

from __future__ import annotations

from awnas_gym.data.dataset import Dataset, DatasetInfo
from awnas_gym.data.image_files import ImageFiles
from awnas_gym.data.split import Split
from awnas_gym.tables import Row, Table

__all__ = ["DATASETS", "Dataset", "DatasetInfo", "ImageFiles", "Split", "describe"]

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
    },
)
"""All but `fashion14` are files that the user brings: `docs/datasets.md`."""


def describe(name: str) -> DatasetInfo:
    """Return the classes and the shape of the images of a row of `DATASETS`.

    What no file is needed for is not read: only of data sets that are embedded, or come from a plugin.
    """
    part = DATASETS.load(name)
    if isinstance(part, Dataset):
        return part.info
    splits: dict[str, Split] = part()
    classes = 1 + max(int(split.labels.max()) for split in splits.values())
    return DatasetInfo(classes=classes, shape=splits["train"].shape)
