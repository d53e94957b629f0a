"""Codes with names, such as the states of a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from itertools import pairwise
from numbers import Integral
from typing import Any

import numpy as np

from ulpwise.data._coded import Coded
from ulpwise.data._format import Array, Bits, Flags, FormatError, place
from ulpwise.system.names import nearest, shown

LISTED = 8  # names that a message lists


@dataclass(frozen=True)
class Enumerated(Coded):
    """Codes that have names: `Enumerated({"IDLE": 0, "RUN": 1})`, unsigned, of 1 to 64 bits.

    Values are codes, int64, or uint64 when bits is 64. `directed`, `.npz` and `.csv` take names; integers are codes.

    Attributes:
        names: The code of each name, which is an identifier. At least one; no code has two.
        bits: Of an element; 0 becomes as many as the greatest code needs.
        unnamed: Codes without a name are values, too, and are drawn like those that have one. Without it only a wrong
            core gives them, and they are shown as numbers.
    """

    names: Mapping[str, int] = field(hash=False)
    bits: int = 0
    shape: tuple[int, ...] = ()
    _: KW_ONLY
    unnamed: bool = False

    def __post_init__(self) -> None:
        _check(self.names)
        object.__setattr__(self, "names", {name: int(code) for name, code in self.names.items()})
        code, name = max((code, name) for name, code in self.names.items())
        if self.bits == 0:
            object.__setattr__(self, "bits", max(1, code.bit_length()))
        super().__post_init__()
        if code > self.high:
            raise FormatError(f"Enumerated: {name} = {code} does not fit into {self.bits} bits")

    def bins(self) -> dict[str, int]:
        """Return the bins of a `Point` over codes, one a name."""
        return dict(self.names)

    def illegal_bins(self) -> dict[str, tuple[int, int]]:
        """Return the illegal bins of a `Point` over codes: the ranges of codes without a name; maybe none."""
        edges = [-1, *self._named.tolist(), self.high + 1]
        gaps = [(before + 1, after - 1) for before, after in pairwise(edges) if after - before > 1]
        return {str(low) if low == high else f"{low}..{high}": (low, high) for low, high in gaps}

    def validate(self, values: Array, name: str) -> None:
        """Raise a one-line FormatError that names field `name`, row and fault unless all are codes that are values."""
        super().validate(values, name)
        wrong = ~self._legal(values)
        if wrong.any():
            index = tuple(np.argwhere(wrong)[0].tolist())
            raise FormatError(f"{place(name, index)}: code {values[index]} has no name; {self._list}")

    def illegal(self, bits: Bits) -> Flags:
        """Flag the rows (rows,) of a bit matrix that hold a code which is no value."""
        codes = self.from_bits(bits)
        return np.asarray(~self._legal(codes).all(axis=tuple(range(1, codes.ndim))), np.bool_)

    def random(self, rng: np.random.Generator, rows: int) -> Array:
        """Draw `rows` values, uniform over the names, or over all codes with `unnamed`."""
        if self.unnamed:
            return super().random(rng, rows)
        return self._choice(rng.integers(0, self._choices, size=(rows, *self.shape)))

    @cached_property
    def _named(self) -> Array:
        """The codes that have a name, in ascending order."""
        return np.array(sorted(self.names.values()), dtype=self.dtype)

    @cached_property
    def _by_code(self) -> dict[int, str]:
        return {code: name for name, code in self.names.items()}

    @property
    def _list(self) -> str:
        """The names, or the first of them."""
        more = ", ..." if len(self.names) > LISTED else ""
        return f"names are {', '.join(list(self.names)[:LISTED])}{more}"

    @property
    def _choices(self) -> int:
        return super()._choices if self.unnamed else len(self.names)

    def _choice(self, places: Array) -> Array:
        return super()._choice(places) if self.unnamed else self._named[places]

    def _legal(self, codes: Array) -> Flags:
        if self.unnamed:
            return np.ones(codes.shape, np.bool_)
        return np.isin(codes.astype(self.dtype), self._named)  # of two types numpy would make floats

    def _element_corners(self) -> Array:
        extremes = super()._element_corners() if self.unnamed else self._named[:0]
        return np.array(list(dict.fromkeys([*self._named.tolist(), *extremes.tolist()])), self.dtype)

    def _code(self, written: Any) -> int:  # noqa: ANN401 (as its base)
        text = str(written).strip()
        if text in self.names:
            return self.names[text]
        try:
            code = int(text, 0)
        except ValueError:
            hint = nearest(text, self.names) or f"; {self._list}"
            raise FormatError(f"{shown(text)} is the name of no code{hint}") from None
        if not self.low <= code <= self.high:
            raise FormatError(f"{text[:40]} is out of range {self.low}..{self.high}")
        return code

    def _text(self, code: int) -> str:
        return self._by_code.get(code, self._hex(code))

    def _show_element(self, value: Any) -> str:  # noqa: ANN401 (as its base)
        number = self._hex(int(value))
        return f"{self._by_code[int(value)]} ({number})" if int(value) in self._by_code else f"{number} (no name)"


def _check(names: Any) -> None:  # noqa: ANN401 (whatever a bench gave)
    """Refuse names that tables could not tell from numbers, or bins not from each other."""
    if not isinstance(names, Mapping) or not names:
        raise FormatError(f"Enumerated: names is a dict such as {{'IDLE': 0, 'RUN': 1}}, not {shown(names)}")
    owners: dict[int, str] = {}
    for name, code in names.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise FormatError(f"Enumerated: {shown(name)} is no name of letters, digits and _")
        if not isinstance(code, Integral) or code < 0:
            raise FormatError(f"Enumerated: the code of {name} is an integer of at least 0, not {code!r}")
        if int(code) in owners:
            raise FormatError(f"Enumerated: {owners[int(code)]} and {name} have the same code {code}")
        owners[int(code)] = name
