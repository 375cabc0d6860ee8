"""The contract of every search space, run over the table `SPACES` and over a constrained space of the tests."""

from __future__ import annotations

import inspect
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError
from awnas_gym.spaces import SPACES, AbstractSpace
from awnas_gym.spaces.custom import Custom
from awnas_gym.testing.space import SPACE_CHECKS
from tests.spaces.constrained import Chain

CHOICES = {"depth": [1, 2, 3], "width": [16, 32], "activation": ["relu", "tanh"], "dropout": [0.0, 0.1, 0.5]}
CASES: dict[str, AbstractSpace] = {name: SPACES.load(name)() for name in SPACES if name != "custom"} | {
    "nasbench_nlp": SPACES.load("nasbench_nlp")(nodes=5),  # of 25 nodes the 1,900 edits of a cell take minutes
    "chain": Chain(),
    "custom": Custom(choices=CHOICES),
    "custom with conditions": Custom(
        choices=CHOICES,
        conditions={"activation": {"width": [32]}, "dropout": {"depth": [2, 3], "activation": ["tanh"]}},
    ),
}
ENUMERABLE = 20_000
SEEDS = st.integers(0, 2**32 - 1)

pytestmark = pytest.mark.parametrize("name", CASES)


def draw(name: str, seed: int, n: int = 1) -> tuple[AbstractSpace, np.ndarray, np.random.Generator]:
    """Return the space, `n` legal architectures and the generator that drew them."""
    rng = np.random.default_rng(seed)
    return CASES[name], CASES[name].sample(rng, n), rng


def legal(space: AbstractSpace, arch: np.ndarray) -> bool:
    """Say by the masks alone whether a row is legal."""
    return all(
        0 <= choice < len(mask) and bool(mask[choice])
        for i, choice in enumerate(arch.tolist())
        for mask in [space.mask(arch[:i])]
    )


def every(space: AbstractSpace) -> np.ndarray:
    """Return all decision tuples, legal or not, or skip a space that is too large for that."""
    if np.prod([float(n) for n in space.cardinalities]) > ENUMERABLE:
        pytest.skip(f"more than {ENUMERABLE} tuples")
    return np.stack(np.meshgrid(*map(np.arange, space.cardinalities), indexing="ij"), axis=-1).reshape(
        -1, len(space.cardinalities)
    )


@settings(max_examples=10)
@given(seed=SEEDS)
@pytest.mark.parametrize("check", SPACE_CHECKS)
def test_the_contract(name: str, check: str, seed: int) -> None:
    """The same checks that users run on spaces of their own."""
    SPACE_CHECKS[check](CASES[name], np.random.default_rng(seed))


# ------------------------------------------------------------------ what it says of itself


def test_the_row_is_the_name(name: str) -> None:
    space = CASES[name]
    assert name not in SPACES or space.name == name
    assert len(space.decision_names) == len(space.cardinalities) == len(set(space.decision_names))
    assert min(space.cardinalities) >= 1


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 keeps no trace of typing.final")
def test_only_what_may_be_overridden_is(name: str) -> None:
    """An abstract class or a final one; derived methods are final."""
    assert getattr(type(CASES[name]), "__final__", False)
    for method, value in inspect.getmembers(AbstractSpace):
        if getattr(value, "__final__", False):
            assert inspect.getattr_static(type(CASES[name]), method) is inspect.getattr_static(AbstractSpace, method)


def test_unconstrained_means_every_mask_is_full(name: str) -> None:
    space = CASES[name]
    tuples = every(space)
    assert space.unconstrained == (space.size == len(tuples))


def test_the_type_is_the_smallest_that_fits(name: str) -> None:
    space, archs, _ = draw(name, 0, 4)
    assert archs.dtype == space.dtype
    fits = [kind for kind in (np.int8, np.int16, np.int32) if np.iinfo(kind).max >= max(space.cardinalities) - 1]
    assert space.dtype == fits[0]


# ------------------------------------------------------------------ masks, samples, check


def test_every_choice_of_the_joint_mask_can_be_met_and_no_other(name: str) -> None:
    space = CASES[name]
    met = [arch for arch in every(space) if legal(space, arch)]
    for i, cardinality in enumerate(space.cardinalities):
        assert np.flatnonzero(space.joint_mask(i)).tolist() == sorted({int(arch[i]) for arch in met})
        assert len(space.joint_mask(i)) == cardinality


def test_samples_reach_every_first_choice(name: str) -> None:
    space, archs, _ = draw(name, 0, 600)
    expected = np.flatnonzero(space.mask([]))
    shares = np.array([(archs[:, 0] == choice).mean() for choice in expected])
    assert shares.sum() == pytest.approx(1)
    assert np.abs(shares - 1 / len(expected)).max() < 5 * np.sqrt(0.25 / 600)


@given(seed=SEEDS)
def test_check_accepts_what_is_legal_and_copies_nothing_else(name: str, seed: int) -> None:
    space, archs, _ = draw(name, seed, 3)
    for given_archs in (archs, archs.astype(np.int64), archs.tolist()):
        checked = space.check(given_archs)
        assert checked.dtype == space.dtype
        assert np.array_equal(checked, archs)
    assert space.check(archs[0]).shape == (1, archs.shape[1])


@given(seed=SEEDS, data=st.data())
def test_check_names_the_first_illegal_decision_and_what_is_legal(name: str, seed: int, data: st.DataObject) -> None:
    space, archs, _ = draw(name, seed)
    row = archs[0].astype(np.int64)
    i = data.draw(st.integers(0, len(row) - 1))
    row[i] = data.draw(st.sampled_from([-1, space.cardinalities[i], 300, -(2**40)]))
    with pytest.raises(IllegalArchitectureError) as error:
        space.check(row)
    options = np.flatnonzero(space.mask(row[:i])).tolist()
    prefix = tuple(row[:i].tolist())
    assert f"decision {i} ({space.decision_names[i]}) is {row[i]}; legal after {prefix}: {options}" in str(error.value)


def test_an_illegal_row_is_found_anywhere_in_a_batch(name: str) -> None:
    space, archs, _ = draw(name, 0, 6)
    archs = archs.astype(np.int64)
    archs[4, -1] = space.cardinalities[-1]
    with pytest.raises(IllegalArchitectureError, match=f"decision {len(space.cardinalities) - 1} "):
        space.check(archs)


@pytest.mark.parametrize("wrong", ["short", "float", "deep", "text"])
def test_check_refuses_what_has_no_shape_of_an_architecture(name: str, wrong: str) -> None:
    space, archs, _ = draw(name, 0)
    bad = {
        "short": archs[0, :-1],
        "float": archs.astype(float),
        "deep": archs[None],
        "text": np.array(["0"] * len(space.cardinalities)),
    }[wrong]
    with pytest.raises(IllegalArchitectureError, match="architectures are integers of shape"):
        space.check(bad)


# ------------------------------------------------------------------ moves


@given(seed=SEEDS)
def test_complete_decodes_anything_left_to_right(name: str, seed: int) -> None:
    space = CASES[name]
    given_row = np.random.default_rng(seed).integers(0, 50, size=len(space.cardinalities))
    row = space.complete(given_row)
    assert legal(space, row)
    for i, choice in enumerate(given_row.tolist()):
        options = np.flatnonzero(space.mask(row[:i])).tolist()
        assert row[i] == (choice if choice in options else options[choice % len(options)])


@given(seed=SEEDS)
def test_a_mutant_differs_in_one_decision_and_in_what_had_to_follow(name: str, seed: int) -> None:
    space, archs, rng = draw(name, seed)
    parent = archs[0].copy()
    child = space.mutate(parent, rng)
    assert np.array_equal(parent, archs[0])  # a copy
    assert legal(space, child)
    changed = np.flatnonzero(child != parent)
    assert len(changed) >= 1
    if space.unconstrained:
        assert len(changed) == 1
    else:  # what follows the mutated decision changed only where the old choice became illegal
        for i in changed[1:]:
            assert not space.mask(child[:i])[parent[i]]


def test_mutation_reaches_every_neighbour(name: str) -> None:
    space, archs, rng = draw(name, 1)
    expected = {tuple(row) for row in space.neighbours(archs[0]).tolist()}
    seen = {tuple(space.mutate(archs[0], rng).tolist()) for _ in range(60 * len(expected))}
    assert expected <= seen


@given(seed=SEEDS)
def test_a_child_takes_from_its_parents(name: str, seed: int) -> None:
    space, archs, rng = draw(name, seed, 2)
    child = space.crossover(archs[0], archs[1], rng)
    assert legal(space, child)
    for i in np.flatnonzero((child != archs[0]) & (child != archs[1])):
        mask = space.mask(child[:i])  # one parent's choice was drawn and not legal here
        assert not (mask[archs[0, i]] and mask[archs[1, i]])
    assert np.array_equal(space.crossover(archs[0], archs[0], rng), archs[0])


def test_children_take_from_both(name: str) -> None:
    space, archs, rng = draw(name, 3, 2)
    i = int(np.flatnonzero(archs[0] != archs[1])[0])
    assert {int(space.crossover(archs[0], archs[1], rng)[i]) for _ in range(60)} == {int(archs[0, i]), int(archs[1, i])}


@settings(max_examples=20)  # many masks each
@given(seed=SEEDS)
def test_neighbours_are_all_that_differ_in_one_decision(name: str, seed: int) -> None:
    space, archs, _ = draw(name, seed)
    arch = archs[0]
    expected = []
    for i, cardinality in enumerate(space.cardinalities):
        for choice in range(cardinality):
            other = np.where(np.arange(len(arch)) == i, choice, arch)
            if choice != arch[i] and legal(space, other):
                expected.append(tuple(other.tolist()))
    found = [tuple(row) for row in space.neighbours(arch).tolist()]
    assert sorted(found) == sorted(expected)
    assert name != "nasbench201" or len(found) == 24


# ------------------------------------------------------------------ notation and numbers


def test_genotypes_tell_all_architectures_apart(name: str) -> None:
    space = CASES[name]
    rows = [arch for arch in every(space) if legal(space, arch)]
    assert len({space.genotype(arch) for arch in rows}) == space.size


@pytest.mark.parametrize("text", ["", " ", "?", "none", "[0, 0]", "__import__('os').getcwd()", "|" * 5000])
def test_text_that_is_no_genotype_is_refused(name: str, text: str) -> None:
    with pytest.raises(GenotypeError):
        CASES[name].parse(text)


@given(seed=SEEDS)
def test_index_and_unindex_are_inverse(name: str, seed: int) -> None:
    space, archs, _ = draw(name, seed, 4)
    if not space.enumerable:
        with pytest.raises(SettingError, match="too many to number"):
            space.index(archs)
        return
    numbers = space.index(archs)
    assert numbers.dtype == np.int64
    assert np.array_equal(space.unindex(numbers), archs)


def test_indices_are_distinct_and_ascend_with_the_tuple(name: str) -> None:
    space = CASES[name]
    rows = np.array([arch for arch in every(space) if legal(space, arch)])
    assert (np.diff(space.index(rows)) > 0).all()


@pytest.mark.parametrize("number", [-1, 2**62])
def test_numbers_outside_the_space_are_refused(name: str, number: int) -> None:
    wrong = (IllegalArchitectureError, "indices lie in") if CASES[name].enumerable else (SettingError, "too many")
    with pytest.raises(wrong[0], match=wrong[1]):
        CASES[name].unindex([number])


@given(seed=SEEDS)
def test_fingerprints_tell_tuples_apart(name: str, seed: int) -> None:
    space, archs, _ = draw(name, seed, 20)
    prints = space.fingerprint(archs)
    assert prints.dtype == np.uint64
    assert len(np.unique(prints)) == len(np.unique(archs, axis=0))
    assert np.array_equal(prints[3:4], space.fingerprint(archs[3]))


# ------------------------------------------------------------------ graph


@given(seed=SEEDS, data=st.data())
def test_an_unfinished_architecture_has_a_graph_too(name: str, seed: int, data: st.DataObject) -> None:
    space, archs, _ = draw(name, seed)
    arch = archs[0].astype(np.int64)
    arch[data.draw(st.integers(0, len(arch) - 1)) :] = -1
    graph = space.graph(arch)
    assert None in graph.nodes or any(label is None for *_, label in graph.edges)
