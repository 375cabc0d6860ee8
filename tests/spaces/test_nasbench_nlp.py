"""The recurrent cells of NAS-Bench-NLP: recipes, what is legal, which are the same, and the parameters of real logs."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError
from awnas_gym.spaces import total_params
from awnas_gym.spaces.nasbench_nlp import NASBenchNLP
from awnas_gym.spaces.nasbench_nlp_recipes import BLEND, INPUTS, OPERATIONS, Cell
from experiments.official_nlp import GRU, RNN

SPACE = NASBenchNLP()
SMALL = NASBenchNLP(nodes=4)
LSTM = json.dumps(
    {
        "i": {"op": "linear", "input": ["x", "h_prev_0"]},
        "i_act": {"op": "activation_tanh", "input": ["i"]},
        "j": {"op": "linear", "input": ["x", "h_prev_0"]},
        "j_act": {"op": "activation_sigm", "input": ["j"]},
        "f": {"op": "linear", "input": ["x", "h_prev_0"]},
        "f_act": {"op": "activation_sigm", "input": ["f"]},
        "o": {"op": "linear", "input": ["x", "h_prev_0"]},
        "o_act": {"op": "activation_tanh", "input": ["o"]},
        "h_new_1_part1": {"op": "elementwise_prod", "input": ["f_act", "h_prev_1"]},
        "h_new_1_part2": {"op": "elementwise_prod", "input": ["i_act", "j_act"]},
        "h_new_1": {"op": "elementwise_sum", "input": ["h_new_1_part1", "h_new_1_part2"]},
        "h_new_1_act": {"op": "activation_tanh", "input": ["h_new_1"]},
        "h_new_0": {"op": "elementwise_prod", "input": ["h_new_1_act", "o_act"]},
    }
)
SEEDS = st.integers(0, 2**32 - 1)


def recipe(**nodes: tuple[str, list[str]]) -> str:
    return json.dumps({name: {"op": operation, "input": inputs} for name, (operation, inputs) in nodes.items()})


def rewritten(text: str, rng: np.random.Generator) -> str:
    """Return the same cell under other names, its nodes and what they read in another order."""
    nodes: dict[str, Any] = json.loads(text)
    names = list(nodes)
    fresh = {name: name if name.startswith("h_new") else f"n{rng.integers(10**9)}" for name in names}
    found = {}
    for i in rng.permutation(len(names)):
        operation, inputs = nodes[names[i]]["op"], [fresh.get(each, each) for each in nodes[names[i]]["input"]]
        found[fresh[names[i]]] = {
            "op": operation,
            "input": inputs if operation == "blend" else rng.permutation(inputs).tolist(),
        }
    return json.dumps(found)


def lowest(cell: Cell) -> str:
    """Return what all relabellings of a cell's live nodes share, by going through them."""
    live = set(cell.states)
    for node in reversed(range(len(cell.nodes))):
        if node in live:
            live |= {value - len(INPUTS) for value in cell.nodes[node][1] if value >= len(INPUTS)}
    forms = []
    for order in itertools.permutations(sorted(live)):
        place = {value: value for value in range(len(INPUTS))} | {node + 4: 4 + i for i, node in enumerate(order)}
        nodes = []
        for node in order:
            operation, values = cell.nodes[node]
            moved = [place[value] for value in values]
            nodes.append((operation, moved if operation == BLEND else sorted(moved)))
        forms.append(repr((nodes, [place[4 + state] for state in cell.states])))
    return min(forms)


# ------------------------------------------------------------------ recipes


def test_the_parameters_that_the_authors_logs_say() -> None:
    """`num_params` of recipes 1000000 to 1000002 in the logs on WikiText-2."""
    space = NASBenchNLP(tokens=33_278)
    for text, params in ((RNN, 15_066_078), (LSTM, 20_230_878), (GRU, 18_509_278)):
        assert total_params(space.layers(space.parse(text))) == params


def test_a_recipe_is_read_whatever_its_order() -> None:
    text = recipe(
        h_new_0=("blend", ["late", "h_prev_1", "early"]),
        late=("activation_sigm", ["early"]),
        early=("linear", ["h_prev_0", "x"]),
        h_new_1=("elementwise_sum", ["late", "h_prev_0"]),
    )
    cell = SPACE.cell(SPACE.parse(text))
    assert cell == Cell([(0, (0, 1)), (5, (4,)), (1, (5, 2, 4)), (3, (1, 5))], [2, 3])
    written = recipe(
        node_0=("linear", ["x", "h_prev_0"]),
        node_1=("activation_sigm", ["node_0"]),
        h_new_0=("blend", ["node_1", "h_prev_1", "node_0"]),
        h_new_1=("elementwise_sum", ["h_prev_0", "node_1"]),
    )
    assert SPACE.genotype(SPACE.parse(text)) == written


LOOP = {"node_0": ("linear", ["x", "node_1"]), "node_1": ("activation_tanh", ["node_0"])}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "is no recipe of NAS-Bench-NLP; the form is"),
        ("{", "is no recipe of NAS-Bench-NLP, .*: Expecting property name"),
        ('{"a": 1, "a": 2}', "'a' is there twice"),
        ("[" * 9000, "is no recipe of NAS-Bench-NLP"),
        (" " * 30_000, "has at most 20,000 characters; .* has 30,000"),
        (recipe(node_0=("linear", ["x", "h_prev_0"])), "has 1 to 3 new hidden states, .*; got 0"),
        (recipe(h_new_1=("linear", ["x", "h_prev_0"])), "has a node h_new_0; its are"),
        (recipe(h_new_0=("linaer", ["x", "h_prev_0"])), "node 'h_new_0': .*Did you mean 'linear'"),
        (recipe(h_new_0=("linear", ["x"])), r"\(linear\) reads \['x'\]; 2 or 3 different ones"),
        (recipe(h_new_0=("blend", ["h_prev_0"] * 3)), r"\(blend\) reads .*; 3 different ones"),
        (recipe(h_new_0=("elementwise_sum", ["x", "h_prev_0"])), "reads x, which has another width"),
        (recipe(h_new_0=("linear", ["x", "h_prev_1"])), "reads 'h_prev_1'; legal: x, h_prev_0, and the nodes by name"),
        (recipe(h_new_0=("linear", ["x", "node_1"]), **LOOP), "'h_new_0', 'node_0', 'node_1' wait for each other"),
        (recipe(x=("linear", ["x", "h_prev_0"]), h_new_0=("activation_tanh", ["x"])), "x is what a cell is given"),
        ('{"h_new_0": {"op": "linear", "input": "x"}}', "input is 'x'; a list of names"),
        ('{"h_new_0": {"op": "linear"}}', "a mapping of op and input is wanted"),
        ('{"h_new_0": {"op": ["linear"], "input": []}}', "No operation named"),
    ],
)
def test_what_is_no_recipe_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message) as caught:
        SPACE.parse(text)
    assert "\n" not in str(caught.value)


def test_a_cell_of_more_nodes_is_refused() -> None:
    with pytest.raises(GenotypeError, match="at most 4 nodes here; got 13"):
        SMALL.parse(LSTM)
    with pytest.raises(SettingError, match="nodes is a number from 3 to 64; got 2"):
        NASBenchNLP(nodes=2)


# ------------------------------------------------------------------ what is legal


def test_the_size_is_what_the_masks_leave() -> None:
    assert NASBenchNLP(nodes=3).size == len(NASBenchNLP(nodes=3).enumerate()) == 1_801_324


@settings(max_examples=50)
@given(seed=SEEDS)
def test_a_whole_row_is_judged_as_its_masks_judge_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = SMALL.sample(rng, 20).astype(np.int64)
    for row in rows:
        place = rng.integers(len(row))
        row[place] = rng.integers(SMALL.cardinalities[place])
    for row, legal in zip(rows, SMALL.legal(rows), strict=True):
        if legal:
            SMALL.check(row)
        else:
            with pytest.raises(IllegalArchitectureError):
                SMALL.check(row)


# ------------------------------------------------------------------ which are the same


def test_cells_share_a_representative_if_and_only_if_a_relabelling_makes_them_one() -> None:
    archs = SMALL.sample(np.random.default_rng(0), 3000)
    keys = [row.tobytes() for row in SMALL.canonical(archs)]
    forms = [lowest(SMALL.cell(arch)) for arch in archs]
    assert len(set(keys)) < len({row.tobytes() for row in archs})
    assert len(set(zip(keys, forms, strict=True))) == len(set(keys)) == len(set(forms))


TWINS = recipe(
    a=("linear", ["x", "h_prev_0"]),
    b=("linear", ["x", "h_prev_0"]),
    c=("activation_tanh", ["a"]),
    d=("activation_tanh", ["b"]),
    h_new_0=("elementwise_prod", ["c", "d"]),
)
"""Two chains that a symmetry exchanges."""


@settings(max_examples=50)
@given(seed=SEEDS)
def test_names_and_order_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for text in (LSTM, GRU, TWINS, SPACE.genotype(SPACE.canonical(SPACE.sample(rng, 1))[0])):
        assert SPACE.key(SPACE.parse(rewritten(text, rng))) == SPACE.key(SPACE.parse(text))


def test_what_reaches_no_hidden_state_is_cut_off() -> None:
    more = json.loads(RNN) | {"dead": {"op": "activation_sigm", "input": ["f"]}}
    assert SPACE.key(SPACE.parse(json.dumps(more))) == SPACE.key(SPACE.parse(RNN))


def test_the_arguments_of_a_blend_have_places() -> None:
    first, second = (
        recipe(f=("linear", ["x", "h_prev_0"]), g=("activation_tanh", ["f"]), h_new_0=("blend", inputs))
        for inputs in (["f", "g", "h_prev_0"], ["g", "f", "h_prev_0"])
    )
    assert SPACE.key(SPACE.parse(first)) != SPACE.key(SPACE.parse(second))


# ------------------------------------------------------------------ drawing and layers


def test_a_drawing_has_what_is_there_and_what_is_open() -> None:
    graph = SPACE.graph(SPACE.parse(GRU))
    assert graph.nodes[:2] == INPUTS[:2]
    assert graph.nodes[-1] == "output"
    assert sorted(str(label) for label in graph.nodes[2:-1]) == sorted(node["op"] for node in json.loads(GRU).values())
    labels = [label for *_, label in graph.edges if label]
    assert sorted(labels) == ["gate", "h_new_0", "where 0", "where 1"]
    start = SPACE.graph([-1] * len(SPACE.cardinalities))
    assert start.nodes == (*INPUTS, *[None] * 25, None)
    assert start.edges == ()
    row = SPACE.parse(GRU)
    row[-3:] = -1
    assert SPACE.graph(row).nodes[-1] is None


def test_layers_of_every_operation() -> None:
    text = recipe(
        a=("linear", ["x", "h_prev_0", "h_prev_1"]),
        b=("activation_leaky_relu", ["a"]),
        c=("elementwise_prod", ["b", "h_prev_0"]),
        h_new_0=("blend", ["b", "c", "h_prev_1"]),
        h_new_1=("elementwise_sum", ["c", "h_prev_1"]),
    )
    space = NASBenchNLP(embedding=4, hidden=6, layers=2, tokens=10)
    layers = space.layers(space.parse(text))
    kinds = ["linear"] * 3 + ["add"] * 2 + ["leaky_relu", "multiply", "multiply", "add", "multiply", "add", "add"]
    assert [layer.kind for layer in layers] == ["embedding", *kinds, *kinds, "linear"]
    linear = [(layer.c_in, layer.c_out, layer.bias) for layer in layers if layer.kind == "linear"]
    assert linear[:6] == [(4, 6, True), (6, 6, False), (6, 6, False), (6, 4, True), (4, 4, False), (4, 4, False)]
    assert total_params(layers) == 40 + (24 + 36 + 36 + 6) + (24 + 16 + 16 + 4) + 10
    assert len(OPERATIONS) == 7
