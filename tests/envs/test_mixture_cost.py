"""Costs of mixtures: counted, read from a table, and what a search by them alone finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, final

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from awnas_gym.agents import AGENTS
from awnas_gym.envs import Judge, Phases, RelaxedEnv
from awnas_gym.envs.mixture_cost import MixtureCost, counted_cost, read_cost
from awnas_gym.errors import MissingDataError, SettingError, UnknownNameError
from awnas_gym.evaluators.abstract import DifferentiableEvaluator, Trial
from awnas_gym.metrics import Metrics
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.objectives.relaxed import RELAXED_OBJECTIVES, LossTimesLogCost
from awnas_gym.spaces import SPACES, total_macs, total_params

FBNET = SPACES.load("fbnet")(variant="cifar", image_size=14)
PROXYLESS = SPACES.load("proxylessnas")(channels=8, image_size=32)
RNG = np.random.default_rng(0)


@final
class Constant(DifferentiableEvaluator):
    """The loss of every mixture is 1.7."""

    fidelities = (1,)
    trials = 1
    yields = frozenset({"valid_accuracy", "valid_loss"})
    joint = False

    def __init__(self, space: Any) -> None:
        self.space, self.card = space, {"title": "a constant"}

    def reset(self, seed: int) -> None:
        self.started = True

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        rows = self.space.check(archs)
        return {"valid_loss": np.full(len(rows), 1.7), "valid_accuracy": np.full(len(rows), 0.5)}

    def train(self, archs: ArrayLike) -> dict[str, float]:
        return {"train_loss": 1.7}

    def train_mixed(self, weights: NDArray[np.float64], *, progress: float) -> float:
        return 1.7

    def gradient(
        self, weights: NDArray[np.float64], *, progress: float
    ) -> tuple[dict[str, float], NDArray[np.float64]]:
        return {"valid_loss": 1.7, "valid_accuracy": 0.5}, np.zeros_like(weights)

    def eigenvalue(self, weights: NDArray[np.float64]) -> float:
        return 0.0

    def save(self, folder: Path) -> None:
        raise NotImplementedError

    def load(self, folder: Path) -> None:
        raise NotImplementedError


def environment(cost: str | MixtureCost, *, objective: Any = None, space: Any = FBNET, steps: int = 400) -> RelaxedEnv:
    objective = LossTimesLogCost() if objective is None else objective
    phases = Phases(weight_steps=0, max_steps=steps)
    return RelaxedEnv(Judge(Constant(space), Accuracy()), objective=objective, cost=cost, phases=phases)


def made_up(space: Any = FBNET) -> MixtureCost:
    return MixtureCost("latency_ms", np.random.default_rng(1).uniform(0.1, 3, size=space.edge_legal.shape), 2.5)


@pytest.mark.parametrize("space", [FBNET, PROXYLESS, SPACES.load("nasbench_macro")()])
def test_of_an_architecture_it_is_the_count(space: Any) -> None:
    for metric, total in (("macs", total_macs), ("params", total_params)):
        cost = counted_cost(space, metric)
        for arch in space.sample(RNG, 5):
            assert cost(space.relax(arch)) == total(space.layers(arch))
        assert cost.fixed == total(space.stem()) + total(space.head())
        assert not cost.entries[~space.edge_legal].any()


def test_of_equal_weights_it_is_the_mean_over_random_architectures() -> None:
    cost = made_up(PROXYLESS)
    sampled = [cost(PROXYLESS.relax(arch)) for arch in PROXYLESS.sample(RNG, 4000)]
    assert cost.of_equal_weights(PROXYLESS.edge_legal) == pytest.approx(np.mean(sampled), rel=0.01)


def test_an_objective_that_has_no_value_of_such_costs_is_refused_at_once() -> None:
    small = MixtureCost("latency_ms", np.full((22, 9), 1e-3))
    with pytest.raises(SettingError, match=r"the logarithm of an expected cost of 0\.022 is not above 0"):
        environment(small)
    assert environment(small, objective=RELAXED_OBJECTIVES.load("loss_plus_cost")()).evaluations == 400


# ---------------------------------------------------------------- gradients


@pytest.mark.parametrize("name", ["loss_times_log_cost", "loss_plus_cost", "loss_times_relative_log"])
def test_its_gradient_by_the_logits_is_that_of_central_differences(name: str) -> None:
    """As the agents have it: through the softmax of each layer [science.md: FBNet]."""
    torch = pytest.importorskip("torch", reason="agents of mixtures need torch: pip install 'awnas-gym[torch]'")
    settings = {"reference": 10.0} if "relative" in name else {}
    env = environment(made_up(), objective=RELAXED_OBJECTIVES.load(name)(**settings))
    env.reset(seed=0)
    logits = torch.randn(22, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)

    def reward(of: Any) -> tuple[float, Any]:
        _, value, _, _, info = env.step(torch.softmax(of, dim=1).detach().numpy())
        return value, info

    odds = torch.softmax(logits, dim=1)
    _, info = reward(logits)
    assert info["metrics"]["latency_ms"] == pytest.approx(
        2.5 + float((made_up().entries * odds.detach().numpy()).sum())
    )
    (slope,) = torch.autograd.grad((odds * torch.from_numpy(info["gradient"])).sum(), logits)
    for edge, operation in ((0, 0), (3, 8), (11, 4), (21, 7)):
        ends = []
        for sign in (1, -1):
            moved = logits.detach().clone()
            moved[edge, operation] += sign * 1e-5
            ends.append(reward(moved)[0])
        assert float(slope[edge, operation]) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=1e-10)


def test_where_the_loss_is_constant_the_cheapest_block_of_each_layer_is_found() -> None:
    pytest.importorskip("torch", reason="agents of mixtures need torch: pip install 'awnas-gym[torch]'")
    cost = made_up()
    env = environment(cost, steps=300)
    found = AGENTS.load("darts")(env, seed=0, learning_rate=0.3, weight_decay=0.0).learn(300).propose(1, seed=0)[0]
    assert np.array_equal(found, cost.entries.argmin(axis=1))


# ---------------------------------------------------------------- tables


def write(path: Path, entries: NDArray[np.float64]) -> Path:
    np.savetxt(path, entries, header="milliseconds, a line a layer")
    return path


def test_a_table_is_read(tmp_path: Path) -> None:
    entries = made_up().entries
    cost = read_cost(write(tmp_path / "speed.txt", entries), "latency_ms", FBNET)
    assert (cost.metric, cost.fixed) == ("latency_ms", 0.0)
    np.testing.assert_array_equal(cost.entries, entries)
    info = environment(cost)
    info.reset(seed=0)
    arch = FBNET.sample(RNG, 1)[0]
    metrics = info.step(FBNET.relax(arch))[4]["metrics"]
    assert metrics["latency_ms"] == pytest.approx(entries[np.arange(22), arch].sum())


def test_wrong_tables_are_named(tmp_path: Path) -> None:
    path = tmp_path / "speed.txt"
    with pytest.raises(MissingDataError, match=r"no file at .*speed\.txt"):
        read_cost(path, "latency_ms", FBNET)
    write(path, np.ones((22, 9)))
    with pytest.raises(UnknownNameError, match="No metric named 'latency'"):
        read_cost(path, "latency", FBNET)
    for entries, message in (
        (
            np.ones((21, 9)),
            "21 lines of 9 numbers; wanted are 22, for stage 1 layer 1 to stage 7 layer 1, of 9, for k3_e1",
        ),
        (np.where(np.eye(22, 9), -1.0, 1.0), "the cost of k3_e1 on stage 1 layer 1 is -1.0; costs are numbers from 0"),
        (np.where(np.eye(22, 9), np.nan, 1.0), "the cost of k3_e1 on stage 1 layer 1 is nan"),
    ):
        write(path, entries)
        with pytest.raises(SettingError, match=message):
            read_cost(path, "latency_ms", FBNET)
    for text, message in (
        ("a b c\n", "holds no table of numbers: could not convert string to float: 'a'"),
        ("1 2\n# none\n1 2 3\n", "has 2 lines of 2 or 3 numbers"),
        ("", "has 0 lines of no numbers"),
    ):
        path.write_text(text)
        with pytest.raises(SettingError, match=message):
            read_cost(path, "latency_ms", FBNET)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match="holds no table of numbers"):
        read_cost(path, "latency_ms", FBNET)
