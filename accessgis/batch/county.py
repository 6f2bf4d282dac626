"""One county of a batch, from study file to result folder: the task that workers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from accessgis.base.errors import AccessGISError, Language, UsageError
from accessgis.batch.listing import County
from accessgis.batch.province_map import OUTLINE, outline
from accessgis.batch.resume import MARK, applied_in, key_of, mark, still_stands
from accessgis.batch.rows import county_rows
from accessgis.batch.whatif import WhatIf, measured_with
from accessgis.report.database import store_county
from accessgis.report.write import write
from accessgis.study.controls import completeness
from accessgis.study.county_parts import county_parts
from accessgis.study.layers import named_files
from accessgis.study.measure import Measured, measure
from accessgis.study.model import Study, read_study
from accessgis.study.prepare import prepare
from accessgis.study.rules import choose_rules
from accessgis.study.run import conclude, figures_alone, study_info

ROWS, PARTS = "rows.parquet", "parts.parquet"
State = Literal["done", "kept", "failed"]
_BASE_MB, _MB_PER_INPUT_MB = 700, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a batch asks of every county.

    Attributes
    ----------
    lang
        Language that maps open in.
    documents
        Whether to write everything that ``accessgis assess`` leaves, not only figures, villages and map.
    scenarios
        What is asked of every county beside how things are (:func:`accessgis.batch.whatif.read_whatifs`).
    allow_outside, allow_database
        What studies may read (:func:`accessgis.read_study`).
    to
        ``postgresql://HOST/DATABASE?schema=PREFIX``: every county's result is stored there too, in the schema
        ``PREFIX_CODE``; "" to store none.
    """

    lang: Language = "zh"
    documents: bool = False
    scenarios: tuple[WhatIf, ...] = ()
    allow_outside: bool = False
    allow_database: tuple[str, ...] = ()
    to: str = ""

    def of_result(self) -> dict[str, Any]:
        """Return the options that change what is written, and where."""
        scenarios = [[scenario.name, scenario.sha256] for scenario in self.scenarios]
        told = {"lang": self.lang, "documents": self.documents, "scenarios": scenarios}
        return told | ({"to": self.to} if self.to else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A county to be assessed into ``target``; with ``resume`` only if what stands there no longer holds."""

    county: County
    target: Path
    options: Options = field(default_factory=Options)
    resume: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a county; the error as code and sentences where it failed."""

    code: str
    name: str
    study: str
    state: State
    error: str = ""
    zh: str = ""
    en: str = ""
    fix_zh: str = ""
    fix_en: str = ""
    applied: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By scenario, the numbers of its changes that are about this county."""

    def said(self, lang: Language) -> str:
        """Return what is wrong and how to mend it."""
        return f"{self.zh} {self.fix_zh}" if lang == "zh" else f"{self.en} {self.fix_en}"


def audit(job: Job, *, progress: Callable[[str], None] = lambda _: None) -> Outcome:
    """Assess one county and write its folder whole or not at all; an error is an outcome, never raised."""
    try:
        return _audit(job, progress)
    except AccessGISError as error:
        return failed(job.county, error)
    except Exception as error:  # noqa: BLE001  one county must never stop the others
        return failed(job.county, AccessGISError("AG1000", kind=type(error).__name__, detail=str(error)[:300]))


def failed(county: County, error: AccessGISError) -> Outcome:
    """Return the outcome of a county that an error stopped."""
    zh, en = error.place.words("zh"), error.place.words("en")
    return Outcome(
        code=county.code, name=county.name, study=county.label, state="failed", error=error.code,
        zh=f"{error.message('zh')}{f'（{zh}）' if zh else ''}",
        en=f"{error.message('en')}{f' [{en}]' if en else ''}",
        fix_zh=error.fix("zh"), fix_en=error.fix("en"),
    )  # fmt: skip


def memory_mb(job: Job) -> int:
    """Return about how much memory a county needs, from the size of the files that its study names."""
    try:
        study = read_job_study(job)
        paths = [job.county.study.parent / text for text in named_files(study).values()]
        size = sum(path.stat().st_size for path in set(paths) if path.is_file())
    except (UsageError, OSError):  # a study that cannot be read needs nothing more
        size = 0
    return _BASE_MB + round(_MB_PER_INPUT_MB * size / 1e6)


def read_job_study(job: Job) -> Study:
    """Return the study of a county, checked."""
    options = job.options
    return read_study(job.county.study, allow_outside=options.allow_outside, allow_database=options.allow_database)


def _audit(job: Job, progress: Callable[[str], None]) -> Outcome:
    county, options = job.county, job.options.of_result()
    study = read_job_study(job)
    names = {"code": county.code, "name": county.name, "study": county.label}
    if job.resume and still_stands(job.target, study, options):
        return Outcome(**names, state="kept", applied=applied_in(job.target))
    rules, catalogue = choose_rules(study)
    require_one_set(study, county.members)
    measured = measure(prepare(study, progress=progress), rules, catalogue, progress=progress)
    result = conclude(measured, progress=progress)
    figures = [_figures(measured, result.results, scenario="")]
    applied: dict[str, list[int]] = {}
    for whatif in job.options.scenarios:
        changed, applied[whatif.name] = measured_with(
            measured, whatif, progress=progress, one_layer=bool(job.county.siblings)
        )
        figures.append(_figures(changed, figures_alone(changed), scenario=whatif.name))
    progress("writing")
    key = key_of(study, {record.path: record.sha256 for record in result.inputs}, options)
    rows, parts = (pd.concat(frames, ignore_index=True) for frames in zip(*figures, strict=True))
    if job.options.to:  # before the folder, which is what says that a county is done
        store_county(result, job.options.to, code=county.code)
    write(
        result,
        job.target,
        lang=job.options.lang,
        light=not job.options.documents,
        beside={MARK: mark(key, options, applied), ROWS: rows, PARTS: parts, OUTLINE: outline(result)},
    )
    return Outcome(**names, state="done", applied=applied)


def require_one_set(study: Study, members: Sequence[str]) -> None:
    """Refuse a cluster whose counties would not all have the rules of its study: their rows would be lost.

    Raises
    ------
    UsageError
        AG2529 a county has other rules; AG2050–AG2053 it has none, or not those that the study names.
    """
    if len(members) < 2:
        return
    together = {one.standard.id for one in choose_rules(study)[0]}
    for code in members:
        head = study.file.study.model_copy(update={"code": code})
        alone, _ = choose_rules(replace(study, file=study.file.model_copy(update={"study": head})))
        other = sorted(together ^ {one.standard.id for one in alone})
        if other:
            raise UsageError("AG2529", value=code, other=other[0], count=len(other))


def _figures(measured: Measured, results: pd.DataFrame, *, scenario: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of a study's counties, and what they add to those of their prefecture and province."""
    study, areas = study_info(measured.prepared.study), measured.groupings["county"]
    counties = tuple(zip(areas.codes, areas.names, strict=True))
    complete: dict[str, float] = {}
    for rule in measured.records:
        shares = [share for _, share in completeness(measured.prepared, rule)]
        complete |= {rule.rule: min(shares)} if shares else {}
    parts = county_parts(measured, results).assign(scenario=scenario)
    if len(counties) == 1:  # the study is its county, whatever its areas call it
        counties = ((study.code, study.name),)
        parts = parts.assign(area=study.code)
    rows = county_rows(study, results, counties=counties, scenario=scenario, completeness=complete)
    return rows, parts
