"""How a raster is opened: itself alone, by the GeoTIFF reader, and never in pieces larger than memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetReader

MAX_BLOCK_BYTES = 1 << 30
"""Largest piece of a file that reading one cell may force into memory."""


@contextmanager
def opened(source: Path) -> Iterator[DatasetReader]:
    """Open a GeoTIFF and no file beside it: masks, overviews and metadata there may be virtual rasters.

    Naming the driver keeps GDAL from following a virtual raster that is called ``.tif``. Only the file named is hashed
    in the provenance, so only it may count.
    """
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"):
        with warnings.catch_warnings():  # where it lies is judged by who reads it
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            raster = rasterio.open(source, driver="GTiff")
        with raster:
            yield raster


def block_bytes(raster: DatasetReader) -> int:
    """Return how many bytes reading one cell of band 1 takes: the piece of the file that the cell lies in."""
    height, width = raster.block_shapes[0]
    return int(height * width * np.dtype(raster.dtypes[0]).itemsize)
