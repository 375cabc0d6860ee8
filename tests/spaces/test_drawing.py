"""Drawings: every label is there and readable, in text, SVG and pixels."""

from __future__ import annotations

import itertools
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from gymnasium.error import DependencyNotInstalled

from awnas_gym.spaces.abstract import ArchGraph
from awnas_gym.spaces.drawing import RGB_HEIGHT, RGB_WIDTH, draw_rgb, draw_svg, draw_text
from awnas_gym.spaces.layout import Box, Layout, layout
from awnas_gym.spaces.nasbench201 import NASBench201

SPACE = NASBench201()
GRAPHS = {
    "cell201": SPACE.graph([3, 1, 2, 4, 0, 3]),
    "half decided": SPACE.graph([3, 1, 0, -1, -1, -1]),
    "nodes with operations": ArchGraph(
        ("input", "cost $5$", "conv3x3", "conv3x3", None, "maxpool3x3", "output"),
        tuple((a, b, "") for a, b in [(0, 1), (0, 2), (1, 3), (2, 3), (2, 6), (3, 4), (0, 4), (4, 5), (5, 6), (0, 6)]),
    ),
    "two inputs": ArchGraph(
        ("c_{k-2}", "c_{k-1}", "0", "1", "2", "3", "output"),
        (
            *((0, 2, "sep_conv_3x3"), (1, 2, 'a<b>&"c"'), (0, 3, "skip_connect"), (2, 3, "dil_conv_3x3")),
            *((1, 4, "max_pool_3x3"), (3, 4, None), (0, 5, "none"), (2, 5, "a much longer operation name")),
            *((2, 6, ""), (3, 6, ""), (4, 6, ""), (5, 6, "")),
        ),
    ),
    "parallel edges": ArchGraph(("a", "b"), ((0, 1, "conv"), (0, 1, "pool"))),
    "one node": ArchGraph(("only",), ()),
}
NAMES = pytest.mark.parametrize("name", GRAPHS)


def shown(graph: ArchGraph) -> list[str]:
    """Return every text that a drawing of the graph must show, sorted."""
    labels = [*graph.nodes, *(label for _, _, label in graph.edges)]
    return sorted("?" if label is None else label for label in labels if label != "")


def boxes(placed: Layout) -> list[Box]:
    return [*placed.nodes, *(box for box in placed.labels if box is not None)]


@NAMES
def test_no_text_lies_over_another_or_outside(name: str) -> None:
    placed = layout(GRAPHS[name])
    for a, b in itertools.combinations(boxes(placed), 2):
        assert not a.overlaps(b), (a.text, b.text)
    for box in boxes(placed):
        assert box.width / 2 <= box.x <= placed.width - box.width / 2
        assert box.height / 2 <= box.y <= placed.height - box.height / 2


def bezier(start: tuple[float, float], stop: tuple[float, float], t: float) -> tuple[float, float]:
    middle = (start[0] + stop[0]) / 2
    x = (1 - t) ** 3 * start[0] + 3 * (1 - t) * t * middle + t**3 * stop[0]
    y = ((1 - t) ** 3 + 3 * (1 - t) ** 2 * t) * start[1] + (3 * (1 - t) * t**2 + t**3) * stop[1]
    return x, y


@NAMES
def test_edges_run_under_no_text_but_their_own(name: str) -> None:
    graph = GRAPHS[name]
    placed = layout(graph)
    for (source, target, _), own, path in zip(graph.edges, placed.labels, placed.paths, strict=True):
        others = [box for box in boxes(placed) if box not in (own, placed.nodes[source], placed.nodes[target])]
        for i, (start, stop) in enumerate(pairwise(path)):
            for t in np.linspace(0, 1, 30):
                x, y = bezier(start, stop, t) if i % 2 else (start[0] + (stop[0] - start[0]) * t, start[1])
                assert not any(box.overlaps(Box(x, y, 0, 0, "")) for box in others), (source, target, x, y)


def test_every_cell_of_nasbench201_is_readable() -> None:
    for arch in SPACE.sample(np.random.default_rng(0), 50):
        placed = boxes(layout(SPACE.graph(arch)))
        assert len(placed) == 10
        assert not any(a.overlaps(b) for a, b in itertools.combinations(placed, 2))


@NAMES
def test_svg_is_xml_with_every_label_and_a_title(name: str) -> None:
    root = ET.fromstring(draw_svg(GRAPHS[name]))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert (root.findtext(f"{space}title") or "").startswith("Architecture with")
    assert sorted(text.text or "" for text in root.iter(f"{space}text")) == shown(GRAPHS[name])
    assert len(list(root.iter(f"{space}path"))) == len(GRAPHS[name].edges)


def test_svg_tells_open_and_zero_edges_from_decided_ones() -> None:
    drawn = {label: draw_svg(ArchGraph(("a", "b"), ((0, 1, label),))) for label in ("conv", None, "none")}
    assert "stroke-dasharray" not in drawn["conv"]
    assert 'stroke-dasharray="6 5"' in drawn[None]
    assert 'stroke-dasharray="1.5 5"' in drawn["none"]


@NAMES
def test_rgb_has_one_size_for_every_graph(name: str) -> None:
    pytest.importorskip("matplotlib")
    image = draw_rgb(GRAPHS[name])
    assert image.shape == (RGB_HEIGHT, RGB_WIDTH, 3)
    assert image.dtype == np.uint8
    assert image.min() < 64
    assert image.max() == 255


def test_rgb_differs_between_cells() -> None:
    pytest.importorskip("matplotlib")
    images = [draw_rgb(SPACE.graph([choice, 1, 2, 4, 0, 3])) for choice in range(-1, 5)]
    for a, b in itertools.combinations(images, 2):
        assert (a != b).any()
    np.testing.assert_array_equal(images[0], draw_rgb(SPACE.graph([-1, 1, 2, 4, 0, 3])))


def test_rgb_without_matplotlib_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(DependencyNotInstalled, match=r"pip install 'awnas-gym\[plot\]'"):
        draw_rgb(GRAPHS["cell201"])


def test_text_is_one_line_an_edge() -> None:
    assert draw_text(GRAPHS["half decided"]) == "\n".join(
        [
            "input  ── nor_conv_3x3 ──▶ 1",
            "input  ── skip_connect ──▶ 2",
            "1      ·· none ··········▶ 2",
            "input  ╌╌ ? ╌╌╌╌╌╌╌╌╌╌╌╌╌▶ output",
            "1      ╌╌ ? ╌╌╌╌╌╌╌╌╌╌╌╌╌▶ output",
            "2      ╌╌ ? ╌╌╌╌╌╌╌╌╌╌╌╌╌▶ output",
        ]
    )


def test_text_numbers_nodes_of_equal_label_and_lists_lonely_ones() -> None:
    graph = ArchGraph(("in", "conv", "conv", "out"), ((0, 1, ""), (1, 3, "")))
    assert draw_text(graph).splitlines() == ["in     ──────▶ 1:conv", "1:conv ──────▶ out", "2:conv"]
