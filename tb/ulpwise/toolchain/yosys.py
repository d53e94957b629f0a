# SPDX-License-Identifier: Apache-2.0
"""Runs Yosys on one design and reads what it counted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from ulpwise.system import process
from ulpwise.toolchain import tools

Parameters: TypeAlias = Mapping[str, int | str]
Counts: TypeAlias = dict[str, int]

_XC7 = "-family xc7 -flatten -noiopad -nodsp -nosrl -noclkbuf -nowidelut"
_WRAPPER = "area_wrapper"
_REGISTER = re.compile(r"\$_(?:S?DFF|ALDFF|DLATCH|SR|FF)\w*_")
_UNREAD = re.compile(r"(\S+\.svh?:\d+): ERROR: ?(.*)")
_LOG_LINES = 3  # shown of a log that holds no error


class AreaError(ValueError):
    """A design that could not be measured; the message is one line that names the module."""


def literal(value: int | str) -> str:
    """Writes a parameter's value in Verilog; an integer beyond 32 bits becomes a sized hexadecimal literal."""
    if isinstance(value, str) or -(2**31) < value < 2**31:
        return str(value)
    sign, base = ("-", "sh") if value < 0 else ("", "h")
    return f"{sign}{value.bit_length() + (value < 0)}'{base}{abs(value):x}"


def wrapper(top: str, parameters: Parameters) -> str:
    """Writes a module that holds nothing but an instance of the design with its parameters."""
    values = ", ".join(f".{name}({literal(value)})" for name, value in parameters.items())
    return f"module {_WRAPPER}; {top} {f'#({values}) ' if values else ''}dut (); endmodule\n"


def flow(top: str, files: Sequence[str], luts: Sequence[int], xc7: bool, work: str) -> str:
    """Writes the script for Yosys.

    Each count goes to a file by `tee`, since the Yosys wheel says nothing more on stdout once `abc` has run; the last
    command leaves a mark. Parameters go through an instance, since `chparam` and `hierarchy -chparam` drop their signs;
    with the parent deleted, the instance's module is the only root.

    Args:
        top: the module.
        files: its sources, seen from the folder where Yosys runs.
        luts: LUT sizes.
        xc7: whether to map to xc7 as well.
        work: folder of `wrapper.v` and of the results, likewise.
    """
    lines = [f"read_verilog -sv -defer -noassert -noassume {' '.join(files)}", f"read_verilog -sv {work}/wrapper.v"]
    lines += [f"hierarchy -check -top {_WRAPPER}", f"delete {_WRAPPER}", "hierarchy -check -auto-top"]
    lines += [f"rename -top {top}", "design -save elaborated", f"synth -flatten -top {top}", "design -save generic"]
    for size in luts:
        lines += ["design -load generic", f"abc -lut {size}", "opt_clean"]
        lines += [f"tee -o {work}/lut{size}.json stat -json", f"tee -o {work}/lut{size}.ltp ltp -noff"]
    if xc7:
        lines += ["design -load elaborated", f"synth_xilinx {_XC7} -top {top}", f"tee -o {work}/xc7.json stat -json"]
    lines.append(f"tee -o {work}/complete log complete")
    return "\n".join(lines) + "\n"


def run(top: str, root: Path, work: Path, limit: float) -> None:
    """Runs the script in `work`.

    Args:
        top: the module, for messages.
        root: where Yosys runs; the wheel's sees no /tmp but its own, so that all files lie below this folder.
        work: the folder that holds `flow.ys` and gets the results.
        limit: wall-clock limit, seconds.

    Raises:
        AreaError: Yosys failed, or did not reach the end of the script.
        ToolError: there is none.
    """
    place = work.relative_to(root)
    command = [str(tools.yosys().path), "-q", "-T", "-l", str(place / "log"), "-s", str(place / "flow.ys")]
    done = process.run(command, root, limit=limit, merge=True)
    status = f"took more than {limit:g} s" if done.timed_out else f"ended with status {done.status}"
    if status != "ended with status 0" or not _text(work / "complete").startswith("complete"):
        log = (_text(work / "log") + done.out).splitlines()
        faults = [line for line in log if "ERROR" in line][:1] or [line for line in log if line.strip()][-_LOG_LINES:]
        syntax = _UNREAD.search(faults[0]) if faults else None
        if syntax:
            raise AreaError(f"{top}: yosys cannot read {syntax[1]}: {syntax[2]}; Verilator and Icarus may")
        raise AreaError(f"{top}: yosys {status} before the end of its script: {' | '.join(map(str.strip, faults))}")


def read(top: str, luts: Sequence[int], xc7: bool, work: Path) -> dict[str, Counts]:
    """Reads the results.

    Returns:
        By LUT size: `luts` and `depths`; `ff`, one entry; `xc7`, cells by type.

    Raises:
        AreaError: a count is missing, there is a loop, or cells are left that are neither LUT nor register.
    """
    found: dict[str, Counts] = {"luts": {}, "depths": {}, "ff": {}}
    found["xc7"] = _cells(top, work / "xc7.json") if xc7 else {}
    for size in luts:
        cells = _cells(top, work / f"lut{size}.json")
        found["luts"][str(size)] = cells.pop("$lut", 0)
        found["ff"] = {"ff": sum(cells.values())}
        strange = [cell for cell in cells if not _REGISTER.fullmatch(cell)]
        if strange:
            raise AreaError(
                f"{top}: {', '.join(strange)} is neither LUT nor register (simulation only: ifndef SYNTHESIS)"
            )
        path = _text(work / f"lut{size}.ltp")
        length = re.search(r"\(length=(-?\d+)\)", path)
        if "Detected loop" in path or length is None:
            raise AreaError(f"{top}: yosys found {'no longest path' if length is None else 'a combinational loop'}")
        found["depths"][str(size)] = max(0, int(length[1]))
    return found


def _cells(top: str, path: Path) -> Counts:
    """Reads `stat -json` of a flattened design."""
    text = _text(path)
    try:
        (module,) = json.loads(text[text.index("{") :])["modules"].values()
    except (ValueError, KeyError) as fault:
        raise AreaError(f"{top}: yosys wrote no counts to {path.name}: {fault}") from None
    return {cell: int(count) for cell, count in module.get("num_cells_by_type", {}).items() if cell != "$scopeinfo"}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
