"""``accessgis network export``: the network of one profile for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from accessgis.cli.drivers import limit_drivers
from accessgis.cli.options import (
    DatabaseOption,
    DebugOption,
    Lang,
    LangOption,
    OutsideOption,
    QuietOption,
    StudyArgument,
    progress_on_stderr,
)

app = typer.Typer(no_args_is_help=True, help="The road network of a study.")


class ProfileName(StrEnum):
    """Profiles that a network can be exported for."""

    walk = "walk"
    bicycle = "bicycle"
    ebike = "ebike"
    vehicle = "vehicle"


@app.callback()
def _group() -> None:
    """Work with the road network of a study."""


@app.command("export")
def export(
    study: StudyArgument,
    out: Annotated[Path, typer.Option("--out", help="File ending in .gpkg, .graphml or .parquet.", show_default=False)],
    profile: Annotated[ProfileName, typer.Option("--profile", help="Who travels how.")] = ProfileName.walk,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    allow_database: DatabaseOption = None,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Write the directed network of one profile: one row or edge per permitted direction, in seconds.

    Example: accessgis network export study.toml --profile vehicle --out roads.gpkg
    """
    limit_drivers()
    from accessgis.network.build import build_network
    from accessgis.report.network_files import write_network
    from accessgis.study.model import read_study
    from accessgis.study.prepare import prepare

    checked = read_study(study, allow_outside=allow_outside, allow_database=allow_database or ())
    with progress_on_stderr(quiet=quiet) as progress:
        prepared = prepare(checked, progress=progress)
        network = build_network(prepared.roads, prepared.profiles[profile.value], heights=prepared.heights)
        write_network(network, out)
    typer.echo(f"已写入 {out}" if lang is Lang.zh else f"Written: {out}")
