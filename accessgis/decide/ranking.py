"""Ranks that their uncertainty allows: two counties within each other's range are not ordered."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.decide.history import INDEX

_SAME = ("basis", "mode", "definition")
"""What figures must share to be ranked beside each other; the index is ranked with its counts of rules beside it."""


def interval_ranks(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the interval order of some ranges, of which larger is better.

    One range is better than another when all of it lies above all of the other. What overlaps is not ordered: two
    counties whose ranges overlap are always in one group, those of different groups never overlap.

    Parameters
    ----------
    low, high
        Ends of the n ranges, low ≤ high.

    Returns
    -------
    numpy.ndarray
        n × 3: group (1 the best), best and worst rank that the ranges leave open (1…n).

    References
    ----------
    P. C. Fishburn (1970), Intransitive indifference with unequal indifference intervals, Journal of Mathematical
    Psychology 7, 144–149: the order “wholly above” of intervals.
    """
    ends, starts = np.sort(high), np.sort(low)
    first = 1 + len(low) - np.searchsorted(starts, high, side="right")
    last = len(low) - np.searchsorted(ends, low, side="left")
    group = np.zeros(len(low), dtype=np.int64)
    number, lowest = 0, np.inf
    for place in np.argsort(-high, kind="stable"):
        # From the best end down, a range that lies wholly below all so far begins the next group.
        number, lowest = (number + 1, low[place]) if high[place] < lowest else (number, min(lowest, low[place]))
        group[place] = number
    return np.column_stack([group, first, last]).astype(np.int64)


def ranks(table: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Return group and open ranks of every row among the counties of its rule and year.

    Parameters
    ----------
    table
        Rows with ``rule, year, op, low, high, value, path, basis, mode, definition``. A rule is not ranked in a year in
        which counties differ in data basis, mode or definition; of counties that were not judged nobody is.

    Returns
    -------
    dict
        ``tie``, ``rank_first``, ``rank_last``: 0 where a row is not ranked.
    """
    found = np.zeros((len(table), 3), dtype=np.int64)
    places = pd.Series(np.arange(len(table)), index=table.index)
    for (rule, _), rows in table.groupby(["rule", "year"], sort=False):
        mine = rows[(rows["path"] != "not_judged") & (rows["op"] != "about")]
        names = [name for name in _SAME if not (rule == INDEX and name == "definition")]
        if len(mine) < 2 or any(len({*mine[name]} - {""}) > 1 for name in names):
            continue
        upwards = mine["op"].iloc[0] in (">=", ">")
        low, high = mine["low"].to_numpy(), mine["high"].to_numpy()
        found[places[mine.index]] = interval_ranks(low, high) if upwards else interval_ranks(-high, -low)
    return {"tie": found[:, 0], "rank_first": found[:, 1], "rank_last": found[:, 2]}
