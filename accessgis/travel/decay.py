"""How much a trip counts by its time: within a cutoff, in steps, or along any curve.

References
----------
Bauer, J. and Groneberg, D. A. (2016). Measuring spatial accessibility of health care providers – introduction of a
variable distance decay function within the floating catchment area (FCA) method. *PLoS ONE* 11, e0159148.
Black, J. and Conroy, M. (1977). Accessibility measures and the social evaluation of urban structure. *Environment and
Planning A* 9, 1013–1031.
Dai, D. (2010). Black residential segregation, disparities in spatial access to health care facilities, and late-stage
breast cancer diagnosis in metropolitan Detroit. *Health & Place* 16, 1038–1052.
Hansen, W. G. (1959). How accessibility shapes land use. *Journal of the American Institute of Planners* 25, 73–76.
Ingram, D. R. (1971). The concept of accessibility: a search for an operational form. *Regional Studies* 5, 101–107.
Kwan, M.-P. (1998). Space-time and integral measures of individual accessibility. *Geographical Analysis* 30, 191–216.
Luo, W. and Qi, Y. (2009). An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
accessibility to primary care physicians. *Health & Place* 15, 1100–1107.
Luo, W. and Wang, F. (2003). Measures of spatial accessibility to health care in a GIS environment. *Environment and
Planning B* 30, 865–884.
Wilson, A. G. (1971). A family of spatial interaction models, and associated developments. *Environment and Planning* 3,
1–32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from accessgis.travel.kernels import readonly

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]

_BITS = 61


@dataclass(frozen=True, eq=False, kw_only=True)
class Decay:
    """The weight of a trip by its whole milliseconds; nothing beyond the last cutoff.

    Attributes
    ----------
    cutoff_ms
        Ends of the steps, ascending, inclusive.
    weight
        Weight of each step, 0 to 1.
    curve
        Weight at every whole millisecond up to the only cutoff, or empty where the steps say it all.
    """

    cutoff_ms: LongArray
    weight: FloatArray
    curve: FloatArray

    @property
    def last_ms(self) -> int:
        """Longest time that counts."""
        return int(self.cutoff_ms[-1])

    def at(self, ms: NDArray[np.generic]) -> FloatArray:
        """Return the weights of times."""
        times = np.asarray(ms)
        inside = times <= self.last_ms
        if self.curve.size:
            weights: FloatArray = np.where(inside, self.curve[np.where(inside, times, 0).astype(np.int64)], 0.0)
            return weights
        return np.append(self.weight, 0.0)[np.searchsorted(self.cutoff_ms, times)]


def within_cutoff(cutoff_ms: int) -> Decay:
    """Return the decay that counts every trip up to and including ``cutoff_ms`` fully (2SFCA; Luo and Wang 2003)."""
    return in_steps([cutoff_ms], [1.0])


def in_steps(cutoff_ms: Sequence[int], weight: Sequence[float]) -> Decay:
    """Return a decay in steps (E2SFCA; Luo and Qi 2009).

    Parameters
    ----------
    cutoff_ms
        Ends of the steps, ascending, inclusive.
    weight
        Weight of each step, 0 to 1.
    """
    if not cutoff_ms or len(cutoff_ms) != len(weight) or cutoff_ms[0] < 0 or (np.diff(cutoff_ms) <= 0).any():
        raise ValueError("cutoff_ms must ascend from 0 or more, with one weight each")
    if not all(0 <= w <= 1 for w in weight):
        raise ValueError("weights lie between 0 and 1")
    return Decay(
        cutoff_ms=readonly(np.array(cutoff_ms), np.int64),
        weight=readonly(np.array(weight), np.float64),
        curve=readonly(np.empty(0), np.float64),
    )


def along_curve(weight: Callable[[FloatArray], FloatArray], cutoff_ms: int) -> Decay:
    """Return a decay along a curve (KD2SFCA; Dai 2010), evaluated once for each whole millisecond.

    Parameters
    ----------
    weight
        Takes times in milliseconds and returns weights from 0 to 1.
    cutoff_ms
        Longest time that counts, inclusive; eight bytes are kept for each millisecond.
    """
    if cutoff_ms < 0:
        raise ValueError("cutoff_ms must not be negative")
    curve = np.asarray(weight(np.arange(cutoff_ms + 1, dtype=np.float64)), dtype=np.float64)
    if curve.shape != (cutoff_ms + 1,) or not ((curve >= 0) & (curve <= 1)).all():
        raise ValueError("a curve gives one weight between 0 and 1 for each time")
    return Decay(
        cutoff_ms=readonly(np.array([cutoff_ms]), np.int64),
        weight=readonly(np.ones(1), np.float64),
        curve=readonly(curve, np.float64),
    )


def gaussian(sigma_ms: float, *, cutoff_ms: int) -> Decay:
    """Return the bell curve ``f(t) = exp(−t² / 2σ²)``, 0.607 at one σ (modified Gaussian; Ingram 1971; Kwan 1998).

    Parameters
    ----------
    sigma_ms
        Width σ, more than 0.
    cutoff_ms
        Longest time that counts, inclusive.
    """
    _above_zero(sigma_ms=sigma_ms)
    return along_curve(lambda ms: np.exp(-0.5 * (ms / sigma_ms) ** 2), cutoff_ms)


def gaussian_to_zero(cutoff_ms: int) -> Decay:
    """Return the bell curve that falls to 0 at the cutoff, as Gaussian 2SFCA uses it (Dai 2010).

    ``f(t) = (exp(−½ (t / cutoff)²) − exp(−½)) / (1 − exp(−½))``.
    """
    _above_zero(cutoff_ms=cutoff_ms)
    end = np.exp(-0.5)
    return along_curve(lambda ms: (np.exp(-0.5 * (ms / cutoff_ms) ** 2) - end) / (1 - end), cutoff_ms)


def exponential(scale_ms: float, *, cutoff_ms: int) -> Decay:
    """Return the negative exponential ``f(t) = exp(−t / scale)`` (Wilson 1971; Kwan 1998), with β = 1 / scale.

    Parameters
    ----------
    scale_ms
        Time by which the weight falls to 0.368, more than 0.
    cutoff_ms
        Longest time that counts, inclusive.
    """
    _above_zero(scale_ms=scale_ms)
    return along_curve(lambda ms: np.exp(-ms / scale_ms), cutoff_ms)


def inverse_power(exponent: float, *, from_ms: float, cutoff_ms: int) -> Decay:
    """Return the inverse power ``f(t) = (max(t, from) / from)^−exponent`` (Hansen 1959).

    Parameters
    ----------
    exponent
        How steeply it falls, 0 or more.
    from_ms
        Up to here the weight is 1, so that it stays finite at 0; more than 0.
    cutoff_ms
        Longest time that counts, inclusive.
    """
    _above_zero(from_ms=from_ms)
    return along_curve(lambda ms: (np.maximum(ms, from_ms) / from_ms) ** -exponent, cutoff_ms)


def linear(cutoff_ms: int) -> Decay:
    """Return the straight line ``f(t) = 1 − t / cutoff`` (Black and Conroy 1977; Kwan 1998)."""
    _above_zero(cutoff_ms=cutoff_ms)
    return along_curve(lambda ms: 1 - ms / cutoff_ms, cutoff_ms)


def logistic(inflection_ms: float, *, spread_ms: float, cutoff_ms: int) -> Decay:
    """Return the falling logistic curve, scaled to 1 at 0 (Bauer and Groneberg 2016).

    ``f(t) = (1 + exp(−m k)) / (1 + exp((t − m) k))`` with the inflection m and ``k = π / (√3 spread)``.

    Parameters
    ----------
    inflection_ms
        Where it falls most steeply, 0 or more.
    spread_ms
        Standard deviation of the logistic distribution, more than 0.
    cutoff_ms
        Longest time that counts, inclusive.
    """
    _above_zero(spread_ms=spread_ms)
    k = np.pi / (np.sqrt(3) * spread_ms)
    # In terms of exp(−…) nothing overflows: expit(x) = 1 / (1 + exp(−x)).
    return along_curve(lambda ms: expit((inflection_ms - ms) * k) / expit(inflection_ms * k), cutoff_ms)


def _above_zero(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be more than 0")


def scale_bits(amounts: FloatArray) -> int:
    """Return how many binary places amounts can be given so that the sum of all of them still fits 64 bits.

    Sums of whole numbers do not depend on their order: engines and numbers of threads agree to the last bit. The sum
    of n terms is off by at most n × 2^−(bits + 1).

    Raises
    ------
    ValueError
        An amount is negative or not finite, or the sum exceeds 2^61.
    """
    values = np.asarray(amounts, dtype=np.float64)
    if values.size and not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("amounts must be finite and not negative")
    bits = _BITS - int(np.ceil(np.log2(values.sum() + values.size + 1.0)))
    if bits < 0:
        raise ValueError("the amounts are too large to add up exactly")
    return min(bits, 1000)


class Worth(NamedTuple):
    """What points amount to by time: in steps, or along a curve.

    Attributes
    ----------
    cutoff, amount
        Ends of the steps, and how much more each point amounts to within a step than within the next (points × steps).
    curve, whole
        Weight at each millisecond, empty for steps, and what each point amounts to at weight 1, as a whole number.
    """

    cutoff: LongArray
    amount: LongArray
    curve: FloatArray
    whole: FloatArray


def worth_of(amount: FloatArray, decay: Decay) -> tuple[Worth, int]:
    """Return amounts as whole numbers of 2^−bits, and the bits."""
    bits = scale_bits(amount)
    whole = np.ldexp(np.asarray(amount, dtype=np.float64), bits)
    steps = np.rint(whole[:, None] * decay.weight).astype(np.int64)
    steps[:, :-1] -= steps[:, 1:].copy()
    return Worth(
        cutoff=decay.cutoff_ms,
        amount=readonly(steps, np.int64),
        curve=decay.curve,
        whole=readonly(whole, np.float64),
    ), bits
