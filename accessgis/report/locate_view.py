"""Chosen sites as text ready to print, as plain values, and as a scenario that can be run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from accessgis.base.errors import Language
from accessgis.decide.built import changes_of
from accessgis.decide.change import Close
from accessgis.decide.located import Located
from accessgis.decide.problem import FURTHEST
from accessgis.report.facts import metres_text, minutes_text
from accessgis.report.land_view import land_notes, unchecked_notes
from accessgis.report.numbers import count, minutes_within, percent, persons, whole
from accessgis.report.tables import records
from accessgis.report.wording import field_name, has, kind_name, listing, people_phrase, rule_titles, say
from accessgis.study.measure import Measured

_NAMED = 8
"""So many villages or facilities are named in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedView:
    """Chosen sites ready to print.

    Attributes
    ----------
    heading
        Rule, kind and what was asked.
    columns, rows
        A table of the sites in the order in which they are worth building.
    notes
        What they reach together, how good that is proven to be, and what was assumed.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def located_document(found: Located) -> dict[str, Any]:
    """Return the answer as plain values."""
    told = {
        name: getattr(found, name)
        for name in (
            "rule", "kind", "objective", "existing", "sharing", "group", "people", "covered_before", "covered_after",
            "value", "bound", "gap", "mean_way", "no_way", "furthest", "proven", "stopped", "out_of_reach",
            "candidates", "candidates_given", "forbidden", "kept", "neighbours_left_out", "budget", "spent",
        )
    }  # fmt: skip
    places = {name: getattr(found.places, name) for name in ("source", "spacing_m", "left_out", "slope_unknown")}
    tables = {
        "sites": found.chosen, "curve": found.curve, "rules": found.rules, "townships": found.townships,
        "left": found.left, "closed": found.closed, "loads": found.loads, "front": found.front,
        "front_sites": found.front_sites,
    }  # fmt: skip
    return told | {"places": places} | {name: records(frame) for name, frame in tables.items()}


def located_layers(measured: Measured, found: Located) -> dict[str, gpd.GeoDataFrame]:
    """Return the answer as layers in the working CRS: the sites, all candidates, and the villages left uncovered."""
    crs = measured.prepared.crs

    def points(frame: pd.DataFrame) -> gpd.GeoDataFrame:
        at = gpd.points_from_xy(frame["lon"], frame["lat"], crs="EPSG:4326")
        return gpd.GeoDataFrame(frame, geometry=at).to_crs(crs)

    areas = measured.prepared.areas.frame[["code", "geometry"]]
    finest = found.left.assign(code=found.left["village"].where(found.left["village"] != "", found.left["township"]))
    left = finest.merge(areas, on="code", how="left").drop(columns="code")
    return {
        "sites": points(found.chosen),
        "candidates": points(found.places.frame.drop(columns=["x", "y"])),
        "left": gpd.GeoDataFrame(left, geometry="geometry", crs=crs),
    }


def located_scenario(found: Located, *, name: str, study: str) -> str:
    """Return a scenario file that builds the chosen sites, and closes what closes.

    Parameters
    ----------
    found
        Chosen sites.
    name
        Name of the scenario.
    study
        The study file, relative to where the scenario will stand.
    """
    lines = ["[scenario]", f"name = {_quoted(name)}", f"study = {_quoted(study)}"]
    lines += ['sharing = "none"'] if found.sharing == "none" else []
    names = dict(zip(found.closed["facility_id"], found.closed["name"], strict=True))
    kinds = len(found.kinds)
    places = iter(str(place) for place in found.chosen["place"] for _ in range(kinds))
    for change in changes_of(found):
        told = names[str(change.id)] if isinstance(change, Close) else next(places)
        lines += ["", f"# {str(told).translate(_UNBROKEN)}", "[[change]]", f'action = "{change.action}"']
        if isinstance(change, Close):
            lines.append(f"id = {_quoted(str(change.id))}")
            continue
        assert change.at is not None, "a site stands somewhere"
        lon, lat = change.at
        lines += [f"kind = {_quoted(change.kind)}", f"at = [{lon:.7f}, {lat:.7f}]", 'datum = "wgs84"']
        if change.capacity:
            sizes = ", ".join(f"{key} = {value!r}" for key, value in change.capacity.items())
            lines.append(f"capacity = {{ {sizes} }}")
        if change.serves:
            lines.append(f"serves = [{', '.join(_quoted(code) for code in change.serves)}]")
    return "\n".join(lines) + "\n"


_UNBROKEN = dict.fromkeys((*range(32), 127, 133, 8232, 8233), " ")
"""What would end a comment."""


def _quoted(text: str) -> str:
    """Return text as a TOML string: JSON's form is one, but for the character 127."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def located_view(measured: Measured, found: Located, *, lang: Language = "zh") -> LocatedView:
    """Return chosen sites ready to print."""
    titles = rule_titles(measured.records, lang)
    columns = ["number", "place", "adds", "covered"]
    columns += ["cost"] if found.sites_cost else []
    columns += ["load"] if len(found.loads) else []
    rows = []
    for row in found.chosen.to_dict("records"):
        texts = {
            "number": str(row["number"]),
            "place": f"{row['place']}\n{row['lon']:.5f}, {row['lat']:.5f}",
            "adds": persons(whole(row["adds"]), lang),
            "covered": f"{persons(whole(row['covered']), lang)}\n{_share(row['covered_share'])}",
            "cost": f"{row['cost']:,g}",
            "load": "" if row["load"] != row["load"] else f"{persons(whole(row['load']), lang)}\n{row['size']:,g}",
        }
        rows.append(tuple(texts[name] for name in columns))
    labels = [say(f"locate.{name}", lang) for name in columns if name != "load"]
    labels += [say("locate.load", lang, capacity=field_name(found.room_column, lang))] if len(found.loads) else []
    return LocatedView(
        heading=say(
            "locate.heading",
            lang,
            rule=listing([titles[rule] for rule in found.rules["rule"]], lang),
            kind=listing([kind_name(kind, lang) for kind in dict.fromkeys(found.rules["kind"])], lang),
            objective=say(f"locate.{found.objective}", lang),
        ),
        columns=tuple(labels),
        rows=tuple(rows),
        notes=tuple(_notes(measured, found, titles, lang)),
    )


def _share(share: float) -> str:
    return percent(share) if share == share else "—"


def _of(part: float, people: float) -> str:
    return _share(part / people if people else float("nan"))


def _notes(measured: Measured, found: Located, titles: dict[str, str], lang: Language) -> Iterator[str]:
    """Yield what the sites reach together, what was closed and left, how good it is, and what was assumed."""
    served = "served" if len(found.loads) else "sum"
    for row in found.rules.to_dict("records"):
        text = say(
            f"locate.{served}",
            lang,
            before=_of(row["before"], row["people"]),
            after=_of(row["after"], row["people"]),
            people=persons(whole(row["after"] - row["before"]), lang),
        )
        yield text if len(found.rules) == 1 else say("locate.of_rule", lang, rule=titles[row["rule"]], text=text)
    if len(found.rules) > 1:
        both = zip(found.rules["rule"], found.rules["weight"], strict=True)
        parts = [say("locate.weight", lang, rule=titles[rule], weight=f"{weight:g}") for rule, weight in both]
        yield say("locate.weighted", lang, weights=listing(parts, lang))
    if found.group:
        yield say("locate.group", lang, who=people_phrase("all", found.group, "other", lang))
    if found.budget == found.budget:
        yield say("locate.spent", lang, budget=f"{found.budget:,g}", spent=f"{found.spent:,g}")
    yield from _curve(found, lang)
    yield from _value(measured, found, lang)
    yield from _closed(found, lang)
    yield from _quality(found, lang)
    yield from _front(found, lang)
    yield from _left(found, titles, lang)
    yield from _borders(found, titles, lang)
    yield from _candidates(found, lang)
    yield from unchecked_notes(measured.prepared, found.places.slope_unknown, lang)
    yield from land_notes(measured.prepared, found.forbidden, lang)


def _curve(found: Located, lang: Language) -> Iterator[str]:
    """Yield what the n-th site buys."""
    rows = found.curve.to_dict("records")[1:]
    if not rows:
        return
    first, *later = ((row["sites"], persons(whole(row["adds"]), lang)) for row in rows)
    steps = [say("locate.curve_first", lang, people=first[1])]
    steps += [say("locate.curve_step", lang, number=number, people=people) for number, people in later[: _NAMED - 1]]
    if len(rows) > _NAMED:
        steps.append(say("locate.curve_step", lang, number=len(rows), people=later[-1][1]))
    most = persons(whole(rows[-1]["bound"]), lang)
    yield say("locate.curve", lang, steps=listing(steps, lang), count=len(rows), most=most)


def _value(measured: Measured, found: Located, lang: Language) -> Iterator[str]:
    """Yield what the model makes best, where it is not the people covered."""
    if found.value != found.value:
        return
    if found.objective in ("p-median", "p-center"):
        record = next(record for record in measured.records if record.rule == found.rule)
        metres = record.limit_s is None
        value = found.mean_way if found.objective == "p-median" else found.value
        if value == value:
            length = metres_text(whole(value), lang) if metres else minutes_text(minutes_within(value), lang)
            key = "value_p-center_at" if found.furthest else f"value_{found.objective}"
            yield say(f"locate.{key}", lang, value=length, place=found.furthest)
        if found.no_way >= 0.5:
            key = "no_place" if len(found.loads) else "no_way"
            yield say(f"locate.{key}", lang, people=persons(whole(found.no_way), lang), times=FURTHEST)
    if found.objective == "backup":
        yield say("locate.value_backup", lang, people=persons(whole(found.value), lang))
    if found.objective == "fairest":
        units = found.townships[found.townships["people"] > 0]
        if len(units):
            share = (units["after"] / units["people"]).to_numpy()
            worst = units.iloc[int(share.argmin())]
            before = float((units["before"] / units["people"]).min())
            yield say("locate.value_fairest", lang, before=_share(before), after=_share(float(share.min())),
                      name=worst["area_name"])  # fmt: skip


def _closed(found: Located, lang: Language) -> Iterator[str]:
    if found.existing == "closable":
        yield say("locate.kept", lang, kept=found.kept, closed=len(found.closed))
    if found.existing == "closable" and len(found.closed):
        both = zip(found.closed["name"], found.closed["facility_id"], strict=True)
        names = [name or facility for name, facility in both]
        yield say("locate.closed", lang, names=_named(names, lang))
        yield say("locate.closed_others", lang)
    if len(found.loads):
        old = found.loads[found.loads["number"] == 0]
        full = old[old["load"] >= old["room"] * (1 - 1e-9)]
        yield say("locate.full", lang, count=len(full), of=len(old))
        unknown = int((old["room"] == float("inf")).sum())
        if unknown:
            yield say("locate.unknown_room", lang, count=unknown, capacity=field_name(found.room_column, lang))
    if found.neighbours_left_out:
        yield say("locate.neighbours_left_out", lang, count=found.neighbours_left_out)


def _quality(found: Located, lang: Language) -> Iterator[str]:
    yield say("locate.proven", lang) if found.proven else say("locate.gap", lang, gap=_gap(found.gap))
    if found.stopped:
        yield say("locate.stopped", lang)


def _gap(gap: float) -> str:
    """Return a gap in percent; one that is not closed is never printed as none."""
    return f"{gap:.2%}" if gap >= 0.00005 else "<0.01%"


def _front(found: Located, lang: Language) -> Iterator[str]:
    if len(found.front) == 1 and bool(found.front["proven"].iloc[0]):
        yield say("locate.front_one", lang, who=people_phrase("all", found.second_group, "other", lang))
    for row in found.front.to_dict("records"):
        mine = found.front_sites[found.front_sites["choice"] == row["choice"]]
        yield say(
            "locate.front",
            lang,
            choice=row["choice"],
            people=persons(whole(row["covered"]), lang),
            other=persons(whole(row["other"]), lang),
            who=people_phrase("all", found.second_group, "other", lang),
            places=_named(mine["place"].tolist(), lang),
        )


def _left(found: Located, titles: dict[str, str], lang: Language) -> Iterator[str]:
    """Yield who stays uncovered, by village: first those whom no candidate reaches."""
    if found.out_of_reach >= 0.5:
        beyond = found.left[found.left["beyond"] >= 0.5].sort_values("beyond", ascending=False, kind="stable")
        names = [
            say("locate.village", lang, place=row["place"], people=persons(whole(row["beyond"]), lang))
            for row in beyond.to_dict("records")
        ]
        people = persons(whole(float(beyond["beyond"].sum())), lang)
        yield say("locate.out_of_reach", lang, people=people, names=_named(names, lang))
    for rule in found.rules["rule"]:
        mine = found.left[(found.left["rule"] == rule) & (found.left["left"] >= 0.5)]
        if not len(mine):
            continue
        names = [
            say("locate.village", lang, place=row["place"], people=persons(whole(row["left"]), lang))
            for row in mine.to_dict("records")
        ]
        text = say("locate.left", lang, count=len(mine), names=_named(names, lang))
        yield text if len(found.rules) == 1 else say("locate.of_rule", lang, rule=titles[rule], text=text)


def _borders(found: Located, titles: dict[str, str], lang: Language) -> Iterator[str]:
    """Yield whether facilities across the county line count, and what the county's own alone give."""
    if found.sharing == "none":
        yield say("sharing.run_none", lang)
        return
    for row in found.rules.to_dict("records"):
        if row["before_own"] != row["before_own"]:
            continue
        yield say(
            "locate.own",
            lang,
            rule=titles[row["rule"]],
            before=_of(row["before_own"], row["people"]),
            after=_of(row["after_own"], row["people"]),
        )


def _candidates(found: Located, lang: Language) -> Iterator[str]:
    for reason, number in found.places.left_out.items():
        if number and reason != "forbidden":
            key = f"locate.left_out_{reason}"
            told = say(key, lang) if has(key) else reason
            yield say("locate.left_out", lang, count=count(number), reason=told)
    spacing = f"{found.places.spacing_m:,g}"
    where = say(f"locate.places_{found.places.source}", lang, count=count(found.candidates), spacing=spacing)
    yield where + say(f"locate.existing_{found.existing}", lang)


def _named(names: list[str], lang: Language) -> str:
    """Return names as a list; where there are many, the first of them and how many there are."""
    if len(names) <= _NAMED:
        return listing(names, lang)
    return say("locate.and_more", lang, names=listing(names[:_NAMED], lang), count=len(names))
