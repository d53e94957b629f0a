"""Describes the first wrong transaction, as text in the formats of its numbers, for the results file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ulpwise.data.formats import Array, Batch, Format
from ulpwise.ports.base import Interface


def describe(
    interface: Interface, row: int, batch: Batch, inputs: Batch, actual: Batch, expected: Batch
) -> dict[str, Any]:
    """Print one transaction of an item.

    Args:
        interface: Has the formats.
        row: Which one; it need not have gone in, nor come out.
        batch: What was to be sent.
        inputs: What went in.
        actual: What came out.
        expected: What the golden model gave; empty when it gave nothing.

    Returns:
        inputs, expected and actual: a text a field, of vectors the first elements; wrong: by output the elements that
        differ, as `Differences`; reordered: whether the right results came in the wrong order.
    """
    formats = interface.output_fields
    seen = row < len(next(iter(inputs.values())))
    return {
        "inputs": _show(interface.input_fields, inputs if seen else batch, row),
        "expected": _show(formats, expected, row) if expected else {},
        "actual": _show(formats, actual, row),
        "wrong": _differences(formats, actual, expected, row),
        "reordered": _reordered(formats, actual, expected),
    }


def _show(formats: dict[str, Format], batch: Batch, row: int) -> dict[str, str]:
    """Print the fields of one transaction."""
    return {name: fmt.show(batch[name][row]) if row < len(batch[name]) else "nothing" for name, fmt in formats.items()}


def _differences(formats: dict[str, Format], actual: Batch, expected: Batch, row: int) -> dict[str, Any]:
    """Print the elements of one transaction that differ, field by field; nothing of fields that do not."""
    pairs = {
        name: fmt.differences(expected[name][row], actual[name][row])
        for name, fmt in formats.items()
        if name in expected and row < min(len(expected[name]), len(actual[name]))
    }
    return {name: found.to_json() for name, found in pairs.items() if found.count}


def _reordered(formats: dict[str, Format], actual: Batch, expected: Batch) -> bool:
    """Tell whether the right results came in the wrong order."""

    def rows(batch: Batch) -> Array:
        flat = [np.ascontiguousarray(batch[name]) for name in formats]
        return np.sort(np.array([b"".join(part[i].tobytes() for part in flat) for i in range(len(flat[0]))]))

    if not expected or any(len(actual[name]) != len(expected[name]) for name in formats):
        return False
    return bool((rows(actual) == rows(expected)).all())
