"""What `awnas hardware fit` and `evaluate` share: measurements of networks, and how errors are printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awnas_gym.hardware.agreement import Agreement
    from awnas_gym.hardware.measurements import Measurements

SPACE = click.option("--space", help="Of the networks, if the file does not say: a name, or a YAML file.")
SETTING = click.option(
    "--setting", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the space; repeatable."
)
METRIC = click.option("--metric", help="Column that is meant.  [default: latency_ms, or the only one]")


def read_measurements(path: Path, space: str | None, settings: tuple[str, ...]) -> Measurements:
    """Return the measurements of a file, its own form or any table with columns of architectures and of metrics."""
    from awnas_gym.cli.space import read_space
    from awnas_gym.errors import MissingDataError, SettingError
    from awnas_gym.hardware.measurements import Measurements
    from awnas_gym.ingest.files import read_columns
    from awnas_gym.ingest.values import find_genotypes, read_archs, read_numbers
    from awnas_gym.metrics import is_metric

    if not path.is_file():
        raise MissingDataError(f"no measurements of networks at {path}")
    opened = None if space is None else read_space(space, settings)
    with path.open("rb") as file:
        if file.read(1) == b"#":
            return Measurements.read(path, space=opened)
    if opened is None:
        raise SettingError(f"{path} does not say of which space its networks are; --space does")
    columns = read_columns(path)
    genotypes = find_genotypes(list(columns), None)
    values = {name: read_numbers(name, column) for name, column in columns.items() if is_metric(name)}
    return Measurements(opened, read_archs(opened, genotypes, columns[genotypes]), values, {"source": path.name})


def choose_metric(given: str | None, measured: Measurements) -> str:
    """Return the metric that is meant."""
    from awnas_gym.errors import UnknownNameError

    name = given or ("latency_ms" if "latency_ms" in measured.values else next(iter(measured.values)))
    if name not in measured.values or (given is None and name != "latency_ms" and len(measured.values) > 1):
        raise UnknownNameError("metric", given or "latency_ms", measured.values)
    return name


def print_agreements(found: Mapping[str, Agreement], *, mark: str | None = None) -> None:
    """Print a line each; `mark` gets a star."""
    from awnas_gym.cli.table import print_table

    rows = []
    for name, each in found.items():
        rows.append(
            {
                "": f"* {name}" if name == mark else f"  {name}",
                "networks": f"{each.n:,}",
                "Kendall tau": f"{each.kendall_tau:.3f}",
                "Spearman": f"{each.spearman:.3f}",
                "median error": f"{each.median_error:.1%}",
                "90 % are below": f"{each.p90_error:.1%}",
                "within 10 %": f"{each.within_10_percent:.0%}",
            }
        )
    print_table(rows)


def as_card(found: Agreement) -> dict[str, Any]:
    """Return what a card keeps of it: JSON has no nan."""
    from dataclasses import asdict

    return {name: None if value != value else value for name, value in asdict(found).items()}  # noqa: PLR0124


def test_retest(measured: Measurements, metric: str) -> Agreement | None:
    """Return how well two measurements of the same networks agree; None if there was one."""
    from awnas_gym.hardware.agreement import agreement

    return agreement(*measured.halves(metric)) if metric in measured.rounds else None
