"""What every row of `NETWORKS` and `SUPERNETS` keeps to."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import SettingError
from awnas_gym.spaces import SPACES, AbstractSpace, total_macs, total_params
from awnas_gym.supernets import NETWORKS, SUPERNETS

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from awnas_gym.supernets.abstract import AbstractSupernet  # noqa: E402

IMAGE = {"image_channels": 2, "image_size": 11, "classes": 3}
SMALL = {"channels": 4, "cells": 3, **IMAGE}
SETTINGS: dict[str, dict[str, Any]] = {
    "nasbench201": {**SMALL, "cells": 1},
    "enas": SMALL,
    "darts": SMALL,
    "nasbench301": SMALL,
    "nasbench101": {**SMALL, "channels": 7, "cells": 1},
    "nasbench_macro": {"channels": 4, **IMAGE},
    "fbnet": {"variant": "cifar", "channels": 4, **IMAGE},
    "proxylessnas": {"variant": "cifar", "channels": 4, **IMAGE},
    "recurrent": {"nodes": 3, "hidden": 4, "tokens": 3},
}
VARIANTS = [
    *((name, settings) for name, settings in SETTINGS.items()),
    ("nasbench201", {**SMALL, "cells": 1, "reduction": "projection"}),
    ("enas", {**SMALL, "output": "concat"}),
    ("nasbench101", {**SMALL, "channels": 5, "cells": 2}),
]


@pytest.fixture(
    scope="module", params=VARIANTS, ids=lambda variant: "-".join(map(str, [variant[0], *variant[1].values()]))
)
def built(request: pytest.FixtureRequest) -> AbstractSupernet:
    name, settings = request.param
    supernet: AbstractSupernet = SUPERNETS.load(name)(SPACES.load(name)(**settings))
    return supernet


@pytest.fixture
def space(built: AbstractSupernet) -> AbstractSpace:
    return built.space


@pytest.fixture
def supernet(built: AbstractSupernet) -> AbstractSupernet:
    """A supernet whose batch norms are not as new."""
    built.initialise(torch.Generator().manual_seed(0))
    built.train().zero_grad()
    drawn = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for norm in built.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.running_mean.normal_(generator=drawn)
                norm.running_var.uniform_(0.5, 2, generator=drawn)
                norm.weight.uniform_(0.5, 2, generator=drawn)
                norm.bias.normal_(generator=drawn)
    return built


def inputs(space: AbstractSpace, n: int = 4) -> torch.Tensor:
    """Return images or, of text, windows of one token: what is run in a window is run at each of its tokens."""
    drawn = torch.Generator().manual_seed(2)
    if "tokens" in space.settings:
        return torch.randint(3, (n, 1), generator=drawn)
    return torch.randn(n, 2, 11, 11, generator=drawn)


def logits_of(out: Any) -> torch.Tensor:
    """Return what a network gives without the states of a recurrent one, `[n, classes]`."""
    return out[0][:, 0] if isinstance(out, tuple) else out


def archs(space: AbstractSpace, n: int, seed: int = 0) -> Any:
    return space.sample(np.random.default_rng(seed), n)


def run(network: torch.nn.Module, *arguments: Any) -> tuple[torch.Tensor, Counter[str]]:
    """Return the output, and how often each layer with weights was run, by hooks; a supernet's own name is left out."""
    calls: Counter[str] = Counter()
    handles = [
        module.register_forward_hook(lambda *_, name=name: calls.update([name.removeprefix("network.")]))
        for name, module in network.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    ]
    out = logits_of(network(*arguments))
    for handle in handles:
        handle.remove()
    return out, calls


def test_there_is_a_network_for_every_supernet() -> None:
    assert set(SUPERNETS) <= set(NETWORKS) <= set(SPACES)
    assert set(SETTINGS) >= set(NETWORKS)


def test_a_plain_network_holds_and_computes_what_the_space_counts(space: AbstractSpace) -> None:
    for arch in archs(space, 4):
        network, layers = NETWORKS.load(space.name)(space, arch), space.layers(arch)
        assert sum(p.numel() for p in network.parameters()) == total_params(layers)
        with FlopCounterMode(display=False) as counter:
            assert logits_of(network(inputs(space, 2))).shape == (2, 3)
        assert counter.get_total_flops() == 2 * 2 * total_macs(layers)


@pytest.mark.parametrize("training", [True, False])
def test_a_derived_network_gives_the_same(supernet: AbstractSupernet, training: bool) -> None:
    supernet.train(training)
    for arch in archs(supernet.space, 3, seed=1):
        network = supernet.derive(arch)
        assert type(network) is NETWORKS.load(supernet.space.name)
        assert network.training == training
        before = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
        plain = logits_of(network(inputs(supernet.space)))
        assert all(torch.equal(before[name], tensor) for name, tensor in supernet.state_dict().items())
        torch.testing.assert_close(plain, logits_of(supernet(inputs(supernet.space), arch)), atol=1e-5, rtol=0)
        changed = [name for name, tensor in supernet.state_dict().items() if not torch.equal(before[name], tensor)]
        normalised = any("running_mean" in name for name in before)
        assert bool(changed) == (training and normalised)  # running statistics, and in training alone
        assert all(name.endswith(("running_mean", "running_var", "num_batches_tracked")) for name in changed)


def test_a_derived_network_shares_nothing(supernet: AbstractSupernet) -> None:
    network = supernet.derive(archs(supernet.space, 1)[0])
    before = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.add_(1)
    assert all(torch.equal(before[name], tensor) for name, tensor in supernet.state_dict().items())


def test_what_was_not_chosen_is_not_run(supernet: AbstractSupernet) -> None:
    """What reaches the output runs once; nothing runs that the plain network would not run."""
    held = sum(1 for module in supernet.modules() if any(True for _ in module.parameters(recurse=False)))
    for arch in archs(supernet.space, 3, seed=3):
        network = supernet.derive(arch)
        plain, calls_of_plain = run(network, inputs(supernet.space))
        plain.sum().backward()
        used = {name.rpartition(".")[0] for name, p in network.named_parameters() if p.grad is not None}
        _, calls = run(supernet, inputs(supernet.space), arch)
        assert set(calls.values()) == {1}
        assert used & set(calls_of_plain) <= set(calls) <= set(calls_of_plain)
        assert len(calls) < held


def test_gradients_are_those_of_the_plain_network(supernet: AbstractSupernet) -> None:
    """Summed over all weights: a shared weight gets the gradient of what used it, and the others none."""
    arch = archs(supernet.space, 1, seed=4)[0]
    network = supernet.derive(arch)
    given = inputs(supernet.space)
    for model, arguments in ((network, (given,)), (supernet, (given, arch))):
        logits_of(model(*arguments)).square().sum().backward()
    norms = [
        sum(float(p.grad.square().sum()) for p in model.parameters() if p.grad is not None)
        for model in (network, supernet)
    ]
    assert norms[1] == pytest.approx(norms[0], rel=1e-3)
    assert any(p.grad is None for p in supernet.parameters())


def test_architectures_share_what_they_have_in_common(supernet: AbstractSupernet) -> None:
    trained, other = archs(supernet.space, 2, seed=5)
    given = inputs(supernet.space)
    logits = logits_of(supernet(given, other)).detach()
    optimiser = torch.optim.SGD(supernet.parameters(), lr=0.1)
    logits_of(supernet(given, trained)).square().sum().backward()
    optimiser.step()
    assert not torch.allclose(logits_of(supernet(given, other)), logits)


def test_first_weights_depend_on_the_generator_alone(supernet: AbstractSupernet) -> None:
    states = []
    for seed in (0, 0, 1):
        supernet(inputs(supernet.space), archs(supernet.space, 1, seed)[0])  # moves running statistics
        supernet.initialise(torch.Generator().manual_seed(seed))
        states.append({name: tensor.clone() for name, tensor in supernet.state_dict().items()})
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


def test_a_space_of_another_kind_is_refused(space: AbstractSpace) -> None:
    other = SPACES.load("nats_size")()
    with pytest.raises(SettingError, match="got the space nats_size"):
        SUPERNETS.load(space.name)(other)
