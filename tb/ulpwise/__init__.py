"""The verification framework: streams, batches, coverage, builds and reports; it knows no core by name.

A bench imports from here, and from its golden model, and from nowhere else.
"""

from __future__ import annotations

from ulpwise.bench import timing
from ulpwise.bench.declare import Bench, BenchError, Config, Exclusion
from ulpwise.bench.limits import Limit, Refused
from ulpwise.coverage.sampler import CoverGroup, Cross, Point, ranges, transitions, values
from ulpwise.data.formats import Array, Batch, BFloat16, Float16, Float32, Signed, SignedDigits, Unsigned
from ulpwise.ports.axil import AxiLite
from ulpwise.ports.axis import Axis, Streams
from ulpwise.ports.base import Interface, Pin, Port
from ulpwise.ports.digits import DigitSerial
from ulpwise.ports.memory import Memory
from ulpwise.ports.pipeline import Pipeline
from ulpwise.ports.wiring import Wiring

__all__ = [
    "Array",
    "AxiLite",
    "Axis",
    "BFloat16",
    "Batch",
    "Bench",
    "BenchError",
    "Config",
    "CoverGroup",
    "Cross",
    "DigitSerial",
    "Exclusion",
    "Float16",
    "Float32",
    "Interface",
    "Limit",
    "Memory",
    "Pin",
    "Pipeline",
    "Point",
    "Port",
    "Refused",
    "Signed",
    "SignedDigits",
    "Streams",
    "Unsigned",
    "Wiring",
    "ranges",
    "timing",
    "transitions",
    "values",
]
