"""Bench of stripes_serial by itself: aligned groups, alone and several in a frame."""

from __future__ import annotations

from functools import partial

from models.bitlet.baselines import SERIAL
from tests.bitlet import _engine
from ulpwise import Bench, Limit

bench = Bench(
    top="stripes_serial",
    configs={
        "n1": {"N": 1, "groups": 1},
        "n8": {"N": 8, "groups": 1},
        "n13_g3": {"N": 13, "groups": 3},
        "n64": {"N": 64, "groups": 1},
        "n128": {"N": 128, "groups": 1},
    },
    interface=_engine.interface,
    golden=partial(_engine.golden, SERIAL),
    stimuli=_engine.stimuli,
    cover=_engine.cover,
    plan=_engine.PLAN,
    timing=partial(_engine.moves, SERIAL),
    volume=lambda c: (400 if c.N < 64 else 60) // c.groups,
    quick=(
        "n8",
        "n13_g3",
    ),
    guards=[
        Limit("N", 1, 128),
    ],
)
