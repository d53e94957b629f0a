"""What kinds of ports have in common whose transaction is a program: commands in order, and their answers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ulpwise.data.formats import Array, Batch, Bits, Format, Unsigned
from ulpwise.ports.base import Interface, InterfaceError, Port, split
from ulpwise.ports.wiring import RESET

if TYPE_CHECKING:
    from ulpwise.ports.pins import Agents

COMMANDS, ANSWERS = "program", "responses"  # names of the source and of the sink
ASKED = "en"  # the field that says whether a command is one, or a cycle in which nothing is asked


class Program(Interface):
    """A transaction is a program of `length` commands; a field holds what they have in common, (length, ...) a row.

    A program begins when all answers to the one before are in: rows stay independent, whatever their order.

    Attributes:
        length: Commands of a program; those whose `en` is 0 ask for nothing, and pass a cycle.
        fresh: The core is reset in front of each program.
    """

    length: int
    fresh: bool
    timed = True

    @property
    @abstractmethod
    def commands(self) -> dict[str, Format]:
        """Fields of one command besides `en`, by name."""

    @property
    @abstractmethod
    def answers(self) -> dict[str, Format]:
        """Fields of one answer, by name."""

    def legal(self, batch: Batch) -> Array:
        """Tell which commands can be sent, (rows, length): the others become cycles in which nothing is asked."""
        return np.asarray(batch[ASKED] != 0)

    def check(self) -> None:
        """Refuse what no program can be; InterfaceError."""
        if self.length < 1:
            raise InterfaceError(f"length={self.length}: a program has one command or more")

    def agents(self) -> Agents:
        """Drive and watch programs."""
        from ulpwise.ports.program.beat import AGENTS, FRESH  # noqa: PLC0415 (imports cocotb, in the simulator only)

        return FRESH if self.fresh else AGENTS

    @property
    def hdl(self) -> list[Path]:
        """What all programs have, and what is the kind's own."""
        return [*sorted(Path(__file__).parent.glob("*.v")), *super().hdl]

    @property
    def reset(self) -> str:
        """The harness's, and that in front of each program."""
        return f"({RESET} || renew)" if self.fresh else RESET

    @property
    def input_fields(self) -> dict[str, Format]:
        """The commands, those of a program side by side."""
        return self._rows({ASKED: Unsigned(1), **self.commands})

    @property
    def output_fields(self) -> dict[str, Format]:
        """The answers, each at the place of its command; zeros for a command that has none."""
        return self._rows(self.answers)

    @property
    def sources(self) -> list[Port]:
        """One, a command a beat: `en` lowest, above it the fields."""
        return [Port(COMMANDS, 1 + _width(self.commands), self.length)]

    @property
    def sinks(self) -> list[Port]:
        """One, an answer a beat."""
        return [Port(ANSWERS, _width(self.answers), self.length, sparse=True)]

    @property
    def pauses(self) -> list[str]:
        """The cycles between commands."""
        return [COMMANDS]

    def at(self, field: str) -> str:
        """Return the part of the harness's command that holds a field."""
        low = 1
        for name, fmt in self.commands.items():
            if name == field:
                return f"{COMMANDS}_command[{low} +: {fmt.width}]"
            low += fmt.width
        raise KeyError(field)

    def pack(self, port: Port, batch: Batch) -> tuple[Bits, Bits]:
        """Lay the commands out, without those that cannot be sent."""
        del port
        batch = {**batch, ASKED: self.legal(batch).astype(np.int64)}
        fields = {ASKED: Unsigned(1), **self.commands}
        bits = [fmt.to_bits(batch[name].reshape(-1, *fmt.array_shape)) for name, fmt in fields.items()]
        beats = np.concatenate(bits, axis=1)
        return beats, np.zeros((len(beats) // self.length, 0), np.uint8)

    def unpack_input(self, port: Port, beats: Bits, held: Bits) -> Batch:
        """Read the commands back, as they were sent."""
        del port, held
        return self._by_row(split({ASKED: Unsigned(1), **self.commands}, beats))

    def unpack(self, port: Port, beats: Bits) -> Batch:
        """Read the answers."""
        del port
        return self._by_row(split(self.answers, beats))

    def _rows(self, fields: Mapping[str, Format]) -> dict[str, Format]:
        return {name: _vector(fmt, self.length) for name, fmt in fields.items()}

    def _by_row(self, batch: Batch) -> Batch:
        return {name: values.reshape(-1, self.length, *values.shape[1:]) for name, values in batch.items()}


def _width(fields: Mapping[str, Format]) -> int:
    return sum(fmt.width for fmt in fields.values())


def _vector(fmt: Format, length: int) -> Format:
    """Return the format of so many values."""
    return cast("Format", replace(cast("Any", fmt), shape=(length, *fmt.shape)))
