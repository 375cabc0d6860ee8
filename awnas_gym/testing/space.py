"""`check_space`: the contract of search spaces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.testing.contract import by_name, require, run_checks

SMALL = 20_000
"""Decision tuples up to which everything is gone through."""

SAMPLES = 12


def check_space(space: AbstractSpace, *, seed: int = 0) -> None:
    """Check that a space keeps the contract of `AbstractSpace`.

    Args:
        space: to be checked.
        seed: of the architectures that are drawn.

    Raises:
        ContractError: names the first rule that it breaks.
    """
    require(isinstance(space, AbstractSpace), f"{type(space).__name__} is no AbstractSpace; derive from it")
    run_checks(f"space {space.name!r}", SPACE_CHECKS, space, np.random.default_rng(seed))


def _legal(space: AbstractSpace, arch: Archs) -> bool:
    """Say by the masks alone whether a row is legal."""
    return all(bool(space.mask(arch[:i])[choice]) for i, choice in enumerate(arch.tolist()))


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.shape == b.shape and bool((np.asarray(a) == np.asarray(b)).all())


def _every(space: AbstractSpace) -> Archs | None:
    """Return all tuples, legal or not; None for a space too large for that."""
    if np.prod([float(n) for n in space.cardinalities]) > SMALL:
        return None
    grids = np.meshgrid(*(np.arange(n) for n in space.cardinalities), indexing="ij")
    every: Archs = np.stack(grids, axis=-1).reshape(-1, len(space.cardinalities)).astype(space.dtype)
    return every


def _names(space: AbstractSpace, _: np.random.Generator) -> None:
    """A space names its decisions and says how many choices each has."""
    sizes, names = space.cardinalities, space.decision_names
    require(isinstance(sizes, tuple) and sizes, f"cardinalities is a tuple of numbers; got {sizes!r}")
    require(min(sizes) >= 1, f"every decision has a choice; cardinalities are {sizes}")
    require(
        len(names) == len(sizes) == len(set(names)),
        f"decision_names has one name a decision, all different; got {len(names)} for {len(sizes)} decisions",
    )


def _roles(space: AbstractSpace, _: np.random.Generator) -> None:
    """`roles`, where there are some: the inputs of node n have n choices, all operations as many as each other."""
    if space.roles is None:
        return
    sizes, roles = space.cardinalities, space.roles
    require(len(roles) == len(sizes), f"roles has one entry a decision; got {len(roles)} for {len(sizes)}")
    for size, name, role in zip(sizes, space.decision_names, roles, strict=True):
        require(role.kind in {"input", "operation"}, f"{name}: a role is 'input' or 'operation'; got {role.kind!r}")
        fits = role.kind == "operation" or size == role.node
        require(fits, f"{name}: node {role.node} reads one of {role.node} values before it; it has {size} choices")
    operations = {size for size, role in zip(sizes, roles, strict=True) if role.kind == "operation"}
    require(len(operations) == 1, f"all operations have the same choices; their numbers are {sorted(operations)}")
    for cell in dict.fromkeys(role.cell for role in roles):
        nodes = list(dict.fromkeys(role.node for role in roles if role.cell == cell))
        wanted = list(range(nodes[0], nodes[0] + len(nodes)))
        require(nodes == wanted, f"the nodes of cell {cell} come one after another: {wanted}; got {nodes}")


def _settings(space: AbstractSpace, _: np.random.Generator) -> None:
    """`settings` are the constructor's arguments: tables and runs store them to build the space again."""
    again = type(space)(**space.settings)
    require(
        again.settings == space.settings, f"{type(space).__name__}(**settings) has other settings: {again.settings}"
    )
    require(again.cardinalities == space.cardinalities, "built again from its settings it has other decisions")


def _masks(space: AbstractSpace, rng: np.random.Generator) -> None:
    """After every legal prefix a mask has one entry a choice and leaves at least one: no dead ends."""
    archs = space.sample(rng, SAMPLES)
    for i, cardinality in enumerate(space.cardinalities):
        masks = space.masks(archs[:, :i])
        require(
            masks.dtype == np.bool_ and masks.shape == (SAMPLES, cardinality),
            f"masks after {i} decisions are bool [{SAMPLES}, {cardinality}]; got {masks.dtype} {list(masks.shape)}",
        )
        require(masks.any(axis=1).all(), f"after {i} decisions some prefix has no legal choice: a dead end")
        each = np.array([space.mask(row) for row in archs[:, :i]])
        require(
            not space.unconstrained or each.all(), "unconstrained is True, but a mask rules a choice out; return False"
        )
        require(_same(masks, each), f"masks of a batch differ from mask of its rows after {i} decisions")
        joint = space.joint_mask(i)
        require(
            joint.shape == (cardinality,) and not (masks & ~joint).any(),
            f"joint_mask({i}) rules out a choice that is legal after some prefix",
        )


def _samples(space: AbstractSpace, rng: np.random.Generator) -> None:
    """Samples are legal, of the space's type, and the same for the same generator."""
    seed = int(rng.integers(2**31))
    one, two = (space.sample(np.random.default_rng(seed), SAMPLES) for _ in range(2))
    require(_same(one, two), "two samples with equal generators differ; draw from `rng` alone")
    require(one.dtype == space.dtype, f"samples are {space.dtype}; got {one.dtype}")
    require(all(_legal(space, arch) for arch in one), "a sample is illegal by the masks")


def _size(space: AbstractSpace, _: np.random.Generator) -> None:
    """`size` counts the legal tuples, and `unique_size` their classes."""
    every = _every(space)
    if every is None:
        return
    legal = every[space.legal(every)]
    require(space.size == len(legal), f"size is {space.size:,}; {len(legal):,} tuples are legal by the masks")
    require(_same(space.enumerate(), legal), "enumerate() does not list the legal tuples in ascending order")
    classes = len(np.unique(space.canonical(legal), axis=0))
    require(
        space.unique_size in {None, classes},
        f"unique_size is {space.unique_size}; canonical tells {classes:,} classes apart (None is legal)",
    )


def _refusals(space: AbstractSpace, rng: np.random.Generator) -> None:
    """`check` refuses what is illegal and names the first illegal decision."""
    arch = space.sample(rng, 1)[0].astype(np.int64)
    for i, cardinality in enumerate(space.cardinalities):
        for wrong in (-1, cardinality):
            row = arch.copy()
            row[i] = wrong
            try:
                space.check(row)
            except IllegalArchitectureError as error:
                require(
                    f"decision {i} " in str(error), f"the error for decision {i} = {wrong} names another one: {error}"
                )
            else:
                require(False, f"check accepts {wrong} for decision {i}")  # noqa: FBT003 - it always fails
    every = _every(space)
    if every is None or space.unconstrained:
        return
    for row in every[~space.legal(every)][:50]:
        try:
            space.check(row)
        except IllegalArchitectureError:
            continue
        require(False, f"check accepts {row.tolist()}, which the masks forbid; override _check_constraints")  # noqa: FBT003


def _genotypes(space: AbstractSpace, rng: np.random.Generator) -> None:
    """A genotype is one line of text that `parse` reads back; text that is none is a `GenotypeError`."""
    archs = space.sample(rng, SAMPLES)
    for arch in archs:
        text = space.genotype(arch)
        require(isinstance(text, str) and "\n" not in text, f"a genotype is one line of text; got {text!r}")
        back = np.asarray(space.parse(text))
        require(_same(back, arch) and back.dtype == space.dtype, f"parse(genotype(arch)) is {back}; arch was {arch}")
    different = len({tuple(arch) for arch in archs.tolist()})
    require(len({space.genotype(arch) for arch in archs}) == different, "two architectures have the same genotype")
    for text in ("", "?", "none", "__import__('os')", "|" * 3000):
        try:
            space.parse(text)
        except GenotypeError:
            continue
        require(False, f"parse({text[:20]!r}) is accepted; raise GenotypeError")  # noqa: FBT003


def _classes(space: AbstractSpace, rng: np.random.Generator) -> None:
    """`canonical` returns one legal representative a class, and leaves representatives alone."""
    archs = space.sample(rng, SAMPLES)
    once = space.canonical(archs)
    require(once.shape == archs.shape and once.dtype == space.dtype, f"canonical returns {once.dtype} {once.shape}")
    require(all(_legal(space, arch) for arch in once), "canonical returns an illegal architecture")
    require(_same(space.canonical(once), once), "canonical(canonical(archs)) differs from canonical(archs)")
    each = np.concatenate([space.canonical(arch) for arch in archs])
    require(_same(each, once), "canonical of a batch differs from canonical of its rows")


def _numbers(space: AbstractSpace, rng: np.random.Generator) -> None:
    """`index` and `unindex` are inverse where there are at most 2**53 tuples."""
    archs = space.sample(rng, SAMPLES)
    if space.enumerable:
        require(_same(space.unindex(space.index(archs)), archs), "unindex(index(archs)) differs from archs")


def _moves(space: AbstractSpace, rng: np.random.Generator) -> None:
    """Mutants, children, neighbours and completed architectures are legal."""
    a, b = space.sample(rng, 2)
    child, mutant = space.crossover(a, b, rng), space.mutate(a, rng)
    require(_legal(space, child) and _legal(space, mutant), "a mutant or a child is illegal by the masks")
    require(not _same(mutant, a), "a mutant equals its parent")
    near = space.neighbours(a)[:SAMPLES]
    require(all(_legal(space, arch) for arch in near), "a neighbour is illegal by the masks")
    require(((near != a).sum(axis=1) == 1).all(), "a neighbour differs in more than one decision")
    require(_same(space.complete(a), a), "complete changes a legal architecture")
    row = rng.integers(0, 50, len(space.cardinalities))
    require(_legal(space, space.complete(row)), f"complete({row.tolist()}) is illegal by the masks")


def _graphs(space: AbstractSpace, rng: np.random.Generator) -> None:
    """`graph` is acyclic, edges go to higher nodes; what is undecided (-1) has the label None."""
    arch = space.sample(rng, 1)[0].astype(np.int64)
    graph = space.graph(arch)
    ends = [(source, target) for source, target, _ in graph.edges]
    require(all(0 <= s < t < len(graph.nodes) for s, t in ends), f"edges go from lower to higher nodes; got {ends}")
    labels = [*graph.nodes, *(label for *_, label in graph.edges)]
    require(None not in labels, "a finished architecture has the label None, which means undecided")
    arch[-1] = -1
    graph = space.graph(arch)
    labels = [*graph.nodes, *(label for *_, label in graph.edges)]
    require(None in labels, "the last decision is -1 (undecided), but no label is None")


def _layers(space: AbstractSpace, rng: np.random.Generator) -> None:
    """`layers` have sizes from 1; a space that knows no network raises `SettingError`."""
    try:
        layers = space.layers(space.sample(rng, 1)[0])
    except SettingError:
        return
    for layer in layers:
        sizes = (layer.c_in, layer.c_out, layer.height, layer.width, layer.kernel, layer.stride, layer.groups)
        require(min(sizes) >= 1, f"a layer has a size below 1: {layer}")


SPACE_CHECKS = by_name(
    _names,
    _roles,
    _settings,
    _masks,
    _samples,
    _size,
    _refusals,
    _genotypes,
    _classes,
    _numbers,
    _moves,
    _graphs,
    _layers,
)
"""Each by itself: `check(space, rng)`."""
