"""Times functional coverage: a million samples into a group with a cross, ours and cocotb-coverage's, same counts."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from figure import Figure, ratios
from filelock import FileLock

from ulpwise.coverage.sampler import Coverage, CoverGroup, Cross, Point, ranges

REPO = Path(__file__).parents[2]
SAMPLES, ROUNDS = 1_000_000, 3
BINS = [(low, low + 31) for low in range(-128, 128, 32)]
PROBLEM = "cocotb-coverage is not there and pip could not fetch it; run: {} -m pip install --no-deps --target {} {}"


def ours(batch: dict[str, np.ndarray]) -> tuple[float, dict[str, int]]:
    """Sample the batch at once; seconds, and the counts of the cross by `low of x,low of y`."""
    points = [Point(name, lambda t, name=name: t[name], ranges(*BINS)) for name in ("x", "y")]
    coverage = Coverage([CoverGroup("io", points, [Cross("xy", "x", "y")])])
    start = time.perf_counter()
    coverage.sample(batch)
    seconds = time.perf_counter() - start
    bins = coverage.to_json()["groups"]["io"]["points"]["xy"]["bins"]
    return seconds, {re.sub(r"\.\.-?\d+", "", name): count for name, count in bins.items()}


def theirs(x: list[int], y: list[int]) -> tuple[float, dict[str, int]]:
    """Sample one by one, as that library wants it, with the same points and cross."""
    from cocotb_coverage.coverage import CoverCross, CoverPoint, coverage_db  # noqa: PLC0415 (where it was put)

    coverage_db.clear()
    inside = lambda value, ends: ends[0] <= value <= ends[1]  # noqa: E731 (an argument)

    @CoverPoint("io.x", xf=lambda x, _: x, rel=inside, bins=BINS)
    @CoverPoint("io.y", xf=lambda _, y: y, rel=inside, bins=BINS)
    @CoverCross("io.xy", items=["io.x", "io.y"])
    def sample(x: int, y: int) -> None:
        """Count the arguments; the decorators do."""

    start = time.perf_counter()
    for pair in zip(x, y, strict=True):
        sample(*pair)
    seconds = time.perf_counter() - start
    counts = coverage_db["io.xy"].detailed_coverage
    return seconds, {f"{a[0]},{b[0]}": count for (a, b), count in counts.items()}


def sampling(root: Path, samples: int = SAMPLES, rounds: int = ROUNDS) -> dict[str, Figure]:
    """Compare the two round by round.

    Args:
        root: Top of the project.
        samples: Rows of the batch.
        rounds: How often.

    Returns:
        The ratio, and both times.

    Raises:
        RuntimeError: cocotb-coverage cannot be had, or the two counted different things.
    """
    _fetch(root)
    rng = np.random.default_rng(1)
    batch = {name: rng.integers(-128, 128, samples) for name in ("x", "y")}
    ours(batch)  # warm, as theirs is after its first few of a million
    fast, slow = [], []
    for _ in range(rounds):
        mine, counts = ours(batch)
        other, expected = theirs(batch["x"].tolist(), batch["y"].tolist())
        if counts != expected or sum(counts.values()) != samples:
            raise RuntimeError("our coverage and cocotb-coverage count different things")
        fast.append(mine)
        slow.append(other)
    limit = (
        f"ours classifies by a binary search in numpy, {1e9 * fast[0] / samples:.0f} ns a sample; theirs runs Python"
    )
    return {
        "coverage_over_cocotb_coverage": Figure(
            f"cocotb-coverage / ours, {samples:,} samples, two points of 8 bins and their cross",
            ratios(slow, fast),
            "x",
            ">= 100",
            limit,
        ),
        "coverage_seconds": Figure("ours", fast, "s"),
        "cocotb_coverage_seconds": Figure("cocotb-coverage", slow, "s"),
    }


def _fetch(root: Path) -> None:
    """Make cocotb-coverage importable: what .venv has, else a copy in build/, fetched when it is not there."""
    try:
        import cocotb_coverage  # noqa: F401, PLC0415 (is it there?)
    except ImportError:
        wanted = next(
            line for line in (REPO / "requirements-bench.txt").read_text().splitlines() if line.startswith("cocotb-cov")
        )
        folder = root / "build" / wanted
        with FileLock(f"{folder}.lock"):
            if not (folder / "cocotb_coverage").is_dir():
                line = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), wanted]
                if subprocess.run(line, check=False, capture_output=True).returncode:
                    raise RuntimeError(PROBLEM.format(sys.executable, folder, wanted)) from None
        sys.path.append(str(folder))


if __name__ == "__main__":
    from figure import show

    show(sampling(REPO))
