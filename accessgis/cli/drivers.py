"""GDAL loaded without the readers that follow a file to other files, programs or the network."""

from __future__ import annotations

import os
import sys
from importlib import import_module

_FOLLOWING = {
    "pyogrio": "ADBC AmigoCloud Carto CSW EEDA Elasticsearch GDALG GMLAS GPSBabel GTI HTTP LIBKML MVT NGW OAPIF OGCAPI "
    "OGR_VRT PLSCENES PMTiles STACIT STACTA VRT WCS WFS WMS WMTS",
    "rasterio": "DAAS DERIVED ECRGTOC EEDA EEDAI ESRIC GTI HTTP KMLSUPEROVERLAY MRF NGW OGCAPI PLMOSAIC Rasterlite "
    "STACIT STACTA TIL VRT WCS WMS WMTS Zarr",
}
"""Readers that follow a file to other files, programs or the network."""


def limit_drivers() -> None:
    """Import GDAL without the readers that follow files elsewhere: for a process that is ours, before anything else.

    GDAL drops readers only at the moment when it is loaded. Where it is loaded already (a notebook) nothing changes,
    and the checks of every file stand alone.
    """
    kept = {name: os.environ.get(name) for name in ("GDAL_SKIP", "OGR_SKIP", "CPL_LOG")}
    # Readers that a build does not have are not worth a line on the user's terminal.
    os.environ.setdefault("CPL_LOG", os.devnull)
    try:
        for library, names in _FOLLOWING.items():
            if library in sys.modules:
                continue
            os.environ["GDAL_SKIP"] = names.replace(" ", ",")
            os.environ.pop("OGR_SKIP", None)
            loaded = import_module(library)
            if library == "rasterio":
                with loaded.Env():
                    pass
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
