"""`awnas/FBNet-v0` and `awnas/ProxylessNAS-v0`: small networks, all costs, agents that play them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym import search
from awnas_gym.agents import AGENTS
from awnas_gym.catalog.hw_nas_bench import MeasuredBlocks
from awnas_gym.catalog.mixture_costs import mixture_cost
from awnas_gym.errors import MissingDataError, MissingExtraError, SettingError, UnknownNameError
from awnas_gym.ingest.official.downloads import find_download
from awnas_gym.ingest.official.hw_nas_bench_fbnet import read_fbnet
from awnas_gym.objectives.relaxed import LossTimesLogCost, LossTimesRelativeLog
from awnas_gym.spaces.fbnet import FBNet
from awnas_gym.spaces.proxylessnas import ProxylessNAS
from awnas_gym.testing import check_env
from experiments.official_hardware import hw_nas_bench, write_hw_nas_bench
from tests.data import written

pytest.importorskip("torch", reason="mixtures need torch: pip install 'awnas-gym[torch]'")

IDS = ("awnas/FBNet-v0", "awnas/ProxylessNAS-v0")
SMALL: dict[str, Any] = {
    "channels": 2, "batch_size": 8, "eval_batch_size": 8, "warmup_steps": 1, "weight_steps": 1, "max_steps": 5,
}  # fmt: skip
each_id = pytest.mark.parametrize("id_", IDS)


def make(id_: str, **keywords: Any) -> Any:
    return gym.make(id_, **{**SMALL, **keywords}).unwrapped


@each_id
def test_it_keeps_the_contract(id_: str) -> None:
    check_env(make(id_, render_mode="ansi"))


def test_phases_and_objectives_are_those_of_the_papers_by_default() -> None:
    fbnet, proxyless = (gym.make(id_, channels=2).unwrapped for id_ in IDS)
    assert (fbnet.phases.weight_steps, fbnet.phases.gradient_steps, fbnet.evaluations) == (4, 1, 106)
    assert (proxyless.phases.weight_steps, proxyless.phases.gradient_steps, proxyless.evaluations) == (5, 1, 75)
    one, two = fbnet._objective, proxyless._objective
    assert isinstance(one, LossTimesLogCost)
    assert (one.scale, one.exponent) == (0.2, 0.6)
    assert isinstance(two, LossTimesRelativeLog)
    assert (two.scale, two.exponent) == (0.2, 0.3)
    legal = proxyless.space.edge_legal
    assert two.reference == proxyless._cost.of_equal_weights(legal) > 1e5
    evaluator = fbnet.judge.evaluator
    assert (evaluator.learning_rate, evaluator.momentum, evaluator.weight_decay) == (0.1, 0.9, 1e-4)
    assert make(IDS[1], reference=1e6)._objective.reference == 1e6


@each_id
def test_the_reward_is_of_the_loss_and_the_macs(id_: str) -> None:
    env = make(id_, warmup_steps=0, weight_steps=0)
    env.reset(seed=0)
    arch = env.space.sample(np.random.default_rng(0), 1)[0]
    _, reward, _, _, info = env.step(env.space.relax(arch))
    macs = sum(layer.macs for layer in env.space.layers(arch))
    assert info["metrics"]["macs"] == macs
    assert reward == env._objective(info["metrics"]["valid_loss"], macs).reward < 0
    assert info["architecture"] == env.space.genotype(arch)


@each_id
def test_an_action_of_nothing_is_no_end(id_: str) -> None:
    env = make(id_)
    env.reset(seed=0)
    for _ in range(3):
        _, reward, _, _, info = env.step(np.zeros(env.action_space.shape))
    assert np.isfinite(reward)
    assert not info["gradient"].any()


def test_a_block_that_is_not_possible_counts_as_0() -> None:
    env = make(IDS[1], channels=32, variant="imagenet", warmup_steps=0, weight_steps=0)
    zero = env.space.blocks.index("Zero")
    found = []
    for weight in (0.0, 0.9):
        env.reset(seed=0)
        action = np.full(env.space.edge_legal.shape, 0.1)
        action[0, zero] = weight
        _, reward, _, _, info = env.step(action)
        assert info["gradient"][0, zero] == 0
        assert info["gradient"][1, zero] != 0
        found.append(reward)
    assert found[0] == found[1]


@each_id
@pytest.mark.parametrize("name", ["random", "sb3_a2c", "darts"])
def test_agents_play_it(id_: str, name: str) -> None:
    try:
        AGENTS.load(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    environment = {"id": id_, **SMALL, "max_steps": 9}
    found = search.run(search.Run(environment=environment, agent={"name": name}, budget={"evaluations": 4}))
    assert len(found.records) == 4
    assert all(record["metrics"]["macs"] > 0 for record in found.records)
    assert found.summary["incumbent"]["architecture"]


# ---------------------------------------------------------------- costs


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    path = tmp_path / find_download("hw-nas-bench").file
    write_hw_nas_bench(path, {"fbnet": hw_nas_bench(np.random.default_rng(0))["fbnet"]})
    return path


def test_latencies_of_hw_nas_bench(data: Path) -> None:
    """The cost of a network is what the authors' code sums [science.md: FBNet]; on CIFAR-10, of its 32 pixels."""
    written.cifar10(data.parent / "cifar10")
    env = make(
        IDS[0], dataset="cifar10", channels=16, cost="pixel3_latency_ms", valid_fraction=0.5,
        warmup_steps=0, weight_steps=0,
    )  # fmt: skip
    env.reset(seed=0)
    for arch in env.space.sample(np.random.default_rng(1), 2):
        info = env.step(env.space.relax(arch))[4]
        expected = read_fbnet(data, "cifar")["pixel3_latency_ms"](arch)[0]
        assert info["metrics"]["pixel3_latency_ms"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("variant", "size"), [("imagenet", 224), ("cifar", 32)])
def test_all_of_its_metrics_are_costs_of_both_networks(data: Path, variant: Any, size: int) -> None:
    space = FBNet(variant=variant, image_size=size, classes=10)
    archs = space.sample(np.random.default_rng(0), 5)
    for metric, lookup in read_fbnet(data, variant).items():
        for hardware in (None, "hw-nas-bench"):
            cost = mixture_cost(space, metric, None, hardware)
            assert [cost(space.relax(arch)) for arch in archs] == pytest.approx(lookup(archs), rel=1e-12)
    with pytest.raises(SettingError, match="cost='macs' is not known of hw-nas-bench"):
        mixture_cost(space, "macs", None, "hw-nas-bench")


def test_its_devices_are_hardware_of_single_networks(data: Path) -> None:
    written.cifar10(data.parent / "cifar10")
    env: Any = gym.make(
        "awnas/CNN-ENAS-v0", space="fbnet", variant="cifar", dataset="cifar10", channels=16, action_mode="joint",
        hardware="hw-nas-bench", objective="fpga_energy_mj", batch_size=4, eval_batch_size=4, threads=1,
    ).unwrapped  # fmt: skip
    env.reset(seed=0)
    arch = env.space.sample(np.random.default_rng(1), 1)[0]
    _, reward, _, _, info = env.step(arch)
    measured = read_fbnet(data, "cifar")
    assert reward == -measured["fpga_energy_mj"](arch)[0]
    assert {metric: lookup(arch)[0] for metric, lookup in measured.items()}.items() <= info["metrics"].items()
    version = env.judge.version
    write_hw_nas_bench(data, {"fbnet": hw_nas_bench(np.random.default_rng(1))["fbnet"]})
    assert MeasuredBlocks(env.space).version not in version  # a run is not resumed on other numbers
    with pytest.raises(SettingError, match="is of blocks of fbnet; here the space is nasbench201"):
        gym.make("awnas/NASBench201-v0", hardware="hw-nas-bench")


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    entries = np.random.default_rng(0).uniform(1, 2, size=(21, 7))
    np.savetxt(tmp_path / "speed.txt", entries)
    env = make(
        IDS[1], cost="latency_ms", lookup=str(tmp_path / "speed.txt"), objective="loss_plus_relative_cost",
        warmup_steps=0, weight_steps=0,
    )  # fmt: skip
    env.reset(seed=0)
    arch = env.space.sample(np.random.default_rng(0), 1)[0]
    _, reward, _, _, info = env.step(env.space.relax(arch))
    latency_ms = entries[np.arange(21), arch].sum()
    legal = np.where(env.space.edge_legal, entries, np.nan)
    reference = np.nanmean(legal, axis=1).sum()
    assert info["metrics"]["latency_ms"] == pytest.approx(latency_ms)
    expected = -info["metrics"]["valid_loss"] - 0.1 * (latency_ms - reference) / reference
    assert reward == pytest.approx(expected)


def test_wrong_costs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match=r"HW-NAS-Bench: no file .*data get hw-nas-bench"):
        make(IDS[0], cost="pixel3_latency_ms")
    with pytest.raises(UnknownNameError, match=r"No cost named 'pixel_latency_ms'\. Did you mean 'pixel3_latency_ms'"):
        make(IDS[0], cost="pixel_latency_ms")
    with pytest.raises(SettingError, match="cost='latency_ms' is not known of mixtures; legal: macs"):
        mixture_cost(ProxylessNAS(), "latency_ms", None)
    with pytest.raises(MissingDataError, match=r"no file at .*absent"):
        make(IDS[1], cost="latency_ms", lookup=str(tmp_path / "absent.txt"))


@pytest.mark.parametrize("keywords", [{"channels": 8}, {"image_size": 14}])
def test_latencies_of_another_network_are_refused(data: Path, keywords: dict[str, int]) -> None:
    space = FBNet(**{"variant": "cifar", "image_size": 32, **keywords})  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"HW-NAS-Bench is of the network .*'image_size': 32\}; here it is"):
        mixture_cost(space, "fpga_energy_mj", None)
