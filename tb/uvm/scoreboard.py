"""Compares what came out with the golden model, and keeps what a report of a failure needs."""

from __future__ import annotations

import difflib
import hashlib
from typing import Any

import numpy as np
from pyuvm import uvm_analysis_port, uvm_scoreboard, uvm_subscriber

from tb.formats import Array, Batch, Format
from tb.uvm.context import CONTEXT, Context
from tb.uvm.items import BatchItem
from tb.uvm.program import by_setup


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
        self.tally = dict.fromkeys(("sent", "checked", "mismatches", "missing", "extra"), 0)
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
        """Take what a monitor saw of an item; the inputs come first."""
        if end is self.inputs:
            self._sent = seen
            return
        assert self._sent is not None
        self._check(item, self._sent, seen)
        self._sent = None

    def _check(self, item: BatchItem, inputs: Batch, actual: Batch) -> None:
        """Compare one item, transaction by transaction."""
        expected = self._expected(inputs)
        formats = self.context.interface.output_fields
        _same_names(expected, formats)
        rows = len(next(iter(inputs.values())))
        got = min(len(actual[name]) for name in formats)
        most = max(len(actual[name]) for name in formats)
        both = min(rows, got)
        wrong = np.zeros(both, bool)
        for name, fmt in formats.items():
            fmt.validate(expected[name], f"golden {name}")  # before the cast, which would hide what does not fit
            if len(expected[name]) != rows:
                raise ValueError(f"golden {name}: {len(expected[name])} rows for {rows} transactions")
            want = expected[name].astype(fmt.dtype, copy=False)
            wrong |= ~fmt.equal(actual[name][:both], want[:both])
            self._digest.update(np.ascontiguousarray(actual[name]).tobytes())
        self.tally["sent"] += item.rows
        self.tally["checked"] += both
        self.tally["mismatches"] += int(wrong.sum())
        self.tally["missing"] += max(0, item.rows - got)
        self.tally["extra"] += max(0, most - item.rows)
        self.outputs.append(actual)
        self._pass_on(item, both, inputs, actual, expected)
        if self.first is None and (wrong.any() or got < item.rows or most > item.rows):
            self.failing = item.batch
            self._report(item, int(wrong.argmax()) if wrong.any() else got, inputs, actual, expected)

    def _expected(self, inputs: Batch) -> Batch:
        """Ask the golden function, once for each set-up, since its rows share one."""
        if not len(next(iter(inputs.values()))):
            formats = self.context.interface.output_fields
            return {name: fmt.random(np.random.default_rng(0), 0) for name, fmt in formats.items()}
        parts = [self.context.bench.golden(self.context.config, part) for part in by_setup(self.context, inputs)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _pass_on(self, item: BatchItem, rows: int, inputs: Batch, actual: Batch, expected: Batch) -> None:
        """Hand complete transactions to coverage and to the bench's own figures."""
        inputs, actual, expected = (
            {name: values[:rows] for name, values in part.items()} for part in (inputs, actual, expected)
        )
        for part in by_setup(self.context, {**inputs, **actual}):
            self.ap.write(part)
        if self.context.bench.figures is not None and not item.how.mixed:
            figures = self.context.bench.figures(self.context.config, item.get_name(), inputs, actual, expected)
            self.figures.update(figures)

    def _report(self, item: BatchItem, row: int, inputs: Batch, actual: Batch, expected: Batch) -> None:
        """Describe the first transaction that failed, in the formats of its numbers."""
        formats = self.context.interface.output_fields
        self.first = {
            "sequence": item.get_name(),
            "row": row,
            "inputs": _show(self.context.interface.input_fields, inputs, row),
            "expected": _show(formats, expected, row),
            "actual": _show(formats, actual, row),
            "reordered": _reordered(formats, actual, expected),
        }


class End(uvm_subscriber):  # type: ignore[misc]
    """One of the two inlets of the scoreboard."""

    def write(self, tt: tuple[BatchItem, Batch]) -> None:
        """Receive what a monitor publishes: an item and what was seen of it."""
        self.get_parent().accept(self, *tt)


def _same_names(expected: Batch, formats: dict[str, Format]) -> None:
    """Check that the golden function gives all output fields and nothing else; ValueError with the nearest name."""
    missing = [name for name in formats if name not in expected]
    for name in expected:
        if name not in formats:
            near = difflib.get_close_matches(name, missing, n=1, cutoff=0)  # what it may have been meant for
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"golden function: '{name}' is no output field; there are {', '.join(formats)}{hint}")
    if missing:
        raise ValueError(f"golden function: nothing for the output field {', '.join(missing)}")


def _show(formats: dict[str, Format], batch: Batch, row: int) -> dict[str, str]:
    """Print the fields of one transaction."""
    return {name: fmt.show(batch[name][row]) if row < len(batch[name]) else "nothing" for name, fmt in formats.items()}


def _reordered(formats: dict[str, Format], actual: Batch, expected: Batch) -> bool:
    """Tell whether the right results came in the wrong order."""

    def rows(batch: Batch) -> Array:
        flat = [np.ascontiguousarray(batch[name]) for name in formats]
        return np.sort(np.array([b"".join(part[i].tobytes() for part in flat) for i in range(len(flat[0]))]))

    if any(len(actual[name]) != len(expected[name]) for name in formats):
        return False
    return bool((rows(actual) == rows({n: expected[n].astype(f.dtype) for n, f in formats.items()})).all())
