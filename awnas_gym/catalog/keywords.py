"""What keywords mean that many environments take: written once, put into their docstrings."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args, get_type_hints

import gymnasium as gym

from awnas_gym.envs import ArchitectureEnv

Make = TypeVar("Make", bound=Callable[..., gym.Env[Any, Any]])

MEANINGS = {
    "edits": "steps of an episode of the edit kind; None for one a decision.",
    "objective": "a name from `awnas list objectives`, its settings in brackets, or a metric of the table, e.g. "
    '`"latency_ms"`.',
    "objectives": "names of metrics of the table, separated by commas; `accuracy` is that of `split`.",
    "reward": '`"metric"` or `"normalised"`.',
    "split": '`"valid"` or `"train"`; `"test"` only for studies that say so.',
    "fidelity": "epochs after which the accuracy is read; None for all.",
    "trial": '`"mean"` over the recorded trainings, `"random"`, or the number of one.',
    "columns": "names of further tables over this space, separated by commas, whose metrics are added.",
    "hardware": "a device or a model from `awnas hardware list`, or a file of one: its metrics, e.g. `latency_ms`, are "
    "added, and take the place of those that there are.",
    "protocol": "a name from `awnas list protocols`: it sets keywords to what a paper evaluated, and refuses others.",
    "invalid": '`"repair"`, `"penalty"` or `"raise"`: what becomes of an illegal action.',
    "mask_in_obs": "put the mask into the observation.",
    "render_mode": '`"ansi"`, `"svg"` or `"rgb_array"`.',
    # of those that train
    "dataset": "a name from `awnas list datasets`, see `docs/datasets.md`; classes and channels of images are its own.",
    "image_size": "height and width that image files (`imagenet`) are scaled to; None for the data set's.",
    "batch_size": "images of a training step.",
    "crop": "pixels of zeros around a training image, of which a window is cut.",
    "flip": "mirror half of the training images.",
    "cutout": "side of a square of zeros in a training image; 0 for none.",
    "area": "least share of an image file that is cut out and scaled, 0.08 is usual; None for the middle of it.",
    "device": '`"cpu"`, `"cuda"`, …; under torchrun `"cuda"` is each process\'s own GPU.',
    "threads": "of the CPU that torch uses; small networks are fastest with one, above all on a busy machine.",
    "sync_batch_norm": "under torchrun, on GPUs: batch norms use the statistics of the whole batch, not of the share "
    "of it that a process has.",
    # of mixtures
    "weight_steps": "phases that train the network, one after another.",
    "gradient_steps": "phases that give a gradient, after them.",
    "warmup_steps": "phases that train the network before all that.",
    "max_steps": "phases of an episode.",
    "lookup": "path of a table of `cost`: a line for each edge or layer, on it a number for each operation; None where "
    "the cost is known.",
    "scale": "of the objective; None for its default.",
    "exponent": "likewise.",
    "reference": "likewise, a cost; None for that of equal weights.",
    "weight": "likewise.",
    "bound": "gradients in observations are clipped to `[-bound, bound]`; in `info` they are exact.",
    "batch_norm": "statistics when single architectures are scored, see `awnas/CNN-ENAS-v0`.",
    "eval_batch_size": "images of a gradient.",
    "learning_rate": "of SGD, the highest.",
    "lowest_rate": "where its cosine ends.",
    "weight_decay": "of SGD.",
}

_BLOCK = re.compile(r"^( *)Args:\n((?:\1 {4}.*\n|\n(?=\1 {4}))*)", re.MULTILINE)


def entry_point(make: Make) -> Make:
    """Complete the docstring of a function that makes an environment, and say what its `render_mode` may be.

    Its section Args describes what is its own; keywords that it leaves out get their meaning from `MEANINGS`. Gymnasium
    looks for `metadata` here, and so knows that it can make "rgb_array_list" of "rgb_array".
    """
    make.__dict__["metadata"] = ArchitectureEnv.metadata
    doc = make.__doc__ or ""
    if match := _BLOCK.search(doc):
        indent = match[1] + " " * 4
        own = dict(re.findall(rf"^{indent}(\w+): (.*(?:\n{indent} +.*)*)", match[2], flags=re.MULTILINE))
        lines = [f"{match[1]}Args:"]
        for name in inspect.signature(make).parameters:
            text = f"{name}: {own.pop(name, None) or _meaning(make, name)}"
            lines += textwrap.wrap(
                " ".join(text.split()), 112, initial_indent=indent, subsequent_indent=indent + " " * 4
            )
        lines += [f"{indent}{name}: {text}" for name, text in own.items()]  # of no keyword: a test finds it
        make.__doc__ = doc[: match.start()] + "\n".join(lines) + "\n" + doc[match.end() :]
    return make


def _meaning(make: Callable[..., Any], name: str) -> str:
    if name == "action_mode":
        *kinds, last = (f'`"{kind}"`' for kind in get_args(get_type_hints(make)[name]))
        return f"{', '.join(kinds)} or {last}."
    return MEANINGS.get(name, "")


def scored(given: Mapping[str, Any], **open_ones: str) -> dict[str, Any]:
    """Return keywords in which an objective that was left open is the benchmark's own.

    Args:
        given: keywords of an entry point, with `split`.
        **open_ones: keyword -> its value in place of None, with `{split}` for the split.
    """
    filled = {keyword: form.format(split=given["split"]) for keyword, form in open_ones.items()}
    return {keyword: filled.get(keyword) if value is None else value for keyword, value in given.items()}
