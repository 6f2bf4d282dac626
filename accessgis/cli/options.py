"""Options that commands share, and how they speak: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from accessgis.base.errors import AccessGISError, Language


class Lang(StrEnum):
    """Languages that users read."""

    zh = "zh"
    en = "en"


class Sharing(StrEnum):
    """Whether facilities across the county line count."""

    neighbours = "neighbours"
    none = "none"


SharingOption = Annotated[
    Sharing,
    typer.Option(
        "--sharing",
        help="Facilities across the county line count as each rule has it (neighbours), or not at all (none).",
    ),
]
LangOption = Annotated[Lang, typer.Option("--lang", help="Language of what is printed and of the map.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else there.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print no progress.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
OutsideOption = Annotated[
    bool, typer.Option("--allow-outside", help="Let the study name files outside its own folder.")
]
DatabaseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-database",
        metavar="HOST[:PORT]",
        help="Let the study read from this database server; may be given several times.",
        show_default=False,
    ),
]
CrosswalkOption = Annotated[
    Path | None,
    typer.Option(
        "--crosswalk",
        metavar="FILE.csv",
        help="What became of units whose code or border changed: old_code, new_code, valid_from, population_share.",
        show_default=False,
    ),
]
StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study file.", show_default=False)]


def language(lang: Lang) -> Language:
    """Return the language as the rest of the code names it."""
    return "zh" if lang is Lang.zh else "en"


def emit_json(document: Any) -> None:
    """Write one JSON document to stdout, always UTF-8."""
    from accessgis.report.tables import to_json

    sys.stdout.flush()
    sys.stdout.buffer.write(to_json(document).encode("utf-8"))
    sys.stdout.buffer.flush()


def error_document(error: AccessGISError, lang: Language) -> dict[str, Any]:
    """Return the failure document of the interface, in the language asked for."""
    return {
        "error": {
            "code": error.code,
            "message": error.message(lang),
            "file": error.place.file,
            "layer": error.place.layer,
            "row": error.place.row,
            "key": error.place.key,
            "fix": error.fix(lang),
        }
    }


@contextmanager
def progress_on_stderr(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being done on stderr when somebody watches; yields the function that names a step."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("…") as status:
        yield status.update
