"""Sequences of batches: all from one seed, everything where that is little, corners and random ones above."""

from __future__ import annotations

import numpy as np
import pytest

from ulpwise.bench.declare import Config
from ulpwise.bench.stimuli import (
    CORNERS,
    EXHAUSTIVE,
    STAY,
    corners,
    directed,
    draw_for,
    exhaustive,
    random,
    space,
    standard,
)
from ulpwise.data.formats import Float32, Signed, SignedDigits, Unsigned
from ulpwise.ports.axis import Axis, Streams

SMALL = {"a": Unsigned(3), "b": Signed(2)}
LARGE = {"a": Unsigned(16), "b": SignedDigits(8, (2,))}


def draw(fields, n=100, seed=1, names=("core", "config", "sequence"), setup=None):
    interface = Streams({"s": Axis(fields)}, {}, {"w": Axis(setup)} if setup else {})
    return draw_for(interface, names, seed, n)


def equal(a, b):
    return set(a) == set(b) and all(np.array_equal(a[name], b[name]) for name in a)


def test_the_same_seed_and_names_give_the_same_batch():
    assert equal(random()(draw(LARGE)), random()(draw(LARGE)))


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        *(
            {"names": names}
            for names in (("x", "config", "sequence"), ("core", "x", "sequence"), ("core", "config", "x"))
        ),
    ],
)
def test_another_seed_or_name_gives_another_batch(other):
    assert not equal(random()(draw(LARGE)), random()(draw(LARGE, **other)))


def test_a_seed_gives_these_numbers_on_every_machine():
    assert random()(draw({"a": Unsigned(16)}, n=5))["a"].tolist() == [16116, 34725, 19207, 30351, 27133]


def test_random_batches_are_of_their_formats_and_sizes():
    batch = random()(draw(LARGE, n=37))
    assert list(batch) == ["a", "b"]
    for name, fmt in LARGE.items():
        fmt.validate(batch[name], name)
        assert len(batch[name]) == 37


def test_random_covers_the_range():
    assert set(random()(draw(SMALL, n=1000))["a"].tolist()) == set(range(8))


def test_constraints_draw_their_fields_only():
    batch = random(a=lambda rng, rows: 5 + rng.integers(0, 2, rows))(draw(SMALL, n=500))
    assert set(batch["a"].tolist()) == {5, 6}
    assert set(batch["b"].tolist()) == {-2, -1, 0, 1}


def test_a_setup_stays_for_a_while():
    batch = random()(draw(SMALL, n=3 * STAY + 1, setup={"w": Unsigned(32)}))
    runs = np.split(batch["w"], [STAY, 2 * STAY, 3 * STAY])
    assert [len(set(run.tolist())) for run in runs] == [1, 1, 1, 1]
    assert len(set(batch["w"].tolist())) == 4
    assert len(batch["a"]) == 3 * STAY + 1


def test_exhaustive_has_every_combination_once():
    batch = exhaustive(draw(SMALL))
    pairs = list(zip(batch["a"].tolist(), batch["b"].tolist(), strict=True))
    assert sorted(pairs) == [(a, b) for a in range(8) for b in range(-2, 2)]


def test_corners_are_combined():
    batch = corners(draw(SMALL))
    pairs = set(zip(batch["a"].tolist(), batch["b"].tolist(), strict=True))
    assert {(0, -2), (0, 1), (7, -2), (7, 1), (0, 0)} <= pairs


def test_no_more_corners_than_asked_for():
    fields = {name: Unsigned(64) for name in "abc"}
    batch = corners(draw(fields))
    assert {len(values) for values in batch.values()} == {CORNERS}
    rows = set(zip(*(values.tolist() for values in batch.values()), strict=True))
    assert len(rows) == CORNERS
    assert equal(batch, corners(draw(fields)))


def test_directed():
    batch = directed(a=[7, 0], b=[[[0, 1] * 4] * 2] * 2)(draw(LARGE))
    assert batch["a"].tolist() == [7, 0]
    assert batch["b"].dtype == np.int8
    assert batch["b"].shape == (2, 2, 8)


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        (SMALL, 32),
        ({"a": Unsigned(16)}, 65_536),
        ({"a": Unsigned(17)}, None),
        ({"a": Unsigned(9), "b": Unsigned(9)}, None),
        ({"a": Unsigned(1), "f": Float32()}, None),
        ({"a": SignedDigits(10)}, 59_049),
    ],
)
def test_space(fields, size):
    assert space(fields) == size
    assert size is None or size <= EXHAUSTIVE


def test_the_standard_tries_everything_if_it_is_little():
    sequences = standard(Config("c", {}))
    assert list(sequences) == ["corners", "bulk"]
    assert len(sequences["bulk"](draw(SMALL, n=5))["a"]) == 32
    assert len(sequences["bulk"](draw(LARGE, n=5))["a"]) == 5
