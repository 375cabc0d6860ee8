"""Drop path: what is dropped, how often, and by which draws."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import SettingError
from awnas_gym.spaces.darts import DARTS

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.cells import CellsNetwork, CellsSupernet  # noqa: E402
from awnas_gym.supernets.drop_path import DropPath, set_drop_path  # noqa: E402

SPACE = DARTS(channels=4, cells=3, image_channels=2, image_size=8, classes=3)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_images_lose_the_result_or_have_it_scaled_up() -> None:
    drop = DropPath()
    drop.probability, drop.generator = 0.25, generator()
    x = torch.ones(4000, 2, 3, 3, requires_grad=True)
    out = drop(x)
    per_image = out[:, 0, 0, 0]
    assert torch.equal(out, per_image[:, None, None, None].expand_as(out))
    assert set(per_image.tolist()) == {0.0, np.float32(1 / 0.75)}
    assert abs((per_image == 0).float().mean().item() - 0.25) < 0.03  # four standard deviations
    out.sum().backward()
    assert torch.equal(x.grad, out)


def test_it_acts_in_training_alone_and_not_at_zero() -> None:
    drop = DropPath()
    x = torch.ones(8, 1, 1, 1)
    assert drop(x) is x
    drop.probability, drop.generator = 0.9, generator()
    assert drop.eval()(x) is x


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_it_keeps_type_and_layout(dtype: torch.dtype) -> None:
    drop = DropPath()
    drop.probability, drop.generator = 0.5, generator()
    out = drop(torch.ones(4, 3, 5, 5, dtype=dtype).contiguous(memory_format=torch.channels_last))
    assert out.dtype == dtype
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_the_generator_alone_decides() -> None:
    network = CellsNetwork(SPACE, SPACE.sample(np.random.default_rng(0), 1)[0])
    images = torch.randn(4, 2, 8, 8, generator=generator(1))
    results = []
    for seed in (0, 0, 1):
        set_drop_path(network, 0.5, generator(seed))
        torch.manual_seed(seed + 7)  # changes nothing
        results.append(network(images))
    assert torch.equal(results[0], results[1])
    assert not torch.allclose(results[0], results[2])
    set_drop_path(network, 0.0, None)
    assert torch.equal(network(images), network(images))


def test_identities_are_not_dropped() -> None:
    """All is dropped but the skips, which pass their value on (probability 1 less a rounding error)."""
    operations = SPACE.operations
    skip, conv = operations.index("skip_connect"), operations.index("sep_conv_3x3")
    images = torch.randn(4, 2, 8, 8, generator=generator(1))
    for first, second, alive in ((skip, skip, True), (conv, conv, False), (skip, conv, True)):
        cell = [first, second, *[0, first, second] * 3]
        network = CellsNetwork(SPACE, cell * 2)
        set_drop_path(network, 1 - 1e-7, generator())
        normal = network.each_cell()[0]
        before = network.stem(images)
        outputs = normal(before, before, network.choices[0])
        values = [normal.before(before), normal.last(before)]
        expected = values[0] + values[1] if second == skip else values[0]
        if alive:
            torch.testing.assert_close(outputs[:, :4], expected)
        else:
            assert not outputs.any()


def test_strided_skips_are_dropped() -> None:
    skip = SPACE.operations.index("skip_connect")
    network = CellsNetwork(SPACE, [skip, skip, *[0, skip, skip] * 3] * 2)
    set_drop_path(network, 1 - 1e-7, generator())
    reduce = network.each_cell()[1]
    assert reduce.stride == 2
    before = network.stem(torch.randn(4, 2, 8, 8, generator=generator(1)))
    last = network.each_cell()[0](before, before, network.choices[0])
    assert not reduce(before, last, network.choices[1]).any()


def test_what_is_wrong_with_a_setting() -> None:
    network = CellsSupernet(SPACE)
    for probability in (-0.1, 1.0, 1.5, float("nan")):
        with pytest.raises(SettingError, match=r"in \[0, 1\)"):
            set_drop_path(network, probability, generator())
    with pytest.raises(SettingError, match=r"torch.Generator of the CPU; got none"):
        set_drop_path(network, 0.2, None)
    with pytest.raises(SettingError, match="Linear has no cells"):
        set_drop_path(torch.nn.Linear(1, 1), 0.2, generator())
    set_drop_path(torch.nn.Linear(1, 1), 0.0, None)
