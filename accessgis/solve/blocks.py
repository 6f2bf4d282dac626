"""Covering with several sums of people at once: the reduced coverage, and the rows that all programs over it share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from accessgis.solve.gains import Gains, pack, restrict
from accessgis.solve.reach import candidates, nearest
from accessgis.solve.result import BoolArray, FloatArray, IntArray, LongArray, Sites
from accessgis.travel.kernels import compiled
from accessgis.travel.within import TimeMatrix


@dataclass(frozen=True, eq=False, kw_only=True)
class Blocks:
    """Places that the same sites cover, as one, and how many people of each sum live there.

    Attributes
    ----------
    gains
        The coverage after reductions; its weights mean nothing.
    site
        Which site of the matrix each of its sites is.
    amount
        People of each sum (rows) in each of its places (columns).
    base
        People of each sum whom the fixed sites cover.
    """

    gains: Gains
    site: LongArray
    amount: FloatArray
    base: FloatArray

    def covered(self, chosen: LongArray) -> FloatArray:
        """Return the people of each sum whom chosen sites cover, beside the fixed ones."""
        inside = np.zeros(self.gains.site_count, np.bool_)
        inside[chosen] = True
        seen = np.zeros(self.gains.weight.size, np.bool_)
        seen[self.gains.place[inside[self.gains.site]]] = True
        found: FloatArray = self.base + self.amount[:, seen].sum(axis=1)
        return found

    def rows(self) -> tuple[Any, FloatArray]:
        """Return the rows ``z_i ≤ Σ_j a_ij x_j`` over sites and places, that of the limit, and their right sides."""
        gains = self.gains
        places, sites = gains.weight.size, gains.site_count
        cover = csr_array((np.ones(gains.place.size), (gains.place, gains.site)), shape=(places, sites))
        spend = csr_array(np.concatenate([gains.cost, np.zeros(places)]).astype(np.float64)[None, :])
        return [csr_array(hstack([-cover, eye_array(places)])), spend], np.append(np.zeros(places), float(gains.limit))

    def adds(self, times: FloatArray) -> FloatArray:
        """Return the people of each sum (columns) whom each site (rows) adds where places are covered so many times."""
        return added(self.gains.start, self.gains.place, np.ascontiguousarray(self.amount.T), times)


def blocks(
    near: TimeMatrix, amount: FloatArray, *, kind: IntArray, sites: Sites, limit: tuple[LongArray, int]
) -> Blocks:
    """Return the reduced coverage of people in several sums; places of different kinds are kept apart."""
    base_site, _ = nearest(near, sites.fixed)
    counted = (amount > 0).any(axis=0)
    unit = np.where((base_site < 0) & counted, kind.astype(np.int64) + 1, 0)[near.origin]
    gains, _ = candidates(near, unit, people=np.ones(counted.size), sites=sites, limit=limit)
    made = restrict(gains, taken=np.empty(0, np.int64), dropped=np.zeros(gains.site_count, np.bool_))
    seen = made.place >= 0
    whole = [np.bincount(made.place[seen], row[seen], made.gains.weight.size) for row in amount]
    return Blocks(
        gains=made.gains,
        site=made.site,
        amount=np.array(whole, np.float64).reshape(amount.shape[0], made.gains.weight.size),
        base=amount[:, base_site >= 0].sum(axis=1),
    )


def weighted(block: Blocks, weight: FloatArray, limit: int) -> Gains:
    """Return the covering problem of whole weights of the places."""
    gains = block.gains
    ones = np.ones(gains.place.size, np.int64)
    return pack(gains.site, gains.place, ones, weight=np.rint(weight).astype(np.int64), cost=gains.cost, limit=limit)


def is_free(gains: Gains, chosen: LongArray) -> BoolArray:
    """Return which sites fit beside the chosen ones."""
    fits = gains.cost <= gains.limit - int(gains.cost[chosen].sum())
    fits[chosen] = False
    return fits


@compiled
def added(start: LongArray, place: IntArray, amount: FloatArray, times: FloatArray) -> FloatArray:
    """Return the sums that each site adds at places that are not covered yet."""
    found = np.zeros((start.size - 1, amount.shape[1]))
    for j in range(start.size - 1):
        for p in range(start[j], start[j + 1]):
            if times[place[p]] == 0:
                for g in range(amount.shape[1]):
                    found[j, g] += amount[place[p], g]
    return found
