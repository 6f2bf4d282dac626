"""Tables for the terminal. Text goes in as it is: no markup is read from it, and control characters are shown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.report.check_view import CheckView
from accessgis.report.comparison_view import ComparisonView
from accessgis.report.equal_access import index_view
from accessgis.report.facts import minutes_text
from accessgis.report.indicators import Indicator, asks_text, figure_text, indicators
from accessgis.report.locate_view import LocatedView
from accessgis.report.numbers import count, minutes, persons, target_percent
from accessgis.report.sentences import Mark
from accessgis.report.site_view import SiteTable
from accessgis.report.terminal_parts import grid as _table
from accessgis.report.terminal_parts import indented as _list
from accessgis.report.terminal_parts import print_lines as _print_lines
from accessgis.report.terminal_parts import styled_text as _text
from accessgis.report.view import ModeView, RuleView, page_view
from accessgis.report.wording import (
    PROFILE_JOINER,
    kind_name,
    kinds_phrase,
    listing,
    mode_name,
    people_phrase,
    say,
    section_name,
    titled,
)
from accessgis.standards.catalogue import Catalogue
from accessgis.standards.kinds import Kind
from accessgis.standards.model import Standard

TOP_GAPS = 3
_DOUBTS_SHOWN = 8
_SEPARATOR = " · "
_SIGNS: dict[Mark, str] = {
    "meets": "●",
    "above": "●",
    "falls_short": "▼",
    "below": "▼",
    "no_target": "◇",
    "share_only": "◇",
    "not_judged": "?",
    "nobody_concerned": "-",
}
_STYLES: dict[Mark, str] = {"meets": "bold blue", "falls_short": "bold red", "not_judged": "bold yellow"}

_TOTALS = ("what", "have", "value", "percent", "standing", "source")
_RESIDUALS = ("layer", "against", "declared", "before", "other", "after", "verdict")


def print_assessment(
    assessment: Assessment,
    *,
    console: Console,
    lang: Language = "zh",
    map_path: str | None = None,
    report_path: str | None = None,
) -> None:
    """Print the verdicts with every mode side by side, what changes their reading, the largest gaps, and the doubts.

    Parameters
    ----------
    assessment
        What a run found.
    console
        Where to print; the table fits 80 columns.
    lang
        ``"zh"`` or ``"en"``.
    map_path, report_path
        Where map and report were written, to be named at the end.
    """
    view = page_view(assessment, lang=lang)
    console.print(_text(view.title, "bold") + _text(f"  [{view.generated}]" if view.generated else ""))
    console.print(_text(view.meta, "dim"))
    if assessment.parameters.get("sharing") == "none":
        console.print(_text(say("sharing.run_none", lang)))
    running, expired = ([rule for rule in view.rules if rule.expired is over] for over in (False, True))
    if running:
        console.print(_verdicts(running, lang))
        for rule in running:
            _print_rule_lines(rule, console, lang)
    if expired:
        console.print(_text(say("page.expired", lang), "bold"))
        console.print(_verdicts(expired, lang))
        for rule in expired:
            _print_rule_lines(rule, console, lang)
    _print_indicators(indicators(assessment, lang=lang), console, lang)
    _print_index(assessment, console, lang)
    _print_list(say("terminal.speeds", lang), view.speeds, console)
    _print_list(say("page.doubts", lang, count=len(view.doubts)), view.doubts[:_DOUBTS_SHOWN], console)
    if len(view.doubts) > _DOUBTS_SHOWN:
        console.print(_text(f"  {say('terminal.more_doubts', lang, count=len(view.doubts) - _DOUBTS_SHOWN)}"))
    _print_list(say("terminal.checks", lang), view.checks, console)
    for name, path in (("map", map_path), ("report", report_path)):
        if path is not None:
            console.print(_text(say(f"terminal.where_{name}", lang, path=path), "bold"), soft_wrap=True)


def _print_indicators(lines: Sequence[Indicator], console: Console, lang: Language) -> None:
    """Print the table of main indicators, then what cannot be judged and what it lacks."""
    if all(line.kind == "circle" for line in lines):
        return
    console.print(_text(say("indicator.heading", lang), "bold"))
    current = [line for line in lines if not line.expired]
    judged = [line for line in current if line.state not in ("not_judged", "recorded")]
    table = _table()
    for name in ("title", "value", "target", "verdict"):
        table.add_column(say(f"indicator.{name}", lang), overflow="fold")
    for line in judged:
        verdict = f"{line.verdict}\n{line.detail}" if line.detail else line.verdict
        title = _text(line.title, "bold") + _text(f"\n{line.clause}", "dim")
        value = line.value if line.unit == "%" else f"{line.value} {line.unit}".strip()
        aim = "\n".join(text for text in (line.target, line.level, line.nature) if text)
        table.add_row(title, _text(value), _text(aim), _text(verdict, _STYLES.get(line.state, "")))  # type: ignore[call-overload]
    console.print(table)
    lacking = [line for line in current if line.state == "not_judged"]
    words = [
        say("indicator.lacking_line", lang, title=line.title, clause=line.clause, missing=line.missing)
        for line in lacking
    ]
    _print_list(say("indicator.not_judged_heading", lang, count=len(lacking)), words, console)
    for key, some in (
        ("recorded_heading", [line for line in current if line.state == "recorded"]),
        ("expired_heading", [line for line in lines if line.expired]),
    ):
        if some:
            console.print(_text(say(f"indicator.{key}", lang, count=len(some))))


def _print_index(assessment: Assessment, console: Console, lang: Language) -> None:
    """Print the equal-access index: what it is, its figure, the fields with their weights, and what it rests on."""
    view = index_view(assessment, lang=lang)
    console.print(_text(view.heading, "bold"))
    _print_lines([(" ", view.figure)], console)
    if view.fields:
        table = _table()
        for name in ("field", "weight", "attained", "lost", "rules"):
            table.add_column(say(f"index.{name}", lang), justify="left" if name == "field" else "right")
        for line in view.fields:
            table.add_row(*(_text(text) for text in (line.name, line.weight, line.attained, line.lost, line.judged)))
        console.print(table)
    _print_lines([("  -", note) for note in view.notes], console)


def print_rules(rules: Sequence[Standard], *, console: Console, lang: Language = "zh") -> None:
    """Print rules: each id whole on a line of its own, to be copied, then title, limit, force and target year."""
    for rule in rules:
        _print_id(rule.id, console)
        words = [titled(rule.title, lang), _limit(rule, lang), say(f"force_short.{rule.force}", lang)]
        if rule.horizon is not None:
            words.append(say("terminal.rule_horizon", lang, year=rule.horizon))
        _print_lines([("  ", _SEPARATOR.join(word for word in words if word))], console)


def print_rule(rule: Standard, catalogue: Catalogue, *, console: Console, lang: Language = "zh") -> None:
    """Print one rule in plain words: what it asks, where it stands in which plan, and what is assumed."""
    _print_id(rule.id, console)
    console.print(_text(titled(rule.title, lang), "bold"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    sources = {source.id: source for source in catalogue.sources}
    source = sources.get(rule.source)
    plan = rule.source if source is None else titled(source.title, lang)
    rows = [
        (say("fact.source", lang), f"{plan} {section_name(rule.section, lang)}"),
        (say("fact.force", lang), say(f"force.{rule.force}", lang)),
        (say("fact.stage", lang), str(rule.horizon) if rule.horizon else say("stage.open", lang)),
        (say("fact.scope", lang), listing(rule.scope, lang)),
    ]
    if rule.facilities_any:
        sets = [kinds_phrase(kinds, lang) for kinds in rule.facilities_any]
        names = listing([kind_name(kind, lang) for kinds in rule.facilities_any for kind in kinds], lang)
        rows.append((say("fact.kinds", lang), names if len(sets) == 1 else f"{listing(sets, lang)} ({names})"))
    if rule.kind in ("circle", "ratio", "consolidation"):
        rows.append((say("fact.who", lang), people_phrase(rule.where, rule.group, "resident", lang)))
    if rule.profiles:
        rows.append((say("page.table_mode", lang), mode_name(PROFILE_JOINER.join(rule.profiles), lang)))
    asks = asks_text(rule, lang)
    rows.append((say("asks.heading", lang), asks) if asks else (say("fact.limit", lang), _limit(rule, lang)))
    target = say("fact.target_none", lang) if rule.target is None else target_percent(rule.target)
    if rule.value is not None:
        target = figure_text(rule)
    rows.append((say("fact.target", lang), target))
    rows += [(say("fact.assumed", lang), item.zh if lang == "zh" else item.en) for item in rule.assumed]
    if rule.note:
        rows.append((say("fact.note", lang), rule.note))
    for label, text in rows:
        table.add_row(label, _text(text))
    console.print(table)


def print_sites(table: SiteTable, *, console: Console, lang: Language = "zh") -> None:
    """Print proposed sites side by side, and a sentence for each."""
    console.print(_text(table.heading, "bold"))
    grid = _table()
    grid.add_column(say("site.item", lang), overflow="fold")
    for label in table.columns:
        grid.add_column(_text(label), overflow="fold")
    for key, values in table.rows:
        grid.add_row(_text(key, "dim"), *(_text(value) for value in values), end_section=True)
    console.print(grid)
    _print_list(say("site.conclusion", lang), table.conclusions, console)
    _print_lines([(" ", note) for note in table.notes], console)


def print_check(view: CheckView, *, console: Console, lang: Language = "zh") -> None:
    """Print what a check of a study found, what is wrong first."""
    console.print(_text(view.heading, "bold"))
    if view.lines:
        table = _table()
        table.add_column("", no_wrap=True)
        table.add_column(say("check.finding", lang), overflow="fold")
        table.add_column(say("check.touched", lang), overflow="fold")
        styles = {"error": "bold red", "doubt": "yellow", "repaired": "", "checked": "dim"}
        for line in view.lines:
            text = _text(line.text) + _text(f"\n{line.code}" + (f" · {line.place}" if line.place else ""), "dim")
            table.add_row(_text(line.word, styles[line.severity]), text, _text(line.touched), end_section=True)
        console.print(table)
    console.print(_text(say("check.totals", lang), "bold"))
    _print_named("total", _TOTALS, view.totals, console, lang)
    console.print(_text(say("audit.heading", lang), "bold"))
    _print_named("audit", _RESIDUALS, view.residuals, console, lang)
    _print_list(say("check.read", lang), view.inputs, console)
    _print_list(say("quality.heading", lang), view.quality, console)


def _print_named(section: str, names: Sequence[str], lines: Sequence[object], console: Console, lang: Language) -> None:
    """Print lines as a table whose columns are named in a section of the words, or that there are none."""
    if not lines:
        console.print(_text(say(f"{section}.none", lang)))
        return
    table = _table()
    for name in names:
        table.add_column(say(f"{section}.{name}", lang), overflow="fold")
    for line in lines:
        table.add_row(*(_text(getattr(line, name)) for name in names))
    console.print(table)


def print_located(view: LocatedView, *, console: Console) -> None:
    """Print chosen sites in the order in which they are worth building."""
    console.print(_text(view.heading, "bold"))
    if view.rows:
        table = _table()
        for label in view.columns:
            table.add_column(label, overflow="fold")
        for row in view.rows:
            table.add_row(*(_text(value) for value in row))
        console.print(table)
    _print_lines([(" ", note) for note in view.notes], console)


def print_comparison(view: ComparisonView, *, console: Console, lang: Language = "zh") -> None:
    """Print two assessments side by side: what stands in the way, the rules, then the areas that change most."""
    console.print(_text(view.heading, "bold"))
    _print_lines([("! ", text) for text in view.cautions], console)
    if view.lines:
        table = _table()
        for key in ("page.table_rule", "compare.before", "compare.after", "compare.change", "page.table_verdict"):
            table.add_column(say(key, lang), overflow="fold")
        for line in view.lines:
            title = _text(line.title, "bold") + _text(f"\n{line.mode}" if line.mode else "", "dim")
            table.add_row(title, _text(line.before), _text(line.after), _text(line.change), _text(line.verdict))
        console.print(table)
    _print_lines([(" ", text) for text in (*view.areas, *view.notes)], console)


def print_kinds(kinds: Sequence[Kind], *, console: Console, lang: Language = "zh") -> None:
    """Print facility kinds as a table: id, both names with other names in use, OSM tags."""
    table = _table()
    for key in ("kind_id", "kind_zh", "kind_en", "kind_tags"):
        table.add_column(say(f"terminal.{key}", lang), overflow="fold", no_wrap=key == "kind_id")
    for kind in kinds:
        names = _text(kind.zh) + _text("".join(f"\n{alias}" for alias in kind.aliases), "dim")
        tags = "\n".join(
            " + ".join(f"{key}={'|'.join(sorted(values))}" for key, values in rule.tags) for rule in kind.osm
        )
        table.add_row(_text(kind.id), names, _text(kind.en), _text(tags, "dim"))
    console.print(table)


def _verdicts(rules: Sequence[RuleView], lang: Language) -> Table:
    table = _table()
    table.add_column(say("page.table_rule", lang), overflow="fold")
    table.add_column(say("page.table_mode", lang), overflow="fold")
    table.add_column(say("page.table_share", lang), justify="right", no_wrap=True)
    table.add_column(say("fact.range", lang), justify="right", no_wrap=True)
    table.add_column(say("page.table_verdict", lang), overflow="fold")
    for rule in rules:
        target = say("page.target", lang, share=rule.target_text) if rule.target_text else say("page.no_target", lang)
        plan = "" if rule.plan in rule.title else rule.plan
        words = (plan, say("terminal.adopted", lang) if rule.adopted else "", target)
        title = _text(rule.title, "bold") + _text("".join(f"\n{word}" for word in words if word), "dim")
        for mode in rule.modes:
            style = "bold" if mode.headline else ""
            table.add_row(
                title if mode.headline else "",
                _text(mode.name, style),
                _text(mode.share_text, style),
                _text(mode.range_text),
                _verdict(mode, lang),
                end_section=mode is rule.modes[-1],
            )
    return table


def _verdict(mode: ModeView, lang: Language) -> Text:
    gap = "" if lang == "zh" else " "  # a space would let the sign stand alone on its line
    text = _text(f"{_SIGNS[mode.mark]}{gap}{mode.word}", _STYLES.get(mode.mark, ""))
    if mode.detail and mode.headline:
        text += _text(f"（{mode.detail}）" if lang == "zh" else f" ({mode.detail})")
    if mode.headline and mode.who_text:
        text += _text(f"\n{mode.who_text}")
    return text


def _print_rule_lines(rule: RuleView, console: Console, lang: Language) -> None:
    judged = rule.headline.share is not None
    notes = [note for note in rule.notes if note.title or note.tone == "warn" or note.text in rule.unchecked]
    if rule.headline.mark == "nobody_concerned":
        notes = []
    separator = say("note.separator", lang)
    gaps = [gap for gap in rule.gaps if gap.rank > 0][:TOP_GAPS]
    console.print(_text(rule.title, "bold"))
    _print_lines([(" ", rule.standing)], console)
    if judged:
        _print_lines([(" ", _SEPARATOR.join((rule.headline.label, rule.headline.who_text)))], console)
    for note in notes:
        listed = _list()
        head = _text(f"{note.title}{separator}" if note.title else "", "yellow" if note.tone == "warn" else "")
        listed.add_row(_text(" "), head + _text(note.text))
        console.print(listed)
    if gaps:
        console.print(_text(f"  {rule.gaps_title}{separator}{rule.gaps_sum}"))
        lines = [
            (f"   {gap.rank}.", f"{gap.place}  {persons(gap.people, lang)}  {gap.nearest}  {gap.reason}")
            for gap in gaps
        ]
        _print_lines(lines, console)
    console.print()


def _print_list(heading: str, lines: Sequence[str], console: Console) -> None:
    if lines:
        console.print(_text(heading, "bold"))
        _print_lines([("  -", line) for line in lines], console)


def _print_id(name: str, console: Console) -> None:
    """Print an id that no line break cuts in two, however narrow the terminal."""
    console.print(_text(name, "bold cyan"), soft_wrap=True)


def _limit(rule: Standard, lang: Language) -> str:
    if rule.limit_s is not None:
        return minutes_text(minutes(rule.limit_s), lang)
    if rule.limit_m is not None:
        return f"{count(round(rule.limit_m))}{'米' if lang == 'zh' else ' m'}"
    return figure_text(rule)
