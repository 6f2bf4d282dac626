"""Time a large generated county: assess four circle rules, write every output, then ask about sites.

Usage: ``python benchmarks/bench_county.py [--nodes 300000] [--folder DIR] [--sites]``. With ``--folder`` an existing
county is used again; ``--sites`` leaves out assessing and writing it. Prints seconds of each step, peak memory and what
was assessed. Kernels are warmed first, and (on Linux) nothing is taken from the user's cache folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from accessgis.decide.check import check_site, measured_study
from accessgis.decide.locate import locate
from accessgis.decide.proposal import Proposal, propose
from accessgis.decide.ranks import rivals
from accessgis.decide.site import site_effect
from accessgis.generate.county import generate_county
from accessgis.report.write import write
from accessgis.study.measure import Measured
from accessgis.study.model import read_study
from accessgis.study.run import assess

RULES = """[standards]
use = ["shanxi-13fyp/grassroots-medical-30", "shanxi-13fyp/county-town-fitness-10"]
adopt = [
  { id = "guizhou-14fyp/rural-medical-30", basis = "benchmark" },
  { id = "xinxiang-14fyp/home-care-15", basis = "benchmark" },
]
"""


def four_rules(folder: Path) -> Path:
    """Write a study beside the county's own that applies four circle rules."""
    text = (folder / "study.toml").read_text(encoding="utf-8")
    path = folder / "four-rules.toml"
    path.write_text(text[: text.index("[standards]")] + RULES, encoding="utf-8")
    return path


def proposed(measured: Measured, unit: int) -> Proposal:
    """Return a clinic inside one of the units of a study."""
    shape = measured.prepared.areas.frame.geometry.iloc[unit].representative_point()
    return propose(measured.prepared, kind="village_clinic", shape=shape)


def run(nodes: int, folder: Path, *, sites: bool) -> None:
    """Run the benchmark in ``folder``."""
    clock = time.perf_counter(), time.process_time()

    def lap(name: str) -> None:
        nonlocal clock
        now = time.perf_counter(), time.process_time()
        print(f"{name:<34} {now[0] - clock[0]:7.1f} s wall {now[1] - clock[1]:7.1f} s cpu")
        clock = now

    warm = folder / "warm"
    if not warm.exists():
        generate_county(warm, seed=1, nodes=3000)
    assess(read_study(four_rules(warm)))
    small = measured_study(read_study(four_rules(warm)))
    locate(small, standard="guizhou-14fyp/rural-medical-30", kind="village_clinic", sites=3)
    check_site(small, kind="village_clinic", shape=proposed(small, -1).row["geometry"])
    county = folder / f"county-{nodes}"
    if not county.exists():
        generate_county(county, seed=20251231, nodes=nodes)
    lap("generate and warm up")
    study = read_study(four_rules(county))
    if not sites:
        result = assess(study)
        lap("assess")
        out = write(result, folder / "out")
        lap("write")
        print(f"map.html {(out / 'map.html').stat().st_size / 1e6:.1f} MB")
        del result
    measured = measured_study(study)
    lap("measure, for sites")
    first, second = (proposed(measured, unit) for unit in (-1, -2))
    lap("place two sites")
    for name, proposal in (("first", first), ("second", second)):
        site_effect(measured, proposal, ranges=False)
        lap(f"{name} site: net, gross, moved")
        site_effect(measured, proposal)
        lap(f"{name} site: the same, with ranges")
    places = rivals(measured, "village_clinic").places.frame
    lap(f"gains of {len(places)} candidates")
    rivals.cache_clear()
    rivals(measured, "village_clinic")
    lap("gains, from the cache folder")
    for name, proposal in (("first", first), ("second", second)):
        check_site(measured, kind="village_clinic", shape=proposal.row["geometry"])
        lap(f"{name} site: all of it, with ranks")
    rule = "guizhou-14fyp/rural-medical-30"
    found = locate(measured, standard=rule, kind="village_clinic", sites=3)
    lap(f"locate 3 of {found.candidates} ({'optimal' if found.proven else 'not proven'})")
    people = measured.prepared.demand.frame["population"].to_numpy()
    roads = measured.prepared.roads
    print(f"junctions {roads.node_count}, rules {len(measured.rules)}, demand points {people.size}, "
          f"populated {np.count_nonzero(people)}, "
          f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")  # fmt: skip


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=300_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--sites", action="store_true", help="only ask about sites")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch
        folder = Path(scratch) if options.folder is None else options.folder
        folder.mkdir(parents=True, exist_ok=True)
        run(options.nodes, folder, sites=options.sites)


if __name__ == "__main__":
    main()
