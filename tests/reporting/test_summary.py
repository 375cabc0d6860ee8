"""The final table and the sentence on who wins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.reporting import find_runs, group_runs, headline, summarise, summary_table
from awnas_gym.reporting.paired import Comparison
from awnas_gym.reporting.scores import regrets_of, reward_name
from awnas_gym.reporting.statistics import Interval
from awnas_gym.reporting.summary import SummaryRow, caveats
from tests.reporting.fake_runs import BEST, config, lines, write_group, write_run


def row(label: str, low: float, high: float, *, seeds: int = 20, unfinished: int = 0) -> SummaryRow:
    nan = float("nan")
    best = Interval((low + high) / 2, *((low, high) if seeds > 1 else (nan, nan)))
    return SummaryRow(label, seeds, unfinished, 300, 290, best, None, None, None, None, None)


def better(first: str, second: str, p_value: float = 0.001) -> Comparison:
    return Comparison(first, second, 0.01, 20, p_value)


def test_headline_claims_a_win_only_where_the_paired_test_settles_it() -> None:
    rows = [row("a", 0.80, 0.82), row("b", 0.70, 0.72)]
    assert headline(rows, [better("a", "b")]) == (
        "a wins: a reward of 0.8100 (95 % interval 0.8000 to 0.8200, 20 seeds); "
        "the next, b, has 0.7100 (95 % interval 0.7000 to 0.7200, 20 seeds). "
        "A test of paired seeds says that it is better than every other agent (p < 0.05)."
    )
    for unsettled in ([], [better("a", "b", 0.06)], [better("b", "a")]):
        assert headline(rows, unsettled).endswith("does not settle that it is better than b.")


def test_headline_names_all_that_are_not_settled() -> None:
    rows = [row("a", 0.80, 0.82), row("b", 0.79, 0.81), row("c", 0.5, 0.6), row("d", 0.3, 0.8)]
    text = headline(rows, [better("a", "c"), better("a", "b", 0.2), better("b", "d")], "valid_accuracy")
    assert "a has the highest mean valid accuracy" in text
    assert text.endswith("a test of paired seeds does not settle that it is better than b, d.")


def test_headline_of_single_seeds_and_groups() -> None:
    assert "an observation, not a result" in headline([row("a", 0.8, 0.8, seeds=1), row("b", 0.7, 0.7, seeds=1)], [])
    assert headline([row("a", 0.8, 0.8, seeds=1)], []) == "a reached a reward of 0.8000 (1 seed)."


def test_caveats_name_few_seeds_and_unfinished_runs() -> None:
    few, unfinished = caveats([row("a", 0, 1, seeds=3), row("b", 0, 1, unfinished=2), row("c", 0, 1, seeds=1)])[::-1]
    assert few.startswith("Fewer than 10 seeds, so the intervals are too narrow")
    assert few.endswith(": a.")
    assert unfinished == "Unfinished runs are shown as far as they got: b (2 of 20)."


def test_evaluations_without_a_record_are_counted_and_said(tmp_path: Path) -> None:
    for seed, missing in enumerate((1, 2)):
        history = lines(np.array([0.5, 0.6, 0.7]), np.random.default_rng(seed))
        for line in history[:missing]:
            line["missing"] = True
        write_run(tmp_path / f"seed-{seed}", config(seed=seed), history)
    (found,) = summarise(group_runs(find_runs([tmp_path]))[0], np.random.default_rng(0))
    assert found.missing == 3
    (note,) = [note for note in caveats([found]) if "no record" in note]
    assert note.endswith("they earned its lowest recorded reward: random (3 of 6 evaluations).")
    assert not [note for note in caveats([replace(found, missing=0)]) if "no record" in note]


def test_table_holds_what_the_runs_hold(tmp_path: Path) -> None:
    write_group(tmp_path, "random", seeds=3, skill=0.0)
    write_group(tmp_path, "reinforce", seeds=3, skill=4.0, policy_updates=12)
    runs = find_runs([tmp_path])
    first, second = summarise(group_runs(runs)[0], np.random.default_rng(0))
    assert (first.label, second.label) == ("reinforce", "random")
    own = [run for run in runs if run.agent == "reinforce"]
    best = np.array([run.rewards.max() for run in own])
    assert first.best.mean == pytest.approx(best.mean())
    assert first.regret is not None
    assert first.regret.mean == pytest.approx(BEST - best.mean())
    assert first.test_accuracy is not None
    assert first.test_accuracy.mean == pytest.approx(best.mean() - 0.01)
    assert first.cost_s == pytest.approx(np.mean([run.clock_s[-1] for run in own if run.clock_s is not None]))
    assert (first.policy_updates, second.policy_updates) == (12, None)
    assert first.best.low <= first.best.mean <= first.best.high


def test_terminal_table_is_text_and_repeats_itself(tmp_path: Path) -> None:
    runs = find_runs([write_group(tmp_path, "random", seeds=2, skill=0.0)])
    table = summary_table(runs)
    assert table == summary_table(runs)
    assert list(table[0]) == [
        *("agent", "seeds", "evaluations", "unique", "best valid_accuracy", "regret", "test accuracy", "simulated s"),
        *("agent s", "policy updates"),
    ]
    assert table[0]["policy updates"] == "–"
    assert all(isinstance(cell, str) for cell in table[0].values())


def test_an_unfinished_run_has_no_test_accuracy_and_no_regret(tmp_path: Path) -> None:
    write_group(tmp_path, "random", seeds=2, skill=0.0, finished=False)
    (found,) = summarise(group_runs(find_runs([tmp_path]))[0], np.random.default_rng(0))
    assert (found.unfinished, found.test_accuracy, found.regret, found.agent_s) == (2, None, None, None)


def test_regret_is_the_incumbents_when_the_reward_is_another_quantity(tmp_path: Path) -> None:
    history = lines(np.array([0.5, 0.6, 0.7]), np.random.default_rng(0))
    for line, reward in zip(history, [3.0, 9.0, 1.0], strict=True):
        line["reward"] = reward
    write_run(tmp_path / "run", config(), history, reference={"best": 0.8, "metric": "valid_accuracy"})
    groups, _ = group_runs(find_runs([tmp_path]))
    assert reward_name(groups) == "reward"
    (found,) = regrets_of(groups[0]) or []
    np.testing.assert_allclose(found, [0.3, 0.2, 0.2])


def test_a_metric_is_the_reward_even_where_one_record_is_missing(tmp_path: Path) -> None:
    history = lines(np.array([0.5, 0.7, 0.1]), np.random.default_rng(0))
    history[2]["metrics"]["valid_accuracy"] = float("nan")
    write_run(tmp_path / "run", config(), history)
    assert reward_name(group_runs(find_runs([tmp_path]))[0]) == "valid_accuracy"


def test_a_reference_without_a_metric_is_in_units_of_the_reward(tmp_path: Path) -> None:
    history = lines(np.array([0.5, 0.7]), np.random.default_rng(0))
    write_run(tmp_path / "run", config(), history, reference={"best": 0.75, "mean_random": 0.4})
    (found,) = regrets_of(group_runs(find_runs([tmp_path]))[0][0]) or []
    np.testing.assert_allclose(found, [0.25, 0.05])
