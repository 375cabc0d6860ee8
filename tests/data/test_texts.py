"""Data sets of text: words, lines and characters become the numbers that papers count, by the training text alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.data import DATASETS, Text, describe, images_of, texts_of
from awnas_gym.data.searching import texts_to_search
from awnas_gym.errors import AwnasError, DataFileError, MissingDataError, SettingError

PTB = {
    "train": " a b <unk> N \n the cat \n a b \n",
    "valid": " the the cat \n a \n \n",  # as some copies end
    "test": " b \n",
}
WIKI = {"train": " \n = Title = \n \n a <unk> a \n", "valid": " \n a \n", "test": " = a = \n \n"}


def written(folder: Path, form: str, texts: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for split, text in texts.items():
        (folder / form.format(split)).write_text(text, encoding="utf-8")
    return folder


def read(name: str, folder: Path) -> dict[str, Text]:
    found: dict[str, Text] = DATASETS.load(name)(folder)
    return found


def spelled(text: Text) -> list[str]:
    return [text.vocabulary[token] for token in text.tokens]


@pytest.mark.parametrize("inner", ["", "simple-examples/data"])
def test_penn_treebank(tmp_path: Path, inner: str) -> None:
    """Tokens are the words and an end for each line that has some."""
    written(tmp_path / inner, "ptb.{}.txt", PTB)
    found = read("ptb", tmp_path)
    for split, text in PTB.items():
        lines = [line for line in text.split("\n") if line.strip()]
        assert len(found[split]) == len(text.split()) + len(lines)
    assert spelled(found["valid"]) == ["the", "the", "cat", "<eos>", "a", "<eos>"]
    assert found["train"].vocabulary == ("<eos>", "a", "b", "<unk>", "N", "cat", "the")
    assert all(text.vocabulary == found["train"].vocabulary for text in found.values())


@pytest.mark.parametrize("inner", ["", "wikitext-2"])
def test_wikitext_counts_blank_lines(tmp_path: Path, inner: str) -> None:
    written(tmp_path / inner, "wiki.{}.tokens", WIKI)
    found = read("wikitext2", tmp_path)
    assert spelled(found["test"]) == ["=", "a", "=", "<eos>", "<eos>"]
    assert [len(text) for text in found.values()] == [10, 3, 5]


def test_words_that_the_training_text_does_not_have(tmp_path: Path) -> None:
    written(tmp_path, "ptb.{}.txt", {**PTB, "test": " dog \n"})
    assert spelled(read("ptb", tmp_path)["test"]) == ["<unk>", "<eos>"]
    written(tmp_path, "ptb.{}.txt", {"train": "a b", "test": "b c"})
    with pytest.raises(DataFileError, match=r"valid has '<unk>|valid has 'the'; the training text has not, and no"):
        read("ptb", tmp_path)


def test_own_text_as_words_and_characters(tmp_path: Path) -> None:
    """What the training text has once is unknown, so that the network sees what is unknown."""
    written(tmp_path, "{}.txt", {"train": "a cat, a dog\r\nand a cat,\n", "test": "a fox\n"})
    words = read("text_words", tmp_path)
    assert words.keys() == {"train", "test"}
    assert words["train"].vocabulary == ("a", "<eos>", "cat,", "<unk>")
    assert spelled(words["train"]) == ["a", "cat,", "a", "<unk>", "<eos>", "<unk>", "a", "cat,", "<eos>"]
    assert spelled(words["test"]) == ["a", "<unk>", "<eos>"]
    characters = read("text_characters", tmp_path)
    assert len(characters["train"]) == len("a cat, a dog\nand a cat,\n")
    assert set(characters["train"].vocabulary) == {*"acdt, \n", "<unk>"}
    assert spelled(characters["test"]) == ["a", " ", "<unk>", "<unk>", "<unk>", "\n"]


def test_the_embedded_plays() -> None:
    found = texts_of("shakespeare")
    assert {split: len(text) for split, text in found.items()} == {"train": 400_000, "valid": 40_000, "test": 40_000}
    text = "".join(spelled(found["train"]))
    assert text.startswith("First Citizen:\nBefore we proceed any further, hear me speak.\n")
    assert found["train"].vocabulary == tuple(sorted(set(text), key=lambda c: (-Counter(text)[c], c))[:63])
    assert DATASETS.load("shakespeare")()["test"].tokens.tolist() == found["test"].tokens.tolist()


@pytest.mark.parametrize("content", [b"", b" \n\n", b"a b \xff c"])
@pytest.mark.parametrize(
    ("name", "form"), [("ptb", "ptb.{}.txt"), ("wikitext2", "wiki.{}.tokens"), ("text_words", "{}.txt")]
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, form: str, content: bytes) -> None:
    written(tmp_path, form, PTB)
    (tmp_path / form.format("valid")).write_bytes(content)
    with pytest.raises(DataFileError, match=form.format("valid")) as caught:
        read(name, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "form"), [("ptb", "ptb.{}.txt"), ("wikitext2", "wiki.{}.tokens"), ("text_characters", "{}.txt")]
)
def test_a_missing_file_is_named(tmp_path: Path, name: str, form: str) -> None:
    written(tmp_path, form, PTB)
    (tmp_path / form.format("train")).unlink()
    with pytest.raises(MissingDataError, match=f"no {form.format('train')}.*; put .* there, from http"):
        read(name, tmp_path)


def test_bytes_are_read_or_refused(tmp_path: Path) -> None:
    """No other error comes out, whatever the bytes."""
    rng = np.random.default_rng(0)
    written(tmp_path, "ptb.{}.txt", PTB)
    for _ in range(200):
        raw = bytearray(PTB["train"].encode())
        for at in rng.integers(len(raw), size=rng.integers(1, 6)):
            raw[at] = rng.integers(256)
        (tmp_path / "ptb.train.txt").write_bytes(raw)
        try:
            read("ptb", tmp_path)
        except AwnasError as error:
            assert str(tmp_path) in str(error)  # noqa: PT017


def test_texts_and_images_are_told_apart() -> None:
    for name in ("ptb", "shakespeare"):  # ptb is not there: nothing is read for it
        for read_images in (images_of, describe):
            with pytest.raises(SettingError, match=f"{name} holds text; images are wanted here"):
                read_images(name)
    for name in ("cifar10", "fashion14"):
        with pytest.raises(SettingError, match=f"{name} holds images; text is wanted here"):
            texts_of(name)


def test_the_end_of_the_training_text_scores_where_no_other_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    written(tmp_path / "text_characters", "{}.txt", {"train": "abcdefghij" * 10})
    train, valid = texts_to_search("text_characters", valid_fraction=0.25)
    assert (len(train), len(valid)) == (75, 25)
    assert "".join(spelled(train) + spelled(valid)) == "abcdefghij" * 10
    assert len(texts_to_search("text_characters")[1]) == 10
    for fraction in (0, 1.0, 0.001):
        with pytest.raises(SettingError, match="share"):
            texts_to_search("text_characters", valid_fraction=fraction)
    assert len(texts_to_search("shakespeare")[1]) == 40_000
    with pytest.raises(SettingError, match="shakespeare has a split valid"):
        texts_to_search("shakespeare", valid_fraction=0.1)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (np.zeros(3, np.int32), r"tokens are int64 \[n\]; got int32 \[3\]"),
        (np.zeros((1, 3), np.int64), r"got int64 \[1, 3\]"),
        (np.array([0, 2]), r"tokens are 0 … 1, by the vocabulary; got 0 … 2"),
        (np.array([-1]), "got -1 … -1"),
    ],
)
def test_numbers_that_are_no_tokens(tokens: np.ndarray, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Text(tokens, ("a", "b"))


def test_a_checksum_tells_texts_apart() -> None:
    made = [
        Text(np.array(tokens), vocabulary) for tokens in ([0, 1], [1, 0]) for vocabulary in (("a", "b"), ("b", "a"))
    ]
    assert len({text.checksum for text in made}) == 4
    assert Text(np.array([0, 1]), tuple("ab")).checksum == made[0].checksum
