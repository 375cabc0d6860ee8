"""Texts as windows: each goes on where the last one ended, and an epoch is the whole text."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.data import Text
from awnas_gym.errors import SettingError

torch = pytest.importorskip("torch", reason="needs the extra [torch]")

from awnas_gym.training.stream import Stream  # noqa: E402
from awnas_gym.training.windows import Windows  # noqa: E402

VOCABULARY = tuple(map(str, range(1000)))


def text(n: int = 23) -> Text:
    return Text(np.arange(n), VOCABULARY)


def test_windows_by_hand() -> None:
    batches = list(Windows(text(), 2, length=4).epoch(0))
    assert [tokens.tolist() for tokens, _ in batches] == [
        [[0, 1, 2, 3], [11, 12, 13, 14]],
        [[4, 5, 6, 7], [15, 16, 17, 18]],
        [[8, 9], [19, 20]],  # 21 is predicted, 22 fills no part
    ]
    for tokens, following in batches:
        assert torch.equal(following, tokens + 1)


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize(("n", "batch_size", "length"), [(23, 2, 4), (1000, 3, 35), (50, 1, 1), (50, 5, 35), (4, 2, 9)])
def test_an_epoch_is_the_whole_text_in_as_many_windows(seed: int | None, n: int, batch_size: int, length: int) -> None:
    windows = Windows(text(n), batch_size, length=length, seed=seed)
    size = n // batch_size
    assert len(windows) == -(-(size - 1) // length)
    for number in range(3):
        batches = list(windows.epoch(number))
        assert len(batches) == len(windows)
        read = torch.cat([tokens for tokens, _ in batches], dim=1)
        following = torch.cat([after for _, after in batches], dim=1)
        wanted = torch.arange(size * batch_size).reshape(batch_size, size)
        assert torch.equal(read, wanted[:, :-1])
        assert torch.equal(following, wanted[:, 1:])
        later = list(windows.epoch(number, start=2))
        assert [tokens.tolist() for tokens, _ in later] == [tokens.tolist() for tokens, _ in batches[2:]]


def lengths(windows: Windows, number: int) -> list[int]:
    return [tokens.shape[1] for tokens, _ in windows.epoch(number)]


def test_lengths_are_drawn_by_seed_and_epoch() -> None:
    windows = Windows(text(1000), 2, length=35, seed=0)
    assert lengths(windows, 0) == lengths(Windows(text(1000), 2, length=35, seed=0), 0)
    assert lengths(windows, 0) != lengths(windows, 1)
    assert lengths(windows, 0) != lengths(Windows(text(1000), 2, length=35, seed=1), 0)
    assert set(lengths(windows.whole(), 0)[:-1]) == {35}


def test_lengths_are_those_of_the_papers() -> None:
    """35 with a deviation of 5, and half of it once in 20 times."""
    long = Text(np.zeros(350_001, dtype=np.int64), ("a",))
    found = np.array(lengths(Windows(long, 1, length=35, seed=0), 0))
    usual = found[found > 22]  # four of five of those that are halved, about 18 long, are below
    assert found.mean() == 35.0
    assert 1 - len(usual) / len(found) == pytest.approx(0.05 * 0.79 + 0.003, abs=0.012)
    assert usual.std() == pytest.approx(5, abs=0.3)
    assert found.min() >= 5
    assert found.max() <= 57


def test_another_text_in_the_same_windows() -> None:
    windows = Windows(text(), 2, length=4, seed=0).whole(text(9))
    assert [tokens.tolist() for tokens, _ in windows.epoch(5)] == [[[0, 1, 2], [4, 5, 6]]]


def test_a_stream_forgets_at_the_beginning_of_an_epoch() -> None:
    stream = Stream(Windows(text(), 2, length=4))
    assert stream.remembered() == ()
    seen = []
    for number in range(7):
        next(stream)
        seen.append([int(memory) for memory in stream.remembered()])
        stream.memory = torch.tensor(number)
    assert seen == [[], [0], [1], [], [3], [4], []]


@pytest.mark.parametrize(
    ("n", "batch_size", "length", "message"),
    [
        (23, 12, 4, "batch_size is 1 … 11, so that each part of the 23 tokens has two; got 12"),
        (23, 0, 4, "batch_size is"),
        (23, 2, 0, "length is"),
        (23, 2, 1.5, "length is"),
    ],
)
def test_what_does_not_fit_is_refused(n: int, batch_size: int, length: int, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Windows(text(n), batch_size, length=length)
