"""``accessgis locate``: where to build, among all places where people live or among parcels."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

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
from accessgis.cli.site import DatumOption, KindOption, ParcelOption, parcels_of


class ObjectiveName(StrEnum):
    """What is made best."""

    max_coverage = "max-coverage"
    fewest_sites = "fewest-sites"
    p_median = "p-median"
    p_center = "p-center"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("locate")(locate)


def locate(
    study: StudyArgument,
    kind: KindOption,
    standard: Annotated[str, typer.Option("--standard", help="Rule id: a circle of the study.")],
    sites: Annotated[int | None, typer.Option("--sites", help="How many may be built.", show_default=False)] = None,
    target: Annotated[
        float | None,
        typer.Option("--target", help="Share to be covered by the fewest sites, such as 0.95.", show_default=False),
    ] = None,
    objective: Annotated[
        ObjectiveName | None, typer.Option("--objective", help="What is made best.", show_default=False)
    ] = None,
    gap: Annotated[float, typer.Option("--gap", help="Stop when proven within this share of the best.")] = 0.0,
    time_limit: Annotated[float, typer.Option("--time-limit", help="Seconds to look for better choices.")] = 60.0,
    parcel: ParcelOption = None,
    datum: DatumOption = None,
    scenario: Annotated[
        Path | None,
        typer.Option("--scenario", help="Write the chosen sites as a scenario that can be run.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    allow_database: DatabaseOption = None,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Choose where to build: exact where it can be, with the bound where it cannot.

    Example: accessgis locate study.toml --kind 村卫生室 --standard guizhou-14fyp/rural-medical-30 --sites 3
    """
    limit_drivers()
    from accessgis.base.errors import UsageError
    from accessgis.decide.candidates import places_of_parcels
    from accessgis.decide.check import measured_study
    from accessgis.decide.locate import locate as choose
    from accessgis.report.locate_view import located_document, located_view
    from accessgis.solve.result import Effort
    from accessgis.study.model import read_study

    if not 0 <= gap < 1 or not time_limit > 0:
        raise UsageError("AG2424", key="--gap" if not 0 <= gap < 1 else "--time-limit")
    checked = read_study(study, allow_outside=allow_outside, allow_database=allow_database or ())
    with progress_on_stderr(quiet=quiet or as_json) as progress:
        measured = measured_study(checked, progress=progress)
        shapes = [one for path in parcel or [] for one in parcels_of(path, measured.prepared.crs, datum)]
        found = choose(
            measured,
            kind=kind,
            standard=standard,
            sites=sites,
            target=target,
            objective=objective.value if objective else None,
            candidates=places_of_parcels(measured.prepared, shapes) if shapes else None,
            effort=Effort(gap=gap, time_limit_s=time_limit),
            progress=progress,
        )
    view = located_view(measured, found, lang=language(lang))
    if scenario is not None:
        _write_scenario(scenario, study, view.heading, found)
    if as_json:
        emit_json(located_document(found))
        return
    from rich.console import Console

    from accessgis.report.terminal import print_located

    console = Console()
    print_located(view, console=console)
    if scenario is not None:
        console.print(str(scenario), markup=False, highlight=False, soft_wrap=True)


def _write_scenario(path: Path, study: Path, name: str, found: object) -> None:
    import os

    from accessgis.base.files import write_text
    from accessgis.report.locate_view import located_scenario

    relative = Path(os.path.relpath(study.resolve(), path.resolve().parent)).as_posix()
    write_text(path, located_scenario(found, name=name, study=relative))  # type: ignore[arg-type]
