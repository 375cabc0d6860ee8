"""Print the lowest versions that the installed package claims to run on, one `name==version` a line.

Usage: python scripts/lowest.py | pip install -r /dev/stdin
"""

from __future__ import annotations

from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.version import Version


def lowest(distribution: str) -> dict[str, Version]:
    """Return the lower bound of every core dependency that applies to this Python."""
    bounds: dict[str, Version] = {}
    for requirement in map(Requirement, requires(distribution) or []):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        bound = max(Version(part.version) for part in requirement.specifier if part.operator == ">=")
        bounds[requirement.name] = max(bound, bounds.get(requirement.name, bound))
    return bounds


if __name__ == "__main__":
    for name, version in lowest("awnas-gym").items():
        print(f"{name}=={version}")
