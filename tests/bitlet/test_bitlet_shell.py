"""Bench of bitlet_shell with each of its engines."""

from __future__ import annotations

from tb import Bench
from tests.bitlet import _pe

bench = Bench(
    top="bitlet_shell",
    configs={
        f"engine{engine}": {"ENGINE": engine, "N": n, "OUT": 32, "SATURATE": 1, "groups": 2}
        for engine, n in enumerate((6, 6, 7))
    },
    interface=_pe.interface,
    golden=lambda c, t: _pe.golden(c.ENGINE, c, t),
    stimuli=_pe.stimuli,
    cover=lambda c: _pe.cover(c.ENGINE, c),
    plan=_pe.PLAN,
    volume=lambda _: 200,
)
