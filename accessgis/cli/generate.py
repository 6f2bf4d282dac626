"""``accessgis generate county``: make a county from a seed."""

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

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("AG2212", file=str(folder))
    with progress_on_stderr(quiet=quiet) as progress:
        generate_county(folder, seed=seed, nodes=nodes, progress=progress)
    typer.echo(f"生成数据：{folder}" if lang is Lang.zh else f"Generated data: {folder}")
    typer.echo(f"accessgis assess {folder / 'study.toml'}")
