"""Shared weights of recurrent cells: texts by name, a state that goes on through training and checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.testing import check_evaluator

torch = pytest.importorskip("torch", reason="shared weights need torch: pip install 'awnas-gym[torch]'")

from torch.nn import functional  # noqa: E402

from awnas_gym.data import texts_of  # noqa: E402
from awnas_gym.evaluators import EVALUATORS  # noqa: E402
from awnas_gym.training.schedules import cosine_with_restarts  # noqa: E402
from awnas_gym.training.windows import Windows  # noqa: E402

SMALL: dict[str, Any] = {
    "settings": {"nodes": 3, "hidden": 8}, "batch_size": 20, "eval_batch_size": 10, "length": 6, "learning_rate": 5.0,
}  # fmt: skip
RNG = np.random.default_rng(0)


def started(seed: int = 0, **keywords: Any) -> Any:
    evaluator = EVALUATORS.load("shared_language")(**{**SMALL, **keywords})
    evaluator.reset(seed)
    return evaluator


def archs(evaluator: Any, n: int, seed: int = 0) -> Any:
    return evaluator.space.sample(np.random.default_rng(seed), n)


def test_it_keeps_the_contract() -> None:
    evaluator = started()
    check_evaluator(evaluator)
    assert evaluator.yields == {"valid_perplexity", "valid_loss", "valid_accuracy"}
    assert evaluator.space.settings == {"nodes": 3, "hidden": 8, "tokens": 63}


def test_the_state_goes_on_from_window_to_window_and_the_rate_follows_their_lengths() -> None:
    evaluator = started(slowness=0.0)
    (arch,) = archs(evaluator, 1)
    seen: list[Any] = []
    run = evaluator.supernet.network.run

    def watched(tokens: Any, state: Any, steps: Any) -> Any:
        out = run(tokens, state, steps)
        rate = evaluator._optimiser.param_groups[0]["lr"]
        seen.append((tokens.shape[1], rate, state, out[1][:, -1].detach()))
        return out

    evaluator.supernet.network.run = watched
    evaluator._training.position = len(evaluator._training.data) - 2  # near the end of the text
    evaluator.train(np.repeat(arch[None], 4, axis=0))
    states = [(before is None, last) for _, _, before, last in seen]
    assert [none for none, _ in states] == [True, False, True, False]  # a stream that was put there remembers nothing
    assert torch.equal(seen[1][2], seen[0][3])
    assert torch.equal(seen[3][2], seen[2][3])
    high = cosine_with_restarts(1.0, high=5.0, low=0.0005, first=10)  # that of the second epoch
    assert [rate / length for length, rate, _, _ in seen[2:]] == pytest.approx([high / 6] * 2, rel=1e-4)


def test_what_was_saved_goes_on_alike(tmp_path: Path) -> None:
    """Weights, places in the text, the state, and what dropout draws."""
    dropouts = {"dropouts": {"states": 0.3, "words": 0.1}}
    first, second = started(**dropouts), started(seed=9, **dropouts)
    rows = archs(first, 8)

    def scores(evaluator: Any, some: Any) -> list[float]:
        found: list[float] = evaluator.evaluate(some, rng=RNG)["valid_loss"].tolist()
        return found

    scores(first, rows[:4])
    first.save(tmp_path)
    wanted = scores(first, rows[4:])
    scores(second, rows[:1])
    second.load(tmp_path)
    torch.rand(3)  # what others draw changes nothing
    assert scores(second, rows[4:]) == wanted
    second.load(tmp_path)
    second._training.memory = torch.zeros_like(second._training.memory)
    assert scores(second, rows[4:]) != wanted  # the state counts


def test_scores_drop_nothing_and_leave_no_trace() -> None:
    evaluator = started(dropouts={"outputs": 0.5}, weight_steps=0)
    rows = archs(evaluator, 2)
    evaluator.train(rows)
    before = {name: tensor.clone() for name, tensor in evaluator.supernet.state_dict().items()}
    one, two = (evaluator.score(rows, batches=3) for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert all(torch.equal(before[name], tensor) for name, tensor in evaluator.supernet.state_dict().items())
    network = evaluator.derive(rows[0])
    tokens = torch.randint(63, (2, 5))
    torch.testing.assert_close(network(tokens)[0], evaluator.supernet.eval()(tokens, rows[0])[0])


def test_scores_of_a_whole_text_are_those_of_the_plain_network() -> None:
    evaluator = started(weight_steps=0, eval_batch_size=200)
    evaluator.train(archs(evaluator, 3))
    (arch,) = archs(evaluator, 1, seed=4)
    for name, text in (("valid", None), ("test", texts_of("shakespeare")["test"])):
        network, state, nats, tokens = evaluator.derive(arch), None, 0.0, 0
        with torch.no_grad():
            for some, following in Windows(texts_of("shakespeare")[name], 200, length=50).epoch(0):
                logits, states = network(some, state)
                state = states[:, -1]
                nats += float(functional.cross_entropy(logits.flatten(0, 1), following.flatten(), reduction="sum"))
                tokens += some.numel()
        found = evaluator.score(arch, split=text)
        assert found["valid_loss"][0] == pytest.approx(nats / tokens, abs=1e-5)  # whatever the length of windows
        assert found["valid_perplexity"][0] == pytest.approx(np.exp(nats / tokens), rel=1e-5)


def test_it_learns_what_it_is_trained_on() -> None:
    evaluator = started(learning_rate=20.0, settings={"hidden": 16, "nodes": 3}, length=20)
    rows = archs(evaluator, 60)
    before = evaluator.score(rows[0], batches=4)["valid_perplexity"][0]
    evaluator.train(rows)
    assert before == pytest.approx(63, rel=0.1)  # as if all characters were alike
    assert evaluator.score(rows[0], batches=4)["valid_perplexity"][0] < 35


def test_measures_are_taken_of_text_too() -> None:
    evaluator = started(measures=["weight_noise"])
    assert 0 <= evaluator.evaluate(archs(evaluator, 1), rng=RNG)["valid_noisy_accuracy"][0] <= 1


def test_text_is_read_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    class Two:
        size, rank = 2, 0

    monkeypatch.setattr("awnas_gym.evaluators.shared_language.current", Two)
    with pytest.raises(SettingError, match="text is read by one process"):
        started()


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"space": "enas"}, SettingError, "networks of enas read images"),
        ({"space": "nats_size"}, UnknownNameError, "No supernet named"),
        ({"dataset": "fashion14"}, SettingError, "fashion14 holds images; text is wanted here"),
        ({"settings": {"hiden": 8}}, SettingError, "Did you mean 'hidden'"),
        ({"settings": {"tokens": 8}}, SettingError, "shakespeare has tokens=63; got 8"),
        ({"dropouts": {"word": 0.1}}, SettingError, "dropouts: No setting named 'word'. Did you mean 'words'"),
        ({"dropouts": {"words": 1}}, SettingError, "the dropout of words is a share"),
        ({"sharing": "edges"}, UnknownNameError, "Did you mean 'edge'"),
        ({"valid_fraction": 0.5}, SettingError, "shakespeare has a split valid"),
        ({"batch_size": 300_000}, SettingError, "batch_size is 1 … 200000"),
        ({"eval_batch_size": 0}, SettingError, "batch_size is"),
        ({"length": 0}, SettingError, "length is"),
        ({"eval_batches": 700}, SettingError, "eval_batches is 1 … 667, the windows of 6 tokens"),
        ({"slowness": -1}, SettingError, "slowness is 0 or more"),
        ({"device": "cudda"}, SettingError, "device 'cudda' cannot be used"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_does_not_fit_is_refused(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        started(**keywords)
