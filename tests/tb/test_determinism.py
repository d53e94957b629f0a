"""The same seed gives the same bits, on either simulator; another seed gives other stimuli."""

from __future__ import annotations

import pytest

from tests.tb._project import DELAY, DIGITS, ECHO, STREAM

KINDS = {
    "streams": (
        ECHO,
        STREAM | {"REST": "volume=lambda c: 300, stimuli=lambda c: {'corners': corners, 'any': random()},"},
    ),
    "digits": (DELAY, DIGITS),
}
CONFIG = {"streams": "w8", "digits": "n4"}


def files(lab, kind, sim, mode, out, seed=1):
    """Run, and return the bytes that it left: results, outputs, stimuli."""
    top = lab.add(f"same_{kind}", *KINDS[kind])
    record = lab.run(top, CONFIG[kind], sim, mode, seed=seed, out=out)
    assert record.reasons == ()
    stimuli = {path.name: path.read_bytes() for path in record.folder.glob("*.in")}
    assert bool(stimuli) == (mode == "burst")
    return (record.folder / "result.json").read_bytes(), out.read_bytes(), stimuli


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(lab, tmp_path, kind, mode):
    """Results (with coverage, cycles and a hash of all outputs), saved outputs, stimuli: on one simulator and both."""
    first = files(lab, kind, "icarus", mode, tmp_path / "1.npz")
    assert files(lab, kind, "icarus", mode, tmp_path / "2.npz") == first
    assert files(lab, kind, "verilator", mode, tmp_path / "3.npz") == first
    assert files(lab, kind, "verilator", mode, tmp_path / "4.npz") == first


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_another_seed_gives_other_stimuli(lab, tmp_path, mode):
    ours = files(lab, "streams", "icarus", mode, tmp_path / "1.npz", seed=1)
    others = files(lab, "streams", "icarus", mode, tmp_path / "2.npz", seed=2)
    assert ours[0] != others[0]
    assert ours[1] != others[1]
    assert ours[2] != others[2] or mode == "beat"
