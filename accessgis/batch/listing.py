"""Which counties a batch is about: a list in TOML, or a folder of studies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import pydantic
from pydantic import ConfigDict, Field, StringConstraints

from accessgis.base.errors import UsageError
from accessgis.base.files import confined, user_toml
from accessgis.study.model import Study, read_study

LIST_NAME = "province.toml"
_FOLDER_NAME = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """One county of a batch.

    Attributes
    ----------
    code, name
        As its study says; where that cannot be read, as the list says, or the folder of the study.
    study
        Its study file.
    label
        The study file as the list names it: relative, for tables.
    members
        Codes of its counties where it is a cluster; () for a county, whose code is its own.
    """

    code: str
    name: str
    study: Path
    label: str
    members: tuple[str, ...] = ()

    @property
    def counties(self) -> tuple[str, ...]:
        """Codes of the counties that it answers for."""
        return self.members or (self.code,)


class Cluster(pydantic.BaseModel):
    """``[[clusters]]``: counties of a province that are audited together."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    id: Annotated[str, StringConstraints(pattern=rf"^{_FOLDER_NAME.pattern}$")]
    name: str = ""
    counties: Annotated[list[Annotated[str, StringConstraints(pattern=r"^\d{6}$")]], Field(min_length=2)]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A study of a whole province that is cut into its counties.

    Attributes
    ----------
    study
        The study of the whole.
    counties
        Codes wanted; () for all that its areas have.
    clusters
        Counties that stay together.
    """

    study: Study
    counties: tuple[str, ...]
    clusters: tuple[Cluster, ...]


class _Entry(pydantic.BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    study: Annotated[str, StringConstraints(min_length=1)]
    code: str = ""
    name: str = ""


def read_cut(path: str | Path, *, allow_outside: bool = False, allow_database: tuple[str, ...] = ()) -> Cut | None:
    """Return what a list cuts out of a study of a whole province; None where it lists studies.

    Parameters
    ----------
    path
        A TOML file, or a folder that holds ``province.toml``, with ``[province]``: ``cut`` is the study of the whole
        (a path inside the list's folder), ``counties`` the codes wanted, all when left out; ``[[clusters]]`` each with
        ``id`` and ``counties``.
    allow_outside, allow_database
        As for :func:`accessgis.read_study`.

    Raises
    ------
    UsageError
        AG2503 an entry that is not understood, AG2502 a county in two clusters; what is wrong with the study.
    """
    given = Path(path)
    listing = given / LIST_NAME if given.is_dir() else given
    if not listing.is_file():
        return None
    content = user_toml(listing)
    head = content.get("province", {})
    if not isinstance(head, dict) or "cut" not in head:
        return None
    wanted = head.get("counties", [])
    if not isinstance(wanted, list) or not all(isinstance(code, str) for code in wanted):
        raise UsageError("AG2503", file=listing.name, row=1, key="province.counties")
    clusters = []
    for row, entry in enumerate(content.get("clusters", []), start=1):
        try:
            clusters.append(Cluster.model_validate(entry))
        except pydantic.ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise UsageError("AG2503", file=listing.name, row=row, key=f"clusters.{where}".rstrip(".")) from error
    taken = [(code, cluster.id) for cluster in clusters for code in cluster.counties]
    for (code, one), (again, other) in pairwise(sorted(taken)):
        if code == again:
            raise UsageError("AG2502", file=listing.name, value=code, one=one, other=other)
    path_of = confined(listing.parent, str(head["cut"]), key="province.cut", file=listing.name)
    study = read_study(path_of, allow_outside=allow_outside, allow_database=allow_database)
    return Cut(study=study, counties=tuple(wanted), clusters=tuple(clusters))


def read_counties(path: str | Path) -> tuple[County, ...]:
    """Return the counties of a list, sorted by code.

    Parameters
    ----------
    path
        A TOML file with ``[[counties]]``, each with ``study`` (a path inside the list's folder) and, if wanted,
        ``code`` and ``name``; a folder that holds ``province.toml``; or any folder: every ``study.toml`` below it is a
        county.

    Raises
    ------
    UsageError
        AG2501 no county, AG2502 two counties with one code, AG2503 an entry that is not understood, AG2504 a code that
        names no folder; what :func:`~accessgis.base.files.user_toml` says of a file that is no TOML.
    """
    given = Path(path)
    listing = given / LIST_NAME if given.is_dir() and (given / LIST_NAME).is_file() else given
    counties = _below(listing) if listing.is_dir() else _listed(listing)
    if not counties:
        raise UsageError("AG2501", file=str(given))
    counties.sort(key=lambda county: county.code)
    for before, county in pairwise(counties):
        if before.code == county.code:
            raise UsageError("AG2502", file=str(given), value=county.code, one=before.label, other=county.label)
    for county in counties:
        if not _FOLDER_NAME.fullmatch(county.code):
            raise UsageError("AG2504", file=county.label, value=county.code)
    return tuple(counties)


def _below(folder: Path) -> list[County]:
    studies = sorted(folder.rglob("study.toml"))
    return [_county(study, label=study.relative_to(folder).as_posix()) for study in studies]


def _listed(listing: Path) -> list[County]:
    counties = []
    entries = user_toml(listing).get("counties", [])
    for row, content in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        try:
            entry = _Entry.model_validate(content)
        except pydantic.ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise UsageError("AG2503", file=listing.name, row=row, key=f"counties.{where}".rstrip(".")) from error
        study = confined(listing.parent, entry.study, key=f"counties[{row}].study", file=listing.name)
        counties.append(_county(study, label=entry.study, code=entry.code, name=entry.name))
    return counties


def _county(study: Path, *, label: str, code: str = "", name: str = "") -> County:
    try:
        info = read_study(study).file.study
    except UsageError:  # said again, and reported, when its turn comes
        known = code or study.parent.name
        return County(code=known, name=name or known, study=study, label=label)
    return County(code=info.code, name=info.name, study=study, label=label)
