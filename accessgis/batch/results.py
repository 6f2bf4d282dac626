"""What a batch leaves for all counties together: one long table, the failures, and a manifest."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from accessgis.assess.parts import parts_frame
from accessgis.assess.supply import CountedRule
from accessgis.base.crs import has_chinese_form
from accessgis.base.errors import Language, UsageError
from accessgis.base.files import sha256, write_bytes
from accessgis.batch.county import PARTS, ROWS, Job, Outcome, read_job_study
from accessgis.batch.province_map import MAP, write_province_map
from accessgis.batch.rows import typed, with_sums
from accessgis.batch.whole_sheet import whole_sheet
from accessgis.batch.wholes import with_verdicts
from accessgis.batch.workbook import workbook
from accessgis.report.tables import to_json, write_csv
from accessgis.sources.versions import library_versions
from accessgis.study.counted import counted_rule
from accessgis.study.rules import choose_rules, record

RESULTS, WORKBOOK, FAILURES, MANIFEST = "results.parquet", "results.xlsx", "failures.csv", "batch.json"
SCHEMA = "accessgis.batch/1"
_FAILURE_COLUMNS = ("code", "name", "study", "error", "message", "fix")


def write_results(out: Path, jobs: Sequence[Job], outcomes: Sequence[Outcome], *, lang: Language) -> pd.DataFrame:
    """Write the tables of all counties, each whole or not at all, the manifest last; return the long table.

    Parameters
    ----------
    out
        Folder of the batch.
    jobs, outcomes
        The counties, and what became of each, in one order.
    lang
        Language of the failures and the map.

    Raises
    ------
    UsageError
        AG2516 two studies hold one county.
    """
    (out / MANIFEST).unlink(missing_ok=True)  # from here on the tables are not those that it names
    there = [job for job, outcome in zip(jobs, outcomes, strict=True) if outcome.state != "failed"]
    tables = [pd.read_parquet(job.target / ROWS) for job in there]
    counties = [tuple(dict.fromkeys(table["county"])) for table in tables]
    folders = _folders(there, counties)
    held = {job.county.code: codes for job, codes in zip(there, counties, strict=True)}
    long = with_sums(tables)
    parts = pd.concat([parts_frame([]), *[pd.read_parquet(job.target / PARTS) for job in there]], ignore_index=True)
    rules = _rules(there, set(parts["rule"]))
    expected = {code for job in jobs for code in (*job.county.counties, *job.county.siblings)}
    nameless = {
        outcome.code
        for job, outcome in zip(jobs, outcomes, strict=True)
        if outcome.state == "failed" and not all(map(has_chinese_form, job.county.counties))
    }
    long = with_verdicts(long, parts, rules, expected, nameless=nameless)
    buffer = io.BytesIO()
    long.to_parquet(buffer, index=False)
    write_bytes(out / RESULTS, buffer.getvalue())
    failures, buffer = failures_table(outcomes, lang=lang), io.BytesIO()
    write_csv(failures, buffer)
    write_bytes(out / FAILURES, buffer.getvalue())
    write_bytes(out / WORKBOOK, workbook(long, whole_sheet(long, rules, lang=lang), failures))
    failed = [outcome.name for outcome in outcomes if outcome.state == "failed"]
    write_province_map(out, long[long["scenario"] == ""], folders, failed=failed, lang=lang)
    document = {
        "schema": SCHEMA,
        "versions": library_versions(),
        "counties": [
            {
                "code": outcome.code,
                "name": outcome.name,
                "study": outcome.study,
                "members": list(held.get(outcome.code, ())),
                "error": outcome.error or None,
                "manifest": None if outcome.state == "failed" else sha256(job.target / "manifest.json"),
            }
            for job, outcome in zip(jobs, outcomes, strict=True)
        ],
        "outputs": {name: sha256(out / name) for name in (FAILURES, MAP, RESULTS, WORKBOOK)},
    }
    write_bytes(out / MANIFEST, to_json(document).encode("utf-8"))
    return long


def _folders(jobs: Sequence[Job], counties: Sequence[Sequence[str]]) -> dict[str, Path]:
    """Return the folder of every county, and refuse one that two studies hold: it would be counted twice."""
    holder: dict[str, Job] = {}
    for job, codes in zip(jobs, counties, strict=True):
        for code in codes:
            if code in holder:
                raise UsageError("AG2516", value=code, one=holder[code].county.label, other=job.county.label)
            holder[code] = job
    return {code: job.target for code, job in holder.items()}


def _rules(jobs: Sequence[Job], wanted: set[str]) -> dict[str, CountedRule]:
    """Return the rules of some counties as their plans state them, without targets that a county sets itself."""
    rules: dict[str, CountedRule] = {}
    for job in jobs:
        if wanted <= set(rules):
            break
        study = read_job_study(job)
        chosen, catalogue = choose_rules(study)
        for one in chosen:
            if one.standard.id in wanted and one.standard.id not in rules:
                plain = replace(one, target=None)
                rules[one.standard.id] = counted_rule(plain, record(plain, study, catalogue))
    return rules


def failures_table(outcomes: Sequence[Outcome], *, lang: Language) -> pd.DataFrame:
    """Return one row per county that failed: which, with what code, what is wrong and how to mend it."""
    rows = [
        (
            item.code,
            item.name,
            item.study,
            item.error,
            *((item.zh, item.fix_zh) if lang == "zh" else (item.en, item.fix_en)),
        )
        for item in outcomes
        if item.state == "failed"
    ]
    return pd.DataFrame(rows, columns=list(_FAILURE_COLUMNS), dtype="str")


def read_results(folder: str | Path) -> pd.DataFrame:
    """Return the long table of a batch, codes as text.

    Parameters
    ----------
    folder
        Folder that ``accessgis batch run`` wrote.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`accessgis.batch.rows.COUNTY_ROWS`: the counties by code, then sums by prefecture and over all.

    Raises
    ------
    UsageError
        AG2506 no result of a finished batch stands there.
    """
    path = Path(folder)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        whole = manifest["schema"] == SCHEMA and manifest["outputs"][RESULTS] == sha256(path / RESULTS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError("AG2506", file=str(folder)) from error
    if not whole:
        raise UsageError("AG2506", file=str(folder))
    return typed(pd.read_parquet(path / RESULTS))
