"""``accessgis locate``: where to build, among places where people live, road junctions, a grid, or parcels."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from accessgis.cli.site import DatumOption, ParcelOption, parcels_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from accessgis.base.errors import Language
    from accessgis.decide.located import Located
    from accessgis.decide.wish import Existing, Size
    from accessgis.report.locate_view import LocatedView
    from accessgis.study.measure import Measured


class ObjectiveName(StrEnum):
    """What is made best."""

    max_coverage = "max-coverage"
    fewest_sites = "fewest-sites"
    p_median = "p-median"
    p_center = "p-center"
    backup = "backup"
    fairest = "fairest"


class SourceName(StrEnum):
    """What candidate places are."""

    cells = "cells"
    villages = "villages"
    roads = "roads"
    grid = "grid"
    parcels = "parcels"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("locate")(locate)


def locate(
    study: StudyArgument,
    kind: Annotated[
        list[str],
        typer.Option("--kind", help="Facility kind: id, Chinese or English name; several of one centre."),
    ],
    standard: Annotated[
        list[str],
        typer.Option(
            "--standard", metavar="ID[=WEIGHT]", help="Rule id: a circle of the study; several are summed by weight."
        ),
    ],
    sites: Annotated[int | None, typer.Option("--sites", help="How many may be built.", show_default=False)] = None,
    target: Annotated[
        float | None,
        typer.Option("--target", help="Share to be covered by the fewest sites, such as 0.95.", show_default=False),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", help="What opening may cost in all; needs --cost.", show_default=False)
    ] = None,
    cost: Annotated[
        str | None,
        typer.Option("--cost", help="What a site costs: a number, or a column of the parcels.", show_default=False),
    ] = None,
    objective: Annotated[
        ObjectiveName | None, typer.Option("--objective", help="What is made best.", show_default=False)
    ] = None,
    candidates: Annotated[
        SourceName | None,
        typer.Option("--candidates", help="Candidate places; cells, or parcels with --parcel.", show_default=False),
    ] = None,
    spacing: Annotated[float, typer.Option("--spacing", help="Metres between cells, roads and grid points.")] = 500.0,
    min_distance: Annotated[
        float, typer.Option("--min-distance", help="Straight metres from today's facilities of the kind.")
    ] = 0.0,
    parcel: ParcelOption = None,
    datum: DatumOption = None,
    closable: Annotated[bool, typer.Option("--closable", help="Today's facilities may close.")] = False,
    free: Annotated[bool, typer.Option("--free", help="Today's facilities of the kind do not count.")] = False,
    keep_cost: Annotated[
        float | None,
        typer.Option("--keep-cost", help="What keeping one costs, with --closable and --budget.", show_default=False),
    ] = None,
    capacity: Annotated[
        str | None,
        typer.Option(
            "--capacity",
            metavar="NAME=[LEAST:]MOST",
            help="Size of new sites, such as beds=30; today's have what their column says.",
            show_default=False,
        ),
    ] = None,
    people_each: Annotated[
        float, typer.Option("--people-each", help="People whom one bed or place serves, with --capacity.")
    ] = 1.0,
    group: Annotated[
        str | None, typer.Option("--group", help="Whose coverage counts, such as age60plus.", show_default=False)
    ] = None,
    pareto: Annotated[
        str | None,
        typer.Option("--pareto", help="A second group: choices that none beats in both.", show_default=False),
    ] = None,
    sharing: SharingOption = Sharing.neighbours,
    gap: Annotated[float, typer.Option("--gap", help="Stop when proven within this share of the best.")] = 0.0,
    time_limit: Annotated[float, typer.Option("--time-limit", help="Seconds to look for better choices.")] = 60.0,
    scenario: Annotated[
        Path | None,
        typer.Option("--scenario", help="Write the chosen sites as a scenario that can be run.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for sites, map and scenario.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    allow_database: DatabaseOption = None,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Choose where to build: exact where it can be, with the bound where it cannot.

    Example: accessgis locate study.toml --kind 村卫生室 --standard guizhou-14fyp/rural-medical-30 --sites 3 --out where
    """
    limit_drivers()
    from accessgis.decide.check import measured_study
    from accessgis.decide.locate import choose
    from accessgis.decide.places import parcel_places
    from accessgis.decide.wish import Wish
    from accessgis.report.locate_view import located_document, located_view
    from accessgis.solve.result import Effort
    from accessgis.study.model import read_study

    if not 0 <= gap < 1 or not time_limit > 0:
        raise UsageError("AG2424", key="--gap" if not 0 <= gap < 1 else "--time-limit")
    source = _source(candidates, given=bool(parcel))
    price, column = _cost(cost, source)
    wish = Wish.of(
        kind=kind,
        standard=dict(_weighted(text) for text in standard),
        sites=sites,
        target=target,
        budget=budget,
        keep_cost=keep_cost,
        objective=objective.value if objective else None,
        existing=_existing(closable=closable, free=free),
        capacity=_size(capacity, people_each),
        spacing_m=spacing,
        min_distance_m=min_distance,
        group=group,
        pareto=pareto,
        effort=Effort(gap=gap, time_limit_s=time_limit),
    )
    checked = read_study(study, allow_outside=allow_outside, allow_database=allow_database or ())
    with progress_on_stderr(quiet=quiet or as_json) as progress:
        measured = measured_study(checked, sharing=sharing.value, progress=progress)
        shapes = [one for path in parcel or [] for one in parcels_of(path, measured.prepared.crs, datum, column)]
        places = parcel_places(measured.prepared, shapes) if shapes else None
        found = choose(measured, wish, candidates=places or source.value, cost=price, progress=progress)
        view = located_view(measured, found, lang=language(lang))
        if scenario is not None:
            _write_scenario(scenario, study, view.heading, found)
        if out is not None:
            _write(measured, found, view, out=out, study=study, lang=language(lang), progress=progress)
    if as_json:
        emit_json(located_document(found))
        return
    from rich.console import Console

    from accessgis.report.terminal import print_located

    console = Console()
    print_located(view, console=console)
    for path in (scenario, None if out is None else out / "map.html"):
        if path is not None:
            console.print(str(path), markup=False, highlight=False, soft_wrap=True)


def _source(asked: SourceName | None, *, given: bool) -> SourceName:
    """Return what candidates are: parcels where files of them are given."""
    if given and asked not in (None, SourceName.parcels):
        raise UsageError("AG2441", key="--parcel", other=f"--candidates {asked}")
    if asked is SourceName.parcels and not given:
        raise UsageError("AG2403", key="--parcel")
    return SourceName.parcels if given else asked or SourceName.cells


def _cost(text: str | None, source: SourceName) -> tuple[float | None, str | None]:
    """Return one cost for all sites, or the column of the parcels that states each one's."""
    if text is None:
        return None, None
    try:
        return float(text), None
    except ValueError:
        if source is not SourceName.parcels:
            raise UsageError("AG2441", key=f"--cost {text}", other=f"--candidates {source}") from None
        return None, text


def _weighted(text: str) -> tuple[str, float]:
    """Read ``ID`` or ``ID=WEIGHT``."""
    rule, equals, number = text.partition("=")
    try:
        return rule.strip(), float(number) if equals else 1.0
    except ValueError as error:
        raise UsageError("AG2447", key="--standard", value=text) from error


def _existing(*, closable: bool, free: bool) -> Existing:
    if closable and free:
        raise UsageError("AG2441", key="--closable", other="--free")
    return "closable" if closable else "free" if free else "fixed"


def _size(text: str | None, people_each: float) -> Size | None:
    """Read ``NAME=MOST`` or ``NAME=LEAST:MOST``."""
    from accessgis.decide.wish import Size

    if text is None:
        return None
    name, _, numbers = text.partition("=")
    least, colon, most = numbers.partition(":")
    try:
        low, high = (float(least), float(most)) if colon else (0.0, float(least))
    except ValueError as error:
        raise UsageError("AG2445", key="--capacity", value=text) from error
    return Size(column=name.strip(), least=low, most=high, people_each=people_each)


def _scenario(target: Path, study: Path, name: str, found: Located) -> str:
    """Return the scenario of the chosen sites, as it is to stand at a path."""
    import os

    from accessgis.report.locate_view import located_scenario

    relative = Path(os.path.relpath(study.resolve(), target.resolve().parent)).as_posix()
    return located_scenario(found, name=name, study=relative)


def _write_scenario(path: Path, study: Path, name: str, found: Located) -> None:
    from accessgis.base.files import write_text

    write_text(path, _scenario(path, study, name, found))


def _write(
    measured: Measured,
    found: Located,
    view: LocatedView,
    *,
    out: Path,
    study: Path,
    lang: Language,
    progress: Callable[[str], None],
) -> None:
    """Write the sites, and the map of the study with them built."""
    from accessgis.decide.built import with_sites
    from accessgis.decide.comparison import compare_results, with_people
    from accessgis.report.comparison_view import comparison_document
    from accessgis.report.locate_view import located_document, located_layers
    from accessgis.report.write import write
    from accessgis.study.run import conclude

    after = with_sites(measured, found, progress=progress)
    before, result = conclude(measured, progress=progress), conclude(after, progress=progress)
    table = with_people(compare_results(before.results, result.results), measured, after)
    progress("writing")
    beside = {
        "locate.json": located_document(found),
        "locate.csv": found.chosen,
        "locate_left.csv": found.left,
        "locate.gpkg": located_layers(measured, found),
        "scenario.toml": _scenario(out / "scenario.toml", study, view.heading, found),
        "comparison.json": comparison_document(table, head={"sites": len(found.chosen)}),
    }
    write(result, out, lang=lang, beside=beside, light=True)
