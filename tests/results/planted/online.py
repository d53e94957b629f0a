"""Faults of the online family."""

from __future__ import annotations

from tests.results.planted._fault import Fault

FAULTS = [
    Fault(
        "serial_layer",
        "tuser stuck at 0",
        (("assign m_axis_z_tuser  = hold_user_reg;", "assign m_axis_z_tuser  = 0;"),),
    ),
]
