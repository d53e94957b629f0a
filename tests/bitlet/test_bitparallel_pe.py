"""Bench of bitparallel_pe: that of bitlet_pe with other cycles."""

from __future__ import annotations

from functools import partial

from models.bitlet.baselines import PARALLEL
from tests.bitlet import _pe
from ulpwise import Bench, Limit

bench = Bench(
    top="bitparallel_pe",
    configs={
        "n1": {"N": 1, "OUT": 64, "SATURATE": 1, "groups": 1},
        "n1_g4": {"N": 1, "OUT": 8, "SATURATE": 0, "groups": 4},
        "n8_g3": {"N": 8, "OUT": 32, "SATURATE": 1, "groups": 3},
        "n13": {"N": 13, "OUT": 8, "SATURATE": 1, "groups": 1},
        "n64": {"N": 64, "OUT": 64, "SATURATE": 1, "groups": 1},
    },
    interface=_pe.interface,
    golden=partial(_pe.golden, PARALLEL),
    stimuli=_pe.stimuli,
    cover=partial(_pe.cover, PARALLEL),
    plan=_pe.PLAN,
    timing=partial(_pe.moves, PARALLEL),
    volume=lambda c: max(2_000 // (c.groups * (c.N + 4)), 150),  # each width and number of lanes once
    quick=("n8_g3",),
    guards=[
        Limit(
            "N", 1, 128, by="bitlet_align.N", left={128: "all parts run it: bitlet_pe, and bitparallel_mac by itself"}
        ),
        Limit("OUT", 8, 64, given={"N": 1}, by="bitlet_pack.OUT"),
        Limit("SATURATE", 0, 1, given={"N": 1}, by="bitlet_pack.SATURATE"),
    ],
)
