"""Compares what came out with the golden model, and keeps what a report of a failure needs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from pyuvm import uvm_analysis_port, uvm_scoreboard, uvm_subscriber

from ulpwise.bench.callbacks import first_row
from ulpwise.coverage.sampler import CoverageError
from ulpwise.data.formats import Array, Batch, Format, FormatError
from ulpwise.ports.clock import PERIOD_NS
from ulpwise.system.fault import UserFault, refusal
from ulpwise.uvm.context import CONTEXT, Context
from ulpwise.uvm.items import BatchItem
from ulpwise.uvm.program import by_setup
from ulpwise.uvm.wrong import describe

COUNTS = ("sent", "checked", "mismatches", "missing", "extra")


class Scoreboard(uvm_scoreboard):  # type: ignore[misc]  # pyuvm has no types
    """Pairs the inputs and the outputs of each item, and checks them against the golden model.

    Attributes:
        tally: Counts over the run: sent, checked, mismatches, missing, extra.
        first: The first failing transaction, as text and numbers; None while all is well.
        figures: Numbers that the bench wants printed.
        failing: Inputs of the first item that failed, up to its last transaction.
        outputs: What came out, item by item.
    """

    def build_phase(self) -> None:
        """Create the two ends that the monitors write to, and the ports that hand on whole transactions."""
        super().build_phase()
        self.context: Context = self.cdb_get(CONTEXT)
        self.inputs = End("inputs", self)
        self.results = End("results", self)
        self.ap = uvm_analysis_port("ap", self)
        self.tally = dict.fromkeys(COUNTS, 0)
        self.first: dict[str, Any] | None = None
        self.failing: Batch | None = None
        self.figures: dict[str, str] = {}
        self.outputs: list[Batch] = []
        self._digest = hashlib.sha256()
        self._sent: Batch | None = None

    @property
    def digest(self) -> str:
        """A hash of all results in order; the same run gives the same one on every simulator."""
        return self._digest.hexdigest()

    def accept(self, end: End, item: BatchItem, seen: Batch) -> None:
        """Take what a monitor saw of an item; the inputs come first. After a fault of the bench nothing is taken."""
        if end is self.inputs:
            self._sent = seen
            return
        assert self._sent is not None
        inputs, self._sent = self._sent, None
        if self.context.raised:
            return
        try:
            self._check(item, inputs, seen)
        except UserFault as raised:
            self.context.raised = str(raised)
            if self.first is None:
                self._report(item, raised.row or 0, inputs, seen, {})

    def _check(self, item: BatchItem, inputs: Batch, actual: Batch) -> None:
        """Compare one item, transaction by transaction; what the pins did counts before any function of the bench."""
        formats = self.context.interface.output_fields
        rows = len(next(iter(inputs.values())))
        got = min(len(actual[name]) for name in formats)
        most = max(len(actual[name]) for name in formats)
        both = min(rows, got)
        for name in formats:
            self._digest.update(np.ascontiguousarray(actual[name]).tobytes())
        self.tally["sent"] += item.rows
        self.tally["missing"] += max(0, item.rows - got)
        self.tally["extra"] += max(0, most - item.rows)
        self.outputs.append(actual)
        expected = self._expected_by_setup(inputs) if rows else {}
        wrong = np.zeros(both, bool)
        for name, values in expected.items():
            wrong |= ~formats[name].equal(actual[name][:both], values[:both])
        self.tally["checked"] += both
        self.tally["mismatches"] += int(wrong.sum())
        if self.first is None and (wrong.any() or got < item.rows or most > item.rows):
            self._report(item, int(wrong.argmax()) if wrong.any() else got, inputs, actual, expected)
        if both:
            self._pass_on(item, both, inputs, actual, expected)

    def _expected_by_setup(self, inputs: Batch) -> Batch:
        """Ask the golden model once for each set-up, since all rows that it gets share one."""
        parts = [self._expected(part) for part in by_setup(self.context, inputs)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _expected(self, inputs: Batch) -> Batch:
        """Ask the golden model.

        Args:
            inputs: Whole transactions, at least one.

        Returns:
            Every output field, one row a transaction, of the type of its format.

        Raises:
            UserFault: The golden function raised, or gave what no core can give, or other fields than the outputs.
        """
        bench, formats = self.context.bench, self.context.interface.output_fields
        rows = len(next(iter(inputs.values())))
        given: Any = bench.golden(self.context.config, inputs)
        refuse = partial(refusal, function=bench.golden, root=self.context.root)
        if not isinstance(given, Mapping):
            raise refuse(f"golden gives {type(given).__name__}, not a dict of arrays")
        for name in formats:
            if name not in given:
                raise refuse(f"golden gives no {name}")
        for name in given:
            if name not in formats:
                raise refuse(f"golden gives {name}, which is no output: outputs are {', '.join(formats)}")
        arrays = {name: np.asarray(given[name]) for name in formats}
        for name, fmt in formats.items():
            values = arrays[name]
            try:
                fmt.validate(values, f"golden {name}")  # before the cast, which would hide what does not fit
            except FormatError as error:
                raised = refuse(str(error))
                raised.row = first_row(lambda n, fmt=fmt, values=values: not _valid(fmt, values[:n]), rows)  # type: ignore[misc]
                raise raised from None
            if len(values) != rows:
                raise refuse(f"golden {name}: {len(values)} rows for {rows} transactions")
        typed = {name: arrays[name].astype(fmt.dtype, copy=False) for name, fmt in formats.items()}
        return self.context.interface.comparable(typed)

    def _pass_on(self, item: BatchItem, rows: int, inputs: Batch, actual: Batch, expected: Batch) -> None:
        """Hand complete transactions, of which there are some, to coverage and to the bench's own figures."""
        inputs, actual, expected = (
            {name: values[:rows] for name, values in part.items()} for part in (inputs, actual, expected)
        )
        try:
            for part in by_setup(self.context, {**inputs, **actual}):
                self.ap.write(part)
        except CoverageError as error:
            raise UserFault(str(error)) from None
        bench = self.context.bench
        if bench.figures is not None and not item.how.mixed:
            figures: Any = bench.figures(self.context.config, item.get_name(), inputs, actual, expected)
            if not isinstance(figures, Mapping):
                text = f"figures gives {type(figures).__name__}, not a dict of texts"
                raise refusal(text, bench.figures, self.context.root)
            self.figures.update({str(name): str(value) for name, value in figures.items()})

    def _report(self, item: BatchItem, row: int, inputs: Batch, actual: Batch, expected: Batch) -> None:
        """Keep the batch that failed, and describe its first transaction that did in the formats of its numbers."""
        self.failing = item.batch
        parts = describe(self.context.interface, row, item.batch, inputs, actual, expected)
        self.first = {"sequence": item.get_name(), "row": row, **parts}
        begins = [int(found[row]) for found in self.context.begins.values() if row < len(found) and found[row] >= 0]
        if begins:
            cycle = min(begins)
            self.first |= {"cycle": cycle, "time": cycle * PERIOD_NS + PERIOD_NS // 2}


class End(uvm_subscriber):  # type: ignore[misc]
    """One of the two inlets of the scoreboard."""

    def write(self, tt: tuple[BatchItem, Batch]) -> None:
        """Receive what a monitor publishes: an item and what was seen of it."""
        self.get_parent().accept(self, *tt)


def _valid(fmt: Format, values: Array) -> bool:
    try:
        fmt.validate(values, "")
    except FormatError:
        return False
    return True
