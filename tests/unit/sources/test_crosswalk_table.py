"""The crosswalk as a bureau writes it: every row usable, and the shares of one old code a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from accessgis.base.errors import DataError
from accessgis.sources.crosswalk import CROSSWALK, read_crosswalk

HEAD = "old_code,new_code,valid_from,population_share\n"


def written(folder: Path, text: str, *, encoding: str = "utf-8-sig") -> Path:
    path = folder / "crosswalk.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_codes_stay_text_and_days_are_days(tmp_path):
    path = written(tmp_path, HEAD + "014,140703,2025年6月1日,0.3333333\n014,140704,2025/6/1,0.6666667\n")
    frame = read_crosswalk(path).value
    CROSSWALK.require(frame)
    assert frame["old_code"].tolist() == ["014", "014"]
    assert set(frame["valid_from"]) == {"2025-06-01"}
    assert frame["population_share"].sum() == 1.0


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("old_code,new_code,valid_from\n1,2,2025-06-01\n", "AG3801", None),
        (HEAD + "1,2,2025-06-01,1\n1,,2025-06-01,1\n", "AG3802", 2),
        (HEAD + "1,2,soon,1\n", "AG3802", 1),
        (HEAD + "1,2,,1\n", "AG3802", 1),
        (HEAD + "1,2,2025-06-01,1.5\n", "AG3802", 1),
        (HEAD + "1,2,2025-06-01,\n", "AG3802", 1),
        (HEAD + "1,2,2025-06-01,0.5\n1,3,2025-06-01,0.4\n", "AG3803", None),
        (HEAD + "1,2,2025-06-01,0.5\n1,3,2025-07-01,0.5\n", "AG3803", None),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, code, row):
    with pytest.raises(DataError) as found:
        read_crosswalk(written(tmp_path, text))
    assert (found.value.code, found.value.place.row) == (code, row)
    assert found.value.message("zh") != found.value.message("en")
