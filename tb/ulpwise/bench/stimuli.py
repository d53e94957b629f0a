"""Sequences of input batches: corners, exhaustive, constrained random, directed; all drawn from one seed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ulpwise.data.formats import Array, Batch, Format, FormatError
from ulpwise.ports.base import Interface
from ulpwise.system.names import nearest

if TYPE_CHECKING:
    from ulpwise.bench.declare import Config

EXHAUSTIVE = 100_000  # a space of at most this many transactions is tried in full
CORNERS = 4_096  # at most this many combinations of the operands' corners
STAY = 64  # random transactions that share one setup


@dataclass(frozen=True)
class Draw:
    """What a sequence makes its batch from.

    Attributes:
        fields: Formats of the input fields.
        rng: Source of random numbers, seeded by the run's seed and the names of bench, configuration and sequence.
        n: Transactions asked for; a sequence that has a natural size of its own may ignore it.
        setup: Those of the fields that cost a frame of their own whenever they change.
    """

    fields: Mapping[str, Format]
    rng: np.random.Generator
    n: int
    setup: frozenset[str] = frozenset()


Sequence: TypeAlias = Callable[[Draw], Batch]
Stimuli: TypeAlias = Mapping[str, Sequence]
FieldDraw: TypeAlias = Callable[[np.random.Generator, int], Array]


def draw_for(interface: Interface, names: tuple[str, ...], seed: int, n: int) -> Draw:
    """Seed a sequence's generator by the run's seed and the names that tell the sequence from others."""
    rng = np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])
    return Draw(interface.input_fields, rng, n, frozenset(interface.setup_fields))


def random(**constraints: FieldDraw) -> Sequence:
    """Make a sequence of `n` random transactions; the fields of a setup stay for `STAY` of them.

    Args:
        constraints: Per field a function of (generator, rows) that draws its values; other fields are uniform.

    Raises:
        FormatError: As it is drawn: a constraint of a field that does not exist.
    """

    def sequence(draw: Draw) -> Batch:
        check_fields(constraints, draw.fields)
        batch = {}
        for name, fmt in draw.fields.items():
            rows = -(-draw.n // STAY) if name in draw.setup else draw.n
            values = constraints[name](draw.rng, rows) if name in constraints else fmt.random(draw.rng, rows)
            batch[name] = np.repeat(values, STAY, axis=0)[: draw.n] if name in draw.setup else values
        return batch

    return sequence


def corners(draw: Draw) -> Batch:
    """Combine the corners of all operands: every combination, or a random choice of them when they are too many."""
    values = {name: fmt.corners() for name, fmt in draw.fields.items()}
    return _combine(values, draw.rng, CORNERS)


def exhaustive(draw: Draw) -> Batch:
    """Try every combination of all operands."""
    return _combine({name: fmt.enumerate_all() for name, fmt in draw.fields.items()}, draw.rng, None)


def directed(**values: object) -> Sequence:
    """Make a sequence of given transactions, one array or nested list a field, one row a transaction.

    Raises:
        FormatError: As it is drawn: a value that its format does not hold exactly, such as 1.9 in a field of integers,
            a field that does not exist, or none of one that does.
    """

    def sequence(draw: Draw) -> Batch:
        check_fields(values, draw.fields)
        for name in draw.fields:
            if name not in values:
                raise FormatError(f"no values for field {name}")
        return {name: _exact(name, values[name], fmt) for name, fmt in draw.fields.items()}

    return sequence


def check_fields(given: Iterable[str], fields: Mapping[str, Format]) -> None:
    """Refuse fields that do not exist, which nobody would miss; FormatError."""
    for name in given:
        if name not in fields:
            raise FormatError(f"there is no field {name}{nearest(name, fields)}")


def _exact(name: str, values: object, fmt: Format) -> Array:
    """Convert to the format's own type; FormatError where that would change a value, which nobody would notice."""
    given = fmt.take(np.asarray(values), f"directed {name}")
    if given.dtype.kind not in "biuf" and given.dtype not in {np.dtype(object), fmt.dtype}:
        raise FormatError(f"directed {name}: {given.dtype} values are no numbers")
    try:
        with np.errstate(all="ignore"):
            found = fmt.cast(given)
        changed = found != given if fmt.dtype.kind in "biu" else np.zeros(found.shape, bool)
    except (TypeError, ValueError, OverflowError) as fault:
        raise FormatError(f"directed {name}: {fault}") from None
    if changed.any():
        place = tuple(int(i) for i in np.argwhere(changed)[0])
        where = "".join(f"[{i}]" for i in place)
        raise FormatError(
            f"directed {name}{where}: {given[place]} is no {fmt.dtype} number, and would become {found[place]}"
        )
    return found


def space(fields: Mapping[str, Format]) -> int | None:
    """Count the distinct transactions; None when there are more than can be tried."""
    counts = [fmt.count for fmt in fields.values()]
    total = math.prod(count for count in counts if count is not None)
    return total if None not in counts and total <= EXHAUSTIVE else None


def standard(c: Config) -> Stimuli:
    """Return what any core deserves: everything when that is feasible, else corners and random.

    Which of the two holds is decided from the formats when the sequence is drawn.
    """
    del c
    return {"corners": corners, "bulk": _everything_or_random}


def _everything_or_random(draw: Draw) -> Batch:
    return exhaustive(draw) if space(draw.fields) is not None else random()(draw)


def _combine(values: Mapping[str, Array], rng: np.random.Generator, limit: int | None) -> Batch:
    """Form the cross product of the rows of all fields, or `limit` random picks out of it."""
    sizes = [len(rows) for rows in values.values()]
    total = math.prod(sizes)
    picks = np.arange(total)
    if limit is not None and total > limit:
        # formats list zero first: all operands zero is always among them
        picks = np.sort(np.append(1 + rng.choice(total - 1, limit - 1, replace=False), 0))
    at = np.unravel_index(picks, sizes)
    return {name: rows[index] for (name, rows), index in zip(values.items(), at, strict=True)}
