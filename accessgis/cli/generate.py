"""``accessgis generate``: make a county, or a province of many, from a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from accessgis.base.errors import UsageError
from accessgis.cli.options import DebugOption, Lang, LangOption, QuietOption, progress_on_stderr

app = typer.Typer(no_args_is_help=True, help="Make generated data, which says everywhere that it is generated.")


@app.callback()
def _group() -> None:
    """Make generated data, which says everywhere that it is generated."""


@app.command("county")
def county(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Empty or new folder.", show_default=False)],
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds give equal files.")] = 20251231,
    nodes: Annotated[int, typer.Option("--nodes", min=3000, max=300_000, help="Road junctions, about.")] = 6000,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Make a county: terrain, roads, areas, people, facilities and a study file.

    Example: accessgis generate county ./county --seed 7 --nodes 20000
    """
    from accessgis.generate.county import generate_county

    _require_empty(folder)
    with progress_on_stderr(quiet=quiet) as progress:
        generate_county(folder, seed=seed, nodes=nodes, progress=progress)
    typer.echo(f"生成数据：{folder}" if lang is Lang.zh else f"Generated data: {folder}")
    typer.echo(f"accessgis assess {folder / 'study.toml'}")


@app.command("province")
def province(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Empty or new folder.", show_default=False)],
    counties: Annotated[int, typer.Option("--counties", min=1, max=495, help="How many counties.")] = 117,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds give equal files.")] = 20251231,
    nodes: Annotated[
        int, typer.Option("--nodes", min=500, max=100_000, help="Road junctions of each county, about.")
    ] = 18_500,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Make a province: counties that tile, with roads and people crossing their borders, and a study file for each.

    Example: accessgis generate province ./province --counties 12 --seed 7
    """
    from accessgis.generate.province import generate_province

    _require_empty(folder)
    with progress_on_stderr(quiet=quiet) as progress:
        generate_province(folder, counties=counties, seed=seed, nodes=nodes, progress=progress)
    typer.echo(f"生成数据：{folder}" if lang is Lang.zh else f"Generated data: {folder}")
    typer.echo(f"accessgis batch run {folder}")


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("AG2212", file=str(folder))
