"""Errors that accessgis raises, each with a stable code and a mending step.

::

    AccessGISError            exit 1   AG1xxx   something failed that was not the input's fault
    ├── UsageError            exit 2   AG2xxx   wrong use; invalid study, scenario or standard file (also a ValueError)
    └── DataError             exit 3   AG3xxx   an input file is unusable (also a ValueError)

The words live in ``base/messages/*.toml``, one table per code with ``en``, ``zh``, ``fix_en`` and ``fix_zh``; the
code that raises only gives the code and the values. A :class:`Doubt` (AG9xxx) uses the same catalogue for what is
odd but not wrong: it is counted and printed, and the run goes on.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import ClassVar, Literal, Self, TypeVar

Language = Literal["zh", "en"]
Value = str | int | float | None
V = TypeVar("V", bound=Value)


@cache
def message_catalogue() -> dict[str, dict[str, str]]:
    """Return every message by code: ``{"AG3001": {"en": …, "zh": …, "fix_en": …, "fix_zh": …}}``."""
    merged: dict[str, dict[str, str]] = {}
    folder = resources.files("accessgis.base").joinpath("messages")
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            for code, texts in tomllib.loads(entry.read_text(encoding="utf-8")).items():
                if code in merged:
                    raise RuntimeError(f"message code {code} is defined twice")
                merged[code] = texts
    return merged


_SIGNED = re.compile(r"""(://)[^"'\n]*@|(passw(?:or)?d\s*=\s*)("[^"]*"|'[^']*'|[^\s,;&]+)""", re.IGNORECASE)


def without_passwords(value: V) -> V:
    """Return a value for a message: in text, what stands before ``@`` in an address or after ``password=`` is …."""
    if not isinstance(value, str):
        return value
    return _SIGNED.sub(lambda found: f"{found[1]}…@" if found[1] else f"{found[2]}…", value)  # type: ignore[return-value]


def render(code: str, part: str, values: dict[str, Value]) -> str:
    """Fill the catalogue text ``part`` (``en``, ``zh``, ``fix_en``, ``fix_zh``) of ``code`` with ``values``."""
    return message_catalogue()[code][part].format(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the inputs something is: any part may be unknown."""

    file: str | None = None
    layer: str | None = None
    row: int | None = None
    key: str | None = None

    def words(self, language: Language) -> str:
        """Return the place as ``file · layer · row 3 · key``."""
        parts = [self.file, self.layer, self.row_words(language), self.key]
        return " · ".join(part for part in parts if part)

    def row_words(self, language: Language) -> str:
        """Return ``row 3``, or ``第 3 行``; '' where the row is unknown."""
        if self.row is None:
            return ""
        return f"第 {self.row} 行" if language == "zh" else f"row {self.row}"


class AccessGISError(Exception):
    """Base of all errors that accessgis raises.

    Parameters
    ----------
    code
        Stable code of the message catalogue, such as ``"AG3001"``.
    file, layer, row, key
        Where it happened; ``row`` counts data rows from 1 (the header is row 0).
    **values
        Values that the catalogue text names.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        code: str,
        *,
        file: str | None = None,
        layer: str | None = None,
        row: int | None = None,
        key: str | None = None,
        **values: Value,
    ) -> None:
        self.code = code
        self.place = Place(
            file=None if file is None else without_passwords(file), layer=layer, row=row,
            key=None if key is None else without_passwords(key),
        )  # fmt: skip
        known: dict[str, Value] = {"file": file, "layer": layer, "row": row, "key": key, **values}
        self.values = {name: without_passwords(value) for name, value in known.items()}
        super().__init__(self.message("en"))

    def placed(self, *, file: str | None = None, key: str | None = None) -> Self:
        """Return the same error with the file and key that only the caller knows, where it does not name its own."""
        known = {"file": self.place.file or file, "key": self.place.key or key}
        return type(self)(self.code, **{**self.values, **known})  # type: ignore[arg-type]  # rows are numbers

    def message(self, language: Language) -> str:
        """Return the sentence that says what is wrong."""
        return render(self.code, language, self.values)

    def fix(self, language: Language) -> str:
        """Return the sentence that says how to mend it."""
        return render(self.code, f"fix_{language}", self.values)

    def __str__(self) -> str:
        where = self.place.words("en")
        return f"{self.code}: {self.message('en')}{f' [{where}]' if where else ''} {self.fix('en')}"


class UsageError(AccessGISError, ValueError):
    """Wrong use, or an invalid study, scenario or standard file."""

    exit_code: ClassVar[int] = 2


class DataError(AccessGISError, ValueError):
    """An input file that cannot be used."""

    exit_code: ClassVar[int] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something odd in the inputs that does not stop the run: counted, printed, never silent."""

    code: str
    place: Place = field(default_factory=Place)
    count: int | None = None
    people: float | None = None
    values: dict[str, Value] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        """Return the sentence that says what is odd."""
        known: dict[str, Value] = {
            "file": self.place.file,
            "layer": self.place.layer,
            "row": self.place.row,
            "key": self.place.key,
            "count": self.count,
            "people": self.people,
        }
        return render(self.code, language, known | self.values)
