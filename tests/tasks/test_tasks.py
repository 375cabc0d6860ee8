"""Tasks and measures, by numbers that can be worked out."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="needs the extra [torch]")

from torch import nn  # noqa: E402

from awnas_gym.errors import SettingError  # noqa: E402
from awnas_gym.metrics import is_metric  # noqa: E402
from awnas_gym.tasks import MEASURES, TASKS  # noqa: E402
from awnas_gym.tasks.classification import Classification  # noqa: E402
from awnas_gym.tasks.language import Language  # noqa: E402
from awnas_gym.tasks.weight_noise import WeightNoise  # noqa: E402

LOGITS = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]])
LABELS = torch.tensor([0, 1, 1])


@pytest.mark.parametrize("table", [TASKS, MEASURES], ids=["tasks", "measures"])
def test_scores_have_names_that_a_split_makes_metrics(table) -> None:
    for name in table:
        part = table.load(name)()
        assert part.yields
        assert all(is_metric(f"valid_{score}") for score in part.yields)


def test_scores_are_over_all_images_whatever_the_batches() -> None:
    task = Classification()
    expected = {"accuracy": 2 / 3, "loss": float(nn.functional.cross_entropy(LOGITS, LABELS))}
    whole = task.metrics(lambda images: images, [(LOGITS, LABELS)])
    parts = task.metrics(lambda images: images, [(LOGITS[:2], LABELS[:2]), (LOGITS[2:], LABELS[2:])])
    assert whole == pytest.approx(expected)
    assert parts == pytest.approx(expected)


def test_smoothing_changes_the_loss_and_not_the_scores() -> None:
    smooth = Classification(label_smoothing=0.2)
    log_odds = torch.log_softmax(LOGITS, dim=1)
    expected = -(0.8 * log_odds[torch.arange(3), LABELS] + 0.2 * log_odds.mean(dim=1)).mean()
    assert float(smooth.loss(LOGITS, LABELS)) == pytest.approx(float(expected))
    assert smooth.metrics(lambda images: images, [(LOGITS, LABELS)])["loss"] == pytest.approx(
        float(Classification().loss(LOGITS, LABELS))
    )


def test_no_image_is_no_score() -> None:
    with pytest.raises(SettingError, match="one image at least"):
        Classification().metrics(lambda images: images, [])


def test_noise_takes_accuracy_away_and_leaves_the_network_as_it_was() -> None:
    torch_rng = torch.Generator().manual_seed(0)
    images = torch.randn(2000, 4, generator=torch_rng)
    network = nn.Linear(4, 2, bias=True)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[1.0, 0, 0, 0], [-1.0, 0, 0, 0]]))
        network.bias.zero_()
    before = network.weight.detach().clone()
    labels = (images[:, 0] < 0).long()
    batches = [(images, labels)]

    def noisy(strength: float, seed: int = 0, draws: int = 40) -> float:
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            found = WeightNoise(strength=strength, draws=draws).measure(
                Classification(), network, network, batches, generator
            )
        return found["noisy_accuracy"]

    assert noisy(0.0) == 1.0
    assert noisy(0.5) == noisy(0.5)
    # the plane w·x = 0 turns by the angle whose tangent is |noise orthogonal| / (2 + noise along)
    assert 1 > noisy(0.2) > noisy(0.5) > noisy(2.0) > 0.5
    angle = math.atan(0.2 * math.sqrt(2) * math.sqrt(3) / 2)  # of the root mean square
    assert noisy(0.2, draws=200) == pytest.approx(1 - angle / math.pi, abs=0.02)
    assert torch.equal(network.weight, before)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Classification(label_smoothing=1.0), "a share from 0 up to 1; got 1.0"),
        (lambda: Classification(auxiliary_weight=-1), "auxiliary_weight is 0 or more; got -1"),
        (lambda: Language(slowness=-1), "slowness is 0 or more"),
        (lambda: Language(length=0), "length 1 or more"),
        (lambda: WeightNoise(strength=-1), "strength is 0 or more"),
        (lambda: WeightNoise(draws=0), "draws 1 or more"),
    ],
)
def test_wrong_settings_are_refused(make, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make()


# ------------------------------------------------------------------ language

WINDOWS = [
    (torch.tensor([[0, 1], [2, 2]]), torch.tensor([[1, 2], [2, 0]])),
    (torch.tensor([[2], [0]]), torch.tensor([[1], [1]])),
]


def counting(tokens, memory=None):
    """Return logits of the sum of all tokens so far, and that sum as the state."""
    start = torch.zeros(len(tokens), 1) if memory is None else memory
    states = (start[:, :, None] + tokens[:, :, None].cumsum(dim=1)).float()
    return torch.cat([states, -states, 0.1 * states], dim=2), states


def test_perplexity_is_over_all_tokens_and_the_state_goes_on() -> None:
    nats, correct = [], []
    sums = torch.zeros(2)
    for tokens, following in WINDOWS:
        for t in range(tokens.shape[1]):
            sums = sums + tokens[:, t]
            logits = torch.stack([sums, -sums, 0.1 * sums], dim=1)
            nats += nn.functional.cross_entropy(logits, following[:, t], reduction="none").tolist()
            correct += (logits.argmax(dim=1) == following[:, t]).tolist()
    found = Language().metrics(counting, WINDOWS)
    assert found == pytest.approx(
        {"perplexity": math.exp(sum(nats) / 6), "loss": sum(nats) / 6, "accuracy": sum(correct) / 6}
    )
    apart = [Language().metrics(counting, [window])["loss"] for window in WINDOWS]
    assert (4 * apart[0] + 2 * apart[1]) / 6 != pytest.approx(found["loss"])  # without the state


def test_the_loss_of_windows_and_what_is_added_to_it() -> None:
    task = Language(slowness=0.5, length=4)
    (tokens, following), second = WINDOWS
    out = counting(tokens)
    assert float(task.loss(out, following)) == pytest.approx(task.metrics(counting, WINDOWS[:1])["loss"])
    added = task.training_loss(out, following) - task.loss(out, following)
    assert float(added) == pytest.approx(0.5 * (1**2 + 2**2) / 2)
    single = counting(second[0])
    assert torch.equal(task.training_loss(single, second[1]), task.loss(single, second[1]))  # nothing to compare with
    assert task.pace(following) == 0.5
    assert Language().pace(following) == 1.0
    states = out[1].clone().requires_grad_()
    memory = task.memory((out[0], states))
    assert torch.equal(memory, out[1][:, -1])
    assert not memory.requires_grad


def test_all_words_alike_are_as_many_as_the_vocabulary() -> None:
    tokens = torch.randint(50, (4, 6))
    found = Language().metrics(
        lambda some, *_: (torch.zeros(*some.shape, 50), torch.zeros(*some.shape, 1)), [(tokens, tokens)]
    )
    assert found["perplexity"] == pytest.approx(50)


def test_a_loss_beyond_numbers_is_a_large_perplexity() -> None:
    logits = torch.tensor([[[0.0, 1e6]]])
    found = Language().metrics(lambda *_: (logits, logits), [(torch.tensor([[0]]), torch.tensor([[0]]))])
    assert found["loss"] == 1e6
    assert 1e300 < found["perplexity"] < math.inf


def test_no_token_is_no_score() -> None:
    with pytest.raises(SettingError, match="one token at least"):
        Language().metrics(counting, [])


def test_a_second_classifier_counts_by_its_weight() -> None:
    task = Classification(auxiliary_weight=0.3)
    found = task.training_loss((LOGITS, -LOGITS), LABELS)
    assert float(found) == pytest.approx(float(task.loss(LOGITS, LABELS) + 0.3 * task.loss(-LOGITS, LABELS)))
    assert torch.equal(task.training_loss(LOGITS, LABELS), task.loss(LOGITS, LABELS))
    assert task.memory(LOGITS) is None
    assert task.pace(LABELS) == 1.0
