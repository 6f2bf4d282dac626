"""Generate a county from a seed: terrain, settlement, roads, people, facilities, and the files that hold them.

Nothing here is taken from a real place. The stages follow each other as the land itself would: rivers and relief
(:mod:`~accessgis.generate.terrain`), a mesh of possible places (:mod:`~accessgis.generate.mesh`), villages and
townships on it (:mod:`~accessgis.generate.settlements`), their polygons (:mod:`~accessgis.generate.areas`), roads by
least-cost paths (:mod:`~accessgis.generate.roads`), lanes, streets and a motorway, made one network
(:mod:`~accessgis.generate.streets`), people at the lanes (:mod:`~accessgis.generate.people`), and facilities with the
stock and the gaps that the catalogue of plans reports. Each stage draws its own random numbers from the seed, so that
a change in one stage does not reshuffle the others; the same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from accessgis.base.errors import UsageError
from accessgis.generate import amenities, health
from accessgis.generate.areas import Polygons, draw_areas
from accessgis.generate.cases import Cases, choose_cases
from accessgis.generate.mesh import Mesh, make_mesh
from accessgis.generate.people import People, populate
from accessgis.generate.plan import LARGEST_NODES, SMALLEST_NODES, Plan, plan_county
from accessgis.generate.publish import publish
from accessgis.generate.settlements import Settled, settle
from accessgis.generate.stock import Facility, Ground
from accessgis.generate.streets import Streets, build_streets
from accessgis.generate.terrain import Land, make_land

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class County:
    """A generated county before it is written; facilities by layer name."""

    plan: Plan
    land: Land
    mesh: Mesh
    settled: Settled
    polygons: Polygons
    streets: Streets
    people: People
    cases: Cases
    facilities: dict[str, list[Facility]]


def generate_county(folder: Path, *, seed: int = 20251231, nodes: int = 6000, progress: Progress | None = None) -> None:
    """Write a generated county: boundaries, roads, population, elevation, facilities, sites, office files, a study.

    Parameters
    ----------
    folder
        Where to write; made if absent, files of the same names are overwritten.
    seed
        The same seed and ``nodes`` give the same bytes.
    nodes
        About how many road junctions, 3,000–300,000. The county grows with them: 6,000 make about 11 townships, 260
        villages and 230,000 residents on 1,100 km².
    progress
        Called with the English name of each stage as it starts.

    Raises
    ------
    UsageError
        AG2201 ``nodes`` out of range, AG2202 ``seed`` negative.
    """
    if not SMALLEST_NODES <= nodes <= LARGEST_NODES:
        raise UsageError("AG2201", nodes=nodes, smallest=SMALLEST_NODES, largest=LARGEST_NODES)
    if seed < 0:
        raise UsageError("AG2202", seed=seed)
    say = progress or _silent
    county = make_county(seed=seed, nodes=nodes, progress=say)
    say("writing")
    publish(folder, county, version=_version())


def make_county(*, seed: int, nodes: int, progress: Progress | None = None) -> County:
    """Make a county in memory; parameters as for :func:`generate_county`."""
    say = progress or _silent
    plan = plan_county(seed, nodes)
    say("terrain")
    land = make_land(plan)
    mesh = make_mesh(plan, land)
    say("settlements")
    settled = settle(plan, land, mesh)
    polygons = draw_areas(mesh, settled)
    say("roads")
    streets = build_streets(plan, land, mesh, settled)
    say("people")
    people = populate(plan, land, mesh, settled, streets, polygons)
    say("facilities")
    cases = choose_cases(mesh, settled, streets, plan.rng("cases"))
    ground = Ground(plan, mesh, settled, streets, polygons)
    facilities = {
        "clinics": health.clinics(settled, cases, ground, plan.rng("clinics")),
        "hospitals": health.hospitals(settled, ground, plan.rng("hospitals")),
        "elderly": amenities.elderly(settled, ground, plan.rng("elderly")),
        "kindergartens": amenities.kindergartens(settled, ground, plan.rng("kindergartens")),
        "fitness": amenities.fitness(settled, ground, plan.rng("fitness")),
        "schools": amenities.schools(settled, ground, plan.rng("schools")),
        "relief_depots": amenities.relief_depots(settled, ground),
        "services": amenities.services(settled, ground, plan.rng("services")),
    }
    return County(
        plan=plan, land=land, mesh=mesh, settled=settled, polygons=polygons, streets=streets, people=people,
        cases=cases, facilities=facilities,
    )  # fmt: skip


def _version() -> str:
    try:
        return metadata.version("accessgis")
    except metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return "0"


def _silent(_: str) -> None:
    return None
