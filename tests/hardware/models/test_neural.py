from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import MissingLayerError, SettingError
from awnas_gym.hardware import LayerTable
from awnas_gym.hardware.models import make_model
from tests.hardware.made_up import SPACE, archs, by_counts, device

torch = pytest.importorskip("torch", reason="the extra torch")


@pytest.mark.parametrize("name", ["lstm", "graph"])
def test_what_torch_draws_elsewhere_stays_as_it_is(name: str) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = make_model(name, SPACE, settings={"epochs": 1, "hidden": 4})
    model.fit(archs(10), by_counts(archs(10)))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("name", ["lstm", "graph"])
def test_weights_of_another_size_are_refused(name: str) -> None:
    small, large = (make_model(name, SPACE, settings={"epochs": 1, "hidden": n}) for n in (4, 8))
    small.fit(archs(10), by_counts(archs(10)))
    with pytest.raises(SettingError, match="of another model"):
        large.restore(archs(10), by_counts(archs(10)), small.learned)


@pytest.mark.parametrize("name", ["lstm", "graph"])
def test_how_many_are_predicted_at_once_does_not_matter(name: str) -> None:
    model = make_model(name, SPACE, settings={"epochs": 2, "hidden": 8})
    rows = archs(20)
    model.fit(rows, by_counts(rows))
    alone = np.concatenate([model.predict(row[None]) for row in rows])
    assert model.predict(rows) == pytest.approx(alone, rel=1e-5)  # padded to the longest


def test_labels_that_were_not_seen_are_one_label() -> None:
    from awnas_gym.hardware.models.graph import Graph

    graph = Graph(SPACE)
    graph._numbers.pop("nor_conv_3x3")
    labels, links = graph._inputs(SPACE.check([[3, 0, 1, 0, 0, 0]]))
    assert (labels[0] == 1).sum() == 1
    assert links.sum() == 12  # into each edge, and out of it


def test_the_lstm_reads_what_a_device_says() -> None:
    known = {layer: row for layer, row in device().rows.items() if layer.kind != "avg_pool"}
    with pytest.raises(MissingLayerError):
        make_model("lstm", SPACE, device=LayerTable("poor", known, {}))
    with pytest.raises(SettingError, match="no energy_mj"):
        make_model("lstm", SPACE, device=device(), metric="energy_mj")
