"""Chosen sites as text ready to print, as plain values, and as a scenario that can be run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from accessgis.base.errors import Language
from accessgis.decide.locate import Located
from accessgis.report.facts import metres_text, minutes_text
from accessgis.report.land_view import land_notes, unchecked_note
from accessgis.report.numbers import minutes_within, percent, persons, whole
from accessgis.report.wording import kind_name, say, titled
from accessgis.study.measure import Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedView:
    """Chosen sites ready to print.

    Attributes
    ----------
    heading
        Rule, kind and what was asked.
    columns, rows
        A table of the sites in the order in which they are worth building.
    notes
        What they reach together, how good that is proven to be, and what was assumed.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def located_document(found: Located) -> dict[str, Any]:
    """Return the answer as plain values."""
    told = {
        name: getattr(found, name)
        for name in (
            "rule", "kind", "objective", "people", "covered_before", "covered_after", "value", "bound", "gap", "proven",
            "stopped", "out_of_reach", "candidates", "candidates_given", "forbidden",
        )
    }  # fmt: skip
    return told | {"sites": found.chosen.to_dict("records"), "curve": found.curve.to_dict("records")}


def located_scenario(found: Located, *, name: str, study: str) -> str:
    """Return a scenario file that builds the chosen sites.

    Parameters
    ----------
    found
        Chosen sites.
    name
        Name of the scenario.
    study
        The study file, relative to where the scenario will stand.
    """
    lines = ["[scenario]", f"name = {_quoted(name)}", f"study = {_quoted(study)}"]
    for row in found.chosen.to_dict("records"):
        lines += [
            "",
            f"# {str(row['place']).translate(_UNBROKEN)}",
            "[[change]]",
            'action = "add"',
            f"kind = {_quoted(found.kind)}",
            f"at = [{row['lon']:.7f}, {row['lat']:.7f}]",
            'datum = "wgs84"',
        ]
    return "\n".join(lines) + "\n"


_UNBROKEN = dict.fromkeys((*range(32), 127, 133, 8232, 8233), " ")
"""What would end a comment."""


def _quoted(text: str) -> str:
    """Return text as a TOML string: JSON's form is one, but for the character 127."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def located_view(measured: Measured, found: Located, *, lang: Language = "zh") -> LocatedView:
    """Return chosen sites ready to print."""
    record = next(record for record in measured.records if record.rule == found.rule)
    rows = tuple(
        (
            str(row["number"]),
            f"{row['place']}\n{row['lon']:.5f}, {row['lat']:.5f}",
            persons(whole(row["adds"]), lang),
            f"{persons(whole(row['covered']), lang)}\n{_share(row['covered_share'])}",
        )
        for row in found.chosen.to_dict("records")
    )
    return LocatedView(
        heading=say(
            "locate.heading",
            lang,
            rule=titled(record.title, lang),
            kind=kind_name(found.kind, lang),
            objective=say(f"locate.{found.objective}", lang),
        ),
        columns=tuple(say(f"locate.{name}", lang) for name in ("number", "place", "adds", "covered")),
        rows=rows,
        notes=(
            *_notes(found, metres=record.limit_s is None, lang=lang),
            unchecked_note(measured.prepared, lang),
            *land_notes(measured.prepared, found.forbidden, lang),
        ),
    )


def _share(share: float) -> str:
    return percent(share) if share == share else "—"


def _notes(found: Located, *, metres: bool, lang: Language) -> list[str]:
    notes = [
        say(
            "locate.sum",
            lang,
            before=_share(found.covered_before / found.people if found.people else float("nan")),
            after=_share(found.covered_after / found.people if found.people else float("nan")),
            people=persons(whole(found.covered_after - found.covered_before), lang),
        )
    ]
    if found.objective in ("p-median", "p-center") and found.value == found.value:
        length = metres_text(whole(found.value), lang) if metres else minutes_text(minutes_within(found.value), lang)
        notes.append(say(f"locate.value_{found.objective}", lang, value=length))
    if found.proven:
        notes.append(say("locate.proven", lang))
    else:
        gap = f"{found.gap:.2%}"
        notes.append(say("locate.gap", lang, gap=gap))
    if found.stopped:
        notes.append(say("locate.stopped", lang))
    if found.out_of_reach >= 0.5:
        notes.append(say("locate.out_of_reach", lang, people=persons(whole(found.out_of_reach), lang)))
    where = "locate.candidates_given" if found.candidates_given else "locate.candidates"
    return [*notes, say(where, lang, count=f"{found.candidates:,}")]
