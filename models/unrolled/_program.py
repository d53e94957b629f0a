# SPDX-License-Identifier: Apache-2.0
"""A graph as the program of rtl/unrolled/adder_graph.v: counters, chains and registers, one item each, and their bits.

A program is one integer. Its lowest 8 bits say how many bits each of its fields has; the fields follow, first lowest:

    header   bits of the inputs, outputs, registers from inputs to outputs, items, bits of a bit's number
    item     kind + 8 bits taken, number of the first of them in the list of bits            x items
    output   bits, number of the first of them in the list; two's complement                 x outputs
    bit      inverted + 2 number of the bit + 2^(1 + bits of a bit's number) item            x bits taken

and a 1 ends it. An item takes bits of earlier items, in the order of the list, and gives 2^(bits of a bit's number) or
fewer:

    kind        gives
    0 source    bits of {inputs, 0}; these items are the first ones and their records are not read
    1 counter   the sum of up to 6 bits
    2 and one   that and 1
    3 chain     the sum of its lower and its upper half, as wide as each of them
    4 register  what it took a cycle ago
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from models.unrolled import _heap

if TYPE_CHECKING:
    from models.unrolled._graph import Graph, Node

SOURCE, COUNTER, COUNTER_AND_ONE, CHAIN, REGISTER = range(5)
LEAST = 4  # bits that an item may give, and bits of a field, at least


class Bit(NamedTuple):
    """A bit that an item gives."""

    item: int
    number: int
    inverted: bool = False

    def __invert__(self) -> Bit:
        return self._replace(inverted=not self.inverted)


ZERO = Bit(0, 0)
ONE = ~ZERO


class Program:
    """A program in the making."""

    def __init__(self, bits: int, room: int) -> None:
        """Takes the bits of the inputs, and how many bits an item may give."""
        self.room = room
        self.items: list[tuple[int, int, int]] = []
        """Of each its kind, bits taken, and where in the list."""
        self.outputs: list[tuple[int, int]] = []
        self.list: list[Bit] = []
        for _ in range(0, bits + 1, room):
            self.add(SOURCE, (), room)
        self.inputs = [Bit(at // room, at % room) for at in range(1, bits + 1)]

    def add(self, kind: int, taken: Sequence[Bit], given: int) -> list[Bit]:
        """Adds an item and returns the bits that it gives."""
        self.items.append((kind, len(taken), len(self.list)))
        self.list += taken
        return [Bit(len(self.items) - 1, number) for number in range(given)]

    def output(self, bits: Sequence[Bit]) -> None:
        """Adds an output."""
        self.outputs.append((len(bits), len(self.list)))
        self.list += bits

    def heap(self, columns: list[list[Bit]], constant: int, style: _heap.Style) -> list[Bit]:
        """Adds up a node.

        Args:
            columns: its terms' bits.
            constant: what is added to them.
            style: how the node is built.

        Returns:
            Its word.
        """
        width = len(columns)
        heights = [len(column) for column in columns]
        heap = [list(column) for column in columns] + [[], []]
        for column, count, uses, given in list(_heap.counters(heights, constant, style)):
            taken, heap[column] = heap[column][:count], heap[column][count:]
            if uses:
                constant &= ~(1 << column)
            if given == 2:
                bits = self.add(COUNTER, [*taken, ONE] if uses else taken, 2)  # as one full adder
            else:
                bits = self.add(COUNTER_AND_ONE if uses else COUNTER, taken, 3)
            for place, bit in enumerate(bits, column):
                heap[place].append(bit)
        rows = [[*bits, *[ONE] * (constant >> place & 1)] for place, bits in enumerate(heap[:width])]
        low = next((place for place, bits in enumerate(rows) if len(bits) > 1), width)
        word = [bits[0] if bits else ZERO for bits in rows]
        if low < width:
            second = [bits[1] if len(bits) > 1 else ZERO for bits in rows]
            word[low:] = self.add(CHAIN, word[low:] + second[low:], width - low)
        return word

    def register(self, word: list[Bit]) -> list[Bit]:
        """Registers a word, before bits are inverted; a constant needs none."""
        taken = list(dict.fromkeys(bit._replace(inverted=False) for bit in word if bit not in {ZERO, ONE}))
        kept = {ZERO: ZERO}
        for at in range(0, len(taken), self.room):
            group = taken[at : at + self.room]
            kept |= zip(group, self.add(REGISTER, group, len(group)), strict=True)
        return [(~kept[~bit] if bit.inverted else kept[bit]) for bit in word]

    def pack(self, stages: int) -> int:
        """Writes the program."""
        span = (self.room - 1).bit_length()
        fields = [len(self.inputs), len(self.outputs), stages, len(self.items), span]
        for kind, count, first in self.items:
            fields += [kind + 8 * count, first]
        for record in self.outputs:
            fields += record
        fields += [bit.inverted + 2 * (bit.number + (bit.item << span)) for bit in self.list]
        size = max(max(fields).bit_length(), span + 2, LEAST)
        text = "".join(f"{field:0{size}b}" for field in reversed(fields))
        return int(f"1{text}{size:08b}", 2)


def columns_of(node: Node, words: list[list[Bit]]) -> list[list[Bit]]:
    """Lays out the bits of a node's terms by powers of two."""
    columns: list[list[Bit]] = [[] for _ in range(node.width)]
    for term in node.terms:
        for column, bit in zip(columns[term.shift :], words[term.source], strict=False):
            column.append(~bit if term.negate else bit)
    return columns


def pack(graph: Graph, style: str) -> int:
    """Makes the program of a graph; see Graph.pack."""
    heap = _heap.STYLES[style]
    widest = max(graph.widths) if heap.rows == 2 else 0
    program = Program(sum(signal.width for signal in graph.inputs), max(LEAST, 1 << (widest - 1).bit_length()))
    words: list[list[Bit]] = []
    first = 0
    for signal in graph.inputs:
        word = program.inputs[first : first + signal.width]
        first += signal.width
        words.append([*word[:-1], ~word[-1]] if signal.signed else word)
    for node in graph.nodes:
        word = program.heap(columns_of(node, words), node.constant, heap)
        words.append(program.register(word) if node.registered else word)
    for output in graph.outputs:
        word = words[output.source] if output.source >= 0 else [ONE]
        program.output([*[ZERO] * output.shift, *word[:-1], ~word[-1]])
    return program.pack(graph.latency)
