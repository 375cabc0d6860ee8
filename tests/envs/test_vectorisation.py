"""Gymnasium's own vector environments over ours."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from tests.envs.episodes import ID, make, play
from tests.tiny_table import SPACE


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_vectorisation_by_gymnasium(tiny: str, mode: str) -> None:
    envs = gym.make_vec(ID, num_envs=2, vectorization_mode=mode, dataset=tiny, action_mode="joint")
    try:
        envs.reset(seed=3)
        _, rewards, terminated, _, _ = envs.step(np.array([[3] * 6, [2] * 6]))
        assert terminated.all()
        single = make(tiny, action_mode="joint")
        single.reset(seed=3)
        assert rewards[0] == play(single, [3] * 6)[1]
    finally:
        envs.close()


@pytest.mark.parametrize("mode", list(gym.vector.AutoresetMode))
@pytest.mark.parametrize("keywords", [{}, {"trial": "random"}], ids=["mean", "random trials"])
def test_vectors_answer_as_single_environments_in_every_autoreset_mode(
    tiny: str, mode: gym.vector.AutoresetMode, keywords: dict[str, Any]
) -> None:
    """Three episodes of each of two environments; who resets differs, what an episode earns does not."""
    keywords = {"dataset": tiny, "action_mode": "joint", **keywords}
    actions = SPACE.sample(np.random.default_rng(0), 6).reshape(3, 2, 6)
    envs = gym.make_vec(ID, 2, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}, **keywords)
    singles = [gym.make(ID, **keywords) for _ in range(2)]
    envs.reset(seed=3)
    for k, single in enumerate(singles):
        single.reset(seed=3 + k)
    for batch in actions:
        observations, rewards, terminated, _, infos = envs.step(batch)
        assert terminated.all()
        same_step = mode is gym.vector.AutoresetMode.SAME_STEP
        told = infos["final_info"] if same_step else infos
        last = np.stack(infos["final_obs"]) if same_step else observations
        for k, single in enumerate(singles):
            observation, reward, _, _, info = single.step(batch[k])
            np.testing.assert_array_equal(last[k], observation)
            assert rewards[k] == reward
            for name in ("architecture", "arch_key", "cost_s", "fidelity", "trial", "invalid"):
                assert told[name][k] == info[name]
            assert {name: values[k] for name, values in told["metrics"].items() if name[0] != "_"} == info["metrics"]
            single.reset()
        if same_step:
            np.testing.assert_array_equal(observations, np.zeros((2, 6)))
        elif mode is gym.vector.AutoresetMode.NEXT_STEP:
            observations, rewards, terminated, _, _ = envs.step(batch)  # the action is ignored
            assert not terminated.any()
            assert rewards.tolist() == [0, 0]
            np.testing.assert_array_equal(observations, np.zeros((2, 6)))
        else:
            observations, _ = envs.reset(options={"reset_mask": np.ones(2, dtype=np.bool_)})
            np.testing.assert_array_equal(observations, np.zeros((2, 6)))
    envs.close()
