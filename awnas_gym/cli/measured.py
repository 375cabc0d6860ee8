"""What `awnas hardware fit` and `evaluate` share: measurements of networks, and how errors are printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from awnas_gym.hardware.agreement import Agreement
    from awnas_gym.hardware.measurements import Measurements
    from awnas_gym.spaces import AbstractSpace, Archs

SPACE = click.option("--space", help="Of the networks, if the file does not say; as of `awnas hardware profile`.")
SETTING = click.option(
    "--setting", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the space; repeatable."
)
METRIC = click.option("--metric", help="Column that is meant.  [default: latency_ms, or the only one]")


def given_space(name: str | None, settings: tuple[str, ...]) -> AbstractSpace | None:
    """Return the space of `--space` and `--setting`, None without."""
    from awnas_gym.cli.space import read_space

    if name is None and settings:
        raise click.UsageError("--setting is of a space; --space names it")
    return None if name is None else read_space(name, settings)


def read_measurements(path: Path, space: AbstractSpace | None) -> Measurements:
    """Return the measurements of a file, its own form or any table with columns of architectures and of metrics."""
    from awnas_gym.errors import MissingDataError, SettingError
    from awnas_gym.hardware.measurements import Measurements
    from awnas_gym.ingest.files import read_columns
    from awnas_gym.ingest.values import find_genotypes, read_archs, read_numbers
    from awnas_gym.metrics import is_metric

    if not path.is_file():
        raise MissingDataError(f"no measurements of networks at {path}")
    with path.open("rb") as file:
        if file.read(1) == b"#":
            return Measurements.read(path, space=space)
    if space is None:
        raise SettingError(f"{path} does not say of which space its networks are; --space does")
    columns = read_columns(path)
    genotypes = find_genotypes(list(columns), None)
    values = {name: read_numbers(name, column) for name, column in columns.items() if is_metric(name)}
    return Measurements(space, read_archs(space, genotypes, columns[genotypes]), values, {"source": path.name})


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


def read_devices(
    paths: Sequence[Path], space: AbstractSpace | None, metric: str | None
) -> tuple[AbstractSpace, dict[str, tuple[Archs, NDArray[np.float64]]]]:
    """Return the space of some files, and of each device in them architectures and values.

    A column `latency_ms` is of the device that the file is called after, `pixel3_latency_ms` of `pixel3`.

    Args:
        paths: of the files.
        space: of the networks; None for that of the first file.
        metric: that is meant; None for `latency_ms`.
    """
    from awnas_gym.errors import SettingError

    wanted = metric or "latency_ms"
    found: dict[str, tuple[Archs, NDArray[np.float64]]] = {}
    for path in paths:
        measured = read_measurements(path, space)
        space = measured.space
        for column, values in measured.values.items():
            if column != wanted and not column.endswith(f"_{wanted}"):
                continue
            device = path.name.split(".")[0] if column == wanted else column.removesuffix(f"_{wanted}")
            if device in found:
                raise SettingError(f"{path}: the device {device} is there twice; rename a file or a column")
            found[device] = measured.archs, values
    if space is None or not found:
        raise SettingError(f"no column {wanted} in {', '.join(map(str, paths))}")
    return space, found
