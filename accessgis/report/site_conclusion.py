"""The sentence on a proposed site, and which of several to take: figures first, what speaks against it last."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from accessgis.base.errors import Language
from accessgis.decide.check import SiteCheck
from accessgis.decide.land import barred_by
from accessgis.layers.facilities import SAME_PLACE_M
from accessgis.report.facts import metres_text
from accessgis.report.land_view import land_shortcomings
from accessgis.report.numbers import whole
from accessgis.report.site_cells import around_text, filled_units, maybe_filled_units, missing_text, rounded_people
from accessgis.report.wording import listing, mode_name, say

_NEAR_M = 100.0


def conclusion(check: SiteCheck, lang: Language) -> str:
    """Return one sentence: what the site brings, and what speaks against it."""
    text = say("site.joiner", lang).join(gains(check, lang))
    short = shortcomings(check, lang)
    if short:
        text += say("site.shortcomings", lang, what=listing(short, lang))
    return text + say("sentence.end", lang)


def gains(check: SiteCheck, lang: Language) -> list[str]:
    """Return what a site brings: people newly covered; where there are none, first what does change."""
    best = _leading(check)
    covered = []
    if best is None:
        covered += [] if any(_score(check)) else [say("site.gains_nothing", lang)]
    elif whole(best["net"]) > 0:
        mode = mode_name(best["profile"], lang)
        people = rounded_people(best["net"], lang)
        covered.append(say("site.gains", lang, mode=mode, people=people, rank=_rank(check, best, lang)))
    else:
        covered.append(say("site.gains_none", lang, mode=mode_name(best["profile"], lang)))
    others = []
    if filled := filled_units(check)["area"].nunique():
        others.append(say("site.gains_filled", lang, count=filled))
    maybe = maybe_filled_units(check).drop_duplicates("area").to_dict("records")
    if maybe:
        missing = listing(dict.fromkeys(missing_text(row, lang) for row in maybe), lang)
        others.append(
            say("site.gains_maybe", lang, areas=listing([row["area_name"] for row in maybe], lang), missing=missing)
        )
    for row in check.walk.to_dict("records"):
        if whole(row["people"]) > 0:
            limit, people = f"{row['limit_min']:g}", around_text(row, lang)
            others.append(say("site.gains_walk", lang, limit=limit, people=people))
    (nearer,) = check.nearer.to_dict("records")
    if whole(nearer["people"]) > 0 and nearer["median_saved_min"] >= 1:
        people = rounded_people(nearer["people"], lang)
        others.append(say("site.gains_nearer", lang, people=people, minutes=f"{nearer['median_saved_min']:.0f}"))
    return covered + others if whole(_net(check)) > 0 else others + covered


def _net(check: SiteCheck) -> float:
    """Return the most people whom a site newly covers under a circle; 0 where none counts it."""
    best = _leading(check)
    return 0.0 if best is None else float(best["net"])


def _leading(check: SiteCheck) -> dict[str, Any] | None:
    """Return the rule under which a site newly covers most, by its own profiles; of equal ones the first."""
    rules = check.effect.rules
    head: list[dict[str, Any]] = rules[rules["headline"]].to_dict("records")  # type: ignore[assignment]
    return max(head, key=lambda row: row["net"], default=None)


def _rank(check: SiteCheck, row: dict[str, Any], lang: Language) -> str:
    ranks = check.ranks[(check.ranks["rule"] == row["rule"]) & (check.ranks["candidates"] > 0)]
    known = ranks[ranks["rank"] > 0].to_dict("records")
    if not known:
        return ""
    return say("site.of_candidates", lang, rank=known[0]["rank"], count=f"{known[0]['candidates']:,}")


def shortcomings(check: SiteCheck, lang: Language) -> list[str]:
    """Return what speaks against a site: where it lies, its land, then its roads."""
    rows = check.standing.to_dict("records")
    short = [] if check.proposal.row["county"] else [say("site.short_outside", lang)]
    here = check.nearest[(check.nearest["status"] == "in_service") & (check.nearest["straight_m"] <= SAME_PLACE_M)]
    short += [
        say("site.short_double", lang, facility=row["name"] or row["facility_id"]) for row in here.to_dict("records")
    ]
    short += land_shortcomings(check, lang)
    short += [say("site.short_off", lang) for row in rows if row["off_network"]]
    short += [say("site.short_island", lang) for row in rows if row["island"]]
    access = check.standing["access_m"].min()
    if _NEAR_M < access < np.inf:
        short.append(say("site.short_far", lang, far=metres_text(math.ceil(access), lang)))
    return list(dict.fromkeys(short))


def is_barred(check: SiteCheck) -> bool:
    """Return whether building is forbidden where a site lies, or nobody can walk there."""
    walk = check.standing[check.standing["profile"] == "walk"]
    return bool(barred_by(check.land).any() or walk["off_network"].any())


def _score(check: SiteCheck) -> tuple[int, ...]:
    """Return what sites are compared by, the first that differs: people newly covered, units, walkers."""
    people = (_net(check), filled_units(check)["area"].nunique(), *reversed(check.walk["people"].tolist()))
    return tuple(whole(float(value)) for value in (*people, check.nearer["people"].tolist()[0]))


def recommended(checks: Sequence[SiteCheck]) -> int | None:
    """Return the site to take: of those that may be built and bring anything the best, of equal ones the first."""
    fitting = [place for place, check in enumerate(checks) if not is_barred(check) and any(_score(check))]
    return max(fitting, key=lambda place: (_score(checks[place]), -place)) if fitting else None


def recommendation(checks: Sequence[SiteCheck], labels: Sequence[str], best: SiteCheck | None, lang: Language) -> str:
    """Return the one sentence that closes a comparison.

    Parameters
    ----------
    checks, labels
        The sites, and what they are called.
    best
        The best candidate place, where there is one.
    lang
        ``"zh"`` or ``"en"``.
    """
    place = recommended(checks)
    if place is None:
        barred = [label for label, check in zip(labels, checks, strict=True) if is_barred(check)]
        key = "site.recommend_others" if barred else "site.recommend_none"
        if len(barred) == len(checks):
            key = "site.recommend_barred"
        return say(key, lang, labels=listing(barred, lang))
    check = checks[place]
    text = say("site.recommend", lang, label=labels[place]) + say("site.joiner", lang).join(gains(check, lang))
    top = 0.0 if best is None else _net(best)
    if whole(top) > whole(_net(check)):
        text += say("site.recommend_best", lang, people=rounded_people(top, lang))
    short = shortcomings(check, lang)
    if short:
        text += say("site.shortcomings", lang, what=listing(short, lang))
    return text + say("sentence.end", lang)
