"""Sequence items: batches to send, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pyuvm import uvm_sequence_item

from ulpwise.data.formats import Batch
from ulpwise.ports.stalls import FLOWING, Stalls


@dataclass(frozen=True)
class Cut:
    """A reset in the middle of a batch.

    Attributes:
        cycle: Cycle of the batch, from 1: as many beats as the core has taken if nothing held them up, the last of them
            in the first cycle of the reset.
        length: Cycles that the reset lasts.
    """

    cycle: int
    length: int


@dataclass(frozen=True)
class How:
    """How a batch is sent.

    Attributes:
        stalls: How the streams pause meanwhile.
        cut: A reset in the middle of it, after which no results are expected.
        timed: The cycle of every beat must be as the bench says.
        mixed: Set-up frames may come at any time, and serve the frames that begin behind them.
        lengths: Beats of each frame of an input stream, by the name of its port, where `tlast` is not where it belongs.
        reset: Cycles of a reset in front of the batch; 0 for none.
        idle: Cycles in front of its first beat, in which the core could show what a reset has left.
        rest: Send nothing, and watch the outputs for so many cycles; 0 for a batch like all others.
    """

    stalls: Stalls = FLOWING
    cut: Cut | None = None
    timed: bool = False
    mixed: bool = False
    lengths: Mapping[str, NDArray[np.intp]] = field(default_factory=dict)
    reset: int = 0
    idle: int = 0
    rest: int = 0


class BatchItem(uvm_sequence_item):  # type: ignore[misc]  # pyuvm has no types
    """A batch to send.

    Attributes:
        batch: Arrays of the input fields, one row a transaction.
        how: How it is sent.
    """

    def __init__(self, name: str, batch: Batch, how: How) -> None:
        super().__init__(name)
        self.batch = batch
        self.how = how

    @property
    def rows(self) -> int:
        """Transactions in the batch."""
        return len(next(iter(self.batch.values())))
