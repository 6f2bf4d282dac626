"""What stands beside an indicator: an earlier year, prefecture and province, parts of the people."""

from __future__ import annotations

from accessgis.assess.assessment import Assessment
from accessgis.report.figures import kept

BESIDE = ("previous", "prefecture", "province", "urban", "rural", "age60plus")
"""上年, 全市, 全省, 城镇, 乡村, 60岁及以上: in the order of the tables."""


def beside(assessment: Assessment, rule: str) -> dict[str, float]:
    """Return the figures beside an indicator by what they are of; what is absent is left out."""

    def by_rule() -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for row in assessment.comparators.to_dict("records"):
            found.setdefault(row["rule"], {})[row["what"]] = float(row["figure"])
        equity = assessment.equity
        for row in equity[equity["part"].isin(BESIDE) & equity["covered_share"].notna()].to_dict("records"):
            found.setdefault(row["rule"], {})[row["part"]] = float(row["covered_share"])
        return found

    return kept(assessment, ("beside",), by_rule).get(rule, {})
