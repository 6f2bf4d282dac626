"""``accessgis assess``: judge every standard that a study names."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from accessgis.base.errors import UsageError
from accessgis.cli.drivers import limit_drivers
from accessgis.cli.options import (
    DatabaseOption,
    DebugOption,
    JsonOption,
    Lang,
    LangOption,
    OutsideOption,
    QuietOption,
    Sharing,
    SharingOption,
    StudyArgument,
    emit_json,
    language,
    progress_on_stderr,
)

if TYPE_CHECKING:
    from accessgis.assess.assessment import Assessment
    from accessgis.study.model import Study

TARGET_MISSED = 4


class Form(StrEnum):
    """Further forms of a result."""

    shapefile = "shapefile"
    pdf = "pdf"


class Look(StrEnum):
    """Forms of report.docx."""

    official = "official"
    plain = "plain"


KEY_VARIABLE = "ACCESSGIS_TIANDITU_KEY"

BasemapOption = Annotated[
    bool,
    typer.Option(
        "--basemap",
        help="Offer an online basemap in map.html: Tianditu (天地图), with a key of each reader's own.",
    ),
]
KeyOption = Annotated[
    bool,
    typer.Option(
        "--embed-key",
        help=f"Write the key of {KEY_VARIABLE} into map.html, for everybody who has the file to read.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for the result (default: out beside the study).", show_default=False),
]
EvidenceOption = Annotated[bool, typer.Option("--evidence", help="Keep the tables that every number rests on.")]
AlsoOption = Annotated[
    list[Form] | None,
    typer.Option(
        "--also", help="In further forms: the layers as shapefile (GBK), the report as pdf.", show_default=False
    ),
]
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="postgresql://HOST/DATABASE?schema=NAME",
        help="Store the result in a PostGIS database as well; user and password from PGUSER, PGPASSWORD …",
        show_default=False,
    ),
]
ReplaceOption = Annotated[
    bool, typer.Option("--replace", help="With --to: replace an earlier result of the same study in that schema.")
]
StyleOption = Annotated[
    Look, typer.Option("--style", help="Form of Word documents: official (公文, GB/T 9704) or plain.")
]
PagesOption = Annotated[
    bool, typer.Option("--page-numbers", help="Page numbers in the contents of report.docx; needs LibreOffice.")
]
PreviousOption = Annotated[
    Path | None,
    typer.Option(
        "--previous",
        metavar="DIR",
        help="An earlier result of the same area: its figures stand beside (上年值).",
        show_default=False,
    ),
]
WiderOption = Annotated[
    Path | None,
    typer.Option(
        "--wider",
        metavar="DIR",
        help="A batch over the prefecture or province: its sums stand beside (全市, 全省).",
        show_default=False,
    ),
]
CheckOption = Annotated[bool, typer.Option("--check", help="Exit with 4 when a target that counts is missed.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("assess")(assess)


def assess(
    study: StudyArgument,
    out: OutOption = None,
    evidence: EvidenceOption = False,
    sharing: SharingOption = Sharing.neighbours,
    to: ToOption = None,
    replace: ReplaceOption = False,
    check: CheckOption = False,
    previous: PreviousOption = None,
    wider: WiderOption = None,
    also: AlsoOption = None,
    style: StyleOption = Look.official,
    page_numbers: PagesOption = False,
    basemap: BasemapOption = False,
    embed_key: KeyOption = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    allow_database: DatabaseOption = None,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing, so that it holds for parsing errors too
) -> None:
    """Judge every standard the study names, and write the result.

    Example: accessgis assess study.toml --out result --evidence
    """
    from accessgis.study.model import read_study

    if replace and to is None:
        raise UsageError("AG2088")
    target = out if out is not None else study.parent / "out"
    checked = read_study(study, allow_outside=allow_outside, allow_database=allow_database or ())
    result = run_assessment(
        checked,
        target,
        evidence=evidence,
        sharing=sharing,
        quiet=quiet or as_json,
        lang=lang,
        forms=Forms(
            also=[form.value for form in also or ()],
            style=style.value,
            page_numbers=page_numbers,
            basemap=_tianditu_key(embed=embed_key) if basemap or embed_key else None,
            beside=_comparators(previous, wider),
        ),
        to=to,
        replace=replace,
    )
    show(result, target, as_json=as_json, lang=lang)
    if check and missed(result):
        raise typer.Exit(TARGET_MISSED)


def _tianditu_key(*, embed: bool) -> str:
    """Return the key that is to stand in the map; ``""`` where each reader fills in their own."""
    if not embed:
        return ""
    key = os.environ.get(KEY_VARIABLE, "").strip()  # noqa: TID251  (changes no number)
    if not key:
        raise UsageError("AG2147", key="--embed-key", variable=KEY_VARIABLE)
    return key


def _comparators(previous: Path | None, wider: Path | None) -> Callable[[Assessment], Assessment]:
    """Read the results whose figures are to stand beside, and return what puts them there."""
    from accessgis.batch.results import read_results
    from accessgis.report.comparators import with_previous, with_wider
    from accessgis.report.result_folder import read_result

    earlier = None if previous is None else read_result(previous)
    sums = None if wider is None else read_results(wider)

    def put(result: Assessment) -> Assessment:
        result = result if earlier is None else with_previous(result, earlier)
        return result if sums is None else with_wider(result, sums)

    return put


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """In which forms a result is written, and what is put beside its figures."""

    also: Sequence[Literal["shapefile", "pdf"]] = ()
    style: Literal["official", "plain"] = "official"
    page_numbers: bool = False
    basemap: str | None = None
    beside: Callable[[Assessment], Assessment] = lambda result: result


def run_assessment(
    study: Study,
    target: Path,
    *,
    evidence: bool,
    sharing: Sharing = Sharing.neighbours,
    quiet: bool,
    lang: Lang,
    forms: Forms | None = None,
    to: str | None = None,
    replace: bool = False,
) -> Assessment:
    """Assess and write one study; a database that would not take the result says so before the work begins."""
    limit_drivers()
    forms = forms or Forms()
    if "pdf" in forms.also:
        from accessgis.report.report_pdf import require_weasyprint

        require_weasyprint()
    from accessgis.report.database import require_target, write_postgis
    from accessgis.report.write import write
    from accessgis.study.run import assess as judge

    with progress_on_stderr(quiet=quiet) as progress:
        if to is not None:
            info = study.file.study
            require_target(to, code=info.code, name=info.name, replace=replace)
        result = forms.beside(judge(study, evidence=evidence, sharing=sharing.value, progress=progress))
        progress("writing")
        write(
            result,
            target,
            lang=language(lang),
            also=forms.also,
            style=forms.style,
            page_numbers=forms.page_numbers,
            basemap=forms.basemap,
        )
        if to is not None:
            write_postgis(result, to, replace=replace)
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
