"""From a layer to an ONNX model of it alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingExtraError
from awnas_gym.hardware.layer_table import describe
from awnas_gym.profiling.layer_shapes import input_shapes, output_shape, refuse_unmeasured
from awnas_gym.spaces.layers import LayerSpec

try:
    from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
except ImportError as error:
    raise MissingExtraError(error.name or "onnx", "onnx") from error

OPSET, IR_VERSION = 17, 8
"""Of June 2022, which the runtimes of most devices read."""

INPUTS, OUTPUT = ("x", "y"), "out"

Constants = dict[str, NDArray[Any]]

SIMPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "h_swish": ("HardSwish", {}),
    "h_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "add": ("Add", {}),
    "multiply": ("Mul", {}),
    "concat": ("Concat", {"axis": 1}),
    "global_pool": ("ReduceMean", {"axes": [2, 3], "keepdims": 1}),
}
"""Kind of a layer -> the operator of ONNX and its attributes."""


def onnx_layer(layer: LayerSpec, *, batch_size: int, constants: Mapping[str, NDArray[Any]] | None = None) -> ModelProto:
    """Return a model from `x` (and `y`) to `out` that does what `torch_layer` does.

    Args:
        layer: as `deployed` gives it.
        batch_size: images, fixed in the model.
        constants: weights instead of random ones, by name: `weight`, `bias`, and `mean` and `var` of a batch norm.

    Raises:
        SettingError: the layer is none that is measured.
    """
    refuse_unmeasured(layer)
    shapes = input_shapes(layer, batch_size=batch_size)
    nodes, held = _nodes(layer, INPUTS[: len(shapes)])
    held |= dict(constants or {})
    graph = helper.make_graph(
        nodes,
        describe(layer),
        [_value(name, shape) for name, shape in zip(INPUTS, shapes, strict=False)],
        [_value(OUTPUT, output_shape(layer, batch_size=batch_size))],
        [numpy_helper.from_array(array, name) for name, array in held.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def _value(name: str, shape: tuple[int, ...]) -> Any:  # noqa: ANN401 - onnx has no types
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _nodes(layer: LayerSpec, inputs: tuple[str, ...]) -> tuple[list[NodeProto], Constants]:
    """Return the nodes of a layer and the constants that they read."""
    if layer.kind in SIMPLE:
        operator, attributes = SIMPLE[layer.kind]
        return [helper.make_node(operator, inputs, [OUTPUT], **attributes)], {}
    if layer.kind in {"conv", "linear", "batch_norm"}:
        return _weighted(layer)
    if layer.kind in {"avg_pool", "max_pool"}:
        return [_pool(layer)], {}
    if layer.kind == "shuffle":
        return _shuffle(layer)
    if layer.kind == "pad":
        more = layer.c_out - layer.c_in
        pads = [0, 0, 0, 0, 0, more, 0, 0] if more else [0, 0, -1, -1, 0, 0, 1, 1]
        return [helper.make_node("Pad", ["x", "pads"], [OUTPUT])], {"pads": np.array(pads, dtype=np.int64)}
    low, high = {"relu6": (0, 6), "hardtanh": (-1, 1)}[layer.kind]
    limits = {"low": np.array(low, dtype=np.float32), "high": np.array(high, dtype=np.float32)}
    return [helper.make_node("Clip", ["x", *limits], [OUTPUT])], limits


def _weighted(layer: LayerSpec) -> tuple[list[NodeProto], Constants]:
    rng = np.random.default_rng(0)
    if layer.kind == "batch_norm":
        names = ("weight", "bias", "mean", "var")
        held = {name: rng.uniform(0.5, 1.5, layer.c_out).astype(np.float32) for name in names}
        return [helper.make_node("BatchNormalization", ["x", *names], [OUTPUT])], held
    kernel, fan_in = _each(layer, layer.kernel, 1), layer.c_in // layer.groups
    shape = (layer.c_out, fan_in, *kernel) if layer.kind == "conv" else (layer.c_out, layer.c_in)
    held = {"weight": rng.standard_normal(shape, dtype=np.float32) / np.sqrt(np.prod(shape[1:]), dtype=np.float32)}
    held |= {"bias": np.zeros(layer.c_out, dtype=np.float32)} if layer.bias else {}
    if layer.kind == "linear":
        return [helper.make_node("Gemm", ["x", *held], [OUTPUT], transB=1)], held
    node = helper.make_node(
        "Conv",
        ["x", *held],
        [OUTPUT],
        kernel_shape=kernel,
        strides=_each(layer, layer.stride, 1),
        pads=_each(layer, layer.dilation * (layer.kernel // 2), 0) * 2,
        dilations=[layer.dilation] * 2,
        group=layer.groups,
    )
    return [node], held


def _each(layer: LayerSpec, value: int, otherwise: int) -> list[int]:
    """Return what holds along height and width."""
    return [otherwise if layer.along == "width" else value, otherwise if layer.along == "height" else value]


def _pool(layer: LayerSpec) -> NodeProto:
    """Return a pooling of which padding is no part; even windows begin at the edge."""
    odd, size = layer.kernel % 2 == 1, (layer.height, layer.width)
    before = [layer.kernel // 2] * 2 if odd else [0, 0]
    after = before if odd else [-pixels % layer.stride for pixels in size]
    return helper.make_node(
        {"avg_pool": "AveragePool", "max_pool": "MaxPool"}[layer.kind],
        ["x"],
        [OUTPUT],
        kernel_shape=[layer.kernel] * 2,
        strides=[layer.stride] * 2,
        pads=[*before, *after],
    )


def _shuffle(layer: LayerSpec) -> tuple[list[NodeProto], Constants]:
    apart = [0, layer.groups, layer.c_in // layer.groups, layer.height, layer.width]
    whole = [0, layer.c_in, layer.height, layer.width]
    held = {"apart": np.array(apart, dtype=np.int64), "whole": np.array(whole, dtype=np.int64)}
    nodes = [
        helper.make_node("Reshape", ["x", "apart"], ["grouped"]),
        helper.make_node("Transpose", ["grouped"], ["mixed"], perm=[0, 2, 1, 3, 4]),
        helper.make_node("Reshape", ["mixed", "whole"], [OUTPUT]),
    ]
    return nodes, held
