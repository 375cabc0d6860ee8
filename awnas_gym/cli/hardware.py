"""`awnas hardware`: what networks cost on devices."""

from __future__ import annotations

import click

from awnas_gym.cli.lazy import LazyGroup

COMMANDS = {
    "list": "list devices, and your own tables and models",
    "enumerate": "list the layers that the networks of a space can have",
    "profile": "measure layers or whole networks on this machine",
    "export": "write layers as ONNX, with a script that measures them on another device",
    "import": "make a table of what was measured elsewhere",
    "fit": "fit a model of whole networks to measurements",
    "evaluate": "compare what a device or a model says with measurements",
}


@click.group(name="hardware", cls=LazyGroup, modules="awnas_gym.cli.hardware_", summaries=COMMANDS)
def command() -> None:
    """What networks cost on devices: latency, energy, memory.

    Tables and models of your own are kept in $AWNAS_HOME/hardware (default: ~/.awnas/hardware). Every environment whose
    space has layers takes them: hardware=NAME. A table is of a space with its settings; that of an environment goes by
    the environment's id.

    \b
    Example: awnas hardware profile --space awnas/NASBench201-v0 --name mine
             awnas search --env awnas/NASBench201-v0 --env-arg hardware=mine --env-arg 'objective=soft_cost(target=0.1)'
    """  # noqa: D301 - click wants the character itself
