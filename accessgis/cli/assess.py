"""``accessgis assess``: judge every standard that a study names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessgis.cli.options import (
    DebugOption,
    JsonOption,
    Lang,
    LangOption,
    OutsideOption,
    QuietOption,
    StudyArgument,
    emit_json,
    language,
    progress_on_stderr,
)

if TYPE_CHECKING:
    from accessgis.assess.assessment import Assessment

TARGET_MISSED = 4
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for the result (default: out beside the study).", show_default=False),
]
EvidenceOption = Annotated[bool, typer.Option("--evidence", help="Keep the tables that every number rests on.")]
CheckOption = Annotated[bool, typer.Option("--check", help="Exit with 4 when a target that counts is missed.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("assess")(assess)


def assess(
    study: StudyArgument,
    out: OutOption = None,
    evidence: EvidenceOption = False,
    check: CheckOption = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing, so that it holds for parsing errors too
) -> None:
    """Judge every standard the study names, and write the result.

    Example: accessgis assess study.toml --out result --evidence
    """
    target = out if out is not None else study.parent / "out"
    result = run_assessment(
        study, target, evidence=evidence, quiet=quiet or as_json, lang=lang, allow_outside=allow_outside
    )
    show(result, target, as_json=as_json, lang=lang)
    if check and missed(result):
        raise typer.Exit(TARGET_MISSED)


def run_assessment(
    study: Path, target: Path, *, evidence: bool, quiet: bool, lang: Lang, allow_outside: bool
) -> Assessment:
    """Read, assess and write one study."""
    from accessgis.report.write import write
    from accessgis.study.model import read_study
    from accessgis.study.run import assess as judge

    checked = read_study(study, allow_outside=allow_outside)
    with progress_on_stderr(quiet=quiet) as progress:
        result = judge(checked, evidence=evidence, progress=progress)
        progress("writing")
        write(result, target, lang=language(lang))
    return result


def show(result: Assessment, target: Path, *, as_json: bool, lang: Lang) -> None:
    """Print the result: JSON, or the verdicts as a table and where map and report are."""
    if as_json:
        from accessgis.report.tables import document

        emit_json(document(result))
        return
    from rich.console import Console

    from accessgis.report.terminal import print_assessment

    paths = {"map_path": str(target / "map.html"), "report_path": str(target / "report.html")}
    print_assessment(result, console=Console(), lang=language(lang), **paths)


def missed(result: Assessment) -> bool:
    """Return whether a target that counts is missed."""
    rows = result.results
    return bool(((rows["verdict"] == "falls_short") & rows["counts"]).any())
