# SPDX-License-Identifier: Apache-2.0
"""Latency and period that unrolled_network's header states, cycle by cycle on the pins under Icarus."""

from __future__ import annotations

import pytest

from tests.unrolled import test_unrolled_network
from tests.unrolled.test_unrolled_timing import flows, run

SMALL = [name for name in test_unrolled_network.bench.configs if not name.startswith("digits")]


@pytest.mark.parametrize("config", SMALL)
def test_an_image_a_cycle(tmp_path, config):
    c = test_unrolled_network.bench.config(config)
    assert c.latency == c.LAYERS or c.REGISTERS
    assert c.latency >= c.LAYERS
    said = run("unrolled_network", config, tmp_path, cycles=60)
    assert len(said["x"]) > 50
    assert flows(said, c.latency)


def test_the_digits_take_three_cycles_and_go_in_and_out_every_cycle(tmp_path):
    assert test_unrolled_network.bench.config("digits").latency == 3
    said = run("unrolled_network", "digits", tmp_path, cycles=40)
    assert len(said["x"]) > 30
    assert flows(said, 3)


@pytest.mark.parametrize("config", SMALL[:2])
def test_nothing_is_lost_under_back_pressure(tmp_path, config):
    said = run("unrolled_network", config, tmp_path, cycles=200, free=0)
    out = sorted(said["y0"] + said["y1"])
    assert 30 < len(said["x"]) < 180  # it was stalled
    assert 0 <= len(said["x"]) - len(out) <= test_unrolled_network.bench.config(config).latency + 1
