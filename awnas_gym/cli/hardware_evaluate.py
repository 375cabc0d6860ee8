"""`awnas hardware evaluate`: what a device or a model says, beside what was measured."""

from __future__ import annotations

from pathlib import Path

import click

from awnas_gym.cli.measured import METRIC, SETTING, SPACE


@click.command(name="evaluate")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@METRIC
@SPACE
@SETTING
def command(name: str, file: Path, metric: str | None, space: str | None, settings: tuple[str, ...]) -> None:
    """Compare what NAME, a device or a fitted model, says of networks with their measurements in FILE.

    An error is |said - measured| / measured. Where the networks were measured in several rounds, a second line says how
    well two halves of the rounds agree: no model can be expected to agree better.

    \b
    Examples: awnas hardware evaluate mine networks.csv
              awnas hardware evaluate roofline-raspi4 cells.csv --space nasbench201
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.cli.measured import choose_metric, given_space, print_agreements, read_measurements, test_retest
    from awnas_gym.errors import SettingError
    from awnas_gym.hardware import open_cost
    from awnas_gym.hardware.agreement import agreement

    measured = read_measurements(file, given_space(space, settings))
    cost, chosen = open_cost(name, measured.space), choose_metric(metric, measured)
    if chosen not in cost.yields:
        raise SettingError(f"{name} knows {', '.join(sorted(cost.yields))}; --metric {chosen} was measured")
    found = {name: agreement(measured.values[chosen], cost(measured.archs)[chosen])}
    if (again := test_retest(measured, chosen)) is not None:
        found["measured again"] = again
    print_agreements(found)
    if seen := cost.fitted_to(measured.archs).sum():
        click.echo(
            f"{seen:,} of these networks are among those that {name} was fitted to; its error on others is larger"
        )
