"""Drawings of an `ArchGraph`: text, SVG and pixels. Decided parts are solid, open ones grey, zeros faint."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, final
from zlib import crc32

import numpy as np
from gymnasium.error import DependencyNotInstalled
from numpy.typing import NDArray

from awnas_gym.spaces.abstract import ArchGraph
from awnas_gym.spaces.layout import CHAR, FONT, Box, Layout, Point, layout

RGB_WIDTH, RGB_HEIGHT = 960, 320
"""Size of `draw_rgb` in pixels, the same for every graph: frames of one video have one size."""

INK, PAPER, GREY, FAINT = "#1a1a1a", "#ffffff", "#6b6b6b", "#b0b0b0"
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours, told apart by colour-blind readers; their yellow is too light for a line."""

COLOURS = {
    "skip_connect": "#009E73",
    "nor_conv_1x1": "#56B4E9",
    "nor_conv_3x3": "#0072B2",
    "avg_pool_3x3": "#E69F00",
    "max_pool_3x3": "#D55E00",
}
"""Fixed colours of common operations; every other label gets one of `PALETTE` by its checksum."""

_FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
_DASHES = {"solid": "", "open": "6 5", "none": "1.5 5"}


@final
@dataclass(frozen=True, slots=True)
class _Style:
    colour: str
    text: str
    width: float
    kind: str


def _style(label: str | None) -> _Style:
    if label is None:
        return _Style(GREY, GREY, 1.6, "open")
    if label == "none":
        return _Style(FAINT, GREY, 1.6, "none")
    if label == "":
        return _Style(GREY, INK, 1.8, "solid")
    return _Style(COLOURS.get(label) or PALETTE[crc32(label.encode()) % len(PALETTE)], INK, 2.6, "solid")


def _sentence(graph: ArchGraph) -> str:
    names = _names(graph)
    edges = ", ".join(f"{names[a]} to {names[b]}: {'open' if label is None else label}" for a, b, label in graph.edges)
    return f"Architecture with {len(graph.nodes)} nodes; {edges or 'no edges'}"


def _names(graph: ArchGraph) -> list[str]:
    """Return one name a node, with its number where two nodes have the same label."""
    labels = ["?" if label is None else label for label in graph.nodes]
    return [f"{i}:{label}" if labels.count(label) > 1 else label for i, label in enumerate(labels)]


def draw_text(graph: ArchGraph) -> str:
    """Return the graph for a terminal, one line an edge, by target: `input ── skip_connect ──▶ 1`."""
    names = _names(graph)
    pads = {"solid": "─", "open": "╌", "none": "·"}
    left = max((len(name) for name in names), default=0)
    room = max((len("?" if label is None else label) for _, _, label in graph.edges), default=0)
    lines = []
    for source, target, label in sorted(graph.edges, key=lambda edge: (edge[1], edge[0])):
        pad = pads[_style(label).kind]
        text = "?" if label is None else label
        middle = f" {text} ".ljust(room + 2, pad) if text else pad * (room + 2)
        lines.append(f"{names[source].ljust(left)} {pad * 2}{middle}{pad * 2}▶ {names[target]}")
    touched = {node for edge in graph.edges for node in edge[:2]}
    lines += [name for i, name in enumerate(names) if i not in touched]
    return "\n".join(lines)


# -------------------------------------------------------------------- SVG


def draw_svg(graph: ArchGraph) -> str:
    """Return a self-contained `<svg>`; its classes `arch-paper` and `arch-ink` let a page restyle it."""
    placed = layout(graph)
    width, height = f"{placed.width:.0f}", f"{placed.height:.0f}"
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} font-family="{_FONTS}" font-size="{FONT:g}">',
        f"<title>{escape(_sentence(graph))}</title>",
        f'<rect class="arch-paper" width="100%" height="100%" rx="8" fill="{PAPER}"/>',
    ]
    parts += [_svg_edge(label, path) for (_, _, label), path in zip(graph.edges, placed.paths, strict=True)]
    for (_, _, label), box in zip(graph.edges, placed.labels, strict=True):
        if box is not None:
            parts.append(_svg_box(box, _style(label), radius=6))
    parts += [
        _svg_box(box, _style(None) if label is None else _Style(INK, INK, 1.8, "solid"), radius=box.height / 2)
        for label, box in zip(graph.nodes, placed.nodes, strict=True)
    ]
    return "\n".join([*parts, "</svg>"])


def _svg_edge(label: str | None, path: tuple[Point, ...]) -> str:
    style = _style(label)
    words = []
    for i, (x, y) in enumerate(_short(path)):
        if i and i % 2 == 0:
            words.append("C" + " ".join(f"{a:.1f} {b:.1f}" for a, b in _bend(path[i - 1], (x, y))))
        else:
            words.append(f"{'L' if i else 'M'}{x:.1f} {y:.1f}")
    dash = f' stroke-dasharray="{_DASHES[style.kind]}"' if _DASHES[style.kind] else ""
    head = " ".join(f"{x:.1f},{y:.1f}" for x, y in _head(path[-1]))
    return (
        f'<path d="{" ".join(words)}" fill="none" stroke="{style.colour}" stroke-width="{style.width}"{dash}/>'
        f'<polygon points="{head}" fill="{style.colour}"/>'
    )


def _svg_box(box: Box, style: _Style, *, radius: float) -> str:
    dash = f' stroke-dasharray="{_DASHES[style.kind]}"' if _DASHES[style.kind] else ""
    ink = "arch-ink" if style.text == INK else "arch-grey"
    frame = ' class="arch-paper arch-frame"' if style.colour == INK else ' class="arch-paper"'
    return (
        f'<rect{frame} x="{box.x - box.width / 2:.1f}" y="{box.y - box.height / 2:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="{radius:.1f}" fill="{PAPER}" stroke="{style.colour}" stroke-width="1.6"{dash}/>'
        f'<text class="{ink}" x="{box.x:.1f}" y="{box.y:.1f}" text-anchor="middle" dominant-baseline="central" '
        f'textLength="{CHAR * len(box.text):.1f}" lengthAdjust="spacingAndGlyphs" fill="{style.text}">'
        f"{escape(box.text)}</text>"
    )


def _bend(start: Point, stop: Point) -> tuple[Point, Point, Point]:
    """Return the Bézier control points from `start`: horizontal at both ends."""
    middle = (start[0] + stop[0]) / 2
    return (middle, start[1]), (middle, stop[1]), stop


def _short(path: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return the path without its last pixels, which the arrow head covers."""
    return (*path[:-1], (path[-1][0] - 7, path[-1][1]))


def _head(tip: Point) -> tuple[Point, Point, Point]:
    return tip, (tip[0] - 9, tip[1] - 4.5), (tip[0] - 9, tip[1] + 4.5)


# -------------------------------------------------------------------- pixels


def draw_rgb(graph: ArchGraph) -> NDArray[np.uint8]:
    """Return an image, uint8 `[320, 960, 3]`; needs matplotlib, without touching its global state."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - optional
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise DependencyNotInstalled(
            f"{error.name} is not installed; get it with: pip install 'awnas-gym[plot]'"
        ) from error
    placed = layout(graph)
    scale = min(RGB_WIDTH / placed.width, RGB_HEIGHT / placed.height, 1.5)
    figure = Figure(figsize=(RGB_WIDTH / 100, RGB_HEIGHT / 100), dpi=100, facecolor=PAPER)
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    half = RGB_WIDTH / scale / 2, RGB_HEIGHT / scale / 2
    axes.set_xlim(placed.width / 2 - half[0], placed.width / 2 + half[0])
    axes.set_ylim(placed.height / 2 + half[1], placed.height / 2 - half[1])
    _paint(axes, graph, placed, 0.72 * scale)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), dtype=np.uint8)[..., :3].copy()


def _paint(axes: Any, graph: ArchGraph, placed: Layout, points: float) -> None:  # noqa: ANN401 - matplotlib's Axes
    """Draw edges, then labels and nodes over them; `points` is the size of a pixel in typographic points."""
    from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon  # noqa: PLC0415 - optional
    from matplotlib.path import Path  # noqa: PLC0415 - optional

    dashes: dict[str, Any] = {"solid": "-", "open": (0, (4, 3)), "none": (0, (1, 3))}
    for (_, _, label), path in zip(graph.edges, placed.paths, strict=True):
        style = _style(label)
        vertices, codes = [path[0]], [Path.MOVETO]
        for i, point in enumerate(_short(path)[1:], start=1):
            vertices += _bend(path[i - 1], point) if i % 2 == 0 else [point]
            codes += [Path.CURVE4] * 3 if i % 2 == 0 else [Path.LINETO]
        axes.add_patch(
            PathPatch(
                Path(vertices, codes), fill=False, edgecolor=style.colour, linewidth=style.width * points,
                linestyle=dashes[style.kind],
            )
        )  # fmt: skip
        axes.add_patch(Polygon(_head(path[-1]), facecolor=style.colour, edgecolor="none"))
    boxes = [(box, _style(label), 6.0) for (_, _, label), box in zip(graph.edges, placed.labels, strict=True) if box]
    boxes += [
        (box, _style(None) if label is None else _Style(INK, INK, 1.8, "solid"), box.height / 2)
        for label, box in zip(graph.nodes, placed.nodes, strict=True)
    ]
    for box, style, radius in boxes:
        axes.add_patch(
            FancyBboxPatch(
                (box.x - box.width / 2, box.y - box.height / 2), box.width, box.height,
                boxstyle=f"round,pad=0,rounding_size={min(radius, box.width / 2)}",
                facecolor=PAPER, edgecolor=style.colour, linewidth=1.6 * points, linestyle=dashes[style.kind],
            )
        )  # fmt: skip
        axes.text(
            box.x, box.y, box.text, color=style.text, fontsize=FONT * points, family="monospace", ha="center",
            va="center_baseline", parse_math=False,
        )  # fmt: skip
