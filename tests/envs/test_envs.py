"""The environments: contracts of Gymnasium and SB3, masks, episodes, bad input."""

import copy
import itertools
import pickle
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table
from awnas_gym.errors import (
    AgentError,
    MissingDataError,
    MissingMetricError,
    SettingError,
    TableFileError,
    UnknownNameError,
)
from tests.tiny_table import MISSING_INDEX, SPACE, class_rows

ID = "awnas/NASBench201-v0"
MODES = [
    {},
    {"action_mode": "joint"},
    {"mask_in_obs": True},
    {"action_mode": "joint", "mask_in_obs": True},
    {"trial": "random"},
    {"reward": "normalised"},
    {"split": "test", "fidelity": 2, "trial": 1},
    {"objective": "soft_latency"},
]


def make(tiny: str, **keywords: Any) -> gym.Env:
    return gym.make(ID, **{"dataset": tiny, **keywords})


def play(env: gym.Env, arch: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
    """Build one architecture by the actions of either kind."""
    if isinstance(env.action_space, gym.spaces.MultiDiscrete):
        return env.step(np.asarray(arch))
    for choice in arch:
        result = env.step(int(choice))
    return result


@pytest.mark.parametrize("keywords", MODES, ids=str)
def test_check_env_without_a_warning(tiny: str, keywords: dict[str, Any]) -> None:
    pytest.importorskip("matplotlib", reason="check_env draws every render mode; rgb_array needs matplotlib")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(tiny, **keywords).unwrapped)


@pytest.mark.parametrize("keywords", MODES, ids=str)
def test_sb3_check_env(tiny: str, keywords: dict[str, Any]) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker", reason="needs the extra [sb3]")
    checker.check_env(make(tiny, **keywords).unwrapped, warn=False)


@pytest.mark.parametrize("keywords", MODES, ids=str)
def test_masks_agree_in_three_dialects(tiny: str, keywords: dict[str, Any]) -> None:
    env = make(tiny, **{**keywords, "mask_in_obs": True})
    observation, info = env.reset(seed=0)
    done = False
    while not done:
        flat = env.get_wrapper_attr("action_masks")()
        mask = info["action_mask"]
        assert flat.dtype == np.bool_
        np.testing.assert_array_equal(np.concatenate(mask) if isinstance(mask, tuple) else mask, flat)
        np.testing.assert_array_equal(observation["action_mask"], flat)
        observation, _, done, _, info = env.step(env.action_space.sample(info["action_mask"]))


@pytest.mark.parametrize("mode", ["build", "joint"])
def test_terminal_info_and_reward(tiny: str, mode: str) -> None:
    env = make(tiny, action_mode=mode)
    env.reset(seed=0)
    arch = SPACE.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
    observation, reward, terminated, truncated, info = play(env, arch)
    assert (terminated, truncated) == (True, False)
    np.testing.assert_array_equal(observation, arch + 1)
    assert info["architecture"] == SPACE.genotype(arch)
    assert info["arch_key"] == SPACE.key(arch)
    assert (info["split"], info["fidelity"], info["trial"], info["invalid"]) == ("valid", 4, "mean", False)
    assert reward == info["metrics"]["valid_accuracy"]
    assert not any(name.startswith(("test", "train")) for name in info["metrics"])
    seconds = load_table(tiny).columns["train_s_model"].values
    assert info["cost_s"] == pytest.approx(3 * float(seconds[SPACE.index(arch)[0]]))


def test_reward_soft_latency(tiny: str) -> None:
    env = make(tiny, objective="soft_latency", action_mode="joint")
    env.reset(seed=0)
    _, soft, _, _, info = play(env, [3] * 6)
    assert soft == pytest.approx(info["metrics"]["valid_accuracy"] * info["metrics"]["latency_ms"] ** -0.07)


def every_reward(table: str, metric: str = "valid_accuracy", fidelity: int = 4) -> np.ndarray:
    """Return the recorded accuracies by hand, `[15625, trials]`, nan where there is none."""
    opened = load_table(table)
    column = opened.columns[metric]
    values = np.where(column.values == 65535, np.nan, column.values / column.denominator)
    return values[opened.columns["class_of_arch"].values][:, :, fidelity - 1]


@pytest.mark.parametrize("fidelity", [None, 2])
@pytest.mark.parametrize("trial", ["mean", "random", 0, 1])
@pytest.mark.parametrize("split", ["valid", "test"])
def test_normalised_is_0_at_the_mean_and_1_at_the_best(tiny: str, split: str, trial: Any, fidelity: int | None) -> None:
    env = make(tiny, action_mode="joint", reward="normalised", split=split, trial=trial, fidelity=fidelity).unwrapped
    every = every_reward(tiny, f"{split}_accuracy", fidelity or 4)
    trained = every[np.isfinite(every).any(axis=1)]
    seen = np.nanmean(trained, axis=1) if trial == "mean" else trained if trial == "random" else trained[:, trial]
    mean, best = np.nanmean(np.nanmean(trained, axis=1) if trial == "random" else seen), np.nanmax(seen)
    env.reset(seed=0)
    _, reward, _, _, info = env.step([3] * 6)
    assert reward == pytest.approx((info["metrics"][f"{split}_accuracy"] - mean) / (best - mean))
    assert env.judge.reference == pytest.approx({**env.judge.reference, "mean_random": 0.0, "best": 1.0})


def test_normalised_works_for_every_objective_and_keeps_its_scale(tiny: str) -> None:
    env = make(tiny, reward="normalised", objective="soft_latency", action_mode="joint").unwrapped
    assert env.judge.reference["best"] == pytest.approx(1)
    env.reset(seed=0)
    first = play(env, [3] * 6)
    plain = make(tiny, objective="soft_latency", action_mode="joint").unwrapped
    reference = plain.judge.reference
    for fidelity in (4, 1):
        env.reset(options={"fidelity": fidelity})
        plain.reset(options={"fidelity": fidelity})
        there = (play(plain, [3] * 6)[1] - reference["mean_random"]) / (reference["best"] - reference["mean_random"])
        assert play(env, [3] * 6)[1] == pytest.approx(there)
    assert first[1] != pytest.approx(there)


@pytest.mark.parametrize("trial", ["mean", "random", 0, 1, 2])
def test_reference_is_of_what_is_played(tiny: str, trial: Any) -> None:
    env = make(tiny, action_mode="joint", trial=trial).unwrapped
    every = every_reward(tiny)
    trained = every[np.isfinite(every).any(axis=1)]
    by_arch = np.nanmean(trained, axis=1)
    seen = by_arch if trial == "mean" else trained if trial == "random" else trained[:, trial]
    mean = by_arch.mean() if trial == "random" else np.nanmean(seen)
    assert env.judge.reference == pytest.approx(
        {"mean_random": mean, "best": np.nanmax(seen), "worst": np.nanmin(seen)}
    )


@pytest.mark.parametrize(("trial", "number"), [("mean", MISSING_INDEX), ("random", MISSING_INDEX), (0, 5), (1, 6)])
def test_an_unrecorded_architecture_earns_the_worst_and_says_so(tiny: str, trial: Any, number: int) -> None:
    representatives, _ = class_rows()
    for options in ({}, {"fidelity": 2, "trial": 2}):
        if options and number == 6:
            continue  # trial 2 of it is recorded
        env = make(tiny, action_mode="joint", trial=trial)
        env.reset(seed=0, options=options)
        _, reward, _, _, info = play(env, SPACE.unindex(representatives[number])[0])
        every = every_reward(tiny, fidelity=options.get("fidelity", 4))
        played = options.get("trial", trial)
        every = every[np.isfinite(every).any(axis=1)]
        seen = np.nanmean(every, axis=1) if played == "mean" else every if played == "random" else every[:, played]
        assert info["missing"] is True
        assert reward == pytest.approx(np.nanmin(seen))
        assert "valid_accuracy" not in info["metrics"]


def test_random_trials_repeat_with_the_seed(tiny: str) -> None:
    def rewards(seed: int) -> list[float]:
        env = make(tiny, trial="random", action_mode="joint")
        env.reset(seed=seed)
        found = []
        for _ in range(20):
            found.append(play(env, [3, 2, 1, 3, 4, 3])[1])
            env.reset()
        return found

    assert rewards(1) == rewards(1)
    assert rewards(1) != rewards(2)


def test_reset_options(tiny: str) -> None:
    env = make(tiny, action_mode="joint")
    arch = [3, 2, 1, 3, 4, 3]
    env.reset(seed=0, options={"fidelity": 2, "trial": 1})
    info = play(env, arch)[4]
    assert (info["fidelity"], info["trial"]) == (2, 1)
    with pytest.raises(SettingError, match="fidelity 99"):
        env.reset(options={"fidelity": 99})
    with pytest.raises(SettingError, match=r"reset options: .*Known: fidelity, trial"):
        env.reset(options={"seed": 1})


@pytest.mark.parametrize("mode", ["build", "joint"])
def test_state_can_be_saved_and_restored(tiny: str, mode: str) -> None:
    env, twin = (make(tiny, action_mode=mode, trial="random").unwrapped for _ in range(2))
    env.reset(seed=0)
    if mode == "build":
        env.step(3)
    state = env.get_state()
    rest = [1, 2, 3, 4, 0] if mode == "build" else [3, 1, 2, 3, 4, 0]
    twin.reset(seed=99)
    twin.set_state(state)
    for choice in rest if mode == "build" else [rest]:
        one, two = env.step(choice), twin.step(choice)
        np.testing.assert_array_equal(one[0], two[0])
        assert one[1] == two[1]


@pytest.mark.parametrize("mode", ["build", "joint"])
@pytest.mark.parametrize(
    "change",
    [
        {"fidelity": 99},
        {"fidelity": "2"},
        {"fidelity": [2]},
        {"trial": 3},
        {"trial": [1]},
        {"arch": [9, -1, -1, -1, -1, -1]},
        {"arch": [3, 2]},
        {"arch": "333333"},
        {"arch": [-1] * 6, "steps": 6},
        {"arch": [3, 3, 3, 3, 3, 5], "steps": 6},
        {"arch": [3, 3, 3, 3, 3, 3], "steps": 5},
        {"arch": [3, 3, 3, 3, 3, "3"], "steps": 6},
        {"arch": [3, 3, 3, 3, 3, 3], "steps": 7},
        {"steps": -1},
        {"was_invalid": "no"},
        {"np_random": {}},
        {"np_random": {"bit_generator": "MT19937", "state": {}}},
        {"other": 1},
    ],
    ids=str,
)
def test_what_is_no_state_is_refused_and_nothing_changes(tiny: str, mode: str, change: dict[str, Any]) -> None:
    env = make(tiny, action_mode=mode).unwrapped
    env.reset(seed=0, options={"fidelity": 2, "trial": 1})
    if mode == "build":
        env.step(3)
    before = env.get_state()
    with pytest.raises(SettingError) as caught:
        env.set_state({**make(tiny).unwrapped.get_state(), **change})
    assert "\n" not in str(caught.value)
    assert env.get_state() == before


def test_the_joint_kind_has_no_half_states(tiny: str) -> None:
    env = make(tiny, action_mode="joint").unwrapped
    env.reset(seed=0)
    with pytest.raises(SettingError, match=r"steps is 2; legal: 0 … 1"):
        env.set_state({**env.get_state(), "arch": [3, 3, -1, -1, -1, -1], "steps": 2})


@pytest.mark.parametrize("options", [{"fidelity": [2]}, {"fidelity": True}, {"trial": [1]}, {"trial": 1.0}], ids=str)
def test_reset_options_of_the_wrong_type(tiny: str, options: dict[str, Any]) -> None:
    env = make(tiny).unwrapped
    with pytest.raises(SettingError, match=f"{next(iter(options))} .*(should be|legal)"):
        env.reset(options=options)


def test_refused_reset_options_change_nothing(tiny: str) -> None:
    env = make(tiny).unwrapped
    env.reset(seed=0)
    env.step(3)
    before = env.get_state()
    with pytest.raises(SettingError, match="trial 3"):
        env.reset(seed=1, options={"fidelity": 2, "trial": 3})
    assert env.get_state() == before


@pytest.mark.parametrize(
    ("mode", "action"),
    [
        ("build", float("nan")),
        ("build", 5),
        ("build", -1),
        ("build", np.array([1, 2])),
        ("build", "conv"),
        ("build", None),
        ("joint", [0, 1, 2]),
        ("joint", [0.0] * 6),
        ("joint", np.full(6, np.nan)),
        ("joint", [0, 0, 0, 0, 0, 5]),
        ("joint", 3),
    ],
)
def test_what_is_no_action_is_refused(tiny: str, mode: str, action: Any) -> None:
    env = make(tiny, action_mode=mode).unwrapped
    env.reset(seed=0)
    with pytest.raises(AgentError, match="an action here is"):
        env.step(action)


def test_a_step_after_the_end_is_refused(tiny: str) -> None:
    env = make(tiny, action_mode="joint").unwrapped
    env.reset(seed=0)
    play(env, [0] * 6)
    with pytest.raises(AgentError, match=r"call reset\(\)"):
        env.step([0] * 6)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"objective": "acuracy"}, UnknownNameError, "Did you mean 'accuracy'"),
        ({"split": "validation"}, SettingError, "legal: train, valid, test"),
        ({"fidelity": 200}, SettingError, r"legal: \[1, 2, 3, 4\]"),
        ({"trial": 3}, SettingError, "legal: 'mean', 'random'"),
        ({"invalid": "skip"}, SettingError, "legal: repair, penalty, raise"),
        ({"action_mode": "edits"}, UnknownNameError, "Known: build, edit, joint"),
        ({"reward": "normalized"}, UnknownNameError, "Did you mean 'normalised'"),
        ({"dataset": "fashion4"}, UnknownNameError, "Did you mean 'fashion14'"),
        ({"dataset": "nowhere.awnas"}, MissingDataError, "no benchmark table at"),
        ({"trial": [1]}, SettingError, r"trial is \[1\]; it should be str or int"),
        ({"trial": True}, SettingError, "trial is True; it should be str or int"),
        ({"trial": None}, SettingError, "trial is None; it should be str or int"),
        ({"dataset": 3}, SettingError, "dataset is 3; it should be str"),
        ({"action_mode": [1]}, SettingError, r"action_mode is \[1\]; it should be str"),
        ({"objective": ["a"]}, SettingError, r"objective is \['a'\]; it should be str"),
        ({"reward": {}}, SettingError, "reward is {}; it should be str"),
        ({"split": ["valid"]}, SettingError, "split is .*; it should be str"),
        ({"fidelity": True}, SettingError, "fidelity is True; it should be int"),
        ({"fidelity": "4"}, SettingError, "fidelity is '4'; it should be int"),
        ({"invalid": ["repair"]}, SettingError, "invalid is .*; it should be str"),
        ({"mask_in_obs": "maybe"}, SettingError, "mask_in_obs is 'maybe'; it should be bool"),
    ],
)
def test_wrong_keywords(tiny: str, keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        make(tiny, **keywords)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("action_mode", ["build", "joint"])
def test_gymnasium_collects_pictures(tiny: str, action_mode: str) -> None:
    pytest.importorskip("matplotlib", reason="rgb_array needs matplotlib")
    env = make(tiny, action_mode=action_mode, render_mode="rgb_array_list")
    env.reset(seed=0)
    play(env, [3] * 6)
    pictures = env.render()
    assert len(pictures) == env.get_wrapper_attr("horizon") + 1
    assert {picture.shape[2] for picture in pictures} == {3}


def test_a_metric_the_table_lacks(tmp_path: Any) -> None:
    from awnas_gym.benchmarks import Column, write_table

    accuracy = Column(np.ones((SPACE.size, 1, 1), np.float32), ("arch", "trial", "epoch"))
    space = {"name": SPACE.name, "settings": SPACE.settings}
    write_table(tmp_path / "bare.awnas", space=space, card={}, columns={"valid_accuracy": accuracy})
    dataset = str(tmp_path / "bare.awnas")
    with pytest.raises(SettingError, match="there is nothing to normalise"):
        gym.make(ID, dataset=dataset, reward="normalised")
    with pytest.raises(MissingMetricError, match="SoftLatency needs latency_ms; this benchmark yields valid_accuracy"):
        gym.make(ID, dataset=dataset, objective="soft_latency")
    env = gym.make(ID, dataset=dataset, action_mode="joint")
    env.reset(seed=0)
    assert "cost_s" not in play(env, [0] * 6)[4]
    (tmp_path / "cut.awnas").write_bytes((tmp_path / "bare.awnas").read_bytes()[:-100])
    with pytest.raises(TableFileError, match="altered"):
        gym.make(ID, dataset=str(tmp_path / "cut.awnas"))


def test_wrong_id() -> None:
    with pytest.raises(gym.error.NameNotFound, match="NASBench201"):
        gym.make("awnas/NASBench20-v0")


@pytest.mark.parametrize("mode", ["ansi", "svg", "rgb_array"])
def test_rendering_follows_the_decisions(tiny: str, mode: str) -> None:
    if mode == "rgb_array":
        pytest.importorskip("matplotlib", reason="rgb_array needs matplotlib")
    env = make(tiny, render_mode=mode)
    env.reset(seed=0)
    pictures = [env.render()]
    for choice in (3, 0, 1, 2, 4, 3):
        env.step(choice)
        pictures.append(env.render())
    for before, after in itertools.pairwise(pictures):
        assert not np.array_equal(before, after)
    if mode == "ansi":
        assert "nor_conv_3x3" in pictures[-1]


def test_spec_is_json_and_kwargs_are_plain(tiny: str) -> None:
    spec = make(tiny, action_mode="joint").spec
    again = gym.make(gym.envs.registration.EnvSpec.from_json(spec.to_json()))
    assert again.action_space == gym.spaces.MultiDiscrete([5] * 6)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])  # noqa: S301 - ours
def test_copies_play_alike(tiny: str, copied: Any) -> None:
    env = make(tiny, trial="random").unwrapped
    env.reset(seed=0)
    env.step(3)
    twin = copied(env)
    assert play(twin, [1, 2, 3, 4, 0])[1] == play(env, [1, 2, 3, 4, 0])[1]


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
