"""The list for checking on the ground (核查清单): a workbook to sign, and the same places as KML."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.assess.assessment import Assessment
from accessgis.base.crs import has_chinese_form, to_degrees
from accessgis.base.datum import wgs84_to_gcj02
from accessgis.base.errors import Language
from accessgis.report.counted_map import lacking_units, mapped_rules
from accessgis.report.field_capacities import NOT_ASKED, asked_capacities, on_record, unstated_words
from accessgis.report.figures import area_names
from accessgis.report.numbers import count, whole
from accessgis.report.printable import printable
from accessgis.report.sheets import Cell, Sheet, headed, number
from accessgis.report.view import SHOWN_GAPS, gap_views, page_view
from accessgis.report.wording import kind_name, say, titled
from accessgis.report.workbook import BookHead, write_sheets
from accessgis.standards.marks import CAPACITIES

Reason = Literal["gap", "unit", "village", "unplaced", "far", "capacity"]
"""Why a place is on the list: a gap of a circle, a unit that has none, a facility placed at its village, placed
nowhere, far from any road, or without a capacity that a rule needs and the register states of others."""
REASONS: tuple[Reason, ...] = ("gap", "unit", "village", "unplaced", "far", "capacity")
WORKBOOK, POINTS = "核查清单.xlsx", "核查清单.kml"
FAR_M = 100.0
"""Metres from a facility to its road from which its place is worth a look; an assumption of this tool."""
_DECIMALS = 6
"""Decimals of a coordinate in degrees: a tenth of a metre."""
_KML = "http://www.opengis.net/kml/2.2"
_BEFORE, _AFTER = ("finding", "right_lon", "right_lat"), ("signature", "checked_on")
"""Columns to be filled in, before and after those of the capacities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """A place to look at; ``lon`` and ``lat`` are WGS-84, NaN where none is known.

    ``capacity`` is what the register states of it, ``asked`` the capacities that may be corrected.
    """

    reason: Reason
    name: str
    subject: str
    township: str
    village: str
    people: int | None
    told: str
    facility_id: str
    lon: float
    lat: float
    capacity: str = ""
    asked: tuple[str, ...] = ()


def check_items(assessment: Assessment, *, lang: Language = "zh") -> tuple[CheckItem, ...]:
    """Return what to check on the ground, by reason and within it the most people first.

    Of every circle and every rule of units whose plan is not over, at most so many gaps and units as the map lists.
    """
    return (*_gaps(assessment, lang), *_units(assessment, lang), *_facilities(assessment, lang))


def write_field_check(assessment: Assessment, folder: Path, *, lang: Language = "zh") -> None:
    """Write the list as a workbook with columns to fill in and sign, and as KML."""
    items = check_items(assessment, lang=lang)
    page = page_view(assessment, lang=lang)
    head = BookHead(
        title=say("field_check.title", lang),
        day=assessment.study.data_date,
        generated=page.generated,
        meta=page.meta,
        lang=lang,
    )
    write_sheets([check_sheet(assessment, items, lang)], folder / WORKBOOK, head)
    (folder / POINTS).write_bytes(check_kml(assessment, items, lang))


def check_sheet(assessment: Assessment, items: Sequence[CheckItem], lang: Language) -> Sheet:
    """Return the list as a sheet; a study in China has its coordinates in GCJ-02 as well."""
    chinese = has_chinese_form(assessment.study.code)
    lon, lat = np.array([each.lon for each in items]), np.array([each.lat for each in items])
    shifted_lon, shifted_lat = wgs84_to_gcj02(lon, lat) if chinese else (lon, lat)
    asked = [name for name in CAPACITIES if any(name in item.asked for item in items)]
    rows: list[tuple[Cell, ...]] = []
    for place, item in enumerate(items):
        amap = (number(float(shifted_lon[place]), "place"), number(float(shifted_lat[place]), "place"))
        rows.append(
            (
                place + 1, say(f"field_check.reason_{item.reason}", lang), item.name, item.subject, item.township,
                item.village, item.people, item.told, item.facility_id, item.capacity, number(item.lon, "place"),
                number(item.lat, "place"), *(amap if chinese else ()), *("" for _ in _BEFORE),
                *("" if name in item.asked else NOT_ASKED for name in asked), *("" for _ in _AFTER),
            )
        )  # fmt: skip
    datum = "cn" if chinese else "other"
    names = [
        "number", "reason", "name", "subject", "township", "village", "people", "told", "facility_id", "capacity",
        f"lon_{datum}", f"lat_{datum}", *(("lon_gcj02", "lat_gcj02") if chinese else ()), *_BEFORE,
        *(f"right_{name}" for name in asked), *_AFTER,
    ]  # fmt: skip
    return Sheet(
        tab=say("field_check.title", lang),
        title=f"{assessment.study.name}　{say('field_check.title', lang)}",
        note=say("field_check.note", lang, metres=f"{FAR_M:g}", most=SHOWN_GAPS),
        columns=headed(say(f"field_check.{name}", lang) for name in names),
        rows=tuple(rows),
        held=3,
    )


def check_kml(assessment: Assessment, items: Sequence[CheckItem], lang: Language) -> bytes:
    """Return the places that have coordinates as KML, in a folder for each reason; KML is in WGS-84."""
    ET.register_namespace("", _KML)
    root = ET.Element(f"{{{_KML}}}kml")
    document = ET.SubElement(root, f"{{{_KML}}}Document")
    _text(document, "name", f"{assessment.study.name} {say('field_check.title', lang)}")
    for reason in REASONS:
        mine = [
            (place, item)
            for place, item in enumerate(items, start=1)
            if item.reason == reason and not math.isnan(item.lon)
        ]
        if not mine:
            continue
        folder = ET.SubElement(document, f"{{{_KML}}}Folder")
        _text(folder, "name", say(f"field_check.reason_{reason}", lang))
        for place, item in mine:
            mark = ET.SubElement(folder, f"{{{_KML}}}Placemark")
            _text(mark, "name", f"{place} {item.name}")
            _text(mark, "description", "\n".join(text for text in (item.subject, item.told, item.capacity) if text))
            _text(ET.SubElement(mark, f"{{{_KML}}}Point"), "coordinates", f"{item.lon:.6f},{item.lat:.6f}")
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_KML}}}{name}").text = printable(text)


def _gaps(assessment: Assessment, lang: Language) -> Iterator[CheckItem]:
    views = {view.rule: view for view in page_view(assessment, lang=lang).rules}
    for rule in assessment.circles:
        view = views[rule.rule]
        if view.expired or view.headline.share is None:
            continue
        for gap in gap_views(assessment, rule, lang):
            if 0 < gap.rank <= SHOWN_GAPS:
                yield CheckItem(
                    reason="gap",
                    name=gap.place,
                    subject=view.title,
                    township=gap.township,
                    village=gap.village,
                    people=gap.people,
                    told=f"{gap.reason}{say('field_check.joiner', lang)}{gap.nearest}",
                    facility_id="",
                    lon=round(gap.lon, _DECIMALS),
                    lat=round(gap.lat, _DECIMALS),
                )


def _units(assessment: Assessment, lang: Language) -> Iterator[CheckItem]:
    names, frame = area_names(assessment), assessment.areas.frame
    above = dict(zip(frame["code"].tolist(), frame["parent"].tolist(), strict=True))
    levels = dict(zip(frame["code"].tolist(), frame["level"].tolist(), strict=True))
    inside = shapely.point_on_surface(frame.geometry.to_numpy())
    lons, lats = _degrees(assessment, shapely.get_x(inside), shapely.get_y(inside))
    points = dict(zip(frame["code"].tolist(), zip(lons.tolist(), lats.tolist(), strict=True), strict=True))
    for rule in mapped_rules(assessment):
        if rule.stage == "expired":
            continue
        for code, name, people in lacking_units(assessment, rule)[:SHOWN_GAPS]:
            village = levels[code] == "village"
            yield CheckItem(
                reason="unit",
                name=name,
                subject=titled(rule.title, lang),
                township=names.get(above[code], "") if village else names[code],
                village=names[code] if village else "",
                people=people,
                told=say("report.state_absent", lang),
                facility_id="",
                lon=points[code][0],
                lat=points[code][1],
            )


def _facilities(assessment: Assessment, lang: Language) -> Iterator[CheckItem]:
    """Return the facilities in service whose place or capacity is worth a look, by reason and then as they stand."""
    names, frame = area_names(assessment), assessment.facilities.frame
    own = set(assessment.areas.frame["code"])
    frame = frame[(frame["status"] == "in_service") & (frame["x"].isna() | frame["county"].isin(own))]
    lons, lats = _degrees(assessment, frame["x"].to_numpy(), frame["y"].to_numpy())
    away = _metres_to_road(assessment)
    asked = asked_capacities(assessment)
    found: dict[Reason, list[CheckItem]] = {"village": [], "unplaced": [], "far": [], "capacity": []}
    for row, lon, lat in zip(frame.to_dict("records"), lons.tolist(), lats.tolist(), strict=True):
        facility, known = str(row["facility_id"]), row["x"] == row["x"]
        item = CheckItem(
            reason="village",
            name=str(row["name"]) or facility,
            subject=kind_name(row["kind"], lang),
            township=names.get(row["township"], ""),
            village=names.get(row["village"], ""),
            people=None,
            told=say("field_check.told_village", lang),
            facility_id=facility,
            lon=lon if known else math.nan,
            lat=lat if known else math.nan,
            capacity=on_record(row, asked.of(row["kind"]), lang),
            asked=asked.shown(row["kind"]),
        )
        unstated = asked.unstated(row)
        if row["placement"] == "village":
            found["village"].append(item)
        elif not known:
            found["unplaced"].append(replace(item, reason="unplaced", told=say("field_check.told_unplaced", lang)))
        elif away.get(facility, 0.0) >= FAR_M:
            metres = count(whole(away[facility])) if math.isfinite(away[facility]) else ""
            key = "told_far" if metres else "told_off"
            found["far"].append(replace(item, reason="far", told=say(f"field_check.{key}", lang, metres=metres)))
        elif unstated:
            found["capacity"].append(replace(item, reason="capacity", told=unstated_words(unstated, lang)))
    for items in found.values():
        yield from items


def _metres_to_road(assessment: Assessment) -> dict[str, float]:
    """Return how far each facility stands from the road by its nearest way, inf for those that join none."""
    snaps = assessment.snaps[assessment.snaps["point"] == "facility"]
    metres = snaps["access_m"].where(snaps["status"] == "joined", np.inf)
    least = metres.groupby(snaps["id"]).min()
    return {str(facility): float(value) for facility, value in least.items()}


def _degrees(
    assessment: Assessment, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = to_degrees(CRS.from_user_input(assessment.crs)).transform(x, y)
    return np.round(lon, _DECIMALS), np.round(lat, _DECIMALS)
