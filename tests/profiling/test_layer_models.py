"""What runs a layer has its shape, and torch and ONNX compute the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="layers in torch need PyTorch")

from awnas_gym.errors import SettingError  # noqa: E402
from awnas_gym.hardware import deployed, layers_of  # noqa: E402
from awnas_gym.profiling.layer_shapes import MEASURED, input_shapes, output_shape  # noqa: E402
from awnas_gym.profiling.torch_layers import torch_layer  # noqa: E402
from awnas_gym.spaces import SPACES  # noqa: E402
from awnas_gym.spaces.layers import LayerSpec  # noqa: E402
from awnas_gym.spaces.parts import Parts  # noqa: E402

OF_IMAGES = [
    *("nasbench201", "nasbench101", "nasbench_1shot1", "nats_size", "darts", "nasbench301", "enas", "fbnet"),
    *("proxylessnas", "ofa_mbv3", "ofa_mbv2", "nasbench_macro", "transnas_micro", "transnas_macro"),
]
LAYERS = [
    LayerSpec("conv", 3, 8, 9, 10, kernel=3, stride=2, bias=True),
    LayerSpec("conv", 8, 8, 9, 10, kernel=5, groups=8, dilation=2),
    LayerSpec("conv", 8, 8, 9, 10, kernel=5, stride=2, groups=8, dilation=2),
    LayerSpec("conv", 8, 12, 7, 7, groups=4),
    LayerSpec("conv", 8, 8, 9, 10, kernel=7, stride=2, along="width"),
    LayerSpec("conv", 8, 8, 9, 10, kernel=7, stride=2, along="height"),
    LayerSpec("conv", 8, 6, 9, 9, stride=2),
    LayerSpec("linear", 8, 5, 1, 1, bias=True),
    LayerSpec("linear", 8, 5, 1, 1),
    LayerSpec("batch_norm", 8, 8, 5, 6),
    *(LayerSpec(kind, 8, 8, 5, 6) for kind in ("relu", "relu6", "h_swish", "h_sigmoid", "sigmoid", "tanh", "hardtanh")),
    LayerSpec("avg_pool", 8, 8, 7, 8, kernel=3),
    LayerSpec("avg_pool", 8, 8, 7, 8, kernel=3, stride=2),
    LayerSpec("avg_pool", 8, 8, 7, 8, kernel=2, stride=2),
    LayerSpec("avg_pool", 8, 8, 7, 8, stride=2),
    LayerSpec("max_pool", 8, 8, 7, 8, kernel=3, stride=2),
    LayerSpec("max_pool", 8, 8, 7, 8, kernel=2, stride=2),
    LayerSpec("global_pool", 8, 8, 7, 8),
    *(LayerSpec(kind, 7, 7, 5, 6) for kind in ("add", "multiply", "concat")),
    LayerSpec("shuffle", 8, 8, 5, 6, groups=2),
    LayerSpec("pad", 8, 8, 5, 6),
    LayerSpec("pad", 8, 12, 5, 6),
]


@pytest.mark.parametrize("name", OF_IMAGES)
def test_each_layer_of_each_space_has_the_shape_that_it_says(name: str) -> None:
    space = SPACES.load(name)()
    drawn = {layer for arch in space.sample(np.random.default_rng(0), 20) for layer in deployed(space.layers(arch))}
    for layer in {*drawn, *(layers_of(space) if isinstance(space, Parts) else ())}:
        run, inputs = torch_layer(layer, batch_size=2, device="meta")
        assert [tuple(each.shape) for each in inputs] == input_shapes(layer, batch_size=2)
        assert tuple(run(*inputs).shape) == output_shape(layer, batch_size=2), layer


def test_the_list_has_every_kind() -> None:
    assert {layer.kind for layer in LAYERS} == set(MEASURED)


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_torch_and_onnx_compute_the_same(layer: LayerSpec) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="layers in ONNX need ONNX Runtime")
    onnx = pytest.importorskip("onnx", reason="layers in ONNX need onnx")
    from awnas_gym.profiling.onnx_layers import INPUTS, onnx_layer

    run, inputs = torch_layer(layer, batch_size=2, device="cpu")
    constants: dict[str, Any] = {}
    if isinstance(run, torch.nn.Module):
        assert not run.training
        names = {"running_mean": "mean", "running_var": "var"}
        state = {names.get(name, name): value for name, value in run.state_dict().items() if value.ndim}
        constants = {name: value.contiguous().numpy() for name, value in state.items()}
    with torch.no_grad():
        wanted = run(*inputs).numpy()
    model = onnx_layer(layer, batch_size=2, constants=constants)
    onnx.checker.check_model(model, full_check=True)
    held = {each.name for each in model.graph.initializer}
    assert constants.keys() <= held
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    fed = {name: np.ascontiguousarray(each.numpy()) for name, each in zip(INPUTS, inputs, strict=False)}
    (found,) = session.run(None, fed)
    assert found.shape == wanted.shape == output_shape(layer, batch_size=2)
    np.testing.assert_allclose(found, wanted, atol=2e-6)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (LayerSpec("embedding", 10, 4, 1, 1), "named 'embedding'"),
        (LayerSpec("sign", 4, 4, 8, 8), "named 'sign'"),
        (LayerSpec("conv", 4, 4, 8, 8, kernel=3, binary="sign"), "weights of one bit"),
    ],
)
def test_what_says_nothing_is_refused(layer: LayerSpec, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        torch_layer(layer, batch_size=1, device="meta")


def test_images_are_channels_last_as_in_networks() -> None:
    run, (image,) = torch_layer(LayerSpec("conv", 4, 8, 6, 6, kernel=3), batch_size=2, device="cpu")
    assert image.is_contiguous(memory_format=torch.channels_last)
    assert isinstance(run, torch.nn.Conv2d)
    assert run.weight.is_contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        assert run(image).is_contiguous(memory_format=torch.channels_last)
