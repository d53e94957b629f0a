"""Digits in planes: beat i holds digit i of all fields, the most significant one first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ulpwise.data.formats import Batch, Bits, Format, SignedDigits


def digit_fields(fields: Mapping[str, Format]) -> dict[str, SignedDigits]:
    """Return the fields that are signed digits."""
    return {name: fmt for name, fmt in fields.items() if isinstance(fmt, SignedDigits)}


def to_planes(fields: Mapping[str, SignedDigits], batch: Batch, beats: int) -> Bits:
    """Put digit i of all fields into beat i (rows, beats, width): rails p of a field, above them its rails n."""
    rows = len(next(iter(batch.values())))
    planes = np.zeros((rows, beats, sum(2 * fmt.size for fmt in fields.values())), np.uint8)
    low = 0
    for name, fmt in fields.items():
        digits = np.moveaxis(batch[name].reshape(rows, fmt.size, fmt.n), 1, 2)
        planes[:, : fmt.n, low : low + fmt.size] = digits == 1
        planes[:, : fmt.n, low + fmt.size : low + 2 * fmt.size] = digits == -1
        low += 2 * fmt.size
    return planes


def from_planes(fields: Mapping[str, SignedDigits], bits: Bits, beats: int) -> Batch:
    """Inverse of `to_planes`, from a bit matrix (rows * beats, width)."""
    planes = bits.reshape(-1, beats, bits.shape[1])
    batch: Batch = {}
    low = 0
    for name, fmt in fields.items():
        rails = [planes[:, : fmt.n, low + side * fmt.size : low + (side + 1) * fmt.size] for side in (0, 1)]
        # two bits a digit, p below n, as SignedDigits lays them out
        pairs = np.moveaxis(np.stack(rails, axis=3), 1, 2)
        batch[name] = fmt.from_bits(np.ascontiguousarray(pairs).reshape(len(planes), fmt.width))
        low += 2 * fmt.size
    return batch
