"""What papers evaluated: keywords of an environment, and how much may be spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, final

from awnas_gym.errors import SettingError, UnknownNameError


@final
@dataclass(frozen=True, slots=True)
class Protocol:
    """One protocol.

    Attributes:
        environment: id that it is of.
        keywords: what is asked of each architecture.
        budget: of a run, as `awnas search` takes it; empty where the paper names none.
        report: what is reported of the architecture that is found.
        source: paper, and where its protocol was read.
    """

    environment: str
    keywords: Mapping[str, Any]
    report: str
    source: str
    budget: Mapping[str, float] = field(default_factory=dict)


_NATS = (
    "NATS-Bench [Dong et al., TPAMI 2021]; the authors' scripts, AutoDL-Projects, exps/NATS-algos/run-all.sh and "
    "simulate_train_eval in nats_bench: a random seed's validation accuracy after 12 epochs"
)


def _nats(space: str, dataset: str, seconds: int, fidelities: str) -> Protocol:
    return Protocol(
        f"awnas/{space}-v0",
        {"dataset": dataset, "objective": "accuracy", "split": "valid", "fidelity": 12, "trial": "random"},
        f"test accuracy after {fidelities} epochs, mean of its trainings",
        _NATS,
        {"cost_s": float(seconds)},
    )


PROTOCOLS = MappingProxyType(
    {
        "nats-bench-tss-20k": _nats("NASBench201", "cifar10", 20_000, "200"),
        "nats-bench-tss-40k": _nats("NASBench201", "cifar100", 40_000, "200"),
        "nats-bench-tss-120k": _nats("NASBench201", "ImageNet16-120", 120_000, "200"),
        "nats-bench-sss-20k": _nats("NATSBenchSSS", "cifar10", 20_000, "90"),
        "nats-bench-sss-40k": _nats("NATSBenchSSS", "cifar100", 40_000, "90"),
        "nats-bench-sss-60k": _nats("NATSBenchSSS", "ImageNet16-120", 60_000, "90"),
        "nasbench101": Protocol(
            "awnas/NASBench101-v0",
            {"dataset": "nasbench101", "objective": "accuracy", "split": "valid", "fidelity": 108, "trial": "random"},
            "test accuracy after 108 epochs, mean of three trainings",
            "NAS-Bench-101 [Ying et al., ICML 2019], section 4; nasbench's api.py: a query returns one of the repeats "
            "and adds its training time to what was spent",
        ),
    }
)


def apply_protocol(id_: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords with those that `given["protocol"]` sets, and without it.

    Args:
        id_: of the environment.
        given: its keywords.
        defaults: of its keywords; one that stands at its default is free to be set.

    Raises:
        UnknownNameError: there is no such protocol of this environment.
        SettingError: a keyword is set otherwise by hand.
    """
    left = {name: value for name, value in given.items() if name != "protocol"}
    name = given.get("protocol")
    if name is None:
        return left
    fitting = [each for each, protocol in PROTOCOLS.items() if protocol.environment == id_]
    if name not in fitting:
        raise UnknownNameError(f"protocol of {id_}", name, fitting)
    for keyword, value in PROTOCOLS[name].keywords.items():
        if left[keyword] not in {defaults[keyword], value}:
            raise SettingError(f"protocol {name} sets {keyword}={value!r}; got {keyword}={left[keyword]!r}")
        left[keyword] = value
    return left
