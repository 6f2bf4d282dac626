"""How numbers are printed, and how whole numbers are made that add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language

MYRIAD = 10_000
_NUMERALS = "零一二三四五六七八九"
_SHARE_DECIMALS = (1, 2, 3, 4)
_NEARLY = 1e-12
"""How far from 0 or 1 a share may lie and still be one of them: sums of parts are off by less."""


def whole(value: float) -> int:
    """Round half up to a whole number."""
    return int(Decimal(repr(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def count(value: int) -> str:
    """Print a whole number with thousands separated by commas."""
    return f"{value:,}"


def numeral(number: int, lang: Language) -> str:
    """Return the number of a section: ``十二``, ``12``."""
    if lang == "en":
        return str(number)
    tens, units = divmod(number, 10)
    before = "" if tens == 0 else "十" if tens == 1 else f"{_NUMERALS[tens]}十"
    return f"{before}{_NUMERALS[units] if units or not tens else ''}"


def people(value: int, lang: Language) -> str:
    """Print people: ``18.45万人`` from 10,000 up, else ``4,644人``; in English the number alone."""
    if lang == "en":
        return count(value)
    if value < MYRIAD:
        return f"{count(value)}人"
    return f"{(Decimal(value) / MYRIAD).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)}万人"


def persons(value: int, lang: Language) -> str:
    """Print people where English needs the noun: ``4,644 people``."""
    return people(value, lang) if lang == "zh" else f"{count(value)} {'person' if value == 1 else 'people'}"


def people_pair(covered: int, total: int, lang: Language, *, joiner: str = "/") -> str:
    """Print covered of all: ``18.45万人/18.83万人``, in single people where both look the same or units differ."""
    alike = covered != total and people(covered, lang) == people(total, lang)
    if lang == "zh" and (alike or 0 < covered < MYRIAD <= total):
        return f"{count(covered)}人{joiner}{count(total)}人"
    return f"{people(covered, lang)}{joiner}{people(total, lang)}"


def percent(share: float, *, decimals: int = 1) -> str:
    """Print a share (0–1) as ``98.0%``, half up; ``>99.9%`` and ``<0.1%`` where it would look like all or nobody."""
    return f"{_bounded(share, decimals)}%"


def percent_against(share: float, target: float | None) -> str:
    """Print a share with as many decimals as it takes not to look like a target that it misses."""
    if target is None:
        return percent(share)
    met = reaches(share, target)
    for decimals in _SHARE_DECIMALS:
        if (_percent(share, decimals) >= _percent(target, 4)) == met:
            return percent(share, decimals=decimals)
    return f"{(Decimal(repr(share)) * 100).quantize(Decimal('0.0001'), rounding=ROUND_DOWN)}%"


def target_percent(target: float) -> str:
    """Print a target without needless zeros: ``95%``, ``62.5%``."""
    value = (Decimal(repr(target)) * 100).normalize()
    return f"{value:f}%"


def points(share: float, target: float, lang: Language) -> str:
    """Print the distance of two shares in 个百分点, taken from the shares as they are printed."""
    printed = Decimal(percent_against(share, target).strip("<>%"))
    difference = abs(printed - Decimal(repr(target)) * 100)
    decimals = max(1, -int(printed.as_tuple().exponent))
    text = f"{difference.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)}"
    return f"{text}个百分点" if lang == "zh" else f"{text} points"


def share_range(low: float, high: float) -> str:
    """Print a range of shares: ``96.3–98.7%``."""
    return f"{_bounded(low, 1)}–{_bounded(high, 1)}%"


def minutes(seconds: float, *, limit_s: float | None = None) -> int:
    """Round a finite time to whole minutes: half up, but up whenever it is over the limit, so that 30.2 is not 30."""
    if limit_s is not None and seconds > limit_s:
        return math.ceil(seconds / 60)
    return whole(seconds / 60)


def minutes_within(seconds: float) -> int:
    """Round a finite time up to whole minutes, for words such as "within 3 minutes" to be true of it."""
    return max(1, math.ceil(seconds / 60))


def shortfall(people_count: int, covered: int, target: float) -> int:
    """Return how many more people would have to be covered: at least 1."""
    need = Decimal(repr(target)) * people_count - covered
    return max(1, math.ceil(need))


def apportion(total: int, parts: Sequence[float], *, room: Sequence[int] | None = None) -> list[int]:
    """Share a whole total out over parts by largest remainders, ties to the lowest index.

    Parameters
    ----------
    total
        What the whole numbers must add up to.
    parts
        Shares that are ≥ 0 and add up to about ``total``.
    room
        Largest value of each part, adding up to at least ``total``; None for no limit.

    Returns
    -------
    list of int
        As long as ``parts``, adding up to ``total``.
    """
    limits = [total] * len(parts) if room is None else list(room)
    result = [min(math.floor(part), limit) for part, limit in zip(parts, limits, strict=True)]
    order = sorted(range(len(parts)), key=lambda index: (result[index] - parts[index], index))
    missing = total - sum(result)
    while missing > 0:
        before = missing
        for index in order:
            if missing > 0 and result[index] < limits[index]:
                result[index] += 1
                missing -= 1
        if missing == before:
            break
    for index in reversed(order):
        if missing >= 0:
            break
        taken = min(result[index], -missing)
        result[index] -= taken
        missing += taken
    return result


def _percent(share: float, decimals: int) -> Decimal:
    return (Decimal(repr(share)) * 100).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _bounded(share: float, decimals: int) -> str:
    value, step = _percent(share, decimals), Decimal(1).scaleb(-decimals)
    if value.is_nan():
        return str(value)
    if value >= 100 and share < 1 - _NEARLY:
        return f">{100 - step}"
    if value <= 0 and share > _NEARLY:
        return f"<{step}"
    return str(value)
