"""Counties as tasks of a Dask scheduler: the user's own, or workers started on this machine for one batch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from accessgis.base.errors import AccessGISError, UsageError
from accessgis.batch.county import Job, Outcome, failed, memory_mb

MEMORY = "accessgis_mb"
"""Name of the resource that workers may offer: ``dask worker … --resources "accessgis_mb=8000"``."""
CONNECT_SECONDS = 20
_OF_WORKERS = {
    # Returning memory after every large array costs a county a quarter of its time: pages are cleared again and again.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.worker.profile.enabled": False,
}
"""What workers of this machine do otherwise than Dask's."""

Steps = Callable[[str, str], None]


def engine() -> Any:
    """Return the module distributed, which is loaded only when a batch asks for workers.

    Raises
    ------
    AccessGISError
        AG1501 it is not installed.
    """
    try:
        return import_module("distributed")
    except ImportError as error:
        raise AccessGISError("AG1501") from error


def on_workers(
    jobs: Sequence[Job],
    *,
    scheduler: str | None,
    workers: int,
    start: Callable[[], None] | None,
    steps: Steps,
) -> Generator[Outcome, None, None]:
    """Yield what became of each county, in the order in which they end.

    Parameters
    ----------
    jobs
        The counties.
    scheduler
        Address of the user's scheduler; None to start workers on this machine.
    workers
        How many of those.
    start
        Called in every worker before its first county.
    steps
        Called with a county's code and what is being done for it.

    Raises
    ------
    AccessGISError
        AG1501 ``distributed`` is not installed, AG1502 no answer from the scheduler, AG1508 a worker does not see the
        studies or the folder of the results, AG1001 which cannot be made.
    UsageError
        AG2505 the scheduler has no workers.
    """
    distributed = engine()
    names = import_module("accessgis.batch.worker")
    with _client(distributed, scheduler, workers) as client:
        if start is not None:
            client.register_plugin(names.SetUp(start))
        client.subscribe_topic(names.TOPIC, lambda event: steps(event[1]["code"], event[1]["step"]))
        paths = shared_paths(jobs)
        if scheduler is not None:
            require_seen(client.run(names.unseen, paths, on_error="ignore"))
        offered = _offered(client)
        # Two batches on one scheduler may hold the same county: tasks of one key would be one task.
        run = uuid4().hex
        futures = {}
        for job in jobs:
            wanted = {} if offered is None else {MEMORY: min(memory_mb(job), offered)}
            future = client.submit(names.run_job, job, paths, resources=wanted, key=f"county-{job.county.code}-{run}")
            futures[future] = job
        try:
            for future in distributed.as_completed(list(futures), loop=client.loop):
                yield _outcome(future, futures.pop(future))
        finally:
            client.cancel(list(futures))


@contextmanager
def _client(distributed: Any, scheduler: str | None, workers: int) -> Iterator[Any]:
    """Yield a client of the user's scheduler, which is left as it was, or of a cluster that ends with the batch."""
    if scheduler is None:
        with (
            import_module("dask").config.set(_OF_WORKERS),
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True,
                silence_logs=logging.CRITICAL, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                resources={MEMORY: distributed.system.MEMORY_LIMIT // workers // 1_000_000},
            ) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):  # fmt: skip
            yield client
        return
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise AccessGISError("AG1502", value=scheduler) from error
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise UsageError("AG2505", value=scheduler)
        yield client


def shared_paths(jobs: Sequence[Job]) -> list[Path]:
    """Return what every worker must see: the folder of the results, which is made, and a study that this machine sees.

    A worker that saw no folder would make one of its own, on its own disk, and report the county as done.
    """
    folder = jobs[0].target.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AccessGISError("AG1001", file=str(folder), detail=error.strerror or str(error)) from error
    return [folder, *[job.county.study for job in jobs if job.county.study.is_file()][:1]]


def require_seen(unseen: Mapping[str, Sequence[Path]]) -> None:
    """Refuse workers that do not see what they need, by their addresses.

    Raises
    ------
    AccessGISError
        AG1508 the first of them.
    """
    for worker, paths in sorted(unseen.items()):
        if paths:
            raise AccessGISError("AG1508", worker=worker, value=str(paths[0]))


def _offered(client: Any) -> int | None:
    """Return the least memory that a worker offers; None where some offer none, so that no task waits for ever."""
    found = [worker["resources"].get(MEMORY) for worker in client.scheduler_info(n_workers=-1)["workers"].values()]
    return None if not found or None in found else int(min(found))


def _outcome(future: Any, job: Job) -> Outcome:
    if future.status == "finished":
        outcome: Outcome = future.result()
        return outcome
    if future.status == "error":
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            return failed(job.county, AccessGISError("AG1503"))
        return failed(job.county, AccessGISError("AG1504", kind=type(error).__name__, detail=str(error)[:300]))
    return failed(job.county, AccessGISError("AG1505"))
