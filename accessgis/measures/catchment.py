"""Floating catchments: supply shared out among the people who compete for it.

All take a matrix of times of places (rows) to facilities (columns), what each facility offers (``supply``) and how many
people live at each place (``people``). In all of them

- a **supply of 0** is a facility that is closed: nothing is shared out and nobody is drawn to it, as if it were not in
  the matrix. An **unknown supply** (NaN) is refused: leave such facilities out, and say so;
- a **place without people** has access like any other and takes nothing from anybody, but in :func:`bfca`;
- a **facility without people** in its catchment has the ratio 0: what it offers is not shared out;
- a place that reaches **nothing** has access 0;
- trips beyond the last cutoff of the decay count nothing, trips at it count (inclusive).

Sums are of whole numbers: no result depends on the order of places or facilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accessgis.measures.pairs import amounts, ratio, sums_by_destination, sums_by_origin, weights
from accessgis.travel.decay import Decay
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatingCatchment:
    """Result of a floating catchment.

    Attributes
    ----------
    demand
        People in the catchment of each facility, as the method weights them; shape (facilities,).
    ratio
        Supply of each facility per person of its catchment, 0 where nobody is in it; shape (facilities,).
    access
        Access of each place, supply per person, 0 where nothing is reached; shape (places,).
    """

    demand: FloatArray
    ratio: FloatArray
    access: FloatArray


def two_step(
    times: TimeMatrix, *, supply: ArrayLike, people: ArrayLike, cutoff_ms: int | None = None
) -> FloatingCatchment:
    """Return access by two-step floating catchment (2SFCA; Luo and Wang 2003).

    ``R_j = S_j / Σ_i P_i [t_ij ≤ cutoff]``, then ``A_i = Σ_j R_j [t_ij ≤ cutoff]``.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.
    supply
        What each facility offers, ≥ 0.
    people
        People at each place, ≥ 0.
    cutoff_ms
        Longest time that counts, inclusive; that of the matrix unless given.

    Raises
    ------
    ValueError
        An amount is negative, infinite or NaN, a shape is wrong, or the cutoff is longer than that of the matrix.

    References
    ----------
    Luo, W. and Wang, F. (2003). Measures of spatial accessibility to health care in a GIS environment.
    *Environment and Planning B* 30, 865–884.
    """
    return e2sfca(times, supply=supply, people=people, decay=times.cutoff_ms if cutoff_ms is None else cutoff_ms)


def e2sfca(times: TimeMatrix, *, supply: ArrayLike, people: ArrayLike, decay: Decay | int) -> FloatingCatchment:
    """Return access by enhanced two-step floating catchment (E2SFCA; Luo and Qi 2009).

    ``R_j = S_j / Σ_i P_i f(t_ij)``, then ``A_i = Σ_j R_j f(t_ij)``. With steps
    (:func:`~accessgis.travel.decay.in_steps`) it is the method of the paper, with a curve such as
    :func:`~accessgis.travel.decay.gaussian_to_zero` it is KD2SFCA (Dai 2010); with weights 1 it is 2SFCA. Equal to the
    last bit to :func:`accessgis.travel.reach.two_step`, which makes no matrix.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.
    supply
        What each facility offers, ≥ 0.
    people
        People at each place, ≥ 0.
    decay
        Weight f by time, or a cutoff in milliseconds (inclusive).

    Raises
    ------
    ValueError
        An amount is negative, infinite or NaN, a shape is wrong, or the decay counts longer trips than the matrix
        holds.

    References
    ----------
    Luo, W. and Qi, Y. (2009). An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
    accessibility to primary care physicians. *Health & Place* 15, 1100–1107.
    Dai, D. (2010). Black residential segregation, disparities in spatial access to health care facilities, and
    late-stage breast cancer diagnosis in metropolitan Detroit. *Health & Place* 16, 1038–1052.
    """
    offered, living = _checked(times, supply, people)
    weight = weights(times, decay)
    return _shared(times, offered, living, weight, weight)


def m2sfca(times: TimeMatrix, *, supply: ArrayLike, people: ArrayLike, decay: Decay | int) -> FloatingCatchment:
    """Return access by modified two-step floating catchment (M2SFCA; Delamater 2013).

    ``R_j = S_j / Σ_i P_i f(t_ij)``, then ``A_i = Σ_j R_j f(t_ij)²``: supply that people can reach only by long trips is
    worth less, so that the supply is not shared out whole unless all weights are 0 or 1.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.
    supply
        What each facility offers, ≥ 0.
    people
        People at each place, ≥ 0.
    decay
        Weight f by time, or a cutoff in milliseconds (inclusive).

    Raises
    ------
    ValueError
        As :func:`e2sfca`.

    References
    ----------
    Delamater, P. L. (2013). Spatial accessibility in suboptimally configured health care systems: a modified two-step
    floating catchment area (M2SFCA) metric. *Health & Place* 24, 30–43.
    """
    offered, living = _checked(times, supply, people)
    weight = weights(times, decay)
    return _shared(times, offered, living, weight, weight * weight)


def three_step(
    times: TimeMatrix,
    *,
    supply: ArrayLike,
    people: ArrayLike,
    decay: Decay | int,
    choice: Decay | int | None = None,
) -> FloatingCatchment:
    """Return access by three-step floating catchment (3SFCA; Wan, Zou and Sternberg 2012).

    ``G_ij = g(t_ij) / Σ_k g(t_ik)`` is how likely people at i choose j; then ``R_j = S_j / Σ_i P_i G_ij f(t_ij)`` and
    ``A_i = Σ_j R_j G_ij f(t_ij)``. Only facilities with supply are chosen from.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.
    supply
        What each facility offers, ≥ 0.
    people
        People at each place, ≥ 0.
    decay
        Weight f by time, or a cutoff in milliseconds (inclusive).
    choice
        Weight g by time, by which people choose; ``decay`` unless given. Where g reaches farther than f, people may
        choose what is then too far for them.

    Raises
    ------
    ValueError
        As :func:`e2sfca`.

    References
    ----------
    Wan, N., Zou, B. and Sternberg, T. (2012). A three-step floating catchment area method for analyzing spatial access
    to health services. *International Journal of Geographical Information Science* 26, 1073–1089.
    """
    offered, living = _checked(times, supply, people)
    weight = weights(times, decay)
    chosen = weight if choice is None else weights(times, choice)
    weight = weight * _row_shares(times, _open(times, offered, chosen))
    return _shared(times, offered, living, weight, weight)


def bfca(times: TimeMatrix, *, supply: ArrayLike, people: ArrayLike, decay: Decay | int) -> FloatingCatchment:
    """Return access by balanced floating catchment (BFCA; Paez, Higgins and Vivona 2019).

    Nobody is counted twice: ``w_ij = f(t_ij) / Σ_k f(t_ik)`` divides the people of each place among facilities,
    ``v_ij = f(t_ij) / Σ_k f(t_kj)`` the level of service of each facility among places. ``R_j = S_j / Σ_i P_i w_ij``,
    then ``A_i = Σ_j R_j v_ij``. The demands add up to the people who reach anything, and the accesses add up to the
    ratios: what is kept is the level of service, not the supply. A place without people takes its share of it.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.
    supply
        What each facility offers, ≥ 0. Facilities without supply draw nobody.
    people
        People at each place, ≥ 0.
    decay
        Weight f by time, or a cutoff in milliseconds (inclusive).

    Raises
    ------
    ValueError
        As :func:`e2sfca`.

    References
    ----------
    Paez, A., Higgins, C. D. and Vivona, S. F. (2019). Demand and level of service inflation in floating catchment area
    (FCA) methods. *PLoS ONE* 14, e0218773.
    """
    offered, living = _checked(times, supply, people)
    weight = _open(times, offered, weights(times, decay))
    reached = sums_by_destination(times, weight, np.ones(times.origin_count))
    by_column = ratio(weight, reached[times.destination])
    return _shared(times, offered, living, _row_shares(times, weight), by_column)


def _checked(times: TimeMatrix, supply: ArrayLike, people: ArrayLike) -> tuple[FloatArray, FloatArray]:
    return amounts(supply, times.destination_count, "supply"), amounts(people, times.origin_count, "people")


def _open(times: TimeMatrix, offered: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the weights, 0 where the facility offers nothing."""
    return weight if (offered > 0).all() else np.where((offered > 0)[times.destination], weight, 0.0)


def _row_shares(times: TimeMatrix, weight: FloatArray) -> FloatArray:
    """Return the weights of each place over their sum."""
    total = sums_by_origin(times, weight, np.ones(times.destination_count))
    return ratio(weight, np.repeat(total, np.diff(times.start)))


def _shared(
    times: TimeMatrix, offered: FloatArray, living: FloatArray, drawn: FloatArray, served: FloatArray
) -> FloatingCatchment:
    """Return the catchment of weights by which people are drawn to facilities and are served by them."""
    demand = sums_by_destination(times, drawn, living)
    per_head = ratio(offered, demand)
    return FloatingCatchment(demand=demand, ratio=per_head, access=sums_by_origin(times, served, per_head))
