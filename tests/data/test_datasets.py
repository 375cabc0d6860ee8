"""Every data set that a user brings: read as it was written, looked for where it is said, and refused when damaged."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.data import DATASETS, Dataset, DatasetInfo, ImageFiles, Split, describe
from awnas_gym.errors import AwnasError, DataFileError, MissingDataError, MissingExtraError, UnknownNameError
from tests.data import written
from tests.data.written import NEEDED, WRITERS

BROUGHT = [name for name in DATASETS if name not in {"fashion14", "shakespeare"}]
EACH = pytest.mark.parametrize("name", WRITERS)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, written.Contents]]:
    """Return the folder of a data set, written once, and what is in it."""
    made: dict[str, tuple[Path, written.Contents]] = {}

    def find(name: str) -> tuple[Path, written.Contents]:
        if name in NEEDED:
            pytest.importorskip(NEEDED[name], reason="needs the extra [data]")
        if name not in made:
            folder = tmp_path_factory.mktemp("data") / name
            made[name] = folder, WRITERS[name](folder)
        return made[name]

    return find


@EACH
def test_read_as_it_was_written(name: str, folders: Any) -> None:
    folder, wanted = folders(name)
    found = DATASETS.load(name)(folder)
    assert set(found) == set(wanted) == {"train", "test"}
    for split, (images, labels) in wanted.items():
        assert isinstance(found[split], Split)
        np.testing.assert_array_equal(found[split].images, images)
        np.testing.assert_array_equal(found[split].labels, labels)


@EACH
def test_what_is_known_without_files_is_what_the_files_hold(name: str, folders: Any) -> None:
    _, wanted = folders(name)
    info = describe(name)
    assert info.shape == wanted["train"][0].shape[1:]
    assert info.classes == 1 + max(int(labels.max()) for _, labels in wanted.values())


def test_what_is_known_of_the_embedded_one() -> None:
    assert describe("fashion14") == DatasetInfo(classes=10, shape=(1, 14, 14))


def test_no_such_data_set() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'cifar100'"):
        describe("cifar1000")


@EACH
def test_looked_for_in_the_folder_of_its_name(name: str, folders: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, wanted = folders(name)
    monkeypatch.setenv("AWNAS_DATA", str(folder.parent))
    assert DATASETS.load(name).folder == folder
    np.testing.assert_array_equal(DATASETS.load(name)()["test"].labels, wanted["test"][1])


@pytest.mark.parametrize("name", BROUGHT)
def test_the_error_says_what_to_put_where_and_where_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    part = DATASETS.load(name)
    assert isinstance(part, Dataset)
    assert part.name == name
    with pytest.raises(MissingDataError) as caught:
        part()
    message = str(caught.value)
    assert str(tmp_path / name) in message
    assert f"put {part.bring} there, from http" in message
    assert message.endswith(f"or set AWNAS_DATA to the folder that holds {name}")
    with pytest.raises(MissingDataError, match=str(tmp_path / "elsewhere")) as caught:
        part(tmp_path / "elsewhere")
    assert "AWNAS_DATA" not in str(caught.value)


def copied(folder: Path, target: Path) -> Path:
    """Return a copy of a folder whose files are the same ones until they are written anew."""
    for path in folder.rglob("*"):
        if path.is_file():
            (target / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (target / path.relative_to(folder)).hardlink_to(path)
    return target


def replaced(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def some_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are read, of many alike the first and the last."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "wnids.txt")
    return files if len(files) < 20 else [files[0], files[-1]]


@EACH
def test_a_missing_file_is_named(name: str, folders: Any, tmp_path: Path) -> None:
    folder, _ = folders(name)
    for number, file in enumerate(some_files(folder)):
        if file.suffix == ".JPEG" and "train" in file.parts:
            continue  # nothing says how many there are
        copy = copied(folder, tmp_path / str(number))
        (copy / file.relative_to(folder)).unlink()
        with pytest.raises((MissingDataError, DataFileError), match=file.name):
            DATASETS.load(name)(copy)


@EACH
@pytest.mark.parametrize("kept", [0.0, 0.4, 0.99])
def test_a_truncated_file_is_named(name: str, kept: float, folders: Any, tmp_path: Path) -> None:
    folder, _ = folders(name)
    for number, file in enumerate(some_files(folder)):
        copy = copied(folder, tmp_path / str(number))
        raw = file.read_bytes()
        replaced(copy / file.relative_to(folder), raw[: int(kept * len(raw))])
        with pytest.raises(DataFileError, match=file.name) as caught:
            DATASETS.load(name)(copy)
        assert "\n" not in str(caught.value)


@EACH
def test_altered_bytes_are_read_or_refused(name: str, folders: Any, tmp_path: Path) -> None:
    """No other error comes out, whatever the bytes."""
    folder, _ = folders(name)
    copy, rng = copied(folder, tmp_path / "copy"), np.random.default_rng(0)
    file = some_files(copy)[0]
    whole = file.read_bytes()
    for _ in range(60):
        raw = bytearray(whole)
        for at in rng.integers(min(len(raw), 400 if rng.random() < 0.7 else len(raw)), size=rng.integers(1, 6)):
            raw[at] = rng.integers(256)
        replaced(file, bytes(raw))
        try:
            DATASETS.load(name)(copy)
        except AwnasError as error:
            assert str(copy) in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.pop("data"), "has no field data; it has labels"),
        (lambda f: f.pop("labels"), "has no field labels; it has data"),
        (lambda f: f.update(labels=[0, 10]), r"holds the label 10; legal are 0 … 9"),
        (lambda f: f.update(labels=[0, -1]), r"holds the label -1; legal are 0 … 9"),
        (lambda f: f.update(labels=[0]), "2 images and 1 labels"),
        (lambda f: f.update(labels=[0.5, 1.0]), "labels are one whole number an image"),
        (lambda f: f.update(labels=[[0], [1, 2]]), "labels are one whole number an image"),
        (lambda f: f.update(labels="ab"), "labels are one whole number an image"),
        (lambda f: f.update(data=f["data"][:, :-1]), r"images are \[n, 3, 32, 32\]; got \[2, 3071\]"),
        (lambda f: f.update(data=f["data"].reshape(-1)), r"images are \[n, 3, 32, 32\]; got \[6144\]"),
        (lambda f: f.update(data=f["data"].astype(np.int16)), "images are bytes; got int16"),
        (lambda f: f.update(data=[1]), "images are bytes; got list"),
        (lambda f: f.update(data=f["data"][:0], labels=np.zeros(0, np.int64)), "holds no images"),
    ],
)
def test_fields_that_do_not_fit(change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path) -> None:
    written.cifar10(tmp_path)
    fields = {"data": np.zeros((2, 3072), np.uint8), "labels": [0, 1]}
    change(fields)
    replaced(tmp_path / "cifar-10-batches-py" / "data_batch_3", pickle.dumps(fields))
    with pytest.raises(DataFileError, match=f"data_batch_3:? {message}"):
        DATASETS.load("cifar10")(tmp_path)


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_nothing_in_a_pickle_is_run(tmp_path: Path) -> None:
    written.cifar100(tmp_path)
    replaced(tmp_path / "cifar-100-python" / "train", pickle.dumps({"data": Evil(tmp_path / "touched")}))
    with pytest.raises(DataFileError, match=r"train is no pickle of plain data: it names .*, which is not admitted"):
        DATASETS.load("cifar100")(tmp_path)
    assert not (tmp_path / "touched").exists()


def test_a_pickle_of_something_else(tmp_path: Path) -> None:
    written.cifar100(tmp_path)
    replaced(tmp_path / "cifar-100-python" / "test", pickle.dumps([1]))
    with pytest.raises(DataFileError, match="test holds a list where fields with names are wanted"):
        DATASETS.load("cifar100")(tmp_path)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_files_without_the_archives_folder(name: str, folders: Any) -> None:
    folder, wanted = folders(name)
    (inner,) = folder.iterdir()
    np.testing.assert_array_equal(DATASETS.load(name)(inner)["test"].labels, wanted["test"][1])


@pytest.mark.parametrize("name", ["svhn", "tiny_imagenet"])
def test_a_package_that_is_not_installed(name: str, folders: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = folders(name)
    monkeypatch.setitem(__import__("sys").modules, {"svhn": "scipy.io", "tiny_imagenet": "PIL"}[name], None)
    with pytest.raises(MissingExtraError, match=r"awnas-gym\[data\]"):
        DATASETS.load(name)(folder)


def test_imagenet_is_image_files(tmp_path: Path) -> None:
    pytest.importorskip("PIL", reason="needs the extra [data]")
    written.imagenet(tmp_path)
    found = DATASETS.load("imagenet")(tmp_path)
    for split, kind in (("train", "train"), ("test", "val")):
        assert isinstance(found[split], ImageFiles)
        assert found[split].labels.tolist() == list(range(1000))
        assert found[split].paths[7] == str(tmp_path / kind / "n00000007" / "n00000007_1.JPEG")
        assert found[split].shape == describe("imagenet").shape == (3, 224, 224)
    (tmp_path / "val" / "n00000007").rename(tmp_path / "val" / "n1")
    with pytest.raises(DataFileError, match=r"val and .*train hold folders of different names"):
        DATASETS.load("imagenet")(tmp_path)
    (tmp_path / "val" / "n1" / "n00000007_1.JPEG").unlink()
    (tmp_path / "val" / "n1").rmdir()
    with pytest.raises(DataFileError, match="val holds 999 folders; 1000 are wanted, one a class"):
        DATASETS.load("imagenet")(tmp_path)
    (tmp_path / "val" / "n00000007").mkdir()
    with pytest.raises(DataFileError, match=r"n00000007 holds no .jpeg, .jpg, .png"):
        DATASETS.load("imagenet")(tmp_path)


def test_the_page_has_each_data_set_and_where_it_is_from() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", page, re.MULTILINE))
    assert list(rows) == list(DATASETS)
    for name in BROUGHT:
        assert f"]({DATASETS.load(name).page.split()[0]})" in rows[name]
