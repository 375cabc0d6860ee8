"""What the commands of `awnas hardware` share: where a table goes, and random networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from awnas_gym.spaces import AbstractSpace, Archs


def drawn(space: AbstractSpace, n: int, seed: int) -> Archs:
    """Return up to `n` random architectures of different classes, int `[up to n, decisions]`."""
    from awnas_gym.derivation.draws import distinct
    from awnas_gym.seeding import generator

    rng = generator(seed, "networks")
    return distinct(lambda _, n: space.sample(rng, n), n, space)


def table_path(name: str | None, out: Path | None) -> Path:
    """Return where the table is written."""
    from awnas_gym.errors import SettingError
    from awnas_gym.hardware import DEVICES, own_device_path, own_models

    if name is not None and out is None:
        if name in DEVICES or name in own_models():
            raise SettingError(
                f"{name} is the name of a {'device' if name in DEVICES else 'model'}; choose another one"
            )
        return own_device_path(name)
    if out is None or name is not None:
        raise click.UsageError("--name of the device or --out, a file, and not both")
    if out.suffix != ".csv":
        raise click.BadParameter(f"{out} does not end in .csv", param_hint="--out")
    return out
