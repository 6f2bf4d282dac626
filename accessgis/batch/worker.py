"""What runs inside a Dask worker: light to import, so that a worker can be set up before GDAL is loaded.

Only :mod:`accessgis.batch.cluster` imports this module, because it needs ``distributed``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from distributed import Worker, WorkerPlugin, get_worker

from accessgis.base.errors import AccessGISError

if TYPE_CHECKING:
    from accessgis.batch.county import Job, Outcome

TOPIC = "accessgis"
"""Where workers say what they are doing."""
_ONE_AT_A_TIME = threading.Lock()
"""GDAL, matplotlib and the compiled searches use the whole process: a worker of many threads still takes one county."""


class SetUp(WorkerPlugin):
    """Prepares every worker, also one that comes later or is started anew.

    Parameters
    ----------
    start
        A function of a module, called before the first county.
    """

    name = "accessgis-set-up"

    def __init__(self, start: Callable[[], None]) -> None:
        self.start = start

    def setup(self, worker: Worker) -> None:  # noqa: ARG002  the interface of plugins
        """Prepare one worker."""
        self.start()


def unseen(paths: Sequence[Path]) -> list[Path]:
    """Return which of some paths, all of which the client sees, this machine does not."""
    return [path for path in paths if not path.exists()]


def run_job(job: Job, paths: Sequence[Path] = ()) -> Outcome:
    """Assess one county, saying each step to whoever listens; a worker that came late must see the paths too."""
    worker = get_worker()

    def say(step: str) -> None:
        worker.log_event(TOPIC, {"code": job.county.code, "step": step})

    with _ONE_AT_A_TIME:
        say("")
        county = import_module("accessgis.batch.county")
        if gone := unseen(paths):
            return county.failed(job.county, AccessGISError("AG1508", worker=worker.address, value=str(gone[0])))  # type: ignore[no-any-return]
        outcome: Outcome = county.audit(job, progress=say)
        return outcome
