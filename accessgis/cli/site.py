"""``accessgis site``: who gains by a proposed site, what it adds, and how it ranks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessgis.base.errors import DataError, UsageError
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
    from collections.abc import Callable, Iterator, Sequence

    from pyproj import CRS

    from accessgis.assess.assessment import Assessment
    from accessgis.base.errors import Language
    from accessgis.decide.check import SiteCheck
    from accessgis.sources.parcels import Parcel
    from accessgis.study.measure import Measured


class DatumName(StrEnum):
    """Datums of coordinates in degrees."""

    wgs84 = "wgs84"
    gcj02 = "gcj02"
    bd09 = "bd09"
    cgcs2000 = "cgcs2000"


KindOption = Annotated[str, typer.Option("--kind", help="Facility kind: id, Chinese or English name.")]
AtOption = Annotated[
    list[str] | None, typer.Option("--at", help="Longitude,latitude of a site; may be repeated.", show_default=False)
]
ParcelOption = Annotated[
    list[Path] | None,
    typer.Option("--parcel", help="File of parcels (TXT, shp, gpkg, geojson); may be repeated.", show_default=False),
]
DatumOption = Annotated[
    DatumName | None,
    typer.Option("--datum", help="Datum of degrees in --at and --parcel: never guessed.", show_default=False),
]
EntranceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--entrance", help="Longitude,latitude of a parcel's entrance; once for each, in order.", show_default=False
    ),
]
LabelOption = Annotated[
    list[str] | None, typer.Option("--label", help="Name of each site, in order.", show_default=False)
]
CapacityOption = Annotated[
    list[str] | None,
    typer.Option("--capacity", help="Capacity, such as beds=30; may be repeated.", show_default=False),
]


class OwnershipName(StrEnum):
    """Whose a facility is."""

    public = "public"
    inclusive_private = "inclusive_private"
    private = "private"


OwnershipOption = Annotated[
    OwnershipName | None,
    typer.Option("--ownership", help="Whose it will be: some rules count public ones only.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("site")(site)


def site(
    study: StudyArgument,
    kind: KindOption,
    at: AtOption = None,
    parcel: ParcelOption = None,
    datum: DatumOption = None,
    entrance: EntranceOption = None,
    label: LabelOption = None,
    capacity: CapacityOption = None,
    ownership: OwnershipOption = None,
    sharing: SharingOption = Sharing.neighbours,
    maker: Annotated[
        str | None,
        typer.Option("--maker", help="Organisation that stands under the map (制图单位).", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder for the comparison, and the result with the site built (several sites: one folder each).",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    allow_database: DatabaseOption = None,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Say who gains by proposed sites, what they add to what is there, and how they rank.

    Example: accessgis site study.toml --kind 村卫生室 --at 112.35,37.12 --datum gcj02 --parcel plot.txt
    """
    limit_drivers()
    from accessgis.decide.check import best_place, check_site, measured_study
    from accessgis.report.site_view import site_document, site_table
    from accessgis.study.model import read_study

    places = [_degrees(text, "--at") for text in at or []]
    doors: list[tuple[float, float] | None] = [_degrees(text, "--entrance") for text in entrance or []]
    if not places and not parcel:
        raise UsageError("AG2403", key="--at, --parcel")
    if (places or doors) and datum is None:
        raise UsageError("AG2403", key="--datum")
    given = dict(_capacity(text) for text in capacity or [])
    checked = read_study(study, allow_outside=allow_outside, allow_database=allow_database or ())
    with progress_on_stderr(quiet=quiet or as_json) as progress:
        measured = measured_study(checked, sharing=sharing.value, progress=progress)
        shapes = [one for path in parcel or [] for one in parcels_of(path, measured.prepared.crs, datum)]
        known = [""] * len(places) + [one.name for one in shapes]
        labels = _labels(label or [], known, chinese=language(lang) == "zh")
        if len(doors) > len(shapes):
            raise UsageError("AG2520", key="--entrance", entrances=len(doors), parcels=len(shapes))
        doors += [None] * (len(shapes) - len(doors))
        asked: list[tuple[tuple[float, float] | None, Any]] = [(place, None) for place in places]
        asked += [(door, one.shape) for door, one in zip(doors, shapes, strict=True)]
        found = [
            check_site(
                measured,
                kind=kind,
                at=place,
                datum=datum.value if datum else None,
                shape=shape,
                capacity=given,
                ownership=ownership.value if ownership else None,
                progress=progress,
            )
            for place, shape in asked
        ]
        best = None if as_json and out is None else best_place(measured, found[0], progress=progress)
        if out is not None:
            _write(
                measured,
                list(zip(labels, found, strict=True)),
                out,
                best=best,
                maker=maker or "",
                lang=language(lang),
                progress=progress,
            )
    if as_json:
        documents = [site_document(check, label=name) for check, name in zip(found, labels, strict=True)]
        emit_json(documents[0] if len(documents) == 1 else {"sites": documents})
        return
    from rich.console import Console

    from accessgis.report.terminal import print_sites

    table = site_table(measured, found, labels, best=best, lang=language(lang))
    console = Console()
    print_sites(table, console=console, lang=language(lang))
    if out is not None:
        console.print(str(out), markup=False, highlight=False, soft_wrap=True)


def _write(
    measured: Measured,
    sites: Sequence[tuple[str, SiteCheck]],
    out: Path,
    *,
    best: SiteCheck | None,
    maker: str,
    lang: Language,
    progress: Callable[[str], None],
) -> None:
    """Write the result of the study with each site built, and the comparison of the sites."""
    from accessgis.decide.check import built
    from accessgis.decide.comparison import compare_results, with_people
    from accessgis.report.comparison_view import comparison_document
    from accessgis.report.site_docx import site_docx, site_picture
    from accessgis.report.site_paper import site_paper, site_workbook
    from accessgis.report.site_view import site_document
    from accessgis.report.tables import document
    from accessgis.report.write import write, write_together
    from accessgis.study.run import conclude

    labels, found = [label for label, _ in sites], [check for _, check in sites]
    paper = site_paper(measured, found, labels, best=best, maker=maker, lang=lang)
    picture = site_picture(paper, lang=lang)
    shared: dict[str, Any] = {
        "site.docx": site_docx(paper, picture, lang=lang),
        "site.xlsx": site_workbook(paper, lang=lang),
        "site.png": picture,
    }
    before = conclude(measured, progress=progress)

    def results() -> Iterator[tuple[Assessment, dict[str, Any]]]:
        for label, check in sites:
            after = built(measured, check.proposal, progress=progress)
            result = conclude(after, progress=progress)
            table = with_people(compare_results(before.results, result.results), measured, after)
            yield (
                result,
                {
                    "baseline/assessment.json": document(before),
                    "comparison.json": comparison_document(table, head={"site": label}),
                    "site.json": site_document(check, label=label),
                },
            )

    if len(sites) == 1:
        (one,) = results()
        write(one[0], out, lang=lang, beside=one[1] | shared)
        return
    shared["site.json"] = {"sites": [site_document(check, label=label) for label, check in sites]}
    write_together(((f"site-{n}", *one) for n, one in enumerate(results(), start=1)), out, lang=lang, beside=shared)


def _degrees(text: str, key: str) -> tuple[float, float]:
    """Read ``LON,LAT``."""
    parts = text.replace("，", ",").split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError as error:
        raise UsageError("AG2405", key=key, value=text) from error
    return lon, lat


def _capacity(text: str) -> tuple[str, float]:
    """Read ``NAME=NUMBER``."""
    name, equals, number = text.partition("=")
    try:
        amount = float(number)
    except ValueError:
        amount = -1.0
    if not equals or not amount >= 0:
        raise UsageError("AG2406", key="--capacity", value=text)
    return name.strip(), amount


def _labels(given: list[str], known: list[str], *, chinese: bool) -> list[str]:
    """Return a name for each site: the one given, else the parcel's own, else its number."""
    if len(given) > len(known):
        raise UsageError("AG2407", key="--label", labels=len(given), sites=len(known))
    names = [*given, *known[len(given) :]]
    names = [name or (f"方案{i}" if chinese else f"site {i}") for i, name in enumerate(names, start=1)]
    # Parcels may share a name, of which only the number tells them apart.
    mark = "{}（{}）" if chinese else "{} ({})"
    return [mark.format(name, i) if names.count(name) > 1 else name for i, name in enumerate(names, start=1)]


def parcels_of(path: Path, crs: CRS, datum: DatumName | None, column: str | None = None) -> list[Parcel]:
    """Read a file of parcels given on the command line."""
    from accessgis.sources.parcels import read_parcels

    try:
        return read_parcels(path, label=path.name, crs=crs, datum=datum.value if datum else None, column=column)
    except DataError as error:
        if error.code != "AG3005":
            raise
        # The layer stands in no study file that could say its datum.
        raise UsageError("AG2403", key="--datum", file=path.name) from error
