# SPDX-License-Identifier: Apache-2.0
"""Counts what switches inside a core, in an ordinary checked run where a netlist of LUTs and flip-flops stands for it.

Yosys maps the core to six-input LUTs, as for `area`. `gates` lays the netlist out as a project of its own that shares
the benches, so that `ulpwise.run` runs and judges it as any core: a netlist that computes anything else than the golden
model fails. `netlist.v` counts, cell by cell, and says how; `activity` reads its counts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ulpwise.bench.project import Project
from ulpwise.run.record import Record
from ulpwise.toolchain import tools, yosys
from ulpwise.toolchain.simulators.base import digest, once
from ulpwise.verilog.sources import closure, includes, search

__all__ = ["Activity", "SwitchingError", "activity", "gates"]

TIME_OUT = 3600.0
INTERPRETER = Path(__file__).with_name("netlist.v")
_RESETS = "resets.v"  # makes resets synchronous, which are on at a rising edge in a run in any case
_REGISTERS = "-cell $_DFF_P_ x -cell $_DFFE_PP_ x -cell $_SDFF_PP?_ x -cell $_SDFFE_PP?P_ x"
_REGISTER = re.compile(r"\$_S?DFFE?_P(?:P(?:([01])P?)?)?_")
_INSTANCE = re.compile(r"\$flatten\\(.*?)\.\$.*")
_PINS = 6
_PROJECTS = ("settled", "glitches")  # of one netlist

Bit: TypeAlias = int | str  # of Yosys's JSON: the number of a net, or a constant
Cell: TypeAlias = Mapping[str, Any]
Counts: TypeAlias = npt.NDArray[np.int64]


class SwitchingError(ValueError):
    """A core whose netlist cannot be counted, or a run without counts; the message is one line."""


@dataclass(frozen=True)
class Activity:
    """What the cells of a core did in a run; cell by cell, in the same order."""

    luts: Sequence[str]
    """LUTs by the instance that they are in: dotted; empty for the core itself."""
    ffs: Sequence[str]
    """Flip-flops, likewise."""
    lut_toggles: Counts
    """Changes of the output of each LUT."""
    ff_toggles: Counts
    """Changes of the output of each flip-flop."""
    ff_clocked: Counts
    """Clock edges that each flip-flop took: cycles with its enable or reset high, all if it has neither."""

    def inside(self, pattern: str) -> Activity:
        """Choose the cells inside the instances whose whole path matches a regular expression."""
        wanted = re.compile(rf"(?:{pattern})(?:\..*)?")
        luts, ffs = ([bool(wanted.fullmatch(name)) for name in names] for names in (self.luts, self.ffs))
        return Activity(
            [name for name, chosen in zip(self.luts, luts, strict=True) if chosen],
            [name for name, chosen in zip(self.ffs, ffs, strict=True) if chosen],
            self.lut_toggles[luts],
            self.ff_toggles[ffs],
            self.ff_clocked[ffs],
        )


def activity(record: Record) -> Activity:
    """Read what switched in a run of a project of `gates`.

    Raises:
        SwitchingError: The run failed or left no counts.
    """
    if not record.passed:
        raise SwitchingError(f"{record.spec.name} as a netlist: {record.reasons[0]}")
    places = record.folder.parents[3] / "places.json"
    try:
        names = json.loads(places.read_text())
        luts, ffs, clocked = (
            np.loadtxt(record.folder / name, dtype=np.str_, comments="//", ndmin=1)
            for name in ("lut_toggles.hex", "ff_toggles.hex", "ff_clocked.hex")
        )
    except (OSError, ValueError) as fault:
        raise SwitchingError(f"{record.spec.name}: no counts: {fault}") from None
    return Activity(
        names["luts"], names["ffs"], *(np.array([int(n, 16) for n in part]) for part in (luts, ffs, clocked))
    )


def gates(project: Project, module: str, config: str, keep: Sequence[str] = (), *, glitches: bool = False) -> Project:
    """Lay out a project in which a core, in one configuration, is a netlist that counts; what is laid out stays.

    Args:
        project: Where the core and its bench are.
        module: The core.
        config: The configuration of its bench.
        keep: Modules inside it that are mapped on their own and once, however many instances there are; all others
            dissolve in what instantiates them. Only modules with parameters can be kept.
        glitches: Whether LUTs take a unit of time each, so that changes on the way to a value count too.

    Raises:
        SwitchingError: The netlist holds something other than LUTs and flip-flops on one clock.
        AreaError: Yosys failed.
        ToolError: There is none.
        LookupError: The core has no such configuration, or rtl/ no such module.
    """
    root, family = project.root.resolve(), project.family(module)
    parameters = project.bench(module).config(config).parameters
    given = project.given(project.bench(module))
    files = closure(module, root, given)
    names = [*search(files, root, given), *(os.path.relpath(path, root) for path in files)]
    shape = [_flow(module, names, keep, "."), yosys.wrapper(module, parameters), str(tools.yosys())]
    own = (INTERPRETER, INTERPRETER.with_name(_RESETS), Path(__file__))
    shape += [path.read_text("latin-1") for path in (*files, *includes(files, root, given), *own)]
    folder = root / "build" / "switching" / f"{module}-{config}-{digest(shape)}"

    def make(into: Path) -> None:
        (into / "flow.ys").write_text(_flow(module, names, keep, str(into.relative_to(root))))
        (into / "wrapper.v").write_text(shape[1])
        shutil.copy(INTERPRETER.with_name(_RESETS), into)
        yosys.run(module, root, into, TIME_OUT)
        netlist = _Netlist(module, json.loads((into / "netlist.json").read_text())["modules"][module])
        (into / "netlist.json").unlink()
        netlist.write(into)
        (root / "build" / "sim").mkdir(exist_ok=True)
        for name in _PROJECTS:
            place = into / name / "rtl" / family
            place.mkdir(parents=True)
            shutil.copy(INTERPRETER, place)
            (place / f"{module}.v").write_text(netlist.text(parameters, folder, glitches=name == _PROJECTS[True]))
            (into / name / "build").mkdir()
            (into / name / "build" / "sim").symlink_to(root / "build" / "sim")
            (into / name / "tests").symlink_to(root / "tests")

    once(folder, make)
    return Project(folder / _PROJECTS[glitches], netlist=True)


def _flow(top: str, files: Sequence[str], keep: Sequence[str], work: str) -> str:
    """Write the script for Yosys; what it shares with `yosys.flow` is explained there."""
    lines = [f"read_verilog -sv -defer -noassert -noassume {' '.join(files)}", f"read_verilog -sv {work}/wrapper.v"]
    lines += ["hierarchy -check -top area_wrapper", "delete area_wrapper", "hierarchy -check -auto-top"]
    lines += [f"rename -top {top}"]
    lines += [f"setattr -mod -set keep_hierarchy 1 A:hdlname={name}" for name in keep]
    lines += ["proc", f"techmap -map {work}/{_RESETS}"]
    lines += [f"synth -flatten -top {top}", f"dfflegalize {_REGISTERS}", "abc -lut 6", "opt_clean"]
    lines += ["setattr -mod -unset keep_hierarchy *", "flatten", "opt_clean"]
    lines += [f"write_json {work}/netlist.json", f"tee -o {work}/complete log complete"]
    return "\n".join(lines) + "\n"


class _Netlist:
    """A flat netlist: its cells in the order of their nets."""

    def __init__(self, top: str, module: Cell) -> None:
        self.top, self.ports = top, module["ports"]
        cells = {name: cell for name, cell in module["cells"].items() if cell["type"] != "$scopeinfo"}
        self.ffs = {name: cell for name, cell in cells.items() if _REGISTER.fullmatch(cell["type"])}
        luts = {name: cell for name, cell in cells.items() if cell["type"] == "$lut"}
        strange = {cell["type"] for name, cell in cells.items() if name not in self.ffs and name not in luts}
        if strange:
            raise SwitchingError(f"{top}: {', '.join(sorted(strange))} is neither LUT nor flip-flop")
        if not luts or not self.ffs:
            raise SwitchingError(f"{top}: {len(luts)} LUTs and {len(self.ffs)} flip-flops, where counting needs both")
        self.level = self._levels(luts)
        self.luts = dict(sorted(luts.items(), key=lambda entry: self.level[entry[0]]))
        self.inputs = [bit for port in self.ports.values() if port["direction"] == "input" for bit in port["bits"]]
        self.outputs = [bit for port in self.ports.values() if port["direction"] == "output" for bit in port["bits"]]

    def _levels(self, luts: Mapping[str, Cell]) -> dict[str, int]:
        """Say of each LUT how many there are at most between it and an input or a flip-flop."""
        driver = {cell["connections"]["Y"][0]: name for name, cell in luts.items()}
        graph = {
            name: [driver[bit] for bit in cell["connections"]["A"] if bit in driver] for name, cell in luts.items()
        }
        levels: dict[str, int] = {}
        try:
            for name in TopologicalSorter(graph).static_order():
                levels[name] = max((levels[before] + 1 for before in graph[name]), default=0)
        except CycleError:
            raise SwitchingError(f"{self.top}: there is a combinational loop") from None
        return levels

    @cached_property
    def numbers(self) -> dict[Bit, int]:
        """Number of each net for the interpreter; what Yosys leaves open is 0."""
        cells = [(cell, "Q") for cell in self.ffs.values()] + [(cell, "Y") for cell in self.luts.values()]
        nets = [*self.inputs, *(cell["connections"][pin][0] for cell, pin in cells)]
        return {"0": 0, "1": 1, "x": 0, "z": 0} | {bit: number for number, bit in enumerate(nets, 2)}

    def write(self, folder: Path) -> None:
        """Write the interpreter's tables, and of each cell the instance that it is in."""
        levels = sorted(self.level.values())
        tables = {
            "pins": [self.numbers[bit] for cell in self.luts.values() for bit in _six(cell["connections"]["A"])],
            "tables": [_table(cell["parameters"]["LUT"]) for cell in self.luts.values()],
            "starts": [levels.index(level) for level in range(levels[-1] + 1)],
            "ffs": [number for cell in self.ffs.values() for number in self._register(cell)],
            "ports": [self.numbers[bit] for bit in self.outputs],
        }
        for name, values in tables.items():
            (folder / f"{name}.hex").write_text("".join(f"{value:x}\n" for value in values))
        places = {"luts": [_place(name) for name in self.luts], "ffs": [_place(name) for name in self.ffs]}
        (folder / "places.json").write_text(json.dumps(places))

    def _register(self, cell: Cell) -> Iterable[int]:
        """Number the nets of a flip-flop: D, enable, reset, value after reset."""
        match, pins = _REGISTER.fullmatch(cell["type"]), cell["connections"]
        value = match[1] if match is not None else None
        return (self.numbers[bit] for bit in (pins["D"][0], *pins.get("E", "1"), *pins.get("R", "0"), value or "0"))

    def text(self, parameters: yosys.Parameters, folder: Path, *, glitches: bool) -> str:
        """Write the module that stands for the core; it takes its parameters, which change nothing any more."""
        clocks = {cell["connections"]["C"][0] for cell in self.ffs.values()}
        names = [name for name, port in self.ports.items() if clocks == set(port["bits"])]
        if not names:
            raise SwitchingError(f"{self.top}: its flip-flops are not all on one clock that is a port")
        head = ", ".join(f"parameter {name} = {yosys.literal(value)}" for name, value in parameters.items())
        pins = [f"{port['direction']} wire [{len(port['bits']) - 1}:0] {name}" for name, port in self.ports.items()]
        sides = {
            side: ", ".join(name for name, port in reversed(self.ports.items()) if port["direction"] == side)
            for side in ("input", "output")
        }
        sizes = {"INPUTS": len(self.inputs), "OUTPUTS": len(self.outputs), "FFS": len(self.ffs), "LUTS": len(self.luts)}
        sizes |= {"LEVELS": 1 + max(self.level.values()), "GLITCHES": int(glitches)}
        values = ", ".join(f".{name}({value})" for name, value in sizes.items())
        return (
            f"module {self.top} {f'#({head}) ' if head else ''}({', '.join(pins)});\n"
            f'netlist #({values}, .FOLDER("{folder}")) gates (\n'
            f"    .clk({names[0]}), .in({{{sides['input']}}}), .out({{{sides['output']}}})\n);\nendmodule\n"
        )


def _six(bits: Sequence[Bit]) -> list[Bit]:
    """Pins of a LUT, those that it does not have being 0."""
    return [*bits, *["0"] * (_PINS - len(bits))]


def _table(bits: str) -> int:
    """Output of a LUT for each value of its pins, as often as fills that of six pins."""
    return int(bits * (2**_PINS // len(bits)), 2)


def _place(cell: str) -> str:
    """Say in which kept instance a cell is."""
    match = _INSTANCE.fullmatch(cell)
    return match[1].replace("\\", "") if match is not None else ""
