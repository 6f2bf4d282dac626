"""A county on paper for rules that count: three townships with two villages each, and a handful of facilities."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from accessgis.assess.assessment import RuleRecord
from accessgis.assess.supply import CountedRule, Layers
from accessgis.measures.coverage import Grouping
from accessgis.standards.model import Standard, Title

COUNTY = "140728"
TOWNSHIPS = ("140728001", "140728100", "140728200")
VILLAGES = ("140728001001", "140728001200", "140728100200", "140728100201", "140728200200", "140728200201")
PEOPLE = np.array([3000.0, 500.0, 900.0, 100.0, 400.0, 100.0])
ELDERLY = np.array([600.0, 100.0, 200.0, 50.0, 100.0, 50.0])
COLUMNS = {
    "serves": "",
    "site_id": "",
    "opened": "",
    "ownership": "public",
    "beds": np.nan,
    "nursing_beds": np.nan,
    "residents": np.nan,
}


def facility(kind: str, village: str = "", *, township: str | None = None, **more: object) -> dict[str, object]:
    """One facility in service; without a village only its township is known, without both only its county."""
    above = village[:9] if township is None else township
    return {"kind": kind, "county": COUNTY, "township": above, "village": village, **COLUMNS, **more}


def layers(*facilities: dict[str, object], given: tuple[str, ...] = (), **changes: object) -> Layers:
    """The county with these facilities; their kinds and ``given`` have a layer."""
    columns = ["kind", "county", "township", "village", *COLUMNS]
    frame = pd.DataFrame(list(facilities)) if facilities else pd.DataFrame(columns=columns)
    codes = {"county": (COUNTY,), "township": TOWNSHIPS, "village": VILLAGES}
    digits = {"county": 6, "township": 9, "village": 12}
    groupings = {
        level: Grouping(
            codes=units,
            names=units,
            index=np.array([units.index(code[: digits[level]]) for code in VILLAGES], dtype=np.int64),
        )
        for level, units in codes.items()
    }
    everything = [COUNTY, *TOWNSHIPS, *VILLAGES]
    everybody = np.ones(len(VILLAGES), dtype=bool)
    unit_of = {
        level: dataclasses.replace(grouping, index=pd.Index(grouping.codes).get_indexer(pd.Index(frame[level])))
        for level, grouping in groupings.items()
    }
    made = Layers(
        facilities=frame,
        unit_of=unit_of,
        groupings=groupings,
        above={
            level: {code: code[: digits[level]] if len(code) >= digits[level] else "" for code in everything}
            for level in codes
        },
        kinds=pd.DataFrame(
            {
                "township_kind": ["", "subdistrict", "town", "township", *[""] * 6],
                "committee_kind": ["", "", "", "", "community", *["village"] * 5],
            },
            index=pd.Index(everything),
        ),
        village_class={
            "township_seat": pd.Series([0, 0, 1, 0, 0, 1], index=pd.Index(VILLAGES)),
            "urban": pd.Series([1, 0, 0, 0, 0, 0], index=pd.Index(VILLAGES)),
            "urban_community": pd.Series(0, index=pd.Index(VILLAGES)),
        },
        kinds_given=frozenset({str(entry["kind"]) for entry in facilities} | set(given)),
        people={"total": PEOPLE, "age60plus": ELDERLY},
        inside={"all": everybody},
        unclassified={"all": ~everybody},
    )
    return dataclasses.replace(made, **changes)


def rule(standard: Standard, **changes: object) -> CountedRule:
    """A firm rule as a study applies it."""
    record = RuleRecord(
        rule=standard.id, rule_kind=standard.kind, title=standard.title, source="x", source_title=Title(zh="x", en="x"),
        section="y", scope=(), basis="in_scope", basis_note="", force=standard.force, horizon=None, stage="open",
        kinds=tuple(kind for part in standard.facilities_any for kind in part),
        where=standard.where, group=standard.group, profiles=(), headline_profile="", direction="to_facility",
        limit_s=None, limit_m=None, metric="network-time", sharing="any", target=standard.target,
        target_level=standard.target_level, target_basis="", assumed=(), op=standard.op, value=standard.value,
    )  # fmt: skip
    made = CountedRule(standard=standard, record=record, counts=True, may_fail=True)
    return dataclasses.replace(made, **changes)


def standard(kind: str, *kinds: str, **fields: object) -> Standard:
    """A rule about facilities of any of some kinds."""
    words = {"id": f"own/{kind}", "title": Title(zh="规则", en="rule"), "source": "x", "section": "y", "scope": ()}
    sets = {"facilities_any": (kinds,)} if kinds else {}
    return Standard(kind=kind, **{**words, **sets, "force": "firm", **fields})
