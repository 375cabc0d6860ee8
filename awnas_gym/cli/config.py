"""`awnas config`: commented configurations of a search, or of a final training, with every setting and its default."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from awnas_gym.tables import Row

INDENT = 4
"""Spaces before an argument in a docstring."""

HEADER = """\
# A search: agents x seeds on one environment under one budget.
#   awnas search {name} --out runs/mine --workers 2
#   awnas report runs/mine
# Every setting stands at its default; take the '#' away to change it.
"""


TRAINING_HEADER = """\
# A final training: one architecture, trained to the end.
#   awnas train {name} --out runs/mine
# Every setting stands at its default; take the '#' away to change it.
"""


@click.group(name="config")
def command() -> None:
    """Configurations."""


@command.command(name="new")
@click.argument("path", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--env", "env_id", default="awnas/NASBench201-v0", show_default=True, help="Environment id.")
def new(path: Path | None, env_id: str) -> None:
    """Write a commented configuration to PATH (print it without PATH): every compatible part and its defaults."""
    from awnas_gym.agents import AGENTS
    from awnas_gym.catalog import ENVIRONMENTS
    from awnas_gym.config import keywords

    builder = ENVIRONMENTS.load(env_id)
    lines = [HEADER.format(name=path or "config.yaml"), "environment:", f"  id: {env_id}"]
    lines += _defaults(builder, indent="  ")
    lines += ["", "budget:", "  evaluations: 300", "  # cost_s: 10000.0   # seconds the evaluations would have taken"]
    lines += ["  # simulated_s: 10000.0   # seconds on a simulated clock, with several workers"]
    lines += [
        "seeds: 5",
        "first_seed: 0",
        "# simulated_workers: 1   # evaluations at a time on that clock",
        "",
        "agents:",
    ]
    vectors = "objectives" in keywords(builder)
    lines += [line for name, row in AGENTS.items() for line in _agent(name, row, vectors=vectors)]
    _write(lines, path, "search")


@command.command(name="train")
@click.argument("path", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--space", "name", default="darts", show_default=True, help="Search space of the architecture.")
@click.option("--dataset", help="See `awnas list datasets`.  [default: the embedded one]")
def train(path: Path | None, name: str, dataset: str | None) -> None:
    """Write a commented configuration of a final training to PATH (print it without PATH), with a drawn genotype."""
    import numpy as np

    from awnas_gym.config import keywords
    from awnas_gym.data import DATASETS, embedded
    from awnas_gym.spaces import SPACES
    from awnas_gym.spaces.reading import reads_text
    from awnas_gym.supernets import NETWORKS
    from awnas_gym.training.final_recipe import FinalRecipe
    from awnas_gym.training.language_recipe import LanguageRecipe

    kind, _ = SPACES.load(name), NETWORKS[name]
    text = reads_text(kind)
    recipe, dataset = LanguageRecipe if text else FinalRecipe, dataset or embedded(text=text)
    DATASETS[dataset]
    space = kind()
    lines = [TRAINING_HEADER.format(name=path or "train.yaml"), "space:", f"  name: {name}"]
    lines += _defaults(kind, indent="  ", skip={"image_channels", "image_size", "classes", "tokens"})
    lines += [f"genotype: {_plain(space.genotype(space.sample(np.random.default_rng(0), 1)[0]))}   # any of the space"]
    epochs = keywords(recipe)["epochs"].default
    lines += [
        f"dataset: {dataset}",
        "seed: 0",
        "training:",
        f"  epochs: {epochs}   # passes over the training data",
    ]
    lines += _defaults(recipe, indent="  ", skip={"epochs"})
    _write(lines, path, "train")


def _write(lines: list[str], path: Path | None, then: str) -> None:
    """Write a configuration, or print it without a path; a file that is there stays as it is."""
    from awnas_gym.files import write_atomically

    text = "\n".join(lines) + "\n"
    if path is None:
        click.echo(text, nl=False)
        return
    if path.exists():
        raise click.UsageError(f"{path} exists; nothing was changed. Give another name.")
    write_atomically(path, text)
    click.echo(f"written: {path}   Next: awnas {then} {path}")


def _agent(name: str, row: Row, *, vectors: bool) -> list[str]:
    """Return the lines about an agent: no settings if its packages are missing, nothing if its plugin is broken.

    One that does not hear the environment's rewards, which are `vectors` or numbers, is commented out.
    """
    from awnas_gym.agents import CONSTRAINED_AGENTS, MULTI_FIDELITY_AGENTS, VECTOR_AGENTS
    from awnas_gym.errors import MissingExtraError, PluginError

    try:
        settings = _defaults(row.load(), indent="    ", skip={"seed"})
    except MissingExtraError:
        settings = []
    except PluginError as error:
        click.echo(f"awnas: left out: {error}", err=True)
        return []
    needs = [] if row.extra is None else [f"pip install 'awnas-gym[{row.extra}]'"]
    needs += ["an objective with a constraint"] if name in CONSTRAINED_AGENTS else []
    needs += ["several fidelities, a budget in cost_s"] if name in MULTI_FIDELITY_AGENTS else []
    if vectors and name not in VECTOR_AGENTS | {"random"}:
        needs.append("an environment without -MO-")
    elif not vectors and name in VECTOR_AGENTS:
        needs.append("an environment with -MO-")
    note = f"   # needs: {'; '.join(needs)}" if needs else ""
    return [f"  {'# ' if needs else ''}- name: {name}   # {row.summary}{note}", *settings]


def _defaults(target: Callable[..., Any], *, indent: str, skip: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """Return a commented line a keyword, with its default and what the docstring says of it."""
    from awnas_gym.config import keywords

    meaning: dict[str, str] = {}
    for part in reversed(getattr(target, "__mro__", (target,))):  # a subclass says what differs
        meaning |= _argument_lines(inspect.cleandoc(part.__doc__ or ""))
    return [
        f"{indent}# {name}: {_plain(_default(target, p))}" + (f"   # {meaning[name]}" if name in meaning else "")
        for name, p in keywords(target).items()
        if name not in skip
    ]


def _default(target: Callable[..., Any], parameter: inspect.Parameter) -> object:
    """Return the default of a keyword, also where a dataclass makes a fresh one each time."""
    made = {field.name: field.default_factory for field in getattr(target, "__dataclass_fields__", {}).values()}
    factory = made.get(parameter.name, MISSING)
    return parameter.default if factory is MISSING else factory()


def _plain(value: object) -> str:
    import yaml

    return str(yaml.safe_dump(value, default_flow_style=True, width=float("inf"))).splitlines()[0]


def _argument_lines(doc: str) -> Mapping[str, str]:
    """Return name -> first sentence of its text from a Google docstring's `Args:`, or a dataclass's `Attributes:`."""
    _, _, args = doc.partition("Args:\n" if "Args:\n" in doc else "Attributes:\n")
    found: dict[str, str] = {}
    name = ""
    for line in args.splitlines():
        if not line.startswith(" "):
            break  # the next section
        first, colon, text = line.strip().partition(": ")
        if colon and first.isidentifier() and len(line) - len(line.lstrip()) == INDENT:
            name, found[first] = first, text
        elif name:
            found[name] += f" {line.strip()}"
    return {name: text.partition(". ")[0].rstrip(".") for name, text in found.items()}
