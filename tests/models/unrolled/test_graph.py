# SPDX-License-Identifier: Apache-2.0
"""Adder graphs against the matrices that they are made from."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.unrolled import _heap
from models.unrolled._digits import csd, weight, within
from models.unrolled.graph import TARGETS, Graph, Input, Node, Output, Term, optimise


def random_matrix(shape, bits, sparsity, seed):
    rng = np.random.default_rng(seed)
    return rng.integers(-(1 << (bits - 1)), 1 << (bits - 1), shape) * (rng.random(shape) >= sparsity)


def extremes(graph):
    """For each output the inputs that make it least and greatest, and random ones."""
    low, high = (np.array([signal.range[end] for signal in graph.inputs]) for end in (0, 1))
    signs = graph.matrix().T > 0
    rng = np.random.default_rng(0)
    return np.concatenate(
        [np.where(signs, high, low), np.where(signs, low, high), rng.integers(low, high + 1, (64, len(low)))]
    )


def run(program, graph, x):
    """What a program makes of inputs, as its description says and without a look at how it was made."""
    assert program.bit_length() % (program & 255) == 9 % (program & 255)  # size, fields, and the 1 that ends them
    size = program & 255
    fields = iter([program >> at & ((1 << size) - 1) for at in range(8, program.bit_length() - 1, size)])
    bits, outputs, _, items, span = (next(fields) for _ in range(5))
    records = [(next(fields), next(fields)) for _ in range(items)]
    ends = [(next(fields), next(fields)) for _ in range(outputs)]
    listed = list(fields)
    assert bits == sum(graph.widths[: len(graph.inputs)])
    assert len(ends) == len(graph.outputs)
    source = [np.zeros(len(x), object)]
    for column, signal in zip(x.T, graph.inputs, strict=True):
        source += [(column >> place & 1).astype(object) for place in range(signal.width)]
    given = []

    def taken(first, count):
        places = [
            (field >> (1 + span), field >> 1 & ((1 << span) - 1), field & 1) for field in listed[first : first + count]
        ]
        return [given[item][number] ^ inverted for item, number, inverted in places]

    for index, (kind, first) in enumerate(records):
        if index << span <= bits:
            given.append(source[index << span : (index + 1) << span])
            continue
        count = kind >> 3
        got = taken(first, count)
        if kind & 7 == 4:
            given.append(got)
            continue
        if kind & 7 == 3:
            half = [
                sum(bit << place for place, bit in enumerate(row)) for row in (got[: count // 2], got[count // 2 :])
            ]
            total, width = half[0] + half[1], count // 2
        else:
            assert kind & 7 in {1, 2}
            assert count <= 6
            total, width = sum(got) + (kind & 7 == 2), 3
        assert width <= 1 << span
        given.append([total >> place & 1 for place in range(width)])
    y = []
    for count, first in ends:
        got = taken(first, count)
        y.append(sum(bit << place for place, bit in enumerate(got)) - (got[-1] << count))
    return np.stack(y, axis=1)


def check(graph, weights):
    """The graph equals the matrix by algebra and by example, and no output could be a bit narrower."""
    assert np.array_equal(graph.matrix(), weights)
    y = graph.evaluate(extremes(graph))
    assert np.array_equal(y, extremes(graph) @ weights)
    for output, column in zip(graph.outputs, y.T, strict=True):
        bits = max(int(v).bit_length() if v >= 0 else (-int(v) - 1).bit_length() for v in (column.min(), column.max()))
        assert output.width == bits + 1
    for registers, style in enumerate(_heap.STYLES):
        piped = graph.pipelined(registers) if registers else graph
        assert np.array_equal(piped.matrix(), weights)
        assert np.array_equal(run(piped.pack(style), graph, extremes(graph)), y)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("shape", "bits", "sparsity"),
    [
        ((16, 16), 8, 0.75),
        ((16, 16), 4, 0.0),
        ((16, 16), 2, 0.75),
        ((7, 5), 16, 0.0),
        ((3, 40), 4, 0.5),
        ((40, 3), 8, 0.9),
    ],
)
def test_random_matrices(shape, bits, sparsity, target):
    weights = random_matrix(shape, bits, sparsity, 1)
    check(optimise(weights, min(bits, 8), target=target), weights)


def test_mixed_widths():
    rng = np.random.default_rng(2)
    bits = rng.integers(1, 17, (12, 9))
    weights = rng.integers(-(1 << (bits - 1)), 1 << (bits - 1))
    graph = optimise(weights, rng.integers(1, 17, 12).tolist(), (rng.random(12) < 0.5).tolist())
    check(graph, weights)
    assert {signal.signed for signal in graph.inputs} == {False, True}


@pytest.mark.parametrize("values", [(0, 1), (-1, 1), (-1, 0, 1), (-1, 0)])
@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("signed", [False, True])
def test_binary_and_ternary(values, width, signed):
    weights = np.random.default_rng(3).choice(values, (10, 8))
    check(optimise(weights, width, signed), weights)


@pytest.mark.parametrize("weight_", [1, -1, 2, -2, 3, -3, 65535, -32768, 21845])
@pytest.mark.parametrize("signed", [False, True])
def test_one_entry(weight_, signed):
    weights = np.zeros((3, 2), np.int64)
    weights[1, 1] = weight_
    graph = optimise(weights, [4, 1, 16], signed)
    check(graph, weights)
    assert graph.outputs[0] == Output(-1, 0, 1)
    assert graph.adders == weight(weight_) - 1


def test_zero_matrix_has_no_nodes():
    graph = optimise(np.zeros((4, 3), int))
    check(graph, np.zeros((4, 3), int))
    assert not graph.nodes
    assert (graph.depth, graph.adders) == (0, 0)


def test_powers_of_two_need_no_adders():
    weights = np.diag([1, 2, 64, -128])
    graph = optimise(weights)
    check(graph, weights)
    assert graph.adders == 0


@pytest.mark.parametrize("target", TARGETS)
def test_equal_shifted_and_negated_columns_are_shared(target):
    column = random_matrix((16, 1), 8, 0.5, 4)
    alone = optimise(column, target=target)
    weights = np.concatenate([column, column, 4 * column, -column], axis=1)
    graph = optimise(weights, target=target)
    check(graph, weights)
    assert graph.adders == alone.adders
    assert graph.outputs[0] == graph.outputs[1]
    assert graph.outputs[2] == Output(graph.outputs[0].source, 2, graph.outputs[0].width + 2)


def test_negative_columns():
    weights = -abs(random_matrix((8, 8), 6, 0.3, 5))
    check(optimise(weights, 5), weights)
    check(optimise(weights, 5, signed=False), weights)


def test_common_parts_are_shared():
    weights = random_matrix((16, 16), 4, 0.0, 6)
    digits = sum(weight(int(value)) for value in weights.flat)
    graph = optimise(weights, 4, target="lut4")
    assert graph.adders < 0.7 * (digits - 16)


@pytest.mark.parametrize("slack", [0, 1, 2])
def test_depth_bound(slack):
    weights = random_matrix((16, 12), 5, 0.4, 7)
    least = max((sum(weight(int(v)) for v in column) - 1).bit_length() for column in weights.T)
    graph = optimise(weights, 5, target="lut4", depth=least + slack)
    check(graph, weights)
    assert graph.depth <= least + slack
    with pytest.raises(ValueError, match=f"^depth must be at least {least} for this matrix, not {least - 1}$"):
        optimise(weights, depth=least - 1)


def test_same_arguments_same_graph():
    weights = random_matrix((12, 12), 6, 0.5, 8)
    assert optimise(weights, seed=3) == optimise(weights, seed=3)
    assert optimise(weights.astype(np.int16)) == optimise(weights)


def test_more_effort_is_not_worse():
    weights = random_matrix((16, 16), 4, 0.0, 9)
    quick, long = (optimise(weights, 4, target="lut4", effort=effort) for effort in (0, 2))
    assert long.adders <= quick.adders


@pytest.mark.parametrize("target", TARGETS)
def test_words_never_wrap(target):
    """Every word's exact range fits, and needs its width unless it is an output's."""
    weights = random_matrix((9, 9), 7, 0.4, 10)
    graph = optimise(weights, 6, target=target)
    ends = {output.source for output in graph.outputs}
    for index, (vector, bias) in enumerate(graph.linear):
        low, high = (
            sum(pick(c * r for r in s.range) for c, s in zip(vector, graph.inputs, strict=True)) for pick in (min, max)
        )
        assert low + bias >= 0
        assert high + bias < 1 << graph.widths[index]
        assert index in ends or (high - low).bit_length() == graph.widths[index]


def test_time():
    begin = time.process_time()
    optimise(random_matrix((16, 16), 8, 0.75, 11))
    assert time.process_time() - begin < 5
    begin = time.process_time()
    optimise(random_matrix((64, 64), 8, 0.75, 12))
    assert time.process_time() - begin < 60


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [[0.5]]}, "weights must be integers, not float64"),
        ({"weights": [[]]}, "weights must have shape (inputs, outputs), neither of them 0, not (1, 0)"),
        ({"weights": [1, 2]}, "weights must have shape (inputs, outputs), neither of them 0, not (2,)"),
        ({"weights": [[65536]]}, "weights must fit in 16 bits, not 65536..65536"),
        ({"weights": [[-32769]]}, "weights must fit in 16 bits, not -32769..-32769"),
        ({"widths": 17}, "widths must be 1 to 16, not 17..17"),
        ({"widths": [0, 8]}, "widths must be 1 to 16, not 0..8"),
        ({"widths": [8]}, "widths must be one for all inputs or 2, not 1"),
        ({"signed": [True]}, "signed must be one for all inputs or 2, not 1"),
        ({"target": "lut5"}, "target must be one of lut6, lut4, carry, not 'lut5'"),
        ({"effort": -1}, "effort must not be negative, not -1"),
        ({"depth": 0}, "depth must be at least 2 for this matrix, not 0"),
    ],
)
def test_bad_arguments_in_one_line(change, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared
        optimise(**({"weights": [[1, 2], [3, 0]]} | change))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0]], "x must have shape (rows, 2), not (1, 1)"),
        ([[0.0, 1.0]], "x must be integers, not float64"),
        ([[0, 8]], "x[:, 1] must lie in -8..7, not 8..8"),
    ],
)
def test_bad_inputs_in_one_line(x, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared
        optimise([[1], [1]], 4).evaluate(x)
    assert str(caught.value) == message


def test_a_wrong_graph_does_not_pass():
    two = (Input(4, True), Input(4, True))
    both = (Term(0, 0, False), Term(1, 0, False))
    assert Graph(two, (Node(both, 5, 0),), (Output(2, 0, 5),)).matrix().tolist() == [[1], [1]]
    with pytest.raises(ValueError, match=r"^node 2 of 4 bits overflows: 0..30$"):
        Graph(two, (Node(both, 4, 0),), ()).matrix()
    with pytest.raises(ValueError, match="two's complement"):
        Graph(two, (Node(both, 5, 1),), (Output(2, 0, 5),)).matrix()
    with pytest.raises(ValueError, match="does not come before"):
        Graph(two, (Node((Term(2, 0, False),), 5, 0),), ()).matrix()


def test_registers_are_balanced():
    weights = random_matrix((12, 10), 6, 0.5, 14)
    graph = optimise(weights, 5, target="lut4", effort=0)
    latencies = []
    for every in range(1, graph.depth + 2):
        piped = graph.pipelined(every)
        assert np.array_equal(piped.matrix(), weights)
        assert all(piped.stages[o.source] == piped.latency for o in piped.outputs if o.source >= 0)
        words = [(node.terms, node.registered) for node in piped.nodes if node.registered and len(node.terms) == 1]
        assert len(set(words)) == len(words)  # delays are shared
        latencies.append(piped.latency)
    assert latencies == sorted(latencies, reverse=True)
    assert latencies[0] <= graph.depth
    assert latencies[-1] == 1
    assert graph.latency == 0
    with pytest.raises(ValueError, match="not every 1"):
        graph.pipelined(1).pipelined(1)
    with pytest.raises(ValueError, match="not every -1"):
        graph.pack(registers=-1)
    with pytest.raises(ValueError, match=r"^style must be one of lut6, lut4, carry, not 'lut5'$"):
        graph.pack("lut5")


def test_a_zero_matrix_has_no_registers():
    graph = optimise(np.zeros((4, 3), int)).pipelined(1)
    assert (graph.latency, graph.nodes) == (0, ())


def test_unbalanced_registers_are_found():
    one = Node((Term(0, 0, False),), 4, 0, True)
    with pytest.raises(ValueError, match=r"^node 2 adds words behind 0 and 1 registers$"):
        _ = Graph((Input(4, True),), (one, Node((Term(0, 0, False), Term(1, 0, False)), 5, 0)), ()).stages
    with pytest.raises(ValueError, match=r"^outputs are behind 0 and 1 registers$"):
        Graph((Input(4, True),), (one,), (Output(0, 0, 4), Output(1, 0, 4))).pack()


@pytest.mark.parametrize("value", [*range(-200, 201), 65535, -32768, 43691])
def test_digits(value):
    assert sum(s * 2**t for t, s in csd(value)) == value
    assert len(csd(value)) == weight(value)
    assert all(weight(value - s * 2**t) == weight(value) - 1 for t, s in within(value))
    assert set(csd(value)) <= set(within(value))


@pytest.mark.parametrize("style", _heap.STYLES.values(), ids=_heap.STYLES)
def test_heap_adds_up(style):
    """Counters keep the sum whatever their bits are: columns of ones stand for every case by linearity."""
    rng = np.random.default_rng(13)
    for _ in range(200):
        heights = tuple(rng.integers(0, 15, 12).tolist())
        constant = int(rng.integers(0, 1 << 12))
        columns = [*heights, 0, 0]
        left = constant
        for column, count, uses, given_ in _heap.counters(heights, constant, style):
            assert count <= columns[column]
            assert count + uses < 1 << given_
            columns[column] += 1 - count
            columns[column + 1] += 1
            columns[column + 2] += given_ == 3
            left -= uses << column
        assert all(columns[c] + (left >> c & 1) <= style.rows for c in range(12))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            st.lists(st.lists(st.integers(-32768, 65535), min_size=n, max_size=n), min_size=1, max_size=5),
            st.lists(st.integers(1, 16), min_size=n, max_size=n),
            st.lists(st.booleans(), min_size=n, max_size=n),
        )
    ),
    st.sampled_from(TARGETS),
)
def test_any_matrix(case, target):
    columns, widths, signed = case
    weights = np.array(columns).T
    check(optimise(weights, widths, signed, target=target, effort=0.1), weights)
