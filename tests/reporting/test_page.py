"""The report as a file: self-contained, escaped, honest about what it lacks."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from awnas_gym.errors import MissingExtraError, RunFolderError
from awnas_gym.reporting import write_report
from tests.reporting.fake_runs import config, lines, mixed_run, rising, write_group, write_run, write_sweep

NEEDS_PLOTLY = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("plotly"), reason="needs plotly: pip install 'awnas-gym[plot]'"
)


def page(root: Path) -> str:
    return write_report([root], root / "report.html").read_text(encoding="utf-8")


def without_plotly(text: str) -> str:
    """Return the page without the library's own script."""
    return re.sub(r"<script>/\*\*.*?</script>", "", text, flags=re.DOTALL)


def data(text: str) -> dict[str, Any]:
    """Return the plots of the page's only environment."""
    (plots,) = whole_data(text)["environments"]
    return plots


def whole_data(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)
    assert found
    return json.loads(found.group(1))


def history(n: int = 20, **rest: Any) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return lines(rising(rng, n, 1.0), rng, **rest)


@NEEDS_PLOTLY
def test_page_holds_everything_and_asks_for_nothing(tmp_path: Path) -> None:
    write_group(tmp_path, "random", seeds=3, skill=0.0)
    write_group(tmp_path, "evolution", seeds=3, skill=5.0)
    text = page(tmp_path)
    own = without_plotly(text)
    assert len(own) < 0.1 * len(text)
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|@import|url\(""", own)
    assert len(re.findall(r"<tr[ >]", own)) == 3
    assert "nor_conv_3x3" in own
    assert 'role="img"' in own
    plots = data(text)["plots"]
    for kind in ("reward", "regret"):
        for clock in ("evaluations", "seconds"):
            assert [line["label"] for line in plots[kind][clock]] == ["evolution", "random"]
            assert all(len(line["x"]) == len(line["mean"]) == len(line["low"]) for line in plots[kind][clock])


@NEEDS_PLOTLY
def test_the_same_runs_give_the_same_page(tmp_path: Path) -> None:
    write_group(tmp_path, "random", seeds=3, skill=0.0)
    assert page(tmp_path) == page(tmp_path)


@NEEDS_PLOTLY
def test_everything_from_a_run_is_escaped(tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)>&\"'"
    rows = history()
    for line in rows:
        line["architecture"] = evil
        line["metrics"][evil] = 1.0
    about = config(evil, setting=evil)
    about["environment"]["id"] = evil
    write_run(tmp_path / "run", about, rows)
    own = without_plotly(page(tmp_path))
    assert "<img" not in own
    assert own.count("</script>") == 2
    assert data(page(tmp_path))["plots"]["reward"]["evaluations"][0]["label"] == evil


@NEEDS_PLOTLY
def test_one_run_of_one_seed_has_no_band(tmp_path: Path) -> None:
    write_run(tmp_path / "run", config(), history())
    text = page(tmp_path)
    assert "One seed, so no intervals." in text
    assert "low" not in data(text)["plots"]["reward"]["evaluations"][0]


@NEEDS_PLOTLY
def test_missing_costs_and_references_are_said(tmp_path: Path) -> None:
    write_run(tmp_path / "run", config(), history(cost=False), reference=None)
    text = page(tmp_path)
    assert "No simulated seconds for any group" in text
    assert "No regret for any group" in text
    found = data(text)
    assert found["plots"]["reward"]["seconds"] is None
    assert found["plots"]["regret"]["evaluations"] is None


@NEEDS_PLOTLY
def test_a_regret_of_zero_has_a_place_on_the_log_axis(tmp_path: Path) -> None:
    rows = lines(np.array([0.5, 0.7, 0.8, 0.8]), np.random.default_rng(0))
    write_run(tmp_path / "run", config(), rows, reference={"best": 0.8, "mean_random": 0.5})
    found = data(page(tmp_path))
    assert found["floor"] == pytest.approx(0.05)
    np.testing.assert_allclose(found["plots"]["regret"]["evaluations"][0]["mean"], [0.3, 0.1, 0, 0])


@NEEDS_PLOTLY
def test_different_environments_or_budgets_are_said(tmp_path: Path) -> None:
    write_run(tmp_path / "a", config(evaluations=20), history())
    write_run(tmp_path / "b", config(evaluations=30), history())
    assert "These runs have different budgets" in page(tmp_path)


@NEEDS_PLOTLY
def test_runs_that_never_came_to_the_highest_fidelity_are_said(tmp_path: Path) -> None:
    write_run(tmp_path / "a", config("random"), history())
    assert "highest fidelity of the others" not in page(tmp_path)
    write_run(tmp_path / "b", config("hyperband"), [{**line, "fidelity": 3} for line in history()])
    assert "best at a lower one and no fair comparison: hyperband." in page(tmp_path)


@NEEDS_PLOTLY
@pytest.mark.parametrize(
    ("space", "what"),
    [
        (None, "does not name the search space"),
        ({"name": "nasbench2001"}, "Did you mean &#x27;nasbench201&#x27;?"),
        ({"name": "nasbench201", "settings": {"colour": 1}}, "unexpected keyword argument"),
    ],
)
def test_an_architecture_that_cannot_be_drawn_says_why(tmp_path: Path, space: dict | None, what: str) -> None:
    write_run(tmp_path / "run", config() | {"space": space}, history())
    text = page(tmp_path)
    assert "Not drawn: " in text
    assert what in text


@NEEDS_PLOTLY
def test_configuration_repeats_the_runs(tmp_path: Path) -> None:
    write_group(tmp_path, "random", seeds=3, skill=0.0)
    write_group(tmp_path, "evolution", seeds=3, skill=5.0)
    (block,) = re.findall(r"<pre[^>]*>(.*?)</pre>", page(tmp_path), flags=re.DOTALL)
    assert yaml.safe_load(block) == {
        "environment": {"id": "awnas/NASBench201-v0", "dataset": "fashion14"},
        "agents": [{"name": "evolution"}, {"name": "random"}],
        "budget": {"evaluations": 100},
        "seeds": 3,
        "first_seed": 0,
    }


@NEEDS_PLOTLY
def test_a_search_on_the_test_split_does_not_claim_otherwise(tmp_path: Path) -> None:
    write_run(tmp_path / "valid" / "run", config(), history())
    assert "Test metrics had no part in the choice." in page(tmp_path / "valid")
    rows = history()
    for line in rows:
        line["metrics"] = {"test_accuracy": line["reward"]}
    write_run(tmp_path / "test" / "run", config(), rows)
    assert "Test metrics had no part in the choice." not in page(tmp_path / "test")


def test_nothing_to_report_is_an_error(tmp_path: Path) -> None:
    write_run(tmp_path / "run", config(), [], finished=False)
    with pytest.raises(RunFolderError, match="no run has an evaluation yet"):
        write_report([tmp_path], tmp_path / "report.html")


@NEEDS_PLOTLY
def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left_there(tmp_path: Path) -> None:
    run = write_run(tmp_path / "runs" / "run", config(), history())
    (tmp_path / "taken.html").mkdir()
    with pytest.raises(RunFolderError, match=r"cannot write .*taken\.html"):
        write_report([run], tmp_path / "taken.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "taken.html"]


def test_without_plotly_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "run", config(), history())
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'awnas-gym\[plot\]'"):
        write_report([tmp_path], tmp_path / "report.html")


@NEEDS_PLOTLY
def test_a_search_by_mixtures_shows_what_they_stood_for(tmp_path: Path) -> None:
    mixed_run(tmp_path / "runs", eigenvalue_every=4)
    text = page(tmp_path)
    (figure,) = data(text)["mixtures"]
    assert figure["label"] == "regularized_evolution"
    assert figure["x"] == list(range(1, 13))
    assert [sum(edges) for edges in zip(*figure["operations"].values(), strict=True)] == pytest.approx([16] * 12)
    assert figure["eigenvalues"]["x"] == [1, 5, 9]
    assert "they say little of the architectures" in text
    summary = json.loads((tmp_path / "runs" / "summary.json").read_text())
    assert summary["incumbent"]["architecture"].replace("'", "&#x27;") in text


def limited(history: list[dict[str, Any]], kept: list[int]) -> list[dict[str, Any]]:
    """Let only some evaluations keep a constraint."""
    return [{**line, "violation": 0.0 if i in kept else 0.1 + i} for i, line in enumerate(history)]


@NEEDS_PLOTLY
def test_what_breaks_a_constraint_counts_for_nothing(tmp_path: Path) -> None:
    for seed, kept in enumerate(([3, 7], [5, 6])):
        write_run(tmp_path / f"run-{seed}", config(seed=seed), limited(history(), kept), reference={"best": 0.82})
    text = page(tmp_path)
    assert "count as nothing" in text
    rewards = [line["reward"] for line in history()]
    (line,) = data(text)["plots"]["reward"]["evaluations"]
    best = (max(rewards[3], rewards[7]) + max(rewards[5], rewards[6])) / 2
    assert line["mean"][:5] == [None] * 5
    assert line["mean"][-1] == pytest.approx(best, rel=1e-5)
    (missed,) = data(text)["plots"]["regret"]["evaluations"]
    assert missed["mean"][0] is None
    assert missed["mean"][-1] == pytest.approx(0.82 - best, rel=1e-4)


@NEEDS_PLOTLY
def test_a_constraint_that_nothing_keeps_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "run", config(), limited(history(), []), reference={"best": None})
    text = page(tmp_path)
    assert "none in at least one run, where nothing keeps the constraint" in text
    assert "at evaluation 1," in text or "at evaluation 1." in text  # which breaks it least


@NEEDS_PLOTLY
def test_other_searches_have_no_mixtures(tmp_path: Path) -> None:
    write_group(tmp_path, "random", seeds=2, skill=0.0)
    text = page(tmp_path)
    assert data(text)["mixtures"] == []
    assert "they say little of the architectures" not in text


@NEEDS_PLOTLY
def test_several_environments_have_an_overview_and_a_section_each(tmp_path: Path) -> None:
    text = page(write_sweep(tmp_path))
    own = without_plotly(text)
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)|@import|url\(""", own)
    found = whole_data(text)
    assert [len(found["environments"]), found["overview"]["along"]] == [2, "evaluations"]
    agents = ["local_search", "reinforce: random (no update)", "random"]
    assert [line["label"] for line in found["overview"]["regrets"]] == agents
    for plots in found["environments"]:
        assert {line["label"] for line in plots["plots"]["regret"]["evaluations"]} == set(agents)
        colours = {line["label"]: line["colour"] for line in plots["plots"]["reward"]["evaluations"]}
        assert colours == {line["label"]: line["colour"] for line in found["overview"]["regrets"]}
    assert [own.count(f'id="{place}"') for place in ("environment-0", "environment-1", "aggregates", "all")] == [1] * 4
    assert own.count("<h1>3 agents on 2 environments</h1>") == 1
    assert "not a fair comparison" not in own
    assert "<li>Fewer than 10 seeds: the intervals are too narrow" in own


@NEEDS_PLOTLY
def test_rewards_of_single_trainings_are_said_to_be_noisy(tmp_path: Path) -> None:
    about = config()
    write_run(tmp_path / "mean" / "run", about, history())
    assert "partly by luck" not in page(tmp_path / "mean")
    about["environment"]["trial"] = "random"
    write_run(tmp_path / "drawn" / "run", about, history())
    assert "partly by luck" in page(tmp_path / "drawn")


@NEEDS_PLOTLY
def test_one_environment_has_no_overview(tmp_path: Path) -> None:
    write_group(tmp_path, "random", seeds=3, skill=0.0)
    text = page(tmp_path)
    assert whole_data(text)["overview"] is None
    assert "Over all environments" not in text
    assert "All results" not in text


@NEEDS_PLOTLY
def test_environments_without_a_common_seed_have_a_table_and_no_overview(tmp_path: Path) -> None:
    for agent in ("random", "local_search"):
        write_group(tmp_path / "a", agent, seeds=1, skill=0.0, dataset="one")
        write_group(tmp_path / "b", agent, seeds=1, skill=0.0, dataset="two")
    text = page(tmp_path)
    assert whole_data(text)["overview"] is None
    assert "fewer than two finished seeds in common" in text
    assert "All results" in text


@NEEDS_PLOTLY
def test_the_best_is_bold_only_where_the_paired_test_says_so(tmp_path: Path) -> None:
    assert "<strong>" in page(write_sweep(tmp_path / "ten", seeds=10))
    few = page(write_sweep(tmp_path / "four", seeds=4))
    assert "<strong>" not in without_plotly(few)
    assert few.count("0 of 3 pairs of agents are settled") == 2
