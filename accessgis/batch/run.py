"""A batch: every county a task, every failure reported, and what is done stays done."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from accessgis.base.errors import UsageError
from accessgis.batch.cluster import on_workers
from accessgis.batch.county import Job, Options, Outcome, audit
from accessgis.batch.cut import cut_counties
from accessgis.batch.listing import County, read_counties, read_cut
from accessgis.batch.results import MANIFEST, write_results
from accessgis.batch.storage import fetched, is_address, storage
from accessgis.batch.whatif import WhatIf
from accessgis.report.database import require_database

_COUNTIES = "counties"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a batch stands.

    Attributes
    ----------
    done, total
        Counties that ended, and all.
    running
        What is being done for each county that is under way, by code.
    ended
        The county that ended just now, or None.
    """

    done: int
    total: int
    running: dict[str, str]
    ended: Outcome | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Batch:
    """What a batch left.

    Attributes
    ----------
    out
        Its folder.
    outcomes
        What became of each county, by code.
    results
        The long table, schema :data:`accessgis.batch.rows.COUNTY_ROWS`.
    address
        Where it was sent in object storage, "" where nothing was; ``out`` is the copy of this machine.
    """

    out: Path
    address: str = ""
    outcomes: tuple[Outcome, ...]
    results: pd.DataFrame

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The counties that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")


def batch_run(
    counties: str | Path,
    out: str | Path,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    resume: bool = False,
    options: Options | None = None,
    start: Callable[[], None] | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Batch:
    """Assess many counties, each into a folder of its own, and put their figures into one table.

    Parameters
    ----------
    counties
        A list or a folder (:func:`accessgis.batch.listing.read_counties`), or a list that cuts a study of a whole
        province (:func:`accessgis.batch.listing.read_cut`). An address in object storage (``s3://…``) is copied to the
        user's cache folder first.
    out
        Folder for everything; what a county left there earlier is replaced whole. To an address in object storage every
        county is sent as it ends, its manifest last.
    scheduler
        Address of a Dask scheduler whose workers see the same paths, the cache folder among them if there is object
        storage; without it workers start on this machine.
    workers
        How many of those, by default one per processor; 0 takes one county after another in this process. A script that
        starts workers must guard its main part with ``if __name__ == "__main__":``.
    resume
        Keep the counties whose result is whole and made of the same inputs, options and versions.
    options
        What is asked of every county (:class:`accessgis.batch.county.Options`).
    start
        A function of a module, called in every worker before its first county.
    progress
        Called whenever something changes.

    Returns
    -------
    Batch
        Failures are in it, and not raised.

    Raises
    ------
    UsageError
        AG2501–AG2505 the list cannot be used, AG2507 ``scheduler`` and ``workers`` together, AG2510 a change of a
        scenario is about none of the counties, AG2516 two studies hold one county (what is done of them stays for
        ``resume``).
    AccessGISError
        AG1501 ``distributed`` is not installed, AG1502 no answer from the scheduler, AG1001 disk, AG1506 and AG1507
        object storage; AG1010–AG1013 the database of ``options.to``.
    """
    if scheduler is not None and workers is not None:
        raise UsageError("AG2507")
    kept = storage(str(out), use="results") if is_address(out) else None
    target = kept.local if kept is not None else Path(out).resolve()
    asked = options or Options()
    jobs = [
        Job(county=county, target=target / _COUNTIES / county.code, options=asked, resume=resume)
        for county in _listed(counties, asked, progress)
    ]
    if asked.to:
        require_database(asked.to, code=jobs[0].county.code)
    if kept is not None and resume:
        for job in jobs:
            kept.fetch_folder(f"{_COUNTIES}/{job.county.code}")
    running: dict[str, str] = {}
    ended: dict[str, Outcome] = {}

    def steps(code: str, step: str) -> None:
        if code not in ended:
            running[code] = step
            progress(Progress(done=len(ended), total=len(jobs), running=dict(running)))

    count = min(workers if workers is not None else os.cpu_count() or 1, len(jobs))
    if scheduler is None and count == 0:
        outcomes = _one_by_one(jobs, start, steps)
    else:
        outcomes = on_workers(jobs, scheduler=scheduler, workers=count, start=start, steps=steps)
    with closing(outcomes):
        for outcome in outcomes:
            ended[outcome.code] = outcome
            running.pop(outcome.code, None)
            if kept is not None and outcome.state != "failed":
                kept.send_folder(f"{_COUNTIES}/{outcome.code}")
            progress(Progress(done=len(ended), total=len(jobs), running=dict(running), ended=outcome))
    in_order = [ended[job.county.code] for job in jobs]
    require_applied(in_order, asked.scenarios)
    results = write_results(target, jobs, in_order, lang=asked.lang)
    if kept is None:
        return Batch(out=target, outcomes=tuple(in_order), results=results)
    tables = {path.name for path in target.iterdir() if path.is_file()}
    kept.send(tables - {MANIFEST}, last=MANIFEST)
    return Batch(out=target, address=kept.address, outcomes=tuple(in_order), results=results)


def _listed(place: str | Path, options: Options, progress: Callable[[Progress], None]) -> tuple[County, ...]:
    """Return the counties of a list, cut out of a study of the whole where it names one."""

    def copied(step: str) -> None:
        progress(Progress(done=0, total=0, running={"": step}))

    path = fetched(place, progress=copied).resolve()
    cut = read_cut(path, allow_outside=options.allow_outside, allow_database=options.allow_database)
    if cut is None:
        return read_counties(path)
    name = cut.study.file.study.code

    def steps(step: str) -> None:
        progress(Progress(done=0, total=0, running={name: step}))

    return cut_counties(cut, progress=steps)


def require_applied(outcomes: Sequence[Outcome], scenarios: Sequence[WhatIf]) -> None:
    """Refuse a scenario with a change that is about no county at all; where counties failed, nobody can tell."""
    if any(outcome.state == "failed" for outcome in outcomes):
        return
    for scenario in scenarios:
        used = {number for outcome in outcomes for number in outcome.applied.get(scenario.name, ())}
        for number in range(1, len(scenario.file.change) + 1):
            if number not in used:
                raise UsageError("AG2510", file=scenario.path, key=f"change[{number}]")


def _one_by_one(
    jobs: Sequence[Job], start: Callable[[], None] | None, steps: Callable[[str, str], None]
) -> Generator[Outcome, None, None]:
    if start is not None:
        start()
    for job in jobs:
        yield audit(job, progress=partial(steps, job.county.code))
