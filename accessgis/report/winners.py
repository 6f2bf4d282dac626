"""Who wins and who loses by a change, by name: the lowest units of each rule, and the verdicts that flip."""

from __future__ import annotations

from typing import Any

import pandas as pd


def place_names(table: pd.DataFrame) -> dict[str, str]:
    """Return code → name of every area of a comparison, villages as 乡镇+村.

    Codes of villages begin with that of their township; where none does, the village's name stands alone.
    """
    areas = table.drop_duplicates(["level", "area"])
    names = dict(zip(areas["area"], areas["area_name"], strict=True))
    townships = {code: names[code] for code in areas.loc[areas["level"] == "township", "area"]}
    for code in areas.loc[areas["level"] == "village", "area"]:
        above = [townships[code[:size]] for size in range(len(code) - 1, 0, -1) if code[:size] in townships]
        names[code] = f"{above[0]}{names[code]}" if above else names[code]
    return names


def lowest_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every rule's own profiles at its lowest level, with ``won`` and ``lost_by`` in people.

    Where it is not known who is covered, the net change stands for them.
    """
    own = table[table["headline"] & (table["unit"] == "")]
    lowest = own.groupby("rule", sort=False)["level"].transform("last")
    rows = own[own["level"] == lowest]
    net = (rows["after"] - rows["before"]).fillna(0.0)
    return rows.assign(
        won=rows["gained"].fillna(net.clip(lower=0.0)), lost_by=rows["lost"].fillna((-net).clip(lower=0.0))
    )


def winners_document(table: pd.DataFrame) -> dict[str, Any]:
    """Return ``villages`` and ``flips`` of ``comparison.json``: units with people won or lost, verdicts that flip."""
    places = place_names(table)
    rows = lowest_rows(table)
    rows = rows[(rows["won"] > 0) | (rows["lost_by"] > 0)]
    flips = table[table["verdict_before"] != table["verdict_after"]]
    return {
        "villages": [
            {
                "rule": row["rule"],
                "level": row["level"],
                "area": row["area"],
                "place": places[row["area"]],
                "gained": row["won"],
                "lost": row["lost_by"],
            }
            for row in rows.to_dict("records")
        ],
        "flips": [
            {
                "rule": row["rule"],
                "level": row["level"],
                "area": row["area"],
                "place": places[row["area"]],
                "profile": row["profile"],
                "before": row["verdict_before"],
                "after": row["verdict_after"],
            }
            for row in flips.to_dict("records")
        ],
    }
