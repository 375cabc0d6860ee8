"""Agents: they play the environments. To add one: a file with a subclass of `AskTellAgent`, and a row here.

Each file is one algorithm from top to bottom. Agents see observations, masks and rewards; the space comes from
`env.get_wrapper_attr("space")`, and `play` turns architectures into actions.
"""

from __future__ import annotations

from awnas_gym.agents.abstract import AbstractAgent, Callback
from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.agents.multi_fidelity import MultiFidelityAgent
from awnas_gym.agents.play import play
from awnas_gym.tables import Row, Table

__all__ = [
    "AGENTS",
    "CONSTRAINED_AGENTS",
    "MULTI_FIDELITY_AGENTS",
    "RELAXED_AGENTS",
    "VECTOR_AGENTS",
    "AbstractAgent",
    "AskTellAgent",
    "Callback",
    "MultiFidelityAgent",
    "play",
]

AGENTS = Table(
    "agent",
    {
        "random": Row("awnas_gym.agents.random_search:RandomSearch", "independent random architectures: the baseline"),
        "regularized_evolution": Row(
            "awnas_gym.agents.regularized_evolution:RegularizedEvolution", "tournament, mutation, the oldest dies"
        ),
        "genetic": Row(
            "awnas_gym.agents.genetic:Genetic", "tournaments, crossover, mutation; the best of two generations survive"
        ),
        "cross_entropy": Row(
            "awnas_gym.agents.cross_entropy:CrossEntropy", "odds of each choice, moved towards the best architectures"
        ),
        "local_search": Row(
            "awnas_gym.agents.local_search:LocalSearch", "climb to a better neighbour, restart at the top"
        ),
        "simulated_annealing": Row(
            "awnas_gym.agents.simulated_annealing:SimulatedAnnealing",
            "a walk that accepts worse steps ever more rarely",
        ),
        "mcts": Row("awnas_gym.agents.mcts:MCTS", "UCT on the tree of decisions, random rollouts"),
        "reinforce": Row("awnas_gym.agents.reinforce:Reinforce", "policy gradient, independent logits a decision"),
        "lagrangian": Row(
            "awnas_gym.agents.lagrangian:Lagrangian", "another agent that pays for broken constraints, ever more"
        ),
        "tpe": Row("awnas_gym.agents.tpe:TPE", "Optuna's tree-structured Parzen estimator", "bo"),
        "random_forest": Row(
            "awnas_gym.agents.random_forest:RandomForest", "expected improvement by a random forest, like SMAC", "bo"
        ),
        "nas_bowl": Row(
            "awnas_gym.agents.nas_bowl:NASBOWL", "Gaussian process on graphs, Weisfeiler-Lehman kernel", "bo"
        ),
        "lanas": Row("awnas_gym.agents.lanas:LaNAS", "a learned tree of regions, searched by UCB", "bo"),
        "successive_halving": Row(
            "awnas_gym.agents.successive_halving:SuccessiveHalving",
            "many random architectures at a low fidelity, few go on; needs fidelities",
        ),
        "hyperband": Row(
            "awnas_gym.agents.hyperband:Hyperband", "successive halving from several fidelities on; needs fidelities"
        ),
        "bohb": Row("awnas_gym.agents.bohb:BOHB", "hyperband with densities of the good ones; needs fidelities"),
        "enas": Row("awnas_gym.agents.enas:ENASController", "the controller of ENAS: LSTM, REINFORCE or PPO", "torch"),
        "bananas": Row("awnas_gym.agents.bananas:BANANAS", "an ensemble of perceptrons on paths, Thompson sampling"),
        "predictor": Row(
            "awnas_gym.agents.predictor_based:PredictorBased", "an inner search on the scores of a predictor", "torch"
        ),
        "nao": Row(
            "awnas_gym.agents.nao:NAOAgent", "steps along a predictor's slope in the states of an encoder", "torch"
        ),
        "darts": Row(
            "awnas_gym.agents.relaxed.darts:DARTS", "softmax of logits over mixtures; relaxed kind only", "torch"
        ),
        "snas": Row("awnas_gym.agents.relaxed.snas:SNAS", "mixtures by Gumbel-softmax, a falling temperature", "torch"),
        "gdas": Row("awnas_gym.agents.relaxed.gdas:GDAS", "one operation an edge by hard Gumbel-softmax", "torch"),
        "pc_darts": Row(
            "awnas_gym.agents.relaxed.pc_darts:PCDARTS", "darts with weights of edges; for partial channels", "torch"
        ),
        "drnas": Row("awnas_gym.agents.relaxed.drnas:DrNAS", "mixtures from a Dirichlet distribution", "torch"),
        "beta_darts": Row(
            "awnas_gym.agents.relaxed.beta_darts:BetaDARTS", "darts with a rising penalty on logits", "torch"
        ),
        "fbnet": Row(
            "awnas_gym.agents.relaxed.fbnet:FBNet", "Gumbel-softmax after a warm-up of equal weights", "torch"
        ),
        "proxylessnas": Row(
            "awnas_gym.agents.relaxed.proxylessnas:ProxylessNAS", "binary gates, two operations an edge", "torch"
        ),
        "evolution_strategy": Row(
            "awnas_gym.agents.relaxed.evolution_strategy:EvolutionStrategy",
            "mixtures by an evolution strategy, without gradients",
            "torch",
        ),
        "nsga2": Row(
            "awnas_gym.agents.multi_objective.nsga2:NSGA2", "fronts, crowding, crossover; ids with -MO- only", "mo"
        ),
        "pareto_evolution": Row(
            "awnas_gym.agents.multi_objective.pareto_evolution:ParetoEvolution",
            "mutations of the front; ids with -MO- only",
        ),
        "cars": Row(
            "awnas_gym.agents.multi_objective.cars:CARS", "continuous evolution by NSGA-III; ids with -MO- only", "mo"
        ),
        "sb3_ppo": Row("awnas_gym.agents.sb3.ppo:PPOAgent", "Stable-Baselines3's PPO", "sb3"),
        "sb3_a2c": Row("awnas_gym.agents.sb3.a2c:A2CAgent", "Stable-Baselines3's A2C", "sb3"),
        "sb3_dqn": Row("awnas_gym.agents.sb3.dqn:DQNAgent", "Stable-Baselines3's DQN; build kind only", "sb3"),
        "sb3_maskable_ppo": Row(
            "awnas_gym.agents.sb3.ppo:MaskablePPOAgent", "sb3-contrib's PPO with action masks", "sb3"
        ),
    },
)

RELAXED_AGENTS = frozenset(name for name, row in AGENTS.items() if row.target.startswith("awnas_gym.agents.relaxed."))
"""Those that play mixtures alone. Most others play them too, each architecture as a matrix of ones and zeros."""

MULTI_FIDELITY_AGENTS = frozenset({"successive_halving", "hyperband", "bohb"})
"""Those that play environments with several fidelities alone, and are for budgets in `cost_s`."""

CONSTRAINED_AGENTS = frozenset({"lagrangian"})
"""Those that play environments with a constraint alone (`objective="constrained(...)"`)."""

VECTOR_AGENTS = frozenset(n for n, row in AGENTS.items() if row.target.startswith("awnas_gym.agents.multi_objective."))
"""Those that hear vectors alone, as rewards of the ids with `-MO-` are; `random` hears both."""
