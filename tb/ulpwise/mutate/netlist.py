# SPDX-License-Identifier: Apache-2.0
"""Seeds faults in a core with Yosys: one netlist that holds all of them, chosen by an input."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ulpwise.ports.wiring import CONVENTION, Wiring
from ulpwise.toolchain.yosys import Parameters, wrapper
from ulpwise.toolchain.yosys import run as run_yosys
from ulpwise.verilog.given import NONE, Given
from ulpwise.verilog.sources import closure, includes, search

SELECT = "mutant_select"
"""Input of the netlist, and plusarg of a simulation, that chooses a mutant; 0 is the core as it is."""

Json: TypeAlias = dict[str, Any]

_COPIES = "sources"
_TIME_OUT = 1800.0  # seconds that Yosys may take for one core
_SPARE = 3  # candidates asked for each mutant wanted, since some are left out
_MEMORY_CONTROL = re.compile(r"RD_(CLK|EN|ARST|SRST)")  # of read ports without a clock: nothing hangs on them
_OPTION = re.compile(r"-(\w+) (\S+)")


class MutateError(ValueError):
    """A core or a wish that cannot be mutated; the message is one line."""


@dataclass(frozen=True)
class Mutant:
    """One seeded fault.

    Attributes:
        number: The value of the select input that switches it on, from 1.
        mode: inv, const0, const1, or cnot0 and cnot1: inverted while another bit of the port is 0 or 1.
        cell: Name of the cell in the netlist.
        kind: Its type, such as $add.
        port: Its port.
        bit: Bit of the port.
        control: The other bit of the port that cnot0 and cnot1 look at.
        wire: The wire on the bit, with its index, or the register that takes it; of a mux's select both; empty when
            neither has a name.
        sources: Places that the cell comes from, as Yosys writes them, `file:line.column-line.column`.
    """

    number: int
    mode: str
    cell: str
    kind: str
    port: str
    bit: int
    control: int | None
    wire: str
    sources: tuple[str, ...]

    def command(self, module: str, select: int | None = None) -> str:
        """Write the Yosys command that applies it.

        Args:
            module: Name of the module.
            select: Width of the select input; None to apply the fault for good.
        """
        words = ["mutate"]
        if select is not None:
            words += ["-ctrl", SELECT, str(select), str(self.number)]
        words += ["-mode", self.mode, "-module", module, "-cell", self.cell, "-port", self.port]
        words += ["-portbit", str(self.bit)]
        if self.control is not None:
            words += ["-ctrlbit", str(self.control)]
        return " ".join(words)


@dataclass(frozen=True)
class Netlist:
    """A core as Yosys elaborated it, flat and still of words.

    Attributes:
        top: Name of the module.
        root: Top of the project, where Yosys runs.
        work: Folder of Yosys's files, below `root`.
        module: The module in Yosys's JSON.
        wiring: What it calls its clock and its reset.
    """

    top: str
    root: Path
    work: Path
    module: Json
    wiring: Wiring = CONVENTION

    @property
    def place(self) -> str:
        """The folder `work` as Yosys sees it."""
        return str(self.work.relative_to(self.root))


def elaborate(
    top: str,
    parameters: Parameters,
    root: Path,
    work: Path,
    wiring: Wiring = CONVENTION,
    given: Given = NONE,
) -> Netlist:
    """Read a core with its parameters into Yosys.

    Args:
        top: Name of the module.
        parameters: Its Verilog parameters.
        root: Top of the project.
        work: An empty folder below it.
        wiring: What it calls its clock and its reset.
        given: Sources that its bench names.

    Raises:
        AreaError: Yosys failed.
        LookupError: A module that the core instantiates has no file.
    """
    files = closure(top, root, given)
    names = [*search(files, root, given), *(_copy(path, root, work) for path in files)]
    for path in includes(files, root, given):
        _copy(path, root, work)
    (work / "wrapper.v").write_text(wrapper(top, parameters), encoding="utf-8")
    place = work.relative_to(root)
    lines = [f"read_verilog -sv -defer -noassert -noassume {' '.join(names)}", f"read_verilog -sv {place}/wrapper.v"]
    lines += ["hierarchy -check -top area_wrapper", "delete area_wrapper", "hierarchy -check -auto-top"]
    # no optimisation but of constants and widths: what is folded or cut off would only give mutants that do nothing
    lines += [f"rename -top {top}", "proc", "flatten", "opt_expr -keepdc", "memory_collect", "opt_clean"]
    lines += ["wreduce -keepdc", "opt_clean"]
    lines += ["chtype -set $shift t:$shiftx"]  # so that no bit is unknown, neither in simulation nor in a proof
    lines += [f"write_json {place}/core.json", f"write_rtlil {place}/core.il"]
    yosys(top, lines, root, work)
    module = json.loads((work / "core.json").read_text(encoding="utf-8"))["modules"][top]
    return Netlist(top, root, work, module, wiring)


def seed_faults(netlist: Netlist, count: int, seed: int) -> list[Mutant]:
    """Choose mutants, spread evenly over the core; the same seed chooses the same.

    Left out is what no bench of synchronous logic can tell: faults on clocks, and those that set a constant to the
    value that it has.

    Args:
        netlist: The core.
        count: How many; fewer when there are not so many.
        seed: Seeds the choice.

    Raises:
        AreaError: Yosys failed.
        MutateError: The core has nothing that could be mutated.
    """
    cells: Mapping[str, Json] = netlist.module["cells"]
    if not cells:
        raise MutateError(f"{netlist.top}: there is no cell to mutate")
    wanted = f"mutate -list {_SPARE * count + 100} -seed {seed} -o {netlist.place}/list.ys"
    yosys(netlist.top, [f"read_rtlil {netlist.place}/core.il", wanted], netlist.root, netlist.work)
    found = []
    for line in (netlist.work / "list.ys").read_text(encoding="utf-8").splitlines():
        options = dict(_OPTION.findall(line))
        cell = cells.get(options["cell"].removeprefix("\\"))
        if cell is not None and _matters(cell, options):
            found.append((options, cell))
    if not found:
        raise MutateError(f"{netlist.top}: there is no cell to mutate")
    if len(found) > count:
        chosen = sorted(random.Random(seed).sample(range(len(found)), count))
        found = [found[index] for index in chosen]
    names = _Names(netlist.module)
    copies = f"{netlist.place}/{_COPIES}/"
    return [_mutant(number, options, cell, names, copies) for number, (options, cell) in enumerate(found, 1)]


def write(netlist: Netlist, mutants: Sequence[Mutant], parameters: Parameters, into: Path) -> None:
    """Write the core with all mutants in it as Verilog: the netlist, and a module of the core's own name around it.

    The select input is read from the plusarg `+mutant_select=`, so that all mutants share one build.

    Args:
        netlist: The core.
        mutants: What to put into it.
        parameters: Verilog parameters of the core, which nothing depends on any more.
        into: The file.

    Raises:
        AreaError: Yosys failed.
    """
    width = len(mutants).bit_length()
    inner = f"{netlist.top}_mutants"
    lines = [f"read_rtlil {netlist.place}/core.il"]
    lines += [mutant.command(netlist.top, width) for mutant in mutants]
    lines += [f"rename {netlist.top} {inner}", "opt_clean", f"write_verilog -noattr {netlist.place}/mutants.v"]
    yosys(netlist.top, lines, netlist.root, netlist.work)
    text = (netlist.work / "mutants.v").read_text(encoding="utf-8")
    into.write_text(_wrapper(netlist, inner, width, parameters) + text, encoding="utf-8")


def yosys(top: str, lines: Sequence[str], root: Path, work: Path, limit: float = _TIME_OUT) -> None:
    """Run a Yosys script.

    Args:
        top: The module, for messages.
        lines: The script.
        root: Where Yosys runs.
        work: A folder below it, which gets `flow.ys` and `log`.
        limit: Wall-clock limit in seconds.

    Raises:
        AreaError: Yosys failed or did not end in time.
        ToolError: There is no Yosys.
    """
    mark = f"tee -o {work.relative_to(root)}/complete log complete"
    (work / "complete").unlink(missing_ok=True)  # what an earlier script left
    (work / "flow.ys").write_text("\n".join([*lines, mark]) + "\n", encoding="utf-8")
    run_yosys(top, root, work, limit)


def _matters(cell: Json, options: Mapping[str, str]) -> bool:
    """Tell whether a fault changes anything that a bench could see."""
    port, mode = options["port"], options["mode"]
    if "CLK" in port or (cell["type"].startswith("$mem") and _MEMORY_CONTROL.fullmatch(port)):
        return False
    bit = cell["connections"][port][int(options["portbit"])]
    return bit != "x" and (mode, bit) not in {("const0", "0"), ("const1", "1")}


def _copy(path: Path, root: Path, work: Path) -> str:
    """Copy a source for Yosys, whose line numbers go wrong by two after each `resetall; returns its place."""
    name = path.relative_to(root if path.is_relative_to(root) else path.anchor)
    copy = work / _COPIES / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(re.sub(rb"`resetall\b", b"`default_nettype wire", path.read_bytes()))  # all that it does there
    return str(copy.relative_to(root))


class _Names:
    """Names of the bits of a module, as its sources call them.

    Args:
        module: The module in Yosys's JSON.
    """

    def __init__(self, module: Json) -> None:
        self._bits: dict[int | str, str] = {}
        self._words: dict[tuple[int | str, ...], str] = {}
        named = {name: net["bits"] for name, net in module["netnames"].items() if not net["hide_name"]}
        for name in sorted(named, key=lambda name: (len(name), name)):  # the shortest of several
            self._words.setdefault(tuple(named[name]), name)
            for index, bit in enumerate(named[name]):
                self._bits.setdefault(bit, _indexed(name, index, len(named[name])))
        self._next: dict[int | str, int | str] = {}  # of a bit that a mux may hand on, the mux's output
        self._registers: dict[int | str, str] = {}  # of a bit that a register takes, the register's
        for cell in module["cells"].values():
            pins = cell["connections"]
            if cell["type"] == "$dff":
                self._registers |= {bit: self._register(pins["Q"], index) for index, bit in enumerate(pins["D"])}
            elif cell["type"] == "$mux":
                self._next |= dict(zip(pins["A"] + pins["B"], pins["Y"] * 2, strict=True))

    def of(self, cell: Json, port: str, bit: int) -> str:
        """Name a bit of a cell's port, or the register that takes it; empty when neither has a name."""
        pins = cell["connections"]
        if cell["type"] == "$dff" and port in {"D", "Q"}:
            return self._register(pins["Q"], bit)
        found = pins[port][bit]
        name = self._bits.get(found, "") if isinstance(found, int) else ""
        if cell["type"] != "$mux":
            return name
        register = self._taken(pins["Y"][bit])
        if port == "S":  # which selects much, and is only wrong here
            return f"{name} for {register}" if name and register else name or register
        return name or register

    def _register(self, word: list[int | str], bit: int) -> str:
        """Name a bit of a register, by the whole of it where that has a name."""
        name = self._words.get(tuple(word), "")
        return _indexed(name, bit, len(word)) if name else self._bits.get(word[bit], "")

    def _taken(self, bit: int | str) -> str:
        """Name the register that takes a bit through nothing but muxes."""
        seen: set[int | str] = set()
        while bit not in self._registers and bit in self._next and bit not in seen:
            seen.add(bit)
            bit = self._next[bit]
        return self._registers.get(bit, "")


def _indexed(name: str, index: int, width: int) -> str:
    return f"{name}[{index}]" if width > 1 else name


def _mutant(number: int, options: Mapping[str, str], cell: Json, names: _Names, copies: str) -> Mutant:
    port, bit = options["port"], int(options["portbit"])
    return Mutant(
        number=number,
        mode=options["mode"],
        cell=options["cell"],
        kind=cell["type"],
        port=port,
        bit=bit,
        control=int(options["ctrlbit"]) if "ctrlbit" in options else None,
        wire=names.of(cell, port, bit),
        sources=tuple(source.removeprefix(copies) for source in cell["attributes"].get("src", "").split("|")),
    )


def _wrapper(netlist: Netlist, inner: str, width: int, parameters: Parameters) -> str:
    """Write the module that stands for the core."""
    defaults = {name: value if isinstance(value, str) else 0 for name, value in parameters.items()}
    values = ", ".join(f"parameter {name} = {value}" for name, value in defaults.items())
    ports = [
        f"    {port['direction']} wire [{len(port['bits']) - 1}:0] {name}"
        for name, port in netlist.module["ports"].items()
    ]
    pins = ", ".join(f".{name}({name})" for name in [SELECT, *netlist.module["ports"]])
    header = f"module {netlist.top} {f'#({values}) ' if values else ''}(\n"
    return (
        header
        + ",\n".join(ports)
        + f"\n);\n\nreg [{width - 1}:0] {SELECT};\n"
        + f'initial if (!$value$plusargs("{SELECT}=%d", {SELECT})) {SELECT} = {width}\'d0;\n\n'
        + f"{inner} mutants ({pins});\n\nendmodule\n\n"
    )
