"""Devices that networks are trained on."""

from __future__ import annotations

import torch

from awnas_gym.errors import SettingError


def usable_device(device: str) -> torch.device:
    """Return a device of torch that a tensor was put on.

    Raises:
        SettingError: there is no such device here.
    """
    try:
        torch.zeros(1, device=torch.device(device))
    except (RuntimeError, AssertionError) as error:
        raise SettingError(f"device {device!r} cannot be used: {str(error).splitlines()[0]}") from error
    return torch.device(device)
