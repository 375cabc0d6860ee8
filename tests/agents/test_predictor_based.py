"""Search with a predictor."""

from __future__ import annotations

import pytest

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.predictors import PREDICTORS
from tests.toy import TARGET, toy_env

pytest.importorskip("torch")

from awnas_gym.agents.predictor_based import PredictorBased


@pytest.mark.parametrize("search", ["evolution", "annealing", "random"])
def test_it_finds_the_best_of_the_toy_in_few_evaluations(search: str) -> None:
    agent = PredictorBased(
        toy_env("joint", constrained=False), seed=0, predictor="mlp", search=search, hidden=32, layers=1, epochs=80,
        learning_rate=0.02,
    )  # fmt: skip
    agent.learn(60)
    assert agent.best_reward == 1.0


@pytest.mark.parametrize("predictor", sorted(PREDICTORS))
def test_every_predictor_will_do(predictor: str) -> None:
    agent = PredictorBased(toy_env("joint"), seed=0, predictor=predictor, hidden=4, epochs=2, steps=1)
    assert agent.learn(25).evaluations == 25
    assert agent.settings["predictor"] == predictor


def test_the_best_that_are_new_are_tried() -> None:
    agent = PredictorBased(toy_env("joint"), seed=0, predictor="mlp", refit=4)
    archs = agent.space.everything[:30]
    agent.tell(archs, (archs == TARGET).mean(axis=1))
    agent._learned_on = 30  # what the model says is made up

    class Model:
        @staticmethod
        def predict(rows):
            return (rows == TARGET).mean(axis=1)

    agent._model = Model()
    found = agent.ask(4)
    rest = {tuple(row.tolist()) for row in agent.space.everything[30:]}
    assert {tuple(row.tolist()) for row in found} <= rest
    assert found[0].tolist() == TARGET.tolist()
    agreements = (found == TARGET).sum(axis=1).tolist()
    assert agreements == sorted(agreements, reverse=True)


def test_what_is_wrong_is_refused() -> None:
    env = toy_env()
    for error, settings in (
        (UnknownNameError, {"predictor": "gate"}),
        (UnknownNameError, {"search": "luck"}),
        (SettingError, {"predictor": "lstm", "layers": 3}),
        (SettingError, {"steps": 0}),
        (SettingError, {"epochs": 0}),
    ):
        with pytest.raises(error):
            PredictorBased(env, seed=0, **settings)
