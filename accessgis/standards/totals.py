"""What an official total may be of: people, kinds of facilities, roads and units; the names of them."""

from __future__ import annotations

from accessgis.base.files import packaged_toml
from accessgis.standards.kinds import load_kinds
from accessgis.standards.model import Title


def total_name(what: str) -> Title:
    """Return what a total is of in both languages, such as ``facilities:library`` or ``population:age60plus``.

    Raises
    ------
    KeyError
        There are no totals of it.
    """
    subject, _, detail = what.partition(":")
    if subject == "facilities":
        kind = load_kinds()[detail]
        return Title(zh=kind.zh, en=kind.en)
    entry = packaged_toml("accessgis.standards.data", "totals.toml")[subject]
    zh, en = (f"（{detail}）", f" ({detail})") if detail not in ("", "total") else ("", "")
    return Title(zh=entry["zh"] + zh, en=entry["en"] + en)
