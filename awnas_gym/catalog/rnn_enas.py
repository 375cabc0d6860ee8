"""`awnas/RNN-ENAS-v0`."""

from __future__ import annotations

from typing import Any, Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.tabular import hardware_costs, shell
from awnas_gym.config import check_keys
from awnas_gym.envs import ArchitectureEnv, BuildEnv, JointEnv, Judge
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.weights import refuse_processes
from awnas_gym.errors import UnknownNameError
from awnas_gym.evaluators import EVALUATORS
from awnas_gym.objectives import make_objective

ID = "awnas/RNN-ENAS-v0"
KINDS = {"build": BuildEnv, "joint": JointEnv}
DROPOUT = "dropout_"
"""What keywords begin with that are shares of `Dropouts`."""

TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(
        (
            "dataset", "action_mode", "objective", "measures", "schedule", "sharing", "device", "hardware", "invalid",
            "render_mode",
        ),
        str,
    ),
    "mask_in_obs": bool,
    **dict.fromkeys(
        (
            "learning_rate", "weight_decay", "valid_fraction", "slowness", "dropout_words", "dropout_embedding",
            "dropout_inputs", "dropout_states", "dropout_outputs",
        ),
        (int, float),
    ),
}  # fmt: skip
"""Types of the keywords; all others are whole numbers."""

SETTINGS = ("nodes", "hidden")
"""Keywords that are settings of the space."""


@entry_point
def rnn_enas(
    *,
    dataset: str = "shakespeare",
    nodes: int = 8,
    hidden: int = 64,
    valid_fraction: float | None = None,
    action_mode: Literal["build", "joint"] = "build",
    objective: str = "perplexity",
    measures: str = "",
    schedule: Literal["interleaved", "epochs"] = "interleaved",
    weight_steps: int | None = None,
    episodes: int | None = None,
    pool: int | None = None,
    warmup_epochs: int = 0,
    sharing: Literal["edge", "node"] = "edge",
    batch_size: int = 64,
    eval_batch_size: int = 64,
    eval_batches: int = 1,
    length: int = 35,
    learning_rate: float = 20.0,
    weight_decay: float = 5e-7,
    slowness: float = 0.0,
    dropout_words: float = 0.0,
    dropout_embedding: float = 0.0,
    dropout_inputs: float = 0.0,
    dropout_states: float = 0.0,
    dropout_outputs: float = 0.0,
    device: str = "cpu",
    threads: int = 1,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose a recurrent cell; it is scored as a language model, by weights that all cells share, trained as you play.

    ## Description
    The other half of ENAS [Pham et al., ICML 2018]: cells of a recurrent network, which predicts the next word or
    character of a text. One network holds the weights of every cell. A finished cell is trained for a step and earns
    80 / perplexity on validation text. As in `awnas/CNN-ENAS-v0`, **rewards move while the weights learn**.

    A cell is a tree: state 0 mixes the token and the state before it, each node reads one earlier state and moves it by
    a gated activation, the new state is the mean of the nodes (the form of DARTS [Liu et al., ICLR 2019]; ENAS averages
    the nodes that no other reads).

    ## Action Space
    * `action_mode="build"` (default): `Discrete`, the next decision; with 8 nodes 15 steps: the first node's
      activation, then of each node the state that it reads and its activation.
    * `action_mode="joint"`: `MultiDiscrete`, all decisions at once, one step.

    Activations: 0 tanh, 1 relu, 2 sigmoid, 3 identity. State 0 is the cell's own, state i that of node i.

    ## Observation Space
    `MultiDiscrete`, int64: one entry a decision; 0 is undecided, choice k is k + 1. With `mask_in_obs=True` a
    dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the cell is finished, then the objective, by default 80 / perplexity on the next `eval_batches` windows of
    validation text, read with a state that begins at zero.

    * `schedule="interleaved"`: the cell first gets `weight_steps` training steps.
    * `schedule="epochs"` (ENAS): after every `episodes` rewarded cells one pass over the training text, each
      window for one of the last `pool`; before the first, `warmup_epochs` passes for random cells.

    ## Starting State
    Nothing is decided. `reset(seed=s)` draws the weights anew and begins with the text, as does
    `reset(options={"weights": "init"})`; any other reset keeps what was learned.

    ## Episode End
    Terminates when the cell is finished; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. Metrics are `valid_perplexity`, `valid_loss` (nats a token), `valid_accuracy` (the
    share of tokens that were most expected), and those of `measures`. There is no `cost_s`, see `awnas/CNN-ENAS-v0`.
    `gym.make_vec(id, num_envs=n, vectorization_mode="vector_entry_point")` plays n cells on one set of weights.

    ## Arguments
    Args:
        dataset: a data set of text, see `docs/datasets.md`: `"shakespeare"` is embedded, `"ptb"`, `"wikitext2"`, ….
        nodes: of the cell. (The paper has 12, DARTS 8.)
        hidden: width of states and embeddings. (The paper has 720, DARTS 300.)
        valid_fraction: share of the training text, its end, that scores, of a data set without the split `valid`; None
            for 0.1.
        objective: a name from `awnas list objectives`, or a metric, e.g. `"valid_loss"`.
        measures: names from `awnas list measures`, separated by commas: further metrics.
        schedule: `"interleaved"` or `"epochs"`, see Rewards.
        weight_steps: of `"interleaved"`: training steps before a score; None for 1.
        episodes: of `"epochs"`: scores between two passes; None for 10.
        pool: of `"epochs"`: cells that a pass draws from; None for 10.
        warmup_epochs: passes before the first score.
        sharing: whose the weights are: `"edge"`, of a node and the state that it reads (ENAS), or `"node"`, of a node,
            whatever it reads (DARTS).
        batch_size: parts of the training text that are read side by side.
        eval_batch_size: parts of the validation text.
        eval_batches: windows of a score.
        length: tokens of a window. Those of training are of random lengths around it, and their learning rate is in
            proportion.
        learning_rate: of SGD without momentum, whose gradient is clipped at 0.25: the highest of cosines with warm
            restarts (10, 20, 40, … epochs), down to a hundredth. (20 is that of DARTS.)
        weight_decay: of SGD.
        slowness: weight of the mean square of what the state changes by from token to token. (DARTS has 1e-3.)
        dropout_words: share of the vocabulary that a window does without.
        dropout_embedding: share of the numbers of an embedding that a window does without. (DARTS has 0.2.)
        dropout_inputs: likewise of what the cell reads of the token. (0.75)
        dropout_states: likewise of what nodes read. (0.25)
        dropout_outputs: likewise of what the classifier reads. (0.75)
        device: `"cpu"`, `"cuda"`, ….
        threads: of the CPU that torch uses; small networks are fastest with one.

    ## Version History
    * v0: first version.
    """
    given = {name: value for name, value in locals().items() if value is not None}
    refuse_processes()
    check_keys(given, where=ID, required={name: TYPES.get(name, int) for name in given})
    if action_mode not in KINDS:
        raise UnknownNameError("action_mode", action_mode, KINDS)
    own = of_evaluator(
        {name: value for name, value in given.items() if name not in {"action_mode", "hardware", *shell(given)}}
    )
    own.pop("objective")
    own["lowest_rate"] = learning_rate / 100
    evaluator = EVALUATORS.load("shared_language")(**own)
    judge = Judge(evaluator, make_objective(objective, split="valid"), costs=hardware_costs(given, evaluator.space))
    return KINDS[action_mode](judge, **shell(given))


def of_evaluator(given: dict[str, Any]) -> dict[str, Any]:
    """Return keywords of an environment as those of `shared_language`: settings, dropouts and measures together."""
    own = {name: value for name, value in given.items() if name not in SETTINGS and not name.startswith(DROPOUT)}
    own["settings"] = {name: given[name] for name in SETTINGS if name in given}
    own["dropouts"] = {name.removeprefix(DROPOUT): given[name] for name in given if name.startswith(DROPOUT)}
    if "measures" in given:
        own["measures"] = [name.strip() for name in given["measures"].split(",") if name.strip()]
    return own
