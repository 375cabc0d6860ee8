"""Histories as data sets of Minari, for offline reinforcement learning. Needs the extra [minari]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np

from awnas_gym import __version__
from awnas_gym.agents.find import label_of
from awnas_gym.agents.play import find_kind, find_space
from awnas_gym.derivation import open_run
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.history import judgement, read_records
from awnas_gym.errors import MissingExtraError, SettingError

if TYPE_CHECKING:
    from minari import MinariDataset
    from minari.data_collector import EpisodeBuffer

ASKED = ("fidelity", "trial", "context")
"""What of a record its episode is begun with, as an option of `reset`."""


def write_minari(
    folder: str | Path,
    dataset_id: str,
    *,
    action_mode: str | None = None,
    mask_in_obs: bool | None = None,
    **metadata: Any,  # noqa: ANN401 - Minari's
) -> MinariDataset:
    """Write the history of a run as a data set of Minari; see `write_records`.

    Args:
        folder: of a run that `awnas search` wrote, finished or not, or with only one below it.
        dataset_id: `name-v0` or `namespace/name-v0`.
        action_mode: `"build"`, an episode of one decision a step, or `"joint"`, of one step; None for that of the run.
        mask_in_obs: whether observations hold action masks; None for what the run had.
        metadata: see `write_records`. The agent's name is `algorithm_name`; environment, agent, budget and seed are
            under the key `awnas_run`.

    Raises:
        RunFolderError: there is no run, or it is damaged.
        SettingError: see `write_records`.
        MissingExtraError: Minari is not installed.
    """
    opened = open_run(Path(folder))
    asked = {"action_mode": action_mode, "mask_in_obs": mask_in_obs}
    environment = {**opened.config.environment, **{name: value for name, value in asked.items() if value is not None}}
    dataset = write_records(
        replace(opened.config, environment=environment).make_env(),
        read_records(opened.folder / "history.jsonl"),
        dataset_id,
        **{"algorithm_name": label_of(opened.config.agent["name"]), **metadata},
    )
    dataset.storage.update_metadata({"awnas_run": asdict(opened.config)})
    return dataset


def write_records(
    env: gym.Env[Any, Any],
    records: Iterable[Mapping[str, Any]],
    dataset_id: str,
    **metadata: Any,  # noqa: ANN401 - Minari's
) -> MinariDataset:
    """Write a history as a data set of Minari, in the folder that Minari keeps them in: an episode a record.

    Each architecture is played in `env`; nothing is evaluated again, rewards are those of the records. What was
    punished for an illegal action (`invalid="penalty"`) is left out: a history says what such an action became, not
    what it was. `options` of an episode say what it was evaluated at. `recover_environment` of the data set makes `env`
    anew.

    Args:
        env: of `gym.make`, of the build or the joint kind, wrapped or not; the Recorder is not among the wrappers.
        records: of a `History`, in their order. Of the edit kind too: what counts is what was evaluated.
        dataset_id: `name-v0` or `namespace/name-v0`.
        metadata: of Minari's `create_dataset_from_buffers`: `author`, `author_email`, `algorithm_name`,
            `code_permalink`, `description` and others. Minari warns of these five if they are missing.

    Raises:
        SettingError: the environment or the name has another form, or there is no architecture to write.
        GenotypeError: a record is of another space.
        ValueError: from Minari: there is a data set of that name.
        MissingExtraError: Minari is not installed.
    """
    minari = _import()
    _check_id(dataset_id)
    _check_env(env)
    punishes = env.unwrapped.invalid == "penalty"  # type: ignore[attr-defined] # an ArchitectureEnv
    episodes = [_episode(env, record) for record in records if not (punishes and record["invalid"])]
    if not episodes:
        raise SettingError("a data set holds at least one architecture; the history has none that can be written")
    given = {"eval_env": env, "requirements": [f"awnas-gym>={__version__}"], **metadata}
    dataset: MinariDataset = minari.create_dataset_from_buffers(dataset_id, episodes, env=env, **given)
    return dataset


def _import() -> Any:  # noqa: ANN401 - a module
    try:
        import h5py  # noqa: F401, PLC0415 - which Minari writes with
        import minari  # noqa: PLC0415 - of the extra [minari]
        import PIL  # noqa: F401, PLC0415 - which Minari imports for that and does not ask for
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "minari", "minari") from error
    return minari


def _check_id(dataset_id: str) -> None:
    """Refuse a wrong name before Minari, which makes a folder for it first."""
    from minari.dataset.minari_dataset import parse_dataset_id  # noqa: PLC0415 - see above

    try:
        parse_dataset_id(dataset_id)
    except (TypeError, ValueError) as error:
        raise SettingError(f"dataset_id is name-v0 or namespace/name-v0; got {dataset_id!r}") from error


def _check_env(env: gym.Env[Any, Any]) -> None:
    if not isinstance(env.unwrapped, ArchitectureEnv) or find_kind(env) not in {"build", "joint"}:
        raise SettingError(
            "data sets are of environments of awnas_gym with action_mode='build' or 'joint', in which what was found "
            f"by edits can be played too; got {env}"
        )
    if env.has_wrapper_attr("history"):
        raise SettingError("a data set says how to make its environment; give it without the Recorder around it")


def _episode(env: gym.Env[Any, Any], record: Mapping[str, Any]) -> EpisodeBuffer:
    """Play the architecture of a record, and return the episode."""
    from minari.data_collector import EpisodeBuffer  # noqa: PLC0415 - see above

    if "gradient" in record:
        raise SettingError("this history has rewards of mixtures; data sets hold architectures")
    arch = find_space(env).parse(record["architecture"]).astype(np.int64)
    options = {name: record[name] for name in ASKED if name in record}
    known: Any = env.unwrapped
    known.intercept(lambda *_: judgement(dict(record)))
    try:
        observations = [env.reset(options=options)[0]]
        actions: list[Any] = [arch] if find_kind(env) == "joint" else arch.tolist()
        rewards, ends = [], []
        for action in actions:
            observation, reward, terminated, _, _ = env.step(action)
            observations.append(observation)
            rewards.append(reward)
            ends.append(terminated)
    finally:
        known.intercept(None)
    return EpisodeBuffer(
        options=options,
        observations=_columns(observations),
        actions=actions,
        rewards=rewards,
        terminations=ends,
        truncations=[False] * len(ends),
    )


def _columns(observations: list[Any]) -> Any:  # noqa: ANN401 - as the observation space is
    """Return observations as Minari keeps them: of dictionaries, a dictionary of lists."""
    if not isinstance(observations[0], dict):
        return observations
    return {name: _columns([each[name] for each in observations]) for name in observations[0]}
