"""The picture of regrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.regret_plot import LOWEST, plot_regrets


def test_panels_and_legend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra [plot]")
    from matplotlib.figure import Figure

    drawn: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (drawn.append(self), save(self, *a, **k))[1])
    agents = {"a": {"regret_curve": [0.02, 0.01, 0.0]}, "b": {"regret_curve": [0.03, 0.03, 0.02]}}
    result = {"benchmarks": {"one": {"agents": agents}, "two": {"agents": agents}}}
    plot_regrets(result, tmp_path / "x.png", every=10, agents=["b", "a"])
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    (figure,) = drawn
    assert [panel.get_title() for panel in figure.axes] == ["one", "two"]
    assert [line.get_label() for line in figure.axes[0].lines] == ["b", "a"]
    assert figure.axes[0].lines[1].get_ydata().tolist() == [2.0, 1.0, 0.0]
    assert figure.axes[0].lines[1].get_xdata().tolist() == [10, 20, 30]
    assert figure.axes[0].get_ylim()[0] >= LOWEST
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["b", "a"]
