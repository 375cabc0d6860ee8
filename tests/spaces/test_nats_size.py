"""The size space of NATS-Bench: golden numbers of the official records 0, 11 and 284, and of the index order."""

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces import SPACES, total_macs, total_params

SPACE = SPACES.load("nats_size")()


@pytest.mark.parametrize(
    ("index", "genotype", "params", "mega_macs"),
    [  # `params` (millions) and `flop` of NATS-sss-v1_0-50262-simple; they count the classifier's 10 biases as MACs
        (0, "8:8:8:8:8", 11_714, 4.481114),
        (11, "8:8:8:16:32", 49_202, 6.84065),
        (284, "8:8:40:32:40", 144_834, 21.827994),
    ],
)
def test_official_records(index: int, genotype: str, params: int, mega_macs: float) -> None:
    arch = SPACE.unindex([index])[0]
    assert SPACE.genotype(arch) == genotype
    assert total_params(SPACE.layers(arch)) == params
    assert (total_macs(SPACE.layers(arch)) + 10) / 1e6 == pytest.approx(mega_macs, abs=1e-9)


def test_the_order_is_lexicographic() -> None:
    assert SPACE.size == 8**5
    assert SPACE.genotype(SPACE.unindex([32767])[0]) == "64:64:64:64:64"
    assert SPACE.index(SPACE.parse("8:8:8:8:16")).tolist() == [1]


@pytest.mark.parametrize("text", ["8:8:8:8", "8:8:8:8:9", "8:8:8:8:72", "8:8:8:8:-8", "8:8:8:8:\u0668"])
def test_what_is_no_width_is_refused(text: str) -> None:
    with pytest.raises(GenotypeError, match=r"channels|five channel counts"):
        SPACE.parse(text)


def test_other_images() -> None:
    assert SPACES.load("nats_size")(image_size=16, classes=120).layers(np.zeros(5, dtype=int))[-1].c_out == 120
    with pytest.raises(SettingError, match="classes is a whole number"):
        SPACES.load("nats_size")(classes=0)
