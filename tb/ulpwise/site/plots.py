"""Plots by matplotlib as inline SVG: colours are those of the page, and the same data give the same bytes."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ulpwise.site._text import moment
from ulpwise.site.model import KINDS, Moment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# colours that matplotlib writes and the style sheet knows
_INK, _LINE = "#000001", "#000002"
_SERIES = ("#000011", "#000012", "#000013", "#000014", "#000015", "#000016")
_PASS, _FAIL = "#000021", "#000022"
_NAMES = {_INK: "--ink", _LINE: "--rule", _PASS: "--pass", _FAIL: "--fail"} | {
    colour: f"--series-{i}" for i, colour in enumerate(_SERIES, start=1)
}
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
_MARKERS = "osD^vP"
_STYLE = {
    "svg.hashsalt": "ulpwise",
    "svg.fonttype": "none",
    "font.size": 9,
    "font.family": "sans-serif",
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.5,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "figure.facecolor": "none",
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
}
_TICKS = 8
_SHOWN = 25  # modules in the plot of durations


def durations(seconds: Mapping[str, tuple[float, float]]) -> Markup:
    """Plot how long the modules took, the slowest on top.

    Args:
        seconds: By module, of its builds and of its simulations.
    """
    slowest = sorted(seconds, key=lambda name: (-sum(seconds[name]), name))[:_SHOWN]
    builds, runs = ([seconds[name][i] for name in slowest] for i in (0, 1))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        places = range(len(slowest))
        axes.barh(places, runs, color=_SERIES[0], label="simulation")
        axes.barh(places, builds, left=runs, color=_SERIES[1], label="build", hatch="////", edgecolor=_INK, linewidth=0)
        axes.set_yticks(places, [_plain(name) for name in slowest])
        axes.set_ylim(len(slowest) - 0.5, -0.5)
        axes.set_xlabel("seconds, all runs together")
        axes.grid(visible=False, axis="y")
        axes.legend(loc="lower right")

    total = sum(map(sum, seconds.values()))
    name = f"Seconds by module: {total:,.0f} s in all, most in {slowest[0]}" if slowest else ""
    return _plot("durations", name, draw, height=0.9 + 0.19 * len(slowest)) if slowest else Markup("")


def verdicts(moments: Sequence[Moment]) -> Markup:
    """Plot how many runs passed and failed in each regression, oldest first."""
    times, places = [moment.started for moment in moments], range(len(moments))

    def draw(figure: Figure) -> None:
        upper, lower = figure.subplots(2, sharex=True)
        upper.plot(places, [moment.runs for moment in moments], color=_SERIES[0], marker="o", label="runs")
        upper.set_ylim(0, 1.2 * max([1, *(moment.runs for moment in moments)]))
        upper.set_ylabel("runs")
        failed = [moment.failed for moment in moments]
        bars = lower.bar(places, failed, min(0.8, 0.08 * len(moments)), color=_FAIL)
        lower.bar_label(bars, [str(count) if count else "" for count in failed], fontsize=8, padding=1)
        lower.set_ylim(0, 1.3 * max([1, *failed]))
        lower.set_ylabel("failed")
        _dates(lower, times)

    last = moments[-1]
    return _plot("verdicts", f"Runs by regression; the newest: {last.runs} runs, {last.failed} failed", draw, 3.2)


def coverage(moments: Sequence[Moment]) -> Markup:
    """Plot coverage of every kind over the regressions that measured it, oldest first."""
    kinds = [kind for kind in KINDS if any(kind in moment.kinds for moment in moments)]
    if not kinds:
        return Markup("")

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for i, kind in enumerate(kinds):
            places = [place for place, moment in enumerate(moments) if kind in moment.kinds]
            values = [moments[place].kinds[kind] for place in places]
            axes.plot(places, values, color=_SERIES[i], linestyle=_DASHES[i], marker=_MARKERS[i], label=kind)
        axes.set_ylabel("percent of all points")
        _legend(axes)
        _dates(axes, [moment.started for moment in moments])

    last = {kind: next(m.kinds[kind] for m in reversed(moments) if kind in m.kinds) for kind in kinds}
    return _plot("coverage", "Coverage; the newest: " + ", ".join(f"{k} {v:.1f} %" for k, v in last.items()), draw)


def areas(measured: Sequence[Mapping[str, Any]], families: Mapping[str, str]) -> Markup:
    """Plot the 6-input LUTs of all configurations together, by family; what was not measured anew keeps its value.

    Args:
        measured: Rows of the history, oldest first.
        families: Families by module.
    """
    times = sorted({row["measured"][:16] for row in measured if row["lut6"] is not None})
    if not times:
        return Markup("")
    totals = _carry(measured, families, times)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for i, (family, values) in enumerate(totals.items()):
            lines = axes.plot(range(len(times)), values, label=_plain(family), color=_SERIES[i % 6])
            lines[0].set(linestyle=_DASHES[i % 6], marker=_MARKERS[i % 6])
        axes.set_ylabel("6-input LUTs")
        axes.set_ylim(
            0, 1.1 * max(1.0, *(value for values in totals.values() for value in values if not math.isnan(value)))
        )
        _legend(axes)
        _dates(axes, times)

    newest = ", ".join(f"{family} {values[-1]:,.0f}" for family, values in totals.items())
    return _plot("areas", f"6-input LUTs by family; the newest: {newest}", draw)


def _carry(
    measured: Sequence[Mapping[str, Any]], families: Mapping[str, str], times: Sequence[str]
) -> dict[str, list[float]]:
    """Add up the last known areas at each time."""
    names = sorted({families.get(row["module"], "gone") for row in measured})
    totals: dict[str, list[float]] = {name: [] for name in names}
    for time in times:
        known = {(r["module"], r["config"]): r["lut6"] or 0 for r in measured if r["measured"][:16] <= time}
        for name in names:
            total = sum(luts for (module, _), luts in known.items() if families.get(module, "gone") == name)
            totals[name].append(float(total) if total or any(totals[name]) else float("nan"))
    return {name: values for name, values in totals.items() if not math.isnan(values[-1])}


def _plain(text: str) -> str:
    """Keep matplotlib from reading dollars as mathematics."""
    return text.replace("$", r"\$")


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)


def _dates(axes: Axes, times: Sequence[str]) -> None:
    """Write some of the times below the places 0, 1, ..."""
    step = max(1, -(-len(times) // _TICKS))
    places = range(0, len(times), step)
    known = [moment(times[place]) for place in places]
    axes.set_xticks(places, [time.strftime("%m-%d\n%H:%M") if time else "?" for time in known])
    axes.set_xlim(-0.6, len(times) - 0.4)
    axes.grid(visible=False, axis="x")


def _plot(key: str, name: str, draw: Callable[[Figure], None], height: float = 2.6) -> Markup:
    """Draw a figure and turn it into HTML."""
    import matplotlib as mpl  # noqa: PLC0415 (slow to import, and not every page has a plot)
    from matplotlib.figure import Figure  # noqa: PLC0415 (slow to import)

    with mpl.rc_context(_STYLE):  # type: ignore[arg-type]
        figure: Figure = Figure(figsize=(8.4, height), layout="constrained")
        draw(figure)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return Markup(_inline(stream.getvalue(), key, str(Markup.escape(name))))


def _inline(text: str, key: str, name: str) -> str:
    """Make a file's SVG part of a page: no prologue, ids of its own, a name, the page's colours."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{key}-', text)
    text = re.sub(r'href="#', f'href="#{key}-', text)
    text = text.replace("url(#", f"url(#{key}-")
    for colour, variable in _NAMES.items():
        text = text.replace(colour, f"var({variable})")
    text = re.sub(r"font: ([\d.]+px) [^\";]*", r"font-size: \1", text)
    head, rest = text.split(">", 1)
    size = re.search(r'viewBox="([^"]*)"', head)
    box = size[1] if size else "0 0 600 200"
    title = f'<title id="{key}-name">{name}</title>'
    return f'<svg class="plot" role="img" aria-labelledby="{key}-name" viewBox="{box}">{title}{rest}'
