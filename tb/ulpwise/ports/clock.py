"""The clock of the harness, as simulated time tells it."""

from __future__ import annotations

from cocotb.utils import get_sim_time

PERIOD_NS = 10


def now() -> int:
    """Return the clock cycle."""
    return int(get_sim_time("ns")) // PERIOD_NS
