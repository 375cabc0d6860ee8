"""Search spaces: what can be chosen. To add one: a file with a subclass of `AbstractSpace`, and a row here."""

from __future__ import annotations

from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs, Role
from awnas_gym.spaces.layers import LayerSpec, total_macs, total_params
from awnas_gym.tables import Row, Table

__all__ = ["SPACES", "AbstractSpace", "ArchGraph", "Archs", "LayerSpec", "Role", "total_macs", "total_params"]

SPACES = Table(
    "space",
    {
        "nasbench201": Row(
            "awnas_gym.spaces.nasbench201:NASBench201", "6 edges with 5 operations each: 15,625 cells, 5,044 functions"
        ),
        "nasbench101": Row(
            "awnas_gym.spaces.nasbench101:NASBench101", "graphs of 7 vertices and 9 edges: 423,624 different cells"
        ),
        "nasbench_1shot1": Row(
            "awnas_gym.spaces.nasbench_1shot1:NASBench1Shot1",
            "graphs of NAS-Bench-101 with fixed in-degrees, variants 1 to 3: 2,685, 7,773 and 55,854 different cells",
        ),
        "nats_size": Row(
            "awnas_gym.spaces.nats_size:NATSSize", "widths of 5 layers, 8 to 64 channels each: 32,768 networks"
        ),
        "darts": Row(
            "awnas_gym.spaces.darts:DARTS", "cells of 4 nodes, two of 7 operations each: 1.1e18 networks of DARTS"
        ),
        "nasbench301": Row(
            "awnas_gym.spaces.nasbench301:NASBench301", "the cells of DARTS as NAS-Bench-301 trains them"
        ),
        "enas": Row(
            "awnas_gym.spaces.enas:ENAS", "cells of 5 nodes, two of 5 operations each: 2.6e25 networks of ENAS"
        ),
        "recurrent": Row(
            "awnas_gym.spaces.recurrent:Recurrent", "recurrent cells of 8 nodes with 4 activations: 2.6e9 cells"
        ),
        "fbnet": Row("awnas_gym.spaces.fbnet:FBNet", "22 layers with one of 9 mobile blocks each: 9**22 networks"),
        "proxylessnas": Row(
            "awnas_gym.spaces.proxylessnas:ProxylessNAS",
            "21 layers with one of 6 mobile blocks each, or nothing: 2.2e17 networks",
        ),
        "ofa_mbv3": Row(
            "awnas_gym.spaces.ofa_mbv3:OFAMobileNetV3",
            "depth of 5 units, kernel and expansion of their blocks: 2.2e19 MobileNetV3s of Once-for-all",
        ),
        "ofa_mbv2": Row(
            "awnas_gym.spaces.ofa_mbv2:OFAMobileNetV2",
            "depth of 5 units, kernel and expansion of all blocks: 2.0e20 MobileNetV2s of Once-for-all",
        ),
        "nasbench_macro": Row(
            "awnas_gym.spaces.nasbench_macro:NASBenchMacro", "8 layers with one of 3 mobile blocks each: 6,561 networks"
        ),
        "transnas_micro": Row(
            "awnas_gym.spaces.transnas_micro:TransNASMicro",
            "6 edges with 4 operations each: 4,096 cells of TransNAS-Bench-101, 1,376 functions",
        ),
        "transnas_macro": Row(
            "awnas_gym.spaces.transnas_macro:TransNASMacro",
            "4 to 6 modules that widen or shrink: 3,256 networks of TransNAS-Bench-101",
        ),
        "nasbench_graph": Row(
            "awnas_gym.spaces.nasbench_graph:NASBenchGraph",
            "trees of 4 nodes with one of 9 graph operations each: 26,206 graph networks",
        ),
        "nasbench_asr": Row(
            "awnas_gym.spaces.nasbench_asr:NASBenchASR",
            "3 of 6 operations in a row and 6 skips: 13,824 cells for speech, 8,242 graphs",
        ),
        "nasbench_nlp": Row(
            "awnas_gym.spaces.nasbench_nlp:NASBenchNLP",
            "recurrent cells, graphs of up to 25 nodes with 7 operations: 1.7e88 cells of NAS-Bench-NLP",
        ),
        "custom": Row(
            "awnas_gym.spaces.custom:Custom",
            "named choices of your own, some asked only where others have certain values",
        ),
    },
)
