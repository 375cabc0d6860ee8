"""Settings with which agents with a model learn in a moment: how good it is has no part in their contract."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, dict[str, Any]] = {
    "bananas": {"candidates": 20, "members": 2, "layers": 2, "hidden": 8, "epochs": 5},
    "nao": {"hidden": 8, "epochs": 2, "parents": 5},
    "predictor": {"predictor": "mlp", "hidden": 8, "layers": 1, "epochs": 5, "steps": 2, "width": 10},
}
