"""The names of operations: those of aw_nas, where it has the operation."""

from __future__ import annotations

from awnas_gym.tables import Row, Table

_FAMILIES = {
    "connections": {
        "none": ("Nothing", "zeros"),
        "identity": ("Identity", "the image itself"),
        "skip_connect": ("SkipConnect", "the image itself; at stride 2 a factorised reduction"),
    },
    "pools": {
        "avg_pool_2x2": ("AvgPool2x2", "averages of 2x2 pixels"),
        "avg_pool_3x3": ("AvgPool3x3", "averages of 3x3 pixels"),
        "max_pool_3x3": ("MaxPool3x3", "maxima of 3x3 pixels"),
    },
    "separable": {
        "sep_conv_3x3": ("SepConv3x3", "depthwise 3x3 and 1x1 convolution, twice"),
        "sep_conv_5x5": ("SepConv5x5", "depthwise 5x5 and 1x1 convolution, twice"),
        "sep_conv_7x7": ("SepConv7x7", "depthwise 7x7 and 1x1 convolution, twice"),
        "sep_conv_3x3_exp3": ("SepConv3x3Exp3", "sep_conv_3x3, three times the channels between"),
        "sep_conv_3x3_exp6": ("SepConv3x3Exp6", "sep_conv_3x3, six times the channels between"),
        "sep_conv_5x5_exp3": ("SepConv5x5Exp3", "sep_conv_5x5, three times the channels between"),
        "sep_conv_5x5_exp6": ("SepConv5x5Exp6", "sep_conv_5x5, six times the channels between"),
        "dil_conv_3x3": ("DilConv3x3", "depthwise 3x3 convolution of dilation 2, 1x1 convolution"),
        "dil_conv_5x5": ("DilConv5x5", "depthwise 5x5 convolution of dilation 2, 1x1 convolution"),
    },
    "convolutions": {
        "nor_conv_1x1": ("ReLUConvBN1x1", "ReLU, 1x1 convolution, batch norm"),
        "nor_conv_3x3": ("ReLUConvBN3x3", "ReLU, 3x3 convolution, batch norm"),
        "relu_conv_bn_1x1": ("ReLUConvBN1x1", "ReLU, 1x1 convolution, batch norm"),
        "relu_conv_bn_3x3": ("ReLUConvBN3x3", "ReLU, 3x3 convolution, batch norm"),
        "relu_conv_bn_5x5": ("ReLUConvBN5x5", "ReLU, 5x5 convolution, batch norm"),
        "conv_bn_relu_1x1": ("ConvBNReLU1x1", "1x1 convolution, batch norm, ReLU"),
        "conv_bn_relu_3x3": ("ConvBNReLU3x3", "3x3 convolution, batch norm, ReLU"),
        "conv_bn_relu_5x5": ("ConvBNReLU5x5", "5x5 convolution, batch norm, ReLU"),
        "bn_conv_relu_1x1": ("BNConvReLU1x1", "batch norm, 1x1 convolution, ReLU"),
        "conv_bn_1x1": ("ConvBN1x1", "1x1 convolution, batch norm"),
        "conv_bn_3x3": ("ConvBN3x3", "3x3 convolution, batch norm"),
        "conv_1x1": ("Conv1x1", "1x1 convolution with a bias"),
        "conv_3x3": ("Conv3x3", "3x3 convolution with a bias"),
        "conv_7x1_1x7": ("Conv7x1And1x7", "ReLU, 7 pixels along the width, 7 along the height, batch norm"),
        "bn_relu": ("BNReLU", "batch norm, ReLU"),
    },
    "residual": {
        "resnet_block": ("ResNetBlock", "two 3x3 convolutions and the image"),
        "resnet_block_1x1": ("ResNetBlock1x1", "two 1x1 convolutions and the image"),
        "resnet_block_5x5": ("ResNetBlock5x5", "two 5x5 convolutions and the image"),
        "resnet_block_sigmoid": ("ResNetBlockSigmoid", "resnet_block with sigmoid"),
        "resnet_block_hardtanh": ("ResNetBlockHardtanh", "resnet_block with hardtanh"),
        "resnet_block_pool_downsample": ("ResNetBlockPoolDownsample", "resnet_block without weights beside it"),
        "resnet_bottleneck_block": ("ResNetBottleneck", "1x1, 3x3 and 1x1 convolution and the image"),
        "wideresnet_block_3x3": ("WideResNetBlock", "batch norm and ReLU before two 3x3 convolutions, and the image"),
        "res_reduce_block": ("ResReduceBlock", "factorised reduction and 1x1 convolution, beside a 1x1 convolution"),
        "nb201_residual_block": ("NASBench201Residual", "what halves the image in NAS-Bench-201"),
        "nb201_projection_block": ("NASBench201Projection", "its second branch alone: pooling and 1x1 convolution"),
    },
    "split": {
        "resnet_block_split": ("ResNetBlockSplit", "resnet_block with two convolutions for each"),
        "resnet_block_split_sigmoid": ("ResNetBlockSplitSigmoid", "resnet_block_split with sigmoid"),
        "resnet_block_split_hardtanh": ("ResNetBlockSplitHardtanh", "resnet_block_split with hardtanh"),
    },
    "plain": {
        "vgg_block": ("VGGBlock", "3x3 convolution, batch norm, ReLU, at stride 2 pooling"),
        "dense_block": ("DenseBlock", "1x1 and 3x3 convolution, appended to the image"),
        "dense_reduce_block": ("DenseReduceBlock", "1x1 convolution and pooling"),
    },
    "mobile": {
        "se_module": ("SqueezeExcite", "squeeze-and-excitation"),
        "mobilenet_block_1": ("MobileNetBlock1", "inverted residual of aw_nas, expansion 1"),
        "mobilenet_block_3": ("MobileNetBlock3", "inverted residual of aw_nas, expansion 3"),
        "mobilenet_block_6": ("MobileNetBlock6", "inverted residual of aw_nas, expansion 6"),
        "mobilenet_block_3_5x5": ("MobileNetBlock3K5", "mobilenet_block_3, kernel 5x5"),
        "mobilenet_block_6_5x5": ("MobileNetBlock6K5", "mobilenet_block_6, kernel 5x5"),
        "mobilenet_block_1_relu6": ("MobileNetBlock1ReLU6", "mobilenet_block_1 with ReLU6"),
        "mobilenet_block_6_relu6": ("MobileNetBlock6ReLU6", "mobilenet_block_6 with ReLU6"),
        "mobilenet_v2_block": ("MobileNetV2Block", "inverted residual, expansion 6, kernel 3x3"),
        "mobilenet_v3_block": ("MobileNetV3Block", "inverted residual with squeeze-and-excitation, kernel 5x5"),
        "fused_conv_block": ("FusedConvBlock", "3x3 convolution to six times the channels, and back"),
        "fbnet_k3_e1": ("FBNetK3E1", "inverted residual: kernel 3x3, expansion 1"),
        "fbnet_k3_e1_g2": ("FBNetK3E1G2", "inverted residual: kernel 3x3, expansion 1, 2 groups"),
        "fbnet_k3_e3": ("FBNetK3E3", "inverted residual: kernel 3x3, expansion 3"),
        "fbnet_k3_e6": ("FBNetK3E6", "inverted residual: kernel 3x3, expansion 6"),
        "fbnet_k5_e1": ("FBNetK5E1", "inverted residual: kernel 5x5, expansion 1"),
        "fbnet_k5_e1_g2": ("FBNetK5E1G2", "inverted residual: kernel 5x5, expansion 1, 2 groups"),
        "fbnet_k5_e3": ("FBNetK5E3", "inverted residual: kernel 5x5, expansion 3"),
        "fbnet_k5_e6": ("FBNetK5E6", "inverted residual: kernel 5x5, expansion 6"),
    },
    "xnor": {
        "xnor_conv_1x1_noskip": ("XNORConv1x1", "batch norm, sign, binary 1x1 convolution, ReLU"),
        "xnor_conv_3x3_noskip": ("XNORConv3x3", "batch norm, sign, binary 3x3 convolution, ReLU"),
        "xnor_conv_3x3_cond_skip": ("XNORConv3x3Skip", "xnor_conv_3x3_noskip, the image beside the convolution"),
        "xnor_conv_3x3_cond_skip_v0": ("XNORConv3x3SkipAtStride1", "likewise at stride 1 alone"),
        "xnor_conv_3x3_skip_connect": ("XNORConv3x3OrIdentity", "the image; at stride 2 xnor_conv_3x3_noskip"),
        "xnor_skip_connect": ("XNORSkipConnect", "the image; at stride 2 averages of 2x2 pixels"),
        "xnor_resnet_block": ("XNORResNetBlock", "two binary 3x3 convolutions and the image, as in XNOR-Net"),
        "xnor_vgg_block": ("XNORVGGBlock", "xnor_conv_3x3_noskip, at stride 2 pooling"),
        "xnor_nin": ("XNORNIN", "the binary network in network, a quarter of the size"),
    },
    "bireal": {
        "bireal_resnet_block": ("BirealResNetBlock", "two binary 3x3 convolutions and the image, as in Bi-Real Net"),
        "bireal_vgg_block": ("BirealVGGBlock", "sign, binary 3x3 convolution, batch norm, at stride 2 pooling"),
    },
    "stems": {
        "imagenet_stem0": ("ImageNetStem0", "two 3x3 convolutions, a quarter of the size"),
        "imagenet_stem0_7x7": ("ImageNetStem0Of7x7", "a 7x7 convolution, half of the size"),
        "imagenet_stem1": ("ImageNetStem1", "three 3x3 convolutions, an eighth of the size"),
        "tnas": ("TransNASStem", "two 3x3 convolutions and pooling, a quarter of the size"),
    },
    "activations": {
        "relu": ("ReLU", "max(x, 0)"),
        "relu6": ("ReLU6", "min(max(x, 0), 6)"),
        "tanh": ("Tanh", "tanh(x)"),
        "sigmoid": ("Sigmoid", "1 / (1 + exp(-x))"),
        "h_swish": ("HSwish", "x * min(max(x + 3, 0), 6) / 6"),
        "h_sigmoid": ("HSigmoid", "min(max(x + 3, 0), 6) / 6"),
    },
}
"""File of the family -> name -> (class, summary)."""

OPERATIONS = Table(
    "operation",
    {
        name: Row(f"awnas_gym.supernets.operations.{family}:{kind}", summary, "torch")
        for family, rows in _FAMILIES.items()
        for name, (kind, summary) in rows.items()
    },
)
