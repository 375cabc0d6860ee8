"""One row an environment id; the only room where spaces, evaluators, objectives and environments meet."""

from __future__ import annotations

from awnas_gym.tables import Row, Table

__all__ = ["ENVIRONMENTS", "RELAXED", "SINGLE", "TRAINED"]

ENVIRONMENTS = Table(
    "environment",
    {
        "awnas/NASBench201-v0": Row(
            "awnas_gym.catalog.nasbench201:nasbench201",
            "NAS-Bench-201 cells from a table; dataset='fashion14' is embedded",
        ),
        "awnas/NASBench201-MO-v0": Row(
            "awnas_gym.catalog.multi_objective:nasbench201", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NASBench201-Context-v0": Row(
            "awnas_gym.catalog.nasbench201_context:nasbench201_context",
            "the same for a data set, device and latency budget that each episode draws and shows",
        ),
        "awnas/NASBench101-v0": Row(
            "awnas_gym.catalog.nasbench101:nasbench101", "NAS-Bench-101 graphs; awnas data import nasbench101"
        ),
        "awnas/NASBench101-MO-v0": Row(
            "awnas_gym.catalog.nasbench101:nasbench101_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NASBench1Shot1-v0": Row(
            "awnas_gym.catalog.nasbench_1shot1:nasbench_1shot1",
            "NAS-Bench-101 graphs of fixed in-degrees, three variants; awnas data import nasbench101",
        ),
        "awnas/NASBench1Shot1-MO-v0": Row(
            "awnas_gym.catalog.nasbench_1shot1:nasbench_1shot1_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NATSBenchSSS-v0": Row(
            "awnas_gym.catalog.nats_sss:nats_sss", "widths of five layers; awnas data import nats-sss"
        ),
        "awnas/NATSBenchSSS-MO-v0": Row(
            "awnas_gym.catalog.nats_sss:nats_sss_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NASBench301-v0": Row(
            "awnas_gym.catalog.nasbench301:nasbench301", "cells of DARTS, predicted by the models of NAS-Bench-301"
        ),
        "awnas/NASBench301-MO-v0": Row(
            "awnas_gym.catalog.nasbench301:nasbench301_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NASBenchMacro-v0": Row(
            "awnas_gym.catalog.nasbench_macro:nasbench_macro",
            "blocks of 8 layers, test scores alone; awnas data import nasbench-macro",
        ),
        "awnas/NASBenchMacro-MO-v0": Row(
            "awnas_gym.catalog.nasbench_macro:nasbench_macro_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/TransNASMicro-v0": Row(
            "awnas_gym.catalog.transnas:transnas_micro",
            "cells for one of seven vision tasks; awnas data import transnas",
        ),
        "awnas/TransNASMicro-MO-v0": Row(
            "awnas_gym.catalog.transnas:transnas_micro_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/TransNASMacro-v0": Row(
            "awnas_gym.catalog.transnas:transnas_macro",
            "where networks widen and shrink, for one of seven vision tasks; awnas data import transnas",
        ),
        "awnas/TransNASMacro-MO-v0": Row(
            "awnas_gym.catalog.transnas:transnas_macro_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NASBenchASR-v0": Row(
            "awnas_gym.catalog.nasbench_asr:nasbench_asr",
            "cells for speech, phoneme error rates on TIMIT; awnas data import nasbench-asr",
        ),
        "awnas/NASBenchASR-MO-v0": Row(
            "awnas_gym.catalog.nasbench_asr:nasbench_asr_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NASBenchNLP-v0": Row(
            "awnas_gym.catalog.nasbench_nlp:nasbench_nlp",
            "recurrent cells of a list, word losses on two corpora; awnas data import nasbench-nlp",
        ),
        "awnas/NASBenchNLP-MO-v0": Row(
            "awnas_gym.catalog.nasbench_nlp:nasbench_nlp_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NASBenchGraph-v0": Row(
            "awnas_gym.catalog.nasbench_graph:nasbench_graph",
            "graph networks on nine data sets; pip install nas-bench-graph",
        ),
        "awnas/NASBenchGraph-MO-v0": Row(
            "awnas_gym.catalog.nasbench_graph:nasbench_graph_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/AnalogNASBench-v0": Row(
            "awnas_gym.catalog.analog_nasbench:analog_nasbench",
            "NAS-Bench-201 cells on analog hardware, test scores alone; pip install analog-nasbench",
        ),
        "awnas/AnalogNASBench-MO-v0": Row(
            "awnas_gym.catalog.analog_nasbench:analog_nasbench_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/CNN-ENAS-v0": Row(
            "awnas_gym.catalog.cnn_enas:cnn_enas",
            "cells scored by weights that all of them share, trained as you play; needs torch",
        ),
        "awnas/CNN-ENAS-MO-v0": Row(
            "awnas_gym.catalog.cnn_enas_mo:cnn_enas_mo",
            "the same with vector rewards: accuracy and what networks cost; needs torch",
        ),
        "awnas/CNN-DARTS-v0": Row(
            "awnas_gym.catalog.cnn_darts:cnn_darts",
            "mixtures of all operations on all edges, and the gradient of their loss; needs torch",
        ),
        "awnas/FBNet-v0": Row(
            "awnas_gym.catalog.fbnet:fbnet",
            "mixtures of mobile blocks at 22 layers, and the gradient of their loss and cost; needs torch",
        ),
        "awnas/ProxylessNAS-v0": Row(
            "awnas_gym.catalog.proxylessnas:proxylessnas",
            "mixtures of mobile blocks at 21 layers, run one or two at a time; needs torch",
        ),
        "awnas/RNN-ENAS-v0": Row(
            "awnas_gym.catalog.rnn_enas:rnn_enas",
            "recurrent cells as language models, scored by weights that all of them share; needs torch",
        ),
        "awnas/RNN-DARTS-v0": Row(
            "awnas_gym.catalog.rnn_darts:rnn_darts",
            "mixtures of all activations on all edges of a recurrent cell; needs torch",
        ),
        "awnas/Scratch-v0": Row(
            "awnas_gym.catalog.scratch:scratch", "each architecture is trained from scratch as you play; needs torch"
        ),
        "awnas/Table-v0": Row("awnas_gym.catalog.table:table", "any table over any space, e.g. one of your own"),
        "awnas/Table-MO-v0": Row("awnas_gym.catalog.table:table_mo", "the same with vector rewards, for MO-Gymnasium"),
    },
)
"""`awnas_gym` registers each row with Gymnasium."""

RELAXED = frozenset({"awnas/CNN-DARTS-v0", "awnas/FBNet-v0", "awnas/ProxylessNAS-v0", "awnas/RNN-DARTS-v0"})
"""Ids whose actions are mixtures (`envs.RelaxedEnv`): one search each, that no native vector environment plays."""

SINGLE = RELAXED | {"awnas/NASBench201-Context-v0"}
"""Ids that no native vector environment plays; Gymnasium's `SyncVectorEnv` does, but for `RELAXED`."""

TRAINED = frozenset({"awnas/CNN-ENAS-v0", "awnas/CNN-ENAS-MO-v0", "awnas/RNN-ENAS-v0", "awnas/Scratch-v0"}) | RELAXED
"""Ids whose numbers are measured while they are played, and so differ from machine to machine."""
