"""The file of a model in a folder of measurements."""

from __future__ import annotations

from pathlib import Path

from awnas_gym.errors import MissingDataError, SettingError


def model_file(folder: Path, model: str, endings: tuple[str, ...]) -> Path:
    """Return the one file that is called like a model, perhaps with more behind a `_`.

    Raises:
        MissingDataError: there is none.
        SettingError: there are several.
    """
    found = [
        path
        for path in sorted(folder.glob(f"{model}*"))
        if path.suffix in endings and (path.stem == model or path.name.startswith(f"{model}_"))
    ]
    if not found:
        raise MissingDataError(f"no {' or '.join(f'{model}{ending}' for ending in endings)} in {folder}")
    if len(found) > 1:
        raise SettingError(f"{folder} has {len(found)} files of the model {model}: {found[0].name}, {found[1].name}")
    return found[0]
