"""The finding in three sentences: how many indicators stand how, what matters most, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.report.indicators import Indicator
from accessgis.report.numbers import persons
from accessgis.report.sentences import Mark
from accessgis.report.units import UnitTable, top_units
from accessgis.report.view import PageView, RuleView
from accessgis.report.wording import listing, say

TALLY: tuple[Mark, ...] = ("meets", "falls_short", "no_target", "not_judged", "nobody_concerned")
_NAMED = 3
_TOWNSHIPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyItem:
    """How many indicators stand in one way."""

    mark: Mark
    count: int
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The three sentences, and the count behind the first.

    Attributes
    ----------
    sentences
        What stands how; the rule that matters most; where its uncovered people live.
    tally
        Count of every way to stand that occurs.
    cautions
        What changes how the second sentence is read: that its verdict changes with the mode or with what is assumed,
        that data are incomplete, or were held against no official total.
    leading
        Id of the rule of the second sentence, ``""`` when there is none.
    """

    sentences: tuple[str, str, str]
    tally: tuple[TallyItem, ...]
    cautions: tuple[str, ...]
    leading: str


def mark_of_indicator(line: Indicator) -> Mark:
    """Return the sign of an indicator: a target that is not held against the area is only a figure."""
    if line.state == "falls_short":
        return "falls_short" if line.counts else "no_target"
    known: dict[str, Mark] = {
        "meets": "meets", "not_judged": "not_judged", "nobody_concerned": "nobody_concerned"
    }  # fmt: skip
    return known.get(line.state, "no_target")


def leading_rule(page: PageView) -> RuleView | None:
    """Return the circle that matters most: missed by most people, else the one nearest to its target, else any."""
    judged = [rule for rule in page.rules if not rule.expired and rule.headline.share is not None]
    order: dict[Mark, int] = {"falls_short": 0, "meets": 1}

    def weight(item: tuple[int, RuleView]) -> tuple[int, float, int]:
        place, rule = item
        share, target = rule.headline.share or 0.0, rule.target
        met = target is not None and reaches(share, target)
        return order.get(rule.headline.mark, 2), share - (target or 0.0) if met else -float(rule.uncovered), place

    return min(enumerate(judged), key=weight)[1] if judged else None


def finding(page: PageView, lines: Sequence[Indicator], table: UnitTable | None, name: str, date: str) -> Finding:
    """Return the finding.

    Parameters
    ----------
    page
        The view of the circles.
    lines
        The indicators within the plans' periods, recorded directions left out.
    table
        The townships of the leading rule, None when there is none.
    name, date
        Name of the area and date of the data.
    """
    lang = page.lang
    rule = leading_rule(page)
    tally = tuple(
        TallyItem(mark=mark, count=number, word=say(f"report.tally_{mark}", lang))
        for mark in TALLY
        if (number := sum(mark_of_indicator(line) == mark for line in lines))
    )
    first = say("report.first", lang, name=name, total=len(lines), date=date, parts=_parts(tally, page, lines))
    if rule is None or table is None:
        second, third = _without_circles(lines, lang)
        return Finding(sentences=(first, second, third), tally=tally, cautions=(), leading="")
    second = say("report.second", lang, title=rule.title, sentence=rule.headline.sentence)
    separator = say("note.separator", lang)
    warnings = [f"{note.title}{separator}{note.text}" for note in rule.notes if note.tone == "warn"]
    return Finding(
        sentences=(first, second, _where(rule, table, lang)),
        tally=tally,
        cautions=(*warnings, *rule.unchecked),
        leading=rule.rule,
    )


def _parts(tally: Sequence[TallyItem], page: PageView, lines: Sequence[Indicator]) -> str:
    lang = page.lang
    details = {rule.rule: rule.headline.detail for rule in page.rules}
    titles = {rule.rule: rule.title for rule in page.rules}
    parts = []
    for item in tally:
        if item.mark != "falls_short":
            parts.append(say("report.first_part", lang, count=item.count, word=item.word))
            continue
        missed = [line for line in lines if mark_of_indicator(line) == "falls_short"]
        names = [
            say(
                "report.missed_name",
                lang,
                title=titles.get(line.rule, line.title),
                detail=line.detail or details.get(line.rule, ""),
            )
            for line in missed[:_NAMED]
        ]
        text = say("report.name_joiner", lang).join(names)
        if len(missed) > _NAMED:
            text += say("report.missed_more", lang, count=len(missed))
        parts.append(say("report.first_missed", lang, count=item.count, word=item.word, names=text))
    return ("，" if lang == "zh" else ", ").join(parts) or say("report.none", lang)


def _where(rule: RuleView, table: UnitTable, lang: Language) -> str:
    names, together = top_units(table, _TOWNSHIPS)
    uncovered = table.total.uncovered_people if table.total else sum(row.uncovered_people for row in table.rows)
    if not uncovered:
        return say("report.third_none", lang)
    text = ""
    if len(table.rows) > 1:
        text = say(
            "report.third",
            lang,
            people=persons(uncovered, lang),
            townships=listing(names, lang),
            sum=persons(together, lang),
        )
    gaps = [gap for gap in rule.gaps if gap.rank > 0]
    if gaps:
        gap = gaps[0]
        told = {"place": gap.place, "people": persons(gap.people, lang), "nearest": gap.nearest}
        text = f"{text}{'' if lang == 'zh' or not text else ' '}{say('report.third_gap', lang, **told)}"
    return text


def _without_circles(lines: Sequence[Indicator], lang: Language) -> tuple[str, str]:
    """Return the second and third sentence where no circle could be judged."""
    known = [line for line in lines if line.value]
    if not known:
        return say("report.second_nothing", lang), say("report.third_nothing", lang)
    line = min(enumerate(known), key=lambda item: (mark_of_indicator(item[1]) != "falls_short", item[0]))[1]
    value = line.value if line.unit == "%" else f"{line.value} {line.unit}".strip()
    told = {"title": line.title, "value": value, "target": line.target or say("report.none", lang)}
    brackets = "（{}）" if lang == "zh" else " ({})"
    verdict = line.verdict + (brackets.format(line.detail) if line.detail else "")
    return say("report.second_counted", lang, verdict=verdict, **told), say("report.third_counted", lang)
