"""Time a large generated county: assess four circle rules, write every output, then ask about sites.

Usage: ``python benchmarks/bench_county.py [--nodes 300000] [--folder DIR]``. With ``--folder`` an existing county is
used again. Prints seconds of each step, peak memory and what was assessed. Kernels are warmed first.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from accessgis.decide.check import check_site, measured_study
from accessgis.decide.locate import locate
from accessgis.decide.proposal import propose
from accessgis.decide.site import site_effect
from accessgis.generate.county import generate_county
from accessgis.report.write import write
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


def run(nodes: int, folder: Path) -> None:
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
    county = folder / f"county-{nodes}"
    if not county.exists():
        generate_county(county, seed=20251231, nodes=nodes)
    lap("generate and warm up")
    study = read_study(four_rules(county))
    result = assess(study)
    lap("assess")
    out = write(result, folder / "out")
    lap("write")
    figures = f"junctions {result.quality.figures['junctions']:.0f}, rules {len(result.rules)}"
    del result
    measured = measured_study(study)
    lap("measure, for sites")
    place = measured.prepared.areas.frame.geometry.iloc[-1].representative_point()
    proposal = propose(measured.prepared, kind="village_clinic", shape=place)
    site_effect(measured, proposal, ranges=False)
    lap("site: net, gross, moved")
    site_effect(measured, proposal)
    lap("site: the same, with ranges")
    check_site(measured, kind="village_clinic", shape=place)
    lap("site: all of it, with ranks")
    rule = "guizhou-14fyp/rural-medical-30"
    found = locate(measured, standard=rule, kind="village_clinic", sites=3)
    lap(f"locate 3 of {found.candidates} ({'optimal' if found.proven else 'not proven'})")
    people = measured.prepared.demand.frame["population"].to_numpy()
    print(f"{figures}, demand points {people.size}, populated {np.count_nonzero(people)}")
    print(f"map.html {(out / 'map.html').stat().st_size / 1e6:.1f} MB, "
          f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")  # fmt: skip


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=300_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        run(options.nodes, options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        run(options.nodes, Path(folder))


if __name__ == "__main__":
    main()
