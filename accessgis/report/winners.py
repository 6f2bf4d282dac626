"""Who wins and who loses by a change: the lowest units of each rule, and the verdicts that flip."""

from __future__ import annotations

from typing import Any

import pandas as pd


def lowest_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every rule's own profiles at its lowest level, with ``won`` and ``lost_by`` in people.

    Where it is not known who is covered, the net change stands for them. Units whose borders or codes changed are left
    out: nobody is won or lost there.
    """
    own = table[table["headline"] & (table["unit"] == "")]
    lowest = own.groupby("rule", sort=False)["level"].transform("last")
    rows = own[(own["level"] == lowest) & (own["units"] != "changed")]
    net = (rows["after"] - rows["before"]).fillna(0.0)
    return rows.assign(
        won=rows["gained"].fillna(net.clip(lower=0.0)), lost_by=rows["lost"].fillna((-net).clip(lower=0.0))
    )


def winners_document(table: pd.DataFrame) -> dict[str, Any]:
    """Return ``villages`` and ``flips`` of ``comparison.json``: units with people won or lost, verdicts that flip."""
    rows = lowest_rows(table)
    rows = rows[(rows["won"] > 0) | (rows["lost_by"] > 0)]
    verdicts = table[["verdict_before", "verdict_after"]]
    # A unit of which nothing was said and now nothing can be said has no verdict that flips.
    told = ~verdicts.isin(["", "not_judged"]).all(axis=1)
    flips = table[told & (table["verdict_before"] != table["verdict_after"]) & (table["units"] != "changed")]
    return {
        "villages": [
            {
                "rule": row["rule"],
                "level": row["level"],
                "area": row["area"],
                "place": row["area_name"],
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
                "place": row["area_name"],
                "profile": row["profile"],
                "before": row["verdict_before"],
                "after": row["verdict_after"],
            }
            for row in flips.to_dict("records")
        ],
    }
