"""Everything that the report says in one language, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import accessgis
from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.base.errors import Language
from accessgis.layers.demand import GROUPS
from accessgis.report.check_view import CheckLine, finding_lines
from accessgis.report.circle_section import CircleSection, circle_section
from accessgis.report.counted_rules import ClosureTable, CountedSection, closure_tables, counted_section
from accessgis.report.datum_lines import ResidualLine, residual_lines
from accessgis.report.doubts import TotalLine, total_lines, weighed
from accessgis.report.equal_access import IndexView, index_view
from accessgis.report.facts import basis_word, distinct_titles
from accessgis.report.finding import Finding, finding, leading_rule, mark_of_indicator
from accessgis.report.indicators import Indicator, indicators
from accessgis.report.numbers import count, whole
from accessgis.report.sentences import Mark
from accessgis.report.vector_drawing import house_style
from accessgis.report.view import PageView, page_view
from accessgis.report.wording import has, listing, people_phrase, role_name, say, section_name, titled

_SHA_SHOWN = 12
_TRAVEL = ("circle", "consolidation")
_METHOD = ("people", "time", "share", "range", "gaps", "counted", "verdict", "limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """A line of the scorecard: the indicator, its sign, and what else stands beside the verdict."""

    indicator: Indicator
    title: str
    mark: Mark
    detail: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLine:
    """An input file."""

    role: str
    path: str
    rows: str
    crs: str
    sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The report in one language."""

    lang: Language
    page: PageView
    title: str
    finding: Finding
    basis: str
    dates: str
    """What figures are about and of which dates, in few words."""
    scorecard: tuple[ScoreLine, ...]
    circles: tuple[CircleSection, ...]
    expired_circles: tuple[CircleSection, ...]
    counted: tuple[CountedSection, ...]
    closures: tuple[ClosureTable, ...]
    lacking: tuple[Indicator, ...]
    recorded: tuple[Indicator, ...]
    expired: tuple[ScoreLine, ...]
    expired_lacking: str
    index: IndexView
    findings: tuple[CheckLine, ...]
    """What is doubtful or was repaired, with the rows and people that it touches."""
    totals: tuple[TotalLine, ...]
    residuals: tuple[ResidualLine, ...]
    figures: tuple[tuple[str, str], ...]
    method: tuple[str, ...]
    plans: tuple[str, ...]
    inputs: tuple[InputLine, ...]
    version: str

    @property
    def leading(self) -> CircleSection | None:
        """The section of the rule that the finding tells of."""
        return next((each for each in self.circles if each.view.rule == self.finding.leading), None)


def report_view(assessment: Assessment, *, lang: Language = "zh") -> ReportView:
    """Return the report of an assessment as text, numbers and drawings ready to print."""
    page = page_view(assessment, lang=lang)
    lines = indicators(assessment, lang=lang)
    by_rule = {line.rule: line for line in lines}
    records = {rule.rule: rule for rule in assessment.rules}
    current = [line for line in lines if not line.expired and line.state != "recorded"]
    over = [line for line in lines if line.expired and line.state != "recorded"]
    with house_style():
        sections = [
            circle_section(assessment, records[view.rule], view, by_rule[view.rule], number=number, lang=lang)
            for number, view in enumerate(page.rules, start=1)
        ]
    told = [each for each in sections if each.table is not None]
    anchors = {each.view.rule: each.anchor for each in told}
    counted = [line for line in current if line.kind not in _TRAVEL and line.value and line.state != "not_judged"]
    anchors |= {line.rule: f"count-{number}" for number, line in enumerate(counted, start=1)}
    leading = leading_rule(page)
    table = next((each.table for each in sections if each.view is leading), None)
    study = assessment.study
    return ReportView(
        lang=lang,
        page=page,
        title=say("report.title", lang, name=study.name),
        finding=finding(page, current, table, study.name, study.data_date.isoformat()),
        basis=say(
            "report.indicators_basis",
            lang,
            basis=basis_word(study, lang),
            as_of=study.population_as_of or say("report.none", lang),
            date=study.data_date.isoformat(),
        ),
        dates=say(
            "report.dates",
            lang,
            basis=basis_word(study, lang),
            as_of=study.population_as_of,
            date=study.data_date.isoformat(),
        ),
        scorecard=_score([line for line in current if line.state != "not_judged"], page, anchors),
        circles=tuple(each for each in told if not each.view.expired),
        expired_circles=tuple(each for each in told if each.view.expired),
        counted=tuple(counted_section(assessment, records[line.rule], line, lang) for line in counted),
        closures=closure_tables(assessment, lang),
        lacking=tuple(line for line in current if line.state == "not_judged"),
        recorded=tuple(line for line in lines if line.state == "recorded"),
        expired=_score([line for line in over if line.state != "not_judged"], page, anchors),
        expired_lacking=_expired_lacking(over, lang),
        index=index_view(assessment, lang=lang),
        findings=tuple(
            finding_lines(weighed(assessment.quality.doubts), lang, titles=distinct_titles(assessment.circles, lang))
        ),
        totals=tuple(total_lines(assessment.quality.doubts, lang)),
        residuals=residual_lines(assessment.quality.datum_audit, lang),
        figures=tuple(_figures(assessment, lang)),
        method=_method(assessment, lang),
        plans=_plans(assessment.rules, lang),
        inputs=tuple(_inputs(assessment, lang)),
        version=accessgis.__version__,
    )


def _expired_lacking(lines: Sequence[Indicator], lang: Language) -> str:
    """Return how many indicators of plans that are over could not be judged."""
    number = sum(line.state == "not_judged" for line in lines)
    return say("report.expired_lacking", lang, count=number) if number else ""


def _score(lines: Sequence[Indicator], page: PageView, anchors: dict[str, str]) -> tuple[ScoreLine, ...]:
    """Return the lines with the words of the circles' own view where there is one."""
    views = {rule.rule: rule for rule in page.rules}
    found = []
    for line in lines:
        view = views.get(line.rule)
        warnings = [note.title for note in view.notes if note.tone == "warn"] if view else []
        detail = view.headline.detail if view and not line.detail else line.detail
        found.append(
            ScoreLine(
                indicator=line,
                title=view.title if view else line.title,
                mark=mark_of_indicator(line),
                detail=listing([text for text in (detail, *warnings) if text], page.lang),
                anchor=anchors.get(line.rule, ""),
            )
        )
    return tuple(found)


def _figures(assessment: Assessment, lang: Language) -> list[tuple[str, str]]:
    """Return the named figures of the data that have a name in words."""
    found = []
    for key, value in assessment.quality.figures.items():
        subject, _, detail = key.partition(":")
        if subject == "people" and detail in GROUPS:
            who = people_phrase("all", detail, assessment.study.population_basis, lang)
            label = say("report.figure_people", lang, who=who)
        elif subject == "facilities" and has(f"status.{detail}"):
            label = say("report.figure_status", lang, status=say(f"status.{detail}", lang))
        else:
            words = {
                "people_beyond_border": "beyond", "facilities:unplaced": "unplaced",
                "facilities:beyond_border": "beyond_border", "road_km": "road_km", "junctions": "junctions",
            }  # fmt: skip
            if key not in words:
                continue
            label = say(f"report.figure_{words[key]}", lang)
        found.append((label, count(whole(value))))
    return found


def _method(assessment: Assessment, lang: Language) -> tuple[str, ...]:
    study, told = assessment.study, assessment.parameters
    as_of = f"（{study.population_as_of}）" if lang == "zh" else f"({study.population_as_of})"
    values: dict[str, str] = {
        "basis": basis_word(study, lang),
        "as_of": as_of if study.population_as_of else "",
        "margin": f"{told.get('margin_km', 0):g}",
        "snap": f"{told.get('snap_limit_m', 0):g}",
    }
    return tuple(say(f"method.{name}", lang, **values) for name in _METHOD)


def _plans(rules: Sequence[RuleRecord], lang: Language) -> tuple[str, ...]:
    """Return every plan with the sections that its rules stand in."""
    sections: dict[str, list[str]] = {}
    for rule in rules:
        here = sections.setdefault(titled(rule.source_title, lang), [])
        if rule.section not in here:
            here.append(rule.section)
    names = {
        plan: listing([section_name(part, lang) for part in parts if part], lang) for plan, parts in sections.items()
    }
    separator = say("note.separator", lang)
    return tuple(f"{plan}{separator}{parts}" if parts else plan for plan, parts in names.items())


def _inputs(assessment: Assessment, lang: Language) -> list[InputLine]:
    return [
        InputLine(
            role=role_name(record.role, lang),
            path=record.path,
            rows=count(record.rows) if record.rows else "",
            crs=record.crs,
            sha=record.sha256[:_SHA_SHOWN],
        )
        for record in assessment.inputs
    ]
