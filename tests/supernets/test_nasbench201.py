"""The networks: parameters and multiply-accumulates as the space counts them, classes as the space merges them."""

import copy
from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from torch.overrides import TorchFunctionMode  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from awnas_gym.spaces import total_macs, total_params  # noqa: E402
from awnas_gym.spaces.nasbench201 import NASBench201, convolution_roles  # noqa: E402
from awnas_gym.supernets.copies import fold_batch_norm  # noqa: E402
from awnas_gym.supernets.nasbench201 import Network, Supernet, key  # noqa: E402

SMALL = NASBench201(channels=4, cells=1, image_channels=1, image_size=14, reduction="projection")
OFFICIAL = NASBench201()
ODD = NASBench201(channels=3, cells=2, image_channels=2, image_size=13, classes=7)


def randomised(network: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Give every parameter and every statistic of batch norm a random value."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                drawn = torch.randn(value.shape, generator=rng, dtype=value.dtype)
                value.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else drawn)
    return network


@pytest.mark.parametrize("space", [SMALL, OFFICIAL, ODD], ids=["small", "official", "odd"])
def test_parameters_and_macs_equal_torch(space: NASBench201) -> None:
    settings = space.settings
    reads_an_empty_node = [[0, 1, 3, 0, 3, 3], [0, 0, 2, 3, 4, 1], [0, 3, 3, 3, 3, 3]]
    for arch in [*space.sample(np.random.default_rng(0), 3 if space is OFFICIAL else 12), *reads_an_empty_node]:
        network = Network(space, arch).eval()
        assert sum(p.numel() for p in network.parameters()) == total_params(space.layers(arch))
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.zeros(1, settings["image_channels"], settings["image_size"], settings["image_size"]))
        assert counter.get_total_flops() == 2 * total_macs(space.layers(arch))


def test_cells_of_a_class_are_one_network() -> None:
    """Move a cell's weights along equal roles into its representative: outputs agree to rounding."""
    rng = np.random.default_rng(1)
    images = torch.randn(3, 1, 14, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    moved = 0
    for arch in SMALL.sample(rng, 150):
        representative = SMALL.canonical(arch)[0]
        source = randomised(Network(SMALL, arch), 0).double().eval()
        target = randomised(Network(SMALL, representative), 1).double().eval()
        shared = {k: v for k, v in source.state_dict().items() if ".operations." not in k}
        target.load_state_dict(shared, strict=False)
        left = list(enumerate(convolution_roles(arch[None])[0].tolist()))
        for edge, role in enumerate(convolution_roles(representative[None])[0].tolist()):
            if role:
                twin = next((e, r) for e, r in left if r == role)
                left.remove(twin)
                for a, b in zip(source.body, target.body, strict=True):
                    if hasattr(a, "operations"):
                        name, other = key(edge, representative[edge]), key(twin[0], arch[twin[0]])
                        b.operations[name].load_state_dict(a.operations[other].state_dict())
        assert not any(role for _, role in left)
        torch.testing.assert_close(target(images), source(images), rtol=1e-9, atol=1e-9)
        moved += not np.array_equal(arch, representative)
    assert moved > 60


def test_merging_by_the_official_string_would_be_wrong() -> None:
    """One convolution read twice, and two convolutions: one official string, different numbers of free weights."""
    once = SMALL.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|nor_conv_3x3~1|nor_conv_3x3~2|")
    twice = SMALL.parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_3x3~1|nor_conv_3x3~2|")
    assert SMALL.official_string(once) == SMALL.official_string(twice)
    assert not np.array_equal(SMALL.canonical(once), SMALL.canonical(twice))
    convolutions = [int((convolution_roles(arch[None]) != 0).sum()) for arch in (once, twice)]
    assert convolutions == [3, 4]


@pytest.mark.parametrize("arch", [[3, 2, 4, 1, 3, 2], [0, 0, 0, 0, 0, 0], [3, 3, 3, 3, 3, 3]])
def test_copies_are_independent_networks(arch: list[int]) -> None:
    """Copy k of three computes what a single network with its weights computes, in training and evaluation mode."""
    three = randomised(Network(SMALL, arch, copies=3), 0).double()
    images = torch.randn(5, 1, 14, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for training in (True, False):
        three.train(training)
        together = three(images.repeat(1, 3, 1, 1))
        for k in range(3):
            one = Network(SMALL, arch, copies=1).double().train(training)
            with torch.no_grad():
                for (_, part), (_, whole) in zip(one.named_parameters(), three.named_parameters(), strict=True):
                    part.copy_(whole.chunk(3)[k])
                for (_, part), (_, whole) in zip(one.named_buffers(), three.named_buffers(), strict=True):
                    if part.ndim:
                        part.copy_(whole.chunk(3)[k])
            torch.testing.assert_close(one(images)[0], together[k], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("space", [SMALL, ODD], ids=["small", "odd"])
def test_the_layers_are_those_that_run(space: NASBench201) -> None:
    """Count what a forward pass calls, after folding, and compare with the space's list."""
    settings = space.settings
    for arch in space.sample(np.random.default_rng(3), 40):
        network = Network(space, arch).eval()
        fold_batch_norm(network)
        calls: Counter[str] = Counter()

        class Count(TorchFunctionMode):
            """Count calls by the function's name."""

            def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
                calls[function.__name__] += 1  # noqa: B023 - used before the next turn
                return function(*args, **(kwargs or {}))

        with Count(), torch.inference_mode():
            network(torch.zeros(1, settings["image_channels"], settings["image_size"], settings["image_size"]))
        listed = Counter(layer.kind for layer in space.layers(arch))
        assert calls["conv2d"] == listed["conv"]
        assert calls["avg_pool2d"] == listed["avg_pool"]
        assert calls["relu"] == listed["relu"]
        assert calls["add"] == listed["add"]


def test_folded_batch_norm_equals_batch_norm() -> None:
    network = randomised(Network(SMALL, [3, 2, 3, 1, 4, 2]), 0).double().eval()
    images = torch.randn(2, 1, 14, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    folded = network(images)
    once = copy.deepcopy(network)
    fold_batch_norm(once)
    assert sum(isinstance(module, torch.nn.BatchNorm2d) for module in once.modules()) == 1  # before the classifier
    torch.testing.assert_close(once(images), folded, rtol=1e-9, atol=1e-9)
    network.train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()  # convolution, then norm with its running statistics
    torch.testing.assert_close(network(images), folded, rtol=1e-9, atol=1e-9)


def test_shared_weights_do_not_see_the_zeros_of_an_empty_node() -> None:
    """Edge 1->2 reads a node that nothing reaches: the plain network runs it, the supernet does not."""
    supernet, arch = Supernet(SMALL), [0, 3, 3, 3, 0, 2]
    norms = [supernet.network.body[0].operations[key(edge, 3)].norm for edge in (1, 2)]
    supernet(torch.randn(4, 1, 14, 14, generator=torch.Generator().manual_seed(0)), arch)
    assert [int(norm.num_batches_tracked) for norm in norms] == [1, 0]
    assert key(2, 3) in Network(SMALL, arch).body[0].operations
