"""The networks: odds that add up, gradients, the shaped logits, which anchor is read."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.spaces import SPACES
from tests.toy import ToySpace

torch = pytest.importorskip("torch", reason="policies need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.agents.policies.abstract import Shaping  # noqa: E402
from awnas_gym.agents.policies.anchor import AnchorPolicy  # noqa: E402
from awnas_gym.agents.policies.make import make_policy  # noqa: E402

ENAS = SPACES.load("enas")()
TREE = SPACES.load("recurrent")(nodes=3)
SETTINGS = {
    "network": None,
    "hidden": 6,
    "attention": 5,
    "separate_cells": False,
    "carry_state": True,
    "temperature": None,
    "tanh_constant": 1.1,
    "op_tanh_reduce": 2.5,
    "operation_bias": (),
    "first_cell_bias": (),
    "force_uniform": False,
}
BIASES = {"operation_bias": (10, 10, 0, 0, 0), "first_cell_bias": (0.25, 0.25, -0.25, -0.25, -0.25)}


def make(space, *, scale=1.0, seed=0, **settings):
    """Return a policy in float64; with a large `scale` its odds differ widely."""
    policy = make_policy(space, **{**SETTINGS, **settings})
    policy.initialise(torch.Generator().manual_seed(seed))
    policy.double()
    with torch.no_grad():
        for name, parameter in policy.named_parameters():
            if name.rpartition(".")[2] != "bias":
                parameter.mul_(scale)
    return policy


CASES = {
    "embed": lambda **more: make(ToySpace(constrained=False), scale=30, **more),
    "embed, masks": lambda **more: make(ToySpace(constrained=True), scale=30, **more),
    "embed, tree": lambda **more: make(TREE, network="embed", scale=30, **more),
    "anchor, tree": lambda **more: make(TREE, scale=30, **more),
}
every_case = pytest.mark.parametrize("case", CASES)


def total(policy, archs):
    with torch.no_grad():
        return policy(archs)[0].sum(dim=1).numpy()


@every_case
def test_the_odds_of_all_architectures_add_up_to_one(case):
    policy = CASES[case](tanh_constant=None)
    odds = np.exp(total(policy, policy.space.enumerate()))
    assert odds.sum() == pytest.approx(1, abs=1e-12)
    assert odds.max() > 3 * odds.mean()


@every_case
def test_step_by_step_odds_multiply_to_those_of_the_whole(case):
    """Also where the network decides in another order than the space."""
    policy = CASES[case]()
    for arch in policy.space.sample(np.random.default_rng(0), 5):
        steps = [policy.probabilities(arch[:i].tolist())[arch[i]] for i in range(len(arch))]
        assert np.log(steps).sum() == pytest.approx(total(policy, arch[None])[0], abs=1e-9)


def test_step_by_step_odds_of_enas_sum_over_what_is_not_decided_yet():
    policy = make(ENAS, scale=10, **BIASES)
    assert policy.order[:8] == (0, 2, 1, 3, 4, 6, 5, 7)
    arch = ENAS.sample(np.random.default_rng(0), 1)[0].tolist()
    steps = [policy.probabilities(arch[:i])[arch[i]] for i in range(len(arch))]
    assert np.log(steps).sum() == pytest.approx(total(policy, np.array([arch]))[0], abs=1e-8)


@every_case
def test_draws_follow_the_odds(case):
    policy = CASES[case]()
    drawn = policy.space.check(policy.sample(np.random.default_rng(1), 20_000))
    for arch in policy.space.enumerate()[::53]:
        share = (drawn == arch).all(axis=1).mean()
        expected = np.exp(total(policy, arch[None])[0])
        assert share == pytest.approx(expected, abs=4.5 * np.sqrt(expected / 20_000))


def test_draws_do_not_depend_on_how_many_are_asked_for_at_once():
    policy = make(ENAS, scale=10, **BIASES)
    one, many = np.random.default_rng(2), np.random.default_rng(2)
    assert np.array_equal(np.concatenate([policy.sample(one, 1) for _ in range(7)]), policy.sample(many, 7))


@pytest.mark.parametrize(
    ("space", "settings"),
    [
        (ENAS, BIASES),
        (ENAS, {**BIASES, "temperature": 5.0, "tanh_constant": 2.5, "separate_cells": True, "carry_state": False}),
        (ENAS, {"network": "embed"}),
        (ToySpace(constrained=True), {}),
        (TREE, {"tanh_constant": None}),
    ],
)
def test_gradients_of_log_probabilities_are_finite_differences(space, settings):
    policy = make(space, scale=4, **settings)
    archs = space.sample(np.random.default_rng(3), 2)
    policy(archs)[0].sum().backward()
    checked = 0
    for parameter in policy.parameters():
        for place in np.random.default_rng(4).integers(parameter.numel(), size=3).tolist():
            flat, step, values = parameter.data.view(-1), 1e-5, []
            middle = float(flat[place])
            for sign in (1, -1):
                flat[place] = middle + sign * step
                values.append(total(policy, archs).sum())
            flat[place] = middle
            found = 0.0 if parameter.grad is None else float(parameter.grad.view(-1)[place])
            assert found == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-5, abs=1e-8)
            checked += abs(found) > 1e-6
    assert checked >= 6


def test_entropies_are_those_of_the_odds_and_have_no_gradient():
    policy = make(ToySpace(constrained=True), scale=10)
    arch = policy.space.sample(np.random.default_rng(5), 1)
    _, entropies = policy(arch)
    odds = [policy.probabilities(arch[0, :i].tolist()) for i in range(5)]
    expected = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in odds]
    assert entropies[0].tolist() == pytest.approx(expected)
    assert not entropies.requires_grad


# ------------------------------------------------------------------ logits


def test_shaped_logits_by_hand():
    """T = 5, c = 2.5: 2.5 tanh(x / 5); operations 2.5 / 2 tanh(x / 5) + bias."""
    shaping = Shaping(temperature=5.0, tanh_constant=2.5, op_tanh_reduce=2.0)
    logits = torch.tensor([0.0, 5.0, -10.0], dtype=torch.float64)
    assert shaping(logits).tolist() == pytest.approx([0.0, 2.5 * 0.7615941559557649, -2.5 * 0.9640275800758169])
    bias = torch.tensor([0.25, 0.25, -0.25], dtype=torch.float64)
    expected = [0.25, 0.25 + 1.25 * 0.7615941559557649, -0.25 - 1.25 * 0.9640275800758169]
    assert shaping.operations(logits, bias).tolist() == pytest.approx(expected)
    assert Shaping()(logits).tolist() == logits.tolist()


@pytest.mark.parametrize("scale", [1, 300])
def test_the_odds_of_operations_stay_within_the_bound(scale):
    """At most exp(2 c / reduce) apart, times exp(0.5) in the first cell; values at most exp(2 c)."""
    policy = make(ENAS, scale=scale, **BIASES)
    within = np.exp(2 * 1.1 / 2.5)
    widest = {}
    for arch in policy.sample(np.random.default_rng(6), 4).tolist():
        for decision in (0, 1, 3, 4, 17, 19, 20, 21, 23, 36, 37, 39):
            odds = policy.probabilities(arch[:decision])
            role = ENAS.roles[decision]
            kind = (role.kind, role.cell)
            widest[kind] = max(widest.get(kind, 1.0), odds.max() / odds.min())
    assert widest["operation", "normal"] <= within * np.exp(0.5) * (1 + 1e-9)
    assert widest["operation", "reduce"] <= within * (1 + 1e-9)
    assert max(widest["input", cell] for cell in ("normal", "reduce")) <= np.exp(2 * 1.1) * (1 + 1e-9)
    if scale == 300:
        assert widest["operation", "normal"] > 0.95 * within * np.exp(0.5), "the bound is reached"
        assert widest["operation", "reduce"] > 0.95 * within


def test_the_published_biases_favour_convolutions_at_first():
    """Logits start near 0.44 tanh(10) for the two convolutions and 0 for the others, and +-0.25 in the normal cell."""
    policy = make(ENAS, **BIASES)
    arch = ENAS.sample(np.random.default_rng(7), 1)[0].tolist()
    for decision, extra in ((3, 0.5), (23, 0.0)):
        odds = policy.probabilities(arch[:decision])
        assert odds[0] / odds[2] == pytest.approx(np.exp(0.44 + extra), rel=0.05)


@pytest.mark.parametrize("network", ["anchor", "embed"])
def test_force_uniform_draws_uniformly_whatever_the_weights(network):
    policy = make(ENAS, scale=50, force_uniform=True, network=network, **BIASES)
    arch = ENAS.sample(np.random.default_rng(8), 1)
    assert np.exp(total(policy, arch)[0]) * ENAS.size == pytest.approx(1)
    policy(arch)[0].sum().backward()
    assert all(p.grad is None or not p.grad.any() for p in policy.parameters())


# ------------------------------------------------------------------ anchors


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(gates, c):
    i, f, g, o = np.split(gates, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def log_softmax(x):
    return x - np.log(np.exp(x).sum())


def by_hand(policy, arch):
    """Return the log-probabilities of the decisions, computed from the equations of the authors' controller."""
    core = policy._cores[0]
    w, u = core.lstm.weight_ih.detach().numpy(), core.lstm.weight_hh.detach().numpy()
    start, embedding = core.start.detach().numpy(), core.embedding.weight.detach().numpy()
    w1, w2, v = (layer.weight.detach().numpy() for layer in (core.key, core.query, core.score))
    soft, bias = core.operation.weight.detach().numpy(), core.operation.bias.detach().numpy()

    found = {}
    h = c = np.zeros(policy.hidden)
    for cell in range(2):
        anchors, states = [np.zeros(policy.hidden)] * 2, []
        for _ in range(2):
            h, c = lstm(w @ start + u @ h, c)
            states.append(h)
        for node in range(5):
            first = cell * 20 + node * 4
            x = start
            for decision in (first, first + 2):
                h, c = lstm(w @ x + u @ h, c)
                logits = np.array([float(v[0] @ np.tanh(w1 @ state + w2 @ h)) for state in states])
                found[decision] = log_softmax(1.1 * np.tanh(logits))[arch[decision]]
                x = anchors[arch[decision]]
            for decision in (first + 1, first + 3):
                h, c = lstm(w @ x + u @ h, c)
                logits = 1.1 / 2.5 * np.tanh(soft @ h + bias)
                if cell == 0:
                    logits = logits + np.array([0.25, 0.25, -0.25, -0.25, -0.25])
                found[decision] = log_softmax(logits)[arch[decision]]
                x = embedding[arch[decision]]
            h, c = lstm(w @ x + u @ h, c)
            anchors.append(h)
            states.append(h)
    return [found[i] for i in range(40)]


def test_the_anchor_network_is_that_of_the_authors():
    policy = make(ENAS, scale=8, **BIASES)
    archs = ENAS.sample(np.random.default_rng(9), 3)
    with torch.no_grad():
        log_probs, _ = policy(archs)
    for row, arch in zip(log_probs.tolist(), archs.tolist(), strict=True):
        assert row == pytest.approx(by_hand(policy, arch), abs=1e-10)


def test_the_embedding_network_reads_the_last_choice():
    """Against its equations: h, c = LSTM(embedding of the last choice), odds = softmax(1.1 tanh(W h))."""
    policy = make(ToySpace(constrained=False), scale=8)
    w, u = policy.lstm.weight_ih.detach().numpy(), policy.lstm.weight_hh.detach().numpy()
    (arch,) = policy.space.sample(np.random.default_rng(9), 1)
    x, h, c, expected = policy.start.detach().numpy(), np.zeros(6), np.zeros(6), []
    for decision, choice in enumerate(arch.tolist()):
        h, c = lstm(w @ x + u @ h, c)
        logits = policy.heads[decision].weight.detach().numpy() @ h
        expected.append(log_softmax(1.1 * np.tanh(logits))[choice])
        if decision < 4:
            x = policy.embeddings[decision].weight.detach().numpy()[choice]
    with torch.no_grad():
        assert policy(arch[None])[0][0].tolist() == pytest.approx(expected, abs=1e-10)


def test_a_node_that_is_read_changes_what_follows_only_through_its_anchor():
    """Node 2 reads an input of the cell either way: zeros. Node 3 reads input 0 or node 2, whose anchor differs."""
    policy = make(ENAS, scale=8, **BIASES)
    arch = np.zeros((2, 40), dtype=np.int8)
    arch[1, 0] = 1
    zeros, _ = policy(arch)
    assert torch.equal(zeros[0, 1:], zeros[1, 1:])
    arch[1, 0], arch[1, 4] = 0, 2
    anchor, _ = policy(arch)
    assert not torch.isclose(anchor[0, 5], anchor[1, 5])


def test_all_weights_start_within_a_tenth_and_the_bias_as_given():
    policy = make_policy(ENAS, **{**SETTINGS, **BIASES, "hidden": 64, "attention": 64})
    policy.initialise(torch.Generator().manual_seed(0))
    weights = {name: p for name, p in policy.named_parameters() if name != "cores.0.operation.bias"}
    assert policy._cores[0].operation.bias.tolist() == [10, 10, 0, 0, 0]
    for name, weight in weights.items():
        assert 0.08 < float(weight.detach().abs().max()) <= 0.1, name
        assert abs(float(weight.detach().mean())) < 0.02, name
    # g_emb, LSTM, W1, W2, v, softmax and its bias, embedding
    assert sum(p.numel() for p in policy.parameters()) == 64 + 2 * 64 * 256 + 2 * 64**2 + 64 + 64 * 5 + 5 + 5 * 64


def test_separate_cells_have_their_own_weights_and_state_may_be_dropped():
    shared, separate = make(ENAS), make(ENAS, separate_cells=True)
    count = [sum(p.numel() for p in policy.parameters()) for policy in (shared, separate)]
    assert count[1] == 2 * count[0]
    arch = np.zeros((2, 40), dtype=np.int8)
    arch[1, 17] = 4
    for carry, same in ((True, False), (False, True)):
        log_probs, _ = make(ENAS, scale=8, carry_state=carry)(arch)
        assert torch.equal(log_probs[0, 20:], log_probs[1, 20:]) == same


# ------------------------------------------------------------------ what does not fit


@pytest.mark.parametrize("name", [name for name in SPACES if name not in {"custom"}])
def test_every_space_has_a_network(name):
    space = SPACES.load(name)()
    policy = make(space, operation_bias=())
    assert isinstance(policy, AnchorPolicy) == (name in {"enas", "recurrent"})
    space.check(policy.sample(np.random.default_rng(0), 3))


@pytest.mark.parametrize(
    ("space", "settings", "error", "message"),
    [
        (ToySpace(), {"network": "anchor"}, SettingError, "toy is none: use network='embed'"),
        (ENAS, {"network": "anker"}, UnknownNameError, "Did you mean 'anchor'"),
        (TREE, {"operation_bias": (1, 2)}, SettingError, r"one number for each of 4 operations here, .* got \[1, 2\]"),
        (ENAS, {"first_cell_bias": (1,)}, SettingError, "first_cell_bias is one number for each of 5 operations"),
    ],
)
def test_what_does_not_fit_is_refused(space, settings, error, message):
    with pytest.raises(error, match=message):
        make(space, **settings)
