"""FBNet: its size, the published networks, identities that move freely, the two variants."""

import itertools

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, SettingError, UnknownNameError
from awnas_gym.spaces import SPACES, total_macs, total_params
from awnas_gym.spaces.fbnet import BLOCKS

SPACE = SPACES.load("fbnet")()
SKIP = list(BLOCKS).index("skip")
FBNET_A = (
    "skip/k3_e3,k3_e1,skip,skip/k5_e6,k3_e3,k5_e1,k3_e3/k5_e6,k5_e3,k5_e1_g2,k5_e6/"
    "k3_e6,k5_e1_g2,k5_e3,k3_e1_g2/k5_e6,k5_e6,k5_e3,k5_e6/k5_e6"
)
FBNET_C = (
    "k3_e1/k3_e6,skip,k3_e1,k3_e1/k5_e6,k5_e3,k5_e6,k3_e6/k5_e6,k5_e3,k5_e6,k5_e6/"
    "k5_e6,k5_e6,k5_e6,k5_e3/k5_e6,k5_e6,k5_e6,k5_e6/k3_e6"
)


def test_the_size_of_the_paper() -> None:
    assert SPACE.size == 9**22
    assert SPACE.size == pytest.approx(9.85e20, rel=1e-3)


def test_fbnet_c() -> None:
    """5,572,200 parameters has timm's fbnetc_100; the paper (table 3) says 5.5 million, and 375 million MACs."""
    layers = SPACE.layers(SPACE.parse(FBNET_C))
    assert total_params(layers) == 5_572_200
    assert total_macs(layers) == pytest.approx(375e6, rel=0.03)


def test_fbnet_a() -> None:
    """4.3 million parameters and 249 million MACs (table 3), with 1504 channels before the pooling."""
    layers = SPACE.layers(SPACE.parse(FBNET_A))
    fewer = 1984 - 1504
    assert total_params(layers) - fewer * (352 + 2 + 1000) == pytest.approx(4.3e6, abs=0.05e6)
    assert total_macs(layers) - fewer * (352 * 7 * 7 + 1000) == pytest.approx(249e6, abs=1e6)


# ------------------------------------------------------------------ notation


def test_blocks_are_in_the_order_of_the_benchmark() -> None:
    assert list(BLOCKS) == ["k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6", "skip"]
    assert SPACE.parse(FBNET_A).tolist() == [8, 2, 0, 8, 8, 7, 2, 4, 2, 7, 6, 5, 7, 3, 5, 6, 1, 7, 7, 6, 7, 7]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FBNET_A.replace("/", ","), "with 1, 4, 4, 4, 4, 4, 1 blocks in the stages"),
        (FBNET_A.removeprefix("skip/"), "is no fbnet genotype"),
        (FBNET_A.replace("k3_e1,", "k3e1,"), r"stage 2 layer 2: No block named 'k3e1'\. Did you mean 'k3_e1'"),
        (FBNET_A + " /", "is no fbnet genotype"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


# ------------------------------------------------------------------ what is the same


def test_networks_share_a_representative_if_and_only_if_they_are_the_same_layers() -> None:
    """All that the last three layers of a stage can be, behind a block and behind a skip that changes the shape."""
    rows = np.zeros((2 * 9**3, 22), dtype=np.int64)
    rows[:, 5:9] = list(itertools.product([3, SKIP], range(9), range(9), range(9)))
    canonical = SPACE.canonical(rows)
    networks = [tuple(SPACE.layers(row)) for row in rows]
    by_layers: dict[tuple[object, ...], set[bytes]] = {}
    for network, row in zip(networks, canonical, strict=True):
        by_layers.setdefault(network, set()).add(row.tobytes())
    assert all(len(representatives) == 1 for representatives in by_layers.values())
    assert len({row.tobytes() for row in canonical}) == len(by_layers) == 2 * (1 + 8 + 64 + 512)


def test_the_number_of_classes() -> None:
    assert SPACE.unique_size == 9 * (9 * 585) ** 5 * 9


def test_an_identity_moves_behind_the_blocks_of_its_stage_and_no_further() -> None:
    row = SPACE.parse(FBNET_A)
    row[[2, 10]] = SKIP
    moved = SPACE.genotype(SPACE.canonical(row)[0])
    assert moved.startswith("skip/k3_e3,skip,skip,skip/k5_e6,k3_e3,k5_e1,k3_e3/k5_e6,k5_e1_g2,k5_e6,skip/k3_e6,")


# ------------------------------------------------------------------ layers


def test_a_skip_that_changes_the_shape_is_a_convolution() -> None:
    layers = SPACE.layers([SKIP] * 22)
    convolutions = [(layer.c_in, layer.c_out, layer.kernel, layer.stride) for layer in layers if layer.kind == "conv"]
    assert convolutions == [
        (3, 16, 3, 2), (16, 24, 1, 2), (24, 32, 1, 2), (32, 64, 1, 2), (64, 112, 1, 1), (112, 184, 1, 2),
        (184, 352, 1, 1), (352, 1984, 1, 1),
    ]  # fmt: skip
    assert layers[-2].height == 7


def test_the_variant_for_cifar() -> None:
    space = SPACES.load("fbnet")(variant="cifar", image_size=32, classes=10)
    layers = space.layers([SKIP] * 22)
    assert [layer.stride for layer in layers if layer.kind == "conv"] == [1, 1, 2, 2, 1, 2, 1, 1]
    assert (layers[-1].c_in, layers[-1].c_out, layers[-2].height) == (1504, 10, 4)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"No variant of fbnet named 'imagnet'\. Did you mean 'imagenet'"):
        SPACES.load("fbnet")(variant="imagnet")
    with pytest.raises(SettingError, match="image_size is a whole number"):
        SPACES.load("fbnet")(image_size=0)
