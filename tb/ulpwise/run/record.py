"""What is run, and what came of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ulpwise.toolchain.simulators.base import Flavour

MODES = ("burst", "beat")
TIME_OUT = 600.0  # seconds of wall clock


@dataclass(frozen=True)
class RunSpec:
    """What to run.

    Attributes:
        module: Name of the core.
        config: Name of the configuration.
        sim: verilator or icarus.
        mode: beat or burst.
        seed: Seeds stimuli, stalls and uninitialised registers.
        n: Transactions of each random sequence; None for the bench's own choice.
        vectors: File with the user's own transactions.
        out: File that gets what came out of the core.
        waves: Dump all signals to `waves.fst`.
        coverage: Also count code coverage (Verilator).
        limit: Wall-clock limit of the simulation in seconds.
    """

    module: str
    config: str
    sim: str
    mode: str
    seed: int = 1
    n: int | None = None
    vectors: Path | None = None
    out: Path | None = None
    waves: bool = False
    coverage: bool = False
    limit: float = TIME_OUT

    @property
    def name(self) -> str:
        """Names the run in tables and folders."""
        return f"{self.module}-{self.config}-{self.sim}-{self.mode}-{self.seed}"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunSpec:
        """Read the fields back from a dict that may hold others too, such as a record's."""
        known = {item.name: data[item.name] for item in fields(cls) if item.name in data}
        for name in ("vectors", "out"):
            known[name] = None if known.get(name) is None else Path(known[name])
        return cls(**known)

    def to_json(self) -> dict[str, Any]:
        """Return the fields as strings, numbers and None."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}

    @property
    def flavour(self) -> Flavour:
        """The build that it needs."""
        return Flavour(coverage=self.coverage and self.sim == "verilator", waves=self.waves)

    def make_line(self) -> str:
        """Return the command that repeats this run."""
        words = [
            "make sim",
            f"MODULE={self.module}",
            f"CONFIG={shlex.quote(self.config)}",
            f"SIM={self.sim}",
            f"MODE={self.mode}",
        ]
        words.append(f"SEED={self.seed}")
        if self.n is not None:
            words.append(f"N={self.n}")
        if self.flavour.coverage:
            words.append("COVERAGE=1")
        if self.vectors is not None:
            words.append(f"VECTORS={shlex.quote(str(self.vectors))}")
        return " ".join(words)


@dataclass(frozen=True)
class Record:
    """The outcome of one run.

    Attributes:
        spec: What was run.
        folder: Where log, results, stimuli and waves are.
        reasons: Why it failed; empty when it passed.
        result: Contents of the results file; empty when there is none.
        seconds: Wall-clock time of the simulation.
        build_seconds: Wall-clock time spent on the build.
        code: Code coverage by kind, when it was asked for.
        assertions: The core's assertions with how often each was exercised, likewise.
        fingerprint: Hash of everything that decides the results, but for the simulator.
        replay: The command that repeats a failure, with waves.
        shrunk: Transactions in the smallest batch that still fails.
        depends: What a failure depends on besides the transaction that failed; empty when on nothing, or not known.
    """

    spec: RunSpec
    folder: Path
    reasons: tuple[str, ...] = ()
    result: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    build_seconds: float = 0.0
    code: dict[str, Any] | None = None
    assertions: list[dict[str, Any]] | None = None
    fingerprint: str = ""
    replay: str = ""
    shrunk: int | None = None
    depends: str = ""

    @property
    def passed(self) -> bool:
        """Whether no rule was broken."""
        return not self.reasons

    @property
    def transactions(self) -> int:
        """Transactions checked."""
        return int(self.result.get("checked", 0))

    @property
    def cycles(self) -> int:
        """Clock cycles that the batches took."""
        return int(self.result.get("cycles", 0))

    @classmethod
    def from_json(cls, data: Mapping[str, Any], result: Mapping[str, Any]) -> Record:
        """Read a record back.

        Args:
            data: As `to_json` makes it.
            result: Contents of the results file, which the former leaves out.
        """
        return cls(
            spec=RunSpec.from_json(data),
            folder=Path(data["artefacts"]),
            reasons=tuple(data["reasons"]),
            result=dict(result),
            seconds=data["seconds"],
            build_seconds=data["build_seconds"],
            code=data["code_coverage"],
            assertions=data.get("assertions"),
            fingerprint=data["fingerprint"],
            replay=data["replay"],
            shrunk=data["shrunk"],
            depends=data.get("depends", ""),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the record as it is written to files: strings, numbers, lists and dicts."""
        return {
            **self.spec.to_json(),
            "verdict": "pass" if self.passed else "fail",
            "reasons": list(self.reasons),
            "transactions": self.transactions,
            "cycles": self.cycles,
            "seconds": round(self.seconds, 3),
            "build_seconds": round(self.build_seconds, 3),
            "coverage_summary": self.result.get("summary"),
            "code_coverage": self.code,
            "assertions": self.assertions,
            "figures": self.result.get("figures", {}),
            "digest": self.result.get("digest"),
            "fingerprint": self.fingerprint,
            "artefacts": str(self.folder),
            "replay": self.replay,
            "shrunk": self.shrunk,
            "depends": self.depends,
        }
