"""``accessgis pack``: a result as it leaves the office."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from accessgis.cli.options import DebugOption, JsonOption, Lang, LangOption, emit_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("pack")(pack)


def pack(
    result: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a result.", show_default=False)],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE.zip", help="The zip; OUT.zip beside it when left out.")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Pack map, report, workbooks and tables for handing over: no evidence, networks, rows of people or local paths.

    Example: accessgis pack result
    """
    from accessgis.report.handover import pack as packed

    target = to if to is not None else result.absolute().parent / f"{result.absolute().name}.zip"
    names = packed(result, target)
    if as_json:
        emit_json({"file": target.as_posix(), "holds": names})
        return
    typer.echo(f"已写入 {target}：" if lang is Lang.zh else f"Wrote {target}:")
    for name in names:
        typer.echo(f"  {name}")
