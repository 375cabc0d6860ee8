"""derive, sample, random-sample and eval-arch as a user types them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def test_from_a_run_to_scored_architectures(awnas: Any, tiny: str, tmp_path: Path) -> None:
    awnas("search", "--env-arg", f"dataset={tiny}", "--evaluations", "30", "--out", "runs")
    done = awnas("derive", "runs", "-n", "4", "--test", "--plot", "drawn").stdout
    assert done.count("*") >= 2  # of the incumbent, and what the sign means
    assert "test_accuracy" in done
    content = yaml.safe_load((tmp_path / "runs/regularized_evolution/seed-0000/derived.yaml").read_text())
    derived = content["architectures"]
    assert [entry.get("incumbent", False) for entry in derived] == [True, False, False, False]
    assert [entry["reward"] for entry in derived] == sorted((entry["reward"] for entry in derived), reverse=True)
    assert len(list((tmp_path / "drawn").glob("*.svg"))) == 4
    assert (
        "edge" not in awnas("sample", "runs", "-n", "5", "-o", "drawn.yaml", "--unique", "--dump-mode", "list").stdout
    )
    assert len(yaml.safe_load((tmp_path / "drawn.yaml").read_text())) == 5
    for archs in ("drawn.yaml", "runs/regularized_evolution/seed-0000/derived.yaml"):
        awnas("eval-arch", "runs", archs, "-o", "scores.yaml")
    scored = yaml.safe_load((tmp_path / "scores.yaml").read_text())["architectures"]
    assert [entry["genotype"] for entry in scored[:4]] == [entry["genotype"] for entry in derived]
    assert "test_accuracy" not in scored[0]["metrics"]
    error = awnas("eval-arch", "runs", "drawn.yaml", "--batches", "few", code=2).stderr
    assert "'few' is neither 'all' nor a whole number from 1" in error


def test_scores_under_a_constraint_say_how_far_it_is_broken(awnas: Any, tmp_path: Path) -> None:
    objective = "objective=constrained(target=0.0001)"  # nothing keeps it
    awnas("search", "--env-arg", objective, "--env-arg", "hardware=eyeriss", "--evaluations", "5", "--out", "runs")
    done = awnas("derive", "runs", "-n", "2").stdout
    content = yaml.safe_load(next(tmp_path.glob("runs/*/*/derived.yaml")).read_text())["architectures"]
    assert "violation" in done.splitlines()[0]
    for entry in content:
        assert f"{entry['violation']:.4f}" in done
        assert f"{entry['metrics']['latency_ms']:.4g}" in done


def test_random_architectures_of_a_space_and_of_a_configuration(awnas: Any, tiny: str, tmp_path: Path) -> None:
    awnas("random-sample", "enas", "--space-arg", "output=concat", "-n", "3", "-o", "enas.yaml")
    assert len(yaml.safe_load((tmp_path / "enas.yaml").read_text())) == 3
    lines = f"id: awnas/NASBench201-v0, dataset: {tiny}", "agents: [{name: random}]", "budget: {evaluations: 5}"
    (tmp_path / "search.yaml").write_text("\n".join([f"environment: {{{lines[0]}}}", *lines[1:]]))
    first, again, other = ((name, seed) for name, seed in (("a", "1"), ("b", "1"), ("c", "2")))
    for name, seed in (first, again, other):
        awnas("random-sample", "search.yaml", "-n", "20", "-o", f"{name}.yaml", "--unique", "--seed", seed)
    read = [yaml.safe_load((tmp_path / f"{name}.yaml").read_text()) for name in "abc"]
    assert read[0] == read[1] != read[2]
    assert len(set(read[0])) == 20
    assert "Did you mean 'enas'" in awnas("random-sample", "enass", "-o", "x.yaml", code=1).stderr
    assert (
        "Did you mean 'output'" in awnas("random-sample", "enas", "--space-arg", "outptu=1", "-o", "x", code=1).stderr
    )
    error = awnas("random-sample", "search.yaml", "--space-arg", "channels=1", "-o", "x", code=2).stderr
    assert "the space of a CONFIG has the settings that are in it" in " ".join(error.split())


def test_errors_are_a_line(awnas: Any, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    assert "runs is no run: it has no config.yaml" in awnas("derive", "runs", code=1).stderr
    assert "Did you mean 'random-sample'" in awnas("random-samples", code=2).stderr
