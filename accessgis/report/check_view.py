"""What a check of a study found, as sentences ready to print and as plain values; and the line on data quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.base.errors import AccessGISError, Doubt, Language
from accessgis.report.datum_lines import ResidualLine, residual_lines
from accessgis.report.doubts import TOTALS, TotalLine, doubt_lines, total_lines
from accessgis.report.numbers import count, percent, persons, whole
from accessgis.report.tables import doubt_document
from accessgis.report.wording import kind_name, say
from accessgis.study.check import SEVERITIES, Severity, StudyCheck, severity_of

_MODE_OF = {"walk": "foot", "walk-elderly": "foot", "walk-carer": "foot", "bicycle": "bicycle", "ebike": "bicycle"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One finding ready to print."""

    severity: Severity
    word: str
    code: str
    place: str
    text: str
    touched: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """A check ready to print: a sentence on the whole, the findings by weight, official totals, inputs, shares."""

    heading: str
    lines: tuple[CheckLine, ...]
    totals: tuple[TotalLine, ...]
    residuals: tuple[ResidualLine, ...]
    inputs: tuple[str, ...]
    quality: tuple[str, ...]


def check_document(check: StudyCheck) -> dict[str, Any]:
    """Return a check as plain values."""
    return {
        "schema": "accessgis.check/1",
        "usable": not check.errors,
        "errors": [_error(error) for error in check.errors],
        "doubts": [{**doubt_document(doubt), "severity": severity_of(doubt)} for doubt in check.doubts],
        "totals": [
            {name: doubt.values[name] for name in ("what", "have", "value", "percent", "source", "as_of")}
            | {"standing": TOTALS[doubt.code]}
            for doubt in check.doubts
            if doubt.code in TOTALS
        ],
        "inputs": [asdict(record) for record in check.inputs],
        "shares": check.shares,
        "datum_audit": [] if check.datum_audit is None else check.datum_audit.to_dict("records"),
        "rules": list(check.rules),
    }


def _error(error: AccessGISError) -> dict[str, Any]:
    return {
        "code": error.code,
        "exit_code": error.exit_code,
        **{name: getattr(error.place, name) for name in ("file", "layer", "row", "key")},
        "message": {lang: error.message(lang) for lang in ("zh", "en")},
        "fix": {lang: error.fix(lang) for lang in ("zh", "en")},
    }


def check_view(check: StudyCheck, *, lang: Language = "zh") -> CheckView:
    """Return a check ready to print."""
    lines = [
        CheckLine(
            severity="error",
            word=say("check.error", lang),
            code=error.code,
            place=error.place.words(lang),
            text=f"{error.message(lang)}{'' if lang == 'zh' else ' '}{error.fix(lang)}",
            touched="",
        )
        for error in check.errors
    ]
    lines += finding_lines(check.doubts, lang)
    counts = {name: sum(line.severity == name for line in lines) for name in SEVERITIES}
    key = "check.unusable" if check.errors else "check.usable"
    return CheckView(
        heading=say(key, lang, errors=counts["error"], doubts=counts["doubt"], repaired=counts["repaired"]),
        lines=tuple(lines),
        totals=tuple(total_lines(check.doubts, lang)),
        residuals=residual_lines(check.datum_audit, lang),
        inputs=tuple(
            say("check.input", lang, path=record.path, rows=count(record.rows), crs=record.crs or record.datum or "—")
            for record in check.inputs
        ),
        quality=tuple(quality_parts(check.shares, lang)),
    )


def finding_lines(
    doubts: Sequence[Doubt], lang: Language, *, titles: Mapping[str, str] | None = None
) -> list[CheckLine]:
    """Return what is doubtful, then what was repaired, with the rows and people that each touches.

    Official totals are left out: they have a table of their own. ``titles`` name rules by id.
    """
    lines: list[CheckLine] = []
    for severity in SEVERITIES[1:]:
        mine = [doubt for doubt in doubts if severity_of(doubt) == severity and doubt.code not in TOTALS]
        for code in dict.fromkeys(doubt.code for doubt in mine):
            lines += _lines([doubt for doubt in mine if doubt.code == code], severity, lang, titles or {})
    return lines


def _lines(doubts: list[Doubt], severity: Severity, lang: Language, titles: Mapping[str, str]) -> list[CheckLine]:
    """Return the lines of one message: those that differ in the kind or the rule alone become one."""
    texts = list(doubt_lines(doubts, lang, titles=titles))
    if len(texts) == len(doubts):
        return [replace(_line(doubt, severity, lang), text=text) for doubt, text in zip(doubts, texts, strict=True)]
    first = _line(doubts[0], severity, lang)
    return [replace(first, text=text, touched="") for text in texts]


def _line(doubt: Doubt, severity: Severity, lang: Language) -> CheckLine:
    touched = []
    if doubt.count is not None:
        touched.append(say("check.places", lang, count=count(doubt.count)))
    if doubt.people is not None:
        touched.append(persons(whole(doubt.people), lang))
    return CheckLine(
        severity=severity,
        word=say(f"check.{severity}", lang),
        code=doubt.code,
        place=doubt.place.words(lang),
        text=doubt.message(lang),
        touched=" · ".join(touched),
    )


def quality_parts(shares: Mapping[str, float], lang: Language) -> list[str]:
    """Return the shares of the data that are missing or doubtful, each in words; those of 0 too."""
    said = []
    for key, share in shares.items():
        name, *details = key.split(":")
        told = {"share": percent(share)}
        if name in ("share_off_network", "share_only_island"):
            told["mode"] = say(f"check.mode_{details[0]}", lang)
        elif name == "share_without":
            told |= {"capacity": say(f"capacity.{details[0]}", lang), "kind": kind_name(details[1], lang)}
        said.append(say(f"quality.{name}", lang, **told))
    return said


def quality_line(assessment: Assessment, rule: RuleRecord, lang: Language) -> str:
    """Return the line on data quality that stands beside a rule's headline figure."""
    own = {_MODE_OF.get(profile.removesuffix("-distance"), "motor") for profile in rule.profiles}
    wanted = {}
    for key, share in assessment.quality.figures.items():
        name, *details = key.split(":")
        mine = name in ("share_road_without_class", "share_villages_without_people")
        mine |= name in ("share_off_network", "share_only_island") and details[0] in own
        if mine:
            wanted[key] = share
    doubtful = {key: share for key, share in wanted.items() if share > 0}
    said = [say("quality.nothing", lang)] if wanted and not doubtful else quality_parts(doubtful, lang)
    return say("quality.joiner", lang).join([*said, *_placed(assessment, rule, lang)])


def _placed(assessment: Assessment, rule: RuleRecord, lang: Language) -> list[str]:
    """Return how many facilities of a rule stand at their village, or nowhere, where some do."""
    figures = assessment.quality.figures
    numbers = {
        name: sum(figures.get(f"facilities:{name}:{kind}", 0.0) for kind in rule.kinds)
        for name in ("by_village", "unplaced")
    }
    if not any(numbers.values()):
        return []
    return [say("quality.placed", lang, **{name: count(whole(number)) for name, number in numbers.items()})]
