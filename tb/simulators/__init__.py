"""The simulators that a build can be for, by name."""

from __future__ import annotations

from tb.simulators.base import BuildError, Flavour, Simulator
from tb.simulators.icarus import Icarus
from tb.simulators.verilator import Verilator

SIMULATORS: dict[str, Simulator] = {"verilator": Verilator(), "icarus": Icarus()}

__all__ = ["SIMULATORS", "BuildError", "Flavour", "Simulator"]
