"""Everything that is wrong or doubtful about a study's inputs, in one pass and without judging a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from pyproj import CRS

from accessgis.base.errors import AccessGISError, Doubt
from accessgis.base.provenance import InputRecord
from accessgis.base.schema import Column, Schema
from accessgis.layers.areas import Areas
from accessgis.layers.constraints import Constraint
from accessgis.layers.demand import Demand
from accessgis.network.model import Roads
from accessgis.network.profiles import Profile, load_profiles, with_overrides
from accessgis.sources.facilities import read_facilities
from accessgis.standards.kinds import kind_id
from accessgis.study.datum_audit import audit_datums
from accessgis.study.doubts import layer_doubts, mode_doubts
from accessgis.study.layers import (
    Ledger,
    areas_of,
    constraints_of,
    crs_of_roads,
    facilities_of,
    locate_named,
    margin_of,
    named_files,
    people_of,
    require_people,
    roads_of,
)
from accessgis.study.model import FacilitiesTable, Study, read_study, study_problems
from accessgis.study.prepare import Prepared
from accessgis.study.quality import quality_shares
from accessgis.study.reaches import admitted, compared_profiles
from accessgis.study.road_places import road_places, with_people
from accessgis.study.routing import Router
from accessgis.study.rules import ChosenRule, choose_rules

Progress = Callable[[str], None]
Severity = Literal["error", "doubt", "repaired", "checked"]
SEVERITIES: tuple[Severity, ...] = ("error", "doubt", "repaired", "checked")
REPAIRED = frozenset(
    {
        "AG9001", "AG9002", "AG9003", "AG9050", "AG9051", "AG9060", "AG9061", "AG9062", "AG9066", "AG9101", "AG9102",
        "AG9116", "AG9117", "AG9119", "AG9209", "AG9221", "AG9222", "AG9223", "AG9224", "AG9302", "AG9307", "AG9308",
        "AG9310", "AG9311", "AG9312", "AG9407", "AG9443", "AG9444", "AG9445", "AG9447",
    }
)  # fmt: skip
"""Doubts that say what was mended, joined or left out, and how much of it."""
COMPLETE = "AG9202"
"""Doubt that says that a layer reaches its official total, nearly."""
_ANYWHERE = CRS.from_epsg(4545)

FINDINGS = Schema(
    "findings",
    (
        Column("severity", "text", "error, doubt, repaired, or checked against an official total"),
        Column("code", "text", "stable code of the message"),
        Column("file", "text", "file it is about, '' for the study as a whole"),
        Column("layer", "text", "layer of that file, '' when it has one"),
        Column("row", "int", "data row from 1, 0 when it is no single row"),
        Column("key", "text", "key of the study file, ''"),
        Column("count", "int", "rows, places or facilities touched, −1 unknown"),
        Column("people", "float", "people touched, NaN unknown", "people"),
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyCheck:
    """What a check found.

    Attributes
    ----------
    errors
        What must be mended before the study can be judged.
    doubts
        What is odd or was repaired.
    inputs
        What was read.
    shares
        Named shares of the data that are missing or doubtful (:func:`accessgis.study.quality.quality_shares`).
    datum_audit
        How layers fit the roads under each datum.
    rules
        Ids of the rules that apply.
    """

    study: Study | None
    errors: tuple[AccessGISError, ...]
    doubts: tuple[Doubt, ...]
    inputs: tuple[InputRecord, ...]
    shares: dict[str, float]
    datum_audit: pd.DataFrame | None
    rules: tuple[str, ...]

    @property
    def findings(self) -> pd.DataFrame:
        """Errors, then doubts, repairs and checks, schema :data:`FINDINGS`."""
        rows = [_row("error", error.code, error.place) for error in self.errors]
        rows += [
            _row(severity, doubt.code, doubt.place, doubt)
            for severity in SEVERITIES[1:]
            for doubt in self.doubts
            if severity_of(doubt) == severity
        ]
        return pd.DataFrame(rows, columns=list(FINDINGS.names)) if rows else FINDINGS.empty()


def severity_of(doubt: Doubt) -> Severity:
    """Return whether a doubt tells of a repair, or of an official total that is nearly reached."""
    if doubt.code == COMPLETE:
        return "checked"
    return "repaired" if doubt.code in REPAIRED else "doubt"


def _row(severity: Severity, code: str, place: object, doubt: Doubt | None = None) -> dict[str, object]:
    told = {name: getattr(place, name) for name in ("file", "layer", "row", "key")}
    return {
        "severity": severity,
        "code": code,
        "file": told["file"] or "",
        "layer": told["layer"] or "",
        "row": told["row"] or 0,
        "key": told["key"] or "",
        "count": -1 if doubt is None or doubt.count is None else doubt.count,
        "people": float("nan") if doubt is None or doubt.people is None else doubt.people,
    }


def check_study(
    path: str | Path,
    *,
    allow_outside: bool = False,
    allow_database: str | tuple[str, ...] = (),
    progress: Progress = lambda _: None,
) -> StudyCheck:
    """Examine a study's inputs, change nothing, and go on after what is wrong as far as can be.

    Parameters
    ----------
    path
        The study file.
    allow_outside, allow_database
        As for :func:`accessgis.read_study`.
    progress
        Called with a short name before each step.
    """
    errors: list[AccessGISError] = list(study_problems(path))
    if errors:
        return _nothing(errors)
    try:
        study = read_study(path, allow_outside=allow_outside, allow_database=allow_database)
    except AccessGISError as error:
        return _nothing([error])
    seen = _Seen(study, errors, progress)
    seen.files()
    rules = seen.rules()
    if not seen.errors_of_files:
        seen.layers()
    prepared = seen.prepared()
    if prepared is None:
        return StudyCheck(
            study=study, errors=tuple(errors), doubts=tuple(seen.ledger.doubts), inputs=tuple(seen.ledger.inputs),
            shares={}, datum_audit=None, rules=tuple(chosen.standard.id for chosen in rules),
        )  # fmt: skip
    progress("roads and places")
    audit = audit_datums(prepared)
    router = Router(prepared)
    circles = [chosen for chosen in rules if chosen.standard.kind == "circle"]
    known = prepared.profiles
    profiles = [name for chosen in circles for name in compared_profiles(chosen) if name in known]
    cases = {profile: router.case(profile, "central") for profile in sorted(set(profiles) or {"walk"})}
    used = admitted(
        prepared, [kind for chosen in circles for kinds in chosen.standard.facilities_any for kind in kinds]
    )
    doubts = (
        *with_people(prepared.doubts, road_places(prepared, router)),
        *audit.doubts,
        *layer_doubts(prepared, rules),
        *mode_doubts(prepared, router, cases, used),
    )
    return StudyCheck(
        study=study,
        errors=tuple(errors),
        doubts=doubts,
        inputs=prepared.inputs,
        shares=quality_shares(prepared, router, list(cases.values()), rules),
        datum_audit=audit.frame,
        rules=tuple(chosen.standard.id for chosen in rules),
    )


def _nothing(errors: list[AccessGISError]) -> StudyCheck:
    return StudyCheck(
        study=None, errors=tuple(errors), doubts=(), inputs=(), shares={}, datum_audit=None, rules=()
    )  # fmt: skip


class _Seen:
    """What could be read so far; an error of one layer keeps the others from nothing that they do not need."""

    def __init__(self, study: Study, errors: list[AccessGISError], progress: Progress) -> None:
        self.study, self.errors, self.progress = study, errors, progress
        self.ledger = Ledger()
        self.errors_of_files = False
        self.areas: Areas | None = None
        self.demand: Demand | None = None
        self.roads: Roads | None = None
        self.profiles: dict[str, Profile] = load_profiles()
        self._whole: Prepared | None = None

    def _try(self, read: Callable[[], None]) -> bool:
        try:
            read()
        except AccessGISError as error:
            if str(error) not in {str(known) for known in self.errors}:
                self.errors.append(error)
            return False
        return True

    def files(self) -> None:
        """Look whether every file is there and may be read."""
        for key, text in named_files(self.study).items():
            found = self._try(lambda key=key, text=text: locate_named(self.study, key, text))  # type: ignore[misc]
            self.errors_of_files |= not found

    def rules(self) -> tuple[ChosenRule, ...]:
        """Return the rules that apply."""
        chosen: list[ChosenRule] = []
        self._try(lambda: chosen.extend(choose_rules(self.study)[0]))
        self._try(lambda: self.profiles.update(with_overrides(load_profiles(), self.study.file.profiles)))
        return tuple(chosen)

    def layers(self) -> None:
        """Read every layer, each as far as the others allow."""
        study, ledger = self.study, self.ledger
        self.progress("areas")
        stated: list[Areas | None] = []
        if not self._try(lambda: stated.append(areas_of(study, ledger))):
            self._tables_alone()
            return
        crs: list[CRS] = []
        if stated[0] is not None:
            crs.append(CRS.from_user_input(stated[0].frame.crs))
        elif not self._try(lambda: crs.append(crs_of_roads(study))):
            self._tables_alone()
            return
        self.progress("population")
        people: list[tuple[Areas, Demand]] = []
        self._try(lambda: people.append(people_of(study, stated[0], crs[0], ledger)))
        areas = people[0][0] if people else stated[0]
        if areas is None:
            self._tables_alone()
            return
        keep = margin_of(study, areas)
        self.progress("roads")
        roads: list[tuple[Roads, object]] = []
        self._try(lambda: roads.append(roads_of(study, crs[0], keep, ledger)))
        if not people:
            self._tables_alone()
            return
        demand = people[0][1]
        self._try(lambda: require_people(study, demand))
        self.progress("facilities")
        facilities = facilities_of(study, areas, demand, keep, ledger, complain=self.errors.append)
        constraints: list[Constraint] = []
        self._try(lambda: constraints.extend(constraints_of(study, crs[0], keep, ledger)))
        if roads:
            self._whole = Prepared(
                study=study, crs=crs[0], areas=areas, demand=demand, facilities=facilities, roads=roads[0][0],
                heights=roads[0][1],  # type: ignore[arg-type]
                profiles=self.profiles, inputs=tuple(ledger.inputs), doubts=tuple(ledger.doubts),
                constraints=tuple(constraints),
            )  # fmt: skip

    def _tables_alone(self) -> None:
        """Read the tables of facilities for what they hold, where nothing says where the study lies."""
        self.progress("facilities")
        for number, table in enumerate(self.study.file.facilities, start=1):
            if table.path is None:
                continue
            self._try(
                lambda table=table, number=number: self._alone(table, number)  # type: ignore[misc]
            )

    def _alone(self, table: FacilitiesTable, number: int) -> None:
        assert table.path is not None
        self.ledger.take(
            read_facilities(
                self.study.locate_layer(table.path, key=f"facilities[{number}].path"),
                label=table.path,
                kind=kind_id(table.kind) if table.kind else None,
                columns=table.columns,
                datum=table.datum,
                crs=_ANYWHERE,
                kind_map={kind_id(old): kind_id(new) for old, new in table.kind_map.items()},
                data_date=self.study.file.study.data_date,
                extent=None,
                sheet=table.sheet,
                layer=table.layer,
            )
        )

    def prepared(self) -> Prepared | None:
        """Return the layers where all of them but some tables of facilities could be read."""
        return self._whole
