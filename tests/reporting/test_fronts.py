"""Reports of vector rewards: hypervolumes by hand, one scale for all, what is drawn, and damaged runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from awnas_gym.errors import RunFolderError, SettingError
from awnas_gym.reporting import find_runs, group_runs, summary_table, write_report
from awnas_gym.reporting.fronts import front_figures, middle_run
from awnas_gym.reporting.scale import Scale, scales
from awnas_gym.reporting.scores import regrets_of
from awnas_gym.search import Run, run
from tests.reporting.test_page import data

pytest.importorskip("moocore", reason="needs the extra [mo]")

NAMES = ("valid_accuracy", "latency_ms")
EXACT = np.array([[0.5, -1.0], [0.7, -2.0], [0.9, -5.0]])


def test_hypervolumes_by_hand() -> None:
    """Ideal (.9, -1), nadir (.5, -5): scaled to minimise, the front is (1, 0), (.5, .25), (0, 1)."""
    scale = Scale(NAMES, EXACT.max(axis=0), EXACT.min(axis=0), EXACT)
    by_columns = 0.5 * 0.1 + 0.5 * 0.85 + 0.1 * 1.1
    assert scale.whole == pytest.approx(by_columns)
    rewards = np.array([[0.5, -5.0], [0.7, -2.0], [0.6, -3.0], [0.9, -5.0], [0.5, -1.0]])
    volumes = [0.1 * 0.1, 0.6 * 0.85, 0.6 * 0.85, 0.6 * 0.85 + 0.5 * 0.1, by_columns]
    np.testing.assert_allclose(scale.so_far(rewards), np.array(volumes) / by_columns)
    np.testing.assert_array_equal(scale.shown(EXACT), np.abs(EXACT))


def test_without_an_exact_front_all_runs_make_the_scale() -> None:
    one, two = EXACT[:2], EXACT[1:]
    found = scales(
        [({"id": "x"}, one, None), ({"id": "x"}, two, {"objectives": list(NAMES)}), ({"id": "y"}, None, None)]
    )
    assert found[0] is found[1]
    assert found[2] is None
    assert found[0] is not None
    assert (found[0].names, found[0].exact, found[0].whole) == (NAMES, None, 1.0)
    assert (found[0].ideal.tolist(), found[0].nadir.tolist()) == ([0.9, -1.0], [0.5, -5.0])
    other = scales([({"id": "x"}, one, None), ({"id": "z"}, two, None)])
    assert other[0] is not other[1]
    assert other[0].names == ("objective 1", "objective 2")
    with pytest.raises(SettingError, match=r"rewards of \[2, 3\] entries"):
        scales([({"id": "x"}, one, None), ({"id": "x"}, np.zeros((2, 3)), None)])


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("searched")
    environment = {"id": "awnas/NASBench201-MO-v0", "objectives": "accuracy,latency_ms", "action_mode": "joint"}
    for name in ("random", "pareto_evolution"):
        for seed in range(3):
            agent = {"name": name} | ({"initial": 10} if name == "pareto_evolution" else {})
            config = Run(environment=environment, agent=agent, budget={"evaluations": 60}, seed=seed)
            run(config, root / name / f"seed-{seed:04d}")
    return root


def test_runs_on_other_numbers_have_a_scale_of_their_own(searched: Path, tmp_path: Path) -> None:
    """E.g. of a device that was measured anew: fronts and hypervolumes are not those of before."""
    for name in ("one", "two"):
        shutil.copytree(searched / "random" / "seed-0000", tmp_path / name)
    assert len({id(run.scale) for run in find_runs([tmp_path])}) == 1
    config = tmp_path / "two" / "config.yaml"
    config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "table": "other"}))
    one, two = find_runs([tmp_path])
    assert one.scale is not two.scale


def test_a_table_of_hypervolumes(searched: Path) -> None:
    runs = find_runs([searched])
    rows = summary_table(runs)
    assert rows[0]["agent"].startswith("pareto_evolution")
    assert set(rows[0]) >= {"best hypervolume", "regret"}
    groups, _ = group_runs(runs)
    for group in groups:
        for found, missed in zip(group.runs, regrets_of(group) or [], strict=True):
            assert (np.diff(found.rewards) >= 0).all()
            assert 0 < found.rewards[-1] <= 1
            np.testing.assert_allclose(found.rewards + missed, 1.0)
        ends = sorted(float(each.rewards[-1]) for each in group.runs)
        assert middle_run(group).rewards[-1] == ends[1]


def test_what_is_drawn(searched: Path) -> None:
    groups, _ = group_runs(find_runs([searched]))
    (figure,) = front_figures(groups, ["#111111", "#222222"])
    assert (figure["x"], figure["y"], figure["shape"]) == ("latency (ms)", "valid accuracy", "hv")
    summary = json.loads((searched / "random" / "seed-0000" / "summary.json").read_text())
    assert figure["exact"]["y"] == pytest.approx([row[0] for row in summary["reference"]["front"]], rel=1e-5)
    assert figure["exact"]["x"] == sorted(figure["exact"]["x"])
    for group, line in zip(groups, figure["groups"], strict=True):
        assert len(line["points"]["x"]) == 60
        chosen = middle_run(group)
        said = json.loads((chosen.path / "summary.json").read_text())["front"]
        expected = sorted({(-member["reward"][1], member["reward"][0]) for member in said})
        drawn = sorted(set(zip(line["front"]["x"], line["front"]["y"], strict=True)))
        np.testing.assert_allclose(drawn, expected, rtol=1e-5)
        assert all(text.startswith("|") and "(evaluation " in text for text in line["front"]["text"])


def test_the_page(searched: Path, tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="needs plotly: pip install 'awnas-gym[plot]'")
    text = write_report([searched], tmp_path / "report.html").read_text(encoding="utf-8")
    assert "as a share of that of the exact front" in text
    assert "The best front" in text
    assert "that nothing it evaluated dominates" in text
    found = data(text)
    assert len(found["fronts"]) == 1
    assert found["plots"]["reward"]["title"] == "best hypervolume so far"
    assert found["reference"] == {"best": 1.0}
    assert found["plots"]["regret"]["evaluations"] is not None


def copied(searched: Path, folder: Path, **changes: Any) -> Path:
    """Copy a run with other content of its summary."""
    source = searched / "random" / "seed-0000"
    folder.mkdir()
    for name in ("config.yaml", "history.jsonl"):
        (folder / name).write_bytes((source / name).read_bytes())
    summary = json.loads((source / "summary.json").read_text()) | changes
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objectives": "accuracy"}, "objectives is 'accuracy'; it should be a list of names"),
        ({"reference": {"front": 3}}, "reference.front is 3; it should be a list"),
        ({"reference": {"front": [[1.0, "x"]]}}, "reference.front is 'x'; it should be a number"),
        ({"reference": {"front": [[1.0, 2.0]]}}, "reference.ideal is None; it should be a number, or a list"),
        ({"reference": {"front": [[1.0, 2.0]], "ideal": [1, 2, 3], "nadir": [1, 2]}}, "members of \\[2, 3\\] entries"),
    ],
)
def test_damaged_summaries_are_named(searched: Path, tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RunFolderError, match=message):
        find_runs([copied(searched, tmp_path / "run", **changes)])


@pytest.mark.parametrize("reward", ["[0.5]", "[0.5,null]", '["a",1]', "[]"])
def test_damaged_rewards_are_named(searched: Path, tmp_path: Path, reward: str) -> None:
    folder = copied(searched, tmp_path / "run")
    lines = (folder / "history.jsonl").read_text().splitlines(keepends=True)
    line = json.loads(lines[3]) | {"reward": json.loads(reward)}
    (folder / "history.jsonl").write_text("".join([*lines[:3], json.dumps(line) + "\n", *lines[4:]]))
    with pytest.raises(RunFolderError, match="line 4 is no evaluation: reward is"):
        find_runs([folder])


def test_an_unfinished_run_shares_the_scale_of_a_finished_one(searched: Path, tmp_path: Path) -> None:
    finished = copied(searched, tmp_path / "finished")
    half = copied(searched, tmp_path / "half")
    (half / "summary.json").unlink()
    content = yaml.safe_load((half / "config.yaml").read_text()) | {"seed": 9}
    (half / "config.yaml").write_text(yaml.safe_dump(content))
    one, two = find_runs([finished, half])
    assert one.scale is two.scale
    assert two.scale is not None
    assert two.scale.exact is not None
    (alone,) = find_runs([half])
    assert alone.scale is not None
    assert alone.scale.exact is None
