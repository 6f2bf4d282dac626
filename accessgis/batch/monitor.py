"""Monitoring: the results of several years below a folder, read and put side by side."""

from __future__ import annotations

from pathlib import Path

from accessgis.base.files import sha256
from accessgis.batch.history import read_drivers, read_history
from accessgis.batch.storage import fetched
from accessgis.decide.monitoring import Monitoring, monitored
from accessgis.sources.crosswalk import read_crosswalk


def monitor(history: str | Path, *, crosswalk: str | Path | None = None) -> Monitoring:
    """Put the results of several years side by side.

    Parameters
    ----------
    history
        A folder that holds results of several years: of ``accessgis assess``, told apart by code and date of the data,
        or whole outputs of ``accessgis batch run``; and, if wanted, ``drivers.json`` of ``accessgis drivers``. An
        address in object storage (``s3://…``) is copied to the user's cache folder first.
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
        AG2500 no result there, AG2506 a batch that is not whole, AG2508 two results of one area and day.
    AccessGISError
        AG1506, AG1507 object storage that cannot be read.
    DataError
        AG3801–AG3803 the crosswalk cannot be used.
    """
    changes, file = None, None
    if crosswalk is not None:
        path = Path(crosswalk)
        changes, file = read_crosswalk(path).value, {"file": path.name, "sha256": sha256(path)}
    folder = fetched(history)
    return monitored(read_history(folder), crosswalk=changes, crosswalk_file=file, drivers=read_drivers(folder))
