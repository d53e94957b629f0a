# SPDX-License-Identifier: Apache-2.0
"""Adder graphs: a constant integer matrix times a vector, y = W' x, as a graph of shifted sums with shared parts.

Every word of a graph is unsigned, so that nothing is ever sign-extended: the word of a number n is n + bias, where the
bias is a constant of the word and 0 <= n + bias < 2^width whatever the inputs are. An input's bias is 0 if it is
unsigned, and half its range if it is signed, that is, its sign bit is inverted. A negated term is a word with all bits
inverted. What biases and inversions leave over is one constant a node, which is 0 for most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[Any]  # int64, or Python integers if 64 bits are too few
Range: TypeAlias = tuple[int, int]

FIELD = 32  # bits of a field of a packed graph
HEADER, INPUT, NODE, TERM, OUTPUT = 6, 2, 6, 4, 4  # fields of a record


@dataclass(frozen=True)
class Input:
    """An input of the graph."""

    width: int
    """Bits, 1 to 16."""
    signed: bool
    """Whether it is two's complement."""

    @property
    def range(self) -> Range:
        """Its least and its greatest value."""
        return (-(1 << (self.width - 1)), (1 << (self.width - 1)) - 1) if self.signed else (0, (1 << self.width) - 1)


@dataclass(frozen=True)
class Term:
    """A shifted word in a sum."""

    source: int
    """Which word: inputs come first, then nodes."""
    shift: int
    """Places to the left."""
    negate: bool
    """Whether the word's bits are inverted, all `width` of them and none below the shift."""


@dataclass(frozen=True)
class Node:
    """A sum of words: (sum of the terms + constant) mod 2^width."""

    terms: tuple[Term, ...]
    width: int
    """Bits: as few as hold the exact range; for the word of an output, of its two's complement."""
    constant: int
    """0 <= constant < 2^width."""


@dataclass(frozen=True)
class Output:
    """An output: the word of a node, with its top bit inverted, is its two's complement divided by 2^shift."""

    source: int
    """Which word; -1 for an output that is always zero."""
    shift: int
    """Zeros below the word."""
    width: int
    """Bits of the exact range in two's complement, the shift's zeros included; at least 1."""


@dataclass(frozen=True)
class Graph:
    """A graph whose words are numbered: the inputs, then the nodes, each after all its terms."""

    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Bits of each word."""
        return (*(signal.width for signal in self.inputs), *(node.width for node in self.nodes))

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """Depth of each word in two-operand adders, if each sum adds its earliest operands first; inputs have 0."""
        levels = [0] * len(self.inputs)
        for node in self.nodes:
            levels.append(level([levels[term.source] for term in node.terms]))
        return tuple(levels)

    @property
    def depth(self) -> int:
        """Depth of the deepest output, in two-operand adders."""
        return max((self.levels[output.source] for output in self.outputs if output.source >= 0), default=0)

    @property
    def adders(self) -> int:
        """Two-operand adders: the sum of the nodes' terms but one each."""
        return sum(len(node.terms) - 1 for node in self.nodes)

    @cached_property
    def linear(self) -> tuple[tuple[tuple[int, ...], int], ...]:
        """The number that each word stands for, as coefficients of the inputs, and its bias modulo 2^width.

        This is the proof: the word of a node is that number plus that bias, modulo 2^width, by construction.
        """
        zeros = (0,) * len(self.inputs)
        found: list[tuple[tuple[int, ...], int]] = [
            ((*zeros[:i], 1, *zeros[i + 1 :]), -signal.range[0]) for i, signal in enumerate(self.inputs)
        ]
        for index, node in enumerate(self.nodes, len(found)):
            coefficients, bias = list(zeros), node.constant
            for term in node.terms:
                if not 0 <= term.source < index:
                    raise ValueError(f"node {index} adds word {term.source}, which does not come before it")
                sign = -1 if term.negate else 1
                vector, offset = found[term.source]
                coefficients = [c + sign * (v << term.shift) for c, v in zip(coefficients, vector, strict=True)]
                ones = (1 << self.widths[term.source]) - 1
                bias += (ones - offset if term.negate else offset) << term.shift
            low, high = span(coefficients, self.inputs)
            bias = (bias + low) % (1 << node.width) - low
            if not 0 <= high + bias < 1 << node.width:
                raise ValueError(f"node {index} of {node.width} bits overflows: {low + bias}..{high + bias}")
            found.append((tuple(coefficients), bias))
        return tuple(found)

    def matrix(self) -> Integers:
        """Computes the exact linear map of the graph, by algebra and not by examples.

        Returns:
            Integers (inputs, outputs), W with y_j = sum_i W[i, j] x_i for all inputs within their ranges.

        Raises:
            ValueError: a word overflows, an output is not in two's complement, or the words are out of order.
        """
        columns = []
        words = self.linear
        for index, output in enumerate(self.outputs):
            if output.source < 0:
                columns.append((0,) * len(self.inputs))
                continue
            vector, bias = words[output.source]
            width = self.widths[output.source]
            if bias != 1 << (width - 1) or output.width != width + output.shift:
                raise ValueError(f"output {index}: word {output.source} is not its two's complement")
            columns.append(tuple(v << output.shift for v in vector))
        values = np.array(columns, dtype=object).reshape(len(self.outputs), len(self.inputs)).T
        return values.astype(np.int64) if all(abs(int(v)) < 1 << 63 for v in values.flat) else values

    def words(self, x: npt.ArrayLike) -> list[Integers]:
        """Computes every word as the hardware does, modulo 2^width.

        Args:
            x: integers (rows, inputs), each within its input's range.

        Returns:
            An array (rows,) of unsigned words for each input, then for each node; int64, or objects beyond 62 bits.

        Raises:
            ValueError: a wrong shape, not integers, or a value out of range.
        """
        values = np.asarray(x)
        if values.ndim != 2 or values.shape[1] != len(self.inputs):
            raise ValueError(f"x must have shape (rows, {len(self.inputs)}), not {values.shape}")
        if values.dtype.kind not in "iu":
            raise ValueError(f"x must be integers, not {values.dtype}")
        widest = max((self.widths[t.source] + t.shift + len(n.terms) for n in self.nodes for t in n.terms), default=0)
        kind: Any = np.int64 if widest < 62 else object
        words: list[Integers] = []
        for i, signal in enumerate(self.inputs):
            low, high = signal.range
            column = values[:, i]
            if column.size and (int(column.min()) < low or int(column.max()) > high):
                raise ValueError(f"x[:, {i}] must lie in {low}..{high}, not {column.min()}..{column.max()}")
            words.append(column.astype(kind) - low)
        for node in self.nodes:
            total = np.full(len(values), node.constant, dtype=kind)
            for term in node.terms:
                ones = (1 << self.widths[term.source]) - 1
                total = total + ((ones - words[term.source] if term.negate else words[term.source]) << term.shift)
            words.append(total & ((1 << node.width) - 1))
        return words

    def evaluate(self, x: npt.ArrayLike) -> Integers:
        """Computes the outputs as the hardware does.

        Args:
            x: integers (rows, inputs), each within its input's range.

        Returns:
            Integers (rows, outputs), y = x W; int64, or objects if a word is wider than 62 bits.

        Raises:
            ValueError: a wrong shape, not integers, or a value out of range.
        """
        words = self.words(x)
        rows = len(words[0])
        y: Integers = np.zeros((rows, len(self.outputs)), dtype=words[0].dtype if not self.nodes else words[-1].dtype)
        for j, output in enumerate(self.outputs):
            if output.source >= 0:
                half = 1 << (self.widths[output.source] - 1)
                y[:, j] = (words[output.source] - half) << output.shift
        return y

    def pack(self) -> int:
        """Packs the graph into one integer, for the PROGRAM parameter of rtl/unrolled/adder_graph.v.

        Fields of 32 bits, the first one lowest. Words lie side by side on a bus, inputs first, in order, and "offset"
        is the place of a word's bit 0 on it; the outputs lie side by side on a second one.

            header   inputs, nodes, terms, outputs, bits of the bus of words, bits of the bus of outputs
            input    width, 1 if signed                                                             x inputs
            node     first of its terms, their number, width, offset, constant's low and high half   x nodes
            term     source's offset, source's width, shift, 1 if negated                            x terms
            output   source's offset, source's width (0: always zero), shift, its own offset         x outputs

        Raises:
            ValueError: a constant has more than 64 bits.
        """
        offsets = np.cumsum([0, *self.widths]).tolist()
        places = np.cumsum([0, *(output.width for output in self.outputs)]).tolist()
        terms = [term for node in self.nodes for term in node.terms]
        fields = [len(self.inputs), len(self.nodes), len(terms), len(self.outputs), offsets[-1], places[-1]]
        for signal in self.inputs:
            fields += [signal.width, int(signal.signed)]
        first = 0
        for node, offset in zip(self.nodes, offsets[len(self.inputs) :], strict=False):
            if node.constant >> (2 * FIELD):
                raise ValueError(f"a constant of {node.constant.bit_length()} bits does not fit in {2 * FIELD}")
            halves = [node.constant & ((1 << FIELD) - 1), node.constant >> FIELD]
            fields += [first, len(node.terms), node.width, offset, *halves]
            first += len(node.terms)
        for term in terms:
            fields += [offsets[term.source], self.widths[term.source], term.shift, int(term.negate)]
        for output, place in zip(self.outputs, places, strict=False):
            known = output.source >= 0
            fields += [offsets[output.source] if known else 0, self.widths[output.source] if known else 0]
            fields += [output.shift, place]
        return int.from_bytes(np.array(fields, dtype="<u4").tobytes(), "little")

    @property
    def packed_width(self) -> int:
        """Bits of the packed graph, the zeros at its top included."""
        terms = sum(len(node.terms) for node in self.nodes)
        records = INPUT * len(self.inputs) + NODE * len(self.nodes) + TERM * terms + OUTPUT * len(self.outputs)
        return FIELD * (HEADER + records)

    @classmethod
    def unpack(cls, packed: int) -> Graph:
        """Reads what `pack` wrote.

        Raises:
            ValueError: it is not a packed graph.
        """
        if packed <= 0:
            raise ValueError("a packed graph is a positive number")
        size = max(HEADER, -(-packed.bit_length() // FIELD))
        fields = np.frombuffer(packed.to_bytes(size * FIELD // 8, "little"), dtype="<u4").astype(np.int64)
        counts = [int(count) for count in fields[:4]]
        needed = HEADER + sum(c * r for c, r in zip(counts, (INPUT, NODE, TERM, OUTPUT), strict=True))
        if size > needed or needed > size + NODE + TERM + OUTPUT:  # zeros at the top are not seen
            raise ValueError(f"not a packed graph: {size} fields, while its header tells of {needed}")
        fields = np.pad(fields, (0, needed - size))
        tables = []
        at = HEADER
        for count, record in zip(counts, (INPUT, NODE, TERM, OUTPUT), strict=True):
            tables.append([[int(v) for v in row] for row in fields[at : at + count * record].reshape(count, record)])
            at += count * record
        inputs = tuple(Input(width, bool(signed)) for width, signed in tables[0])
        offsets = np.cumsum([0, *(signal.width for signal in inputs), *(row[2] for row in tables[1])]).tolist()
        place = {offset: index for index, offset in enumerate(offsets)}
        try:
            terms = [Term(place[offset], shift, bool(negate)) for offset, _, shift, negate in tables[2]]
            outputs = tuple(
                Output(place[offset], shift, width + shift) if width else Output(-1, shift, 1)
                for offset, width, shift, _ in tables[3]
            )
        except KeyError as fault:
            raise ValueError(f"not a packed graph: no word has offset {fault}") from None
        nodes = tuple(Node(tuple(terms[f : f + n]), w, low | high << FIELD) for f, n, w, _, low, high in tables[1])
        return cls(inputs, nodes, outputs)


def span(coefficients: Sequence[int], inputs: Sequence[Input]) -> Range:
    """Finds the least and the greatest value of a weighted sum of inputs."""
    ends = [[c * end for end in signal.range] for c, signal in zip(coefficients, inputs, strict=True)]
    return sum(min(pair) for pair in ends), sum(max(pair) for pair in ends)


def level(levels: Sequence[int]) -> int:
    """Finds the depth of a sum of words of these depths, two at a time, the earliest first."""
    return max(0, (sum(1 << depth for depth in levels) - 1).bit_length()) if levels else 0
