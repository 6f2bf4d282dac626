"""Scenarios: a study with changes, judged like the study itself and compared with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pydantic
from pydantic import ConfigDict

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import UsageError
from accessgis.base.files import user_toml
from accessgis.decide.apply import apply_steps
from accessgis.decide.change import ACTIONS, AtEach, Change, Selector, Stop, Text
from accessgis.decide.check import measured_study
from accessgis.decide.comparison import compare_results, with_people
from accessgis.decide.steps import Step
from accessgis.study.measure import Measured, measure
from accessgis.study.model import Study, read_study
from accessgis.study.reasons import explain
from accessgis.study.rules import Sharing
from accessgis.study.run import conclude

Progress = Callable[[str], None]


class _Head(pydantic.BaseModel):
    """``[scenario]``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Text
    study: Text | None = None
    sharing: Sharing = "neighbours"
    note: str = ""


class ScenarioFile(pydantic.BaseModel):
    """The whole scenario file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    scenario: _Head
    change: tuple[Change, ...] = ()

    @pydantic.field_validator("change", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario file that has been read and checked.

    Attributes
    ----------
    path
        The scenario file.
    file
        Its content.
    study
        The study that it changes.
    """

    path: Path
    file: ScenarioFile
    study: Study


@dataclass(frozen=True, eq=False, kw_only=True)
class ScenarioResult:
    """A study before and after changes.

    Attributes
    ----------
    before, after
        The study as it is, and as the scenario makes it.
    comparison
        Schema :data:`accessgis.decide.comparison.COMPARISON`.
    steps
        What each change did, in order.
    """

    before: Assessment
    after: Assessment
    comparison: pd.DataFrame
    steps: tuple[Step, ...] = ()


_INNER: dict[str, type[pydantic.BaseModel]] = {"select": Selector, "at_each": AtEach, "stops": Stop}
"""Tables inside a change."""


def read_scenario(
    path: str | Path, *, allow_outside: bool = False, allow_database: str | tuple[str, ...] = ()
) -> Scenario:
    """Read and check a scenario file and the study it names.

    Parameters
    ----------
    path
        A TOML file in UTF-8; ``scenario.study`` is relative to it.
    allow_outside, allow_database
        As for :func:`accessgis.read_study`.

    Raises
    ------
    UsageError
        As for study files, with the number of the change; the study's own errors.
    """
    source, file = Path(path), read_scenario_file(path)
    if file.scenario.study is None:
        raise UsageError("AG2006", file=source.name, key="scenario.study")
    study = read_study(source.parent / file.scenario.study, allow_outside=allow_outside, allow_database=allow_database)
    return Scenario(path=source, file=file, study=study)


def read_scenario_file(path: str | Path) -> ScenarioFile:
    """Read and check a scenario file alone, whatever study it is about.

    Raises
    ------
    UsageError
        As for study files, with the number of the change.
    """
    source = Path(path)
    content = user_toml(source)
    try:
        return ScenarioFile.model_validate(content)
    except pydantic.ValidationError as error:
        tables: dict[str, type[pydantic.BaseModel]] = {"scenario": _Head, **_INNER, **ACTIONS}
        raise explain(error, source.name, whole=ScenarioFile, tables=tables, tags=tuple(ACTIONS)) from error


def measured_scenario(
    before: Measured, scenario: Scenario, *, progress: Progress = lambda _: None
) -> tuple[Measured, tuple[Step, ...]]:
    """Return the study of a scenario with its times, and what each change did; what none touches is taken over."""
    progress("changes")
    changed, steps = apply_steps(
        before.prepared, scenario.file.change, file=scenario.path.name, folder=scenario.path.parent
    )
    return measure(changed, before.rules, before.catalogue, before=before, progress=progress), steps


@lru_cache(maxsize=1)
def _today(before: Measured) -> Assessment:
    """Return the study as it is: the same for every scenario that starts from it."""
    return conclude(before)


def run_scenario(
    scenario: Scenario,
    *,
    before: Measured | None = None,
    sharing: Sharing | None = None,
    evidence: bool = False,
    progress: Progress = lambda _: None,
) -> ScenarioResult:
    """Judge a study as it is and with the changes of a scenario.

    Parameters
    ----------
    scenario
        A checked scenario (:func:`read_scenario`).
    before
        The study with its times, when the caller has it from another scenario; its sharing is that of the result.
    sharing
        ``neighbours``: as each rule has it; ``none``: circles count the facilities of people's own county only. By
        default what the scenario says.
    evidence
        Whether to keep the tables behind the changed result.
    progress
        Called with a short name before each step.

    Raises
    ------
    UsageError
        A change that cannot be made (AG2401–AG2418, AG2530–AG2539); what judging the study raises.
    DataError
        An input cannot be used.
    """
    if before is None:
        before = measured_study(scenario.study, sharing=sharing or scenario.file.scenario.sharing, progress=progress)
    after, steps = measured_scenario(before, scenario, progress=progress)
    was, now = _today(before), conclude(after, evidence=evidence, progress=progress)
    comparison = with_people(compare_results(was.results, now.results), before, after)
    return ScenarioResult(before=was, after=now, comparison=comparison, steps=steps)
