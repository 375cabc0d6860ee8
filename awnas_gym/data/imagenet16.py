"""ImageNet16-120: small images of the first 120 classes of ImageNet."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from awnas_gym.data.dataset import DatasetInfo, dataset
from awnas_gym.data.files import as_labels, as_split, field, find_file, joined, read_fields
from awnas_gym.data.split import Split

IMAGENET_CLASSES = 1000


@dataset(
    classes=120,
    shape=(3, 16, 16),
    bring="train_data_batch_1 … train_data_batch_10 and val_data",
    page=(
        "https://drive.google.com/drive/folders/1NE63Vdo2Nia0V7LK1CdybRLjBFY72w40 (of NAS-Bench-201) "
        "or https://image-net.org/download-images (16x16)"
    ),
)
def imagenet16_120(folder: Path, info: DatasetInfo) -> dict[str, Split]:
    """151,700 training and 6,000 test images of 120 classes [Chrabaszcz et al. 2017; Dong & Yang 2020].

    ImageNet's validation images are the split `test`; NAS-Bench-201 halves them.
    """
    files = {"train": [f"train_data_batch_{i}" for i in range(1, 11)], "test": ["val_data"]}
    return {split: joined([_read(find_file(folder, name), info) for name in names]) for split, names in files.items()}


def _read(path: Path, info: DatasetInfo) -> Split:
    """Return the images of the first classes; in the file labels begin with 1."""
    fields = read_fields(path)
    labels = as_labels(field(fields, "labels", where=path), where=path, first=1, classes=IMAGENET_CLASSES)
    whole = as_split(field(fields, "data", where=path), labels, where=path, info=info)
    first = whole.take(np.flatnonzero(labels <= info.classes))
    return Split(first.images, first.labels - 1)
