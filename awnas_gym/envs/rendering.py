"""Drawings of architectures, as environments render them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awnas_gym.errors import SettingError
from awnas_gym.spaces import AbstractSpace, Archs

RENDER_MODES = ["ansi", "svg", "rgb_array"]


def check_render_mode(render_mode: str | None) -> None:
    """Raise `SettingError` for a mode that is neither of `RENDER_MODES` nor None."""
    if render_mode is not None and render_mode not in RENDER_MODES:
        raise SettingError(f"render_mode={render_mode!r}; legal: {', '.join(RENDER_MODES)}")


def draw(space: AbstractSpace, arch: Archs, render_mode: str | None) -> Any:  # noqa: ANN401 - a string or an image, by mode
    """Return the row `arch`, -1 where it is open, as text, SVG or an image uint8 `[height, width, 3]`."""
    from awnas_gym.spaces.drawing import draw_rgb, draw_svg, draw_text  # noqa: PLC0415 - few environments draw

    drawings: dict[str | None, Callable[..., Any]] = {"ansi": draw_text, "svg": draw_svg, "rgb_array": draw_rgb}
    return drawings[render_mode](space.graph(arch))
