"""What the components of one simulation share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpwise.bench.declare import Bench, Config
from ulpwise.data.formats import Batch
from ulpwise.ports.base import Interface

CONTEXT = "context"  # its name in the ConfigDB


@dataclass
class Observed:
    """Faults on the pins, counted by the transactors or the monitors.

    Attributes:
        unknown: Beats that held an X or Z where a value counts, and cycles with an unknown handshake.
        protocol: Breaches of the stream's rules: `tlast` out of place, an offered beat changed or taken back, a result
            that began before the last one was whole.
        hung: Bursts or batches that the watchdog ended.
        hung_in: What the first of them was, and which outputs had never offered a beat.
        surplus: Output that came when none was due any more, the first of it: text; empty when none did.
        half_loaded: Frames that began between the beats of a set-up frame.
        untimely: The first beat that came in another cycle than the bench says: text; empty when none did.
        timed: Beats whose cycles were compared with the bench's.
        cycles: Clock cycles from the first beat of a batch to its last result, summed.
        latency: Of digit-serial results by name: enabled cycles from `first` to their first digit, as measured last.
        late: Those of them that had another latency in any frame than the bench says: what it says, and what was
            measured.
    """

    unknown: int = 0
    protocol: int = 0
    hung: int = 0
    hung_in: str = ""
    surplus: str = ""
    half_loaded: int = 0
    untimely: str = ""
    timed: int = 0
    cycles: int = 0
    latency: dict[str, int] = field(default_factory=dict)
    late: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Context:
    """One simulation.

    Attributes:
        dut: cocotb's handle of the harness.
        bench: What is verified.
        config: Its configuration.
        interface: Its ports.
        mode: beat or burst.
        seed: Seeds stimuli and stalls.
        n: Transactions asked of each sequence.
        vectors: The user's own transactions, in place of the bench's sequences.
        root: Top of the project.
        raised: What a function of the bench raised, with file and line; the run ends with the batch in hand.
        observed: Faults on the pins so far.
        begins: Clock cycles in which the frames of the last item began to come out, by the name of the port.
        pace: Cycles that a transaction took, in the last batch that was not cut.
    """

    dut: Any
    bench: Bench
    config: Config
    interface: Interface
    mode: str
    seed: int
    n: int
    vectors: Batch | None = None
    root: Path = field(default_factory=Path)
    raised: str = ""
    observed: Observed = field(default_factory=Observed)
    begins: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    pace: float = 1.0
