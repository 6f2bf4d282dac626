"""``accessgis monitor`` and ``accessgis drivers``: counties year by year, and what drove a change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from accessgis.cli.drivers import limit_drivers
from accessgis.cli.options import (
    CrosswalkOption,
    DatabaseOption,
    DebugOption,
    JsonOption,
    Lang,
    LangOption,
    OutsideOption,
    QuietOption,
    emit_json,
    language,
    progress_on_stderr,
)


def register(app: typer.Typer) -> None:
    """Add ``monitor`` and ``drivers``."""
    app.command("monitor")(monitor)
    app.command("drivers")(drivers)


def monitor(
    history: Annotated[
        list[str],
        typer.Argument(
            metavar="HISTORY...",
            help="Folders with result folders or batch outputs of several years, also in object storage; databases "
            "with results: postgresql://HOST/DATABASE, with ?schema=NAME for some of them.",
            show_default=False,
        ),
    ],
    crosswalk: CrosswalkOption = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            help="Folder for the report, also in object storage (default: monitor in the folder HISTORY).",
            show_default=False,
        ),
    ] = None,
    ranks: Annotated[
        bool, typer.Option("--ranks", help="Print the ranks that the ranges leave open beside the groups.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Put the results of several years side by side: changes, paths to targets, early warnings, groups of counties.

    Example: accessgis monitor results --crosswalk crosswalk.csv --out annual-report
    """
    from accessgis.batch.monitor import monitor as read
    from accessgis.batch.storage import is_address, results_place, storage
    from accessgis.report.monitor_tables import monitor_view
    from accessgis.report.monitor_write import monitor_document, write_monitoring
    from accessgis.report.stored_results import HISTORY_KEY
    from accessgis.sources.database import history_address
    from accessgis.sources.database import is_address as is_database

    folders = [place for place in history if not is_database(place)]
    for address in set(history) - set(folders):
        history_address(address, key=HISTORY_KEY)  # before anything of it is shown
    place = results_place(folders[0] if folders else history[0], out, name="monitor")
    found = read(history, crosswalk=crosswalk)
    kept = storage(place, use="results") if is_address(place) else None
    write_monitoring(found, kept.local if kept else place, lang=language(lang), ranks=ranks)
    if kept is not None:
        kept.send_folder()
    if as_json:
        emit_json(monitor_document(found))
        return
    from rich.console import Console

    from accessgis.report.monitor_terminal import print_monitoring

    console = Console()
    print_monitoring(monitor_view(found, lang=language(lang), ranks=ranks), console=console)
    page = f"{kept.address}/monitor.html" if kept else str(Path(place) / "monitor.html")
    console.print(page, markup=False, highlight=False, soft_wrap=True)


StudyFile = Annotated[Path, typer.Argument(help="A study file.", show_default=False)]


def drivers(
    before: StudyFile,
    after: StudyFile,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.json", help="File for the answer, best drivers.json.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    allow_database: DatabaseOption = None,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Say what drove the change between two years of a county: facilities, roads, people or standards.

    Example: accessgis drivers 2024/study.toml 2025/study.toml --out results/drivers.json
    """
    limit_drivers()
    from accessgis.base.files import write_text
    from accessgis.decide.drivers import what_drove
    from accessgis.report.monitor_drivers import driver_tables, drivers_document
    from accessgis.report.tables import plain, to_json
    from accessgis.study.model import read_study

    studies = [
        read_study(path, allow_outside=allow_outside, allow_database=tuple(allow_database or ()))
        for path in (before, after)
    ]
    with progress_on_stderr(quiet=quiet or as_json) as progress:
        document = plain(drivers_document(what_drove(*studies, progress=progress)))
    if out is not None:
        write_text(out, to_json(document))
    if as_json:
        emit_json(document)
        return
    from rich.console import Console

    from accessgis.report.monitor_terminal import print_drivers

    console = Console()
    print_drivers(driver_tables([document], language(lang)), console=console, lang=language(lang))
    if out is not None:
        console.print(str(out), markup=False, highlight=False, soft_wrap=True)
