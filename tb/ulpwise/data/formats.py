"""Number formats of the fields of a transaction, and the batch that holds them.

A batch is a dict of numpy arrays, one row a transaction. Each format is a frozen dataclass with an optional `shape`:
the elements of a vector in each transaction. `Format` documents the methods that all of them offer.
"""

from __future__ import annotations

from ulpwise.data._bfloat16 import BFloat16
from ulpwise.data._digits import ILLEGAL_DIGIT, SignedDigits
from ulpwise.data._enumerated import Enumerated
from ulpwise.data._fixed import Fixed
from ulpwise.data._floats import Float16, Float32
from ulpwise.data._format import MAX_COUNT, Array, Batch, Bits, Flags, Format, FormatError
from ulpwise.data._integers import Signed, Unsigned

__all__ = [
    "ILLEGAL_DIGIT",
    "MAX_COUNT",
    "Array",
    "BFloat16",
    "Batch",
    "Bits",
    "Enumerated",
    "Fixed",
    "Flags",
    "Float16",
    "Float32",
    "Format",
    "FormatError",
    "Signed",
    "SignedDigits",
    "Unsigned",
]
