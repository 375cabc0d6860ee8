"""Memory of activations by hand: what lives at the fullest moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.evaluators import RECORDERS  # noqa: E402
from awnas_gym.evaluators.memory import peak_bytes  # noqa: E402
from awnas_gym.spaces import SPACES  # noqa: E402

FLOAT = 4


class Residual(torch.nn.Module):
    """Two convolutions one after another; their results are added, or the input is."""

    def __init__(self, *, of_input: bool) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Conv2d(4, 4, 1), torch.nn.Conv2d(4, 4, 1)
        self.of_input = of_input

    def forward(self, x: Any) -> Any:
        y = self.first(x)
        z = self.second(y)
        return z + (x if self.of_input else y)


def test_a_chain_needs_the_input_and_its_two_largest_neighbours() -> None:
    layers = [torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 4, 1), torch.nn.ReLU()]
    assert peak_bytes(torch.nn.Sequential(*layers), (1, 3, 16, 16)) == FLOAT * 256 * (3 + 8 + 8)
    assert peak_bytes(torch.nn.Sequential(*layers[2:]), (5, 8, 16, 16)) == FLOAT * 5 * 256 * (8 + 4 + 4)


def test_what_is_done_in_place_needs_nothing() -> None:
    layers = [torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(inplace=True)]
    assert peak_bytes(torch.nn.Sequential(*layers), (1, 3, 16, 16)) == FLOAT * 256 * (3 + 8)


@pytest.mark.parametrize("of_input", [True, False])
def test_a_value_lives_until_its_last_reader(of_input: bool) -> None:
    values = 4  # the input, both results, and their sum
    assert peak_bytes(Residual(of_input=of_input), (2, 4, 8, 8)) == FLOAT * 2 * 64 * 4 * values


@pytest.mark.parametrize("name", ["nasbench201", "fbnet"])
def test_recorded_of_a_space(name: str) -> None:
    space: Any = SPACES.load(name)(image_size=32)
    recorder = RECORDERS.load("memory")(space, batch_size=2)
    smallest, largest = (
        float(recorder.record(np.full(len(space.cardinalities), choice, dtype=space.dtype))["peak_memory_mib"])
        for choice in ((1, 3) if name == "nasbench201" else (0, 3))
    )
    assert 0 < smallest < largest
    wide = space.layers(np.full(len(space.cardinalities), 3, dtype=space.dtype))
    assert largest * 2**20 >= FLOAT * 2 * max(layer.c_in * layer.height * layer.width for layer in wide)


def test_of_texts_there_are_none() -> None:
    with pytest.raises(Exception, match="image"):
        RECORDERS.load("memory")(SPACES.load("recurrent")())
