# SPDX-License-Identifier: Apache-2.0
"""Proves that a mutant changes nothing, where it can.

What is proved: after a cycle of reset, core and mutant give the same outputs and the same next contents of registers
and memories in every cycle, whatever the inputs are. Registers that a reset sets hold that value then, in the mutant
too, from whatever there was before; all others may hold anything, the same in both.

How: both are cut at everything that is no plain logic, above all at registers and memories. What such a cell gives
becomes an input that core and mutant share; what it gets becomes an output, in which they must agree. So only logic is
left, and what is the same in both is merged before the solver sees it. The registers of the core are then put back, for
an induction over a few cycles that excludes contents which never occur; what a memory or any other cell gives stays
free, so that the proof holds for whatever that may be. Unknown bits (x) are such free inputs as well.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ulpwise.mutate.netlist import Json, Mutant, Netlist, yosys
from ulpwise.ports.wiring import Wiring
from ulpwise.system.pools import pool
from ulpwise.toolchain.yosys import AreaError

_LOGIC = {
    *("$not", "$pos", "$neg", "$and", "$or", "$xor", "$xnor"),
    *("$reduce_and", "$reduce_or", "$reduce_xor", "$reduce_xnor", "$reduce_bool"),
    *("$shl", "$shr", "$sshl", "$sshr", "$shift"),
    *("$lt", "$le", "$eq", "$ne", "$ge", "$gt"),
    *("$add", "$sub", "$mul", "$logic_not", "$logic_and", "$logic_or", "$mux", "$pmux"),
}
_IGNORED = {"$scopeinfo"}
_STEPS = 8  # cycles of the induction
_PROVED = "Induction step proven: SUCCESS!"
_NONE = "SAT proof finished - no model found: SUCCESS!"
_DIFFERS = "model found for base case: FAIL!"


class _Cut:
    """A module without registers, memories and unknown bits.

    Args:
        module: The module in Yosys's JSON.
        places: Names of the cells to cut away, in the order by which the new ports are numbered.
        clock: Name of its clock.

    Attributes:
        ports: Its ports in Yosys's JSON, with the new ones: what the cells that were cut away give and get.
        registers: Output of D by input of Q, for registers that take D at each rising edge of the clock.
    """

    def __init__(self, module: Json, places: Sequence[str], clock: str) -> None:
        self.ports: dict[str, Json] = dict(module["ports"])
        self.registers: dict[str, str] = {}
        self._clock = self.ports[clock]["bits"] if clock in self.ports else None
        self._bits = _fresh(module)
        self._free: list[int] = []
        cells: Mapping[str, Json] = module["cells"]
        # in one order in core and mutant, so that free bits have the same numbers
        self._cells = {name: self._logic(cells[name]) for name in sorted(cells) if cells[name]["type"] in _LOGIC}
        for index, name in enumerate(places):
            self._boundary(f"cut{index}", cells[name])
        for name, port in module["ports"].items():
            if port["direction"] == "output":
                self.ports[name] = {**port, "bits": self._known(port["bits"])}
        if self._free:
            self.ports["cut_free"] = {"direction": "input", "bits": self._free}

    def module(self) -> Json:
        """Return what is left, in Yosys's JSON."""
        return {"ports": self.ports, "cells": self._cells, "netnames": {}}

    def widths(self) -> dict[str, int]:
        """Return the widths of all ports by name."""
        return {name: len(port["bits"]) for name, port in self.ports.items()}

    def _logic(self, cell: Json) -> Json:
        """Return a cell without unknown bits."""
        inputs = {pin: self._known(bits) for pin, bits in cell["connections"].items() if _is_input(cell, pin)}
        if cell["type"] == "$pmux":  # what it gives when several selects are high is anyone's guess: they must agree
            self.ports[f"cut_select{len(self.ports)}"] = {"direction": "output", "bits": inputs["S"]}
        return {**cell, "connections": {**cell["connections"], **inputs}}

    def _boundary(self, prefix: str, cell: Json) -> None:
        """Turn a cell into ports."""
        for pin, bits in sorted(cell["connections"].items()):
            if _is_input(cell, pin):
                self.ports[f"{prefix}_{pin}"] = {"direction": "output", "bits": self._known(bits)}
            elif bits:
                self.ports[f"{prefix}_{pin}"] = {"direction": "input", "bits": bits}
        rising = int(str(cell["parameters"].get("CLK_POLARITY", "0")), 2) == 1
        if cell["type"] == "$dff" and rising and cell["connections"]["CLK"] == self._clock:
            self.registers[f"{prefix}_Q"] = f"{prefix}_D"

    def _known(self, connection: Sequence[int | str]) -> list[int | str]:
        """Replace unknown bits by free ones."""
        found: list[int | str] = []
        for bit in connection:
            if bit in {"x", "z"}:
                self._free.append(next(self._bits))
                found.append(self._free[-1])
            else:
                found.append(bit)
        return found


def _is_input(cell: Json, pin: str) -> bool:
    return bool(cell["port_directions"][pin] == "input")


def equivalent(netlist: Netlist, mutants: Sequence[Mutant], limit: float, jobs: int) -> dict[int, str]:
    """Try to prove of each mutant that it is equivalent to the core.

    Args:
        netlist: The core.
        mutants: The mutants.
        limit: Wall-clock limit of one proof in seconds.
        jobs: Proofs at a time.

    Returns:
        By mutant's number why there is no proof; empty where it is proved.

    Raises:
        AreaError: Yosys could not write the mutants.
    """
    if not mutants:
        return {}
    lines = []
    for mutant in mutants:
        lines += ["design -reset", f"read_rtlil {netlist.place}/core.il", mutant.command(netlist.top)]
        lines.append(f"write_json {netlist.place}/mutant{mutant.number}.json")
    yosys(netlist.top, lines, netlist.root, netlist.work)
    places = sorted(name for name, cell in netlist.module["cells"].items() if cell["type"] not in _LOGIC | _IGNORED)
    gold = _Cut(netlist.module, places, netlist.wiring.clock)
    proof = _proof(gold, _reset_values(netlist, gold), netlist.wiring)
    (netlist.work / "proof.v").write_text(proof, encoding="utf-8")

    def one(mutant: Mutant) -> str:
        text = (netlist.work / f"mutant{mutant.number}.json").read_text(encoding="utf-8")
        gate = _Cut(json.loads(text)["modules"][netlist.top], places, netlist.wiring.clock)
        return _prove(netlist, gold, gate, netlist.work / f"proof{mutant.number}", limit)

    with pool(jobs) as threads:
        return {mutant.number: why for mutant, why in zip(mutants, threads.map(one, mutants), strict=True)}


def _fresh(module: Json) -> Iterator[int]:
    """Yield numbers of nets that the module does not have."""
    used = [bit for cell in module["cells"].values() for bits in cell["connections"].values() for bit in bits]
    used += [bit for port in module["ports"].values() for bit in port["bits"]]
    number = max((bit for bit in used if isinstance(bit, int)), default=1)
    while True:
        number += 1
        yield number


def _prove(netlist: Netlist, gold: _Cut, gate: _Cut, work: Path, limit: float) -> str:
    """Return why there is no proof; nothing when there is one."""
    if gold.widths() != gate.widths():
        return "the fault changes which bits are unknown"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    place = work.relative_to(netlist.root)
    design = {"creator": "tb", "modules": {"gold": gold.module(), "gate": gate.module()}}
    (work / "pair.json").write_text(json.dumps(design), encoding="utf-8")
    lines = [f"read_json {place}/pair.json", f"read_verilog {netlist.place}/proof.v", "design -save pair"]
    # from any contents at all, which is quick; -falsify ends the script if that is proved already
    lines += [*_merged("cycle"), f"tee -o {place}/cycle.log sat -falsify -prove bad 0"]
    lines += ["design -load pair", *_merged("proof")]
    lines.append(f"tee -o {place}/reset.log sat -seq 1 -prove lost 0")
    lines.append(f"tee -o {place}/sat.log sat -prove bad 0 -tempinduct -maxsteps {_STEPS} -set-at 1 start 1")
    fault = ""
    try:
        yosys(netlist.top, lines, netlist.root, work, limit)
    except AreaError as raised:
        fault = f"no proof in {limit:g} s" if "took more than" in str(raised) else str(raised)
    cycle, reset, said = (_read(work / name) for name in ("cycle.log", "reset.log", "sat.log"))
    if _NONE in cycle or (_NONE in reset and _PROVED in said):
        return ""
    if fault:
        return fault
    if _NONE not in reset:
        return "another value after a reset"
    # the registers are the core's: this says that the mutant leaves them, not that anyone sees it from outside
    return "other contents or outputs" if _DIFFERS in said else f"no proof by an induction of {_STEPS} cycles"


def _merged(top: str) -> list[str]:
    """Return the commands that flatten core and mutant below a module and merge what is the same in both."""
    merge = ["opt_expr", "opt_merge", "opt_clean"] * 4
    return [f"hierarchy -check -top {top}", "proc", "flatten", "opt_clean", *merge]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _reset_values(netlist: Netlist, gold: _Cut) -> dict[str, list[str]]:
    """Return what a cycle of reset leaves in the registers of the core, by input of Q; x where that is not one value.

    Only what follows from the reset input as a constant is found: a value less gives a weaker start, not a wrong one.
    """
    reset = netlist.wiring.reset
    if reset not in gold.ports:
        return {}
    ports = {name: width for name, width in gold.widths().items() if name != reset}
    heads = ", ".join(f"{gold.ports[name]['direction']} [{width - 1}:0] {name}" for name, width in ports.items())
    pins = ", ".join(f".{name}({name})" for name in ports)
    level = int(not netlist.wiring.active_low)
    text = f"module in_reset ({heads});\ngold gold (.{reset}(1'b{level}), {pins});\nendmodule\n"
    (netlist.work / "reset.v").write_text(text, encoding="utf-8")
    (netlist.work / "gold.json").write_text(json.dumps({"creator": "tb", "modules": {"gold": gold.module()}}))
    lines = [f"read_json {netlist.place}/gold.json", f"read_verilog {netlist.place}/reset.v"]
    lines += ["hierarchy -check -top in_reset", "flatten", *["opt_expr", "opt_clean"] * 4]
    yosys(netlist.top, [*lines, f"write_json {netlist.place}/reset.json"], netlist.root, netlist.work)
    found = json.loads((netlist.work / "reset.json").read_text(encoding="utf-8"))["modules"]["in_reset"]["ports"]
    return {
        given: [bit if bit in {"0", "1"} else "x" for bit in found[taken]["bits"]]
        for given, taken in gold.registers.items()
    }


def _proof(gold: _Cut, after: Mapping[str, Sequence[str]], wiring: Wiring) -> str:
    """Write the modules that hold core and mutant: `cycle` is one cycle, `proof` has the registers that they share.

    Args:
        gold: The core; the mutant has the same ports.
        after: What a reset leaves in the registers.
        wiring: Names of clock and reset.

    Returns:
        Verilog: `bad` is high when core and mutant disagree, `start` when the registers hold what a reset leaves,
        `lost` when a reset leaves something else in the mutant.
    """
    head, wires, contents, registers, pins, differ = [], [], [], [], [], []
    for name, width in gold.widths().items():
        size = f"[{width - 1}:0]"
        if gold.ports[name]["direction"] == "output":
            wires.append(f"wire {size} gold_{name}, gate_{name};")
            differ.append(f"gold_{name} != gate_{name}")
            pins.append((name, f"WHICH_{name}"))
            continue
        pins.append((name, name))
        if name in gold.registers:
            contents.append(f"input {size} {name}")
            registers.append(
                f"reg {size} {name};\nalways @(posedge {wiring.clock}) {name} <= gold_{gold.registers[name]};"
            )
        else:
            head.append(f"input {size} {name}")
    instance = f"WHICH WHICH ({', '.join(f'.{name}({net})' for name, net in pins)});"
    instances = [instance.replace("WHICH", which) for which in ("gold", "gate")]
    start, lost = ["1'b0"], ["1'b0"]  # of each register, whether it is wrong
    for name, bits in after.items():
        mask = f"{len(bits)}'b" + "".join("0" if bit == "x" else "1" for bit in reversed(bits))
        value = f"{len(bits)}'b" + "".join("1" if bit == "1" else "0" for bit in reversed(bits))
        start.append(f"({name} & {mask}) != {value}")
        lost.append(f"(gate_{gold.registers[name]} & {mask}) != {value}")
    # vectors, since Yosys runs out of stack over an expression of a thousand terms
    bad = f"assign bad = |{{{', '.join(differ)}}};"
    says = [f"assign start = !{{{', '.join(start)}}};"]
    on = f"{'!' * wiring.active_low}{wiring.reset}" if after else "0"
    says.append(f"assign lost = {on} && |{{{', '.join(lost)}}};")
    cycle = [f"module cycle ({', '.join([*head, *contents, 'output bad'])});", *wires, *instances, bad, "endmodule"]
    proof = [f"module proof ({', '.join([*head, 'output bad, start, lost'])});", *wires, *registers, *instances]
    return "\n".join([*cycle, *proof, bad, *says, "endmodule", ""])
