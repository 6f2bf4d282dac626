"""``accessgis kinds``: facility kinds, zh–en, with the tags and names that map to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from accessgis.cli.options import DebugOption, JsonOption, Lang, LangOption, emit_json, language

if TYPE_CHECKING:
    from accessgis.standards.kinds import OsmRule


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("kinds")(kinds)


def kinds(
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """List facility kinds: id, Chinese and English name, other names, OpenStreetMap tags.

    Example: accessgis kinds --lang en
    """
    from dataclasses import asdict

    from accessgis.standards.kinds import load_kinds

    known = load_kinds()
    if as_json:
        emit_json([{**asdict(kind), "osm": [_tags(rule) for rule in kind.osm]} for kind in known.values()])
        return
    from rich.console import Console

    from accessgis.report.terminal import print_kinds

    print_kinds(list(known.values()), console=Console(), lang=language(lang))


def _tags(rule: OsmRule) -> dict[str, list[str]]:
    """Return the tags of a rule with the values of each that fit."""
    return {key: sorted(values) for key, values in rule.tags}
