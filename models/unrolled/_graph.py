# SPDX-License-Identifier: Apache-2.0
"""Adder graphs: a constant integer matrix times a vector, y = W' x, as a graph of shifted sums with shared parts.

Every word of a graph is unsigned, so that nothing is ever sign-extended: the word of a number n is n + bias, where the
bias is a constant of the word and 0 <= n + bias < 2^width whatever the inputs are. An input's bias is 0 if it is
unsigned, and half its range if it is signed, that is, its sign bit is inverted. A negated term is a word with all bits
inverted. What biases and inversions leave over is one constant a node, which is 0 for most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.unrolled import _program
from models.unrolled._heap import STYLES

Integers: TypeAlias = npt.NDArray[Any]  # int64, or Python integers if 64 bits are too few
Range: TypeAlias = tuple[int, int]


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
    registered: bool = False
    """Whether the word comes a cycle later than its terms."""


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

    @cached_property
    def stages(self) -> tuple[int, ...]:
        """Registers between the inputs and each word.

        Raises:
            ValueError: two ways to a word have not the same number.
        """
        stages = [0] * len(self.inputs)
        for index, node in enumerate(self.nodes, len(stages)):
            found = {stages[term.source] for term in node.terms} or {0}
            if len(found) > 1:
                raise ValueError(f"node {index} adds words behind {' and '.join(map(str, sorted(found)))} registers")
            stages.append(found.pop() + node.registered)
        return tuple(stages)

    @property
    def latency(self) -> int:
        """Registers between the inputs and all outputs; 0 if all outputs are always zero.

        Raises:
            ValueError: the outputs, or two ways to a word, have not the same number.
        """
        found = {self.stages[output.source] for output in self.outputs if output.source >= 0} or {0}
        if len(found) > 1:
            raise ValueError(f"outputs are behind {' and '.join(map(str, sorted(found)))} registers")
        return found.pop()

    def pipelined(self, every: int) -> Graph:
        """Puts registers between the nodes, and behind the outputs.

        A node is behind as few registers as there can be if the sums in a row between two registers are together no
        deeper than `every` two-operand adders; only a sum that is deeper by itself, and then alone, is not cut. A word
        that is needed later is delayed, once for all that need it.

        Raises:
            ValueError: `every` is not positive, or the graph has registers already.
        """
        if every < 1 or any(node.registered for node in self.nodes):
            raise ValueError(f"a graph without registers may have them every 1 or more adders, not every {every}")
        stage, depth = [0] * len(self.inputs), [0] * len(self.inputs)
        for node in self.nodes:
            sources = [term.source for term in node.terms]
            now = max((stage[source] for source in sources), default=0)
            depths = [depth[source] if stage[source] == now else 0 for source in sources]
            if level(depths) > every and any(depths):
                now, depths = now + 1, [0] * len(depths)
            stage.append(now)
            depth.append(level(depths))
        ends = {output.source for output in self.outputs if output.source >= 0}
        last = 1 + max((stage[end] for end in ends), default=0)
        first_use = dict.fromkeys(ends, last)
        for now, node in zip(stage[len(self.inputs) :], self.nodes, strict=True):
            for term in node.terms:
                first_use[term.source] = min(now, first_use.get(term.source, last))
        nodes: list[Node] = []
        place = {(i, 0): i for i in range(len(self.inputs))}

        def add(node: Node) -> int:
            nodes.append(node)
            return len(self.inputs) + len(nodes) - 1

        def at(word: int, when: int) -> int:
            if (word, when) not in place:
                term = Term(at(word, when - 1), 0, negate=False)
                place[word, when] = add(Node((term,), self.widths[word], 0, registered=True))
            return place[word, when]

        for word, node in enumerate(self.nodes, len(self.inputs)):
            now = stage[word]
            later = first_use.get(word, now) > now
            terms = tuple(replace(term, source=at(term.source, now)) for term in node.terms)
            place[word, now + later] = add(replace(node, terms=terms, registered=later))
        outputs = [replace(o, source=at(o.source, last)) if o.source >= 0 else o for o in self.outputs]
        return Graph(self.inputs, tuple(nodes), tuple(outputs))

    def pack(self, style: str = "lut6", registers: int = 0) -> int:
        """Makes the PROGRAM parameter of rtl/unrolled/adder_graph.v; `_program` says what is in it.

        Args:
            style: how sums are built; "lut6": counters of up to six bits, "lut4": full adders, "carry": counters of up
                to six bits and a carry chain. What the graph was optimised for, as a rule.
            registers: 0 for none, else they come after as many two-operand adders, see `pipelined`.

        Raises:
            ValueError: an argument is out of range, or the graph's own registers do not match.
        """
        if style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}, not {style!r}")
        return _program.pack(self.pipelined(registers) if registers else self, style)


def span(coefficients: Sequence[int], inputs: Sequence[Input]) -> Range:
    """Finds the least and the greatest value of a weighted sum of inputs."""
    ends = [[c * end for end in signal.range] for c, signal in zip(coefficients, inputs, strict=True)]
    return sum(min(pair) for pair in ends), sum(max(pair) for pair in ends)


def level(levels: Sequence[int]) -> int:
    """Finds the depth of a sum of words of these depths, two at a time, the earliest first."""
    return max(0, (sum(1 << depth for depth in levels) - 1).bit_length()) if levels else 0
