"""Bench of bitlet_shell with each of its engines."""

from __future__ import annotations

from tests.bitlet import _pe
from ulpwise import Bench, Limit

bench = Bench(
    top="bitlet_shell",
    configs={
        "engine0": {"ENGINE": 0, "N": 6, "OUT": 32, "SATURATE": 1, "groups": 2},
        "engine1": {"ENGINE": 1, "N": 1, "OUT": 8, "SATURATE": 0, "groups": 2},
        "engine2": {"ENGINE": 2, "N": 7, "OUT": 64, "SATURATE": 1, "groups": 2},
    },
    interface=_pe.interface,
    golden=lambda c, t: _pe.golden(c.ENGINE, c, t),
    stimuli=_pe.stimuli,
    cover=lambda c: _pe.cover(c.ENGINE, c),
    plan=_pe.PLAN,
    timing=lambda c, t: _pe.moves(c.ENGINE, c, t),
    volume=lambda _: 200,
    quick=("engine2",),  # bitlet_pe and bitparallel_pe are the others
    guards=[
        Limit("ENGINE", 0, 2),
        Limit(
            "N",
            1,
            128,
            by="bitlet_align.N",
            left={128: "bitlet_pe runs it, which is this shell"},
        ),
        Limit("OUT", 8, 64, given={"N": 1}, by="bitlet_pack.OUT"),
        Limit("SATURATE", 0, 1, given={"N": 1}, by="bitlet_pack.SATURATE"),
    ],
)
