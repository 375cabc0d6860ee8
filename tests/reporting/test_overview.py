"""What is said over all environments, against sums by hand, and what it leaves out."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.reporting import find_runs, group_runs
from awnas_gym.reporting.groups import by_environment
from awnas_gym.reporting.overview import Overview, overview
from awnas_gym.reporting.overview_text import overview_headline, overview_section
from awnas_gym.reporting.scores import normalised_regrets
from tests.reporting.fake_runs import config, lines, write_run, write_sweep

BEST, RANDOM = 0.8, 0.5
REFERENCE = {"best": BEST, "mean_random": RANDOM}


def write(root: Path, agent: str, dataset: str, rewards: list[list[float]], **rest: Any) -> None:
    """Write a run a seed with the given rewards."""
    for seed, each in enumerate(rewards):
        history = lines(np.array(each), np.random.default_rng(seed))
        folder = root / dataset / agent / f"seed-{seed}"
        write_run(folder, config(agent, seed, dataset=dataset), history, **{"reference": REFERENCE, **rest})


def found(root: Path) -> tuple[Overview | None, list[str]]:
    return overview(group_runs(find_runs([root]))[0], np.random.default_rng(0))


def two_agents(root: Path) -> None:
    write(root, "a", "one", [[0.5, 0.8], [0.65, 0.6], [0.5, 0.8]])
    write(root, "a", "two", [[0.5, 0.74], [0.8, 0.5], [0.77, 0.7]])
    write(root, "b", "one", [[0.5, 0.65], [0.5, 0.5], [0.65, 0.65]])
    write(root, "b", "two", [[0.5, 0.65], [0.65, 0.5], [0.8, 0.5]])


def test_numbers_by_hand(tmp_path: Path) -> None:
    """Scores of a: 1, .5, 1 and .8, 1, .9; of b: .5, 0, .5 and .5, .5, 1."""
    two_agents(tmp_path)
    over, notes = found(tmp_path)
    assert over is not None
    assert notes == []
    assert over.environments == ("awnas/NASBench201-v0 (dataset=one)", "awnas/NASBench201-v0 (dataset=two)")
    assert over.seeds == (0, 1, 2)
    assert list(over.aggregates) == ["a", "b"]
    a, b = over.aggregates["a"], over.aggregates["b"]
    assert a.mean.mean == pytest.approx(5.2 / 6)
    assert a.interquartile_mean.mean == pytest.approx((0.8 + 0.9 + 1 + 1) / 4)
    assert b.optimality_gap.mean == pytest.approx(1 - 3 / 6)
    better_on_one = 3 + (0.5 + 1 + 0.5) + 3  # each score of a against the three of b
    better_on_two = 2 + (1 + 1 + 0.5) + 2
    assert over.improvements["a", "b"].mean == pytest.approx((better_on_one / 9 + better_on_two / 9) / 2)
    assert over.improvements["b", "a"].mean == pytest.approx(1 - over.improvements["a", "b"].mean)
    assert over.improvements["b", "a"].low == pytest.approx(1 - over.improvements["a", "b"].high)
    profile = over.profiles["b"]
    assert (profile.x[0], profile.x[-1]) == (0.0, 1.0)
    assert (profile.mean[0], profile.mean[40], profile.mean[-1]) == pytest.approx((5 / 6, 5 / 6, 0))
    assert over.regrets["a"].x.tolist() == [1, 2]
    assert over.regrets["a"].mean.tolist() == pytest.approx([(1 + 0.5 + 1 + 1 + 0 + 0.1) / 6, 0.8 / 6])
    assert over.along == "evaluations"
    (comparison,) = over.comparisons
    assert (comparison.first, comparison.seeds, comparison.settled) == ("a", 3, False)
    assert comparison.difference == pytest.approx(5.2 / 6 - 0.5)


def test_a_metric_that_is_minimised_is_normalised_too(tmp_path: Path) -> None:
    history = lines(np.array([-4.0, -2.0]), np.random.default_rng(0))
    for line, latency in zip(history, (4.0, 2.0), strict=True):
        line["metrics"]["latency_ms"] = latency
    write_run(tmp_path / "run", config(), history, reference={"metric": "latency_ms", "best": 1.0, "mean_random": 5.0})
    (group,) = group_runs(find_runs([tmp_path]))[0]
    (regret,) = normalised_regrets(group) or []
    np.testing.assert_allclose(regret, [0.75, 0.25])


@pytest.mark.parametrize("reference", [None, {"best": 0.8}, {"best": 0.5, "mean_random": 0.5}])
def test_without_both_ends_of_the_scale_there_is_no_score(tmp_path: Path, reference: dict | None) -> None:
    write(tmp_path, "a", "one", [[0.5, 0.6]], reference=reference)
    assert normalised_regrets(group_runs(find_runs([tmp_path]))[0][0]) is None


def test_budgets_that_differ_are_drawn_by_their_share(tmp_path: Path) -> None:
    for agent in ("a", "b"):
        write(tmp_path, agent, "one", [[0.5, 0.8]] * 2)
        write(tmp_path, agent, "two", [[0.5, 0.5, 0.5, 0.8]] * 2)
    over, _ = found(tmp_path)
    assert over is not None
    assert over.along == "share of the evaluations"
    curve = over.regrets["a"]
    assert (curve.x[0], curve.x[-1]) == (0.5, 1.0)
    assert (curve.mean[0], curve.mean[-1]) == (1.0, 0.0)


def test_budgets_in_seconds_are_drawn_by_the_share_of_the_seconds(tmp_path: Path) -> None:
    for agent, dataset in itertools.product(("a", "b"), ("one", "two")):
        history = lines(np.array([0.5, 0.8, 0.8]), np.random.default_rng(0))
        for line, seconds in zip(history, (1.0, 1.0, 8.0), strict=True):
            line["cost_s"] = seconds
        for seed in (0, 1):
            about = config(agent, seed, dataset=dataset) | {"budget": {"cost_s": 10}}
            write_run(tmp_path / dataset / agent / str(seed), about, history, reference=REFERENCE)
    over, _ = found(tmp_path)
    assert over is not None
    assert over.along == "share of the seconds"
    curve = over.regrets["a"]
    assert (curve.x[0], curve.x[-1]) == (0.1, 1.0)
    np.testing.assert_allclose(curve.mean, np.where(curve.x < 0.2, 1.0, 0.0), atol=1e-12)


def test_what_cannot_be_compared_is_left_out_and_said(tmp_path: Path) -> None:
    two_agents(tmp_path)
    write(tmp_path, "c", "one", [[0.5, 0.6]] * 3)
    write(tmp_path, "a", "unknown", [[0.5, 0.6]] * 3, reference=None)
    history = lines(np.array([0.7, 0.8]), np.random.default_rng(0))
    write_run(tmp_path / "one" / "a" / "seed-9", config("a", 9, dataset="one"), history, finished=False)
    history = lines(np.array([0.7, 0.8]), np.random.default_rng(0))
    write_run(tmp_path / "one" / "b" / "seed-8", config("b", 8, dataset="one"), history, reference=REFERENCE)
    over, notes = found(tmp_path)
    assert over is not None
    assert (list(over.aggregates), over.seeds) == (["a", "b"], (0, 1, 2))
    assert len(over.environments) == 2
    unknown, lacking, seeds = notes
    assert lacking.startswith("Not in the overview, which needs all its agents on all its environments: agents c")
    assert unknown.startswith("Not in the overview: awnas/NASBench201-v0 (dataset=unknown).")
    assert seeds == "The overview uses the 3 seeds that all agents have finished on all environments."


def test_of_agents_and_environments_that_do_not_all_meet_the_most_are_compared(tmp_path: Path) -> None:
    two_agents(tmp_path)
    write(tmp_path, "a", "three", [[0.5, 0.6]] * 3)
    write(tmp_path, "c", "three", [[0.5, 0.6]] * 3)
    over, notes = found(tmp_path)
    assert over is not None
    assert (sorted(over.aggregates), len(over.environments)) == (["a", "b"], 2)
    agents, environments = notes
    assert agents.endswith(": agents c.")
    assert environments.endswith(": environments awnas/NASBench201-v0 (dataset=three).")


def test_agents_that_share_no_two_environments_have_no_overview(tmp_path: Path) -> None:
    write(tmp_path, "a", "one", [[0.5, 0.6]] * 3)
    write(tmp_path, "b", "one", [[0.5, 0.6]] * 3)
    write(tmp_path, "a", "two", [[0.5, 0.6]] * 3)
    write(tmp_path, "c", "two", [[0.5, 0.6]] * 3)
    assert found(tmp_path) == (None, ["No overview: no two agents have finished runs on the same two environments."])


def test_runs_that_have_not_finished_do_not_count(tmp_path: Path) -> None:
    two_agents(tmp_path)
    (tmp_path / "one" / "b" / "seed-1" / "summary.json").unlink()
    over, notes = found(tmp_path)
    assert over is not None
    assert over.seeds == (0, 2)
    assert notes == ["The overview uses the 2 seeds that all agents have finished on all environments."]


def test_an_agent_without_a_finished_run_takes_no_other_one_with_it(tmp_path: Path) -> None:
    two_agents(tmp_path)
    for dataset in ("one", "two"):
        write(tmp_path, "slow", dataset, [[0.5, 0.6]] * 3, finished=False)
    over, notes = found(tmp_path)
    assert over is not None
    assert sorted(over.aggregates) == ["a", "b"]
    assert [note.endswith(": agents slow.") for note in notes] == [True]


def test_budgets_that_differ_between_environments_alone_are_no_part_of_an_agents_name(tmp_path: Path) -> None:
    for dataset, evaluations in (("one", 2), ("two", 3)):
        about = config("evolution", dataset=dataset, evaluations=evaluations)
        write_run(tmp_path / dataset, about, lines(np.array([0.5, 0.6]), np.random.default_rng(0)))
    assert {group.label for group in group_runs(find_runs([tmp_path]))[0]} == {"evolution"}


def test_agents_with_different_budgets_are_no_fair_comparison(tmp_path: Path) -> None:
    for dataset, (agent, evaluations) in itertools.product(("one", "two"), (("a", 2), ("b", 3))):
        for seed in range(2):
            about = config(agent, seed, dataset=dataset, evaluations=evaluations)
            history = lines(np.full(evaluations, 0.6), np.random.default_rng(seed))
            write_run(tmp_path / dataset / agent / str(seed), about, history, reference=REFERENCE)
    over, notes = found(tmp_path)
    assert over is not None
    assert ["different budgets" in note for note in notes] == [True]
    assert over.comparisons == ()
    assert overview_headline(over).endswith("but these runs are no fair comparison.")


def test_single_trainings_and_low_fidelities_are_said_in_the_overview(tmp_path: Path) -> None:
    for dataset, agent, seed in itertools.product(("one", "two"), ("a", "b"), range(2)):
        about = config(agent, seed, dataset=dataset)
        if dataset == "one":
            about["environment"]["trial"] = "random"
        history = lines(np.full(3, 0.6), np.random.default_rng(seed))
        for line in history:
            line["fidelity"] = 2 if (agent, dataset) == ("a", "two") else 6
        write_run(tmp_path / dataset / agent / str(seed), about, history, reference=REFERENCE)
    over, notes = found(tmp_path)
    assert over is not None
    assert not over.fair
    assert [note.startswith("Runs that evaluated nothing at the highest fidelity") for note in notes] == [True, False]
    assert notes[1].startswith("awnas/NASBench201-v0 (dataset=one, trial=random): Rewards are of single trainings")


def test_one_seed_is_no_overview(tmp_path: Path) -> None:
    for agent, dataset in itertools.product("ab", ("one", "two")):
        write(tmp_path, agent, dataset, [[0.5, 0.8]])
    over, notes = found(tmp_path)
    assert over is None
    assert "fewer than two finished seeds" in notes[0]


def test_a_run_that_keeps_no_constraint_has_no_score(tmp_path: Path) -> None:
    two_agents(tmp_path)
    for agent in ("a", "b"):
        write(tmp_path, agent, "three", [[0.5, 0.6]] * 3)
    path = tmp_path / "two" / "a" / "seed-0" / "history.jsonl"
    rows = [{**json.loads(line), "violation": 1.0} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    over, notes = found(tmp_path)
    assert over is not None
    assert over.environments == ("awnas/NASBench201-v0 (dataset=one)", "awnas/NASBench201-v0 (dataset=three)")
    assert "keeps the constraint" in notes[0]


def test_the_headline_claims_what_the_test_settles(tmp_path: Path) -> None:
    over, _ = found(write_sweep(tmp_path / "sweep", seeds=10))
    assert over is not None
    assert next(iter(over.aggregates)) == "local_search"
    assert overview_headline(over).endswith("by a test of paired seeds (p < 0.05).")
    assert overview_section(over).count("★") == 3
    few, _ = found(write_sweep(tmp_path / "few", seeds=4))
    assert few is not None
    assert "does not settle that it is better than reinforce: random (no update), random." in overview_headline(few)
    assert "★" not in overview_section(few)


def test_agents_have_one_name_on_all_environments(tmp_path: Path) -> None:
    for dataset in ("one", "two"):
        for size in (10, 20):
            for evaluations in (2, 3) if dataset == "one" else (2,):
                about = config("evolution", 0, dataset=dataset, evaluations=evaluations, size=size)
                folder = tmp_path / f"{dataset}-{size}-{evaluations}"
                write_run(folder, about, lines(np.array([0.5, 0.6]), np.random.default_rng(0)))
    played = by_environment(group_runs(find_runs([tmp_path]))[0])
    assert {name: [group.label for group in groups] for name, groups in played.items()} == {
        "awnas/NASBench201-v0 (dataset=one)": [
            f"evolution (size={size}, evaluations={evaluations})" for size in (10, 20) for evaluations in (2, 3)
        ],
        "awnas/NASBench201-v0 (dataset=two)": [f"evolution (size={size}, evaluations=2)" for size in (10, 20)],
    }


def test_one_environment_on_two_tables_is_two(tmp_path: Path) -> None:
    for table in ("sha-a", "sha-b"):
        history = lines(np.array([0.5, 0.6]), np.random.default_rng(0))
        write_run(tmp_path / table, {**config(), "table": table}, history)
    assert list(by_environment(group_runs(find_runs([tmp_path]))[0])) == [
        "awnas/NASBench201-v0 (table=sha-a)",
        "awnas/NASBench201-v0 (table=sha-b)",
    ]


@pytest.mark.parametrize(
    ("updates", "label"),
    [
        ([0, 0], "reinforce: random (no update)"),
        ([0, 3], "reinforce"),
        ([None, None], "reinforce"),
        ([5, 5], "reinforce"),
    ],
)
def test_a_policy_that_never_learnt_is_called_random(tmp_path: Path, updates: list, label: str) -> None:
    for seed, update in enumerate(updates):
        history = lines(np.array([0.5, 0.6]), np.random.default_rng(0))
        write_run(tmp_path / str(seed), config("reinforce", seed), history, policy_updates=update)
    assert group_runs(find_runs([tmp_path]))[0][0].label == label
