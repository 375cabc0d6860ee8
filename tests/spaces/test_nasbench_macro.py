"""NAS-Bench-Macro: the published records, its notation, identities that move freely."""

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces import SPACES, LayerSpec, total_macs, total_params
from awnas_gym.spaces.nasbench_macro import BLOCKS

SPACE = SPACES.load("nasbench_macro")()


def test_the_best_network_of_the_benchmark() -> None:
    """`params` and `flops` of `22212220` in nas-bench-macro_cifar10.json, the file of the authors' repository."""
    layers = SPACE.layers(SPACE.parse("22212220"))
    assert total_params(layers) == 1_985_514
    assert total_macs(layers) == 85_164_544


def test_its_size_and_blocks_are_those_of_the_paper() -> None:
    assert SPACE.size == 6561
    assert BLOCKS == {"identity": None, "mb3_k3": (3, 3), "mb6_k5": (5, 6)}


# ------------------------------------------------------------------ notation


def test_digits_are_choices() -> None:
    assert SPACE.parse(" 01221020\n").tolist() == [0, 1, 2, 2, 1, 0, 2, 0]
    assert SPACE.genotype([2, 2, 2, 1, 2, 2, 2, 0]) == "22212220"
    assert [label for *_, label in SPACE.graph([0, 1, 2, -1, -1, -1, -1, -1]).edges] == [*BLOCKS, *[None] * 5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2221222", "a digit for each layer"),
        ("222122200", "a digit for each layer"),
        ("2221222-", "a digit for each layer"),
        ("2221222\u0662", "a digit for each layer"),
        ("22212320", r"stage 3 layer 1 has block 3; legal: 0 \(identity\), 1 \(mb3_k3\), 2 \(mb6_k5\)"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


# ------------------------------------------------------------------ what is the same


def test_networks_share_a_representative_if_and_only_if_they_are_the_same_layers() -> None:
    """All 6,561: an identity that changes no shape is no layer, so equal functions are equal lists of layers."""
    archs = SPACE.enumerate()
    representative_of: dict[tuple[LayerSpec, ...], set[int]] = {}
    for arch, index in zip(archs, SPACE.index(SPACE.canonical(archs)).tolist(), strict=True):
        representative_of.setdefault(tuple(SPACE.layers(arch)), set()).add(index)
    assert all(len(indices) == 1 for indices in representative_of.values())
    assert len(set.union(*representative_of.values())) == len(representative_of) == SPACE.unique_size == 3969


def test_an_identity_moves_to_the_end_of_its_stage_and_past_no_first_layer() -> None:
    assert SPACE.key(SPACE.parse("00001101")) == "00010110"
    assert SPACE.key(SPACE.parse("01002012")) == "01020012"


# ------------------------------------------------------------------ layers


def test_an_identity_that_changes_the_shape_is_a_convolution() -> None:
    layers = SPACE.layers(np.zeros(8, dtype=int))
    convolutions = [(layer.c_in, layer.c_out, layer.kernel, layer.stride) for layer in layers if layer.kind == "conv"]
    assert convolutions == [(3, 32, 3, 1), (32, 64, 1, 2), (64, 128, 1, 2), (128, 256, 1, 2), (256, 1280, 1, 1)]
    assert layers[-2].height == 4


def test_other_sizes() -> None:
    small = SPACES.load("nasbench_macro")(channels=4, image_channels=1, image_size=14, classes=5)
    layers = small.layers(small.parse("11111111"))
    assert (layers[0].c_in, layers[0].c_out, layers[-2].height, layers[-1].c_out) == (1, 4, 2, 5)
    with pytest.raises(SettingError, match="channels is a whole number"):
        SPACES.load("nasbench_macro")(channels=0)
