"""Genotypes as others write them: the published ones, round trips, and whatever text there may be."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError
from awnas_gym.spaces import SPACES, total_macs, total_params
from awnas_gym.spaces.foreign_genotypes import parse_any, write_aw_nas
from awnas_gym.spaces.literals import read_call

FINAL = {
    "darts": (
        "darts", 2_809_558, 892.49,
        """CNNGenotype(normal_0=(('sep_conv_3x3', 0, 2), ('sep_conv_3x3', 1, 2), ('skip_connect',
        0, 3), ('sep_conv_3x3', 1, 3), ('skip_connect', 0, 4), ('sep_conv_3x3', 1, 4), ('skip_connect',
        0, 5), ('skip_connect', 1, 5)), reduce_1=(('max_pool_3x3', 0, 2), ('max_pool_3x3',
        1, 2), ('max_pool_3x3', 0, 3), ('skip_connect', 2, 3), ('skip_connect', 2, 4), ('avg_pool_3x3',
        0, 4), ('skip_connect', 2, 5), ('avg_pool_3x3', 0, 5)), normal_0_concat=(2, 3, 4,
        5), reduce_1_concat=(2, 3, 4, 5))""",
    ),
    "snas": (
        "darts", 3_183_238, 1029.07,
        """CNNGenotype(normal_0=[('dil_conv_5x5', 0, 2), ('sep_conv_5x5', 1, 2), ('dil_conv_5x5',
        2, 3), ('sep_conv_5x5', 0, 3), ('sep_conv_5x5', 1, 4), ('max_pool_3x3', 0, 4), ('max_pool_3x3',
        0, 5), ('skip_connect', 2, 5)], reduce_1=[('avg_pool_3x3', 1, 2), ('dil_conv_5x5',
        0, 2), ('max_pool_3x3', 0, 3), ('sep_conv_3x3', 2, 3), ('dil_conv_3x3', 2, 4), ('max_pool_3x3',
        0, 4), ('max_pool_3x3', 0, 5), ('sep_conv_5x5', 4, 5)], normal_0_concat=[2, 3, 4,
        5], reduce_1_concat=[2, 3, 4, 5])""",
    ),
    "pc-darts": (
        "darts", 4_255_678, 1343.93,
        """CNNGenotype(normal_0=(('sep_conv_3x3', 0, 2), ('sep_conv_3x3', 1, 2), ('sep_conv_5x5',
        0, 3), ('sep_conv_3x3', 1, 3), ('sep_conv_5x5', 2, 4), ('sep_conv_3x3', 0, 4), ('sep_conv_3x3',
        0, 5), ('dil_conv_3x3', 1, 5)), reduce_1=(('max_pool_3x3', 1, 2), ('skip_connect',
        0, 2), ('max_pool_3x3', 1, 3), ('max_pool_3x3', 2, 3), ('sep_conv_5x5', 1, 4), ('max_pool_3x3',
        0, 4), ('max_pool_3x3', 2, 5), ('max_pool_3x3', 4, 5)), normal_0_concat=(2, 3, 4,
        5), reduce_1_concat=(2, 3, 4, 5))""",
    ),
    "enas": (
        "enas", 4_207_654, 1303.01,
        """CNNGenotype(normal_0=(('sep_conv_5x5', 0, 2), ('skip_connect', 1, 2), ('max_pool_3x3',
        2, 3), ('sep_conv_3x3', 0, 3), ('skip_connect', 2, 4), ('sep_conv_3x3', 2, 4), ('sep_conv_3x3',
        4, 5), ('max_pool_3x3', 1, 5), ('sep_conv_3x3', 3, 6), ('sep_conv_3x3', 5, 6)),
        reduce_1=(('skip_connect', 0, 2), ('sep_conv_5x5', 0, 2), ('skip_connect', 1, 3),
        ('sep_conv_3x3', 0, 3), ('sep_conv_3x3', 1, 4), ('sep_conv_5x5', 0, 4), ('skip_connect',
        3, 5), ('avg_pool_3x3', 4, 5), ('avg_pool_3x3', 2, 6), ('max_pool_3x3', 0, 6)),
        normal_0_concat=(2, 3, 4, 5, 6), reduce_1_concat=(2, 3, 4, 5, 6))""",
    ),
}  # fmt: skip
"""Space, parameters, twice the MACs in millions, and genotype, as in aw_nas's examples/mloss/*/*_final.yaml."""

MADE: dict[str, Any] = {
    "darts": SPACES.load("darts")(),
    "nasbench301": SPACES.load("nasbench301")(),
    "enas": SPACES.load("enas")(),
    "enas concat": SPACES.load("enas")(output="concat", cells=20),
    "recurrent": SPACES.load("recurrent")(),
    "nasbench101": SPACES.load("nasbench101")(),
    "nasbench201": SPACES.load("nasbench201")(),
    "ofa_mbv3": SPACES.load("ofa_mbv3")(),
    "ofa_mbv2": SPACES.load("ofa_mbv2")(image_size=160),
}


@pytest.mark.parametrize("method", FINAL)
def test_the_networks_that_aw_nas_publishes(method: str) -> None:
    name, params, flops, text = FINAL[method]
    space = MADE["enas concat" if name == "enas" else name]
    arch = parse_any(space, text)
    assert total_params(space.layers(arch)) == params
    assert 2 * total_macs(space.layers(arch)) / 1e6 == pytest.approx(flops, abs=0.01)
    bare = text.partition("(")[2].rpartition(")")[0]  # without the name, as some configurations have it
    assert np.array_equal(parse_any(space, bare), arch)


@pytest.mark.parametrize("name", MADE)
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_what_is_written_is_read_back(name: str, seed: int) -> None:
    space = MADE[name]
    arch = space.sample(np.random.default_rng(seed), 1)[0]
    written = write_aw_nas(space, arch)
    assert np.array_equal(parse_any(space, written), arch)
    assert np.array_equal(parse_any(space, space.genotype(arch)), arch)
    assert np.array_equal(parse_any(space, written.replace(" ", "\n ")), arch)


def test_the_forms_are_those_of_their_authors() -> None:
    """aw_nas's recurrent example, DARTS's range, a graph of five vertices as NAS-Bench-101's library has it."""
    cell = "('sigmoid', 0, 1), ('relu', 1, 2), ('relu', 1, 3), ('identity', 1,4), ('tanh', 2,5), ('sigmoid', 5,6)"
    text = f"cell=[{cell}, ('tanh', 3,7), ('relu', 5,8)], cell_concat=range(1, 9)"
    recurrent = MADE["recurrent"]
    assert "('identity', 1), ('tanh', 2)" in recurrent.genotype(parse_any(recurrent, text))
    darts = MADE["darts"]
    arch = parse_any(darts, FINAL["darts"][3])
    own = darts.genotype(arch).replace("[2, 3, 4, 5]", "range(2, 6)")
    assert np.array_equal(parse_any(darts, own.replace("[", "(").replace("]", ")")), arch)
    graph = MADE["nasbench101"]
    matrix = "[[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]"
    operations = "['input', 'conv1x1-bn-relu', 'maxpool3x3', 'conv3x3-bn-relu', 'output']"
    small = parse_any(graph, f"ModelSpec(matrix={matrix}, ops={operations})")
    assert graph.matrix(small)[0].tolist() == [
        [0, 1, 1, 0, 0],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 1, 0],
        [0] * 4 + [1],
        [0] * 5,
    ]
    padded = f"_ModelSpec(np.array({matrix}), {operations}; pruned_matrix=np.array([[0]]), pruned_ops=[])"
    assert np.array_equal(parse_any(graph, padded), small)
    six = "[[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]"  # a vertex without edges, as aw_nas fills up
    filled = parse_any(graph, f"_ModelSpec(np.array({six}), ['input', 'maxpool3x3', 'none', 'output'])")
    assert graph.matrix(filled)[1] == ["input", "maxpool3x3", "output"]


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("darts", "sep_conv_3x3", "sep_conv_3x4", r"normal node 2: No operation .*Did you mean 'sep_conv_3x3'"),
        ("darts", "sep_conv_3x3", "none", r"normal node 2: No operation named 'none'"),
        ("darts", "0, 2)", "0, 3)", r"normal_0: two operations a node lead to \[2, 2, .*got \[2, 3, 3"),
        ("darts", "0, 2)", "1, 2)", r"normal node 2 reads two different values of 0 … 1; got \[1, 1\]"),
        ("darts", "0, 2)", "0)", r"normal_0 is made of \(operation, value, node\)"),
        (
            "darts",
            "normal_0_concat=(2, 3, 4",
            "normal_0_concat=(3, 4",
            r"normal_0_concat is \[3, 4, 5\]; in darts this",
        ),
        ("darts", "reduce_1=", "reduce_2=", r"No argument named 'reduce_2'\. Did you mean 'reduce_1'"),
        ("darts", "reduce_1_concat=(2, 3, 4, 5))", ")", r"a genotype of darts lacks reduce_1_concat"),
        (
            "darts",
            "reduce_1_concat=(2, 3, 4, 5))",
            "reduce_1_concat=(2, 3,",
            r"is wanted at character \d+, where it ends",
        ),
        ("enas", "(2, 3, 4, 5, 6)", "(2, 3)", r"normal_0_concat is \[2, 3\]; in enas this cell concatenates"),
    ],
)
def test_what_does_not_fit_is_named(name: str, old: str, new: str, message: str) -> None:
    space = MADE["enas concat" if name == "enas" else name]
    text = " ".join(FINAL[name][3].split())
    assert old in text
    with pytest.raises(GenotypeError, match=message):
        parse_any(space, text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("enas", FINAL["enas"][3], r"concatenates \[.*\(enas with output='concat' is aw_nas's\)"),
        ("nasbench201", FINAL["enas"][3], "is no nasbench201 genotype"),
        ("ofa_mbv3", FINAL["enas"][3], r"ofa_mbv3: No argument named 'normal_0'"),
        ("ofa_mbv3", "image_size=32, cell_1=2", "lacks cell_2"),
        ("ofa_mbv2", "MnasnetOFAGenotype(image_size=224)", r"lacks cell_1"),
        ("nasbench101", "_ModelSpec(np.array([[0, 1], [0]]), ['input', 'output'])", "matrix is a square of 0 and 1"),
        ("nasbench101", "_ModelSpec(np.array([]), [])", "upper triangular matrix of 2 to 7 vertices"),
        ("nasbench101", "_ModelSpec(os.system([1]), [])", r"of functions, range\(2, 6\) and np.array"),
        ("recurrent", "RNNGenotype(cell=[('tanh', 0, 1)], cell_concat=[1])", "is no genotype of 8 recurrent nodes"),
        ("recurrent", "RNNGenotype(cell=[('tanh', 0, 2)], cell_concat=[1])", r"one node after the other, \[1\]; got"),
    ],
)
def test_what_is_of_another_space_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        parse_any(MADE[name], text)


def test_numbers_that_a_network_cannot_have_are_named() -> None:
    space = MADE["ofa_mbv3"]
    forms = " ".join(["7x4"] * 3)
    text = write_aw_nas(space, space.parse(" | ".join([f"3: {forms}"] * 5)))
    for old, new, message in (
        ("image_size=224", "image_size=128", "image_size is 128; in this ofa_mbv3 it is 224"),
        ("cell_1=3", "cell_1=5", r"cell_1 is a number of blocks, 1 … 4; got 5"),
        ("cell_1_block_0=(4, 7)", "cell_1_block_0=(5, 7)", "unit 1 block 1 has expansion 5; legal: 3, 4, 6"),
        ("cell_1_block_0=(4, 7)", "cell_1_block_0=4", r"cell_1_block_0 is made of \(expansion, kernel\)"),
    ):
        assert old in text
        with pytest.raises(GenotypeError, match=message):
            parse_any(space, text.replace(old, new))


def test_a_space_that_aw_nas_has_not() -> None:
    space = SPACES.load("fbnet")()
    with pytest.raises(GenotypeError, match="fbnet has no form in aw_nas"):
        write_aw_nas(space, space.sample(np.random.default_rng(0), 1)[0])


SIGNS = st.sampled_from([*"()[],;='\"-~|+ \n09é\0", "range", "np.array", "normal_0", "none", "sep_conv_3x3"])


@pytest.mark.parametrize("name", MADE)
@settings(max_examples=100)
@given(data=st.data())
def test_nothing_but_an_error_of_genotypes_comes_of_any_text(name: str, data: st.DataObject) -> None:
    space = MADE[name]
    text = write_aw_nas(space, space.sample(np.random.default_rng(0), 1)[0])
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    damaged = text[:start] + "".join(data.draw(st.lists(SIGNS, max_size=4))) + text[end:]
    for given_text in (damaged, data.draw(st.text(max_size=60)), text[:start], "x=" + "[" * start):
        with contextlib.suppress(GenotypeError):
            space.check(parse_any(space, given_text))


def test_calls_are_read_without_being_evaluated() -> None:
    call = read_call("f(1, -2.5, a=('x', [3],), b=range(2, 5); c=np.array([[0, 1]]),)")
    assert call == ("f", [1, -2.5], {"a": ["x", [3]], "b": [2, 3, 4], "c": [[0, 1]]})
    assert read_call('a="x"') == ("", [], {"a": "x"})
    for text, message in (
        ("f(a=1, a=2)", "a is given twice"),
        ("f(" + "[" * 20, "brackets are at most 6 deep"),
        ("f(1) 2", "the end is wanted at character 6, where there is '2'"),
        ("f(a=$)", r"cannot be read from character 5 on: '\$\)'"),
        ("f(a=range(0, 999999999))", r"of functions, range\(2, 6\)"),
        ("f(a=x)", r"'\(' is wanted at character 6, where there is '\)'"),
        ("f(" + "1, " * 10_000 + ")", "at most 20,000 characters"),
    ):
        with pytest.raises(GenotypeError, match=message):
            read_call(text)
