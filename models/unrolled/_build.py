# SPDX-License-Identifier: Apache-2.0
"""From sums to a graph: digits, biases, constants, widths."""

from __future__ import annotations

from models.unrolled._digits import csd
from models.unrolled._graph import Graph, Input, Node, Output, Range, Term, span
from models.unrolled._search import Search


def order(search: Search, roots: list[int]) -> list[int]:
    """Lists the sums that the roots need, each after what it needs itself."""
    found: list[int] = []
    seen: set[int] = set()
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        number, ready = stack.pop()
        if ready:
            found.append(number)
        elif number >= search.inputs and number not in seen:
            seen.add(number)
            stack.append((number, True))
            stack += [(source, False) for source in sorted(search.sums[number], reverse=True)]
    return found


def signed_width(low: int, high: int) -> int:
    """Counts the bits of the two's complement that holds a range."""
    return max(low.bit_length() if low >= 0 else (-low - 1).bit_length(), high.bit_length() if high >= 0 else 0) + 1


def constant(natural: int, ends: Range, width: int) -> int:
    """Finds the constant with the fewest low bits for which a word does not wrap around.

    Args:
        natural: bias of the word without a constant.
        ends: range of the number that it stands for.
        width: bits of the word, enough for the range.
    """
    low, high = ends
    slack = (1 << width) - 1 - (high - low)
    start = (low + natural) % (1 << width)
    if start <= slack:
        return 0
    grain = next(g for g in range(width, -1, -1) if start % (1 << g) <= slack)
    return (start % (1 << grain) - start) % (1 << width)


def build(search: Search, inputs: tuple[Input, ...], columns: list[tuple[int, int]]) -> Graph:
    """Makes the graph.

    Args:
        search: the sums.
        inputs: the graph's inputs.
        columns: of each output, the root that it is (-1: always zero) and the zeros below.
    """
    place = {i: i for i in range(len(inputs))}
    widths = [signal.width for signal in inputs]
    bias = [-signal.range[0] for signal in inputs]
    nodes = []
    for number in order(search, [root for root, _ in columns if root >= 0]):
        factors = search.sums[number].items()
        terms = [Term(place[source], shift, sign < 0) for source, factor in factors for shift, sign in csd(factor)]
        terms.sort(key=lambda term: (term.shift, term.source))
        natural = 0  # the word's bias without a constant
        for term in terms:
            offset = bias[term.source]
            natural += ((1 << widths[term.source]) - 1 - offset if term.negate else offset) << term.shift
        low, high = span(search.vectors[number], inputs)
        if number in search.roots:  # two's complement but for the top bit
            width = signed_width(low, high)
            extra = ((1 << (width - 1)) - natural) % (1 << width)
        else:
            width = (high - low).bit_length()
            extra = constant(natural, (low, high), width)
        place[number] = len(widths)
        widths.append(width)
        bias.append((natural + extra + low) % (1 << width) - low)
        nodes.append(Node(tuple(terms), width, extra))
    outputs = [Output(-1, 0, 1) for _ in columns]
    for index, (root, shift) in enumerate(columns):
        if root >= 0:
            outputs[index] = Output(place[root], shift, widths[place[root]] + shift)
    return Graph(inputs, tuple(nodes), tuple(outputs))
