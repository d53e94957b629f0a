"""Bench of bitlet_shell with each of its engines."""

from __future__ import annotations

from tb import Bench, Limit
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
    timing=lambda c, t: _pe.moves(c.ENGINE, c, t),
    volume=lambda _: 200,
    guards=[
        Limit("ENGINE", 0, 2),
        Limit("N", 1, 128, by="bitlet_align.N", early={0: "a wire that is not there"}),
        Limit("OUT", 8, 64, given={"N": 1}, by="bitlet_pack.OUT"),
        Limit("SATURATE", 0, 1, given={"N": 1}, by="bitlet_pack.SATURATE"),
    ],
)
