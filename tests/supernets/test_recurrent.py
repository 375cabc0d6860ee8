"""Recurrent cells by hand, their published sizes, mixtures, dropouts that last a window."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.spaces import SPACES, total_params

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.recurrent import Network, Supernet  # noqa: E402
from awnas_gym.supernets.recurrent_body import Dropouts  # noqa: E402
from tests.spaces.test_recurrent import DARTS_V2  # noqa: E402

SPACE: Any = SPACES.load("recurrent")(nodes=4, hidden=5, tokens=7)
CELL = SPACE.parse(
    "Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ('identity', 0), ('tanh', 2)], concat=range(1, 5))"
)
TOKENS = torch.tensor([[3, 0, 6], [1, 1, 5]])


def supernet(**keywords: Any) -> Any:
    made = Supernet(SPACE, **keywords)
    made.initialise(torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in made.parameters():  # large enough to be seen
            parameter.mul_(10)
    return made.eval()


def random_matrix(seed: int = 0) -> tuple[Any, Any]:
    weights = torch.rand(10, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return weights, np.random.default_rng(seed).random((10, 5)) < 0.7


def test_the_network_of_darts_on_penn_treebank() -> None:
    """22,960,000 parameters, counted with the authors' code: 850 numbers, 8 nodes, one table of 10,000 words."""
    space = SPACES.load("recurrent")()
    assert space.settings == {"nodes": 8, "hidden": 850, "tokens": 10_000}
    with torch.device("meta"):
        network = Network(space, space.parse(DARTS_V2))
    assert sum(p.numel() for p in network.parameters()) == 22_960_000 == total_params(space.layers(space.sample(
        np.random.default_rng(0), 1)[0]))  # fmt: skip


def test_a_cell_by_hand() -> None:
    """The equations of the authors' code, written out for one token after the other."""
    network = supernet().derive(CELL).double()
    weights = {name: tensor.double() for name, tensor in network.state_dict().items()}
    state = torch.randn(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    logits, states = network(TOKENS, state)
    functions = {"sigmoid": torch.sigmoid, "relu": torch.relu, "identity": lambda x: x, "tanh": torch.tanh}

    def stepped(gates: Any, s: Any, name: str) -> Any:
        c, h = gates[:, :5], gates[:, 5:]
        return s + torch.sigmoid(c) * (functions[name](h) - s)

    for t in range(3):
        x = weights["embedding.weight"][TOKENS[:, t]]
        first = torch.cat([weights["of_token.weight"], weights["of_state.weight"]], dim=1)
        nodes = [stepped(torch.cat([x, state], dim=1) @ first.T, state, "tanh")]
        for i, (source, name) in enumerate([(0, "sigmoid"), (1, "relu"), (0, "identity"), (2, "tanh")], start=1):
            gates = nodes[source] @ weights[f"nodes.{i}-{source}.weight"].T
            nodes.append(stepped(gates, nodes[source], name))
        state = sum(nodes[1:]) / 4
        torch.testing.assert_close(states[:, t], state)
        torch.testing.assert_close(logits[:, t], state @ weights["embedding.weight"].T + weights["classifier.bias"])


@pytest.mark.parametrize("arch", SPACE.sample(np.random.default_rng(0), 3).tolist())
def test_closed_gates_leave_the_state_alone(arch: list[int]) -> None:
    """With sigmoid(c) = 0 in every step a cell is the identity, whatever it reads."""
    network = Network(SPACE, arch)
    with torch.no_grad():
        network.embedding.weight.abs_()
        for linear in (network.of_token, network.of_state, *network.nodes.values()):
            linear.weight[:5] = -1e6  # c is far below 0, as all states and tokens are above
    state = torch.rand(2, 5) + 0.1
    assert torch.equal(network(TOKENS, state)[1], state[:, None].expand(2, 3, 5))


def test_windows_that_follow_one_another_are_one_text() -> None:
    network = supernet().derive(CELL)
    whole, states = network(TOKENS)
    first, before = network(TOKENS[:, :2])
    second, after = network(TOKENS[:, 2:], before[:, -1])
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(after[:, -1], states[:, -1])
    assert not torch.allclose(network(TOKENS[:, 2:])[0], second)  # a beginning is another state


def test_words_that_are_all_alike_have_a_perplexity_of_their_number() -> None:
    network = Network(SPACE, CELL)
    with torch.no_grad():
        network.embedding.weight.zero_()
    nats = torch.nn.functional.cross_entropy(network(TOKENS)[0].flatten(0, 1), torch.randint(7, (6,)))
    assert float(nats.detach().exp()) == pytest.approx(7)


# ------------------------------------------------------------------ shared weights


def test_whose_the_weights_are() -> None:
    assert len(supernet(sharing="edge").network.nodes) == 1 + 2 + 3 + 4
    assert list(supernet(sharing="node").network.nodes) == ["1", "2", "3", "4"]
    with pytest.raises(UnknownNameError, match="Did you mean 'node'"):
        Supernet(SPACE, sharing="nodes")


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("sharing", ["edge", "node"])
def test_a_derived_network_is_the_cell_in_the_supernet_and_in_the_mixture(sharing: str, batch_norm: bool) -> None:
    shared = supernet(sharing=sharing, batch_norm=batch_norm)
    if batch_norm:
        shared.train()(TOKENS, CELL)  # running statistics of its own
        shared.eval()
    state = torch.rand(2, 5)
    for arch in (CELL, *SPACE.sample(np.random.default_rng(1), 4)):
        plain, of_plain = shared.derive(arch)(TOKENS, state)
        matrix = SPACE.relax(arch)
        for logits, states in (
            shared(TOKENS, arch, state),
            shared.mix(TOKENS, torch.tensor(matrix, dtype=torch.float32), matrix > 0, state),
            shared.mix(TOKENS, torch.tensor(matrix, dtype=torch.float32), np.ones_like(matrix, dtype=bool), state),
        ):
            torch.testing.assert_close(logits, plain, atol=1e-5, rtol=0)
            torch.testing.assert_close(states, of_plain, atol=1e-5, rtol=0)


def test_copies_of_a_network_have_weights_of_their_own() -> None:
    network = Network(SPACE, CELL)
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.nodes["1-0"].weight.add_(1)
    assert not torch.allclose(network(TOKENS)[0], other(TOKENS)[0])


# ------------------------------------------------------------------ mixtures


@pytest.mark.parametrize("sharing", ["edge", "node"])
def test_a_mixture_is_the_weighted_sum_of_all_steps(sharing: str) -> None:
    shared = supernet(sharing=sharing).double()
    weights, run = random_matrix()
    state = torch.rand(2, 5, dtype=torch.float64)
    body = shared.network
    functions = [torch.tanh, torch.relu, torch.sigmoid, lambda x: x]
    (c, h) = (body.of_token(body.embedding(TOKENS[:, 0])) + body.of_state(state)).chunk(2, dim=1)
    states = [state + torch.sigmoid(c) * (torch.tanh(h) - state)]
    row = 0
    for node in range(1, 5):
        total = torch.zeros(2, 5, dtype=torch.float64)
        for source in range(node):
            (c, h) = body.nodes[shared._key(node, source)](states[source]).chunk(2, dim=1)
            for i, function in enumerate(functions, start=1):
                stepped = states[source] + torch.sigmoid(c) * (function(h) - states[source])
                total = total + weights[row, i] * float(run[row, i]) * stepped
            row += 1
        states.append(total)
    torch.testing.assert_close(shared.mix(TOKENS[:, :1], weights, run, state)[1][:, 0], sum(states[1:]) / 4)


@pytest.mark.parametrize("sharing", ["edge", "node"])
def test_gradients_of_a_mixture_are_those_of_finite_differences(sharing: str) -> None:
    shared = supernet(sharing=sharing).double()
    weights, run = random_matrix(1)

    def loss(of: Any) -> Any:
        logits, _ = shared.mix(TOKENS[:, :2], of, run)
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), TOKENS[:, 1:].flatten())

    (gradient,) = torch.autograd.grad(loss(weights.requires_grad_()), weights)
    assert (gradient[torch.from_numpy(~run)] == 0).all()
    assert (gradient[:, 0] == 0).all()  # of `none`
    for edge, operation in zip(*np.nonzero(run[:, 1:]), strict=True):
        ends = []
        for sign in (1, -1):
            moved = weights.detach().clone()
            moved[edge, operation + 1] += sign * 1e-5
            ends.append(float(loss(moved).detach()))
        assert float(gradient[edge, operation + 1]) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-9)


def test_a_mixture_of_nothing_is_zeros() -> None:
    weights = torch.ones(10, 5)
    logits, states = supernet().mix(TOKENS, weights, np.zeros((10, 5), dtype=bool))
    assert not states.any()
    assert torch.equal(logits, torch.zeros(2, 3, 7))


def test_states_of_a_search_are_normalised() -> None:
    shared = supernet(batch_norm=True).train()
    assert [name for name, _ in shared.named_parameters() if "norm" in name] == []  # no scale and no shift
    shared.mix(TOKENS[:, :1].repeat(20, 1), torch.ones(10, 5), np.ones((10, 5), dtype=bool))
    assert int(shared.network.norm.num_batches_tracked) == 5  # the first state and four nodes
    shared.eval()
    before = int(shared.network.norm.num_batches_tracked)
    shared(TOKENS, CELL)
    assert int(shared.network.norm.num_batches_tracked) == before


# ------------------------------------------------------------------ dropouts


@pytest.mark.parametrize("name", ["words", "embedding", "inputs", "states", "outputs"])
def test_dropouts_are_of_training_alone_and_last_a_window(name: str) -> None:
    share = 0.5
    network = Network(
        SPACES.load("recurrent")(nodes=2, hidden=400, tokens=1000), [0, 0, 0], dropouts=Dropouts(**{name: share})
    )
    tokens = torch.arange(8)[:, None].repeat(1, 4)
    seen: dict[str, Any] = {}
    network.of_token.register_forward_pre_hook(lambda _, given: seen.update(inputs=given[0]))
    network.of_state.register_forward_pre_hook(lambda _, given: seen.setdefault("states", []).append(given[0]))
    network.classifier.register_forward_pre_hook(lambda _, given: seen.update(outputs=given[0]))
    state = torch.ones(8, 400)
    plain, _ = network.eval()(tokens, state)
    assert torch.equal(network(tokens, state)[0], plain)
    torch.manual_seed(0)
    seen["states"] = []
    dropped, states = network.train()(tokens, state)
    assert not torch.allclose(dropped, plain)
    if name == "states":
        masks = torch.stack([given == 0 for given in seen["states"]], dim=1)
        assert set(seen["states"][0].unique().tolist()) == {0.0, 2.0}  # what is kept is scaled up
    elif name == "outputs":
        masks = seen["outputs"] == 0
        torch.testing.assert_close(seen["outputs"][~masks], 2 * states[~masks])
    else:
        masks = seen["inputs"] == 0
        clean = network.embedding(tokens)
        torch.testing.assert_close(seen["inputs"][~masks], 2 * clean[~masks])
    assert (masks == masks[:, :1]).all()  # the same at each token
    assert (masks[:1] != masks).any()
    if name == "words":
        assert all(row.all() or not row.any() for row in masks[:, 0])
    else:
        assert float(masks.double().mean()) == pytest.approx(share, abs=0.08)
    torch.manual_seed(0)
    assert torch.equal(network(tokens, state)[0], dropped)


def test_half_of_the_words_are_dropped() -> None:
    network = Network(SPACES.load("recurrent")(nodes=1, hidden=1, tokens=4000), [0], dropouts=Dropouts(words=0.25))
    seen: dict[str, Any] = {}
    network.of_token.register_forward_pre_hook(lambda _, given: seen.update(inputs=given[0]))
    torch.manual_seed(0)
    network.train()(torch.arange(4000)[None].repeat(2, 1))
    masks = seen["inputs"][..., 0] == 0
    assert torch.equal(masks[0], masks[1])  # a word is dropped wherever it stands
    assert float(masks.double().mean()) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("share", [-0.1, 1.0, True, "half"])
def test_what_is_no_share_is_refused(share: Any) -> None:
    with pytest.raises(SettingError, match="the dropout of states is a share from 0 up to 1"):
        Dropouts(states=share)


def test_first_weights_are_those_of_the_authors() -> None:
    """Uniform, .04 at their widths of 300 and 850; narrower networks have sums as large as at 300."""
    for hidden, bound in ((75, 0.08), (300, 0.04), (400, 0.04)):
        made = Supernet(SPACES.load("recurrent")(nodes=3, hidden=hidden, tokens=100))
        made.initialise(torch.Generator().manual_seed(0))
        assert float(made.network.embedding.weight.detach().abs().max()) == pytest.approx(0.1, rel=0.01)
        assert float(made.network.nodes["3-1"].weight.abs().max()) == pytest.approx(bound, rel=0.01)
    assert not made.network.classifier.bias.any()


def test_half_precision_is_understood() -> None:
    network = Network(SPACE, CELL)
    with torch.autocast("cpu", torch.bfloat16):
        logits, states = network(TOKENS)
    torch.testing.assert_close(logits.float(), network(TOKENS)[0], atol=0.02, rtol=0)
    assert states.dtype == torch.float32
