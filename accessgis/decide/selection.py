"""Which facilities a change means: those of a kind that pass a test such as ``beds < 40 and occupancy < 0.5``."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.errors import UsageError
from accessgis.standards.marks import CAPACITIES, DERIVED, mark_ids

BoolArray = NDArray[np.bool_]

TEXT_COLUMNS = ("facility_id", "name", "status", "ownership", "placement", "site_id", "county", "township", "village")
"""Texts of a facility that a test may name; its numbers are capacities, marks and occupancy."""
LONGEST = 1000
"""Characters of a test: what is longer was not written by hand."""

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_EQUALITY = (ast.Eq, ast.NotEq)


def passing_rows(frame: pd.DataFrame, where: str) -> BoolArray:
    """Return which facilities pass a test.

    Parameters
    ----------
    frame
        Schema :data:`accessgis.layers.facilities.FACILITIES` with its capacities and marks.
    where
        Columns compared with numbers or texts in quotes (``<``, ``<=``, ``>``, ``>=``, ``==``, ``!=``, ``in [...]``),
        joined by ``and``, ``or``, ``not`` and brackets; a mark alone asks for yes. The text is parsed, never run.

    Returns
    -------
    ndarray of bool
        A value that is unknown neither passes nor fails a comparison, and an unknown test passes nobody (Kleene's
        three-valued logic).

    Raises
    ------
    UsageError
        AG2530 it is no such test, AG2531 it names what the facilities of this study do not have.
    """
    try:
        tree = ast.parse(where.strip(), mode="eval") if len(where) <= LONGEST else None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError("AG2530", value=where[:LONGEST], part=where[:LONGEST]) from error
    if tree is None:
        raise UsageError("AG2530", value=f"{where[:60]}…", part="…")
    found = _Test(frame, where).truth(tree.body)
    return found.fillna(False).to_numpy(dtype=bool)


class _Test:
    """One test over the facilities of a frame."""

    def __init__(self, frame: pd.DataFrame, text: str) -> None:
        self.frame = frame
        self.text = text

    def truth(self, node: ast.expr) -> pd.Series:
        """Return the truth of a test at every facility, unknown where it is not known."""
        if isinstance(node, ast.BoolOp):
            result, *others = [self.truth(part) for part in node.values]  # noqa: PD011  of a syntax tree
            for other in others:
                result = result & other if isinstance(node.op, ast.And) else result | other
            return result
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.truth(node.operand)
        if isinstance(node, ast.Compare):
            return self._compared(node)
        if isinstance(node, ast.Name) and node.id in mark_ids():
            return self._column(node).gt(0).astype("boolean")
        raise self._no_test(node)

    def _compared(self, node: ast.Compare) -> pd.Series:
        if len(node.ops) != 1:
            raise self._no_test(node)
        op, right = node.ops[0], node.comparators[0]
        values = self._column(node.left)
        if isinstance(op, (ast.In, ast.NotIn)):
            if not isinstance(right, (ast.List, ast.Tuple)) or not right.elts:
                raise self._no_test(right)
            inside = values.isin([self._constant(one, values) for one in right.elts]).astype("boolean")
            inside = inside.mask(values.isna())
            return inside if isinstance(op, ast.In) else ~inside
        if type(op) not in _COMPARE or (values.dtype == "string" and not isinstance(op, _EQUALITY)):
            raise self._no_test(node)
        found: pd.Series = _COMPARE[type(op)](values, self._constant(right, values)).astype("boolean")
        return found

    def _column(self, node: ast.expr) -> pd.Series:
        """Return a column, unknown where it is blank."""
        if not isinstance(node, ast.Name):
            raise self._no_test(node)
        name, frame = node.id, self.frame
        if name == "occupancy" and {"beds", "residents"} <= set(frame.columns):
            beds = frame["beds"].to_numpy(dtype=np.float64)
            full = frame["residents"].to_numpy(dtype=np.float64)
            rate = np.divide(full, beds, out=np.full(len(frame), np.nan), where=beds > 0)
            return _numbers(rate, frame.index)
        if name in TEXT_COLUMNS:
            texts = frame[name].astype("string")
            return texts.mask(texts == "")
        numbers = [one for one in (*CAPACITIES, *mark_ids()) if one in frame.columns]
        if name not in numbers:
            known = [*TEXT_COLUMNS, *numbers, *DERIVED] if "beds" in numbers else [*TEXT_COLUMNS, *numbers]
            raise UsageError("AG2531", value=name, known=", ".join(known))
        return _numbers(frame[name].to_numpy(dtype=np.float64), frame.index)

    def _constant(self, node: ast.expr, values: pd.Series) -> object:
        """Return a number for a column of numbers, a text for one of texts."""
        sign = 1.0
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            node, sign = node.operand, -1.0
        value = node.value if isinstance(node, ast.Constant) else None
        if values.dtype == "string" and isinstance(value, str) and sign > 0:
            return value
        if values.dtype != "string" and isinstance(value, (int, float)) and not isinstance(value, bool):
            return sign * float(value)
        raise self._no_test(node)

    def _no_test(self, node: ast.expr) -> UsageError:
        part = ast.get_source_segment(self.text.strip(), node) or self.text
        return UsageError("AG2530", value=self.text, part=part)


def _numbers(values: NDArray[np.float64], index: pd.Index) -> pd.Series:
    """Return numbers as a column that knows which of them are unknown."""
    unknown = np.isnan(values)
    return pd.Series(np.where(unknown, 0.0, values), index=index).astype("Float64").mask(unknown)
