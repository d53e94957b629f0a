# SPDX-License-Identifier: Apache-2.0
"""Tries the guards of a core: its legal extremes must elaborate, and what lies beyond them its guard must refuse."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ulpwise.bench.declare import Bench, Config
from ulpwise.bench.limits import GUARDS, LIMITS, Trial
from ulpwise.bench.project import Project
from ulpwise.run.record import RunSpec
from ulpwise.system import process
from ulpwise.toolchain.simulators import SIMULATORS
from ulpwise.toolchain.yosys import Parameters, literal
from ulpwise.verilog.guards import guards, names_parameter, parameters, refusals
from ulpwise.verilog.sources import closure, modules

PATIENCE = 240.0  # seconds that one elaboration may take; it takes a fraction of one, but the machine may be busy
TOP = "limits"  # the module around what is tried


def base(bench: Bench) -> Config:
    """Return the configuration that the trials change: the first that `make test` runs."""
    return bench.config([*bench.quick, *bench.configs][0])


def source(project: Project, bench: Bench) -> Path:
    """Return the file of the core."""
    return project.source(bench.top)


def runs(project: Project, bench: Bench, sims: Iterable[str]) -> list[RunSpec]:
    """List the runs that try the guards of a core; none where neither the bench nor the core has any.

    Args:
        project: Where the core is.
        bench: Its bench.
        sims: Names of simulators.
    """
    if not bench.guards and not guards(source(project, bench)):
        return []
    return [RunSpec(bench.top, LIMITS, sim, GUARDS) for sim in sims]


@dataclass(frozen=True)
class Said:
    """What a simulator made of an elaboration.

    Attributes:
        accepted: Whether it had nothing against it.
        text: What it printed.
        late: Whether it had to be ended.
    """

    accepted: bool
    text: str
    late: bool = False

    @property
    def complaint(self) -> str:
        """Its first complaint, in one line."""
        if self.late:
            return f"still elaborating after {PATIENCE:g} s"
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return next((line for line in lines if "rror" in line), lines[0] if lines else "no output")


@dataclass
class Bout:
    """The trials of one core under one simulator.

    Attributes:
        project: Where the core is.
        bench: Its bench.
        sim: The simulator.
        folder: Where files may be written.
    """

    project: Project
    bench: Bench
    sim: str
    folder: Path

    def run(self) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Try everything.

        Returns:
            Reasons to fail, and what stands for the contents of a results file.
        """
        self._core = source(self.project, self.bench)
        given = self.project.given(self.bench)
        files = closure(self.bench.top, self.project.root, given)
        self._files = [f"-D{define}" for define in given.defines]
        self._files += [os.path.relpath(file, self.project.root) for file in files]
        self._log: list[str] = []
        known = parameters(self._core)
        reasons, tried, spoke = [], [], []
        for trial in self._trials():
            strange = [name for name in trial.values if name not in known]
            if strange:
                reasons.append(f"limits: {self.bench.top} has no parameter {strange[0]}; it has {', '.join(known)}")
            else:
                tried.append(trial)
        legal = [trial for trial in tried if trial.legal]
        reasons += self._accepted(legal)
        for trial in tried:
            if not trial.legal:
                said = self._elaborate([trial])
                spoke.append(said.text)
                reasons += self._refused(trial, said)
        excused = {(trial.module, name) for trial in tried if self._early(trial) for name in trial.names}
        reasons += self._silent("\n".join(spoke), excused)
        (self.folder / "sim.log").write_text("\n".join(self._log))
        return tuple(dict.fromkeys(reasons)), _result(len(tried), len(tried) - len(legal))

    def _trials(self) -> list[Trial]:
        """List the trials, each once."""
        every = [trial for item in self.bench.guards for trial in item.trials(self.bench.top)]
        return list(
            {(trial.legal, tuple(sorted(trial.values.items())), trial.names): trial for trial in every}.values()
        )

    def _accepted(self, legal: Sequence[Trial]) -> list[str]:
        """Elaborate what is legal, all of it at once, and one by one when something is wrong."""
        if not legal or self._elaborate(legal).accepted:
            return []
        said = [(trial, self._elaborate([trial])) for trial in legal]
        return [
            f"refused: {self.bench.top} with {trial}, which its bench calls legal: {each.complaint}"
            for trial, each in said
            if not each.accepted
        ] or [f"refused: {self.bench.top}, but only when all that is legal elaborates together"]

    def _refused(self, trial: Trial, said: Said) -> list[str]:
        """Judge what the simulator made of an illegal trial."""
        text = self._text(trial)
        what = f"limits: {self.bench.top} with {trial} is"
        if said.accepted:
            return [f"{what} accepted by {self.sim}, must be refused{text}"]
        named = [
            words
            for words in refusals(said.text, trial.module)
            if any(names_parameter(words, name) for name in trial.names)
        ]
        if self._early(trial):
            stale = f"{what} refused by its guard under {self.sim} as well: take it out of early= in the bench"
            return [stale] if named else []
        if named:
            return []
        wanted = f"a guard of {trial.module} that names {' or '.join(trial.names)}"
        return [f"{what} not refused by {wanted} under {self.sim}{text}, which says: {said.complaint}"]

    def _text(self, trial: Trial) -> str:
        """Quote the guard that must refuse, if there is one."""
        path = modules(self.project.root).get(trial.module)
        known = [] if path is None else guards(path)
        found = [guard for guard in known if guard.parameters & set(trial.names)]
        return f' ("{found[0].message}")' if found else ""

    def _early(self, trial: Trial) -> bool:
        """Tell whether this simulator may refuse it for another reason."""
        return trial.early and self.sim == "verilator"

    def _silent(self, said: str, excused: set[tuple[str, str]]) -> list[str]:
        """Find the core's own guards that no trial made speak, but those that speak under Icarus alone."""
        file = self.project.bench_files()[self.bench.top].relative_to(self.project.root)
        return [
            f'limits: nothing trips {guard.name} of {guard.module} ("{guard.message}"): declare it in guards= of {file}'
            for guard in guards(self._core)
            if not guard.spoke(said) and not any((guard.module, name) in excused for name in guard.parameters)
        ]

    def _elaborate(self, trials: Sequence[Trial]) -> Said:
        """Elaborate the core once for each trial, in one module."""
        wrapper = self.folder / "limits.v"
        wrapper.write_text(_wrapper(self.bench.top, base(self.bench).parameters, trials))
        command, more = SIMULATORS[self.sim].elaboration(
            TOP, [os.path.relpath(wrapper, self.project.root), *self._files]
        )
        start = time.perf_counter()
        done = process.run(command, self.project.root, {**os.environ, **more}, PATIENCE, merge=True)
        said = Said(False, "", late=True) if done.timed_out else Said(done.status == 0, done.out)
        shown = "; ".join(f"{trial} ({'legal' if trial.legal else 'illegal'})" for trial in trials)
        verdict = f"{'accepted' if said.accepted else 'refused'}, {time.perf_counter() - start:.2f} s"
        self._log.append(f"== {shown}: {verdict}\n{said.text}")
        return said


def _wrapper(top: str, parameters: Parameters, trials: Sequence[Trial]) -> str:
    """Write a module with one instance of the core for each trial, its pins open."""
    lines = ["`timescale 1ns / 1ps", f"module {TOP} ();"]
    for number, trial in enumerate(trials):
        values = {**parameters, **trial.values}
        given = ", ".join(f".{name}({literal(value)})" for name, value in values.items())
        lines.append(f"{top} {f'#({given}) ' if values else ''}trial_{number} ();")
    return "\n".join([*lines, "endmodule", ""])


def _result(tried: int, illegal: int) -> dict[str, Any]:
    """Return what a run of this kind has for the contents of its results file: counts alone."""
    figures = {"values": f"{tried} tried, {illegal} of them illegal"}
    return {
        "checked": tried,
        "sent": tried,
        "cycles": 0,
        "digest": "",
        "coverage": {},
        "figures": figures,
        "first": None,
    }
