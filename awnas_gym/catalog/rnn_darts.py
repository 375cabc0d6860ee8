"""`awnas/RNN-DARTS-v0`."""

from __future__ import annotations

from typing import Any, Literal

from awnas_gym.catalog import cnn_darts
from awnas_gym.catalog.cnn_darts import relaxed_env
from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.rnn_enas import TYPES, of_evaluator
from awnas_gym.envs import RelaxedEnv
from awnas_gym.evaluators import EVALUATORS

ID = "awnas/RNN-DARTS-v0"


@entry_point
def rnn_darts(
    *,
    dataset: str = "shakespeare",
    nodes: int = 8,
    hidden: int = 64,
    valid_fraction: float | None = None,
    weight_steps: int = 1,
    gradient_steps: int = 1,
    warmup_steps: int = 0,
    max_steps: int = 600,
    joint: bool = False,
    order: Literal[1, 2] = 1,
    objective: str = "loss",
    cost: str = "macs",
    lookup: str | None = None,
    hardware: str | None = None,
    scale: float | None = None,
    exponent: float | None = None,
    reference: float | None = None,
    weight: float | None = None,
    eigenvalue_every: int = 0,
    bound: float = 10.0,
    batch_size: int = 64,
    eval_batch_size: int = 64,
    length: int = 35,
    learning_rate: float = 0.5,
    lowest_rate: float = 0.5,
    momentum: float = 0.9,
    weight_decay: float = 5e-7,
    slowness: float = 1e-3,
    dropout_words: float = 0.0,
    dropout_embedding: float = 0.0,
    dropout_inputs: float = 0.0,
    dropout_states: float = 0.0,
    dropout_outputs: float = 0.0,
    device: str = "cpu",
    threads: int = 1,
    render_mode: str | None = None,
) -> RelaxedEnv:
    """Weigh all activations on all edges of a recurrent cell, and climb the gradient of what the mixture is worth.

    ## Description
    The search of DARTS [Liu et al., ICLR 2019, section 3.1.2] for recurrent cells as an environment, of the kind of
    `awnas/CNN-DARTS-v0`: a node is the weighted sum of gated steps from all earlier states by all activations. The
    network predicts the next token of a text; its state goes on from window to window, of the training text in
    `weights` phases, of the validation text in `gradient` phases. As in the authors' code a node has one matrix of
    weights, whatever it reads, and every state is normalised, without scale and shift.

    The defaults are for a laptop. The paper has `dataset="ptb", hidden=300, batch_size=256, eval_batch_size=256`, 50
    epochs of about 104 windows, and drops 0.75 of outputs and inputs, 0.25 of states and 0.2 of embeddings.

    ## Action Space
    `Box(0, 1, [edges * operations])`: the matrix of weights, row by row, used as given; with 8 nodes 36 edges (0->1,
    0->2, 1->2, 0->3, …) by none, tanh, relu, sigmoid, identity. What is exactly 0 is not run, and its gradient is 0; of
    float32's `tiny` there is a gradient and no output. `env.unwrapped.space.discretize(action)` is the cell that an
    action stands for: for each node the edge and the activation, but `none`, that are strongest.

    ## Observation Space
    As in `awnas/CNN-DARTS-v0`.

    ## Rewards
    0 after a `weights` phase, else the objective, by default minus the loss in nats a token; others are those of
    `awnas/CNN-DARTS-v0`, with costs a token.

    ## Starting State
    As in `awnas/CNN-DARTS-v0`.

    ## Episode End
    As in `awnas/CNN-DARTS-v0`.

    ## Information
    As in `awnas/CNN-DARTS-v0`; metrics have `valid_perplexity` too.

    ## Arguments
    Args:
        dataset: a data set of text, see `docs/datasets.md`: `"shakespeare"` is embedded, `"ptb"`, `"wikitext2"`, ….
        nodes: of the cell.
        hidden: width of states and embeddings. (The paper has 300.)
        valid_fraction: share of the training text, its end, that gives gradients, of a data set without the split
            `valid`; None for 0.1.
        joint: one phase does both, on training text [SNAS]; `weight_steps` and `gradient_steps` then say nothing.
        order: 2 adds to the gradient how the weights' next step depends on the action (finite differences, DARTS).
        objective: a name from `awnas list relaxed_objectives`.
        cost: of a token: `"macs"`, `"params"`, or any metric that `lookup` is a table of or `hardware` knows.
        eigenvalue_every: as in `awnas/CNN-DARTS-v0`; 0 for never.
        batch_size: parts of the training text that are read side by side. (The paper has 256.)
        eval_batch_size: parts of the validation text.
        length: tokens of a window. Those of training are of random lengths around it, and their learning rate is in
            proportion.
        learning_rate: of SGD, whose gradient is clipped at 0.25. (The paper has 20, without momentum, for a width of
            300 and 10,000 words; at small sizes such steps are too large for states that are normalised.)
        lowest_rate: where its cosine ends; as high as the other, it stays.
        momentum: of SGD.
        weight_decay: of SGD.
        slowness: weight, in what the network is trained by, of the mean square of what the state changes by from token
            to token.
        dropout_words: share of the vocabulary that a window does without.
        dropout_embedding: share of the numbers of an embedding that a window does without.
        dropout_inputs: likewise of what the cell reads of the token.
        dropout_states: likewise of what nodes read.
        dropout_outputs: likewise of what the classifier reads.
        device: `"cpu"`, `"cuda"`, ….

    ## Version History
    * v0: first version.
    """
    given = locals()
    types: dict[str, type | tuple[type, ...]] = {**TYPES, **cnn_darts.TYPES, "momentum": (int, float)}
    return relaxed_env(ID, given, make_evaluator=_of_text, types=types, judged_by="perplexity")


def _of_text(given: dict[str, Any]) -> Any:  # noqa: ANN401 - an evaluator
    return EVALUATORS.load("shared_language")(relaxed=True, **of_evaluator(given))
