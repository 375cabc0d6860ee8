"""NAS-Bench-ASR from synthetic files in the true layout, and the environments over its tables."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table, own_tables
from awnas_gym.errors import MissingDataError, MissingMetricError, SettingError, TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest import IMPORTERS, check_table, import_tables
from awnas_gym.spaces.nasbench_asr import NASBenchASR
from awnas_gym.testing import check_env
from experiments.official_asr import Content, asr_bytes, cells, header, nasbench_asr, write_asr

SPACE = NASBenchASR()
RNG = np.random.default_rng(0)
CELLS = cells(np.unique(SPACE.canonical(SPACE.sample(RNG, 40)), axis=0)[:20])
FILES = nasbench_asr(CELLS, RNG)
E40, BENCH, INFO = "nb-asr-e40-1235.pickle", "nb-asr-bench-jetson-nano-fp32.pickle", "nb-asr-info.pickle"
KEY = next(iter(CELLS))
ARCHS = np.array([SPACE.parse(str(vector)) for vector in CELLS.values()])
VALID, TEST = "valid_phoneme_error_rate", "test_phoneme_error_rate"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


def imported(folder: Path, files: dict[str, Content] = FILES) -> dict[str, Path]:
    return import_tables("nasbench-asr", write_asr(folder, files), partial=True)


def rows(name: str) -> dict[str, list[Any]]:
    return {row[0]: row for row in FILES[name][1]}


# ------------------------------------------------------------------ what is read


def test_the_ends_of_all_trainings(tmp_path: Path) -> None:
    written = imported(tmp_path / "a")
    assert set(written) == set(IMPORTERS.load("nasbench-asr").tables)
    evaluator = check_table(written["nasbench_asr-timit"])
    assert (evaluator.fidelities, evaluator.trials) == ((5, 10, 40), 3)
    assert evaluator.card["seeds"] == [1234, 1235, 1236]
    lacking = {"1235": 20, "1236": 20}
    assert evaluator.card["counts"]["missing_seeds"] == {"5": lacking, "10": lacking, "40": {}}
    for epochs, seed, trial in ((5, 1234, 0), (10, 1234, 0), (40, 1235, 1), (40, 1236, 2)):
        found = evaluator.evaluate(ARCHS, fidelity=epochs, trial=trial, rng=RNG)
        of = rows(f"nb-asr-e{epochs}-{seed}.pickle")
        np.testing.assert_allclose(found[VALID], [min(of[key][1]) for key in CELLS], rtol=1e-6)
        np.testing.assert_allclose(found[TEST], [of[key][2] for key in CELLS], rtol=1e-6)
        assert found["params"].tolist() == [rows(INFO)[key][1] for key in CELLS]
        assert found["flops"].tolist() == [rows(INFO)[key][2] for key in CELLS]
        latency = [1000 * rows(BENCH)[key][1] for key in CELLS]
        np.testing.assert_allclose(found["jetson_nano_fp32_latency_ms"], latency)
    assert np.isnan(evaluator.evaluate(ARCHS, fidelity=5, trial=1, rng=RNG)[VALID]).all()
    assert "cost_s" not in evaluator.yields


def test_every_epoch_is_a_table_of_its_own(tmp_path: Path) -> None:
    written = imported(tmp_path / "a")
    for epochs, seeds in ((5, [1234]), (10, [1234]), (40, [1234, 1235, 1236])):
        evaluator = check_table(written[f"nasbench_asr-timit-curves{epochs}"])
        assert evaluator.fidelities == tuple(range(1, epochs + 1))
        for trial, seed in enumerate(seeds):
            of = rows(f"nb-asr-e{epochs}-{seed}.pickle")
            for epoch in (1, epochs):
                found = evaluator.evaluate(ARCHS, fidelity=epoch, trial=trial, rng=RNG)
                np.testing.assert_allclose(found[VALID], [of[key][1][epoch - 1] for key in CELLS], rtol=1e-6)
        assert TEST not in evaluator.yields


def test_a_cell_has_the_record_of_its_graph(tmp_path: Path) -> None:
    files = nasbench_asr(cells(SPACE.parse("[[5, 0], [1, 1, 0], [2, 0, 1, 1]]")[None]), RNG)
    evaluator = check_table(imported(tmp_path / "a", files)["nasbench_asr-timit"])
    same, other = (
        SPACE.parse(text) for text in ("[[5, 0], [4, 1, 1], [2, 0, 0, 0]]", "[[5, 0], [1, 0, 0], [2, 0, 0, 1]]")
    )
    found = evaluator.evaluate(np.array([same, other]), fidelity=10, rng=RNG)
    assert found[TEST][0] == pytest.approx(files["nb-asr-e10-1234.pickle"][1][0][2])
    assert np.isnan(found[TEST][1])


def test_one_file_alone_and_the_first_form_of_static_numbers(tmp_path: Path) -> None:
    write_asr(tmp_path / "a", FILES)
    written = import_tables("nasbench-asr", tmp_path / "a" / E40, partial=True)
    assert set(written) == {"nasbench_asr-timit", "nasbench_asr-timit-curves40"}
    assert load_table("nasbench_asr-timit").card["seeds"] == [1235]
    first = {E40: FILES[E40], INFO: (header("static", ("model_hash", "params")), [row[:2] for row in FILES[INFO][1]])}
    import_tables("nasbench-asr", write_asr(tmp_path / "b", first), partial=True, replace=True)
    held = TableEvaluator(load_table("nasbench_asr-timit"))
    assert held.yields == {VALID, TEST, "params"}


def test_what_was_not_measured_is_missing(tmp_path: Path) -> None:
    files = changed(E40, 1, [float("nan")] * 39 + [np.float32(0.5)])
    files[E40][1][0][2] = float("inf")
    del files[BENCH][1][0]
    imported(tmp_path / "a", files)
    evaluator = TableEvaluator(load_table("nasbench_asr-timit"))
    found = evaluator.evaluate(ARCHS[0], trial=1, rng=RNG)
    assert found[VALID][0] == 0.5
    assert np.isnan([found[TEST][0], found["jetson_nano_fp32_latency_ms"][0]]).all()
    assert "jetson_nano_fp32_latency_ms is recorded of 19 of 20 cells." in evaluator.card["limits"]
    assert np.isfinite(evaluator.evaluate(ARCHS[0], rng=RNG)[TEST]).all()  # the mean of the other two


def test_missing_cells_have_to_be_asked_for(tmp_path: Path) -> None:
    folder = write_asr(tmp_path / "a", FILES)
    with pytest.raises(MissingDataError, match=r"trainings of 10 epochs and seed 1234 lack 8,222 of 8,242 cells"):
        import_tables("nasbench-asr", folder)
    assert own_tables() == {}


@pytest.mark.parametrize("protocol", [2, 3, 5])
def test_every_protocol(protocol: int, tmp_path: Path) -> None:
    (tmp_path / E40).write_bytes(asr_bytes(FILES[E40], protocol))
    import_tables("nasbench-asr", tmp_path / E40, partial=True)


# ------------------------------------------------------------------ what is refused


def changed(name: str, column: int, to: Any) -> dict[str, Content]:
    """Return the files with another value in the first row of one."""
    files = copy.deepcopy(FILES)
    files[name][1][0][column] = to
    return files


def headed(name: str, **to: Any) -> dict[str, Content]:
    """Return the files with something else in the header of one."""
    files = copy.deepcopy(FILES)
    files[name][0].update(to)
    return files


def other_space(**to: Any) -> dict[str, Any]:
    return {**FILES[E40][0]["search_space"], **to}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (headed(E40, dataset_type="trained"), "dataset_type is 'trained'; legal: training, benchmarking, static"),
        (headed(E40, version=3), "e40-1235.* has version 3; legal: 1, 2"),
        (headed(E40, version=np.array([1, 1])), "has version array"),
        (headed(E40, epochs=20), "trainings of 20 epochs; legal: 5, 10, 40"),
        (headed(E40, seed="1235"), "seed is '1235'; a number from 0"),
        (headed(E40, seed=1234), "trainings of 40 epochs and seed 1234 are there twice"),
        (headed(E40, columns=["model_hash", "val_per"]), "model_hash, val_per, test_per, arch_vec are wanted"),
        (headed(E40, columns=7), "columns is 7; a list of names"),
        (headed(E40, search_space=other_space(ops=["linear"])), "is of another search space"),
        (headed(E40, search_space=other_space(shape=np.eye(3))), "is of another search space"),
        (headed(BENCH, device="\u00b5"), "device is '\u00b5'; a name is wanted"),
        (headed(BENCH, device="gtx-1080ti-fp32"), "gtx_1080ti_fp32_latency_ms is there twice"),
        (changed(E40, 0, "36855332"), "row 0 has the hash '36855332'; 32 hexadecimal digits"),
        (changed(E40, 0, list(CELLS)[1]), f"{list(CELLS)[1]} is there twice"),
        (changed("nb-asr-e10-1234.pickle", 0, "f" * 32), "f{32} is not the hash of"),
        (changed(E40, 3, [(1, 0), (1, 0, 0), (1, 0, 0, 1)]), f"{KEY}: arch_vec is .*; another file has another one"),
        (changed("nb-asr-e10-1234.pickle", 3, [(9, 0), (1, 0, 0), (1, 0, 0, 1)]), "decision 0 .* is 9; legal"),
        (changed(E40, 3, [(1, 0), (1, 0, 0)]), r"arch_vec is \[\(1, 0\), \(1, 0, 0\)\]; \[\[op, s\]"),
        (changed(E40, 3, [(1, 0), (1, 0, 0), (1, 0, 0, True)]), "arch_vec is .* is wanted"),
        (changed(E40, 1, [0.5] * 39), "val_per is .*; 40 numbers are wanted"),
        (changed(E40, 1, [0.5] * 39 + ["1"]), "val_per is '1'; a number from 0 to 1000"),
        (changed(E40, 1, [0.5] * 39 + [-0.5]), "val_per is -0.5; a number from 0"),
        (changed(E40, 2, None), f"{KEY}: test_per is None; a number from 0"),
        (changed(BENCH, 1, 1e7), "latency is 10000000.0; a number from 0 to 1e"),
        (changed(INFO, 1, -1), "params is -1; a number from 0"),
        ({E40: (FILES[E40][0], 7)}, "its rows are 7; a list is wanted"),
        ({E40: (FILES[E40][0], [[1]])}, r"row 0 is \[1\]; model_hash, val_per, test_per, arch_vec are wanted"),
        ({E40: ([], [])}, r"is no file of NAS-Bench-ASR: it begins with \[\]"),
    ],
)
def test_a_wrong_part_is_named_and_nothing_is_written(tmp_path: Path, files: Any, message: str) -> None:
    with pytest.raises(TableFileError, match=message):
        imported(tmp_path / "a", files)
    assert own_tables() == {}


class Runs:
    """Something whose pickle would run a command."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return print, ("run",)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: whole[: len(whole) // 2], "it ends too early"),
        (lambda whole: pickle.dumps(FILES[E40][0], 4), "ends after 1 of 2 pickles"),
        (
            lambda whole: pickle.dumps(FILES[E40][0], 4) + pickle.dumps([Runs()], 4),
            "it names builtins.print, which is not admitted",
        ),
        (lambda whole: b"PK" + whole, "does not begin like one of protocol 2"),
    ],
)
def test_a_damaged_pickle_is_refused(damage: Callable[[bytes], bytes], message: str, tmp_path: Path) -> None:
    folder = write_asr(tmp_path / "a", FILES)
    (folder / E40).write_bytes(damage((folder / E40).read_bytes()))
    with pytest.raises(TableFileError, match=f"{E40} .*{message}"):
        import_tables("nasbench-asr", folder, partial=True)
    assert own_tables() == {}


def test_no_trainings(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no file or folder at .*absent"):
        import_tables("nasbench-asr", tmp_path / "absent")
    for files in ({}, {INFO: FILES[INFO]}):
        with pytest.raises(MissingDataError, match=r"holds no trainings: no nb-asr-e40-1234\.pickle"):
            import_tables("nasbench-asr", write_asr(tmp_path / "a", files))


# ------------------------------------------------------------------ environments


def test_a_reward_is_the_error_rate_negated(tmp_path: Path) -> None:
    imported(tmp_path / "a")
    env = gym.make("awnas/NASBenchASR-v0", action_mode="joint", trial=2)
    env.reset(seed=0)
    _, reward, *_, info = env.step(ARCHS[0])
    assert -reward == info["metrics"][VALID] == pytest.approx(min(rows("nb-asr-e40-1236.pickle")[KEY][1]), rel=1e-6)
    assert info["architecture"] == SPACE.genotype(ARCHS[0])
    assert (info["split"], info["fidelity"], info["trial"]) == ("valid", 40, 2)
    assert TEST not in info["metrics"]
    env = gym.make("awnas/NASBenchASR-v0", action_mode="joint", split="test", fidelity=5)
    env.reset(seed=0)
    _, reward, *_, info = env.step(ARCHS[0])
    assert -reward == info["metrics"][TEST] == pytest.approx(rows("nb-asr-e5-1234.pickle")[KEY][2], rel=1e-6)
    assert VALID not in info["metrics"]
    assert env.unwrapped.judge.report(ARCHS[0]).keys() >= {TEST}


def test_they_are_environments(tmp_path: Path) -> None:
    imported(tmp_path / "a")
    for dataset in ("timit", "timit-curves5"):
        for action_mode in ("build", "joint", "edit"):
            check_env(gym.make("awnas/NASBenchASR-v0", dataset=dataset, action_mode=action_mode))
    assert gym.make("awnas/NASBenchASR-v0", reward="normalised").unwrapped.judge.reference["best"] == 1
    twin = gym.make("awnas/NASBenchASR-MO-v0").unwrapped
    assert twin.objectives == (VALID, "params")
    assert len(twin.pareto_set())
    assert gym.make_vec("awnas/NASBenchASR-v0", num_envs=2).num_envs == 2


def test_wrong_keywords_and_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"timit of NAS-Bench-ASR is not imported: get .*awnas data import nasb"):
        gym.make("awnas/NASBenchASR-v0")
    imported(tmp_path / "a", {E40: FILES[E40]})
    with pytest.raises(SettingError, match=r"split 'dev'; legal"):
        gym.make("awnas/NASBenchASR-v0", split="dev")
    with pytest.raises(MissingMetricError, match="needs test_phoneme_error_rate"):
        gym.make("awnas/NASBenchASR-v0", dataset="timit-curves40", split="test")
    with pytest.raises(MissingMetricError, match="params"):
        gym.make("awnas/NASBenchASR-MO-v0")
