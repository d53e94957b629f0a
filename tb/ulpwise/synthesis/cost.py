# SPDX-License-Identifier: Apache-2.0
"""A design whose cost is asked for, and the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ulpwise.toolchain.yosys import Parameters
from ulpwise.verilog.given import NONE, Given

_XC7_LUT = re.compile(r"LUT\d|INV")
_XC7_REGISTER = re.compile(r"(?:FD[RSCP]E|LD[CP]E)(?:_1)?")


@dataclass(frozen=True)
class AreaRequest:
    """A design to be measured."""

    top: str
    """The module."""
    parameters: Parameters = field(default_factory=dict)
    """Its Verilog parameters, of any width; a string is a Verilog literal, taken as it stands."""
    label: str = ""
    """The reader's name for it; does not shape the result."""
    given: Given = NONE
    """What the bench names itself."""
    sources: tuple[Path, ...] = ()
    """Files below the project's root; none stands for what `ulpwise.verilog.sources.closure` finds in rtl/."""


@dataclass(frozen=True)
class Area:
    """What a design costs; LUTs of every size come from one elaboration."""

    top: str
    parameters: Parameters
    label: str
    luts: Mapping[int, int]
    """LUTs by LUT size: `synth -flatten; abc -lut K; opt_clean; stat`."""
    depths: Mapping[int, int]
    """Longest path between registers or ports, in LUTs, by LUT size: `ltp -noff`."""
    ff: int
    """Flip-flops and latches, memories included, before they are mapped to a family."""
    xc7: Mapping[str, int]
    """Cells of `synth_xilinx -family xc7` by type, without I/O, DSP, shift registers and wide multiplexers;
    empty when it was left out."""
    seconds: float
    """Wall-clock time of the measurement itself."""

    @property
    def lut6(self) -> int:
        """Six-input LUTs; raises KeyError if they were not asked for."""
        return self.luts[6]

    @property
    def lut4(self) -> int:
        """Four-input LUTs; raises KeyError if they were not asked for."""
        return self.luts[4]

    @property
    def depth(self) -> int:
        """Longest path in LUTs, of the largest size asked for."""
        return self.depths[max(self.depths)]

    @property
    def xc7_lut(self) -> int:
        """LUTs of xc7, and inverters that found no LUT to go into, since each takes one."""
        return sum(count for cell, count in self.xc7.items() if _XC7_LUT.fullmatch(cell))

    @property
    def carry4(self) -> int:
        """Carry cells of xc7, four bits each."""
        return self.xc7.get("CARRY4", 0)

    @property
    def xc7_ff(self) -> int:
        """Flip-flops and latches of xc7."""
        return sum(count for cell, count in self.xc7.items() if _XC7_REGISTER.fullmatch(cell))

    @property
    def xc7_other(self) -> dict[str, int]:
        """Cells of xc7 by type that are none of these, such as memories."""
        known = re.compile(f"{_XC7_LUT.pattern}|CARRY4|{_XC7_REGISTER.pattern}")
        return {cell: count for cell, count in self.xc7.items() if not known.fullmatch(cell)}
