"""Icarus Verilog: slow, but knows X and Z, and orders events in its own way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import alone
from ulpwise.toolchain.simulators.base import Flavour, Launch, Simulator, Sources, run_tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FLAGS = ["-g2012", "-grelative-include"]


class Icarus(Simulator):
    """Compiles for vvp."""

    name = "icarus"
    macros = ("__ICARUS__=1",)

    def recipe(self, flavour: Flavour) -> list[str]:
        """Flags and version."""
        del flavour  # the harness itself asks for waves, and there is no code coverage
        return [tools.toolchain_id(self.name), *FLAGS]

    def make(self, sources: Sources, into: Path, cache: Path, flavour: Flavour) -> None:
        """Compile everything to `sim.vvp`."""
        del cache, flavour
        flags = [*FLAGS, *alone.icarus(sources)]
        line = [str(tools.iverilog().path), *flags, "-o", str(into / "sim.vvp"), *sources.lay_out(into)]
        run_tool(line, sources.root, into / "build.log")

    def complete(self, cache: Path, flavour: Flavour) -> None:
        """Do nothing: a build is whole."""

    def launch(self, folder: Path, seed: int, flavour: Flavour, plusargs: Sequence[str] = ()) -> Launch:
        """Run vvp with cocotb's plugin; -N makes $stop end the run instead of asking for commands."""
        del seed
        return replace(
            self.early(folder),
            design=folder / "sim.vvp",
            fixed=["-fst" if flavour.waves else "-none"],
            arguments=plusargs,
        )

    def early(self, cache: Path) -> Launch:
        """Return vvp with cocotb's plugin, without waves."""
        del cache
        from cocotb_tools.config import lib_entry  # noqa: PLC0415 (slow to import, and needed here only)

        program = [str(tools.vvp().path), "-N", "-m", str(lib_entry("vpi", "icarus"))]
        return Launch(program, Path(), ["-none"])

    def elaboration(self, top: str, files: Sequence[str]) -> tuple[list[str], Mapping[str, str]]:
        """Compile to nothing."""
        return [str(tools.iverilog().path), "-g2012", "-t", "null", "-s", top, *files], {}
