"""`awnas hardware fit`: a model of whole networks."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awnas_gym.cli.measured import METRIC, SETTING, SPACE
from awnas_gym.cli.settings import read_settings

if TYPE_CHECKING:
    from awnas_gym.hardware.measurements import Measurements
    from awnas_gym.spaces import AbstractSpace


@click.command(name="fit")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--name", help="Of the model: it is kept in $AWNAS_HOME/hardware.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file, instead of --name.")
@click.option("--model", default="auto", show_default=True, help="A name from `awnas list cost_models`, or auto.")
@click.option(
    "--model-arg", "model_args", multiple=True, metavar="NAME=VALUE", help="A setting of the model; repeatable."
)
@click.option("--device", help="Says what layers cost: a name from `awnas hardware list`, or a .csv.")
@click.option(
    "--drop-anomalies",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SHARE",
    help="Leave out networks that are off by more than SHARE (0.1) of what the device's layers tell.",
)
@click.option(
    "--from-devices",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Measurements of another device, to learn this one from few; repeatable.",
)
@click.option(
    "--choose",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print a list of N networks to be measured first, in YAML.",
)
@METRIC
@SPACE
@SETTING
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--replace", is_flag=True, help="Replace a model of that name.")
def command(
    file: Path | None,
    name: str | None,
    out: Path | None,
    model: str,
    model_args: tuple[str, ...],
    device: str | None,
    drop_anomalies: float | None,
    from_devices: tuple[Path, ...],
    choose: int | None,
    metric: str | None,
    space: str | None,
    settings: tuple[str, ...],
    seed: int,
    replace: bool,
) -> None:
    """Fit a model of whole networks to the measurements in FILE, and say how well it predicts others.

    FILE is what awnas hardware profile wrote, or a table with a column of architectures (arch) and one of a metric
    (latency_ms); then --space says of what they are. The errors are those of networks that were left out, a fifth at a
    time; --model auto takes the model that ranks these best.

    With --from-devices, files with the measurements of many networks on other devices, 10 to 20 networks are enough;
    --choose prints a list of those that tell most: awnas hardware profile --networks LIST measures them.

    \b
    Examples: awnas hardware fit networks.csv --device mine --name mine-networks
              awnas hardware fit cells.csv --space nasbench201 --model linear --name phone
              awnas hardware fit --from-devices a.csv --from-devices b.csv --choose 20 > these.yaml
              awnas hardware fit new.csv --from-devices a.csv --from-devices b.csv --name new
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.cli.measured import (
        as_card,
        choose_metric,
        given_space,
        print_agreements,
        read_measurements,
        test_retest,
    )
    from awnas_gym.hardware import open_device
    from awnas_gym.hardware.choosing import CrossValidation, best, candidates
    from awnas_gym.hardware.models import make_model
    from awnas_gym.hardware.saved import save_model

    opened_space = given_space(space, settings)
    if choose is not None:
        _print_chosen(choose, from_devices, opened_space, metric, seed)
        return
    if file is None:
        raise click.UsageError("FILE, the measurements, is missing")
    path = _path(name, out, replace=replace)
    measured = read_measurements(file, opened_space)
    chosen = choose_metric(metric, measured)
    again = test_retest(measured, chosen)
    measured = measured if drop_anomalies is None else _without_anomalies(measured, chosen, device, drop_anomalies)
    opened = None if device is None else open_device(device)
    common: dict[str, Any] = {"metric": chosen, "device": opened, "seed": seed}
    given = read_settings(model_args, "--model-arg")
    if given and model == "auto" and not from_devices:
        raise click.UsageError("--model-arg is of one model; --model names it")
    if from_devices:
        if device is not None:
            raise click.UsageError("--from-devices asks measurements of other devices; leave out --device")
        if model != "auto":
            raise click.UsageError("--from-devices is a model of its own; leave out --model")
        model, given = "from_devices", _learned(from_devices, measured.space, chosen, given, seed)
    tried = candidates(measured.space, **common) if model == "auto" else {model: (model, given)}
    validate = CrossValidation(measured.archs, measured.values[chosen], seed=seed)
    found = {
        label: validate(partial(make_model, kind, measured.space, settings=own, **common))
        for label, (kind, own) in tried.items()
    }
    label = best(found)
    print_agreements(found if again is None else {**found, "measured again": again}, mark=label)
    kind, own = tried[label]
    fitted = make_model(kind, measured.space, settings=own, **common)
    fitted.fit(measured.archs, measured.values[chosen])
    card = {
        **{key: value for key, value in measured.card.items() if key != "space"},
        "model": label,
        "fitted_to": f"{len(measured):,} networks",
        "cross_validation": as_card(found[label]),
        **({} if again is None else {"test_retest": as_card(again)}),
    }
    where = str(Path(device).expanduser().resolve()) if device and device.endswith(".csv") else device
    named = None if fitted.device is None else where
    save_model(path, fitted, (measured.archs, measured.values[chosen]), name=kind, card=card, device=named)
    click.echo(f"written: {path} ({label}, fitted to {len(measured):,} networks)")
    click.echo(f"Next: hardware={name or str(path)!r} as a keyword of an environment, or open_cost in Python")


def _path(name: str | None, out: Path | None, *, replace: bool) -> Path:
    """Return where the model is written."""
    from awnas_gym.errors import SettingError
    from awnas_gym.hardware import DEVICES, own_devices, own_model_path

    if (name is None) == (out is None):
        raise click.UsageError("--name of the model or --out, a file, and not both")
    if name is not None and (name in DEVICES or name in own_devices()):
        raise SettingError(f"{name} is the name of a device; choose another one")
    path = out or own_model_path(str(name))
    if path.suffix != ".json":
        raise click.BadParameter(f"{path} does not end in .json", param_hint="--out")
    if path.exists() and not replace:
        raise SettingError(f"{path} is there already; --replace replaces it")
    return path


def _without_anomalies(measured: Measurements, metric: str, device: str | None, tolerance: float) -> Measurements:
    from awnas_gym.errors import SettingError
    from awnas_gym.hardware import LayerSum, open_device
    from awnas_gym.hardware.anomalies import anomalies

    if device is None:
        raise SettingError("--drop-anomalies compares with the sum of the layers; --device says what these cost")
    sums = LayerSum(measured.space, open_device(device))(measured.archs)
    if metric not in sums:
        raise SettingError(f"{device} knows {', '.join(sums)}; no {metric}")
    wrong = anomalies(sums[metric], measured.values[metric], tolerance=tolerance)
    click.echo(f"left out: {wrong.sum():,} of {len(measured):,} networks, off by more than {tolerance:.0%}")
    return measured.take(~wrong)


def _learned(
    paths: tuple[Path, ...], space: AbstractSpace, metric: str, given: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Return the settings of `from_devices`."""
    from awnas_gym.cli.measured import read_devices
    from awnas_gym.config import check_keys
    from awnas_gym.hardware.models.from_devices import learn_devices

    by = check_keys(given, where="from_devices", required={}, optional={"by": str}).get("by")
    return learn_devices(space, read_devices(paths, space, metric)[1], by=by, seed=seed)


def _print_chosen(n: int, paths: tuple[Path, ...], space: AbstractSpace | None, metric: str | None, seed: int) -> None:
    import yaml

    from awnas_gym.cli.measured import read_devices
    from awnas_gym.hardware.models.from_devices import FromDevices, learn_devices

    if not paths:
        raise click.UsageError("--choose looks at what other devices need; --from-devices names their measurements")
    opened, known = read_devices(paths, space, metric)
    chosen = FromDevices(opened, **learn_devices(opened, known, seed=seed)).choose(n, seed=seed)
    genotypes = [opened.genotype(row) for row in chosen]
    click.echo(yaml.safe_dump(genotypes, width=10**6, default_flow_style=False), nl=False)
