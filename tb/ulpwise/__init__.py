"""The verification framework: streams, batches, coverage, builds and reports; it knows no core by name.

A bench imports from here, and from its golden model, and from nowhere else.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ulpwise.bench import timing
    from ulpwise.bench.current import running
    from ulpwise.bench.declare import Bench, BenchError, Config, Exclusion
    from ulpwise.bench.limits import Limit, Refused
    from ulpwise.coverage.sampler import CoverGroup, Cross, Point, ranges, transitions, values
    from ulpwise.data.formats import (
        Array,
        Batch,
        BFloat16,
        Enumerated,
        Fixed,
        Float16,
        Float32,
        Signed,
        SignedDigits,
        Unsigned,
    )
    from ulpwise.ports.axil import AxiLite
    from ulpwise.ports.axis import Axis, Keep, Streams
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
    "Enumerated",
    "Exclusion",
    "Fixed",
    "Float16",
    "Float32",
    "Interface",
    "Keep",
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
    "running",
    "timing",
    "transitions",
    "values",
]

# imported when they are asked for: who wants help, or one part of the package, does not wait for all others
_FROM = {
    "bench.current": ["running"],
    "bench.declare": ["Bench", "BenchError", "Config", "Exclusion"],
    "bench.limits": ["Limit", "Refused"],
    "coverage.sampler": ["CoverGroup", "Cross", "Point", "ranges", "transitions", "values"],
    "data.formats": [
        *("Array", "Batch", "BFloat16", "Enumerated", "Fixed", "Float16", "Float32", "Signed", "SignedDigits"),
        "Unsigned",
    ],
    "ports.axil": ["AxiLite"],
    "ports.axis": ["Axis", "Keep", "Streams"],
    "ports.base": ["Interface", "Pin", "Port"],
    "ports.digits": ["DigitSerial"],
    "ports.memory": ["Memory"],
    "ports.pipeline": ["Pipeline"],
    "ports.wiring": ["Wiring"],
}
_HOME = {name: f"{__name__}.{module}" for module, names in _FROM.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever that name stands for)
    """Import what a bench asks for."""
    if name == "timing":  # a module
        return importlib.import_module(f"{__name__}.bench.timing")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value
