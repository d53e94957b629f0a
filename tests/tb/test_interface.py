"""Batches to beats and back, for both kinds of interface; what no core can have is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpwise.data.formats import Float32, Signed, SignedDigits, Unsigned
from ulpwise.data.packing import to_ints
from ulpwise.ports.axis import Axis, Streams
from ulpwise.ports.base import InterfaceError
from ulpwise.ports.digits import DigitSerial

CALM = settings(deadline=None, derandomize=True, max_examples=60)

SHAPES = st.sampled_from([(), (1,), (3,), (2, 3)])
FORMATS = st.one_of(
    st.builds(Unsigned, st.integers(1, 64), SHAPES),
    st.builds(Signed, st.integers(1, 64), SHAPES),
    st.builds(SignedDigits, st.integers(1, 9), SHAPES),
    st.builds(Float32, SHAPES),
)
DIGITS = st.builds(SignedDigits, st.integers(1, 9), SHAPES)


def draw(fields, rows, seed):
    rng = np.random.default_rng(seed)
    return {name: fmt.random(rng, rows) for name, fmt in fields.items()}


def same(fields, a, b):
    assert set(a) == set(b) == set(fields)
    for name, fmt in fields.items():
        assert a[name].shape == b[name].shape
        assert a[name].dtype == b[name].dtype
        assert fmt.equal(a[name], b[name]).all()


def divisors(total):
    return [beats for beats in range(1, total + 1) if total % beats == 0]


@given(st.lists(FORMATS, min_size=1, max_size=3), st.integers(0, 5), st.integers(0, 2**32 - 1), st.data())
@CALM
def test_streams_round_trip(formats, rows, seed, data):
    """What a source sends is what a sink of the same stream reads, in any even number of beats."""
    fields = {f"f{i}": fmt for i, fmt in enumerate(formats)}
    beats = data.draw(st.sampled_from(divisors(sum(fmt.width for fmt in formats))))
    user = {"u": data.draw(FORMATS)} if data.draw(st.booleans()) else {}
    axis = Axis(fields, beats, user)
    interface = Streams({"a": axis}, {"b": Axis(fields, beats)})
    (source,), (sink,) = interface.sources, interface.sinks
    assert (source.name, sink.name) == ("s_axis_a", "m_axis_b")
    batch = draw(fields | user, rows, seed)
    bits, held = interface.pack(source, batch)
    assert bits.shape == (rows * beats, source.width)
    assert held.shape == (rows, 0)
    same(fields | user, interface.unpack_input(source, bits, held), batch)
    data = np.ascontiguousarray(bits[:, : sink.width])
    same(fields, interface.unpack(sink, data), {name: batch[name] for name in fields})


@given(st.lists(SHAPES, min_size=1, max_size=3), st.integers(1, 9), st.integers(0, 5), st.integers(0, 2**32 - 1))
@CALM
def test_planes_round_trip(shapes, n, rows, seed):
    fields = {f"f{i}": SignedDigits(n, shape) for i, shape in enumerate(shapes)}
    axis = Axis(fields, n, planes=True)
    interface = Streams({"a": axis}, {"b": axis})
    batch = draw(fields, rows, seed)
    bits, _ = interface.pack(interface.sources[0], batch)
    same(fields, interface.unpack(interface.sinks[0], bits), batch)


@given(
    st.lists(DIGITS, max_size=3),
    st.lists(FORMATS, max_size=2),
    st.integers(0, 5),
    st.integers(0, 4),
    st.integers(0, 999),
)
@CALM
def test_digit_serial_round_trip(serial, parallel, flush, rows, seed):
    """Operands come back as they went in, and a result is read as an operand of its format is sent."""
    inputs = {f"x{i}": fmt for i, fmt in enumerate(serial)}
    held = {f"h{i}": fmt for i, fmt in enumerate(parallel)}
    if not inputs and not held:
        return
    cycles = max([fmt.n for fmt in serial], default=1) + flush
    interface = DigitSerial(inputs, inputs, cycles, held)
    (source,) = interface.sources
    batch = draw(inputs | held, rows, seed)
    beats, words = interface.pack(source, batch)
    assert beats.shape == (rows * cycles, source.width)
    assert words.shape == (rows, source.held)
    same(inputs | held, interface.unpack_input(source, beats, words), batch)
    for sink in interface.sinks:
        alone = DigitSerial({sink.name: inputs[sink.name]}, {}, sink.beats)
        beats, _ = alone.pack(alone.sources[0], {sink.name: batch[sink.name]})
        same({sink.name: inputs[sink.name]}, interface.unpack(sink, beats), {sink.name: batch[sink.name]})


def test_the_first_field_and_the_first_beat_are_lowest():
    interface = Streams({"a": Axis({"x": Unsigned(4), "y": Unsigned(8)}, beats=3)}, {})
    bits, _ = interface.pack(interface.sources[0], {"x": np.array([0x1, 0xA]), "y": np.array([0x32, 0xCB])})
    assert to_ints(bits) == [0x1, 0x2, 0x3, 0xA, 0xB, 0xC]


def test_user_bits_lie_above_the_data_of_every_beat():
    interface = Streams({"a": Axis({"x": Unsigned(8)}, beats=2, user={"u": Unsigned(4)})}, {})
    bits, _ = interface.pack(interface.sources[0], {"x": np.array([0x21]), "u": np.array([0xF])})
    assert to_ints(bits) == [0xF1, 0xF2]


def test_digits_go_most_significant_first_with_rails_n_above_rails_p():
    interface = DigitSerial({"x": SignedDigits(2, (2,))}, {}, 3)
    bits, _ = interface.pack(interface.sources[0], {"x": np.array([[[1, -1], [-1, 0]]], np.int8)})
    assert to_ints(bits) == [0b1001, 0b0100, 0b0000]


def test_a_setup_is_sent_once():
    interface = Streams({"x": Axis({"x": Unsigned(8)})}, {}, {"w": Axis({"w": Unsigned(8)}, beats=2)})
    setup, source = interface.sources
    assert (setup.setup, source.setup) == (True, False)
    batch = {"w": np.array([0x21, 0x21]), "x": np.array([3, 4])}
    assert to_ints(interface.pack(setup, batch)[0]) == [0x1, 0x2]
    assert to_ints(interface.pack(source, batch)[0]) == [3, 4]
    assert list(interface.input_fields) == ["w", "x"]


@pytest.mark.parametrize("beats", [0, -1, 3, 16])
def test_fields_that_do_not_fill_their_beats(beats):
    with pytest.raises(InterfaceError, match=f"^8 bits of x, y do not fill {beats} equal beats$"):
        _ = Axis({"x": Unsigned(3), "y": Unsigned(5)}, beats).width


def test_planes_of_another_number_of_digits():
    with pytest.raises(InterfaceError, match=r"^12 bits of x do not fill 4 equal beats$"):
        _ = Axis({"x": SignedDigits(3, (2,))}, 4, planes=True).width


def test_two_streams_with_a_field_of_one_name():
    stream = Axis({"x": Unsigned(3)})
    with pytest.raises(InterfaceError, match=r"^field x of stream b has the name of another stream's field$"):
        _ = Streams({"a": stream, "b": stream}, {}).input_fields


def test_a_field_of_one_name_in_tdata_and_tuser():
    with pytest.raises(InterfaceError, match=r"^field y is in tdata and in tuser: rename one of the two$"):
        Axis({"y": Unsigned(3)}, user={"y": Unsigned(3)})
    with pytest.raises(InterfaceError, match=r"^operand x is serial and held: rename one of the two$"):
        DigitSerial({"x": SignedDigits(3)}, {}, 3, {"x": Unsigned(1)})
    with pytest.raises(InterfaceError, match=r"^stream a is a set-up and an input: rename one of the two$"):
        Streams({"a": Axis({"x": Unsigned(3)})}, {}, {"a": Axis({"y": Unsigned(3)})})


def test_a_setup_sends_its_tuser():
    interface = Streams({"x": Axis({"x": Unsigned(8)})}, {}, {"w": Axis({"w": Unsigned(8)}, 2, {"u": Unsigned(2)})})
    batch = {"w": np.array([0x21, 0x21, 0x21]), "u": np.array([1, 1, 2]), "x": np.array([3, 4, 5])}
    bits, held = interface.pack(interface.sources[0], batch)
    assert to_ints(bits) == [0x11, 0x12, 0x21, 0x22]
    back = interface.unpack_input(interface.sources[0], bits, held)
    assert {name: values.tolist() for name, values in back.items()} == {"w": [0x21, 0x21], "u": [1, 2]}


def test_a_frame_shorter_than_its_operand():
    with pytest.raises(InterfaceError, match=r"^operand x has 5 digits, more than the 4 cycles of a frame$"):
        DigitSerial({"x": SignedDigits(5)}, {}, 4)


def test_tuser_of_an_output_lies_above_its_data():
    streams = Streams({}, {"y": Axis({"y": Unsigned(2, (2,))}, beats=2, user={"u": Unsigned(1)})})
    (sink,) = streams.sinks
    assert (sink.width, sink.user) == (3, 1)
    back = streams.unpack(sink, np.array([[1, 0, 1], [0, 1, 1]], np.uint8))
    assert back["y"].tolist() == [[1, 2]]
    assert back["u"].tolist() == [1]


def test_what_a_core_makes_of_tlast():
    with pytest.raises(InterfaceError, match=r"^tlast='counts': a core delimits its frames by it, or it is ignored$"):
        Axis({"x": Unsigned(1)}, tlast="counts")
    with pytest.raises(InterfaceError, match=r"output stream y says what its core makes of tlast: inputs alone do"):
        Streams({}, {"y": Axis({"y": Unsigned(1)}, tlast="ignored")})
