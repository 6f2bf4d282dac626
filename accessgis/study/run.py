"""The pipeline of an assessment: prepare, compute reaches, judge, find gaps, say what is doubtful."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessgis.assess.assessment import RESULTS, Assessment, Quality, RuleRecord, StudyInfo
from accessgis.assess.circle import FACTORS, CircleRule, Population, evaluate
from accessgis.assess.gaps import Uncovered, find_gaps
from accessgis.assess.index import EqualAccess, equal_access
from accessgis.assess.rounding import rounded_people, rounded_results
from accessgis.assess.supply import Layers
from accessgis.assess.verdict import COMPLETENESS_LIMIT
from accessgis.base.errors import UsageError
from accessgis.layers.areas import Level
from accessgis.layers.belonging import ancestor_codes
from accessgis.standards.weights import load_weights
from accessgis.study.closures import find_closures
from accessgis.study.controls import too_incomplete
from accessgis.study.counted import evaluate_counted, study_layers
from accessgis.study.distribution import elderly_among, equity_rows
from accessgis.study.doubts import absent_kinds, layer_doubts, routing_doubts
from accessgis.study.evidence import evidence_tables, facility_and_off_network_snaps
from accessgis.study.isochrones import isochrone_bands
from accessgis.study.measure import Measured, measure
from accessgis.study.model import Study
from accessgis.study.prepare import Prepared, prepare
from accessgis.study.quality import quality_shares
from accessgis.study.reaches import RuleReaches
from accessgis.study.road_places import road_places, with_people
from accessgis.study.routing import SNAP_FACTORS
from accessgis.study.rules import Sharing, choose_rules, with_sharing

MAP_CLASSES = ("ferry", "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential")
"""Road classes drawn on maps, the most important first."""
MAP_TOLERANCE_M = 20.0
MAP_EDGES = 40_000
"""Most edges drawn: where a network has more, its least classes are left out of the map."""


def assess(
    study: Study,
    *,
    evidence: bool = False,
    sharing: Sharing = "neighbours",
    progress: Callable[[str], None] = lambda _: None,
) -> Assessment:
    """Judge every rule that a study applies.

    Parameters
    ----------
    study
        A checked study (:func:`accessgis.read_study`).
    evidence
        Whether to keep the tables from which an outsider can recompute every number.
    sharing
        ``neighbours``: as each rule has it; ``none``: circles count the facilities of people's own county only.
    progress
        Called with a short name before each step.

    Returns
    -------
    Assessment
        Verdicts, figures, gaps, doubts and what they rest on.

    Raises
    ------
    UsageError
        The study names a rule, profile or key that does not exist; AG2090 evidence of a study that rounds its people.
    DataError
        An input cannot be used.
    """
    if evidence and study.file.study.round_people_to is not None:
        raise UsageError("AG2090", file=study.path.name, key="study.round_people_to")
    rules, catalogue = choose_rules(study)
    rules = with_sharing(rules, sharing)
    measured = measure(prepare(study, progress=progress), rules, catalogue, progress=progress)
    return conclude(measured, evidence=evidence, progress=progress)


def conclude(
    measured: Measured, *, evidence: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Assessment:
    """Judge every rule of a study whose times are known.

    Parameters
    ----------
    measured
        The study with its times (:func:`accessgis.study.measure.measure`).
    evidence
        Whether to keep the tables from which an outsider can recompute every number.
    progress
        Called with a short name before each step.
    """
    prepared, found = measured.prepared, measured.found
    progress("verdicts")
    layers = study_layers(prepared, measured.groupings, measured.rules)
    results = judged_rows(measured, layers)
    index = equal_access_of(measured, results)
    progress("gaps")
    judged = [(item, people) for item, people in zip(found, measured.populations, strict=True) if item.reaches]
    gaps = pd.concat([_gaps(prepared, item, people) for item, people in judged] or [_no_gaps(prepared)])
    progress("isochrones")
    places = road_places(prepared, measured.router)
    doubts = (
        *with_people(prepared.doubts, places),
        *measured.audit.doubts,
        *layer_doubts(prepared, measured.rules),
        *routing_doubts(prepared, measured.router, found),
    )
    result = Assessment(
        study=study_info(prepared.study),
        crs=prepared.crs.to_string(),
        rules=measured.records,
        results=results,
        gaps=gpd.GeoDataFrame(gaps.reset_index(drop=True), geometry="geometry", crs=prepared.crs),
        people=_people(judged),
        isochrones=isochrone_bands(prepared, measured.router, [item for item, _ in judged]),
        snaps=facility_and_off_network_snaps(prepared, found),
        areas=prepared.areas,
        facilities=prepared.facilities,
        demand=prepared.demand,
        roads_for_map=_roads_for_map(prepared),
        quality=Quality(doubts=doubts, figures=_figures(measured), datum_audit=measured.audit.frame),
        inputs=prepared.inputs,
        profiles=tuple(asdict(profile) for _, profile in sorted(prepared.profiles.items())),
        parameters=_parameters(prepared.study, measured.sharing),
        closures=find_closures(prepared, measured.router, measured.rules, layers),
        equity=equity_rows(prepared, judged),
        index=index.areas,
        index_rules=index.rules,
        index_left_out=index.left_out,
        road_places=None if places is None else places.frame,
        evidence=evidence_tables(prepared, found) if evidence else None,
    )
    multiple = prepared.study.file.study.round_people_to
    return result if multiple is None else rounded_people(result, multiple)


def figures_alone(measured: Measured) -> pd.DataFrame:
    """Return the rows of every rule as an assessment has them, without all that stands beside them.

    Schema :data:`accessgis.assess.assessment.RESULTS`.
    """
    layers = study_layers(measured.prepared, measured.groupings, measured.rules)
    results, multiple = judged_rows(measured, layers), measured.prepared.study.file.study.round_people_to
    return results if multiple is None else rounded_results(results, multiple)


def judged_rows(measured: Measured, layers: Layers) -> pd.DataFrame:
    """Return the rows of every rule, schema :data:`accessgis.assess.assessment.RESULTS`, in the order of the rules."""
    prepared, levels = measured.prepared, tuple(measured.groupings)
    by_id = {record.rule: record for record in measured.records}
    rows = [
        evaluate(
            _circle_rule(prepared, item, by_id[item.chosen.standard.id], levels),
            item.reaches,
            population,
            measured.groupings,
        )
        for item, population in zip(measured.found, measured.populations, strict=True)
    ]
    rows += counted_rows(measured, layers)
    return _in_order(pd.concat([RESULTS.empty(), *rows], ignore_index=True), measured.records)


def counted_rows(measured: Measured, layers: Layers) -> list[pd.DataFrame]:
    """Return the rows of the rules that count facilities or amounts."""
    by_id = {record.rule: record for record in measured.records}
    counted = [
        (chosen, by_id[chosen.standard.id], too_incomplete(measured.prepared, by_id[chosen.standard.id]))
        for chosen in measured.rules
    ]
    return evaluate_counted(counted, layers)


def _circle_rule(prepared: Prepared, item: RuleReaches, rule: RuleRecord, levels: tuple[Level, ...]) -> CircleRule:
    own_target = item.chosen.target is not None
    level = "county" if rule.target_level in ("unit", None) else rule.target_level
    missing = [*item.missing, *too_incomplete(prepared, rule)]
    return CircleRule(
        record=rule,
        counts=(own_target or (rule.force == "firm" and rule.target is not None)) and rule.stage != "expired",
        verdict_level=level,  # type: ignore[arg-type]  # a study of a county has no rows at a province's level
        missing=tuple(missing),
        judged_levels=levels,
        absent=tuple(f"facilities:{kind}" for kind in absent_kinds(prepared, item.chosen)),
    )


def equal_access_of(measured: Measured, results: pd.DataFrame) -> EqualAccess:
    """Return the equal-access index of a study from the rows of its rules."""
    return equal_access(
        results,
        measured.records,
        weights=load_weights(),
        county_of=ancestor_codes(measured.prepared.areas, "county"),
        comparison=[source.id for source in measured.catalogue.sources if source.comparison],
    )


def _in_order(results: pd.DataFrame, records: Sequence[RuleRecord]) -> pd.DataFrame:
    """Return the rows in the order of the rules, otherwise as they are."""
    order = {record.rule: place for place, record in enumerate(records)}
    return results.sort_values("rule", key=lambda rules: rules.map(order), kind="stable", ignore_index=True)


def _gaps(prepared: Prepared, item: RuleReaches, population: Population) -> pd.DataFrame:
    headline = item.reaches[0]
    assert population.people is not None
    ids = np.append(prepared.facilities.frame["facility_id"].to_numpy(dtype=object), "")
    left = population.concerned & ~headline.covered["central"]
    rule = item.chosen.standard
    uncovered = Uncovered(
        rule=rule.id,
        kinds=tuple(dict.fromkeys(kind for kinds in rule.facilities_any for kind in kinds)),
        people=np.where(left, population.people, 0.0),
        ms=headline.ms,
        off_network=headline.off_network,
        facility_id=ids[headline.facility],
        in_metres=rule.metric != "network-time",
        elderly=elderly_among(prepared.demand, rule.group, left),
    )
    return find_gaps(uncovered, prepared.demand, prepared.areas, crs=prepared.crs.to_string())


def _no_gaps(prepared: Prepared) -> pd.DataFrame:
    nobody = np.zeros(len(prepared.demand.frame))
    empty = Uncovered(
        rule="", kinds=(), people=nobody, ms=nobody, off_network=nobody > 0, facility_id=nobody.astype(object)
    )
    return find_gaps(empty, prepared.demand, prepared.areas, crs=prepared.crs.to_string())


def _people(judged: Sequence[tuple[RuleReaches, Population]]) -> pd.DataFrame:
    pairs = [(item, population, reach) for item, population in judged for reach in item.reaches]
    ids = [np.flatnonzero(population.concerned) for _, population, _ in pairs]
    sizes = [part.size for part in ids]
    ways = [reach.ms[part] / 1000.0 for (_, _, reach), part in zip(pairs, ids, strict=True)]
    way = np.concatenate([np.array([]), *ways])
    timed = np.repeat([item.chosen.standard.metric == "network-time" for item, _, _ in pairs], sizes).astype(bool)
    return pd.DataFrame(
        {
            "demand_id": np.concatenate([np.array([], dtype=np.int64), *ids]),
            "rule": _repeated([item.chosen.standard.id for item, _, _ in pairs], sizes),
            "profile": _repeated([reach.profile for _, _, reach in pairs], sizes),
            "seconds": np.where(timed, way, np.nan),
            "metres": np.where(timed, np.nan, way),
        }
    )


def _repeated(words: Sequence[str], sizes: Sequence[int]) -> pd.Categorical:
    """Return each word as often as its size says."""
    known = list(dict.fromkeys(words))
    codes = np.repeat(np.array([known.index(word) for word in words], dtype=np.int16), sizes)
    return pd.Categorical.from_codes(codes, pd.Index(known, dtype="str"))


def _roads_for_map(prepared: Prepared) -> gpd.GeoDataFrame:
    roads = prepared.roads
    names = np.array([name.removesuffix("_link") for name in roads.classes], dtype=object)
    road_class = names[roads.road_class]
    counts = np.cumsum([(road_class == name).sum() for name in MAP_CLASSES])
    classes = MAP_CLASSES[: max(1, int((counts <= MAP_EDGES).sum()))]
    drawn = np.flatnonzero(np.isin(road_class, classes))
    shapes = shapely.simplify(roads.shapes()[drawn], MAP_TOLERANCE_M)
    return gpd.GeoDataFrame({"road_class": road_class[drawn]}, geometry=shapes, crs=prepared.crs)


def study_info(study: Study) -> StudyInfo:
    """Return what names a study."""
    info, people = study.file.study, study.file.population
    return StudyInfo(
        name=info.name,
        code=info.code,
        data_date=info.data_date,
        generated=info.generated,
        population_basis=people.basis,
        population_as_of=people.as_of.isoformat() if people.as_of else "",
    )


def _parameters(study: Study, sharing: Sharing) -> dict[str, Any]:
    return {
        "sharing": sharing,
        "snap_limit_m": study.file.network.snap_limit_m,
        "margin_km": study.file.study.margin_km,
        "sensitivity": list(FACTORS),
        "snap_factors": dict(SNAP_FACTORS),
        "completeness_limit": COMPLETENESS_LIMIT,
        "complete_from": study.file.study.complete_from,
    }


def _figures(measured: Measured) -> dict[str, float]:
    """Return the named figures of ``quality``."""
    prepared = measured.prepared
    cases = {part.profile: part.case for item in measured.found for part in item.parts if not part.case.straight}
    shares = quality_shares(prepared, measured.router, list(cases.values()), measured.rules)
    demand, facilities = prepared.demand, prepared.facilities.frame
    judged = demand.frame["judged"].to_numpy()
    figures = {f"people:{group}": float(demand.people(group)[judged].sum()) for group in demand.groups}
    figures["people_beyond_border"] = float(demand.people("total")[~judged].sum())
    for status, count in facilities["status"].value_counts().sort_index().items():
        figures[f"facilities:{status}"] = float(count)
    figures["facilities:by_village"] = float((facilities["placement"] == "village").sum())
    unplaced = facilities["placement"] == "unplaced"
    figures["facilities:unplaced"] = float(unplaced.sum())
    here = facilities[(facilities["status"] == "in_service") & ((facilities["county"] != "") | unplaced)]
    for name, placement in (("by_village", "village"), ("unplaced", "unplaced")):
        for kind, number in here["kind"][here["placement"] == placement].value_counts().sort_index().items():
            figures[f"facilities:{name}:{kind}"] = float(number)
    figures["facilities:beyond_border"] = float(
        ((facilities["county"] == "") & (facilities["placement"] != "unplaced")).sum()
    )
    figures["road_km"] = float(prepared.roads.length_m.sum()) / 1000.0
    figures["junctions"] = float(prepared.roads.node_count)
    return figures | shares
