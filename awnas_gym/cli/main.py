"""`awnas`: the group of commands."""

from __future__ import annotations

import os
import sys

import click

from awnas_gym.cli.lazy import LazyGroup
from awnas_gym.cli.logs import show_logs
from awnas_gym.errors import AwnasError

COMMANDS = {
    "search": "run agents on an environment under a budget",
    "benchmark": "run agents on environments with many seeds, and compare them",
    "report": "write one HTML page about runs",
    "derive": "let a run's agent propose architectures, and score them",
    "sample": "draw architectures of a run's agent",
    "random-sample": "draw random architectures of a space",
    "eval-arch": "score listed architectures by a run's weights or table",
    "export": "write a network with a run's weights as ONNX and safetensors",
    "train": "train one architecture to the end",
    "test": "score a network that was trained",
    "show": "draw an architecture and what is known of it",
    "list": "list environments, spaces, agents and all other parts",
    "config": "write a commented configuration to start from",
    "tabulate": "measure a benchmark table",
    "data": "official benchmarks, and tables of your own",
    "hardware": "what networks cost on devices, and measuring it",
}


@click.group(
    cls=LazyGroup,
    modules="awnas_gym.cli.",
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="awnas-gym", prog_name="awnas")
def group() -> None:
    """Neural architecture search as Gymnasium environments."""
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())  # where a user's own `module:Class` is


def main() -> None:
    """Run the command line; an error of this package is one line on stderr and exit code 1."""
    try:
        show_logs()
        group()
    except AwnasError as error:
        rank = os.environ.get("RANK")
        click.echo(f"awnas{'' if rank is None else f', rank {rank}'}: {error}", err=True)
        sys.exit(1)
