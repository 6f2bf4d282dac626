"""The study file: every way it can be wrong gives one sentence that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from accessgis.base.errors import DataError, UsageError
from accessgis.study.model import read_study

GOOD = """
[study]
name = "县"
code = "149921"
data_date = 2025-12-31
[roads]
path = "roads.osm.pbf"
[population]
total = "total.tif"
"""


def write(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "study.toml"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_minimal_study_has_the_documented_defaults(tmp_path: Path, encoding: str) -> None:
    study = read_study(write(tmp_path, GOOD, encoding=encoding))
    assert study.file.study.margin_km == 10.0
    assert study.file.network.snap_limit_m == 2000.0
    assert study.file.population.basis == "resident"


@pytest.mark.parametrize(
    ("change", "code", "key"),
    [
        (("[roads]", "[raods]"), "AG2005", "raods"),
        (('name = "县"', 'name = "县"\ncolour = "red"'), "AG2005", "study.colour"),
        (('code = "149921"', "code = 149921"), "AG2007", "study.code"),
        (("data_date = 2025-12-31\n", ""), "AG2006", "study.data_date"),
        (("data_date = 2025-12-31", 'data_date = "2025-12-31"'), "AG2007", "study.data_date"),
        (("[population]", "[network]\nsnap_limit_m = -5\n[population]"), "AG2007", "network.snap_limit_m"),
        (('total = "total.tif"', 'total = "total.tif"\npeople = 5000'), "AG2008", "population"),
        (('total = "total.tif"', ""), "AG2008", "population"),
        (('total = "total.tif"', "people = 5000"), "AG2008", "population"),
        (('total = "total.tif"', 'total = "t.tif"\ngroups = { elderly = "e.tif" }'), "AG2005", "population.groups.elderly"),  # noqa: E501
        (("[population]", '[[facilities]]\nkind = "village_clinic"\n[population]'), "AG2008", "facilities[1]"),
        (("[population]", '[[facilities]]\npath = "a.csv"\ndatum = "wgs-84"\n[population]'), "AG2007", "facilities[1].datum"),  # noqa: E501
        (("[population]", '[[targets]]\nrule = "a/b"\nshare = 95\nbasis = "x"\n[population]'), "AG2007", "targets[1].share"),  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], code: str, key: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(UsageError) as caught:
        read_study(write(tmp_path, GOOD.replace(*change)))
    assert caught.value.code == code
    assert caught.value.place.key == key
    assert caught.value.message("zh") != caught.value.message("en")


def test_an_unknown_key_names_the_one_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_study(write(tmp_path, GOOD.replace("name =", "nmae =")))
    assert "name" in caught.value.fix("en")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xff\xfe[\x00", "AG2003"), ("[study]\nname = “县”\n".encode(), "AG2012"), (b"#" * 1_000_001, "AG2002")],
)
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_study(path)
    assert caught.value.code == code


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="AG2001"):
        read_study(tmp_path / "none.toml")


def test_inputs_outside_the_folder_need_leave(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.tif").write_bytes(b"")
    text = GOOD.replace("total.tif", "../secret.tif")
    study = read_study(write(tmp_path / "inside", text))
    with pytest.raises(UsageError, match="AG2011"):
        study.locate("../secret.tif", key="population.total")
    free = read_study(tmp_path / "inside" / "study.toml", allow_outside=True)
    assert free.locate("../secret.tif", key="population.total") == (tmp_path / "secret.tif").resolve()
    with pytest.raises(DataError, match="AG3001"):
        study.locate("absent.tif", key="population.total")
