"""Which counties a batch is about: a list in TOML, or a folder of studies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import pydantic
from pydantic import ConfigDict, StringConstraints

from accessgis.base.errors import UsageError
from accessgis.base.files import confined, user_toml
from accessgis.study.model import read_study

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
    """

    code: str
    name: str
    study: Path
    label: str


class _Entry(pydantic.BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    study: Annotated[str, StringConstraints(min_length=1)]
    code: str = ""
    name: str = ""


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
