"""``accessgis standards``: list, show and check rules."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from accessgis.cli.options import DebugOption, JsonOption, Lang, LangOption, emit_json, language

app = typer.Typer(no_args_is_help=True, help="The rules of the plans, as data.")


class RuleKindOption(StrEnum):
    """Kinds of rules."""

    circle = "circle"
    presence = "presence"
    ratio = "ratio"
    share = "share"
    consolidation = "consolidation"
    total = "total"
    direction = "direction"


@app.command("list")
def list_rules(
    code: Annotated[str | None, typer.Option("--code", help="Only rules in scope for this area code.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only rules of this plan.")] = None,
    kind: Annotated[RuleKindOption | None, typer.Option("--kind", help="Only rules of this kind.")] = None,
    facility: Annotated[
        str | None, typer.Option("--facility", help="Only rules about this facility kind (id or Chinese name).")
    ] = None,
    date: Annotated[
        dt.datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Only rules in force on this day.")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """List the rules that ship with accessgis.

    Example: accessgis standards list --code 140728 --kind presence --facility 村卫生室
    """
    from accessgis.standards.catalogue import in_force, load_catalogue, to_record
    from accessgis.standards.kinds import kind_id

    catalogue = load_catalogue()
    chosen = catalogue.standards if code is None else catalogue.in_scope(code, dt.date.max)
    if source is not None:
        wanted = {rule.id for rule in catalogue.of_source(source)}
        chosen = tuple(rule for rule in chosen if rule.id in wanted)
    if kind is not None:
        chosen = tuple(rule for rule in chosen if rule.kind == kind.value)
    if facility is not None:
        name = kind_id(facility)
        chosen = tuple(rule for rule in chosen if any(name in kinds for kinds in rule.facilities_any))
    if date is not None:
        chosen = tuple(rule for rule in chosen if in_force(rule, date.date()))
    if as_json:
        emit_json([to_record(rule) for rule in chosen])
        return
    from rich.console import Console

    from accessgis.report.terminal import print_rules

    print_rules(chosen, console=Console(), lang=language(lang))


@app.command("show")
def show_rule(
    rule: Annotated[str, typer.Argument(metavar="ID", help="Rule id.", show_default=False)],
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Print one rule in plain words: what it asks, where it stands, what is assumed.

    Example: accessgis standards show guizhou-14fyp/rural-medical-30
    """
    from accessgis.standards.catalogue import load_catalogue, to_record

    catalogue = load_catalogue()
    found = catalogue.find(rule)
    if as_json:
        emit_json(to_record(found))
        return
    from rich.console import Console

    from accessgis.report.terminal import print_rule

    print_rule(found, catalogue, console=Console(), lang=language(lang))


@app.command("check")
def check_rules(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bureau's own rule file.", show_default=False)],
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Check a bureau's own rule file.

    Example: accessgis standards check own.toml
    """
    from accessgis.standards.catalogue import load_catalogue, read_rules, to_record

    rules = read_rules(file, label=file.name)
    load_catalogue().extended(rules, label=file.name)
    if as_json:
        emit_json([to_record(rule) for rule in rules])
        return
    typer.echo(
        f"{file.name}：{len(rules)} 条规则，无错误。"
        if lang is Lang.zh
        else f"{file.name}: {len(rules)} rules, no errors."
    )
