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
        (lambda: WeightNoise(strength=-1), "strength is 0 or more"),
        (lambda: WeightNoise(draws=0), "draws 1 or more"),
    ],
)
def test_wrong_settings_are_refused(make, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make()
