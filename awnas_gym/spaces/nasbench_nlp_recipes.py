"""Recurrent cells as NAS-Bench-NLP writes them, its recipes in JSON, and the order of their nodes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple, final

from awnas_gym.config import brief
from awnas_gym.errors import GenotypeError, unknown

OPERATIONS = (
    "linear",
    "blend",
    "elementwise_prod",
    "elementwise_sum",
    "activation_tanh",
    "activation_sigm",
    "activation_leaky_relu",
)
LINEAR, BLEND, PROD, SUM = range(4)
"""Sum of linear layers; `a b + (1 - a) c`; product; sum. What follows are activations."""

FEWEST, MOST = (2, 3, 2, 2, 1, 1, 1), (3, 3, 2, 2, 1, 1, 1)
"""Values that each operation reads."""

MOST_HIDDEN = 3
INPUTS = ("x", *(f"h_prev_{i}" for i in range(MOST_HIDDEN)))
"""Values 0 to 3 of a cell: the token and the hidden states before it. Its nodes are the values from 4 on."""

MOST_CHARACTERS = 20_000


@final
class Cell(NamedTuple):
    """A recurrent cell; every node comes after what it reads.

    Attributes:
        nodes: of each its operation and the values it reads; ascending, but for `blend`.
        states: the node that becomes each hidden state, counted from 0; the first state is the cell's output.
    """

    nodes: list[tuple[int, tuple[int, ...]]]
    states: list[int]


# -------------------------------------------------------------------- text


def read_recipe(text: str) -> Cell:
    """Return the cell of a recipe, its nodes in the order of the text as far as that is possible.

    Raises:
        GenotypeError: names the node that is wrong.
    """
    recipe = _read(text)
    states = sum(name.startswith("h_new_") and name[6:].isdecimal() for name in recipe)
    for i in range(states):
        if f"h_new_{i}" not in recipe:
            raise GenotypeError(f"a recipe of {states} new hidden states has a node h_new_{i}; its are {brief(recipe)}")
    if not 1 <= states <= MOST_HIDDEN:
        raise GenotypeError(f"a recipe has 1 to {MOST_HIDDEN} new hidden states, h_new_0 and so on; got {states}")
    places = {name: value for value, name in enumerate(INPUTS[: states + 1])}
    nodes: list[tuple[int, tuple[int, ...]]] = []
    waiting = list(recipe)
    while waiting:
        ready = next((name for name in waiting if all(each in places for each in recipe[name][1])), None)
        if ready is None:
            _explain(recipe, waiting, places)
        else:
            waiting.remove(ready)
            operation, inputs = recipe[ready]
            values = [places[name] for name in inputs]
            nodes.append((operation, tuple(values if operation == BLEND else sorted(values))))
            places[ready] = len(INPUTS) + len(nodes) - 1
    return Cell(nodes, [places[f"h_new_{i}"] - len(INPUTS) for i in range(states)])


def _read(text: str) -> dict[str, tuple[int, list[str]]]:
    """Return operation and inputs of each node by its name."""
    form = '{"node_0": {"op": "linear", "input": ["x", "h_prev_0"]}, "h_new_0": …}'
    if len(text) > MOST_CHARACTERS:
        raise GenotypeError(f"a recipe has at most {MOST_CHARACTERS:,} characters; {brief(text)} has {len(text):,}")
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise GenotypeError(f"{brief(text)} is no recipe of NAS-Bench-NLP, {form}: {error}") from None
    if not isinstance(content, dict):
        raise GenotypeError(f"{brief(text)} is no recipe of NAS-Bench-NLP; the form is {form}")
    return {name: _node(name, node) for name, node in content.items()}


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{brief(name)} is there twice")
        found[name] = value
    return found


def _node(name: str, node: object) -> tuple[int, list[str]]:
    if name in INPUTS:
        raise GenotypeError(f"{name} is what a cell is given; no node has that name")
    if not isinstance(node, dict) or set(node) != {"op", "input"}:
        raise GenotypeError(f"node {brief(name)} is {brief(node)}; a mapping of op and input is wanted")
    if node["op"] not in OPERATIONS:
        raise GenotypeError(f"node {brief(name)}: {unknown('operation', brief(node['op']), OPERATIONS)}")
    operation, inputs = OPERATIONS.index(node["op"]), node["input"]
    if not isinstance(inputs, list) or not all(isinstance(each, str) for each in inputs):
        raise GenotypeError(f"node {brief(name)}: input is {brief(inputs)}; a list of names is wanted")
    if not FEWEST[operation] <= len(inputs) <= MOST[operation] or len(set(inputs)) < len(inputs):
        wanted = " or ".join(map(str, sorted({FEWEST[operation], MOST[operation]})))
        raise GenotypeError(
            f"node {brief(name)} ({node['op']}) reads {brief(inputs)}; {wanted} different ones are legal"
        )
    if "x" in inputs and operation != LINEAR:
        raise GenotypeError(f"node {brief(name)} ({node['op']}) reads x, which has another width; linear alone may")
    return operation, inputs


def _explain(recipe: dict[str, tuple[int, list[str]]], waiting: list[str], places: dict[str, int]) -> None:
    """Raise `GenotypeError`: of nodes that wait for each other, or of a name that nothing has."""
    for name in waiting:
        for each in recipe[name][1]:
            if each not in recipe and each not in places:
                given = ", ".join(each for each in places if each in INPUTS)
                raise GenotypeError(f"node {brief(name)} reads {brief(each)}; legal: {given}, and the nodes by name")
    raise GenotypeError(f"the nodes {', '.join(map(brief, waiting[:5]))} wait for each other: a cell has no cycles")


def write_recipe(cell: Cell) -> str:
    """Return the recipe of a cell; nodes are called `node_0` and so on, or `h_new_0` and so on."""
    names = [
        *INPUTS,
        *(f"h_new_{cell.states.index(i)}" if i in cell.states else f"node_{i}" for i in range(len(cell.nodes))),
    ]
    recipe = {
        names[len(INPUTS) + i]: {"op": OPERATIONS[operation], "input": [names[value] for value in values]}
        for i, (operation, values) in enumerate(cell.nodes)
    }
    return json.dumps(recipe)


# -------------------------------------------------------------------- order


def in_order(cell: Cell) -> Cell:
    """Return the cell without nodes that reach no hidden state, the others in an order that their graph decides.

    Cells that differ in the order of their nodes alone become the same one, unless colours (below) cannot tell nodes
    apart that no symmetry exchanges. Hidden states keep their numbers.
    """
    nodes, states = _pruned(cell)
    colours = _refined(nodes, [(operation, _index(states, i)) for i, (operation, _) in enumerate(nodes)])
    placed: list[int] = []
    while len(placed) < len(nodes):
        done = {*range(len(INPUTS)), *(len(INPUTS) + i for i in placed)}
        ready = [i for i in range(len(nodes)) if i not in placed and done.issuperset(nodes[i][1])]
        first = min(ready, key=colours.__getitem__)
        if sum(colours[i] == colours[first] for i in ready) > 1:
            colours = _refined(nodes, [(colour, i != first) for i, colour in enumerate(colours)])
        placed.append(first)
    return _renumbered(Cell(nodes, states), placed)


def _pruned(cell: Cell) -> Cell:
    used, waiting = set(cell.states), list(cell.states)
    while waiting:
        for value in cell.nodes[waiting.pop()][1]:
            if value >= len(INPUTS) and value - len(INPUTS) not in used:
                used.add(value - len(INPUTS))
                waiting.append(value - len(INPUTS))
    return _renumbered(cell, sorted(used))


def _renumbered(cell: Cell, order: list[int]) -> Cell:
    """Return the nodes of `order`, which come after what they read, in that order."""
    places = {value: value for value in range(len(INPUTS))}
    places |= {len(INPUTS) + old: len(INPUTS) + new for new, old in enumerate(order)}
    nodes = []
    for i in order:
        operation, values = cell.nodes[i]
        moved = [places[value] for value in values]
        nodes.append((operation, tuple(moved if operation == BLEND else sorted(moved))))
    return Cell(nodes, [places[len(INPUTS) + state] - len(INPUTS) for state in cell.states])


def _index(states: list[int], node: int) -> int:
    return states.index(node) if node in states else len(states)


def _refined(nodes: list[tuple[int, tuple[int, ...]]], colours: list[Any]) -> list[int]:
    """Return colours, from 0, that tell apart what nodes read and what reads them, in as many rounds as that takes."""
    ranks = _ranked(colours)
    while True:
        shown = [*range(-len(INPUTS), 0), *ranks]
        readers: list[list[tuple[int, int]]] = [[] for _ in shown]
        for i, (operation, values) in enumerate(nodes):
            for slot, value in enumerate(values):
                readers[value].append((ranks[i], slot if operation == BLEND else 0))
        finer = []
        for i, (operation, values) in enumerate(nodes):
            reads = [shown[value] for value in values]
            finer.append((ranks[i], reads if operation == BLEND else sorted(reads), sorted(readers[len(INPUTS) + i])))
        before, ranks = ranks, _ranked(finer)
        if ranks == before:
            return ranks


def _ranked(keys: list[Any]) -> list[int]:
    places: dict[str, int] = {}
    for key in sorted(keys):
        places.setdefault(repr(key), len(places))
    return [places[repr(key)] for key in keys]
