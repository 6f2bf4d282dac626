"""What stands above the tables of the annual report: where results of two years or counties are not alike."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from accessgis.base.errors import Language
from accessgis.decide.history import INDEX
from accessgis.decide.monitoring import Monitoring, Observed
from accessgis.report.monitor_cells import rule_title
from accessgis.report.wording import listing, say

_SHOWN = 8
_ROWWISE = ("units", "basis", "mode", "rule")


def caution_texts(monitoring: Monitoring, lang: Language) -> tuple[str, ...]:
    """Return what the reader must know before comparing, a sentence for each."""
    table, found = monitoring.table, []

    def tell(key: str, names: Iterable[str], **values: str | int) -> None:
        told = list(dict.fromkeys(names))
        if told:
            shown = listing(told[:_SHOWN], lang)
            if len(told) > _SHOWN:
                shown = say("compare.and_more", lang, names=shown, count=len(told))
            found.append(say(f"monitor.caution_{key}", lang, names=shown, **values))

    last = monitoring.years[-1]
    if any(one.study.get("generated") for one in monitoring.results):
        found.append(say("monitor.caution_generated", lang))
    tell("absent", [f"{name}({code})" for code, name in monitoring.absent], year=last)
    for reason in _ROWWISE:
        rows = table[table["not_comparable"].str.split(";").map(lambda reasons, name=reason: name in reasons)]
        tell(reason, _places(monitoring, rows, reason, lang))
    if monitoring.crosswalk is not None:
        restated = table[table["restated"] != ""].drop_duplicates("county")
        names = [f"{row['county_name']}({row['county']})" for row in restated.to_dict("records")]
        tell("restated", names, file=monitoring.crosswalk["file"])
    tell("unranked", _unranked(monitoring, lang), year=last)
    tell("as_of", [f"{one.day.year}: {as_of}" for one in monitoring.results if (as_of := _as_of(one))]
         if len({_as_of(one) for one in monitoring.results}) > 1 else [])  # fmt: skip
    tell("table", [one.label for one in monitoring.results if not one.whole])
    tell("older", [f"{one.label} {one.day.isoformat()}" for one in monitoring.older])
    judged = table.loc[(table["rule"] == INDEX) & (table["year"] == last), "rules_judged"]
    if len(set(judged)) > 1:
        found.append(say("monitor.caution_index", lang, least=int(judged.min()), most=int(judged.max())))
    return tuple(found)


def _as_of(one: Observed) -> str:
    return str(one.study.get("population_as_of") or "")


def _places(monitoring: Monitoring, rows: pd.DataFrame, reason: str, lang: Language) -> list[str]:
    """Return which counties, rules and years a caution is about; whole counties where codes or borders changed."""
    lines = rows.to_dict("records")
    if reason == "units":
        return [f"{row['county_name']}({row['county']})" for row in lines]
    titles = {row["rule"]: rule_title(monitoring.rules, str(row["rule"]), lang) for row in lines}
    return [
        say("monitor.name_of", lang, county=row["county_name"], rule=titles[row["rule"]], year=row["year"])
        for row in lines
    ]


def _unranked(monitoring: Monitoring, lang: Language) -> list[str]:
    """Return the rules that several judged counties of the last year have, and that are not ranked for all that."""
    last = monitoring.table[monitoring.table["year"] == monitoring.years[-1]]
    judged = last[(last["path"] != "not_judged") & (last["op"] != "about")]
    rules = judged.groupby("rule", sort=False)["tie"].agg(["size", "max"])
    return [
        rule_title(monitoring.rules, str(rule), lang) for rule in rules[(rules["size"] > 1) & (rules["max"] == 0)].index
    ]
