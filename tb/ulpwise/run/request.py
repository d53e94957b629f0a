"""What a user asks of `make sim`, and what cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path

from ulpwise.bench.by_hand import COCOTB
from ulpwise.bench.limits import GUARDS, LIMITS
from ulpwise.run.record import TIME_OUT

MOST_SEED = 2**63 - 1  # what the history's integers hold


class RequestError(ValueError):
    """Options that contradict each other; the message is one line."""


@dataclass(frozen=True)
class Request:
    """The options of `make sim`; None stands for what was left open.

    Attributes:
        module: Cores, names and patterns with commas between; None for the main job, or for all of the families.
        config: Configurations of these, likewise; None for all.
        sim: verilator, icarus or both.
        mode: beat, burst or both; guards for the limits of its parameters alone; cocotb for the tests beside a bench.
        seed: Seeds the runs.
        n: Transactions of each random sequence.
        vectors: File with the user's own transactions.
        out: File that gets what came out of the core.
        waves: Dump waves.
        coverage: Count code coverage.
        limit: Wall-clock limit of a simulation in seconds.
        family: Families of cores, names and patterns with commas between; None for all.
    """

    module: str | None = None
    config: str | None = None
    sim: str | None = None
    mode: str | None = None
    seed: int = 1
    n: int | None = None
    vectors: Path | None = None
    out: Path | None = None
    waves: bool = False
    coverage: bool = False
    limit: float = TIME_OUT
    family: str | None = None

    @property
    def main_job(self) -> bool:
        """Whether no core was named."""
        return self.module is None and self.family is None


def check(request: Request) -> None:
    """Refuse numbers that cannot be; RequestError."""
    if request.n is not None and request.n < 1:
        raise RequestError(f"N={request.n}: at least one transaction is needed")
    if not 0 <= request.seed <= MOST_SEED:
        raise RequestError(f"SEED={request.seed}: a seed is 0 to {MOST_SEED}")
    if request.mode == COCOTB:
        check_by_hand(request)
    if not 0 < request.limit < inf:
        fault = "ends every run at once" if request.limit <= 0 else "ends none: give a number of seconds"
        raise RequestError(f"a wall-clock limit of {request.limit:g} s {fault}")


def check_by_hand(request: Request) -> None:
    """Refuse what does not go with runs of cocotb tests alone; RequestError."""
    if request.main_job:
        raise RequestError(f"MODE={COCOTB} runs the cocotb tests beside benches: name MODULE or FAMILY")
    if request.vectors is not None or request.out is not None:
        raise RequestError(f"MODE={COCOTB} runs tests that make their own stimuli: leave VECTORS and OUT out")


def check_guards(request: Request) -> None:
    """Refuse what does not go with runs that try the limits of a core's parameters; RequestError."""
    if request.main_job:
        raise RequestError(f"MODE={GUARDS} tries the limits of one core: name it with MODULE")
    if request.mode not in {None, GUARDS} or (request.mode == GUARDS and request.config not in {None, LIMITS}):
        raise RequestError(f"CONFIG={LIMITS} and MODE={GUARDS} go with each other alone: leave one of them out")
    if request.vectors is not None or request.out is not None:
        raise RequestError(f"MODE={GUARDS} simulates nothing: leave VECTORS and OUT out")
