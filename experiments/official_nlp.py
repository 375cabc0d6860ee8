"""Logs in the true layout of NAS-Bench-NLP, with made-up numbers: for tests and measurements.

The layout is that of the authors' script main_one_model_train.py and of their logs on WikiText-2.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from awnas_gym.spaces import total_params
from awnas_gym.spaces.nasbench_nlp import NASBenchNLP

VOCABULARY = {"ptb": 10_000, "wikitext-2": 33_278}
FIXED: Mapping[str, Any] = {
    "recepies_list_path": "data/models_recepies.json",
    "cuda": True,
    "batch_size": 20,
    "model": "CustomRNN",
    "emsize": 400,
    "nhid": 600,
    "nlayers": 3,
    "dropout": 0.1,
    "dropouth": 0.25,
    "dropouti": 0.4,
    "dropoute": 0.0,
    "wdrop": 0.1,
    "tied": True,
    "bptt": 70,
    "lr": 0.001,
    "wdecay": 1.2e-06,
    "alpha": 2,
    "beta": 1,
    "log_interval": 200,
    "clip": 0.25,
    "eval_batch_size": 50,
}
RNN = '{"f": {"op": "linear", "input": ["x", "h_prev_0"]}, "h_new_0": {"op": "activation_tanh", "input": ["f"]}}'
GRU = json.dumps(
    {
        "r": {"op": "linear", "input": ["x", "h_prev_0"]},
        "r_act": {"op": "activation_sigm", "input": ["r"]},
        "z": {"op": "linear", "input": ["x", "h_prev_0"]},
        "z_act": {"op": "activation_sigm", "input": ["z"]},
        "rh": {"op": "elementwise_prod", "input": ["r_act", "h_prev_0"]},
        "h_tilde": {"op": "linear", "input": ["x", "rh"]},
        "h_tilde_act": {"op": "activation_tanh", "input": ["h_tilde"]},
        "h_new_0": {"op": "blend", "input": ["z_act", "h_prev_0", "h_tilde_act"]},
    }
)
"""Two of the recipes that the authors add to those they drew."""


def recipes(count: int, rng: np.random.Generator) -> list[str]:
    """Return recipes of different cells, of at most eight nodes."""
    space = NASBenchNLP(nodes=8)
    archs = np.unique(space.canonical(space.sample(rng, 4 * count)), axis=0)
    return [space.genotype(arch) for arch in rng.permutation(archs)[:count]]


def log(
    recipe: str, number: int, rng: np.random.Generator, *, dataset: str = "ptb", run: int = 50, planned: int = 50
) -> dict[str, Any]:
    """Return what a log says; a training that ran less than all epochs has diverged."""
    space = NASBenchNLP(tokens=VOCABULARY[dataset])
    curves = {
        key: np.sort(rng.uniform(3.5, 8, run))[::-1].tolist() for key in ("train_losses", "val_losses", "test_losses")
    }
    if run < planned:
        for values in curves.values():
            values[-1:] = [float("nan")]
    return {
        "data": f"data/{dataset}",
        "recepie_id": number,
        **FIXED,
        "epochs": planned,
        "recepie": recipe,
        "experiment_id": int(rng.integers(999_900_000, 10**9)),
        "init_time": "2020-04-28_17-16-54",
        "num_params": total_params(space.layers(space.parse(recipe))),
        "wall_times": rng.uniform(100, 200, run).tolist(),
        **curves,
        "status": "OK" if run == planned else "loss is nan!",
    }


def file_name(content: Mapping[str, Any]) -> str:
    """Return what the authors' script calls a log."""
    return f"log_stats_model_{content['recepie_id']}_{content['init_time']}_{content['experiment_id']}.json"


def archive(logs: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a `logs.zip`."""
    return zipped({file_name(each): json.dumps(each).encode() for each in logs})


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive of members by name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return file.getvalue()
