"""The matrices that areas are compared on: four of the specification, and others of the same kinds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.unrolled.pack import random_weights

Integers = npt.NDArray[np.int64]
DATA = Path(__file__).parents[2] / "data"


@dataclass(frozen=True)
class Kind:
    """A kind of matrices, inputs as wide as weights, all of it signed."""

    name: str
    """Of the specification, and of its file in tests/data."""
    bits: int
    """Of a weight and of an input."""
    sparsity: float | None
    """Share of zero weights, exact; None for weights drawn from all that the bits can hold, zero among them."""
    da4ml: tuple[int, int, tuple[int, int]]
    """What the specification measured of da4ml 0.6.0 with Yosys 0.23: LUT6, LUT4, xc7 LUT and CARRY4."""

    def read(self) -> Integers:
        """Read the specification's matrix (inputs, outputs)."""
        return np.loadtxt(DATA / f"unrolled_{self.name}.csv", delimiter=",", dtype=np.int64, ndmin=2)

    def draw(self, seed: int, shape: tuple[int, int] = (16, 16)) -> Integers:
        """Draw another matrix of the kind; the same seed, the same matrix."""
        rng = np.random.default_rng(seed)
        if self.sparsity is None:
            return rng.integers(-(1 << (self.bits - 1)), 1 << (self.bits - 1), shape)
        return random_weights(rng, shape, self.bits, self.sparsity)

    @property
    def title(self) -> str:
        """In words."""
        return f"{self.bits} bits, {'dense' if self.sparsity is None else f'{self.sparsity:.0%} zeros'}"


KINDS = (
    Kind("s75_16_b8", 8, 0.75, (1920, 2506, (1346, 392))),
    Kind("s75_16_b4", 4, 0.75, (437, 576, (353, 137))),
    Kind("s75_16_b2", 2, 0.75, (118, 165, (120, 46))),
    Kind("d16_b4", 4, None, (1784, 2158, (1244, 414))),
)
