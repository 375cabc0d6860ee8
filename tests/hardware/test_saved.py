from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.errors import MissingDataError, SettingError, UnknownNameError
from awnas_gym.hardware import LayerSum, open_cost, own_device_path, own_model_path, own_models
from awnas_gym.hardware.models import COST_MODELS, make_model
from awnas_gym.hardware.saved import load_model, save_model
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.spaces.ofa_mbv3 import OFAMobileNetV3
from tests.hardware.made_up import SPACE, archs, by_counts, device, settings_of

PACKAGES = {"hardware": "sklearn", "torch": "torch"}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


def saved(path: Path, name: str = "operation_counts", *, n: int = 40, on: str | None = None, space=SPACE):
    """Return a model that was fitted and saved."""
    rows = archs(n) if space is SPACE else space.sample(np.random.default_rng(0), n)
    values = by_counts(rows, noise=0.3)
    model = make_model(name, space, device=device() if on else None, settings=settings_of(name))
    model.fit(rows, values)
    save_model(path, model, (rows, values), name=name, card={"title": "made up"}, device=on if model.device else None)
    return model


@pytest.mark.parametrize("name", sorted(COST_MODELS))
def test_a_saved_model_says_the_same(name: str) -> None:
    if (extra := COST_MODELS[name].extra) is not None:
        pytest.importorskip(PACKAGES[extra], reason=f"the extra {extra}")
    device().write(own_device_path("board"))
    model = saved(own_model_path("mine"), name, on="board")
    cost = open_cost("mine", SPACE)
    rows = archs(300, seed=1)
    assert cost(rows)["latency_ms"] == pytest.approx(model.predict(rows), rel=1e-6)
    assert (cost.yields, cost.card, cost.space) == ({"latency_ms"}, {"title": "made up"}, SPACE)
    assert len(cost.version) == 16
    assert list(own_models()) == ["mine"]


def test_a_model_is_read_once_for_equal_spaces_until_its_file_changes() -> None:
    path = own_model_path("mine")
    saved(path)
    alike = NASBench201(**SPACE.settings)
    first = open_cost("mine", SPACE)
    assert open_cost(str(path), alike) is first
    saved(path, n=41)
    assert open_cost("mine", SPACE) is not first


def test_many_networks_of_a_large_space_are_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = OFAMobileNetV3(image_size=64)
    model = make_model("operation_counts", space)
    rows = space.sample(np.random.default_rng(0), 30)
    model.fit(rows, 1 + rows.sum(axis=1))
    save_model(tmp_path / "m.json", model, (rows, 1 + rows.sum(axis=1)), name="operation_counts", card={})
    cost = load_model(tmp_path / "m.json")
    first = cost(np.concatenate([rows, rows]))["latency_ms"]
    assert first == pytest.approx(np.tile(model.predict(rows), 2))
    monkeypatch.setattr(type(cost.model), "_predict", lambda *_: pytest.fail("they are known"))
    assert np.array_equal(cost(rows[::-1])["latency_ms"], first[:30][::-1])


def test_a_device_is_the_sum_of_its_layers() -> None:
    device().write(own_device_path("board"))
    rows = archs(10)
    expected = LayerSum(SPACE, device())(rows)["latency_ms"]
    for name in ("board", str(own_device_path("board"))):
        assert np.array_equal(open_cost(name, SPACE)(rows)["latency_ms"], expected)
    assert open_cost("roofline-raspi4", SPACE).yields == {"latency_ms"}


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    saved(own_model_path("phone"))
    with pytest.raises(UnknownNameError, match=r"No device or model named 'phnoe'\. Did you mean 'phone'"):
        open_cost("phnoe", SPACE)
    with pytest.raises(MissingDataError, match=r"no model at .*none\.json"):
        open_cost(str(tmp_path / "none.json"), SPACE)


def test_a_model_of_another_space_or_of_a_device_that_changed_is_refused() -> None:
    device().write(own_device_path("board"))
    saved(own_model_path("mine"), "lookup", on="board")
    with pytest.raises(SettingError, match="wanted is nasbench201 with"):
        open_cost("mine", NASBench201())
    device(seed=1).write(own_device_path("board"))
    with pytest.raises(SettingError, match="board has other numbers now"):
        open_cost("mine", SPACE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format=9), "its format is 9"),
        (lambda c: c.pop("metric"), "'metric' is missing"),
        (lambda c: c.update(metric="x"), "No metric named 'x'"),
        (lambda c: c["model"].update(name="magic"), "No cost_model named 'magic'"),
        (lambda c: c["model"].update(settings={"x": 1}), "No setting named 'x'"),
        (lambda c: c["space"].update(name="nowhere"), "No space named 'nowhere'"),
        (lambda c: c["genotypes"].__setitem__(0, "|x|"), "is no nasbench201 genotype"),
        (lambda c: c["values"].pop(), "as many values"),
        (lambda c: c["values"].__setitem__(0, "much"), "could not convert"),
        (lambda c: c["learned"].update(x={"type": "object", "shape": [1], "base64": ""}), "No type named 'object'"),
        (lambda c: c["learned"].update(x={"type": "int64", "shape": [9], "base64": "AAAA"}), "buffer"),
    ],
)
def test_a_damaged_file_is_refused_with_its_name(tmp_path: Path, change, message: str) -> None:
    path = tmp_path / "m.json"
    saved(path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(SettingError, match=message) as caught:
        load_model(path)
    assert str(path) in str(caught.value)


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(b"\xff[")
    with pytest.raises(SettingError, match=r"m\.json"):
        load_model(tmp_path / "m.json")


def test_a_model_is_saved_under_its_own_name_and_with_its_device(tmp_path: Path) -> None:
    rows = archs(20)
    model = make_model("lookup", SPACE, device=device())
    model.fit(rows, by_counts(rows))
    with pytest.raises(SettingError, match="is not the model 'linear'"):
        save_model(tmp_path / "m.json", model, (rows, by_counts(rows)), name="linear", card={}, device="board")
    with pytest.raises(SettingError, match="with the device's name"):
        save_model(tmp_path / "m.json", model, (rows, by_counts(rows)), name="lookup", card={})
