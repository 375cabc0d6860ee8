"""ImageNet, as a folder a class; images are decoded when they are read."""

from __future__ import annotations

from pathlib import Path

from awnas_gym.data.class_folders import class_folders, files_by_class
from awnas_gym.data.dataset import DatasetInfo, dataset
from awnas_gym.data.image_files import ImageFiles
from awnas_gym.errors import DataFileError


@dataset(
    classes=1000,
    shape=(3, 224, 224),
    bring="train/<class>/*.JPEG and val/<class>/*.JPEG",
    page="https://image-net.org/download-images (ILSVRC2012)",
)
def imagenet(folder: Path, info: DatasetInfo) -> dict[str, ImageFiles]:
    """1,281,167 training and 50,000 test images of 1,000 classes [Russakovsky et al. 2015].

    Its validation images are the split `test`: the labels of its own test images are not published.
    """
    names = class_folders(folder / "train", info.classes)
    if class_folders(folder / "val", info.classes) != names:
        raise DataFileError(f"{folder / 'val'} and {folder / 'train'} hold folders of different names")
    return {
        split: ImageFiles(*files_by_class([folder / kind / name for name in names]), size=info.shape[1])
        for split, kind in (("train", "train"), ("test", "val"))
    }
