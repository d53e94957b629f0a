"""The verification framework: streams, batches, coverage, builds and reports; it knows no core by name.

A bench imports from here, and from its golden model, and from nowhere else.
"""

from __future__ import annotations

from tb import timing
from tb.bench import Bench, BenchError, Config, Exclusion
from tb.coverage import CoverGroup, Cross, Point, ranges, transitions, values
from tb.formats import Array, Batch, Float32, Signed, SignedDigits, Unsigned
from tb.interface import Axis, DigitSerial, Streams
from tb.limits import Limit, Refused

__all__ = [
    "Array",
    "Axis",
    "Batch",
    "Bench",
    "BenchError",
    "Config",
    "CoverGroup",
    "Cross",
    "DigitSerial",
    "Exclusion",
    "Float32",
    "Limit",
    "Point",
    "Refused",
    "Signed",
    "SignedDigits",
    "Streams",
    "Unsigned",
    "ranges",
    "timing",
    "transitions",
    "values",
]
