"""The JSON of results is that of the standard encoder, byte for byte."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.report.tables import plain, to_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_any_document_reads_as_the_standard_encoder_writes_it(value):
    wanted = json.dumps(plain(value), ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
    assert to_json(value) == wanted


def test_what_json_does_not_know_is_null_or_a_number():
    values = {"b": np.float64("nan"), "a": (np.int64(3), np.bool_(True), dt.date(2025, 12, 31)), "c": [1e-7, 2.0, {}]}
    assert json.loads(to_json(values)) == {"a": [3, True, "2025-12-31"], "b": None, "c": [1e-7, 2, {}]}


def test_what_is_no_json_is_refused():
    with pytest.raises(TypeError):
        to_json({"a": object()})
