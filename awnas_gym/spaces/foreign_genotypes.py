"""Genotypes as aw_nas and the authors of DARTS and NAS-Bench-101 write them, read and written.

| space | form |
| --- | --- |
| cells (`darts`, `nasbench301`, `enas`) | `CNNGenotype(normal_0=[('sep_conv_3x3', 0, 2), …], reduce_1=[…], …)` |
| | the same as DARTS writes it: `Genotype(normal=[('sep_conv_3x3', 0), …], normal_concat=range(2, 6), …)` |
| `recurrent` | `RNNGenotype(cell=[('sigmoid', 0, 1), …], cell_concat=[1, 2, …])` |
| `nasbench101` | `_ModelSpec(np.array([[0, 1, …], …]), ['input', 'conv3x3-bn-relu', …])` |
| `ofa_mbv3`, `ofa_mbv2` | `MnasnetOFAGenotype(image_size=224, cell_0=1, cell_1=3, …, cell_1_block_0=(6, 7), …)` |

The name and its brackets may be missing, as in aw_nas's configurations; tuples and lists are alike. The strings of
NAS-Bench-201 are the same here and there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.errors import GenotypeError, unknown
from awnas_gym.spaces.abstract import AbstractSpace, Archs
from awnas_gym.spaces.cells import CELLS, INPUTS, AbstractCells
from awnas_gym.spaces.literals import Call, read_call
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.spaces.ofa import AbstractOFA
from awnas_gym.spaces.recurrent import Recurrent

GROUPS = ("normal_0", "reduce_1")
"""Cells as aw_nas names them."""


def parse_any(space: AbstractSpace, text: str) -> Archs:
    """Return the architecture of a genotype in the space's notation or a form above, int `[decisions]`.

    Raises:
        GenotypeError: it is in none, or of another space.
    """
    read = next((read for kind, read, _ in FORMS if isinstance(space, kind)), None)
    if read is None or not ("=" in text or "ModelSpec(" in text):
        return space.parse(text)
    return read(space, read_call(text))


def write_aw_nas(space: AbstractSpace, arch: ArrayLike) -> str:
    """Return the architecture, int `[decisions]`, as aw_nas writes it.

    Raises:
        GenotypeError: aw_nas has no such space.
    """
    if isinstance(space, NASBench201):
        return space.genotype(arch)
    for kind, _, write in FORMS:
        if isinstance(space, kind):
            return write(space, arch)
    raise GenotypeError(
        f"{space.name} has no form in aw_nas; there are forms of cells, nasbench101, nasbench201, recurrent, ofa_mbv3 "
        "and ofa_mbv2"
    )


# ---------------------------------------------------------------- cells


def _read_cells(space: AbstractCells, call: Call) -> Archs:
    ours = "normal" in call.named or "reduce" in call.named  # of DARTS, without the node
    names = CELLS if ours else GROUPS
    keys = [key for name in names for key in (name, f"{name}_concat")]
    values = _named(call, keys, where=f"a genotype of {space.name}")
    cells = []
    for name in names:
        edges = _tuples(values[name], ("operation", "value") if ours else ("operation", "value", "node"), where=name)
        cells.append(edges if ours else _by_node(edges, space.nodes, name))
        if len(edges) != 2 * space.nodes:
            raise GenotypeError(f"{name} has {len(edges)} operations; {space.name} has {2 * space.nodes}, two a node")
    arch = space.from_edges(*([(edge[0], edge[1]) for edge in edges] for edges in cells))
    for name, ends in zip(names, space.ends(arch), strict=True):
        if values[f"{name}_concat"] != ends:
            hint = " (enas with output='concat' is aw_nas's)" if space.mixes else ""
            raise GenotypeError(
                f"{name}_concat is {values[f'{name}_concat']}; in {space.name} this cell concatenates {ends}{hint}"
            )
    return arch


def _by_node(edges: list[list[Any]], nodes: int, where: str) -> list[list[Any]]:
    """Return the edges by ascending node, two of each."""
    ordered = sorted(edges, key=lambda edge: edge[2])
    found = [edge[2] for edge in ordered]
    wanted = [node for node in range(INPUTS, INPUTS + nodes) for _ in range(2)]
    if found != wanted:
        raise GenotypeError(f"{where}: two operations a node lead to {wanted}; got {found}")
    return ordered


def _write_cells(space: AbstractCells, arch: ArrayLike) -> str:
    parts = []
    for name, edges in zip(GROUPS, space.edges(arch), strict=True):
        parts.append(f"{name}={[(*edge, INPUTS + i // 2) for i, edge in enumerate(edges)]}")
    parts += [f"{name}_concat={ends}" for name, ends in zip(GROUPS, space.ends(arch), strict=True)]
    return f"CNNGenotype({', '.join(parts)})"


# ---------------------------------------------------------------- recurrent cells


def _read_recurrent(space: Recurrent, call: Call) -> Archs:
    ours = "recurrent" in call.named
    nodes_key, concat_key = ("recurrent", "concat") if ours else ("cell", "cell_concat")
    values = _named(call, [nodes_key, concat_key], where="a genotype of recurrent")
    fields = ("activation", "state") if ours else ("activation", "state", "node")
    nodes = _tuples(values[nodes_key], fields, where=nodes_key)
    every = list(range(1, len(nodes) + 1))
    if not ours and [node[2] for node in nodes] != every:
        raise GenotypeError(f"{nodes_key}: one node after the other, {every}; got {[node[2] for node in nodes]}")
    if values[concat_key] != every:
        raise GenotypeError(f"{concat_key} is {values[concat_key]}; {space.name} takes the mean of all nodes, {every}")
    pairs = [(node[0], node[1]) for node in nodes]
    return space.parse(f"Genotype(recurrent={pairs}, concat=range(1, {len(nodes) + 1}))")


def _write_recurrent(space: Recurrent, arch: ArrayLike) -> str:
    nodes = read_call(space.genotype(arch)).named["recurrent"]
    triples = [(*node, i) for i, node in enumerate(nodes, start=1)]
    return f"RNNGenotype(cell={triples}, cell_concat={list(range(1, len(nodes) + 1))})"


# ---------------------------------------------------------------- NAS-Bench-101


def _read_graph(space: NASBench101, call: Call) -> Archs:
    given = {**dict(zip(("matrix", "ops"), call.positional, strict=False)), **call.named}
    for extra in ("pruned_matrix", "pruned_ops", "data_format"):  # what follows from the rest
        given.pop(extra, None)
    values = _named(Call(call.name, [], given), ["matrix", "ops"], where="a genotype of nasbench101")
    matrix, operations = values["matrix"], values["ops"]
    if not isinstance(operations, list) or not all(isinstance(name, str) for name in operations):
        raise GenotypeError(f"ops is a list of names, ['input', 'conv3x3-bn-relu', …]; got {_shown(operations)}")
    n = len(operations)
    lines = matrix if isinstance(matrix, list) and all(isinstance(line, list) for line in matrix) else []
    if [len(line) for line in lines] != [n] * n or any(type(entry) is not int for line in lines for entry in line):
        raise GenotypeError(f"matrix is a square of 0 and 1, a row for each of the {n} ops; got {_shown(matrix)}")
    adjacency = np.array(lines, dtype=np.int64).reshape(n, n)
    absent = [v for v in range(n) if operations[v] == "none" and not adjacency[v].any() and not adjacency[:, v].any()]
    kept = [v for v in range(n) if v not in absent]  # aw_nas fills up with vertices without edges
    return space.from_matrix(adjacency[np.ix_(kept, kept)], [operations[v] for v in kept])


def _write_graph(space: NASBench101, arch: ArrayLike) -> str:
    matrix, _, names = space.genotype(arch).partition(" ")
    rows = [[int(digit) for digit in line] for line in matrix.split("/")]
    return f"_ModelSpec(np.array({rows}), {['input', *names.split(','), 'output']})"


# ---------------------------------------------------------------- Once-for-all


def _read_ofa(space: AbstractOFA, call: Call) -> Archs:
    units = list(enumerate(space.units, start=1))
    blocks = {u: [f"cell_{u}_block_{b}" for b in range(unit.depths[-1])] for u, unit in units}
    keys = ["cell_0", *(f"cell_{u}" for u, _ in units), "cell_0_block_0", *(key for u, _ in units for key in blocks[u])]
    fixed = {"image_size": space.settings["image_size"], "cell_0": 1, "cell_0_block_0": [1, 3]}
    given = Call(call.name, call.positional, {**fixed, **call.named})
    values = _named(given, ["image_size", *keys], where=f"a genotype of {space.name}")
    for key, only in fixed.items():
        if values[key] != only:
            raise GenotypeError(f"{key} is {_shown(values[key])}; in this {space.name} it is {only}")
    parts = []
    for u, _ in units:
        depth = values[f"cell_{u}"]
        if type(depth) is not int or not 1 <= depth <= len(blocks[u]):
            raise GenotypeError(f"cell_{u} is a number of blocks, 1 … {len(blocks[u])}; got {_shown(depth)}")
        forms = []
        for key in blocks[u][:depth]:
            (expansion, kernel) = _tuples([values[key]], ("expansion", "kernel"), where=key)[0]
            forms.append(f"{kernel}x{expansion}")
        parts.append(f"{depth}: {' '.join(forms)}")
    return space.parse(" | ".join(parts))


def _write_ofa(space: AbstractOFA, arch: ArrayLike) -> str:
    units = [part.partition(": ")[::2] for part in space.genotype(arch).split(" | ")]
    depths = [f"cell_{u}={depth}" for u, (depth, _) in enumerate(units, start=1)]
    blocks = ["cell_0_block_0=(1, 3)"]
    for u, ((_, forms), unit) in enumerate(zip(units, space.units, strict=True), start=1):
        written = [form.split("x") for form in forms.split()]
        written += [["3", "3"]] * (unit.depths[-1] - len(written))  # beyond the depth, where aw_nas reads nothing
        blocks += [f"cell_{u}_block_{b}=({e}, {k})" for b, (k, e) in enumerate(written)]
    size = space.settings["image_size"]
    return f"MnasnetOFAGenotype({', '.join([f'image_size={size}', 'cell_0=1', *depths, *blocks])})"


# ---------------------------------------------------------------- what they share


def _named(call: Call, keys: list[str], *, where: str) -> dict[str, Any]:
    """Return the arguments of a call if they are exactly `keys`."""
    if call.positional:
        raise GenotypeError(f"{where} names its arguments, {', '.join(keys[:4])}; got {_shown(call.positional[0])}")
    for key in call.named:
        if key not in keys:
            raise GenotypeError(f"{where}: {unknown('argument', key, keys)}")
    for key in keys:
        if key not in call.named:
            raise GenotypeError(f"{where} lacks {key}; it has {', '.join(call.named) or 'no arguments'}")
    return call.named


def _tuples(value: object, fields: tuple[str, ...], *, where: str) -> list[list[Any]]:
    """Return a list of tuples `(text, number, …)` or, without a name in front, `(number, …)`."""
    named = fields[0] in {"operation", "activation"}
    kinds = [str if named and not i else int for i in range(len(fields))]
    if isinstance(value, list) and all(
        isinstance(item, list) and [type(each) for each in item] == kinds for item in value
    ):
        return value
    raise GenotypeError(f"{where} is made of ({', '.join(fields)}); got {_shown(value)}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


FORMS: tuple[tuple[type[Any], Callable[[Any, Call], Archs], Callable[[Any, ArrayLike], str]], ...] = (
    (AbstractCells, _read_cells, _write_cells),
    (Recurrent, _read_recurrent, _write_recurrent),
    (NASBench101, _read_graph, _write_graph),
    (AbstractOFA, _read_ofa, _write_ofa),
)
"""Kind of space, how its form is read, how it is written."""
