"""``accessgis study``: look at the inputs of a study."""

from __future__ import annotations

import typer

from accessgis.cli.drivers import limit_drivers
from accessgis.cli.options import (
    DatabaseOption,
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

app = typer.Typer(no_args_is_help=True, help="The study file and its inputs.")


@app.callback()
def _group() -> None:
    """Work with study files."""


@app.command("check")
def check(
    study: StudyArgument,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    allow_database: DatabaseOption = None,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Say everything that is wrong or doubtful about the inputs, and change nothing.

    Exit code 0 when the study can be judged, doubts or not; else that of the gravest error (2 the study file, 3 data).

    Example: accessgis study check study.toml
    """
    limit_drivers()
    from accessgis.report.check_view import check_document, check_view
    from accessgis.study.check import check_study

    with progress_on_stderr(quiet=quiet or as_json) as progress:
        found = check_study(
            study, allow_outside=allow_outside, allow_database=tuple(allow_database or ()), progress=progress
        )
    if as_json:
        emit_json(check_document(found))
    else:
        from rich.console import Console

        from accessgis.report.terminal import print_check

        print_check(check_view(found, lang=language(lang)), console=Console(), lang=language(lang))
    if found.errors:
        raise typer.Exit(min(error.exit_code for error in found.errors))
