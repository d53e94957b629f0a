"""Activations that meet the weights: the user's, or a documented stand-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bitlet import tally
from models.bitlet.quantise import largest, magnitudes, synthetic
from tests.results.bitlet_study.files import StudyError

WINDOWS, MOST = 64, 2048  # drawn, and taken of the user's
_FLOAT_INTEGERS = 1 << 24  # float32 holds integers below that
STAND_IN = "none given: half are 0, the others half-normal (ReLU of a normal variable), full scale 4 sigma, seed 1"


@dataclass(frozen=True)
class Source:
    """Activations of one tensor.

    Attributes:
        columns: What `tally.measure` asks for columns.
        windows: Rows of what it returns.
        text: Where they come from, for the reader.
    """

    columns: tally.Activations
    windows: int
    text: str


def source(given: NDArray[Any] | None, inputs: int, bits: int | None) -> Source:
    """Prepare activations for a tensor.

    Args:
        given: (..., inputs): each row is a window; of any other shape: values to draw from; None: the stand-in.
        inputs: Of one filter.
        bits: Of a magnitude; None for float32.

    Raises:
        StudyError: Integers do not fit.
    """
    if given is None:
        return Source(lambda start, stop: synthetic(WINDOWS, start, stop, bits), WINDOWS, STAND_IN)
    check(given, bits, "the activations hold")
    peak = largest(given)
    kind = f"integers of {int(peak).bit_length()} bits" if given.dtype.kind in "iu" else "real numbers"

    def convert(values: NDArray[Any]) -> NDArray[Any]:
        return values.astype(np.float32) if bits is None else magnitudes(values, bits, peak)

    if given.ndim > 1 and given.shape[-1] == inputs:
        rows = given.reshape(-1, inputs)
        chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST)).astype(np.int64)]
        return Source(
            lambda start, stop: convert(chosen[:, start:stop]), len(chosen), f"{len(chosen)} windows of {kind}"
        )
    pool = given.reshape(-1)

    def drawn(start: int, stop: int) -> NDArray[Any]:
        rng = np.random.default_rng([1, start])
        return convert(pool[rng.integers(0, pool.size, (WINDOWS, stop - start))])

    return Source(drawn, WINDOWS, f"{WINDOWS} windows of {kind}, drawn from {pool.size:,}, seed 1")


def check(values: NDArray[Any], bits: int | None, subject: str) -> None:
    """Refuse integers that do not fit, and floats beyond float32.

    Raises:
        StudyError: The text begins with `subject`.
    """
    most = largest(values)
    if values.dtype.kind in "iu":
        limit = _FLOAT_INTEGERS if bits is None else 1 << bits
        if most >= limit:
            need = int(most).bit_length()
            more = f"raise BITS to {need}, or " if need <= 24 else ""
            raise StudyError(f"{subject} {most}, which takes {need} bits; {more}scale the integers down")
    elif bits is None and most > float(np.finfo(np.float32).max):
        raise StudyError(f"{subject} {most:.3g}, beyond float32; scale it down, or name BITS of 1 to 24")
