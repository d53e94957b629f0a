"""Frequencies by nextpnr: matrices between registers, placed and routed for iCE40 HX8K and ECP5-45."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from models.unrolled.pack import pack_weights
from tests.results.unrolled_study import designs
from tests.results.unrolled_study.matrices import KINDS, Integers, Kind
from ulpwise.synthesis.area import AreaRequest
from ulpwise.system import process
from ulpwise.system.pools import pool
from ulpwise.toolchain import tools
from ulpwise.toolchain.yosys import literal
from ulpwise.verilog import sources

SEED = 1
TIME_OUT = 3600.0

MEANING = (
    "What this is: nextpnr's own timing model, one seed, one matrix alone between registers, its pins on shift "
    "registers (which are counted), valid and ready tied high.\n"
    "What this is not: silicon, a vendor's sign-off, a full device, or an Arria 10. It says what registers and fewer "
    "cells do for the path, not that a system runs at that clock.\n"
    "Ours has registers between sums only: one of many words is not cut, so that naive, with one behind each level, "
    "may be the faster one."
)


@dataclass(frozen=True)
class Device:
    """A device that the open tools place and route for."""

    name: str
    """In words."""
    tool: str
    """Of nextpnr: "ice40" or "ecp5"."""
    options: tuple[str, ...]
    """What nextpnr is told of the device."""
    luts: dict[str, int]
    """LUTs by cell in Yosys's netlist: carry cells may hold some."""
    register: str
    """What the names of its register cells begin with."""


DEVICES = (
    Device("iCE40 HX8K", "ice40", ("--hx8k", "--package", "ct256"), {"SB_LUT4": 1}, "SB_DFF"),
    Device(
        "ECP5-45, grade 6",
        "ecp5",
        ("--45k", "--package", "CABGA256", "--speed", "6"),
        {"LUT4": 1, "CCU2C": 2},
        "TRELLIS_FF",
    ),
)
CHOICES = (("naive", 0), ("naive", 1), ("ours", 0), ("ours", 2), ("ours", 1))
"""Designs, and their REGISTERS: of naive 1 is behind each level, of ours two-operand adders between registers."""


@dataclass(frozen=True)
class Placed:
    """One design on one device."""

    fmax: float
    """From register to register, MHz."""
    luts: int
    """Those of the shift registers around it, one an output bit, included."""
    ff: int
    """Likewise."""


def missing(device: Device) -> str:
    """Say what to do where there is no nextpnr for a device; empty where there is."""
    return "" if _program(device) else f"nextpnr-{device.tool} is missing; {designs.REMEDY}"


def _program(device: Device) -> str | None:
    wheel = Path(sys.executable).parent / f"yowasp-nextpnr-{device.tool}"
    return str(wheel) if wheel.exists() else shutil.which(f"nextpnr-{device.tool}")


def core(kind: Kind, matrix: Integers, design: str, registers: int) -> AreaRequest:
    """Return the core that is placed: rtl/unrolled/plain_matrix.v or adder_graph.v."""
    if design == "ours":
        return designs.ours(matrix, kind.bits, "lut4", registers)
    (inputs, outputs), bits = matrix.shape, kind.bits
    widest = designs.widest(matrix, bits)
    values = {"I": inputs, "O": outputs, "XB": bits, "SIGNED": 1, "WB": bits, "YB": widest}
    return AreaRequest("plain_matrix", {**values, "REGISTERS": registers, "WEIGHTS": pack_weights(matrix, bits)})


def harness(request: AreaRequest, inputs: int, outputs: int) -> str:
    """Write a module with three pins that shifts a core's inputs in and its outputs out; backpressure is tied off.

    Args:
        request: the core.
        inputs: its input bits.
        outputs: its output bits.
    """
    values = ", ".join(f".{name}({literal(value)})" for name, value in request.parameters.items())
    return f"""module harness (input wire clk, input wire in, input wire load, output reg out);
reg  [{inputs - 1}:0] x;
wire [{outputs - 1}:0] y;
reg  [{outputs - 1}:0] y_reg, rest;
always @(posedge clk) begin
    x     <= {{x, in}};
    y_reg <= y;
    rest  <= load ? y_reg : rest >> 1;
    out   <= rest[0];
end
{request.top} #({values}) core (
    .clk(clk), .rst(1'b0), .s_axis_x_tdata(x), .s_axis_x_tvalid(1'b1), .s_axis_x_tready(), .s_axis_x_tlast(1'b0),
    .m_axis_y_tdata(y), .m_axis_y_tvalid(), .m_axis_y_tready(1'b1), .m_axis_y_tlast()
);
endmodule
"""


def place(request: AreaRequest, inputs: int, outputs: int, device: Device, root: Path, seed: int = SEED) -> Placed:
    """Synthesise, place and route; a result is kept by a hash of all that shapes it.

    Raises:
        subprocess.SubprocessError: a tool failed; its log is in the exception.
        ToolError: there is no Yosys.
    """
    text = harness(request, inputs, outputs)
    files = sources.closure(request.top, root)
    program = _program(device)
    parts = [text, *(path.read_text() for path in files), tools.yosys().version, *device.options, str(seed), program]
    parts.append(subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stderr)
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]
    kept = root / "build" / "results" / "unrolled" / "placed" / f"{device.tool}-{digest}.json"
    if kept.is_file():
        return Placed(**json.loads(kept.read_text()))
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{kept.stem}.", dir=kept.parent) as folder:
        found = _place(text, files, device, root, Path(folder), seed)
    kept.write_text(json.dumps(asdict(found)))
    return found


def _place(text: str, files: Sequence[Path], device: Device, root: Path, work: Path, seed: int) -> Placed:
    """Run both tools below the project's root: the wheels see no /tmp but their own."""
    here = work.relative_to(root)
    (work / "harness.v").write_text(text)
    names = [str(path.relative_to(root)) for path in files]
    script = f"read_verilog -sv {here}/harness.v {' '.join(names)}; synth_{device.tool} -top harness -json {here}/net"
    _run([str(tools.yosys().path), "-q", "-p", f"{script}; tee -o {here}/stat stat -json"], root)
    output = ("--asc", f"{here}/out") if device.tool == "ice40" else ("--textcfg", f"{here}/out")
    files_of = ("--json", f"{here}/net", "--report", f"{here}/report", *output)
    # a frequency beyond reach makes the tool try its best
    _run(
        [str(_program(device)), *device.options, *files_of, "--freq", "500", "--timing-allow-fail", f"--seed={seed}"],
        root,
    )
    (clock,) = json.loads((work / "report").read_text())["fmax"].values()
    stat = (work / "stat").read_text()
    (module,) = json.loads(stat[stat.index("{") :])["modules"].values()
    cells = module["num_cells_by_type"]
    luts = sum(each * cells.get(cell, 0) for cell, each in device.luts.items())
    ff = sum(count for cell, count in cells.items() if cell.startswith(device.register))
    return Placed(clock["achieved"], luts, ff)


def _run(command: list[str], root: Path) -> None:
    done = process.run(command, root, limit=TIME_OUT)
    if done.status:
        raise subprocess.SubprocessError(f"{Path(command[0]).name}: {(done.out + done.err)[-300:]}")


def tables(root: Path, kinds: Sequence[Kind] = KINDS) -> list[Table]:
    """One table a device, one row a matrix: MHz, and LUTs and registers, of each choice."""
    found = []
    for device in DEVICES:
        table = Table(title=f"{device.name}: MHz after place and route (LUTs, flip-flops)")
        table.add_column("matrix")
        for design, registers in CHOICES:
            table.add_column(heading(design, registers), justify="right")
        if fault := missing(device):
            table.caption = fault
        else:
            with pool(os.cpu_count() or 1) as threads:
                rows = {
                    kind: [threads.submit(cell, kind, *choice, device, root) for choice in CHOICES] for kind in kinds
                }
            for kind, cells in rows.items():
                table.add_row(kind.title, *(cell.result() for cell in cells))
        found.append(table)
    return found


def heading(design: str, registers: int) -> str:
    """Name a choice."""
    if not registers:
        return f"{design}, combinational"
    return f"{design}, each level" if design == "naive" else f"{design}, every {registers}"


def cell(kind: Kind, design: str, registers: int, device: Device, root: Path) -> str:
    """Place a specification's matrix and print what came out."""
    matrix = kind.read()
    request = core(kind, matrix, design, registers)
    width = int(request.parameters["YB"]) * matrix.shape[1]
    placed = place(request, kind.bits * len(matrix), width, device, root)
    return f"{placed.fmax:.0f} ({placed.luts:,}, {placed.ff:,})"
