"""A result that was kept, in a folder or in a schema of a database: what it says, and what is drawn of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from accessgis.base.files import sha256
from accessgis.report.drawn import Drawn, drawn_in, drawn_stored
from accessgis.report.result_folder import read_result
from accessgis.report.stored_results import COMPARED_KEY, stored_result
from accessgis.sources.database import is_address


@dataclass(frozen=True, eq=False, kw_only=True)
class KeptResult:
    """One kept result.

    Attributes
    ----------
    name
        Of its folder or schema.
    told
        As :func:`accessgis.report.result_folder.read_result` gives it.
    sha256
        Hash of what it was read from.
    drawn
        Reads what is drawn of it.
    """

    name: str
    told: Mapping[str, Any]
    sha256: str
    drawn: Callable[[], Drawn]


def kept_result(place: str) -> KeptResult:
    """Return the result in a folder, or at ``postgresql://HOST/DATABASE?schema=NAME``.

    Raises
    ------
    UsageError
        AG2420 the folder holds no result; what :func:`accessgis.report.stored_results.stored_result` says.
    """
    if is_address(place):
        stored = stored_result(place)
        drawn = partial(drawn_stored, place, stored.told, key=COMPARED_KEY)
        return KeptResult(name=stored.schema, told=stored.told, sha256=stored.sha256, drawn=drawn)
    folder = Path(place)
    told = read_result(folder)
    digest = sha256(folder / "assessment.json")
    return KeptResult(name=folder.name, told=told, sha256=digest, drawn=partial(drawn_in, folder))
