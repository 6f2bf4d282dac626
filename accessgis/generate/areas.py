"""Polygons of villages, townships and the county that tile exactly, and the central urban area.

Method: the Voronoi cells of the mesh points are united by village; the borders, which then zigzag at the scale of the
mesh, are simplified as one coverage, so that neighbours keep sharing every vertex. Townships and the county are unions
of villages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from accessgis.generate.arrays import Shapes
from accessgis.generate.mesh import Mesh
from accessgis.generate.settlements import Settled

_SIMPLIFY_M = 190.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Polygons:
    """Polygons in the order of the villages and townships, in the county's projected CRS."""

    villages: Shapes
    townships: Shapes
    county: shapely.Geometry
    central: shapely.Geometry


def draw_areas(mesh: Mesh, settled: Settled) -> Polygons:
    """Draw the polygons of all units."""
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(mesh.xy), ordered=True))
    owner = settled.village_of
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] >= 0]
    cuts = np.flatnonzero(np.diff(owner[order])) + 1
    rough = np.array([shapely.coverage_union_all(cells[part]) for part in np.split(order, cuts)], dtype=object)
    villages = shapely.coverage_simplify(rough, _SIMPLIFY_M)
    townships = np.array(
        [
            shapely.coverage_union_all(villages[settled.villages.township == unit])
            for unit in range(len(settled.townships))
        ],
        dtype=object,
    )
    town = np.array([code.startswith("12") for code in settled.villages.ur_code])
    town &= settled.villages.community & (settled.villages.township == 0)
    return Polygons(
        villages=villages,
        townships=townships,
        county=shapely.coverage_union_all(townships),
        central=shapely.coverage_union_all(villages[town]),
    )
