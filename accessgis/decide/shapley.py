"""Who contributed how much to a change that several things made together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial


def shapley(values: Mapping[frozenset[str], float], inputs: Sequence[str]) -> dict[str, Fraction]:
    """Return the mean contribution of each input over all orders in which the inputs may change.

    The contributions sum exactly to the change from the value without any of them to that with all; an input that
    changes no value contributes 0.

    Parameters
    ----------
    values
        Value of every subset of the inputs that has changed, all of them finite.
    inputs
        Names of the inputs.

    References
    ----------
    L. S. Shapley (1953), A value for n-person games, Contributions to the Theory of Games II, 307–317.
    """
    exact = {subset: Fraction(value) for subset, value in values.items()}
    found = {}
    for name in inputs:
        others = [other for other in inputs if other != name]
        total = Fraction(0)
        for size in range(len(inputs)):
            weight = Fraction(factorial(size) * factorial(len(others) - size), factorial(len(inputs)))
            for subset in combinations(others, size):
                total += weight * (exact[frozenset({*subset, name})] - exact[frozenset(subset)])
        found[name] = total
    return found
