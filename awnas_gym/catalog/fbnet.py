"""`awnas/FBNet-v0`."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.cnn_darts import relaxed_env
from awnas_gym.catalog.keywords import entry_point
from awnas_gym.envs import RelaxedEnv

ID = "awnas/FBNet-v0"


@entry_point
def fbnet(
    *,
    dataset: str = "fashion14",
    variant: Literal["imagenet", "cifar"] = "cifar",
    channels: int | None = None,
    image_size: int | None = None,
    valid_fraction: float | None = None,
    weight_steps: int = 4,
    gradient_steps: int = 1,
    warmup_steps: int | None = None,
    max_steps: int = 600,
    objective: str = "loss_times_log_cost",
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
    learning_rate: float = 0.1,
    lowest_rate: float = 0.001,
    weight_decay: float = 1e-4,
    crop: int = 1,
    flip: bool = True,
    cutout: int = 0,
    area: float | None = None,
    device: str = "cpu",
    threads: int = 1,
    sync_batch_norm: bool = False,
    render_mode: str | None = None,
) -> RelaxedEnv:
    """Weigh 9 blocks at each of 22 layers of a mobile network; the reward knows what the mixture costs.

    ## Description
    The search of FBNet [Wu et al., CVPR 2019] as an environment, of the kind of `awnas/CNN-DARTS-v0`: the output of a
    layer is the weighted sum of its blocks. As the latency is the sum over the layers, the expected one of a mixture is
    known, and so is its slope. The paper samples weights by Gumbel-softmax; whoever plays may do otherwise.

    The defaults are for a laptop: the network for small images, at half of its widths, on the embedded ones, whose
    split is the paper's 80 to 20. With all 9 blocks a step takes a second or two there. The paper has
    `dataset="imagenet", variant="imagenet", channels=16, batch_size=192` on a subset of 100 classes, and 90 epochs, of
    which the first 10 train the network alone; in each of the others 80 % of the images do, and 20 % give gradients.

    ## Action Space
    `Box(0, 1, [22 * 9])`: the matrix of weights, a row a layer, used as given. Blocks: k3_e1, k3_e1_g2, k3_e3, k3_e6,
    k5_e1, k5_e1_g2, k5_e3, k5_e6 (kernel, expansion, groups) and skip, which where the shape changes is a 1x1
    convolution. What is exactly 0 is not run, and its gradient is 0; of float32's `tiny` there is a gradient and no
    output. A layer of zeros gives zeros.

    ## Observation Space
    As in `awnas/CNN-DARTS-v0`.

    ## Rewards
    0 after a `weights` phase, else the objective, by default the paper's `-loss * 0.2 * log(cost) ** 0.6`; others are
    those of `awnas/CNN-DARTS-v0`. Costs:

    * `cost="macs"` or `"params"`, which are counted.
    * What HW-NAS-Bench has of each block at each layer: `"pixel3_latency_ms"`, `"raspi4_latency_ms"`,
      `"edgegpu_latency_ms"`, `"edgegpu_energy_mj"`, `"eyeriss_latency_ms"`, `"eyeriss_energy_mj"`, `"fpga_latency_ms"`,
      `"fpga_energy_mj"`. For this `awnas data get hw-nas-bench`, `channels=16`, and images of 32 pixels for the variant
      `"cifar"`, of 224 for `"imagenet"`; the classifier's share is that of 100 and of 1000 classes.
    * Any metric, e.g. `"latency_ms"`, with a table of your own (`lookup`).

    The logarithm wants a cost above 1.

    ## Starting State
    As in `awnas/CNN-DARTS-v0`.

    ## Episode End
    As in `awnas/CNN-DARTS-v0`.

    ## Information
    As in `awnas/CNN-DARTS-v0`; the cost is among the metrics.

    ## Arguments
    Args:
        variant: `"imagenet"`, or `"cifar"`, which halves small images less often.
        channels: of the stem, the others in proportion; None for 8. (The paper has 16.)
        valid_fraction: share of the training images that gives gradients, of a data set without the split `valid`; the
            same images in every run. None for 0.1; the paper takes 0.2.
        warmup_steps: phases that train the network before all that; None for a ninth of `max_steps`, as in the paper.
        objective: a name from `awnas list relaxed_objectives`.
        cost: see Rewards.

    ## Version History
    * v0: first version.
    """
    return relaxed_env(ID, {"space": "fbnet", **locals()}, warmup=1 / 9)
