"""The study file: what a bureau asks for, checked key by key before any data is opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from accessgis.base.crs import in_metres
from accessgis.base.datum import Datum
from accessgis.base.errors import UsageError
from accessgis.base.files import confined, user_toml
from accessgis.layers.areas import LEVELS
from accessgis.layers.constraints import Effect
from accessgis.layers.demand import GROUPS, MOST_PEOPLE
from accessgis.layers.places import place_classes
from accessgis.sources.database import Source, is_address, require_allowed, table_address
from accessgis.standards.kinds import kind_id
from accessgis.study import reasons
from accessgis.study.reasons import explain, explain_all

Text = Annotated[str, StringConstraints(min_length=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Columns = dict[str, Text]
LevelName = Literal["province", "prefecture", "county", "township", "village"]


_PEOPLE_KEYS = {
    "total": ("groups", "nodata"),
    "table": ("columns", "datum", "crs", "sheet", "layer", "weight", "persons_per_household", "nodata"),
    "people": ("spread",),
}
"""Keys of [population] that only go with one way of giving people: elsewhere they would say nothing."""


def _known(value: object, names: tuple[str, ...]) -> object:
    """Refuse keys of a table that are none of ``names``."""
    for name in value if isinstance(value, dict) else ():
        if name not in names:
            raise PydanticCustomError("unknown_key", "unknown", {"name": str(name), "known": ", ".join(names)})
    return value


class _Table(pydantic.BaseModel):
    """A table of the study file: unknown keys are errors, and nothing is coerced from text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class StudyTable(_Table):
    """``[study]``."""

    name: Text
    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,32}$")]
    data_date: dt.date
    working_crs: Text = "auto"
    margin_km: Annotated[float, Field(ge=0, le=200)] = 10.0
    generated: bool = False
    """Whether the data is generated: said on every page."""
    round_people_to: Annotated[int, Field(ge=2, le=1000)] | None = None
    count_unstaffed: bool = True
    """Whether facilities with a stated staff of zero (有室无医) count as in service."""
    complete_from: Annotated[float, Field(ge=0.8, le=1)] = 0.95
    """Completeness against official totals under which results may be too low."""


class AreasTable(_Table):
    """``[areas]``."""

    layer: Text | dict[LevelName, Text] | None = None
    path: Text | dict[LevelName, Text] | None = None
    datum: Datum | None = None
    columns: Columns = {}
    village_points: Text | None = None
    central: Text | None = None
    land_survey: Text | None = None
    """Polygons of settlements with CZCSXM, for villages whose class nothing else tells."""
    where: Text | None = None

    @pydantic.field_validator("path", "layer", mode="before")
    @classmethod
    def _known_levels(cls, value: object) -> object:
        return _known(value, LEVELS)

    @pydantic.model_validator(mode="after")
    def _layers_by_level(self) -> Self:
        if isinstance(self.path, dict) and self.layer is not None:
            stray = [self.layer] if isinstance(self.layer, str) else sorted(set(self.layer) - set(self.path))
            if stray:
                raise PydanticCustomError("layer_by_level", "layer", {"name": stray[0]})
        return self


class RoadsTable(_Table):
    """``[roads]``."""

    path: Text
    layer: Text | None = None
    datum: Datum | None = None
    columns: Columns = {}
    node: bool = False
    """Whether lines are unsplit and cross without a vertex."""


class NetworkTable(_Table):
    """``[network]``."""

    snap_limit_m: Annotated[float, Field(gt=0, le=20_000)] = 2000.0


class PopulationTable(_Table):
    """``[population]``: rasters, a table of points or of villages, or a stated number spread over buildings."""

    total: Text | None = None
    groups: dict[Text, Text] = {}
    nodata: float | None = None
    table: Text | None = None
    sheet: Text | None = None
    layer: Text | None = None
    columns: Columns = {}
    datum: Datum | None = None
    crs: Text | None = None
    weight: Text | None = None
    """``"buildings"``, or a raster: where in their village the people of a table live."""
    persons_per_household: Annotated[float, Field(ge=1, le=10)] | None = None
    people: Annotated[float, Field(gt=0, le=MOST_PEOPLE)] | None = None
    spread: Literal["buildings"] | None = None
    basis: Literal["resident", "registered"] = "resident"
    as_of: dt.date | None = None

    @pydantic.field_validator("groups", mode="before")
    @classmethod
    def _known_groups(cls, value: object) -> object:
        return _known(value, GROUPS[1:])

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in _PEOPLE_KEYS if getattr(self, way) is not None]
        if len(ways) != 1:
            raise PydanticCustomError("people_ways", "one way")
        if self.people is not None and self.spread is None:
            raise PydanticCustomError("people_spread", "spread")
        for way, names in _PEOPLE_KEYS.items():
            stray = [name for name in names if name in self.model_fields_set and name not in _PEOPLE_KEYS[ways[0]]]
            if stray:
                raise PydanticCustomError("people_stray", "stray", {"name": stray[0], "way": way})
        return self


class ElevationTable(_Table):
    """``[elevation]``."""

    path: Text
    slope_limit_percent: Annotated[float, Field(gt=0, le=200)] | None = None
    """Steepest ground for a site; by default as shipped."""


class ServiceAreasTable(_Table):
    """``facilities.service_areas``: outlines of whom each facility serves."""

    path: Text
    layer: Text | None = None
    datum: Datum | None = None
    id: Text | None = None
    """Column of the facility's id or name."""


class FacilitiesTable(_Table):
    """``[[facilities]]``: one layer, or the tags of the roads file."""

    path: Text | None = None
    layer: Text | None = None
    sheet: Text | None = None
    from_: Annotated[Literal["osm"] | None, Field(alias="from")] = None
    kind: Text | None = None
    datum: Datum | None = None
    crs: Text | None = None
    columns: Columns = {}
    kind_map: dict[Text, Text] = {}
    service_areas: ServiceAreasTable | None = None

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.from_ is None):
            raise PydanticCustomError("one_source", "one source")
        return self


class ConstraintTable(_Table):
    """``[[constraints]]``: land that constrains building, a layer of polygons or the water of the roads file."""

    name: Text
    effect: Effect
    path: Text | None = None
    layer: Text | None = None
    from_: Annotated[Literal["osm"] | None, Field(alias="from")] = None
    datum: Datum | None = None
    columns: Columns = {}

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.from_ is None):
            raise PydanticCustomError("one_source", "one source")
        return self


class FieldCheckTable(_Table):
    """``[field_check]``: the list of an earlier result as it came back from the field."""

    path: Text
    datum: Datum | None = None


class ControlTable(_Table):
    """``[[controls]]``: an official total."""

    what: Annotated[str, StringConstraints(pattern=r"^(facilities:.+|population(:.+)?|road_km|townships|villages)$")]
    value: Annotated[float, Field(gt=0)]
    source: Text
    as_of: dt.date | None = None


class StatisticTable(_Table):
    """``[[statistics]]``: an official figure that no layer gives, stated by the bureau for an area."""

    what: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    area: Text | None = None
    value: Annotated[float, Field(ge=0)]
    source: Text
    as_of: dt.date | None = None


class TargetTable(_Table):
    """``[[targets]]``: the bureau's own target."""

    rule: Text
    level: Literal["county", "township", "village"] = "county"
    share: Share
    basis: Text


class AdoptTable(_Table):
    """One rule adopted outside its scope."""

    id: Text
    basis: Text


class StandardsTable(_Table):
    """``[standards]``."""

    use: tuple[Text, ...] | None = None
    adopt: tuple[AdoptTable, ...] = ()
    files: tuple[Text, ...] = ()

    @pydantic.field_validator("use", "adopt", "files", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class StudyFile(_Table):
    """The whole study file."""

    study: StudyTable
    areas: AreasTable = AreasTable()
    roads: RoadsTable
    network: NetworkTable = NetworkTable()
    population: PopulationTable
    elevation: ElevationTable | None = None
    facilities: tuple[FacilitiesTable, ...] = ()
    constraints: tuple[ConstraintTable, ...] = ()
    field_check: FieldCheckTable | None = None
    controls: tuple[ControlTable, ...] = ()
    statistics: tuple[StatisticTable, ...] = ()
    profiles: dict[str, dict[str, Any]] = {}
    targets: tuple[TargetTable, ...] = ()
    standards: StandardsTable = StandardsTable()

    @pydantic.field_validator("facilities", "constraints", "controls", "statistics", "targets", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study file that has been read and checked; its data is opened by :func:`accessgis.assess`.

    Attributes
    ----------
    path
        The study file.
    file
        Its content.
    allow_outside
        Whether inputs may lie outside the study's folder.
    allow_database
        Database servers that inputs may be read from: ``host``, ``host:port``, or ``PGHOST`` for the server that the
        environment names.
    """

    path: Path
    file: StudyFile
    allow_outside: bool = False
    allow_database: tuple[str, ...] = ()

    def locate_layer(self, text: str, *, key: str) -> Source:
        """Return the absolute path of a layer named in the study file, or the table of an allowed database."""
        if not is_address(text):
            return self.locate(text, key=key)
        table = table_address(text, key=key, file=self.path.name)
        require_allowed(table.server, self.allow_database, key=key, file=self.path.name)
        return table

    def locate(self, text: str, *, key: str) -> Path:
        """Return the absolute path of an input named in the study file."""
        if is_address(text):
            raise UsageError("AG2083", file=self.path.name, key=key)
        return confined(self.path.parent, text, key=key, file=self.path.name, allow_outside=self.allow_outside)


def read_study(path: str | Path, *, allow_outside: bool = False, allow_database: str | Iterable[str] = ()) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path
        A TOML file in UTF-8, with or without BOM.
    allow_outside
        Whether inputs may lie outside the file's folder.
    allow_database
        Database servers that the study may name: ``host``, ``host:port``, or ``PGHOST`` for the one of the
        environment. Without it a study connects nowhere.

    Returns
    -------
    Study
        The checked study; no data file is opened yet.

    Raises
    ------
    UsageError
        AG2001–AG2004 the file cannot be read, AG2005 unknown key, AG2006 missing key, AG2007 a value is not
        allowed, AG2008 keys that need or exclude each other, AG2062 a ``crs`` that is not in metres,
        AG2102 an unknown kind of facility.
    """
    source = Path(path)
    content = user_toml(source)
    try:
        file = StudyFile.model_validate(content)
    except pydantic.ValidationError as error:
        raise explain(error, source.name, whole=StudyFile, tables=_TABLES) from error
    _check_words(file, source.name)
    _check_systems(file, source.name)
    servers = (allow_database,) if isinstance(allow_database, str) else tuple(allow_database)
    return Study(path=source, file=file, allow_outside=allow_outside, allow_database=servers)


def study_problems(path: str | Path) -> tuple[UsageError, ...]:
    """Return everything that is wrong with the form of a study file; nothing where it can be read."""
    source = Path(path)
    try:
        content = user_toml(source)
    except UsageError as error:
        return (error,)
    try:
        StudyFile.model_validate(content)
    except pydantic.ValidationError as error:
        return explain_all(error, source.name, whole=StudyFile, tables=_TABLES)
    return ()


def _check_words(file: StudyFile, name: str) -> None:
    """Refuse kinds of facility, and a class of places, that do not exist, before any data is read."""
    kinds = [
        (f"controls[{place}].what", control.what.partition(":")[2])
        for place, control in enumerate(file.controls, start=1)
        if control.what.startswith("facilities:")
    ]
    for place, table in enumerate(file.facilities, start=1):
        if table.kind:
            kinds.append((f"facilities[{place}].kind", table.kind))
        kinds += [(f"facilities[{place}].kind_map.{old}", kind) for old in table.kind_map for kind in
                  (old, table.kind_map[old])]  # fmt: skip
    for key, kind in kinds:
        try:
            kind_id(kind)
        except UsageError as error:
            raise error.placed(file=name, key=key) from error
    if file.areas.where is not None and file.areas.where not in place_classes():
        listed = ", ".join(place_classes())
        raise UsageError("AG2007", file=name, key="areas.where", value=reasons.written(file.areas.where),
                         expected_en=f"one of {listed}", expected_zh=f"以下之一：{listed}")  # fmt: skip


def _check_systems(file: StudyFile, name: str) -> None:
    """Refuse coordinate systems of tables that are not in metres, before any data is read."""
    stated = {"population.crs": file.population.crs}
    stated |= {f"facilities[{place}].crs": table.crs for place, table in enumerate(file.facilities, start=1)}
    for key, text in stated.items():
        if text is not None and in_metres(text) is None:
            raise UsageError("AG2062", file=name, key=key, value=reasons.written(text))


_TABLES: dict[str, type[_Table]] = {
    "study": StudyTable,
    "areas": AreasTable,
    "roads": RoadsTable,
    "network": NetworkTable,
    "population": PopulationTable,
    "elevation": ElevationTable,
    "facilities": FacilitiesTable,
    "service_areas": ServiceAreasTable,
    "constraints": ConstraintTable,
    "field_check": FieldCheckTable,
    "controls": ControlTable,
    "statistics": StatisticTable,
    "targets": TargetTable,
    "standards": StandardsTable,
    "adopt": AdoptTable,
}
