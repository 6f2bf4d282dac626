"""What drove a change, as a document, as text, and as tables that add up as they are printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from accessgis.base.errors import Language
from accessgis.decide.drivers import Drivers
from accessgis.decide.mixtures import INPUTS
from accessgis.decide.trend import SHARE_UNITS
from accessgis.report.monitor_cells import Line, Table, figure_text, points_between, rule_title
from accessgis.report.wording import say

SCHEMA = "accessgis.drivers/1"
HEADINGS = ("rule", "before", "after", "whole", *INPUTS)


def drivers_document(drivers: Drivers) -> dict[str, Any]:
    """Return ``drivers.json``."""
    return {
        "schema": SCHEMA,
        "before": dict(drivers.before),
        "after": dict(drivers.after),
        "unchanged": sorted(drivers.unchanged),
        "rules": {rule: dict(told) for rule, told in drivers.rules.items()},
        "rows": drivers.table.to_dict("records"),
    }


def driver_tables(documents: Sequence[Mapping[str, Any]], lang: Language) -> tuple[Table, ...]:
    """Return the tables of ``drivers.json`` documents; rules that did not change are left out."""
    return tuple(_table(document, lang) for document in documents)


def _table(document: Mapping[str, Any], lang: Language) -> Table:
    before, after = document["before"], document["after"]
    title = say(
        "monitor.drivers_title", lang, name=after["name"], code=after["code"], before=before["data_date"],
        after=after["data_date"],
    )  # fmt: skip
    lines = tuple(_line(document, row, lang) for row in document["rows"] if row["change"])
    headings = tuple(say(f"monitor.{name}", lang) for name in HEADINGS)
    return Table(title=title, anchor=f"drivers-{after['code']}", headings=headings, lines=lines)


def _line(document: Mapping[str, Any], row: Mapping[str, Any], lang: Language) -> Line:
    """Return what drove one rule in one county, which is named where the study has several."""
    name = rule_title(document["rules"], row["rule"], lang)
    if row["county"] != document["after"]["code"]:
        name = say("monitor.of_plan", lang, title=name, plan=row["county"])
    ends = [figure_text({**row, "value": row[end], "target": math.nan}, lang) for end in ("before", "after")]
    parts = [math.nan if row[part] is None else float(row[part]) for part in INPUTS]
    share = row["unit"] in SHARE_UNITS
    step = Decimal("0.1") if share else Decimal("0.01")
    scale = 100 if share else 1
    if any(math.isnan(part) for part in parts):
        none = say("monitor.no_value", lang)
        told = [f"{float(row['change']) * scale:+.{-int(step.as_tuple().exponent)}f}", *[none] * len(parts)]
    else:
        change = points_between(row["before"], row["after"]) if share else repr(float(row["change"]))
        whole, printed = printed_parts(Decimal(change), [part * scale for part in parts], step=step)
        told = [_signed(value) for value in (whole, *printed)]
    parts_told = (say("monitor.points", lang, points=text) if share and "." in text else text for text in told)
    return Line(name=name, code=row["county"], cells=(*ends, *parts_told))


def _signed(value: Decimal) -> str:
    return f"{value:+}" if value else f"{abs(value)}"


def printed_parts(whole: Decimal, parts: Sequence[float], *, step: Decimal) -> tuple[Decimal, list[Decimal]]:
    """Return a change and its parts in steps, so that the parts as printed add up to it.

    Steps that are left go to the largest remainders, ties to the first; a part of 0 stays 0.

    Parameters
    ----------
    whole, parts
        The change and its parts, which add up to about it.
    step
        Smallest step printed.
    """
    steps = [Decimal(repr(part)) / step for part in parts]
    floors = [value.to_integral_value(ROUND_FLOOR) for value in steps]
    rounded = (whole / step).to_integral_value(ROUND_HALF_UP)
    moving = [place for place in range(len(parts)) if parts[place]]
    moving.sort(key=lambda place: (floors[place] - steps[place], place))
    left = int(rounded - sum(floors))
    for number in range(abs(left) if moving else 0):
        floors[moving[number % len(moving)] if left > 0 else moving[-1 - number % len(moving)]] += 1 if left > 0 else -1
    return rounded * step, [value * step for value in floors]
