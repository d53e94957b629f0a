"""requantise driven by cocotbext-axi, other people's tools for streams, as they are and without the harness."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import count, cycle

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamMonitor, AxiStreamSink, AxiStreamSource

from ulpwise import running

FRAMES = 20
PAUSES: dict[str, Callable[[], Iterator[int]]] = {
    "never": lambda: cycle([0]),
    "by_turns": lambda: cycle([1, 0]),
    "random": lambda: (random.random() < 0.5 for _ in count()),
    "long": lambda: (pause for _ in count() for pause in [random.getrandbits(1)] * random.randrange(1, 30)),
}


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(of_source=[*PAUSES], of_sink=[*PAUSES])
async def every_frame_comes_through(dut, of_source, of_sink):
    bench, c = running()
    Clock(dut.clk, 10, unit="ns").start()
    source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis_x"), dut.clk, dut.rst, byte_size=c.XB)
    sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis_y"), dut.clk, dut.rst, byte_size=c.YB)
    monitor = AxiStreamMonitor(AxiStreamBus.from_prefix(dut, "m_axis_y"), dut.clk, dut.rst, byte_size=c.YB)
    dut.rst.value = 1
    await ClockCycles(dut.clk, 4)
    dut.rst.value = 0
    await ClockCycles(dut.clk, 2)
    source.set_pause_generator(PAUSES[of_source]())
    sink.set_pause_generator(PAUSES[of_sink]())

    rng = np.random.default_rng(random.getrandbits(64))
    x = bench.interface(c).input_fields["x"].random(rng, FRAMES)
    x >>= rng.integers(0, c.XB, x.shape)  # else most results saturate
    y = bench.golden(c, {"x": x})["y"]
    for frame in x:
        await source.send(AxiStreamFrame([int(each) & (1 << c.XB) - 1 for each in frame.flat]))
    for number, frame in enumerate(y):
        wanted = [int(each) & (1 << c.YB) - 1 for each in frame.flat]
        for what in (sink, monitor):
            got = await with_timeout(what.recv(), 100, "us")
            assert list(got.tdata) == wanted, f"frame {number} of {type(what).__name__}"
    await ClockCycles(dut.clk, 60)
    assert (sink.count(), monitor.count()) == (0, 0), "frames too much"
