"""The words of the sheet that the map prints: what it is called by, and from which files it was made."""

from __future__ import annotations

from pathlib import PurePosixPath

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.report.wording import role_name, say


def sheet_words(assessment: Assessment, lang: Language) -> dict[str, str]:
    """Return the name of the study and its sources, files of one use together."""
    files: dict[str, list[str]] = {}
    for record in assessment.inputs:
        if record.role != "study":
            role = record.role.partition(":")[0]
            files.setdefault(role_name(role, lang), []).append(PurePosixPath(record.path).name)
    told = [
        say(
            f"page.sheet_{'more_files' if len(names) > 1 else 'files'}",
            lang,
            role=role,
            name=names[0],
            count=len(names),
        )
        for role, names in files.items()
    ]
    return {
        "name": assessment.study.name,
        "sources": say("page.sheet_sources", lang, sources=say("page.sheet_joiner", lang).join(told)),
    }
