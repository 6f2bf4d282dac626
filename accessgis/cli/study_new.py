"""``accessgis study new`` and ``accessgis study forms``: a study file drafted, and blank registers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from accessgis.base.errors import UsageError
from accessgis.cli.drivers import limit_drivers
from accessgis.cli.options import DebugOption, JsonOption, Lang, LangOption, OutsideOption, emit_json

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the study.", show_default=False)]
FromOption = Annotated[
    Path | None,
    typer.Option("--from", metavar="FOLDER", help="Folder with the county's layers; DIR when left out."),
]
NameOption = Annotated[str, typer.Option("--name", help="Name of the study, where the layers do not tell it.")]
CodeOption = Annotated[str, typer.Option("--code", help="Code of the county, where the layers do not tell it.")]
PlaceOption = Annotated[
    str | None,
    typer.Option("--place", help="In place of --from: a place of OpenStreetMap, fetched over the internet."),
]
DateOption = Annotated[
    str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Day of the data; to be filled in when left out.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("new")(new)
    app.command("forms")(forms)


def new(
    target: FolderArgument,
    source: FromOption = None,
    place: PlaceOption = None,
    name: NameOption = "",
    code: CodeOption = "",
    date: DateOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    allow_outside: OutsideOption = False,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Draft study.toml from the layers of a folder; what nobody can see in them (the datum) stays to be filled in.

    Example: accessgis study new 示例县 --from 示例县/数据
    """
    limit_drivers()
    from accessgis.study.draft import draft_place, draft_study

    day = _day(date)
    if place is not None and source is not None:
        raise UsageError("AG2455")
    if place is not None:
        draft = draft_place(target, place, name=name, code=code, date=day)
    else:
        folder = source or target
        draft = draft_study(target, folder, name=name, code=code, date=day, allow_outside=allow_outside)
    if as_json:
        emit_json(_document(target, draft))
        return
    zh = lang is Lang.zh
    typer.echo(f"已写入 {target / 'study.toml'}" if zh else f"Wrote {target / 'study.toml'}")
    typer.echo(
        f"采用 {len(draft.used)} 个图层，{len(draft.unused)} 个文件未采用（列在文件末尾）。"
        if zh
        else f"{len(draft.used)} layers are used, {len(draft.unused)} files are not (listed at its end)."
    )
    if draft.open:
        typer.echo(f"必填：{'、'.join(draft.open)}" if zh else f"To be filled in: {', '.join(draft.open)}")
    for path in draft.uncoded:
        typer.echo(
            f"待补：{path} 没有区划代码列，整个图层当作一个县，代码取 study.code；分乡镇、村评价须另给带代码的图层"
            if zh
            else f"To be completed: {path} has no column of codes and is taken whole as one county, whose code is "
            "study.code; townships and villages need layers with codes"
        )


def forms(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the forms.", show_default=False)],
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Write a blank Excel register for every bureau: the columns that are read, drop-downs, instructions in Chinese.

    Example: accessgis study forms 登记表
    """
    from accessgis.report.forms import write_forms

    names = write_forms(target)
    if as_json:
        emit_json({"folder": target.as_posix(), "forms": names})
        return
    typer.echo(f"已写入 {target}：{len(names)} 份" if lang is Lang.zh else f"Wrote {len(names)} forms to {target}")
    for name in names:
        typer.echo(f"  {name}")


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("AG2453", key="--date", value=text) from error


def _document(target: Path, draft: Any) -> dict[str, Any]:
    return {
        "study": (target / "study.toml").as_posix(),
        "used": [{"path": layer.path, "role": layer.role, "kind": layer.kind} for layer in draft.used],
        "unused": [{"path": layer.path, "reason": layer.reason or None} for layer in draft.unused],
        "open": list(draft.open),
        "uncoded": list(draft.uncoded),
    }
