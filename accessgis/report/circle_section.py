"""The section of one circle rule: its view, tables and drawings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure as Canvas

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.measures.coverage import Grouping
from accessgis.report.charts import Bar, Ways, lorenz_chart, modes_chart, parts_chart, times_chart
from accessgis.report.counted_rules import Facts, gathered
from accessgis.report.differences import PartRow, part_rows
from accessgis.report.figures import Figure, whole_figures
from accessgis.report.indicators import Indicator
from accessgis.report.map_data import ways_of
from accessgis.report.map_ground import ground_of
from accessgis.report.numbers import persons
from accessgis.report.ready import Ready
from accessgis.report.rule_map import AreaMark, Disc, MapContent, finest_drawn, rule_map
from accessgis.report.sentences import AreaClass, area_class
from accessgis.report.units import SHOWN_UNITS, UnitTable, listed_level, share_cell, unit_names, unit_table
from accessgis.report.vector_drawing import inline_svg
from accessgis.report.view import GapView, ModeView, RuleView
from accessgis.report.wording import kind_name, listing, say

SHOWN_GAP_ROWS = 15
_CHART_UNITS = 30
_LEVEL_SHADES: tuple[AreaClass, ...] = ("a", "b", "c", "d", "s1", "s2", "s3", "s4", "u")


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawing:
    """A drawing with its caption; ``name`` is unique in the report."""

    figure: Canvas
    name: str
    caption: str

    @property
    def svg(self) -> Ready:
        """The drawing as part of a page."""
        return inline_svg(self.figure, name=self.name, label=self.caption)


@dataclass(frozen=True, eq=False, kw_only=True)
class MapDrawing:
    """A map with what its legend names; ``alt`` says in words what it shows."""

    figure: Canvas
    name: str
    alt: str
    label: str
    mode: str
    level: str
    shades: tuple[AreaClass, ...]
    has_gaps: bool

    @property
    def svg(self) -> Ready:
        """The map as part of a page."""
        return inline_svg(self.figure, name=self.name, label=self.alt)


@dataclass(frozen=True, slots=True, kw_only=True)
class CircleSection:
    """A circle rule as the report tells it.

    Attributes
    ----------
    anchor
        Id of its heading.
    target_whose
        Who set its target.
    table
        None where nothing is judged; then there are no drawings and no gaps either.
    gaps, gaps_more
        The first gaps, and what is left out.
    facts
        What it rests on, less the speeds and checks that the report tells of once for all rules.
    """

    anchor: str
    view: RuleView
    indicator: Indicator
    target_whose: str
    table: UnitTable | None
    units_name: str
    maps: tuple[MapDrawing, ...]
    maps_caption: str
    map_shades: tuple[AreaClass, ...]
    kinds: tuple[tuple[str, str], ...]
    modes: Drawing | None
    times: Drawing | None
    lorenz: Drawing | None
    parts: Drawing | None
    part_rows: tuple[PartRow, ...]
    gaps: tuple[GapView, ...]
    gaps_caption: str
    gaps_more: str
    facts: tuple[Facts, ...]


def circle_section(
    assessment: Assessment, rule: RuleRecord, view: RuleView, indicator: Indicator, *, number: int, lang: Language
) -> CircleSection:
    """Return the section of a rule; rules of plans that are over have no charts of their own."""
    anchor = f"rule-{number}"
    judged = view.headline.share is not None
    table = unit_table(assessment, rule, view, lang) if judged else None
    rows = part_rows(assessment, rule, lang) if judged else ()
    whole = judged and not view.expired
    maps = _maps(assessment, rule, view, anchor, lang) if whole else ()
    units_name = say(f"report.units_{listed_level(assessment)}", lang)
    ways = _ways(assessment, rule) if whole else None
    ranked = [gap for gap in view.gaps if gap.rank > 0]
    told_elsewhere = {say(f"fact.{name}", lang) for name in ("speed", "checked")}
    return CircleSection(
        anchor=anchor,
        view=view,
        indicator=indicator,
        target_whose=_whose(rule, lang),
        table=table,
        units_name=units_name,
        maps=maps,
        maps_caption=say(
            "report.map_caption",
            lang,
            title=view.title,
            units=say(f"report.units_{maps[0].level}", lang) if maps else "",
            mode=listing([drawing.mode for drawing in maps], lang),
        ),
        map_shades=tuple(shade for shade in _LEVEL_SHADES if any(shade in drawing.shades for drawing in maps)),
        kinds=tuple((kind, kind_name(kind, lang)) for kind in rule.kinds),
        modes=_modes(view, anchor, lang) if judged else None,
        times=_times(ways, rule, view.headline.name, anchor, units_name, lang) if ways else None,
        lorenz=_lorenz(ways, anchor, lang) if ways else None,
        parts=_parts(rows, view, anchor, lang) if whole and len(rows) > 1 else None,
        part_rows=rows if whole else (),
        gaps=tuple(ranked[:SHOWN_GAP_ROWS]) if whole else (),
        gaps_caption=say("report.gaps_caption", lang, title=view.title, mode=view.headline.name, sum=view.gaps_sum),
        gaps_more=_gaps_more(assessment, rule, view, lang) if whole else "",
        facts=gathered(line for line in view.facts if line[0] not in told_elsewhere),
    )


def _whose(rule: RuleRecord, lang: Language) -> str:
    if rule.target is None:
        return say("report.target_none", lang)
    if rule.target_basis:
        return say("report.target_own", lang, basis=rule.target_basis)
    if rule.target_level in ("province", "prefecture"):
        return say("report.target_above_level", lang, level=say(f"level.{rule.target_level}", lang))
    return say("report.target_plan", lang)


def _gaps_more(assessment: Assessment, rule: RuleRecord, view: RuleView, lang: Language) -> str:
    """Return how many gaps are not listed, in how many townships small ones were summed up, and the people in both."""
    listed = [gap for gap in view.gaps if gap.rank > 0][:SHOWN_GAP_ROWS]
    ranks = assessment.gaps.loc[assessment.gaps["rule"] == rule.rule, "rank"].to_numpy()
    counts = {"gaps_rest": int((ranks > 0).sum()) - len(listed), "gaps_scattered": int((ranks == 0).sum())}
    rest = [say(f"report.{name}", lang, count=number) for name, number in counts.items() if number > 0]
    people = sum(figure.uncovered for figure in _whole(assessment, rule)) - sum(gap.people for gap in listed)
    if not rest or people <= 0:
        return ""
    return say("report.gaps_more", lang, shown=len(listed), rest=listing(rest, lang), people=persons(people, lang))


def _whole(assessment: Assessment, rule: RuleRecord) -> list[Figure]:
    """Return the figures of the highest level that has some."""
    figures = whole_figures(assessment, rule, rule.headline_profile)
    return list(next((at for at in figures.values() if at), {}).values())


def _maps(
    assessment: Assessment, rule: RuleRecord, view: RuleView, anchor: str, lang: Language
) -> tuple[MapDrawing, ...]:
    """Return the map of the headline, and of the mode that lies farthest on the other side of the target."""
    modes = [view.headline]
    head = view.headline.share
    if rule.target is not None and head is not None and not view.expired:
        others = [
            mode
            for mode in view.modes[1:]
            if mode.share is not None and reaches(mode.share, rule.target) != reaches(head, rule.target)
        ]
        modes += sorted(others, key=lambda mode: -abs((mode.share or 0.0) - head))[:1]
    return tuple(_map(assessment, rule, view, mode, f"{anchor}-map{index}", lang) for index, mode in enumerate(modes))


def _map(
    assessment: Assessment, rule: RuleRecord, view: RuleView, mode: ModeView, name: str, lang: Language
) -> MapDrawing:
    level = listed_level(assessment)
    marks = _marks(assessment, rule, mode, level, lang)
    if finest_drawn(ground_of(assessment), marks):
        level = "village"
        marks = _marks(assessment, rule, mode, level, lang)
    discs = _discs(assessment, rule) if mode.headline else []
    content = MapContent(
        level=level,
        marks=marks,
        kinds=rule.kinds,
        discs=discs,
        north=say("report.north", lang),
        scale=say("report.scale_km", lang, km="{km}"),
    )
    units = say(f"report.units_{level}", lang)
    caption = say("report.map_caption", lang, title=view.title, units=units, mode=mode.name)
    found = {mark.shade for mark in marks}
    return MapDrawing(
        figure=rule_map(ground_of(assessment), content),
        name=name,
        alt=say("report.map_alt", lang, caption=caption),
        label=mode.label,
        mode=mode.name,
        level=level,
        shades=tuple(shade for shade in _LEVEL_SHADES if shade in found),
        has_gaps=bool(discs),
    )


def _marks(assessment: Assessment, rule: RuleRecord, mode: ModeView, level: str, lang: Language) -> list[AreaMark]:
    names = unit_names(assessment, level)
    figures = whole_figures(assessment, rule, mode.profile).get(level, {})
    return [
        AreaMark(
            code=code,
            shade=area_class(figure, rule, judged=True),
            name=names.get(code, code),
            text=share_cell(figure, rule.target, lang),
        )
        for code, figure in figures.items()
    ]


def _discs(assessment: Assessment, rule: RuleRecord) -> list[Disc]:
    gaps = assessment.gaps
    gaps = gaps[(gaps["rule"] == rule.rule) & (gaps["rank"] > 0)].sort_values("rank").head(SHOWN_GAP_ROWS)
    points = shapely.get_coordinates(shapely.point_on_surface(gaps.geometry.to_numpy()))
    return [Disc(number=str(rank), x=x, y=y) for rank, (x, y) in zip(gaps["rank"], points.tolist(), strict=True)]


def _modes(view: RuleView, anchor: str, lang: Language) -> Drawing | None:
    bars = [
        Bar(name=mode.name, share=mode.share, low=mode.low, high=mode.high, text=mode.share_text, leads=mode.headline)
        for mode in view.modes
        if mode.share is not None
    ]
    if len(bars) < 2:
        return None
    caption = say("report.modes_caption", lang, mode=view.headline.name)
    text = say("page.target", lang, share=view.target_text) if view.target_text else ""
    return _drawing(modes_chart(bars, target=view.target, target_text=text), f"{anchor}-modes", caption)


def _ways(assessment: Assessment, rule: RuleRecord) -> Ways | None:
    """Return how far everybody has to go under the headline, in minutes or metres."""
    if rule.group not in assessment.demand.groups:
        return None
    ids, found = ways_of(assessment, rule, rule.headline_profile)
    level = listed_level(assessment)
    names = unit_names(assessment, level)
    frame = assessment.demand.frame.iloc[ids]
    index = pd.Index(list(names)).get_indexer(pd.Index(frame[level])).astype(np.int64)
    judged = frame["judged"].to_numpy(dtype=bool)
    return Ways(
        amounts=found / (1.0 if rule.limit_s is None else 60.0),
        people=np.where(judged, assessment.demand.people(rule.group)[ids], 0.0),
        units=Grouping(codes=tuple(names), names=tuple(names.values()), index=np.where(judged, index, -1)),
    )


def _times(ways: Ways, rule: RuleRecord, mode: str, anchor: str, units: str, lang: Language) -> Drawing | None:
    timed = rule.limit_s is not None
    figure = times_chart(
        ways,
        limit=rule.limit_m if rule.limit_s is None else rule.limit_s / 60,
        unit=say("report.minutes_axis" if timed else "report.metres_axis", lang),
        beyond=say("report.beyond_chart", lang),
        most=min(_CHART_UNITS, SHOWN_UNITS),
    )
    key = "report.times_caption" if timed else "report.ways_caption"
    return _drawing(figure, f"{anchor}-times", say(key, lang, units=units, mode=mode))


def _lorenz(ways: Ways, anchor: str, lang: Language) -> Drawing | None:
    words = {name: say(f"report.lorenz_{name}", lang) for name in ("people", "time", "even")}
    figure = lorenz_chart(ways, people=words["people"], amount=words["time"], even=words["even"])
    return _drawing(figure, f"{anchor}-lorenz", say("report.lorenz_caption", lang))


def _parts(rows: tuple[PartRow, ...], view: RuleView, anchor: str, lang: Language) -> Drawing | None:
    bars = [
        Bar(name=row.name, share=row.share, low=None, high=None, text=row.share_text, leads=row.part == "all")
        for row in rows
    ]
    text = say("page.target", lang, share=view.target_text) if view.target_text else ""
    figure = parts_chart(bars, target=view.target, target_text=text)
    return _drawing(figure, f"{anchor}-parts", say("report.parts_caption", lang))


def _drawing(figure: Canvas | None, name: str, caption: str) -> Drawing | None:
    return None if figure is None else Drawing(figure=figure, name=name, caption=caption)
