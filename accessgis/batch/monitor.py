"""Monitoring: the results of several years, in folders or in databases, read and put side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accessgis.base.errors import UsageError
from accessgis.base.files import sha256
from accessgis.batch.history import read_drivers, read_history, read_stored
from accessgis.batch.storage import fetched
from accessgis.decide.monitoring import Monitoring, monitored
from accessgis.sources.crosswalk import read_crosswalk
from accessgis.sources.database import is_address


def monitor(history: str | Path | Sequence[str | Path], *, crosswalk: str | Path | None = None) -> Monitoring:
    """Put the results of several years side by side.

    Parameters
    ----------
    history
        A folder that holds results of several years: of ``accessgis assess``, told apart by code and date of the data,
        or whole outputs of ``accessgis batch run``; and, if wanted, ``drivers.json`` of ``accessgis drivers``. An
        address in object storage (``s3://…``) is copied to the user's cache folder first.
        ``postgresql://HOST/DATABASE`` means every schema that holds a result; ``?schema=NAME`` those of that name, in
        which ``*`` stands for any letters. Several folders and addresses make one history.
    crosswalk
        A table ``old_code, new_code, valid_from, population_share``: earlier years are restated on the units of the
        last.

    Returns
    -------
    Monitoring
        Its ``table`` has one row per rule, county and year (schema ``monitor``).

    Raises
    ------
    UsageError
        AG2500 no result there, AG2506 a batch that is not whole, AG2508 two results of one area and day; AG2550–AG2552
        a database without results, or with one that cannot be read.
    AccessGISError
        AG1506, AG1507 object storage that cannot be read; AG1010–AG1012 a database that cannot be reached.
    DataError
        AG3801–AG3803 the crosswalk cannot be used.
    """
    changes, file = None, None
    if crosswalk is not None:
        path = Path(crosswalk)
        changes, file = read_crosswalk(path).value, {"file": path.name, "sha256": sha256(path)}
    places = [history] if isinstance(history, str | Path) else list(history)
    stored = [place for place in places if isinstance(place, str) and is_address(place)]
    folders = [fetched(place) for place in places if place not in stored]
    results = [one for folder in folders for one in read_history(folder)]
    results += [one for address in stored for one in read_stored(address)]
    if not results:
        raise UsageError("AG2500", file=", ".join(map(str, folders)))
    return monitored(results, crosswalk=changes, crosswalk_file=file, drivers=read_drivers(folders))
