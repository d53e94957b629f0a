"""The rules by which a run fails. Each looks at the evidence that a finished simulation leaves, and at nothing else."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """What a finished simulation leaves behind.

    Attributes:
        status: Exit status of the simulator; negative for a signal.
        timed_out: Whether the wall-clock limit ended it.
        limit: That limit in seconds.
        log: What it printed.
        result: Contents of its results file; None when that is missing, empty or unreadable.
        sibling: How this run differs from the same run on the other simulator; empty when it does not, or has none.
    """

    status: int
    timed_out: bool
    limit: float
    log: str
    result: Mapping[str, Any] | None
    sibling: str = ""

    def count(self, name: str) -> int:
        """Return a count of the results file, 0 when there is no file."""
        return 0 if self.result is None else int(self.result[name])


Rule = Callable[[Evidence], str | None]

# Verilator: `[123] %Error: file:line: ...`; Icarus: `ERROR: file:line: ...` and `FATAL: ...`. Wherever they stand in a
# line: what the core wrote before need not end in a newline, nor in a space where a place follows. What a core prints
# by $display in this form is a complaint as well: many an old core has no other.
HDL_ERROR = re.compile(r"(?:\[\d+\] )?%Error.*|(?<!\w)(?:ERROR|FATAL): .*|(?:ERROR|FATAL): [^\n]*?:\d+: .*")
# cocotb, when the simulation is over and it has not said so; Verilator says where, Icarus does not
ENDED = "but the simulation ended prematurely"
FINISH = re.compile(r"^- (\S+:\d+): Verilog \$finish$", re.MULTILINE)
# only told, where the verdict is that there are no results
EXCEPTION = re.compile(r"^\s*([A-Za-z_.]*(?:Error|Exception|Interrupt|Exit)\b.*)$", re.MULTILINE)


def time_out(evidence: Evidence) -> str | None:
    """The wall-clock limit passed."""
    return f"time-out: still running after {evidence.limit:g} s" if evidence.timed_out else None


def died(evidence: Evidence) -> str | None:
    """The simulator ended in another way than by finishing."""
    if evidence.timed_out or evidence.status == 0:
        return None
    how = f"signal {signal.Signals(-evidence.status).name}" if evidence.status < 0 else f"status {evidence.status}"
    return f"simulator died: {how}"


def hdl_error(evidence: Evidence) -> str | None:
    """An assertion failed, or `$error` or `$fatal` was called."""
    match = HDL_ERROR.search(evidence.log)
    return f"assertion or $error: {match[0]}" if match else None


def no_results(evidence: Evidence) -> str | None:
    """The results file is missing or empty; a core that ended the simulation is why."""
    if evidence.result is not None:
        return None
    if ENDED in evidence.log and hdl_error(evidence) is None:
        place = FINISH.search(evidence.log)
        return f"the core called $finish or $stop{f' at {place[1]}' if place else ''} before all results were in"
    raised = EXCEPTION.findall(evidence.log)
    return "results file missing" + (f": {raised[-1]}" if raised else "")


def hung(evidence: Evidence) -> str | None:
    """The watchdog saw no progress."""
    if not evidence.count("hung"):
        return None
    where = evidence.result["hung_in"] if evidence.result else ""
    return "hung: nothing moved on the pins before all results were in" + (f" ({where})" if where else "")


def unknown(evidence: Evidence) -> str | None:
    """An X or Z reached an output while it was valid."""
    count = evidence.count("unknown")
    return f"X or Z on a valid output: {count} beats" if count else None


def protocol(evidence: Evidence) -> str | None:
    """An output stream broke the rules of its protocol."""
    count = evidence.count("protocol")
    return f"stream protocol broken: {count} times" if count else None


def latency(evidence: Evidence) -> str | None:
    """A digit-serial result had another online delay than the bench says."""
    late = evidence.result["late"] if evidence.result else {}
    parts = [f"{name} after {got} enabled cycles, not {want}" for name, (want, got) in late.items()]
    return f"latency: {', '.join(parts)}" if parts else None


def untimely(evidence: Evidence) -> str | None:
    """A beat of an unstalled sequence moved in another cycle than the bench says: latency, or period."""
    text = evidence.result["untimely"] if evidence.result else ""
    return f"timing: {text}" if text else None


def half_loaded(evidence: Evidence) -> str | None:
    """A frame was taken between the beats of a set-up frame: it meets some new weights and some old ones."""
    count = evidence.count("half_loaded")
    return f"set-up half loaded: {count} frames began between the beats of a set-up frame" if count else None


def mismatch(evidence: Evidence) -> str | None:
    """A result differs from the golden model's."""
    count = evidence.count("mismatches")
    if not count:
        return None
    first = evidence.result["first"] if evidence.result else None
    order = "; the right results in the wrong order" if first and first["reordered"] else ""
    return f"wrong value: {count} of {evidence.count('checked')} transactions{order}"


def missing(evidence: Evidence) -> str | None:
    """Fewer results came out than transactions went in."""
    count = evidence.count("missing")
    return f"missing output: {count} of {evidence.count('sent')} transactions" if count else None


def extra(evidence: Evidence) -> str | None:
    """More results came out than transactions went in."""
    count = evidence.count("extra")
    return f"extra output: {count} transactions" if count else None


def surplus(evidence: Evidence) -> str | None:
    """Output came when none was due any more: the beginning of a frame, or a result that came late."""
    text = evidence.result["surplus"] if evidence.result else ""
    return f"surplus output: {text}" if text else None


def raised(evidence: Evidence) -> str | None:
    """A function of the bench raised, or gave what it must not give; the run ended there."""
    return (evidence.result.get("raised") if evidence.result else None) or None


def unchecked(evidence: Evidence) -> str | None:
    """The scoreboard checked nothing, or less than was sent."""
    if evidence.result is None:
        return None
    checked, sent = evidence.count("checked"), evidence.count("sent")
    if checked == 0:
        return "nothing was checked"
    return f"checked only {checked} of {sent} transactions" if checked < sent else None


def illegal_bin(evidence: Evidence) -> str | None:
    """A transaction fell into an illegal bin of the functional coverage."""
    bins = evidence.result["summary"]["illegal"] if evidence.result else []
    return f"illegal bin hit: {', '.join(bins)}" if bins else None


def simulators_differ(evidence: Evidence) -> str | None:
    """The same run gave other results or other coverage on the other simulator: a race."""
    return evidence.sibling or None


RULES: tuple[Rule, ...] = (
    time_out,
    died,
    hdl_error,
    no_results,
    hung,
    unknown,
    protocol,
    latency,
    untimely,
    half_loaded,
    mismatch,
    missing,
    extra,
    surplus,
    raised,
    unchecked,
    illegal_bin,
    simulators_differ,
)


def judge(evidence: Evidence) -> list[str]:
    """Apply every rule; the run passes when no reason is returned."""
    return [reason for rule in RULES if (reason := rule(evidence)) is not None]
