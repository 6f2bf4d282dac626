"""accessgis: who in a county can reach a public service in time, and where a published standard fails.

The names below are public; they are imported when first used, so that ``import accessgis`` stays light and silent.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accessgis import measures, report, solve, standards, travel
    from accessgis.base.errors import AccessGISError, DataError, UsageError
    from accessgis.batch.monitor import monitor
    from accessgis.batch.results import read_results
    from accessgis.batch.run import batch_run
    from accessgis.decide.check import check_site, measured_study
    from accessgis.decide.drivers import what_drove
    from accessgis.decide.locate import locate
    from accessgis.decide.scenario import read_scenario, run_scenario
    from accessgis.report.database import write_postgis
    from accessgis.report.monitor_write import write_monitoring
    from accessgis.report.write import write
    from accessgis.study.check import check_study
    from accessgis.study.model import read_study
    from accessgis.study.run import assess

__version__ = "0.1.0"

__all__ = [
    "AccessGISError",
    "DataError",
    "UsageError",
    "__version__",
    "assess",
    "batch_run",
    "check_site",
    "check_study",
    "locate",
    "measured_study",
    "measures",
    "monitor",
    "read_results",
    "read_scenario",
    "read_study",
    "report",
    "run_scenario",
    "solve",
    "standards",
    "travel",
    "what_drove",
    "write",
    "write_monitoring",
    "write_postgis",
]

_HOME = {
    "AccessGISError": "accessgis.base.errors",
    "DataError": "accessgis.base.errors",
    "UsageError": "accessgis.base.errors",
    "batch_run": "accessgis.batch.run",
    "check_site": "accessgis.decide.check",
    "check_study": "accessgis.study.check",
    "locate": "accessgis.decide.locate",
    "measured_study": "accessgis.decide.check",
    "monitor": "accessgis.batch.monitor",
    "read_results": "accessgis.batch.results",
    "read_scenario": "accessgis.decide.scenario",
    "read_study": "accessgis.study.model",
    "run_scenario": "accessgis.decide.scenario",
    "what_drove": "accessgis.decide.drivers",
    "write": "accessgis.report.write",
    "write_monitoring": "accessgis.report.monitor_write",
    "write_postgis": "accessgis.report.database",
}
"""Public functions and classes, and the module that each is defined in."""

_PACKAGES = ("assess", "measures", "report", "solve", "standards", "travel")
"""Public packages; ``assess`` can be called as well."""


class _CallablePackage(ModuleType):
    """The package ``accessgis.assess``, which is also the function ``accessgis.assess(study)``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Assess a study: see :func:`accessgis.study.run.assess`."""
        return import_module("accessgis.study.run").assess(*args, **kwargs)


class _PublicPackage(ModuleType):
    """The package ``accessgis``: makes ``assess`` callable at the moment it is imported, by whatever way."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "assess" and isinstance(value, ModuleType):
            value.__class__ = _CallablePackage
        super().__setattr__(name, value)


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"accessgis.{name}")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'accessgis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


sys.modules[__name__].__class__ = _PublicPackage
