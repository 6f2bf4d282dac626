"""Verdicts: the first that applies."""

from __future__ import annotations

from dataclasses import dataclass

from accessgis.assess.assessment import Verdict

UNCLASSIFIED_LIMIT = 0.05
"""Share of people without a place class above which a rule that needs one cannot be judged in a unit."""

COMPLETENESS_LIMIT = 0.80
"""Completeness against official totals under which a rule cannot be judged."""

SHARE_SLACK = 1e-12
"""Slack of a share against a target, so that a verdict does not hang on the order of additions."""

CLASS_MISSING = "class"
ROADS_MISSING = "roads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The figures of one area that a verdict rests on."""

    people: float
    covered: float
    off_network: float
    missing: tuple[str, ...]
    absent: tuple[str, ...] = ()
    """What would only add to ``covered``: it cannot undo a target met, but a shortfall may be its own."""


def judge(finding: Finding, *, target: float | None) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on one area and what is missing for a better one.

    In this order: something missing that makes the number of people itself unknown → ``not_judged``; nobody concerned;
    anything else missing → ``not_judged``; no target; then low = covered/people and high = (covered + off the
    network)/people against the target: low ≥ target meets, high < target falls short (unless kinds without a layer
    could make it up: then they are missing), else the roads decide and are missing.

    Parameters
    ----------
    finding
        Figures of the area.
    target
        Target share, or None where none is set.
    """
    unknown_people = finding.people != finding.people or (finding.people == 0 and CLASS_MISSING in finding.missing)
    if unknown_people:
        return "not_judged", finding.missing
    if finding.people == 0:
        return "nobody_concerned", ()
    if finding.missing:
        return "not_judged", finding.missing
    if target is None:
        return "no_target", ()
    if reaches(finding.covered / finding.people, target):
        return "meets", ()
    if not reaches((finding.covered + finding.off_network) / finding.people, target):
        return ("not_judged", finding.absent) if finding.absent else ("falls_short", ())
    return "not_judged", (ROADS_MISSING,)


def reaches(share: float, target: float) -> bool:
    """Return whether a share is at least the target."""
    return share >= target - SHARE_SLACK


def is_robust(low: float, high: float, *, target: float) -> bool:
    """Return whether the whole sensitivity range lies on one side of the target."""
    return reaches(low, target) or not reaches(high, target)
