"""Files that list architectures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awnas_gym.errors import AwnasError, GenotypeError, SettingError, UnknownNameError
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.architecture_files import read_architectures, write_architectures, write_list
from awnas_gym.spaces.foreign_genotypes import write_aw_nas

SPACE = SPACES.load("nasbench201")()
DARTS = SPACES.load("darts")()


@pytest.mark.parametrize("space", [SPACE, DARTS])
@pytest.mark.parametrize("mode", ["str", "list"])
def test_what_is_written_is_read_back(tmp_path: Path, space: Any, mode: str) -> None:
    archs = space.sample(np.random.default_rng(0), 7)
    path = tmp_path / "archs.yaml"
    write_architectures(path, archs, space, dump_mode=mode)
    assert np.array_equal(read_architectures(path, space), archs)
    assert len(path.read_text().splitlines()) == 7


def test_lists_of_aw_nas_and_of_results_are_read(tmp_path: Path) -> None:
    """With comments and wrapped lines, as `awnas derive` of aw_nas writes them."""
    archs = DARTS.sample(np.random.default_rng(0), 3)
    path = tmp_path / "archs.yaml"
    genotypes = [write_aw_nas(DARTS, row).replace(", reduce_1=", ",\n  reduce_1=") for row in archs]
    path.write_text("".join(f"# ---- Arch {i} (Reward 0.9) ----\n- {text}\n\n" for i, text in enumerate(genotypes)))
    assert np.array_equal(read_architectures(path, DARTS), archs)
    write_list(path, [{"genotype": text, "reward": 0.1} for text in genotypes], header={"scored": {"test": False}})
    assert np.array_equal(read_architectures(path, DARTS), archs)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("- '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|'\n- '|none~0|+|nine~0|none~1|+|none~0|none~1|none~2|'",
         GenotypeError, r"archs.yaml, line 2: edge 0->2: No operation named 'nine'\. Did you mean 'none'"),
        ("# one\n- [0, 0, 0, 0, 0, 0]\n- [0, 0, 0, 0, 0, 7]", GenotypeError, r"line 3: .* decision 5 .* is 7; legal"),
        ("- [0, 0, 0]", GenotypeError, r"line 1: .*integers of shape \[batch, 6\]"),
        ("- {genotpe: x}", GenotypeError, "line 1: an architecture is a genotype, a list of decisions, or a mapping"),
        ("- '|none~0|+|none~0|no", SettingError, "is no YAML"),
        ("archs: [a]", SettingError, "a list is wanted, or a mapping with a list under 'architectures'"),
        ("", SettingError, "a list is wanted"),
        ("- [99999999999999999999999, 0, 0, 0, 0, 0]", GenotypeError, "line 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    path = tmp_path / "archs.yaml"
    path.write_text(text)
    with pytest.raises(error, match=message):
        read_architectures(path, SPACE)


def test_other_bad_input(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot read"):
        read_architectures(tmp_path / "absent.yaml", SPACE)
    with pytest.raises(UnknownNameError, match=r"No dump_mode named 'lists'\. Did you mean 'list'"):
        write_architectures(tmp_path / "x.yaml", SPACE.sample(np.random.default_rng(0), 1), SPACE, dump_mode="lists")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 400), junk=st.text(max_size=5))
def test_a_damaged_file_gives_an_error_or_fewer_architectures(tmp_path: Path, cut: int, junk: str) -> None:
    path = tmp_path / "archs.yaml"
    archs = SPACE.sample(np.random.default_rng(0), 5)
    write_architectures(path, archs, SPACE)
    path.write_bytes(path.read_bytes()[:cut] + junk.encode(errors="surrogatepass"))
    try:
        found = read_architectures(path, SPACE)
    except AwnasError:
        return
    assert np.array_equal(found, archs[: len(found)])
