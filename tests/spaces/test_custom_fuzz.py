"""Ten thousand malformed descriptions: each builds a space that works, or is refused with an error of the package."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import AwnasError
from awnas_gym.spaces.custom import Custom

TEXT = """name: mlp
choices:
  depth: [1, 2, 3]
  width: [16, 32]
  act: [relu, tanh]
  drop: [0.0, 0.1, true]
conditions:
  drop: {depth: [2, 3], act: [tanh]}
"""
PIECES = (
    *(
        "&a ",
        "*a",
        "<<: *a",
        "!!bool ",
        "!!int ",
        "!!float ",
        "!!timestamp ",
        "!!binary ",
        "!!set ",
        "!!python/name:os ",
    ),
    *(
        "? ",
        "- ",
        ": ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        '"',
        "#",
        "|",
        ">",
        "%",
        "@",
        "\t",
        "\n",
        "---",
        "...",
        "\0",
        "\r",
    ),
    *("1e5", ".nan", ".inf", "0x" + "f" * 6000, "1" * 5000, "1:2:3", "2001-01-01", "~", "yes", "\ufeff", "é", "\u2028"),
)
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        1.0,
        0.5,
        float("nan"),
        float("inf"),
        10**30,
        10**5000,
        "",
        "1",
        "true",
        "a",
        "b",
        "=,",
    ),
    *(" ", "a\n", "\ud800", b"a", (), [], {}, set(), {1}, object(), 1j, np.int8(1), np.float32(0.1), np.str_("a")),
    *(np.array([1, 2]), np.array(1), range(3), [[]], {"a": {}}, lambda: 0, type),
)


def works(space: Custom) -> None:
    """Play with a space that was built."""
    rng = np.random.default_rng(0)
    for arch in space.sample(rng, 2):
        assert np.array_equal(space.parse(space.genotype(arch)), arch)
        assert np.array_equal(space.from_values(space.values(arch)), arch)
        space.graph(space.mutate(arch, rng))
    assert Custom(**json.loads(json.dumps(space.settings))).size == space.size > 1


def outcome(build: Callable[[], Custom]) -> str:
    """Return what comes of a description; any error but the package's own is a failure of the test."""
    try:
        space = build()
    except AwnasError as error:
        return "refused" if len(str(error)) < 2000 else "refused at length"
    works(space)
    return "built"


def damaged(text: str, rng: random.Random) -> bytes:
    """Return a text with one or two pieces or bytes put in, cut out or moved."""
    raw = text.encode()
    for _ in range(rng.randint(1, 2)):
        a, b = sorted(rng.randrange(len(raw) + 1) for _ in range(2))
        b = min(b, a + 12)
        raw = rng.choice(
            (
                raw[:a] + rng.choice(PIECES).encode(errors="surrogatepass") + raw[a:],
                raw[:a] + raw[b:],
                raw[:a] + raw[b:] + raw[a:b],
                raw[:b] + raw[a:],
                raw[:a] + rng.randbytes(1) + raw[a + 1 :],
            )
        )
    return raw


def disordered(rng: random.Random) -> dict[str, Any]:
    """Return arguments of small valid parts, some of them replaced by something odd."""

    def or_odd(part: Any) -> Any:
        return rng.choice(ODD) if rng.random() < 0.07 else part

    def key(name: str) -> Any:
        odd = or_odd(name)
        return odd if isinstance(odd, str | int | float | bool | tuple | type(None)) else name

    names = rng.sample(["a", "b", "c", "d", "a b"], rng.randint(1, 4))
    values = {name: rng.sample([0, 1, 2, "x", "y", 0.5, True], rng.randint(1, 3)) for name in names}
    conditions = {
        key(rng.choice(names)): or_odd({key(rng.choice(names)): or_odd(rng.choice(list(values.values()))[:1])})
        for _ in range(rng.randint(0, 2))
    }
    return {
        "choices": or_odd({key(name): or_odd([or_odd(value) for value in given]) for name, given in values.items()}),
        "conditions": or_odd(conditions),
    }


@pytest.mark.parametrize("part", range(2))
def test_damaged_files(part: int, tmp_path: Path) -> None:
    rng, path = random.Random(part), tmp_path / "mine.yaml"
    seen: Counter[str] = Counter()
    for _ in range(2500):
        path.write_bytes(damaged(TEXT, rng))
        seen[outcome(lambda: Custom.from_yaml(path))] += 1
    assert set(seen) == {"built", "refused"}
    assert min(seen.values()) > 100, seen


@pytest.mark.parametrize("part", range(2))
def test_disordered_arguments(part: int) -> None:
    rng = random.Random(part)
    seen: Counter[str] = Counter()
    for _ in range(2500):
        given = disordered(rng)
        seen[outcome(lambda given=given: Custom(**given))] += 1
    assert set(seen) == {"built", "refused"}
    assert min(seen.values()) > 100, seen


def test_genotypes_made_of_noise() -> None:
    space = Custom(choices={"a": [1, 2], "b": ["x", "y"]}, conditions={"b": {"a": [2]}})
    rng = random.Random(0)
    for _ in range(2000):
        text = "".join(rng.choice(("a", "b", "=", ",", "1", "2", "x", "y", " ", "\n", "a=2", "b=x")) for _ in range(5))
        try:
            assert space.genotype(space.parse(text)).count("=") == text.count("=")
        except AwnasError:
            continue
