"""Faults of the unrolled layers."""

from __future__ import annotations

from tests.results.planted._fault import Fault

FAULTS = [
    Fault(
        "requantise",
        "half throughput",
        (
            ("        assign s_tready = move;", "        assign s_tready = move && !valid[STAGES];"),
            ("valid_reg <= valid[STAGES-1:0];", "valid_reg <= valid[STAGES-1:0] & {STAGES{!valid[STAGES]}};"),
        ),
        "pipe_control",
    ),
]
