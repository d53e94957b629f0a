"""Small line drawings of a module's or a number's past, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from ulpwise.site._text import count, percent
from ulpwise.site.model import Moment

WIDTH, HEIGHT, EDGE = 96, 20, 3


def sparkline(moments: Sequence[Moment]) -> Markup:
    """Draw functional coverage, or the pass rate where there is none; a cross marks a regression with failures.

    Args:
        moments: Oldest first.

    Returns:
        An SVG with a name that says in words what it shows; nothing when there is no moment.
    """
    if not moments:
        return Markup("")
    measured = any("functional" in moment.kinds for moment in moments)
    values = [moment.kinds.get("functional") if measured else _rate(moment) for moment in moments]
    known = [value for value in values if value is not None]
    failed = [i for i, moment in enumerate(moments) if moment.failed]
    what = "functional coverage" if measured else "pass rate"
    name = f"{what} over {_times(len(moments), 'regression')}: {percent(known[0])} to {percent(known[-1])}"
    name += f"; failures in {len(failed)}" if failed else "; no failures"
    low = min(90.0, *known)
    places = _places(values, low - 1, 101)
    marks = "".join(_mark(*(places[i] or (_x(i, len(values)), HEIGHT / 2))) for i in failed)
    return _svg(name, [place for place in places if place is not None], marks)


def line(values: Sequence[int], what: str) -> Markup:
    """Draw how a count changed.

    Args:
        values: Oldest first.
        what: What is counted, for the name of the drawing.
    """
    if not values:
        return Markup("")
    name = f"{what} over {_times(len(values), 'measurement')}: {count(values[0])} to {count(values[-1])}"
    low, high = min(values), max(values)
    margin = max(1, high - low) * 0.5
    places = _places([float(value) for value in values], low - margin, high + margin)
    return _svg(name, [place for place in places if place is not None], "")


def _rate(moment: Moment) -> float | None:
    return 100.0 * (moment.runs - moment.failed) / moment.runs if moment.runs else None


def _times(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _x(index: int, length: int) -> float:
    return WIDTH / 2 if length == 1 else EDGE + index * (WIDTH - 2 * EDGE) / (length - 1)


def _places(values: Sequence[float | None], low: float, high: float) -> list[tuple[float, float] | None]:
    """Place values on the drawing: the greater the higher."""
    scale = (HEIGHT - 2 * EDGE) / (high - low)
    return [
        None if value is None else (_x(i, len(values)), HEIGHT - EDGE - (value - low) * scale)
        for i, value in enumerate(values)
    ]


def _mark(x: float, y: float) -> str:
    return f'<path class="bad" d="M{x - 3:.1f} {y - 3:.1f}l6 6m0-6l-6 6"/>'


def _svg(name: str, places: Sequence[tuple[float, float]], marks: str) -> Markup:
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    x, y = places[-1]
    return Markup(
        '<svg class="spark" role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}"><title>{name}</title>'
        '<path d="{path}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>{marks}</svg>'
    ).format(w=WIDTH, h=HEIGHT, name=escape(name), path=path, x=x, y=y, marks=Markup(marks))
