"""The annual report of a history in one language, ready to print: cautions first, then tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import accessgis
from accessgis.base.errors import Language
from accessgis.decide.history import INDEX
from accessgis.decide.monitoring import Monitoring
from accessgis.decide.trend import WARNINGS, Path
from accessgis.report.monitor_cautions import caution_texts
from accessgis.report.monitor_cells import (
    Line,
    Table,
    change_text,
    figure_text,
    path_text,
    range_text,
    rank_text,
    rule_title,
    target_text,
    warning_texts,
)
from accessgis.report.monitor_drivers import driver_tables
from accessgis.report.tables import records
from accessgis.report.wording import listing, mode_name, say
from accessgis.standards.weights import load_weights

Row = Mapping[str, Any]
PATHS_TOLD: tuple[Path, ...] = ("reached", "on_track", "slipping", "missed", "start")
"""How a county with a target may stand to it: what the lead and the summary count."""
METHOD = ("path", "warn", "basis", "units", "rank")
_MARKS: dict[Path, str] = {
    "reached": "meets", "on_track": "above", "slipping": "below", "missed": "falls_short", "not_judged": "not_judged",
}  # fmt: skip
_SHA_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorView:
    """The annual report, ready to print."""

    lang: Language
    title: str
    meta: str
    generated: str
    lead: tuple[str, ...]
    cautions: tuple[str, ...]
    expired: str
    summary: Table
    warnings: tuple[Table, ...]
    index: Table | None
    rules: tuple[Table, ...]
    drivers: tuple[Table, ...]
    method: tuple[str, ...]
    results: tuple[tuple[str, ...], ...]
    version: str


def monitor_view(monitoring: Monitoring, *, lang: Language = "zh", ranks: bool = False) -> MonitorView:
    """Return the annual report of a history.

    Parameters
    ----------
    monitoring
        Counties by year.
    lang
        ``"zh"`` or ``"en"``.
    ranks
        Whether to print the ranks that the ranges leave open beside the groups.
    """
    table, years = monitoring.table, monitoring.years
    span = [str(year) for year in dict.fromkeys((years[0], years[-1]))]
    words = say("monitor.years", lang, first=span[0], last=span[-1]) if len(span) > 1 else _year(years[0], lang)
    last = table[table["year"] == years[-1]]
    over = _expired(last)
    names = [str(rule) for rule in dict.fromkeys(table["rule"]) if rule != INDEX and rule not in over]
    days = sorted(one.day.isoformat() for one in monitoring.results)
    counties = table["county"].nunique()
    return MonitorView(
        lang=lang,
        title=say("monitor.title", lang, years=words),
        meta=say("monitor.meta", lang, counties=counties, results=len(days), first=days[0], last=days[-1]),
        generated=say("page.generated", lang) if any(one.study.get("generated") for one in monitoring.results) else "",
        lead=_lead(last[~last["rule"].isin(list(over))], years[-1], lang),
        cautions=caution_texts(monitoring, lang),
        expired=say("monitor.expired", lang, count=len(over)) if over else "",
        summary=_summary(monitoring, last, names, lang),
        warnings=tuple(_warned(monitoring, last, names, lang)),
        index=_index(monitoring, lang, ranks=ranks) if (table["rule"] == INDEX).any() else None,
        rules=tuple(
            _rule(monitoring, rule, f"rule-{number}", lang, ranks=ranks) for number, rule in enumerate(names, start=1)
        ),
        drivers=driver_tables(monitoring.drivers, lang),
        method=tuple(say(f"monitor.method_{name}", lang) for name in METHOD),
        results=tuple(
            (str(one.study["name"]), str(one.study["code"]), one.day.isoformat(), one.label, one.sha256[:_SHA_SHOWN])
            for one in monitoring.results
        ),
        version=accessgis.__version__,
    )


def _expired(last: pd.DataFrame) -> frozenset[str]:
    """Return the rules of plans that are over more than a year in all counties of the last year."""
    ends = last["horizon"].map(lambda year: f"{year + 1}-12-31" if year else "")
    over = ((ends != "") & (last["data_date"] > ends)).groupby(last["rule"]).all()
    return frozenset(str(rule) for rule in over[over].index)


def _mark(row: Row) -> str:
    """Return the sign of a row: what is not held against a county is no failure."""
    short = row["path"] in ("slipping", "missed") and not row["counts"]
    return "share_only" if short else _MARKS.get(row["path"], "")


def _year(year: int, lang: Language) -> str:
    return say("monitor.year", lang, year=year)


def _lead(last: pd.DataFrame, year: int, lang: Language) -> tuple[str, ...]:
    firm = last[last["counts"]]
    counts = {path: int((firm["path"] == path).sum()) for path in PATHS_TOLD}
    parts = [
        say("monitor.lead_part", lang, word=say(f"monitor.path_{path}", lang), count=count)
        for path, count in counts.items()
        if count
    ]
    key = "monitor.lead" if parts else "monitor.lead_none"
    found = [say(key, lang, year=year, total=sum(counts.values()), parts=listing(parts, lang))]
    other = int((~last["counts"] & last["path"].isin(PATHS_TOLD)).sum())
    found += [say("monitor.lead_uncounted", lang, count=other)] if other else []
    warned = firm[firm["warnings"] != ""]
    kinds = [text for texts in warned["warnings"] for text in texts.split(";")]
    told = [
        say("monitor.lead_part", lang, word=say(f"monitor.warn_{name}", lang), count=kinds.count(name))
        for name in WARNINGS
        if name in kinds
    ]
    unheld = int((~last["counts"] & (last["warnings"] != "")).sum())
    key = "monitor.lead_warned" if told else "monitor.lead_calm_held" if unheld else "monitor.lead_calm"
    found.append(say(key, lang, count=len(warned), counties=int(warned["county"].nunique()), kinds=listing(told, lang)))
    found += [say("monitor.lead_warned_uncounted", lang, count=unheld)] if unheld else []
    index = last[last["rule"] == INDEX]
    if len(index):
        bands = [
            say("monitor.band_part", lang, band=_band(number, lang), count=int((index["band"] == number).sum()))
            for number in (*range(1, len(load_weights().bands) + 1), 0)
            if (index["band"] == number).any()
        ]
        key = "monitor.lead_index" if (index["band"] > 0).any() else "monitor.lead_index_none"
        found.append(say(key, lang, parts=listing(bands, lang), count=len(index)))
    return tuple(found)


def _band(number: int, lang: Language) -> str:
    if number == 0:
        return say("index.no_band", lang)
    title = load_weights().bands[number - 1].title
    return title.zh if lang == "zh" else title.en


def _summary(monitoring: Monitoring, last: pd.DataFrame, names: Sequence[str], lang: Language) -> Table:
    lines = []
    for rule in names:
        rows = last[last["rule"] == rule]
        if rows.empty:
            continue
        counts = [str(int((rows["path"] == path).sum()) or "") for path in PATHS_TOLD]
        targets = dict.fromkeys(target_text(row, lang) for row in records(rows))
        judged = int((rows["path"] != "not_judged").sum())
        warned = int((rows["warnings"] != "").sum())
        cells = (listing([text for text in targets if text], lang), str(judged), *counts, str(warned or ""))
        lines.append(Line(name=rule_title(monitoring.rules, rule, lang), code=rule, cells=cells))
    words = ["target", "judged_counties", *(f"path_{path}" for path in PATHS_TOLD), "warned_counties"]
    return Table(
        title=say("monitor.summary", lang), anchor="summary",
        headings=(say("monitor.rule", lang), *(say(f"monitor.{word}", lang) for word in words)), lines=tuple(lines),
        note=say("monitor.summary_note", lang, year=monitoring.years[-1]),
    )  # fmt: skip


def _warned(monitoring: Monitoring, last: pd.DataFrame, names: Sequence[str], lang: Language) -> Iterable[Table]:
    """Yield the counties with early warnings, a table for each rule that has some."""
    for number, rule in enumerate(names, start=1):
        rows = records(last[(last["rule"] == rule) & (last["warnings"] != "")])
        if not rows:
            continue
        lines = [
            Line(
                name=row["county_name"], code=row["county"], mark=_mark(row),
                cells=(
                    figure_text(row, lang), change_text(row, lang), target_text(row, lang),
                    figure_text({**row, "value": row["expected"]}, lang), listing(warning_texts(row, lang), lang),
                ),
            )
            for row in rows
        ]  # fmt: skip
        words = ("county", "value", "change", "target", "expected", "warns")
        yield Table(
            title=rule_title(monitoring.rules, rule, lang), anchor=f"warned-{number}",
            headings=tuple(say(f"monitor.{word}", lang) for word in words), lines=tuple(lines),
        )  # fmt: skip


def _by_county(rows: pd.DataFrame, years: Sequence[int]) -> Iterable[tuple[dict[int, Row], Row]]:
    """Yield the rows of each county by year, and the last of them; counties of the last year first, by code."""
    found: list[tuple[dict[int, Row], Row]] = []
    for _, mine in rows.groupby("county", sort=True):
        by_year: dict[int, Row] = {int(row["year"]): row for row in records(mine)}
        found.append((by_year, by_year[max(by_year)]))
    return sorted(found, key=lambda pair: (pair[1]["year"] != years[-1], pair[1]["county"]))


def _rule(monitoring: Monitoring, rule: str, anchor: str, lang: Language, *, ranks: bool) -> Table:
    """Return one rule by county and year."""
    years, table = monitoring.years, monitoring.table
    lines = []
    for by_year, row in _by_county(table[table["rule"] == rule], years):
        figures = [range_text(by_year[year], lang) if year in by_year else "" for year in years]
        cells = [*figures, change_text(row, lang), target_text(row, lang)]
        cells += [figure_text({**row, "value": row["expected"]}, lang), path_text(row, lang), str(row["tie"] or "")]
        cells += [rank_text(row, lang)] if ranks else []
        now = row["year"] == years[-1]
        if not now:
            cells[len(years) :] = [_gone(monitoring, row, lang), *[""] * (len(cells) - len(years) - 1)]
        mark = _mark(row) if now else ""
        lines.append(Line(name=row["county_name"], code=row["county"], cells=tuple(cells), mark=mark))
    modes = dict.fromkeys(profile for profile in table.loc[table["rule"] == rule, "profile"] if profile)
    name = rule_title(monitoring.rules, rule, lang)
    mode = listing([mode_name(profile, lang) for profile in modes], lang)
    words = ["change", "target", "expected", "path", "group", *(["ranks"] if ranks else [])]
    return Table(
        title=f"{name}（{mode}）" if mode and lang == "zh" else f"{name} ({mode})" if mode else name,
        anchor=anchor,
        headings=_headings(years, words, lang),
        lines=tuple(lines),
    )


def _gone(monitoring: Monitoring, row: Row, lang: Language) -> str:
    """Say why a county has no row of a rule in the last year: its code is gone, or the rule is."""
    gone = row["county"] in {code for code, _ in monitoring.absent}
    return say("monitor.reason_units" if gone else "monitor.no_indicator", lang)


def _headings(years: Sequence[int], words: Iterable[str], lang: Language) -> tuple[str, ...]:
    first = say("monitor.county", lang)
    return (first, *(_year(year, lang) for year in years), *(say(f"monitor.{word}", lang) for word in words))


def _index(monitoring: Monitoring, lang: Language, *, ranks: bool) -> Table:
    """Return the equal-access index by county and year, in bands."""
    years, table = monitoring.years, monitoring.table
    lines = []
    for by_year, row in _by_county(table[table["rule"] == INDEX], years):
        figures = [range_text(by_year[year], lang) if year in by_year else "" for year in years]
        judged = f"{row['rules_judged']}/{row['rules_not_judged']}"
        cells = [*figures, change_text(row, lang), _band(row["band"], lang), str(row["tie"] or ""), judged]
        cells += [rank_text(row, lang)] if ranks else []
        if row["year"] != years[-1]:
            cells[len(years) :] = [_gone(monitoring, row, lang), *[""] * (len(cells) - len(years) - 1)]
        lines.append(Line(name=row["county_name"], code=row["county"], cells=tuple(cells)))
    words = ["change", "band", "group", "judged_rules", *(["ranks"] if ranks else [])]
    return Table(
        title=say("monitor.index", lang),
        anchor="index",
        headings=_headings(years, words, lang),
        lines=tuple(lines),
        note=say("monitor.group_note", lang),
    )
