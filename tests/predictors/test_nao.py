"""NAO's model: it reads architectures off its own states, and steps along the slope lead to better ones."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import SettingError
from awnas_gym.spaces.nasbench201 import NASBench201
from tests.toy import ToySpace

torch = pytest.importorskip("torch")

from awnas_gym.predictors.nao import NAO  # noqa: E402 - needs torch


@pytest.fixture(scope="module")
def learned() -> NAO:
    space = NASBench201()
    rows = space.unindex(np.random.default_rng(0).permutation(space.size)[:200])
    model = NAO(space, hidden=32, epochs=60, learning_rate=0.01)
    model.fit(rows, reward(rows))
    return model


def reward(rows):
    return np.array([0.0, 2.0, 1.0, 4.0, 3.0])[np.asarray(rows)].mean(axis=1) / 4


def fresh(space, n, seed=1):
    return space.sample(np.random.default_rng(seed), n)


def test_a_step_of_no_length_gives_the_architecture_back(learned: NAO) -> None:
    rows = fresh(learned.space, 100)
    assert (learned.improve(rows, 0.0) == rows).all(axis=1).mean() > 0.9


def test_steps_lead_to_higher_rewards_the_further_the_more_changes(learned: NAO) -> None:
    rows = fresh(learned.space, 100)
    moved = [learned.improve(rows, distance) for distance in (1.0, 2.0)]
    changes = [(each != rows).sum(axis=1).mean() for each in moved]
    assert 0 < changes[0] < changes[1]
    assert reward(moved[1]).mean() > reward(rows).mean() + 0.1


def test_what_is_decoded_is_legal_and_depends_on_what_came_before() -> None:
    space = ToySpace()
    model = NAO(space, hidden=8, epochs=1)
    model.fit(space.everything[:20], np.arange(20.0))
    found = model.improve(space.everything, 3.0)
    assert np.array_equal(space.check(found), found)


def test_the_odds_of_a_walk_are_those_that_are_learned(learned: NAO) -> None:
    rows = fresh(learned.space, 8)
    with torch.no_grad():
        (numbers,) = learned._inputs(rows)
        states = learned._network.encode(numbers)
        expected = learned._network.likelihoods(numbers, states).numpy()
        np.testing.assert_allclose(states.norm(dim=2).numpy(), 1.0, rtol=1e-5)
        walk = learned._network.walk(states)
        logits = next(walk)
        for i in range(rows.shape[1]):
            choices = torch.as_tensor(rows[:, i].astype(np.int64))
            found = logits.log_softmax(dim=1).gather(1, choices[:, None])[:, 0]
            np.testing.assert_allclose(found.numpy(), expected[:, i], atol=1e-5)
            if i + 1 < rows.shape[1]:
                logits = walk.send(choices)


def test_a_weight_is_a_share() -> None:
    with pytest.raises(SettingError, match="weight is a number from 0 up to 1; got 2"):
        NAO(ToySpace(), weight=2)
