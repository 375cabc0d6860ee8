"""Recipes of papers and benchmarks. To add one: a `NamedRecipe`, and a row in `training.RECIPES`."""

from __future__ import annotations

from dataclasses import replace

from awnas_gym.training.recipe import NamedRecipe, Recipe

_TABLE = "NAS-Bench-201 [Dong & Yang, ICLR 2020], table 1"
_TEXT = "NAS-Bench-201 [Dong & Yang, ICLR 2020], section 2.3"
_CODE = "the authors' code, AutoDL-Projects"

nasbench201_200ep = NamedRecipe(
    recipe=Recipe(
        epochs=200,
        batch_size=256,
        learning_rate=0.1,
        momentum=0.9,
        weight_decay=5e-4,
        crop=4,
        flip=True,
        cutout=0,
        initialisation="pytorch",
    ),
    space="nasbench201",
    settings={"channels": 16, "cells": 5, "reduction": "residual"},
    valid_fraction=0.5,
    sources={
        "epochs": f"{_TABLE}; {_CODE}, configs/nas-benchmark/hyper-opts/200E.config",
        "batch_size": f"{_TABLE}; the last batch of an epoch is smaller, {_CODE}, exps/NAS-Bench-201/main.py",
        "learning_rate": f"{_TABLE}: .1 to 0 by a cosine; by the step, without warm-up: {_CODE}, functions.py",
        "momentum": f"{_TABLE}; Nesterov",
        "weight_decay": f"{_TABLE}; of all parameters: {_CODE}, functions.py",
        "crop": f"{_TABLE} and {_TEXT}: patches of 32x32 of images with 4 pixels on each border",
        "flip": f"{_TABLE} and {_TEXT}: with probability .5",
        "cutout": f"none in {_TABLE}",
        "initialisation": f"{_CODE}, models/cell_infers/tiny_network.py: no layer is initialised there",
        "channels": "NAS-Bench-201, section 2.1: 16 output channels of the first convolution",
        "cells": "NAS-Bench-201, section 2.1: each stack of cells has N = 5",
        "reduction": "NAS-Bench-201, section 2.1: a basic residual block with stride 2",
        "valid_fraction": "NAS-Bench-201, section 2.2: 25,000 of CIFAR-10's 50,000 training images",
    },
)
"""ImageNet16-120 is cropped with 2 pixels on each border (section 2.3): `crop=2` there."""

nasbench201_12ep = replace(
    nasbench201_200ep,
    recipe=replace(nasbench201_200ep.recipe, epochs=12),
    sources={
        **nasbench201_200ep.sources,
        "epochs": f"{_CODE}, configs/nas-benchmark/hyper-opts/12E.config, which differs in nothing else",
    },
)

_FASHION14 = "experiments/science/fashion14/recipe.yaml, chosen there"

fashion14 = NamedRecipe(
    recipe=Recipe(epochs=6, batch_size=50, learning_rate=0.1, momentum=0.9, weight_decay=5e-4),
    space="nasbench201",
    settings={"channels": 4, "cells": 1, "reduction": "projection"},
    valid_fraction=0.2,
    sources={
        "epochs": _FASHION14,
        "batch_size": _FASHION14,
        "learning_rate": f"as {_TABLE}",
        "momentum": f"as {_TABLE}",
        "weight_decay": f"as {_TABLE}",
        "crop": f"{_FASHION14}: no augmentation",
        "flip": f"{_FASHION14}: no augmentation",
        "cutout": f"{_FASHION14}: no augmentation",
        "initialisation": "torchvision's ResNet [He et al., ICCV 2015]",
        "channels": _FASHION14,
        "cells": _FASHION14,
        "reduction": f"{_FASHION14}: docs/design.md says why",
        "valid_fraction": f"{_FASHION14}: 500 images beside 2,000",
    },
)
