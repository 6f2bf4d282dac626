"""The audit of datums in words: how far each layer lies from the roads or borders as declared, and otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from accessgis.base.errors import Language
from accessgis.report.wording import say


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualLine:
    """One layer held against one thing: median distances in whole metres, as declared and in the next best datum."""

    layer: str
    against: str
    points: str
    declared: str
    before: str
    other: str
    after: str
    verdict: str


def residual_lines(audit: pd.DataFrame | None, lang: Language) -> tuple[ResidualLine, ...]:
    """Return a line for each layer and what it was held against, schema ``DATUM_AUDIT``, in its order."""
    if audit is None or audit.empty:
        return ()
    lines = []
    for (layer, evidence, other), rows in audit.groupby(["layer", "evidence", "other"], sort=False):
        declared = rows.iloc[0]
        best = rows.iloc[1:].sort_values(["median_m", "datum"]).iloc[0]
        verdict = "better" if rows["better"].any() else "fits" if declared["settled"] else "open"
        better = rows.loc[rows["better"], "datum"].tolist()
        lines.append(
            ResidualLine(
                layer=str(layer),
                against=say(f"audit.{evidence}", lang, other=str(other)),
                points=f"{int(declared['points']):,}",
                declared=say(f"audit.datum_{declared['datum']}", lang),
                before=f"{declared['median_m']:,.0f}",
                other=say(f"audit.datum_{best['datum']}", lang),
                after=f"{best['median_m']:,.0f}",
                verdict=say(f"audit.{verdict}", lang, datum=say(f"audit.datum_{better[0]}", lang) if better else ""),
            )
        )
    return tuple(lines)
