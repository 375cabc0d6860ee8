"""What the networks of a space read: images or text."""

from __future__ import annotations

from awnas_gym.config import keywords
from awnas_gym.errors import SettingError
from awnas_gym.spaces.abstract import AbstractSpace


def reads_text(kind: type[AbstractSpace]) -> bool:
    """Tell whether the networks of a space read text: it has a setting `tokens`, the size of the vocabulary."""
    return "tokens" in keywords(kind)


def refuse_text(kind: type[AbstractSpace]) -> None:
    """Raise `SettingError` for a space whose networks read text, where images are wanted."""
    if reads_text(kind):
        raise SettingError(f"the networks of {kind.name} read text, and here they are given images")
