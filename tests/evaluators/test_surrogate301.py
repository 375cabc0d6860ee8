"""NAS-Bench-301 by a made-up package in the form of `nasbench301` 0.3: an ensemble answers for each member."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.agents.random_search import RandomSearch
from awnas_gym.envs import BuildEnv, Judge
from awnas_gym.errors import MissingDataError, SettingError, TableFileError
from awnas_gym.evaluators.surrogate301 import Surrogate301, make_surrogate301
from awnas_gym.objectives import make_objective
from awnas_gym.spaces import total_params
from awnas_gym.spaces.nasbench301 import NASBench301
from awnas_gym.testing import check_evaluator

PACKAGE = '''
import json
from pathlib import Path
from .api import SurrogateAPI

class BaggingEnsemble:
    """Each member: a constant, and what each operation that does not pool or skip adds."""
    def __init__(self, members):
        self.members = members
    def query_members(self, config_dict):
        assert config_dict["SimpleLearningrateSchedulerSelector:cosine_annealing:T_max"] == 100
        n = sum("conv" in str(value) for value in config_dict.values())
        return [[constant + slope * n] for constant, slope in self.members]

class Forest:
    pass

def load_ensemble(ensemble_parent_directory):
    files = sorted(Path(ensemble_parent_directory).rglob("*surrogate_model.model"))
    members = [json.loads(file.read_text()) for file in files]
    return SurrogateAPI(Forest() if members == ["forest"] else BaggingEnsemble(members))
'''
API = """
fixed_hyperparameters = {"SimpleLearningrateSchedulerSelector:cosine_annealing:T_max": 100}

class SurrogateAPI:
    def __init__(self, surrogate_model):
        self.model = surrogate_model
"""
SPACE = NASBench301()
ARCHS = SPACE.sample(np.random.default_rng(0), 40)
CONVS = np.array([sum("conv" in value for value in SPACE.configuration(arch).values()) for arch in ARCHS])


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Have the made-up package installed; return its folder."""
    folder = tmp_path / "site" / "nasbench301"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "api.py").write_text(API)
    monkeypatch.syspath_prepend(folder.parent)
    yield folder
    for name in ("nasbench301", "nasbench301.api"):
        sys.modules.pop(name, None)
    make_surrogate301.cache_clear()
    importlib.invalidate_caches()


def write_models(folder: Path, members: list[Any]) -> str:
    for k, member in enumerate(members):
        (folder / f"{k}").mkdir(parents=True)
        (folder / f"{k}" / "surrogate_model.model").write_text(json.dumps(member))
    return str(folder)


@pytest.fixture
def models(tmp_path: Path) -> str:
    return write_models(tmp_path / "xgb_v1.0", [[90.0, 0.1], [91.0, 0.2], [92.0, 0.3]])


@pytest.fixture
def runtime(tmp_path: Path) -> str:
    return write_models(tmp_path / "lgb_runtime_v1.0", [[3000.0, 100.0], [3100.0, 100.0]])


@pytest.mark.usefixtures("package")
def test_the_mean_of_the_members(models: str, runtime: str) -> None:
    evaluator = make_surrogate301(models, runtime)
    assert make_surrogate301(models, runtime) is evaluator
    for trial in ("mean", 0):
        found = evaluator.evaluate(ARCHS, trial=trial, rng=np.random.default_rng(0))
        assert found.keys() == evaluator.yields == {"valid_accuracy", "cost_s", "params", "macs"}
        np.testing.assert_allclose(found["valid_accuracy"], (91 + 0.2 * CONVS) / 100)
        np.testing.assert_allclose(found["cost_s"], 3050 + 100 * CONVS)
        assert found["params"].tolist() == [total_params(SPACE.layers(arch)) for arch in ARCHS]
    assert evaluator.card["models"] == {"xgb_v1.0": "3 members", "lgb_runtime_v1.0": "2 members"}


@pytest.mark.usefixtures("package")
def test_noise_is_that_of_the_members_and_comes_from_the_generator(models: str) -> None:
    evaluator = Surrogate301(models)
    many = np.repeat(ARCHS[:1], 4000, axis=0)
    first, again, other = (
        evaluator.evaluate(many, trial="random", rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.keys() == {"valid_accuracy", "params", "macs"}
    np.testing.assert_array_equal(first["valid_accuracy"], again["valid_accuracy"])
    assert (first["valid_accuracy"] != other["valid_accuracy"]).all()
    n = CONVS[0]
    mean, std = 91 + 0.2 * n, np.std([90 + 0.1 * n, 91 + 0.2 * n, 92 + 0.3 * n])
    assert 100 * first["valid_accuracy"].mean() == pytest.approx(mean, abs=5 * std / 4000**0.5)
    assert 100 * first["valid_accuracy"].std() == pytest.approx(std, rel=0.06)


@pytest.mark.usefixtures("package")
def test_an_accuracy_stays_a_fraction(tmp_path: Path) -> None:
    evaluator = Surrogate301(write_models(tmp_path / "wild", [[99.0, 1.0], [120.0, 1.0]]))
    assert (evaluator.evaluate(ARCHS, rng=np.random.default_rng(0))["valid_accuracy"] == 1).all()


@pytest.mark.usefixtures("package")
def test_it_keeps_the_contract(models: str, runtime: str) -> None:
    check_evaluator(make_surrogate301(models, runtime))


@pytest.mark.usefixtures("package")
def test_no_architectures(models: str) -> None:
    assert Surrogate301(models).evaluate(ARCHS[:0], rng=np.random.default_rng(0))["valid_accuracy"].shape == (0,)


@pytest.mark.usefixtures("package")
def test_the_version_is_that_of_all_models(models: str, runtime: str) -> None:
    versions = [Surrogate301(models).version, Surrogate301(models, runtime=runtime).version]
    (Path(models) / "1" / "surrogate_model.model").write_text("[90.0, 0.5]")
    versions.append(Surrogate301(models).version)
    assert len(set(versions)) == 3


@pytest.mark.usefixtures("package")
def test_an_agent_plays_for_it(models: str, runtime: str) -> None:
    env = BuildEnv(Judge(make_surrogate301(models, runtime), make_objective("accuracy", split="valid")))
    agent = RandomSearch(env, seed=0).learn(total_timesteps=5 * env.horizon)
    n = sum("conv" in value for value in SPACE.configuration(agent.best_arch).values())
    assert agent.best_reward == pytest.approx((91 + 0.2 * n) / 100)


@pytest.mark.usefixtures("package")
def test_nobody_knows_the_best_of_all(models: str) -> None:
    with pytest.raises(SettingError, match=r"nasbench301 has .* architectures"):
        Surrogate301(models).population()


def test_without_the_package(models: str) -> None:
    if importlib.util.find_spec("nasbench301"):
        pytest.skip("nasbench301 is installed")
    with pytest.raises(MissingDataError, match=r"pip install nasbench301.*No module named 'nasbench301'"):
        Surrogate301(models)


def test_a_package_that_lacks_another(package: Path, models: str) -> None:
    (package / "__init__.py").write_text("import a_package_that_is_not_there")
    with pytest.raises(MissingDataError, match=r"cannot be imported: .*No module named 'a_package_that_is_not_there'"):
        Surrogate301(models)


@pytest.mark.usefixtures("package")
def test_folders_without_models(tmp_path: Path, models: str) -> None:
    for given in ((str(tmp_path / "absent"), None), (models, str(tmp_path / "absent"))):
        with pytest.raises(MissingDataError, match=r"no surrogate models .* in .*absent: unpack .*models_v1_0\.zip"):
            make_surrogate301(*given)


@pytest.mark.usefixtures("package")
def test_models_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(TableFileError, match="forest holds no ensemble but a Forest"):
        Surrogate301(write_models(tmp_path / "forest", ["forest"]))
    damaged = write_models(tmp_path / "damaged", [[90.0, 0.1]])
    (Path(damaged) / "0" / "surrogate_model.model").write_text("{")
    with pytest.raises(TableFileError, match="damaged: nasbench301 cannot load its models: JSONDecodeError"):
        Surrogate301(damaged)
