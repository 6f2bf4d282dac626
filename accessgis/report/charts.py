"""Charts of a rule: shares by mode, travel time by township, its Lorenz curve, shares by place and group.

Every figure that a chart writes out is text of the view model; what is only drawn follows from the people's times.
Nothing is told by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from accessgis.assess.verdict import reaches
from accessgis.measures.coverage import Grouping, quantiles
from accessgis.measures.equity import lorenz
from accessgis.report.vector_drawing import INK, LINE, QUIET, SECOND, canvas, styled, text_width, write_text

FloatArray = NDArray[np.float64]
BOX_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
BLUE, OCHRE, LIMIT = "#1b4f78", "#8a3606", "#1f4f7a"
_WIDE, _ROW, _TOP, _BOTTOM = 640.0, 24.0, 22.0, 26.0
_CURVE_POINTS = 200
_MOST_TICKS = 8
_NARROWEST, _WIDEST = 70.0, 190.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line of a chart of shares: its name, share and range 0–1, how it is written, whether it leads."""

    name: str
    share: float
    low: float | None
    high: float | None
    text: str
    leads: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Ways:
    """How far the people of a rule have to go: minutes or metres, people and unit of each demand point."""

    amounts: FloatArray
    """``inf`` where there is no way."""
    people: FloatArray
    units: Grouping


def modes_chart(bars: Sequence[Bar], *, target: float | None, target_text: str) -> Figure:
    """Return one line per mode: a dot for the share, a bar for its range, an upright line for the target."""
    width, right = 430.0, 66.0
    left = _margin([bar.name for bar in bars], 12.5)
    figure, axes = canvas(width, _TOP + len(bars) * 28.0 + _BOTTOM)
    low = min([bar.share if bar.low is None else bar.low for bar in bars] + ([target] if target is not None else []))
    start = max(0.0, math.floor((low - 0.05) * 10) / 10)
    bottom = _TOP + len(bars) * 28.0

    def x(share: float) -> float:
        return left + (share - start) / (1.0 - start) * (width - left - right)

    step = 0.1 if start >= 0.5 else 0.2
    for tick in np.arange(math.ceil(start / step), 1 / step + 0.5) * step:
        axes.plot([x(tick)] * 2, [_TOP, bottom], color=LINE, lw=1)
        write_text(axes, (x(tick), bottom + 15), f"{tick * 100:.0f}%", ha="center", color=QUIET)
    if target is not None:
        axes.plot([x(target)] * 2, [_TOP - 4, bottom], color=LIMIT, lw=1.6)
        write_text(axes, (x(target), _TOP - 8), target_text, ha="center", color=LIMIT, fontsize=11.5, weight="bold")
    for index, bar in enumerate(bars):
        y = _TOP + (index + 0.5) * 28.0
        weight = "bold" if bar.leads else "normal"
        write_text(axes, (left - 10, y + 4), bar.name, ha="right", fontsize=12, weight=weight)
        if bar.low is not None and bar.high is not None:
            axes.plot([x(bar.low), x(bar.high)], [y, y], color="#8fa3b3", lw=5, solid_capstyle="butt")
        below = target is not None and not reaches(bar.share, target)
        colour = OCHRE if below else BLUE
        axes.plot(
            [x(bar.share)], [y], marker="v" if below else "o", ms=9 if bar.leads else 7, color=colour,
            mfc=colour if bar.leads else "#fff", mew=1.4, ls="",
        )  # fmt: skip
        write_text(axes, (width - right + 10, y + 4), bar.text, fontsize=12, weight=weight, color=colour)
    return figure


def times_chart(ways: Ways, *, limit: float | None, unit: str, beyond: str, most: int) -> Figure | None:
    """Return the spread of times by unit, the slowest median on top; None where nobody arrives.

    What lies past the end of the chart ends in an arrow; where that is half of a unit's people, ``beyond`` says so.
    """
    found = quantiles(ways.amounts, ways.people, ways.units, shares=BOX_SHARES)
    shown = [index for index in range(len(found)) if not math.isnan(found[index, 2])]
    shown.sort(key=lambda index: (-found[index, 2], index))
    shown = shown[:most]
    finite = found[shown][np.isfinite(found[shown])] if shown else np.array([])
    if not finite.size:
        return None
    # Boxes past the end are cut there: one remote unit must not squeeze all the others.
    end = _nice(min(float(finite.max()), 3 * max(limit or 0.0, float(np.median(finite)))) * 1.02)
    right = 16.0
    left = _margin([ways.units.names[index] for index in shown], 12.5)
    figure, axes = canvas(_WIDE, _TOP + len(shown) * _ROW + _BOTTOM)
    bottom = _TOP + len(shown) * _ROW

    def x(amount: float) -> float:
        return left + min(amount, end) / end * (_WIDE - left - right)

    for tick in _ticks(end):
        axes.plot([x(tick)] * 2, [_TOP, bottom], color=LINE, lw=1)
        write_text(axes, (x(tick), bottom + 15), f"{tick:g}", ha="center", color=QUIET)
    write_text(axes, (left - 10, bottom + 15), unit, ha="right", color=QUIET)
    for row, index in enumerate(shown):
        y = _TOP + (row + 0.5) * _ROW
        write_text(axes, (left - 10, y + 4), ways.units.names[index], ha="right", fontsize=12)
        if found[index, 2] > end:
            write_text(axes, (_WIDE - right - 12, y + 4), beyond, ha="right", color=SECOND)
        else:
            _box(axes, [x(amount) for amount in found[index]], y)
        if found[index, 4] > end:
            axes.fill([_WIDE - right + dx for dx in (-6, 3, -6)], [y - 5, y, y + 5], fc=INK, ec="none")
    if limit is not None and limit <= end:
        axes.plot([x(limit)] * 2, [_TOP - 4, bottom], color=LIMIT, lw=1.6, dashes=(3, 2))
        write_text(axes, (x(limit), _TOP - 8), f"{limit:g}", ha="center", color=LIMIT, fontsize=11.5, weight="bold")
    return figure


def _box(axes: Axes, ends: Sequence[float], y: float) -> None:
    first, quarter, half, three, last = ends
    axes.plot([first, last], [y, y], color=INK, lw=1)
    for end in (first, last) if last < _WIDE - 17 else (first,):
        axes.plot([end, end], [y - 4, y + 4], color=INK, lw=1)
    axes.fill([quarter, three, three, quarter], [y - 6, y - 6, y + 6, y + 6], fc="#cadce9", ec=BLUE, lw=1)
    axes.plot([half, half], [y - 7, y + 7], color=INK, lw=2.4, solid_capstyle="butt")


def lorenz_chart(ways: Ways, *, people: str, amount: str, even: str) -> Figure | None:
    """Return the Lorenz curve of times or ways; None where nobody arrives or all have none to go."""
    arrive = np.isfinite(ways.amounts) & (ways.people > 0)
    curve = lorenz(ways.amounts[arrive], ways.people[arrive])
    if len(curve.people_share) < 2 or np.isnan(curve.access_share[-1]):
        return None
    size, left, top = 232.0, 46.0, 12.0
    figure, axes = canvas(left + size + 14, top + size + 42)

    def xy(across: FloatArray, up: FloatArray) -> tuple[FloatArray, FloatArray]:
        return left + across * size, top + (1 - up) * size

    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        for line in (([tick, tick], [0.0, 1.0]), ([0.0, 1.0], [tick, tick])):
            axes.plot(*xy(*(np.array(values) for values in line)), color=LINE, lw=1)
        write_text(
            axes, (left + tick * size, top + size + 16), f"{tick * 100:g}%", ha="center", fontsize=10.5, color=QUIET
        )
        write_text(
            axes, (left - 6, top + (1 - tick) * size + 4), f"{tick * 100:g}%", ha="right", fontsize=10.5, color=QUIET
        )
    ends = np.array([0.0, 1.0])
    axes.plot(*xy(ends, ends), color=QUIET, lw=1.2, dashes=(4, 3))
    at = np.unique(np.r_[np.linspace(0, 1, _CURVE_POINTS), curve.people_share[[0, -1]]])
    held = np.interp(at, curve.people_share, curve.access_share)
    area = axes.fill(*xy(np.r_[at, 1.0], np.r_[held, 1.0]), fc="#e7eef4", ec="none")[0]
    styled(area, "between")
    axes.plot(*xy(at, held), color=BLUE, lw=2)
    write_text(axes, (left + 0.40 * size, top + 0.50 * size), even, ha="right", fontsize=11, color=SECOND)
    write_text(axes, (left + size / 2, top + size + 34), people, ha="center", color=SECOND)
    write_text(axes, (12, top + size / 2), amount, ha="center", rotation=90, color=SECOND)
    return figure


def parts_chart(bars: Sequence[Bar], *, target: float | None, target_text: str) -> Figure:
    """Return covered shares by place and group as bars, what is not covered hatched."""
    width, right = 350.0, 60.0
    left = _margin([bar.name for bar in bars], 12.0)
    figure, axes = canvas(width, _TOP + len(bars) * 27.0 + 10)
    full = width - left - right
    for index, bar in enumerate(bars):
        y = _TOP + index * 27.0
        write_text(
            axes, (left - 8, y + 17), bar.name, ha="right", fontsize=11.5, weight="bold" if bar.leads else "normal"
        )
        cut = left + bar.share * full
        axes.fill([left, cut, cut, left], [y + 5, y + 5, y + 21, y + 21], fc="#6288a6", ec=INK, lw=0.6)
        rest = axes.fill(
            [cut, left + full, left + full, cut], [y + 5, y + 5, y + 21, y + 21], fc="#fff", ec=INK, lw=0.6
        )
        styled(rest[0], "uncovered")
        write_text(axes, (left + full + 8, y + 17), bar.text, fontsize=11.5, weight="bold" if bar.leads else "normal")
    if target is not None:
        at = left + target * full
        axes.plot([at, at], [_TOP - 2, _TOP + len(bars) * 27.0], color=LIMIT, lw=1.8)
        write_text(axes, (at, _TOP - 7), target_text, ha="center", color=LIMIT, weight="bold")
    return figure


def _margin(names: Sequence[str], size: float) -> float:
    """Return how much room the names on the left need."""
    return min(_WIDEST, max(_NARROWEST, max(text_width(name, size) for name in names) + 16))


def _nice(value: float) -> float:
    """Return the next round number."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return next(step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= value)


def _ticks(end: float) -> list[float]:
    sizes = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 500, 1000, 2000, 5000, 10_000)
    step = next((size for size in sizes if end / size <= _MOST_TICKS), end / _MOST_TICKS)
    return [float(tick) for tick in np.arange(0, end + step / 1000, step)]
