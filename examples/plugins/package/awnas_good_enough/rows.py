"""What awnas_gym reads when it is imported: rows, and nothing that imports awnas_gym's other parts."""

from __future__ import annotations

from awnas_gym.tables import Row

ROWS = {
    "objective": {
        "good_enough": Row("awnas_good_enough.objective:GoodEnough", "accuracy up to a target, then fewer parameters")
    }
}
