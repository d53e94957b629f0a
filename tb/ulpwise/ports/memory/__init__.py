"""Memories: read and written through one port, with a fixed latency or a handshake."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ulpwise.data.formats import Array, Batch, Format, Unsigned
from ulpwise.ports.base import InterfaceError, Pin, clocked
from ulpwise.ports.program import ANSWERS, ASKED, COMMANDS, Program


@dataclass(frozen=True)
class Memory(Program):
    """A memory of words behind one port; a transaction is a program of `length` reads and writes.

    Its fields are `en`, `we`, `mask` if there is one, `addr` and `din`, a value a command; the result is `dout`, with
    zeros where nothing is read. What a memory holds when a program begins is not known: of a word that the program has
    not written in full, no read is sent, and the golden function does not see one. With `fresh` the core is reset in
    front of each program, the golden function knows what it then holds, and all reads are sent.

    Attributes:
        word: Number format of a word; a vector makes it as wide as it likes.
        words: How many there are; commands beyond them are not sent.
        length: Commands of a program.
        latency: Cycles from a read to its word, if there is no handshake.
        handshake: A command waits for `ready`, and its word comes, in order, with `valid`.
        valid: Without a handshake, too, `valid` says when there is a word.
        mask: Parts of a word that are written each by itself, lowest first; 0: words are written as a whole.
        fresh: What the core holds behind a reset is known.
    """

    word: Format
    words: int
    length: int = 16
    latency: int = 1
    handshake: bool = False
    valid: bool = False
    mask: int = 0
    fresh: bool = False
    part = Path(__file__).with_name("part.v.j2")

    def __post_init__(self) -> None:
        """Refuse what no core can be."""
        self.check()
        if self.words < 2:
            raise InterfaceError(f"words={self.words}: a memory has two or more")
        if self.latency < 1:
            raise InterfaceError(f"latency={self.latency}: a word comes a cycle after it was asked for, or later")
        if self.mask < 0 or (self.mask and self.word.width % self.mask):
            raise InterfaceError(f"mask={self.mask}: a word of {self.word.width} bits has no such equal parts")

    @property
    def announced(self) -> bool:
        """Whether the core says when there is a word."""
        return self.handshake or self.valid

    @property
    def commands(self) -> dict[str, Format]:
        """What goes with an access."""
        mask = {"mask": Unsigned(1, (self.mask,))} if self.mask else {}
        return {"we": Unsigned(1), **mask, "addr": Unsigned((self.words - 1).bit_length()), "din": self.word}

    @property
    def answers(self) -> dict[str, Format]:
        """The word that was read."""
        return {"dout": self.word}

    def pins(self) -> list[Pin]:
        """Those of every memory, and those of the handshake if it has one."""
        found = [*clocked(), Pin(ASKED, "input", 1, f"{COMMANDS}_en")]
        found += [Pin(name, "input", fmt.width, self.at(name)) for name, fmt in self.commands.items()]
        if self.handshake:
            found.append(Pin("ready", "output", 1, f"{COMMANDS}_ready"))
        if self.announced:
            found.append(Pin("valid", "output", 1, f"{ANSWERS}_valid"))
        return [*found, Pin("dout", "output", self.word.width, f"{ANSWERS}_data")]

    def legal(self, batch: Batch) -> Array:
        """All commands within the memory, but reads of what the program has not written."""
        asked, write, addr = super().legal(batch) & (batch["addr"] < self.words), batch["we"] != 0, batch["addr"]
        if self.fresh:
            return asked
        masks = batch["mask"] != 0 if self.mask else np.ones((*addr.shape, 1), bool)
        for place in range(self.length):
            earlier = asked[:, :place] & write[:, :place] & (addr[:, :place] == addr[:, place : place + 1])
            known = (earlier[:, :, None] & masks[:, :place]).any(axis=1).all(axis=1)
            asked[:, place] &= write[:, place] | known
        return asked
