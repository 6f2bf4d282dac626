"""Versions of the libraries that a result rests on, both GDALs included."""

from __future__ import annotations

import platform
from importlib import metadata

import pyogrio
import pyproj
import rasterio
import shapely

from accessgis import __version__

_LIBRARIES = ("folium", "geopandas", "numba", "numpy", "osmium", "pandas", "pyarrow", "scipy")


def library_versions() -> dict[str, str]:
    """Return versions by name, for the manifest."""
    return {
        "accessgis": __version__,
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _LIBRARIES},
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
        "gdal_vector": ".".join(str(part) for part in pyogrio.__gdal_version__),
        "gdal_raster": rasterio.__gdal_version__,
    }
