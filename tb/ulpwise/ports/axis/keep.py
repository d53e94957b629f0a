"""Which bytes of a stream count: what its `tkeep` says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ulpwise.data.formats import Array, Batch, Bits, Flags, Format, Unsigned
from ulpwise.ports.base import InterfaceError


@dataclass(frozen=True)
class Count(Unsigned):
    """Integers from `least` to `most`: how many bytes of a frame count."""

    least: int = 0
    most: int = 1

    @property
    def low(self) -> int:
        """The least value."""
        return self.least

    @property
    def high(self) -> int:
        """The greatest value."""
        return self.most

    def _element_corners(self) -> Array:
        near = {self.least, self.least + 1, self.most - 1, self.most}
        return np.array(sorted(near & set(range(self.least, self.most + 1))), self.dtype)


@dataclass(frozen=True)
class Keep:
    """How many bytes a beat has, and which of them count; the bytes of a frame are those of its fields in their order.

    Bytes that do not count are noise on an input, are not looked at on an output, and read as zeros.

    Attributes:
        lanes: Bytes of a beat, and bits of `tkeep`.
        count: Name of a field of its own: how many bytes of the frame count, those from the first one on. The beats
            behind the last such byte are left out. Without it all bytes of the fields count, in every frame.
        least: The least such number. A frame without a byte is one beat.
        mask: Name of a field of its own instead: a bit for each byte. Any may be missing, and all beats are there.
    """

    lanes: int
    count: str = ""
    least: int = 1
    mask: str = ""

    def __post_init__(self) -> None:
        """Refuse what says two things at once."""
        if self.count and self.mask:
            raise InterfaceError(f"tkeep is given by count='{self.count}' and by mask='{self.mask}': leave one out")

    def check(self, bits: int, beats: int) -> None:
        """Refuse fields that are not whole bytes, or another number of beats than they take; InterfaceError."""
        if bits % 8:
            raise InterfaceError(f"{bits} bits are no whole bytes, of which tkeep says which count")
        needed = -(-bits // 8 // self.lanes) if self.lanes > 0 else 0
        if beats != needed:
            raise InterfaceError(f"{bits // 8} bytes, {self.lanes} a beat, are {needed} beats, not {beats}")
        if self.count and not 0 <= self.least <= bits // 8:
            raise InterfaceError(f"least={self.least}: a frame has 0 to {bits // 8} bytes")

    def fields(self, size: int) -> dict[str, Format]:
        """Return the field that a stream of `size` bytes a frame has for its `tkeep`, if it has one."""
        if self.count:
            return {self.count: Count(max(1, size.bit_length()), least=self.least, most=size)}
        return {self.mask: Unsigned(1, (size,))} if self.mask else {}

    def of(self, batch: Batch, rows: int, size: int, places: int) -> Flags:
        """Return which bytes of each frame count, (rows, places), of which the fields have the first `size`."""
        kept = np.zeros((rows, places), np.bool_)
        if self.count:
            kept[:, :size] = np.arange(size) < batch[self.count][:, None]
        else:
            kept[:, :size] = batch[self.mask] != 0 if self.mask else True
        return kept

    def read(self, kept: Flags, size: int) -> Batch:
        """Return the field that `of` was made from."""
        if self.count:
            return {self.count: kept.sum(axis=1, dtype=np.int64)}
        return {self.mask: kept[:, :size].astype(np.int64)} if self.mask else {}

    def broken(self, kept: Flags, size: int) -> int:
        """Count the frames whose `tkeep` is none that `of` gives."""
        wrong = kept[:, size:].any(axis=1)
        if self.count:
            wrong |= (kept[:, 1:] & ~kept[:, :-1]).any(axis=1) | (kept.sum(axis=1) < self.least)
        elif not self.mask:
            wrong |= ~kept[:, :size].all(axis=1)
        return int(wrong.sum())

    def there(self, tkeep: Flags, beats: int) -> Flags:
        """Return which beats are sent, of frames of so many: all, or those up to the last byte and the first beat."""
        if not self.count:
            return np.ones(len(tkeep), np.bool_)
        found = tkeep.any(axis=1).reshape(-1, beats)
        found[:, 0] = True
        return np.asarray(found.reshape(-1), np.bool_)


def cleared(data: Bits, kept: Flags) -> Bits:
    """Put zeros where bytes do not count.

    Args:
        data: Bits, (rows, 8 * bytes).
        kept: Which bytes count, (rows, bytes).
    """
    return np.asarray(data * np.repeat(kept, 8, axis=1), np.uint8)


def noisy(data: Bits, kept: Flags, rng: np.random.Generator) -> Bits:
    """Put noise where bytes do not count."""
    noise = rng.integers(0, 2, data.shape, np.uint8)
    return np.where(np.repeat(kept, 8, axis=1), data, noise)
