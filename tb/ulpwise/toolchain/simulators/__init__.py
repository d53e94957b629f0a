"""The simulators that a build can be for, by name."""

from __future__ import annotations

from ulpwise.toolchain.simulators.base import BuildError, Flavour, Launch, Simulator
from ulpwise.toolchain.simulators.icarus import Icarus
from ulpwise.toolchain.simulators.verilator import Verilator

SIMULATORS: dict[str, Simulator] = {"verilator": Verilator(), "icarus": Icarus()}

__all__ = ["SIMULATORS", "BuildError", "Flavour", "Launch", "Simulator"]
