"""Bench of bitlet_pe: frames of every format and kind of number, the golden vectors, the paper's example."""

from __future__ import annotations

from functools import partial

from models.bitlet.baselines import DISTILLING
from tests.bitlet import _pe
from ulpwise import Bench, Limit

bench = Bench(
    top="bitlet_pe",
    configs={
        "n1": {"N": 1, "OUT": 64, "SATURATE": 1, "groups": 1},
        "n1_g4": {"N": 1, "OUT": 8, "SATURATE": 0, "groups": 4},
        "n3_g2": {"N": 3, "OUT": 32, "SATURATE": 0, "groups": 2},
        "n8": {"N": 8, "OUT": 64, "SATURATE": 1, "groups": 1},
        "n8_g3": {"N": 8, "OUT": 32, "SATURATE": 0, "groups": 3},
        "n13_g2": {"N": 13, "OUT": 8, "SATURATE": 1, "groups": 2},
        "n13_g4": {"N": 13, "OUT": 32, "SATURATE": 1, "groups": 4},
        "n64": {"N": 64, "OUT": 64, "SATURATE": 1, "groups": 1},
        "n128": {"N": 128, "OUT": 32, "SATURATE": 1, "groups": 1},
    },
    interface=_pe.interface,
    golden=partial(_pe.golden, DISTILLING),
    stimuli=_pe.stimuli,
    cover=partial(_pe.cover, DISTILLING),
    plan=_pe.PLAN,
    timing=partial(_pe.moves, DISTILLING),
    volume=lambda c: max(2_000 // (c.groups * (c.N + 1)), 150),  # each width and number of lanes once
    quick=(
        "n1_g4",
        "n3_g2",  # as n8_g3, which takes Icarus three times as long
    ),
    guards=[
        Limit("N", 1, 128, by="bitlet_align.N"),
        Limit("OUT", 8, 64, given={"N": 1}, by="bitlet_pack.OUT"),
        Limit("SATURATE", 0, 1, given={"N": 1}, by="bitlet_pack.SATURATE"),
    ],
)
