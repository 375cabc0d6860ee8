"""Damaged files of every kind: each is refused by an error of this package, in one line, or is still good.

Some broke a reader once (`experiments/science/fuzz_readers.py` finds such files); the others show a kind of damage
each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from awnas_gym.errors import AwnasError
from experiments.damaged import READERS

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.*"))
STILL_GOOD = {
    "awnas/settings_of_no_network.awnas",
    "nats/latency_within_nothing.pickle.pbz2",
    "nats/no_runs.pickle.pbz2",
    "nats/no_validation_seconds.pickle.pbz2",
    "nats/one_run.pickle.pbz2",
    "pickle/doubled_again_and_again.pickle",
    "pickle/list_within_itself.pickle",
}


def test_there_is_a_file_of_every_kind() -> None:
    assert {name.partition("/")[0] for name in FILES} | {"whole"} == set(READERS)
    assert set(FILES) >= STILL_GOOD


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("name", FILES)
def test_no_file_raises_another_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    read = READERS[name.partition("/")[0]].read
    if name in STILL_GOOD:
        read(CORPUS / name)
        return
    with pytest.raises(AwnasError) as caught:
        read(CORPUS / name)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "home" / "tables").exists()  # nothing was written
