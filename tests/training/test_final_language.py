"""The final training of a language model: a step by hand, the mean that begins when validation stands still, files."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from awnas_gym.data import Split, Text
from awnas_gym.errors import CheckpointError, SettingError

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.spaces import SPACES  # noqa: E402
from awnas_gym.supernets.recurrent import Network  # noqa: E402
from awnas_gym.training.final import Trainer, stored_weights  # noqa: E402
from awnas_gym.training.final_config import FinalTraining  # noqa: E402
from awnas_gym.training.final_data import final_data, split_up  # noqa: E402
from awnas_gym.training.final_folder import train_in_folder  # noqa: E402
from awnas_gym.training.final_recipe import FinalRecipe  # noqa: E402
from awnas_gym.training.language_recipe import LanguageRecipe  # noqa: E402
from awnas_gym.training.trained import score_folder  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PLAIN: dict[str, Any] = {f"dropout_{name}": 0.0 for name in ("words", "embedding", "inputs", "states", "outputs")}
SMALL: dict[str, Any] = {"epochs": 4, "batch_size": 3, "eval_batch_size": 2, "length": 6, "learning_rate": 2.0}
SPACE: Any = SPACES.load("recurrent")(nodes=2, hidden=6, tokens=5)
CELL = SPACE.parse("Genotype(recurrent=[('tanh', 0), ('relu', 1)], concat=range(1, 3))")


def texts(n: int = 200) -> dict[str, Text]:
    """Return texts in which each token has one that likely follows."""
    rng, vocabulary = np.random.default_rng(0), tuple("abcde")
    made = {}
    for name in ("train", "valid", "test"):
        tokens = [0]
        while len(tokens) < n:
            tokens.append((tokens[-1] + 1) % 5 if rng.random() < 0.8 else int(rng.integers(5)))
        made[name] = Text(np.array(tokens), vocabulary)
    return made


def trainer(seed: int = 0, **settings: Any) -> Trainer:
    recipe = LanguageRecipe(**{**SMALL, **settings})
    torch.manual_seed(seed)
    network = recipe.make_network(Network, SPACE, CELL)
    return Trainer(network, final_data(texts(), recipe, seed=seed), recipe, seed=seed, about={"genotype": "tiny"})


def test_two_steps_by_hand() -> None:
    """Clipping, weight decay, the penalty for change, a rate by the window's length, a state that goes on."""
    made = trainer(**PLAIN, epochs=1, slowness=0.3, clip=0.05, weight_decay=0.01)
    reference = copy.deepcopy(made.network)
    windows = list(made.data.train.epoch(0))
    made.data = type(made.data)(Limited(windows[:2]), None, None)
    made.train_epoch()
    memory = None
    for tokens, following in windows[:2]:
        reference.zero_grad()
        logits, states = reference.train()(tokens, memory)
        memory = states[:, -1].detach()
        nats = torch.nn.functional.cross_entropy(logits.reshape(-1, 5), following.reshape(-1))
        (nats + 0.3 * (states[:, 1:] - states[:, :-1]).square().mean()).backward()
        norm = torch.sqrt(sum((p.grad**2).sum() for p in reference.parameters()))
        assert norm > 0.05
        with torch.no_grad():
            for parameter in reference.parameters():
                step = parameter.grad * 0.05 / norm + 0.01 * parameter
                parameter.sub_(2.0 * tokens.shape[1] / 6 * step)
    for found, wanted in zip(made.network.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


class Limited:
    """Some batches in place of an epoch."""

    def __init__(self, batches: list[Any]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, number: int, start: int = 0) -> Any:
        return iter(self.batches[start:])


def test_it_learns() -> None:
    made = trainer(**PLAIN, epochs=15, average_after=0)
    lines = [made.train_epoch() for _ in range(15)]
    assert lines[-1]["valid_perplexity"] < 0.7 * lines[0]["valid_perplexity"]
    assert lines[-1]["valid_perplexity"] == pytest.approx(np.exp(lines[-1]["valid_loss"]))
    assert made.best["valid_perplexity"] == min(line["valid_perplexity"] for line in lines)
    assert lines[0]["drop_path"] == 0.0


def test_the_mean_begins_when_an_epoch_before_the_last_ones_was_better() -> None:
    made = trainer(average_after=2)
    found = {}
    for perplexities in ([5, 4, 3, 2], [5, 4, 4.5, 4.7], [5, 3, 4, 4, 3.5], [3, 4, 5], [3, 2, 1, 4]):
        made._found = list(map(float, perplexities))
        found[tuple(perplexities)] = made._stands_still()
    # compared with all but the two before: [5], [5], [5, 3], [] and [3]
    assert list(found.values()) == [False, False, True, False, True]
    made.recipe = LanguageRecipe(average_after=0)
    assert not made._stands_still()


def test_the_mean_is_that_of_the_weights_after_each_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As averaged SGD has it, which goes on as SGD and keeps the mean of all that it came by."""
    made = trainer(average_after=1)
    monkeypatch.setattr(made, "_stands_still", lambda: made.epochs == 2)
    after: list[Any] = []
    keep = made._optimiser.step

    def step(*_: Any) -> None:
        keep()
        after.append([p.detach().clone() for p in made.network.parameters()])

    monkeypatch.setattr(made._optimiser, "step", step)
    lines = [made.train_epoch() for _ in range(4)]
    assert "mean_valid_perplexity" not in lines[1]
    seen = after[2 * len(made.data.train) :]
    for i, parameter in enumerate(made.average.module.parameters()):
        torch.testing.assert_close(parameter, torch.stack([each[i] for each in seen]).mean(dim=0), atol=1e-6, rtol=1e-5)
    value = made.score(made.average.module, made.data.valid)["perplexity"]
    assert lines[3]["mean_valid_perplexity"] == value
    assert made.best["valid_perplexity"] == min(
        lines[0]["valid_perplexity"], lines[1]["valid_perplexity"], lines[2]["mean_valid_perplexity"], value
    )
    made.save(tmp_path)
    stored = stored_weights(tmp_path, "mean", about={"genotype": "tiny"})
    assert all(torch.equal(stored[name], tensor) for name, tensor in made.average.module.state_dict().items())
    with pytest.raises(CheckpointError, match=r"no running mean of the weights \(ema\)"):
        stored_weights(tmp_path, "ema", about={"genotype": "tiny"})


@pytest.mark.parametrize("stop", [1, 3])
def test_resume_equals_unbroken_bit_by_bit(stop: int, tmp_path: Path) -> None:
    """Before the mean began and after; dropouts and lengths of windows are drawn anew for each epoch."""
    settings = {"average_after": 1, "learning_rate": 40.0, "epochs": 6}
    whole = trainer(**settings)
    lines = [whole.train_epoch() for _ in range(6)]
    begun = [number for number, line in enumerate(lines) if "mean_valid_loss" in line]
    assert begun, "no epoch was worse: the mean never began"
    assert 1 < begun[0] <= 3
    first = trainer(**settings)
    before = [first.train_epoch() for _ in range(stop)]
    first.save(tmp_path)
    resumed = trainer(seed=7, **settings)
    resumed = Trainer(resumed.network, whole.data, whole.recipe, seed=0, about={"genotype": "tiny"})
    resumed.load(tmp_path)
    torch.rand(7)  # what others draw changes nothing
    assert before + [resumed.train_epoch() for _ in range(6 - stop)] == lines
    for name, tensor in whole.final_network().state_dict().items():
        assert torch.equal(resumed.final_network().state_dict()[name], tensor), name


def test_text_is_not_shuffled_when_it_is_shared_out() -> None:
    found = split_up({"train": texts()["train"]}, valid_fraction=0.25)
    assert found["train"].tokens.tolist() + found["valid"].tokens.tolist() == texts()["train"].tokens.tolist()
    assert split_up({"train": texts()["train"]}, valid_fraction=0).keys() == {"train"}


def test_recipes_are_of_text_or_of_images() -> None:
    images = {"train": Split(np.zeros((4, 1, 6, 6), np.uint8), np.zeros(4, np.int64))}
    with pytest.raises(SettingError, match="a LanguageRecipe does not say how to read a Split"):
        final_data(images, LanguageRecipe(), seed=0)
    with pytest.raises(SettingError, match="a FinalRecipe does not say how to read a Text"):
        final_data(texts(), FinalRecipe(), seed=0)


# ------------------------------------------------------------------ in a folder


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Texts of one's own, as characters."""
    folder = tmp_path / "data" / "text_characters"
    folder.mkdir(parents=True)
    for name, text in texts().items():
        (folder / f"{name}.txt").write_text("".join("abcde"[token] for token in text.tokens))
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path / "data"))
    return folder


def config(**changes: Any) -> FinalTraining:
    training = {**SMALL, "epochs": 2, **changes.pop("training", {})}
    given = {
        "space": {"name": "recurrent", "nodes": 2, "hidden": 6},
        "genotype": SPACE.genotype(CELL), "dataset": "text_characters", **changes,
    }  # fmt: skip
    return FinalTraining(**given, training=training)


def test_from_a_configuration_to_a_test_perplexity(data: Path, tmp_path: Path) -> None:
    assert config().space["tokens"] == 6  # a … e and <unk>
    summary = train_in_folder(config(), tmp_path / "run")
    assert summary["params"] == 6 * 6 + 6 + 4 * 36 + 2 * 2 * 36
    assert summary["best"]["valid_perplexity"] == summary["valid_perplexity"]
    scores = score_folder(tmp_path / "run", ["valid", "test"])
    assert scores["test"]["perplexity"] == summary["test_perplexity"]
    assert set(scores["valid"]) == {"accuracy", "loss", "perplexity"}
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert min(line["valid_perplexity"] for line in lines) == summary["valid_perplexity"]
    assert train_in_folder(config(), tmp_path / "run") == summary


def test_another_text_needs_the_same_vocabulary(data: Path, tmp_path: Path) -> None:
    train_in_folder(config(training={"epochs": 1}), tmp_path / "run")
    with pytest.raises(SettingError, match="the vocabulary of shakespeare has 63 tokens; the network knows 6"):
        score_folder(tmp_path / "run", ["test"], dataset="shakespeare")
    other = data.parent / "text_words"
    other.mkdir()
    (other / "train.txt").write_text("a b c d\na b c d\n")
    with pytest.raises(SettingError, match="another vocabulary"):
        score_folder(tmp_path / "run", ["train"], dataset="text_words")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "cifar10"}, "cifar10 holds images; text is wanted here"),
        ({"space": {"name": "recurrent", "tokens": 7}}, "text_characters has 6 tokens; the network knows 7"),
        ({"training": {"crop": 4}}, "No setting named 'crop'"),
        ({"training": {"dropout_word": 0.1}}, "Did you mean 'dropout_words'"),
        ({"space": {"name": "recurrent", "nodes": 3}}, "is no genotype of 3 recurrent nodes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_refused(data: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**changes)


@pytest.mark.parametrize("name", ["train_rnn", "train_rnn_ptb"])
def test_the_examples_train(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In small, on files in the form of Penn Treebank; the recipe of the paper is the default one."""
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    (tmp_path / "ptb").mkdir()
    for split in ("train", "valid", "test"):
        (tmp_path / "ptb" / f"ptb.{split}.txt").write_text(" no it was n't <unk> \n the cat sat on N mats \n" * 20)
    content = yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text())
    assert (FinalTraining(**content).recipe == LanguageRecipe()) == (name == "train_rnn_ptb")
    content |= {"dataset": "ptb", "space": {**content["space"], "hidden": 8}}
    content["training"] |= {"batch_size": 2, "eval_batch_size": 20}
    small = FinalTraining(**content)
    made = small.trainer(small.splits())
    before = made.score(made.network, made.data.valid)["perplexity"]
    assert before == pytest.approx(small.space["tokens"], rel=0.2)
    line = made.train_epoch()
    assert np.isfinite(line["train_loss"])
    assert made.score(made.final_network(), made.data.test)["perplexity"] > 1
