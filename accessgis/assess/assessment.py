"""The result of an assessment: verdict per area, with the figures, assumptions and evidence behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.errors import Doubt
from accessgis.base.provenance import InputRecord
from accessgis.base.schema import Column, Schema
from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand
from accessgis.layers.facilities import FacilityLayer
from accessgis.standards.model import Amount, Assumption, Baseline, FacilityTest, Presence, Title

Verdict = Literal["meets", "falls_short", "no_target", "not_judged", "nobody_concerned"]
VERDICTS: tuple[Verdict, ...] = ("meets", "falls_short", "no_target", "not_judged", "nobody_concerned")
Basis = Literal["in_scope", "adopted", "own"]
PlanStage = Literal["running", "final", "expired", "open"]
"""Where data_date stands to the rule's horizon: before it, within 12 months of it, past it, or no horizon."""

RESULTS = Schema(
    "results",
    (
        Column("rule", "text", "rule id"),
        Column("level", "text", "province, prefecture, county, township or village"),
        Column("area", "text", "area code"),
        Column("area_name", "text", "area name; villages as 乡镇+村"),
        Column("group", "text", "population group"),
        Column("profile", "text", "profile, or several joined by '+' when the person takes the quickest"),
        Column("headline", "bool", "whether this is the rule's own profile list"),
        Column("people", "float", "people concerned", "people"),
        Column("covered", "float", "people within the limit", "people"),
        Column("covered_share", "float", "covered / people, NaN where nobody is concerned"),
        Column("covered_share_high", "float", "(covered + off the network) / people"),
        Column("covered_share_own", "float", "covered share by facilities of the county alone"),
        Column("off_network", "float", "people concerned that are off the network and not covered", "people"),
        Column("unreachable", "float", "people concerned on the network without any way there", "people"),
        Column("unclassified", "float", "people of the area without a place class, in no `where` but all", "people"),
        Column("median_s", "float", "smallest time with half of the people; inf unreachable; NaN nobody", "s"),
        Column("p90_s", "float", "smallest time with 90 % of the people; inf unreachable; NaN nobody", "s"),
        Column("median_m", "float", "rules in metres: smallest way with half of the people; else NaN", "m"),
        Column("p90_m", "float", "rules in metres: smallest way with 90 % of the people; else NaN", "m"),
        Column("target", "float", "target share, NaN where none applies to this row"),
        Column("verdict", "text", "one of VERDICTS, '' where no verdict stands (other level, comparison profile)"),
        Column(
            "counts", "bool", "whether a shortfall here counts (firm rule or the study's own target, in the horizon)"
        ),
        Column("robust", "bool", "false when the sensitivity range straddles the target"),
        Column("range_low", "float", "smallest covered share over the sensitivity factors and the central value"),
        Column("range_high", "float", "largest, likewise"),
        Column("sensitivity", "list", "tuple of (factor, low share, high share)"),
        Column("missing", "list", "tuple of what is missing for a verdict, such as 'group:under3', 'roads'"),
        Column("mode_dependent", "bool", "headline rows with a target: another profile alone lies on its other side"),
        Column("edge_people", "float", "uncovered people whose answer could change beyond the data's extent", "people"),
        Column("covered_share_construction", "float", "covered share with facilities under construction (含在建)"),
        Column("covered_share_planned", "float", "covered share with planned ones as well (含规划)"),
        Column(
            "covered_share_assigned",
            "float",
            "covered share by the facilities whose `serves` names the people (按服务片区); NaN where some state none",
        ),
        Column(
            "covered_share_straight",
            "float",
            "share within the limit as the crow flies, a walking limit at walking speed; NaN for other rules",
        ),
        Column(
            "covered_share_fixed",
            "float",
            "covered share by facilities at a fixed place alone; NaN where no stop of a mobile service counts",
        ),
        Column("straight_only", "float", "people within it whom the roads do not bring within the limit", "people"),
        Column("value", "float", "figure of a rule that counts facilities or amounts; NaN for circles"),
        Column(
            "unit", "text", "what `value` counts: 'facilities', 'share of units', 'places per 1000'; '' for circles"
        ),
        Column("deficit", "float", "what is missing to the target in units, facilities or the amount; NaN for circles"),
        Column("state", "text", "presence: how a unit stands, or 'present/asked' of an area; else ''"),
    ),
)


def results_frame(columns: Mapping[str, Sequence[Any] | NDArray[Any]], *, rows: int) -> pd.DataFrame:
    """Return a frame of schema :data:`RESULTS` from columns of equal length; a number that is not among them is NaN."""
    made: dict[str, object] = {}
    for column in RESULTS.columns:
        if column.type == "float" and column.name not in columns:
            made[column.name] = np.full(rows, np.nan)
        elif column.type in ("float", "bool"):
            made[column.name] = np.asarray(columns[column.name], dtype=column.type)
        else:
            dtype = "str" if column.type == "text" else object
            made[column.name] = pd.Series(columns[column.name], dtype=dtype)
    return pd.DataFrame(made)


GAPS = Schema(
    "gaps",
    (
        Column("gap_id", "text", "rule and rank, unique"),
        Column("rule", "text", "rule id"),
        Column("kinds", "text", "facility kinds of the rule, joined by ';'"),
        Column("rank", "int", "1 = most people, within the rule; 0 for a township's 'other' row"),
        Column("people", "float", "people concerned in the gap", "people"),
        Column("people_off_network", "float", "of them off the network", "people"),
        Column("people_no_path", "float", "of them on the network without a way", "people"),
        Column("people_too_far", "float", "of them with a way over the limit", "people"),
        Column(
            "age60plus", "float", "of them aged 60 and over; NaN where the study or the rule tells of none", "people"
        ),
        Column("reason", "text", "the largest of off_network, no_path, too_far"),
        Column("facility_id", "text", "nearest facility of the place, '' when none"),
        Column("seconds", "float", "time from the place to it; inf when none; NaN for rules in metres", "s"),
        Column("metres", "float", "rules in metres: way from the place to it; inf when none; else NaN", "m"),
        Column("township", "text", "township code"),
        Column("village", "text", "village code of the place"),
        Column("township_name", "text", "its name"),
        Column("village_name", "text", "its name"),
        Column("villages", "int", "villages that the gap's people live in, 1 where none is known"),
        Column("lon", "float", "the member with most people, WGS-84", "deg"),
        Column("lat", "float", "likewise", "deg"),
        Column("geometry", "geometry", "union of the cells, working CRS"),
    ),
)


CLOSURES = Schema(
    "closures",
    (
        Column("rule", "text", "rule id"),
        Column("facility_id", "text", "candidate that the plan's test for merging admits"),
        Column("name", "text", "its name"),
        Column("township", "text", "code of its township"),
        Column("village", "text", "code of its village"),
        Column("people", "float", "people of the rule's group whose nearest facility it is", "people"),
        Column("median_before_s", "float", "their median time today", "s"),
        Column("median_after_s", "float", "their median time once it is closed; inf unreachable", "s"),
        Column("p90_before_s", "float", "time within which nine in ten of them arrive today", "s"),
        Column("p90_after_s", "float", "likewise once it is closed", "s"),
        Column("unreachable", "float", "of them without any way to another", "people"),
        Column("worst", "list", "villages worst off afterwards: tuple of (name, people, s before, s after)"),
    ),
)

RULE_EQUITY = Schema(
    "rule_equity",
    (
        Column("rule", "text", "rule id"),
        Column("profile", "text", "its headline profile"),
        Column(
            "part",
            "text",
            "all: the people of the rule; rural, urban: those of them; else a group living in its places",
        ),
        Column("people", "float", "people of the part", "people"),
        Column("covered", "float", "of them within the limit", "people"),
        Column("covered_share", "float", "covered / people"),
        Column("reached", "float", "people with any way at all: those that the figures below are about", "people"),
        Column("mean_s", "float", "their mean time; NaN for rules in metres", "s"),
        Column("mean_m", "float", "rules in metres: their mean way; else NaN", "m"),
        Column("gini", "float", "Gini coefficient of their times or ways; NaN when all are 0"),
        Column("worst_off_ratio", "float", "mean of the tenth that has farthest to go, over their mean"),
        Column("against", "text", "part that `ratio` compares with: urban for rural, all for groups; else ''"),
        Column("ratio", "float", "mean over the mean of that part; NaN where there is none"),
    ),
)

INDEX = Schema(
    "index",
    (
        Column("level", "text", "province, prefecture, county or township"),
        Column("area", "text", "area code"),
        Column("area_name", "text", "area name"),
        Column("attained", "float", "how far equal access is reached, 0–1: the contributions of all judged rules"),
        Column("attained_low", "float", "likewise with every rule at the low end of its sensitivity range"),
        Column("attained_high", "float", "likewise at the high end"),
        Column("band", "int", "1 = first band (第一档) …; 0 = none, too little is judged"),
        Column("robust", "bool", "whether the range lies in one band"),
        Column("rules_judged", "int", "rules that count here"),
        Column("rules_not_judged", "int", "rules left out because something is missing for them"),
        Column("rules_nobody_concerned", "int", "rules that concern nobody, or no unit, here"),
        Column("rules_other_level", "int", "rules that set nothing for this area or level"),
        Column("rules_adopted", "int", "of those judged: adopted by the study (参照执行)"),
        Column("rules_own_target", "int", "of those judged: held against a target that the study sets itself"),
        Column("fields_judged", "int", "fields of service with a judged rule"),
        Column("weight_judged", "float", "their share in the weights of all fields with a rule for this area"),
    ),
)

INDEX_RULES = Schema(
    "index_rules",
    (
        Column("level", "text", "province, prefecture, county or township"),
        Column("area", "text", "area code"),
        Column("area_name", "text", "area name"),
        Column("rule", "text", "rule id"),
        Column("field", "text", "field of service, 'other' for rules of no single one"),
        Column("status", "text", "judged, not_judged, nobody_concerned or other_level"),
        Column("figure", "float", "covered share or value; NaN where the rule does not count"),
        Column("goal", "float", "what it is held against"),
        Column("attained", "float", "how far it is reached, 0–1"),
        Column("attained_low", "float", "likewise at the low end of the rule's sensitivity range"),
        Column("attained_high", "float", "likewise at the high end"),
        Column("weight", "float", "share in the index; 0 where the rule does not count"),
        Column("contribution", "float", "weight × attained"),
        Column("lost", "float", "weight × (1 − attained)"),
        Column("basis", "text", "in_scope, adopted or own"),
        Column("own_target", "bool", "whether the study sets the target itself"),
    ),
)

COMPARATORS = Schema(
    "comparators",
    (
        Column("rule", "text", "rule id"),
        Column(
            "what", "text", "previous: the study's area in an earlier result; prefecture, province: the area it is in"
        ),
        Column("figure", "float", "covered share, or the figure of a rule that counts"),
        Column("as_of", "text", "day that it is about; '' for sums over studies of several days"),
    ),
)


DATUM_AUDIT = Schema(
    "datum_audit",
    (
        Column("layer", "text", "file of the layer"),
        Column("role", "text", "areas, population or facilities"),
        Column("evidence", "text", "what it is held against: roads, osm_borders, road_ends, or areas of another file"),
        Column("other", "text", "that other file, else ''"),
        Column("declared", "text", "datum that the study declares (wgs84 where the layer has a system of its own)"),
        Column("datum", "text", "datum assumed in this row; the declared one stands first"),
        Column("points", "int", "places compared"),
        Column("median_m", "float", "median distance to the nearest road or border", "m"),
        Column("typical_m", "float", "geometric mean of distance + 5 m, less 5 m", "m"),
        Column("aside_m", "float", "the same with all places shifted 200 m aside, mean of sixteen directions", "m"),
        Column("share_nearer", "float", "share of places nearer than as declared"),
        Column("settled", "bool", "whether shifting aside takes them away from roads or borders, beyond chance"),
        Column("better", "bool", "whether this datum fits markedly better than the declared one: a doubt"),
    ),
)


ROAD_PLACES = Schema(
    "road_places",
    (
        Column("change", "text", "split (a crossing), joined (an end) or loose (an end worth a look)"),
        Column("row", "int", "data row of the road that ends there loose, else 0"),
        Column("people", "float", "people whose nearest road begins or ends there", "people"),
        Column("geometry", "geometry", "point in the working CRS"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyInfo:
    """What names a study."""

    name: str
    code: str
    data_date: dt.date
    generated: bool
    """Whether the study says that its data is generated (printed on every page)."""
    population_basis: str
    population_as_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRecord:
    """A rule as it was applied: the fields of ``rules[]`` in assessment.json, and what pages print beside them."""

    rule: str
    rule_kind: str
    title: Title
    source: str
    source_title: Title
    section: str
    scope: tuple[str, ...]
    basis: Basis
    basis_note: str
    force: str
    horizon: int | None
    stage: PlanStage
    kinds: tuple[str, ...]
    where: str
    group: str
    profiles: tuple[str, ...]
    headline_profile: str
    direction: str
    limit_s: int | None
    limit_m: float | None
    metric: str
    sharing: str
    target: float | None
    target_level: str | None
    target_basis: str
    assumed: tuple[Assumption, ...]
    parts: tuple[tuple[str, ...], ...] = ()
    op: str | None = None
    value: float | None = None
    units: dict[str, float] = field(default_factory=dict, hash=False)
    having: tuple[FacilityTest, ...] = ()
    presence: Presence | None = None
    amount: Amount | None = None
    statistic: str = ""
    category: str | None = None
    nature: str | None = None
    lead: Title | None = None
    baselines: tuple[Baseline, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Quality:
    """What the reader must know about the data beside every headline figure."""

    doubts: tuple[Doubt, ...]
    figures: dict[str, float]
    """Named figures: people by group, facilities by status, road length; ``docs/outputs.md`` describes each."""
    datum_audit: pd.DataFrame = field(default_factory=DATUM_AUDIT.empty)
    """Schema :data:`DATUM_AUDIT`: how each layer fits roads and borders, as declared and in other datums."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Assessment:
    """Everything one run found. Frames are sorted and indexed 0…n−1; all geometry is in the working CRS.

    Attributes
    ----------
    results
        Schema :data:`RESULTS`, sorted by rule (study order), level (county first), area, headline first, profile.
    gaps
        Schema :data:`GAPS`, headline profile only.
    people
        ``demand_id, rule, profile, seconds, metres`` (``inf`` unreachable): the demand points a rule concerns; of the
        two figures the one that the rule is not in is NaN.
    isochrones
        ``rule, profile, limit_s, from_s, to_s, geometry``: disjoint bands of time, headline only.
    snaps
        Joins of facilities and off-network points: the columns of the evidence table ``snaps``, with point geometry.
    equity
        Schema :data:`RULE_EQUITY`: how evenly time is spread over the people of the study's area, per circle.
    index
        Schema :data:`INDEX`: how far equal access is reached; no row where no rule is judged.
    index_rules
        Schema :data:`INDEX_RULES`: what each rule contributes to it and what it loses.
    comparators
        Schema :data:`COMPARATORS`: figures of an earlier year and of wider areas; empty unless they were given.
    index_left_out
        Rules that are no part of the index anywhere, each with the reason.
    road_places
        Schema :data:`ROAD_PLACES`: where unsplit roads were split, joined or left loose; None where roads were taken as
        drawn.
    evidence
        Frames by table name as ``docs/outputs.md`` lists them, or None when not asked for.
    """

    study: StudyInfo
    crs: str
    rules: tuple[RuleRecord, ...]
    results: pd.DataFrame
    gaps: gpd.GeoDataFrame
    people: pd.DataFrame
    isochrones: gpd.GeoDataFrame
    snaps: gpd.GeoDataFrame
    areas: Areas
    facilities: FacilityLayer
    demand: Demand
    roads_for_map: gpd.GeoDataFrame
    """Roads simplified for drawing: ``road_class, geometry``."""
    quality: Quality
    inputs: tuple[InputRecord, ...]
    profiles: tuple[dict[str, Any], ...]
    parameters: dict[str, Any]
    closures: pd.DataFrame = field(default_factory=CLOSURES.empty)
    """Schema :data:`CLOSURES`: what closing each candidate of a consolidation rule would do."""
    equity: pd.DataFrame = field(default_factory=RULE_EQUITY.empty)
    index: pd.DataFrame = field(default_factory=INDEX.empty)
    index_rules: pd.DataFrame = field(default_factory=INDEX_RULES.empty)
    comparators: pd.DataFrame = field(default_factory=COMPARATORS.empty)
    index_left_out: Mapping[str, str] = field(default_factory=dict)
    road_places: gpd.GeoDataFrame | None = None
    evidence: dict[str, pd.DataFrame] | None = None

    @property
    def circles(self) -> tuple[RuleRecord, ...]:
        """The rules about travel: those that a map can show."""
        return tuple(rule for rule in self.rules if rule.rule_kind == "circle")

    @property
    def coverage(self) -> pd.DataFrame:
        """The figures of every rule, area and profile: ``results`` under the name that analysts look for."""
        return self.results
