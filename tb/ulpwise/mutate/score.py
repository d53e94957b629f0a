# SPDX-License-Identifier: Apache-2.0
"""The mutation score of a core, and the file that `make coverage` and `make report` read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ulpwise.mutate.netlist import Mutant
from ulpwise.mutate.place import Place
from ulpwise.run.record import RunSpec
from ulpwise.system import atomic


@dataclass(frozen=True)
class Survivor:
    """A mutant that the bench did not find and that is not proved equivalent: a hole of the bench.

    Attributes:
        mutant: The mutant.
        place: Where it is.
        why: Why there is no proof.
    """

    mutant: Mutant
    place: Place
    why: str

    def __str__(self) -> str:
        mutant = self.mutant
        control = "" if mutant.control is None else f" by bit {mutant.control}"
        wire = f" ({mutant.wire})" if mutant.wire else ""
        cell = f"{mutant.kind} {mutant.port}[{mutant.bit}]{wire} {mutant.mode}{control}"
        return f"{self.place}: {cell}: {self.place.text}"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        mutant = self.mutant
        return {
            "mutant": mutant.number,
            "file": self.place.file,
            "line": self.place.line,
            "text": self.place.text,
            "cell": mutant.cell,
            "type": mutant.kind,
            "port": mutant.port,
            "bit": mutant.bit,
            "control": mutant.control,
            "mode": mutant.mode,
            "wire": mutant.wire,
            "why": self.why,
        }


@dataclass(frozen=True)
class Score:
    """What the bench of a core found.

    Attributes:
        specs: The runs that mutants went through: of the configuration, then of those with the same parameters.
        seed: Seed of the choice of mutants.
        tool: Version of Yosys.
        mutants: How many were tried.
        killed: Of each mutant that was found, by its number, the first rule that its run broke.
        equivalent: Numbers of the mutants that are proved to change nothing.
        survivors: The others.
        seconds: Wall-clock time of it all.
    """

    specs: Sequence[RunSpec]
    seed: int
    tool: str
    mutants: int
    killed: Mapping[int, str]
    equivalent: Sequence[int]
    survivors: Sequence[Survivor]
    seconds: float = field(default=0.0, compare=False)

    @property
    def spec(self) -> RunSpec:
        """The run of the configuration."""
        return self.specs[0]

    @property
    def percent(self) -> float:
        """Share of those that are not equivalent; all when there are none."""
        real = self.mutants - len(self.equivalent)
        return 100.0 * len(self.killed) / real if real else 100.0

    def to_json(self) -> dict[str, Any]:
        """Return it as it is written to `build/mutation/<module>.json`; the same seed gives the same."""
        return {
            "module": self.spec.module,
            "config": self.spec.config,
            "sim": self.spec.sim,
            "seed": self.seed,
            "runs": {spec.config: spec.n for spec in self.specs},
            "yosys": self.tool,
            "mutants": self.mutants,
            "killed": len(self.killed),
            "equivalent": len(self.equivalent),
            "survivors": [str(each) for each in self.survivors],
            "killed_by": dict(sorted(Counter(self.killed.values()).items())),
            "holes": [each.to_json() for each in self.survivors],
        }

    def write(self, build: Path) -> Path:
        """Write the file, all at once.

        Args:
            build: The project's folder of everything generated.
        """
        path = build / "mutation" / f"{self.spec.module}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(path, json.dumps(self.to_json(), indent=1) + "\n")
        return path
