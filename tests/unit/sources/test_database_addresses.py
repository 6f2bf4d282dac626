from __future__ import annotations

from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.base.errors import AccessGISError, UsageError, without_passwords
from accessgis.sources.database import (
    DatabaseTable,
    Server,
    is_address,
    require_allowed,
    schema_address,
    table_address,
)


@contextmanager
def suppress_refusal():
    told = []
    try:
        yield told
    except AccessGISError as error:
        told += [str(error), error.message("zh"), error.fix("zh"), repr(error.values)]


def code(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        table_address(text, key="areas.path")
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://h/d?table=s.t", DatabaseTable(Server("h", None, "d"), "s", "t")),
        ("postgres://H.example:5433/d?table=t", DatabaseTable(Server("h.example", 5433, "d"), "public", "t")),
        ("POSTGRESQL://h/d?table=t&geometry=g", DatabaseTable(Server("h", None, "d"), "public", "t", "g")),
        ("postgresql://h/d?schema=a.b&table=c.d", DatabaseTable(Server("h", None, "d"), "a.b", "c.d")),
        ("postgresql://[::1]:5432/d?table=t", DatabaseTable(Server("::1", 5432, "d"), "public", "t")),
        ("postgresql://[::1]/d?table=t", DatabaseTable(Server("::1", None, "d"), "public", "t")),
        ("postgresql:///d?table=t", DatabaseTable(Server("", None, "d"), "public", "t")),
        ("postgresql:///?table=t", DatabaseTable(Server("", None, ""), "public", "t")),
        ("postgresql://h/规划?table=模式.卫生室", DatabaseTable(Server("h", None, "规划"), "模式", "卫生室")),
        ("postgresql://h/a%40b?table=a%26b%2Ec.d", None),
        ("postgresql://h/a%40b?table=a%26b%23.d", DatabaseTable(Server("h", None, "a@b"), "a&b#", "d")),
    ],
)
def test_addresses(text, expected):
    if expected is None:
        assert code(text) == "AG2081"
    else:
        assert table_address(text, key="k") == expected


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:p@h/d?table=t",
        "postgresql://u@h/d?table=t",
        "postgresql://u:p/q@h/d?table=t",
        "postgresql://@h/d?table=t",
        "postgresql://h/d?table=t&user=u",
        "postgresql://h/d?table=t&PASSWORD=p",
        "postgresql://h/d?table=t&passfile=p",
        "postgresql://h/d?table=t&service=p",
        "postgresql://h/d?table=t&sslkey=p",
    ],
)
def test_who_signs_in_never_stands_in_an_address(text):
    assert code(text) == "AG2080"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://h/d",
        "postgresql://h/d?table=",
        "postgresql://h/d?table=s.",
        "postgresql://h/d?table=.t",
        "postgresql://h/d?table=a.b.c",
        "postgresql://h/?table=t",
        "postgresql://h?table=t",
        "postgresql://h:x/d?table=t",
        "postgresql://h:99999/d?table=t",
        "postgresql://:5432/d?table=t",
        "postgresql://h,other/d?table=t",
        "postgresql://h%2Fx/d?table=t",
        "postgresql://[::1/d?table=t",
        "postgresql://h/d?table=t#x",
        "postgresql://h/d?table=t&table=u",
        "postgresql://h/d?table=t&sslmode=disable",
        "postgresql://h/d?table=t&options=-c%20x",
        "postgresql://h/d?table=t%00u",
        "postgresql://h/d?table=t\nu",
        "postgresql://h/d?table=%ff",
        "postgresql://h/d?table=" + "表" * 22,
        "postgresql://h/d?table=t&geometry=",
    ],
)
def test_addresses_that_are_not_understood(text):
    assert code(text) == "AG2081"


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_refusal_that_shows_none_of_it(text):
    secret = f"s3cret{text}"
    for address in (f"postgresql://{secret}", f"postgresql://h/d?{secret}", f"postgresql://u:{secret}@h/d?table=t"):
        with suppress_refusal() as told:
            table_address(address, key="k")
        assert "s3cret" not in "".join(told)


def test_targets_name_a_schema():
    assert schema_address("postgresql://h:1/d?schema=结果", key="--to") == (Server("h", 1, "d"), "结果")
    for wrong in ("postgresql://h/d", "postgresql://h/d?schema=", "postgresql://h/d?schema=a&table=b", "h/d?schema=a"):
        with pytest.raises(UsageError, match="AG2081"):
            schema_address(wrong, key="--to")


def test_consent_names_the_server():
    for server, allowed in (
        (Server("h", None, "d"), "H"), (Server("h", 1, "d"), "h:1"), (Server("", None, "d"), "PGHOST"),
        (Server("::1", 5, "d"), "[::1]:5"),
    ):  # fmt: skip
        require_allowed(server, ("other", allowed), key="k")
    for server, allowed in (
        (Server("h", 1, "d"), ("h",)), (Server("h", None, "d"), ("h:5432",)), (Server("", None, "d"), ("", "pghost")),
        (Server("pghost", None, "d"), ("PGHOST",)), (Server("h", None, "d"), ()),
    ):  # fmt: skip
        with pytest.raises(UsageError, match="AG2082"):
            require_allowed(server, allowed, key="k")


def test_what_is_an_address():
    assert [text for text in ("postgresql://x", " Postgres://x", "data/postgresql.gpkg", "PG:dbname=x")
            if is_address(text)] == ["postgresql://x", " Postgres://x"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mysql://u:s3cret@h/d", "mysql://…@h/d"),
        ('path = "postgresql://u:s3c@ret word@h/d"', 'path = "postgresql://…@h/d"'),
        ("PG:host=h password=s3cret dbname=d", "PG:host=h password=… dbname=d"),
        ("PGPASSWORD='s3 cret'", "PGPASSWORD=…"),
        ("data/clinics.csv", "data/clinics.csv"),
        (7, 7),
        (None, None),
    ],
)
def test_messages_hide_passwords(text, shown):
    assert without_passwords(text) == shown


def test_every_error_hides_passwords():
    error = UsageError("AG2011", file="postgres://u:s3cret@h", key="password=s3cret", path="x://s3cret@h")

    assert "s3cret" not in str(error) + repr(error.values) + repr(error.place)
