"""What every siting model takes and returns: candidate sites, effort, and an answer with its bound."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_EXACT = 1e-9
"""Gap at which an answer counts as proven: what is left is rounding."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Sites:
    """Sites among which a model chooses; make it with :func:`sites`.

    Attributes
    ----------
    cost
        What opening costs, or for an existing site that may close, keeping it.
    fixed
        Existing sites that stay open whatever is chosen: they cost nothing and count towards no limit.
    most
        How many people each can serve, in the capacitated models; ``inf`` is no limit.
    least
        How many people a chosen site must serve at least, in the capacitated models.
    """

    cost: FloatArray
    fixed: BoolArray
    most: FloatArray
    least: FloatArray


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How far a model goes.

    Attributes
    ----------
    gap
        Stop when the answer is proven to lie within this share of the best; 0 asks for the best itself.
    time_limit_s
        Stop after about so many seconds with the best found so far. An answer that the clock cut short says so, and
        is the only kind that may differ from machine to machine.
    """

    gap: float = 0.0
    time_limit_s: float = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.gap < 1:
            raise ValueError("gap is a share: 0 asks for the best, 0.01 for within one per cent of it")
        if not self.time_limit_s > 0:
            raise ValueError("time_limit_s is above 0")


@dataclass(frozen=True, eq=False, kw_only=True)
class Siting:
    """Chosen sites, what they reach, and how good that is.

    Attributes
    ----------
    chosen
        Chosen sites in the order of what each adds; the fixed ones are not among them.
    adds
        What each chosen site gives when those before it are open: people whom it brings within reach, or in a median
        the time that it saves.
    base
        The same measure with the fixed sites alone: people within reach, or in a median the time of all.
    objective
        What the model makes large (``sense`` is ``"max"``) or small (``"min"``), with the fixed and the chosen sites.
    bound
        No choice has a better objective.
    sense
        ``"max"`` or ``"min"``.
    stopped
        Whether the time limit cut the search short.
    site
        The site that serves each place: the nearest chosen or fixed one, the lowest index among equals; −1 is none.
    out_of_reach
        Places with people that no site reaches, fixed, chosen or not.
    """

    chosen: LongArray
    adds: FloatArray
    base: float
    objective: float
    bound: float
    sense: str
    stopped: bool
    site: IntArray
    out_of_reach: LongArray

    @property
    def gap(self) -> float:
        """How far at most the best lies from the objective, as a share of the objective."""
        missing = abs(self.bound - self.objective)
        return 0.0 if missing == 0 else missing / abs(self.objective) if self.objective else np.inf

    @property
    def proven(self) -> bool:
        """Whether nothing is better."""
        return self.gap <= _EXACT


@dataclass(frozen=True, eq=False, kw_only=True)
class Allotment(Siting):
    """Chosen sites with limited room, and who goes where.

    Attributes
    ----------
    flow
        People of each pair of the matrix, in its order; fractions of people occur.
    load
        People served by each site.
    served
        People of each place who are served.
    """

    flow: FloatArray
    load: FloatArray
    served: FloatArray


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Effort that is being spent."""

    effort: Effort
    start: float = field(default_factory=time.perf_counter)

    def left_s(self) -> float:
        """Return the seconds left."""
        return self.start + self.effort.time_limit_s - time.perf_counter()

    def late(self) -> bool:
        """Return whether time is up."""
        return self.left_s() <= 0


def sites(
    count: int,
    *,
    cost: ArrayLike | None = None,
    fixed: ArrayLike | None = None,
    most: ArrayLike | None = None,
    least: ArrayLike | None = None,
) -> Sites:
    """Return sites for a model.

    An existing site that may close is a candidate like any other: its cost is that of keeping it.

    Parameters
    ----------
    count
        Number of sites: the columns of the matrix of times.
    cost
        What each costs, ≥ 0; 1 each where left out.
    fixed
        Indices of existing sites that stay open, or a truth value for each.
    most
        How many people each can serve, ``inf`` without limit, which is what is left out.
    least
        How many people a chosen site must serve at least; 0 where left out. Fixed sites need not.

    Raises
    ------
    ValueError
        A cost is negative, infinite or unknown, or a shape is wrong.
    """
    known = np.ones(count) if cost is None else amounts(cost, count, "cost")
    given = np.asarray([] if fixed is None else fixed)
    stays = np.zeros(count, np.bool_)
    if given.dtype == np.bool_:
        if given.shape != (count,):
            raise ValueError(f"fixed has the shape {given.shape}, there are {count} sites")
        stays[:] = given
    elif given.size:
        if given.ndim != 1 or (given < 0).any() or (given >= count).any():
            raise ValueError(f"fixed holds a site that does not exist: there are {count}")
        stays[given.astype(np.int64)] = True
    room = np.full(count, np.inf) if most is None else np.asarray(most, dtype=np.float64)
    if room.shape != (count,) or np.isnan(room).any() or (room < 0).any():
        raise ValueError(f"most holds a number that is not negative, or inf, for each of {count} sites")
    needed = np.zeros(count) if least is None else amounts(least, count, "least")
    if (needed > room).any():
        raise ValueError("a site cannot serve its least: it is above its most")
    return Sites(cost=known, fixed=stays, most=room, least=needed)


def amounts(values: ArrayLike, count: int, what: str) -> FloatArray:
    """Return amounts of one side of the matrix, checked: as many as there are, known, finite and not negative."""
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (count,):
        raise ValueError(f"{what} has the shape {found.shape}, the matrix asks for ({count},)")
    if not (np.isfinite(found) & (found >= 0)).all():
        raise ValueError(f"{what} must be known, finite and not negative")
    return found
