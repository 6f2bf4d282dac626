"""How far one rule is reached in one area: a degree between 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accessgis.assess.assessment import RuleRecord
from accessgis.assess.presence import UNITS
from accessgis.assess.supply import satisfies
from accessgis.layers.areas import LEVELS
from accessgis.standards.model import Op

FULL = 1.0
"""What a share is held against where a plan states none: everybody, every unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The figure of an area, and what it is held against."""

    figure: float
    aim: float
    op: Op


def degree(figure: float, *, op: Op, aim: float) -> float:
    """Return how far a figure reaches what is asked: 1 where it does, else the part of it, between 0 and 1.

    “At least”: figure / aim. “At most”: aim / figure. “About”: the smaller of both, 1 within a twentieth. A figure that
    only misses a strict bound (``>``, ``<``) by being equal to it counts as 1.

    Parameters
    ----------
    figure
        The figure; NaN gives NaN.
    op, aim
        Comparison and figure of the rule.
    """
    if math.isnan(figure) or math.isnan(aim):
        return math.nan
    if satisfies(figure, op, aim):
        return 1.0
    upwards = figure / aim if aim > 0 else 0.0
    downwards = aim / figure if figure > 0 else 0.0
    reached = {">=": upwards, ">": upwards, "<=": downwards, "<": downwards, "about": min(upwards, downwards)}[op]
    return min(1.0, max(0.0, reached))


def goal_of(rule: RuleRecord, row: Mapping[str, Any]) -> Goal | None:
    """Return what an area is held against, None where the rule sets nothing for it.

    The plan's figure is the yardstick everywhere, whatever level it is set for: an index gives no verdict. A total
    stands for its own area alone, and a ratio or a share for townships only where it is set for every unit.

    Parameters
    ----------
    rule
        The rule as applied.
    row
        A row of its results.
    """
    op: Op = rule.op or ">="  # type: ignore[assignment]  # a record holds the rule's own
    if rule.rule_kind == "circle":
        return Goal(figure=row["covered_share"], aim=FULL if rule.target is None else rule.target, op=">=")
    figure, aim = float(row["value"]), math.nan
    if rule.rule_kind == "presence":
        if row["unit"] == "facilities":
            aim = float(row["target"])
            figure = max(figure, aim) if row["state"] in ("substitute", "shared") else figure
        else:
            aim = FULL if rule.target is None else rule.target
        op = ">="
    elif rule.rule_kind == "total":
        aim = float(row["target"])
    else:
        stated = rule.target if rule.rule_kind == "share" else rule.value
        stated = stated if expected_at(rule, str(row["level"])) else None
        stated = rule.units.get(str(row["area"]), stated)
        aim = math.nan if stated is None else stated
    return None if math.isnan(aim) else Goal(figure=figure, aim=aim, op=op)


def attained(rule: RuleRecord, row: Mapping[str, Any], goal: Goal) -> tuple[float, float, float]:
    """Return the degree of attainment, and its lowest and highest over the rule's own sensitivity range."""
    central = 1.0 if row["verdict"] == "meets" else degree(goal.figure, op=goal.op, aim=goal.aim)
    if rule.rule_kind != "circle":
        return central, central, central
    sides = [degree(float(row[name]), op=goal.op, aim=goal.aim) for name in ("range_low", "range_high")]
    known = [central, *(side for side in sides if not math.isnan(side))]
    return central, min(known), max(known)


def expected_at(rule: RuleRecord, level: str) -> bool:
    """Return whether a rule speaks of areas of a level, so that a figure absent there is one that is lacking."""
    place = LEVELS.index(level)
    if rule.rule_kind == "circle":
        return True
    if rule.rule_kind == "presence":
        assert rule.presence is not None
        unit = UNITS.get(rule.presence.unit)
        return unit is None or place <= LEVELS.index(unit.level)
    if rule.rule_kind == "total":
        return level == ("county" if rule.target_level in (None, "unit") else rule.target_level)
    return level != "township" or rule.target_level in ("unit", "township")
