"""One county of a batch, from study file to result folder: the task that workers do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from accessgis.base.errors import AccessGISError, Language, UsageError
from accessgis.batch.listing import County
from accessgis.batch.province_map import OUTLINE, outline
from accessgis.batch.resume import MARK, key_of, mark, still_stands
from accessgis.batch.rows import county_rows
from accessgis.report.write import write
from accessgis.study.model import Study, read_study
from accessgis.study.prepare import named_files
from accessgis.study.run import assess

ROWS = "rows.parquet"
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
    allow_outside, allow_database
        What studies may read (:func:`accessgis.read_study`).
    """

    lang: Language = "zh"
    documents: bool = False
    allow_outside: bool = False
    allow_database: tuple[str, ...] = ()

    def of_result(self) -> dict[str, Any]:
        """Return the options that change what is written."""
        return {"lang": self.lang, "documents": self.documents}


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
    where = error.place.words()
    return Outcome(
        code=county.code, name=county.name, study=county.label, state="failed", error=error.code,
        zh=f"{error.message('zh')}{f'（{where}）' if where else ''}",
        en=f"{error.message('en')}{f' [{where}]' if where else ''}",
        fix_zh=error.fix("zh"), fix_en=error.fix("en"),
    )  # fmt: skip


def memory_mb(job: Job) -> int:
    """Return about how much memory a county needs, from the size of the files that its study names."""
    try:
        study = _study(job)
        paths = [job.county.study.parent / text for text in named_files(study).values()]
        size = sum(path.stat().st_size for path in set(paths) if path.is_file())
    except (UsageError, OSError):  # a study that cannot be read needs nothing more
        size = 0
    return _BASE_MB + round(_MB_PER_INPUT_MB * size / 1e6)


def _study(job: Job) -> Study:
    options = job.options
    return read_study(job.county.study, allow_outside=options.allow_outside, allow_database=options.allow_database)


def _audit(job: Job, progress: Callable[[str], None]) -> Outcome:
    county, options = job.county, job.options.of_result()
    study = _study(job)
    if job.resume and still_stands(job.target, study, options):
        return Outcome(code=county.code, name=county.name, study=county.label, state="kept")
    result = assess(study, progress=progress)
    progress("writing")
    key = key_of(study, {record.path: record.sha256 for record in result.inputs}, options)
    write(
        result,
        job.target,
        lang=job.options.lang,
        light=not job.options.documents,
        beside={MARK: mark(key, options), ROWS: county_rows(result), OUTLINE: outline(result)},
    )
    return Outcome(code=county.code, name=county.name, study=county.label, state="done")
