"""NATS-Bench and NAS-Bench-201: real records, folders, whole files, and what is wrong in them."""

from __future__ import annotations

import bz2
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table
from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.nasbench201 import NASBENCH201, import_nasbench201
from awnas_gym.ingest.official.nats import import_nats_sss, import_nats_tss
from awnas_gym.ingest.official.nats_records import SIZE, TOPOLOGY
from tests.ingest.official.nats_files import accuracy, genotypes, record, whole, write_folder

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


def ignore(done: int, total: int) -> None:
    assert 0 < done <= total


def evaluated(table: str, row: int, **asked: Any) -> dict[str, float]:
    """Return what a table says of one of its rows."""
    evaluator = TableEvaluator(load_table(table))
    found = evaluator.evaluate(evaluator.population()[row], rng=RNG, **asked)
    return {name: float(values[0]) for name, values in found.items() if np.isfinite(values[0])}


# ------------------------------------------------------------------ the official records


def real(published: Callable[[str], Path], space: str) -> Path:
    return published(f"nats_bench_records/{space}/meta.pickle.pbz2").parent


def runs(folder: Path, training: str) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the trainings of architecture 0 as Python's own reader gives them."""
    found: dict[str, Any] = pickle.loads(bz2.decompress((folder / "000000.pickle.pbz2").read_bytes()))  # noqa: S301
    results: dict[tuple[str, int], dict[str, Any]] = found[training]["all_results"]
    return results


def test_the_official_records_of_topologies(published: Callable[[str], Path]) -> None:
    """Parameters and multiply-accumulates are those of NAS-Bench-201's formulas, see its space."""
    folder = real(published, "NATS-tss-v1_0-3ffb9-simple")
    for table in import_nats_tss(folder, progress=ignore, partial=True):
        table.write()
    short = evaluated("nasbench201-cifar10", 0, fidelity=12, trial=1)  # seed 777
    run = runs(folder, "12")["cifar10-valid", 777]
    assert short["valid_accuracy"] == pytest.approx(run["eval_acc1es"]["x-valid@11"] / 100)
    assert short["train_accuracy"] == pytest.approx(run["train_acc1es"][11] / 100)
    assert "test_accuracy" not in short  # the network for testing was trained with seed 111 alone
    long = evaluated("nasbench201-cifar10", 0, trial=3)  # seed 999
    assert long["test_accuracy"] == pytest.approx(0.8579)
    run = runs(folder, "200")["cifar10-valid", 999]
    assert long["train_accuracy"] == pytest.approx(run["train_acc1es"][199] / 100)
    assert (long["params"], long["macs"]) == (129_306, 15_647_370)
    assert long["latency_ms"] == pytest.approx(13.9359758611311)
    assert long["cost_s"] == pytest.approx(200 * 7.221092998981476 + run["eval_times"]["x-valid@199"])
    run = runs(folder, "200")["cifar100", 999]
    found = evaluated("nasbench201-cifar100", 0, trial=3)
    for metric, evaluation in (("valid", "x-valid"), ("test", "x-test"), ("union_test", "ori-test")):
        assert found[f"{metric}_accuracy"] == pytest.approx(run["eval_acc1es"][f"{evaluation}@199"] / 100)
        assert found[f"{metric}_loss"] == pytest.approx(run["eval_losses"][f"{evaluation}@199"])
    for row in range(3):
        for dataset in ("cifar10", "cifar100", "ImageNet16-120"):
            space = load_table(f"nasbench201-{dataset}")
            evaluator = TableEvaluator(space)
            layers = evaluator.space.layers(evaluator.population()[row])
            assert sum(layer.params for layer in layers) == evaluated(f"nasbench201-{dataset}", row)["params"]


def test_the_official_records_of_sizes(published: Callable[[str], Path]) -> None:
    folder = real(published, "NATS-sss-v1_0-50262-simple")
    for table in import_nats_sss(folder, progress=ignore, partial=True):
        table.write()
    assert load_table("nats_size-cifar10").card["fidelities"] == [1, 12, 90]
    found = evaluated("nats_size-cifar10", 0)
    assert (found["params"], found["macs"]) == (11_714, 4_481_114)
    run = runs(folder, "01")["cifar10-valid", 777]
    first = evaluated("nats_size-cifar10", 0, fidelity=1)
    assert first["valid_accuracy"] == pytest.approx(run["eval_acc1es"]["x-valid@0"] / 100)
    run = runs(folder, "90")["cifar10-valid", 777]
    for epoch in (1, 50, 90):
        curve = evaluated("nats_size-cifar10-curves90", 0, fidelity=epoch)
        assert curve["valid_accuracy"] == pytest.approx(run["eval_acc1es"][f"x-valid@{epoch - 1}"] / 100)
    counts = load_table("nats_size-cifar10").card["counts"]
    assert counts["trainings"] == {"1": {"1": 3}, "12": {"3": 3}, "90": {"1": 3}}


# ------------------------------------------------------------------ made-up ones, number by number


def check_everything(indices: list[int]) -> None:
    """Compare the tables of made-up records with what they were made of."""
    for row, index in enumerate(indices):
        for seed, trial in ((777, 1), (888, 2), (999, 3)):
            found = evaluated("nasbench201-cifar10", row, trial=trial)
            assert found["valid_accuracy"] == pytest.approx(
                accuracy(index, seed, "cifar10-valid", "x-valid", 199) / 100
            )
            assert found["test_accuracy"] == pytest.approx(accuracy(index, seed, "cifar10", "ori-test", 199) / 100)
            assert found["train_accuracy"] == pytest.approx(accuracy(index, seed, "cifar10-valid", "train", 199) / 100)
            assert found["cost_s"] == pytest.approx(200 * 2.0 + 0.5)
            found = evaluated("nasbench201-cifar100", row, trial=trial)
            assert found["test_accuracy"] == pytest.approx(accuracy(index, seed, "cifar100", "x-test", 199) / 100)
            assert found["union_test_accuracy"] == pytest.approx(
                accuracy(index, seed, "cifar100", "ori-test", 199) / 100
            )
        first = evaluated("nasbench201-ImageNet16-120", row, fidelity=12, trial=0)  # seed 111
        expected = accuracy(index, 111, "ImageNet16-120", "x-valid", 11) / 100
        assert first["valid_accuracy"] == pytest.approx(expected)
        assert first["cost_s"] == pytest.approx(12 * 2.0 + 0.5)
        middle = evaluated("nasbench201-ImageNet16-120-curves200", row, fidelity=100, trial=0)  # seed 777
        assert "valid_accuracy" not in middle  # recorded at the end alone
        assert middle["cost_s"] == pytest.approx(100 * 2.0 + 0.5)
        assert evaluated("nasbench201-cifar10-curves12", row, fidelity=3, trial=1)["valid_accuracy"] == pytest.approx(
            accuracy(index, 777, "cifar10-valid", "x-valid", 2) / 100
        )


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder(tmp_path: Path, workers: int) -> None:
    write_folder(tmp_path / "tss", TOPOLOGY, [3, 11_111])
    for table in import_nats_tss(tmp_path / "tss", progress=ignore, workers=workers, partial=True):
        table.write()
    check_everything([3, 11_111])
    env = gym.make("awnas/NASBench201-v0", dataset="cifar100", action_mode="joint", fidelity=12, trial=0)
    env.reset(seed=0)
    *_, info = env.step(load_table("nasbench201-cifar100").columns["archs"].values[1])
    assert sorted(info["metrics"]) == ["latency_ms", "macs", "params", "valid_accuracy", "valid_loss"]


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_whole_file(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "NATS-tss-v1_0-3ffb9.pickle.pbz2"
    path.write_bytes(bz2.compress(pickle.dumps(whole(TOPOLOGY, [3, 11_111, 8]), protocol=protocol)))
    for table in import_nats_tss(path, progress=ignore, partial=True):
        table.write()
    check_everything([3, 11_111, 8])


@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_torch_save(tmp_path: Path, zipped: bool) -> None:
    torch = pytest.importorskip("torch", reason="its files are written by torch")
    path = tmp_path / "NAS-Bench-201-v1_1-096897.pth"
    torch.save(whole(NASBENCH201, [0, 7, 15_624]), path, _use_new_zipfile_serialization=zipped)
    for table in import_nasbench201(path, progress=ignore, partial=True):
        table.write()
    check_everything([0, 7, 15_624])


def test_many_records_in_one_file_come_one_at_a_time(tmp_path: Path) -> None:
    """Pickles write dictionaries in lots of 1,000 entries, and refer back to texts of earlier ones."""
    indices = list(range(0, 15_000, 12))[:1205]
    content = whole(SIZE, [])
    content["arch2infos"] = {
        i: {"01": {"arch_index": i, "arch_str": name}} for i, name in enumerate(content["meta_archs"])
    }
    from awnas_gym.pickles import parse_entries

    seen: list[tuple[int, Any]] = []
    raw = pickle.dumps({**content, "arch2infos": {i: content["arch2infos"][i] for i in indices}}, protocol=4)
    rest, end = parse_entries(raw, under="arch2infos", each=lambda key, value: seen.append((key, value)), where="it")
    assert [key for key, _ in seen] == indices
    assert all(value == content["arch2infos"][key] for key, value in seen)
    assert rest["meta_archs"] == content["meta_archs"]
    assert not rest["arch2infos"]
    assert end == len(raw)


# ------------------------------------------------------------------ what is wrong


def changed(folder: Path, index: int, change: Callable[[dict[str, Any]], object]) -> None:
    names = genotypes(TOPOLOGY)
    content = record(TOPOLOGY, index, names[index])
    change(content)
    (folder / f"{index:06d}.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(content)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("12"), r"it holds trainings \['200'\]; nasbench201 has 12, 200"),
        (lambda r: r["12"].update(arch_index=4), "it is of architecture 4"),
        (lambda r: r["200"].update(arch_str="x"), "it is of architecture 3, 'x'; number 3 is"),
        (lambda r: r["200"]["all_results"].update({("cifar10", 5): {}}), "training 200 has a seed 5; legal: 777, 888"),
        (
            lambda r: r["200"]["all_results"]["cifar10", 777].update(epochs=12),
            "a training of cifar10 has 12 epochs; 200",
        ),
        (lambda r: r["200"]["all_results"]["cifar10", 777].pop("eval_acc1es"), "is no record of nasbench201: KeyError"),
        (
            lambda r: r["200"]["all_results"]["cifar10", 777]["eval_acc1es"].update({"ori-test@199": 250.0}),
            r"test_accuracy after epoch 200 is 2\.5",
        ),
        (lambda r: r["12"].update(all_results=[1]), "is no record of nasbench201"),
        (lambda r: r.update({"12": None}), "is no record of nasbench201"),
    ],
)
def test_a_wrong_record_is_named(tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str) -> None:
    write_folder(tmp_path / "tss", TOPOLOGY, [3])
    changed(tmp_path / "tss", 3, change)
    with pytest.raises(TableFileError, match=rf"000003\.pickle\.pbz2.*{message}"):
        import_nats_tss(tmp_path / "tss", progress=ignore, partial=True)
    assert not (tmp_path / "home").exists()


@pytest.mark.filterwarnings("error")
def test_what_no_run_recorded_is_absent(tmp_path: Path) -> None:
    def forget(content: dict[str, Any]) -> None:
        for training in content.values():
            for run in training["all_results"].values():
                run["latency"] = []
            for key in [key for key in training["all_results"] if key[0] == "ImageNet16-120"]:
                del training["all_results"][key]

    write_folder(tmp_path / "tss", TOPOLOGY, [3, 4])
    changed(tmp_path / "tss", 3, forget)
    for table in import_nats_tss(tmp_path / "tss", progress=ignore, partial=True):
        table.write()
    assert not {"latency_ms", "params", "test_accuracy"} & evaluated("nasbench201-ImageNet16-120", 0).keys()
    assert "latency_ms" not in evaluated("nasbench201-cifar10", 0)
    assert {"params", "test_accuracy"} <= evaluated("nasbench201-cifar10", 0).keys()
    assert {"latency_ms", "params", "test_accuracy"} <= evaluated("nasbench201-ImageNet16-120", 1).keys()


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "tss", TOPOLOGY, [3])
    path = tmp_path / "tss" / "000003.pickle.pbz2"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TableFileError, match=r"000003\.pickle\.pbz2"):
        import_nats_tss(tmp_path / "tss", progress=ignore, partial=True)


def test_a_record_that_imports_something_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "tss", TOPOLOGY, [3])
    raw = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."
    (tmp_path / "tss" / "000003.pickle.pbz2").write_bytes(bz2.compress(raw))
    with pytest.raises(TableFileError, match=r"000003\.pickle\.pbz2.* it names os\.system, which is not admitted"):
        import_nats_tss(tmp_path / "tss", progress=ignore, partial=True)


def test_missing_records_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "tss", TOPOLOGY, [0, 2])
    with pytest.raises(MissingDataError, match=r"lacks 15,623 of 15,625 records: 000001\.pickle\.pbz2, 000003"):
        import_nats_tss(tmp_path / "tss", progress=ignore)
    with pytest.raises(MissingDataError, match="meta"):
        import_nats_tss(tmp_path, progress=ignore)


def test_another_benchmark_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "tss", TOPOLOGY, [3])
    with pytest.raises(TableFileError, match="does not list 32,768 different architectures"):
        import_nats_sss(tmp_path / "tss", progress=ignore, partial=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.update(meta_archs=["a"]), "does not list 15,625"),
        (lambda w: w["meta_archs"].reverse(), "record 3 is of"),
        (lambda w: w["arch2infos"].update({99_999: record(TOPOLOGY, 9, "x")}), "record 99999 is none of nasbench201"),
        (lambda w: w["arch2infos"][3].update({"12": 5}), "record 3"),
        (lambda w: w["arch2infos"].update({4: 7}), "is no dictionary with a number"),
        (lambda w: w.pop("meta_archs"), "does not list 15,625"),
    ],
)
def test_a_wrong_whole_file_is_named(tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str) -> None:
    content = whole(TOPOLOGY, [3])
    change(content)
    path = tmp_path / "NATS-tss-v1_0-3ffb9.pickle.pbz2"
    path.write_bytes(bz2.compress(pickle.dumps(content, protocol=4)))
    with pytest.raises(TableFileError, match=message):
        import_nats_tss(path, progress=ignore, partial=True)
    assert not (tmp_path / "home").exists()


def test_damage_anywhere_in_a_whole_file_raises_no_other_error(tmp_path: Path) -> None:
    content = whole(TOPOLOGY, [])
    content["arch2infos"] = {0: record(TOPOLOGY, 0, content["meta_archs"][0])}
    content["meta_archs"] = content["meta_archs"][:10]
    good, rng = pickle.dumps(content, protocol=2), np.random.default_rng(0)
    path = tmp_path / "NAS-Bench-201-v1_1-096897.pth"
    for _ in range(150):
        raw = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            raw[rng.integers(len(raw))] = rng.integers(256)
        path.write_bytes(raw[: rng.integers(1, len(raw) + 1)])
        with pytest.raises((TableFileError, MissingDataError)):
            import_nasbench201(path, progress=ignore, partial=True)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04" + bytes(60), b"BZh9" + bytes(30), b"\x80", b"\x80\x02.", b"text"]
)
def test_files_that_are_none_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "NAS-Bench-201-v1_1-096897.pth"
    path.write_bytes(content)
    with pytest.raises(TableFileError, match=str(path)):
        import_nasbench201(path, progress=ignore)
    with pytest.raises(MissingDataError, match="no file at"):
        import_nasbench201(tmp_path / "none.pth", progress=ignore)
