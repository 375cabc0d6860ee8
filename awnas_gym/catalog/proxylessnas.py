"""`awnas/ProxylessNAS-v0`."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.cnn_darts import relaxed_env
from awnas_gym.catalog.keywords import entry_point
from awnas_gym.envs import RelaxedEnv

ID = "awnas/ProxylessNAS-v0"


@entry_point
def proxylessnas(
    *,
    dataset: str = "fashion14",
    variant: Literal["imagenet", "cifar"] = "cifar",
    channels: int | None = None,
    image_size: int | None = None,
    valid_fraction: float | None = None,
    weight_steps: int = 5,
    gradient_steps: int = 1,
    warmup_steps: int | None = None,
    max_steps: int = 600,
    objective: str = "loss_times_relative_log",
    cost: str = "macs",
    lookup: str | None = None,
    hardware: str | None = None,
    scale: float | None = None,
    exponent: float | None = None,
    reference: float | None = None,
    weight: float | None = None,
    bound: float = 10.0,
    batch_norm: Literal["batch", "recalibrate", "inherit"] = "batch",
    batch_size: int = 64,
    eval_batch_size: int = 64,
    learning_rate: float = 0.025,
    lowest_rate: float = 0.0001,
    weight_decay: float = 4e-5,
    crop: int = 1,
    flip: bool = True,
    cutout: int = 0,
    area: float | None = None,
    device: str = "cpu",
    threads: int = 1,
    sync_batch_norm: bool = False,
    render_mode: str | None = None,
) -> RelaxedEnv:
    """Weigh up to 7 blocks at each of 21 layers of a mobile network, of which one or two are run at a time.

    ## Description
    The search of ProxylessNAS [Cai et al., ICLR 2019] as an environment, of the kind of `awnas/CNN-DARTS-v0`: the
    output of a layer is the weighted sum of its blocks. The paper trains one sampled path at a time and has the
    gradient of two (or all) paths, of which one gives the output: weights 1 and float32's `tiny`. Whoever plays may do
    otherwise.

    The defaults are for a laptop: a network for small images, at a quarter of the widths, on the embedded ones; a step
    of one or two paths takes a fraction of a second there. The authors' code has `dataset="imagenet",
    variant="imagenet", channels=32, batch_size=256`, 40 epochs that train the network alone and 120 with a gradient
    after every 5 steps; its SGD has Nesterov's momentum, and the first 40 epochs a learning rate of their own.

    ## Action Space
    `Box(0, 1, [21 * 7])`: the matrix of weights, a row a layer, used as given. Blocks: 3x3_MBConv3, 3x3_MBConv6,
    5x5_MBConv3, 5x5_MBConv6, 7x7_MBConv3, 7x7_MBConv6 (kernel, expansion) and Zero, which is not possible where the
    shape changes: its weight counts as 0 there. A block includes the identity around it where it has one, so `Zero` is
    the identity; the authors add it once beside the mixture, which is the same where weights sum to 1. What is exactly
    0 is not run, and its gradient is 0. A layer of zeros gives zeros.

    ## Observation Space
    As in `awnas/CNN-DARTS-v0`.

    ## Rewards
    0 after a `weights` phase, else the objective, by default that of the authors' code,
    `-loss * 0.2 * (log(cost) / log(reference)) ** 0.3`; others are those of `awnas/CNN-DARTS-v0`. The cost is `"macs"`
    or `"params"`, which are counted, or any metric, e.g. `"latency_ms"`, with a table of your own (`lookup`).

    ## Starting State
    As in `awnas/CNN-DARTS-v0`.

    ## Episode End
    As in `awnas/CNN-DARTS-v0`.

    ## Information
    As in `awnas/CNN-DARTS-v0`; the cost is among the metrics.

    ## Arguments
    Args:
        variant: `"imagenet"`, or `"cifar"`, which halves small images less often.
        channels: of the stem, the others in proportion; None for 8. (The authors have 32.)
        valid_fraction: share of the training images that gives gradients, of a data set without the split `valid`; the
            same images in every run. None for 0.1; the authors take 50,000 of ImageNet's 1.28 million.
        warmup_steps: phases that train the network before all that; None for a quarter of `max_steps`, as of the
            authors' epochs.
        objective: a name from `awnas list relaxed_objectives`.
        cost: `"macs"`, `"params"`, or any metric that `lookup` is a table of or `hardware` knows.

    ## Version History
    * v0: first version.
    """
    return relaxed_env(ID, {"space": "proxylessnas", **locals()}, warmup=1 / 4)
