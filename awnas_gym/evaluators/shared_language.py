"""Shared weights of recurrent cells on a text, put together of names and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awnas_gym.config import check_settings
from awnas_gym.data.searching import texts_to_search
from awnas_gym.errors import SettingError
from awnas_gym.evaluators.relaxed import RelaxedWeights
from awnas_gym.evaluators.shared import SharedWeights
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.reading import reads_text
from awnas_gym.supernets import SUPERNETS
from awnas_gym.supernets.recurrent_body import Dropouts
from awnas_gym.tasks import MEASURES, TASKS
from awnas_gym.training.devices import usable_device
from awnas_gym.training.distributed import current
from awnas_gym.training.memory import out_of_memory_says
from awnas_gym.training.stream import Epochs
from awnas_gym.training.windows import Windows

ADVICE = "lower batch_size, length or hidden"
"""Where memory ends."""


def shared_language(
    *,
    space: str = "recurrent",
    dataset: str = "shakespeare",
    settings: Mapping[str, Any] | None = None,
    valid_fraction: float | None = None,
    measures: Sequence[str] = (),
    sharing: str | None = None,
    dropouts: Mapping[str, float] | None = None,
    slowness: float = 0.0,
    batch_size: int = 64,
    eval_batch_size: int = 64,
    length: int = 35,
    device: str = "cpu",
    relaxed: bool = False,
    momentum: float = 0.0,
    clip: float = 0.25,
    **training: Any,  # noqa: ANN401 - keywords of SharedWeights or RelaxedWeights
) -> SharedWeights:
    """Return the evaluator of a space's supernet on a text: it trains on `train` and scores on `valid`.

    Args:
        space: a name from `SUPERNETS`, of networks that read text.
        dataset: a name from `DATASETS`, of text.
        settings: of the space, e.g. `{"hidden": 64}`; the data set gives the size of the vocabulary.
        valid_fraction: share of `train` that becomes `valid`, see `texts_to_search`.
        measures: names from `MEASURES`.
        sharing: whose the weights are, see `supernets.recurrent.Supernet`; None for `"edge"` or, relaxed, `"node"`.
        dropouts: of `Dropouts`, in training.
        slowness: see `tasks.language.Language`.
        batch_size: parts of the training text that are read side by side.
        eval_batch_size: parts of the text that scores.
        length: tokens of a window, in the mean; those that score have just so many.
        device: any of torch.
        relaxed: make `RelaxedWeights`, whose operations are mixed; every state is then normalised, without scale and
            shift, as in the search of DARTS.
        momentum: of SGD; the papers have none.
        clip: largest norm of the gradient.
        training: of `SharedWeights`, or of `RelaxedWeights`.

    Raises:
        SettingError: a value out of its range, no such device, a setting that the space does not have, a space or a
            data set that is not of text, or several processes: what a network remembers is of one.
        UnknownNameError: no such supernet, data set or measure.
        MissingDataError: the data set's files are not there.
    """
    if current().size > 1:
        raise SettingError("text is read by one process: leave torchrun out")
    make_supernet, kind = SUPERNETS.load(space), SPACES.load(space)
    if not reads_text(kind):
        raise SettingError(f"the networks of {space} read images, and here they are given text")
    wanted = dict(settings or {})
    check_settings(kind, wanted, where=f"the space {space}")
    dropped = dict(dropouts or {})
    check_settings(Dropouts, dropped, where="dropouts")
    train, valid = texts_to_search(dataset, valid_fraction=valid_fraction)
    tokens = len(train.vocabulary)
    if wanted.setdefault("tokens", tokens) != tokens:
        raise SettingError(f"{dataset} has tokens={tokens}; got {wanted['tokens']!r}")
    whose = ("node" if relaxed else "edge") if sharing is None else sharing
    supernet = make_supernet(kind(**wanted), sharing=whose, dropouts=Dropouts(**dropped), batch_norm=relaxed)
    with out_of_memory_says(ADVICE):
        supernet.to(device=usable_device(device))

    def data(seed: int) -> tuple[Epochs, Epochs]:
        return (
            Windows(train, batch_size, length=length, seed=seed, device=device),
            Windows(valid, eval_batch_size, length=length, device=device),
        )

    _, scored = data(0)  # wrong sizes are refused here and not at the first reset
    task = TASKS.load("language")(slowness=slowness, length=length)
    chosen = [MEASURES.load(name)() for name in measures]
    make: type[SharedWeights] = RelaxedWeights if relaxed else SharedWeights
    about = {"dataset": dataset, "data": [train.checksum, valid.checksum], "sharing": whose, "relaxed": relaxed}
    evaluator = make(supernet, task, data, about=about, measures=chosen, momentum=momentum, clip=clip, **training)
    if evaluator.eval_batches > len(scored):
        raise SettingError(
            f"eval_batches is 1 … {len(scored)}, the windows of {length} tokens that {dataset} has to score on; got "
            f"{evaluator.eval_batches}"
        )
    return evaluator
