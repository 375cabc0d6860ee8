"""How checks run and what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from awnas_gym.errors import AwnasError


class ContractError(AwnasError, AssertionError):
    """A part breaks its contract: what was expected, what came, why it matters."""


def require(fact: object, message: str) -> None:
    """Raise `ContractError` unless `fact` is true."""
    if not fact:
        raise ContractError(message)


def run_checks(what: str, checks: Mapping[str, Callable[..., None]], *arguments: Any) -> None:  # noqa: ANN401
    """Run each check; an exception of the part itself becomes a `ContractError` that names the check."""
    for name, check in checks.items():
        try:
            check(*arguments)
        except ContractError as error:
            raise ContractError(f"{what}, {name}: {error}") from None
        except Exception as error:
            aim = (check.__doc__ or "").strip().splitlines()[0]
            raise ContractError(f"{what}, {name}: {aim} It raised {type(error).__name__}: {error}") from error


def by_name(*checks: Callable[..., None]) -> dict[str, Callable[..., None]]:
    """Return the checks by their names in words."""
    return {check.__name__.strip("_").replace("_", " "): check for check in checks}
