"""What belongs to a person is left out at the door: telephone and identity numbers, and columns named for them.

Nothing here is needed to judge a plan, and no output may hold it. The values are never printed: a doubt counts them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable
from functools import cache
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.errors import Doubt, Place
from accessgis.base.files import packaged_toml

LEFT_OUT = "personal_columns"
"""Key of a frame's attributes: the names of the columns left out, for whoever asks for one."""
HIDDEN = "…"
"""What stands in place of a number inside other words."""

_MOBILE = re.compile(r"(?<![\d.])(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\.?\d)", re.ASCII)
_IDENTITY = re.compile(r"(?<![\d.])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx](?!\w)")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SHARED_DIGITS = 6
"""Numbers that all begin with the same six digits are codes of one county, not telephones."""
_FEW = 3

Frame = TypeVar("Frame", bound=pd.DataFrame)


def without_personal(frame: Frame, *, label: str) -> tuple[Frame, tuple[Doubt, ...]]:
    """Return a frame without columns and numbers that belong to persons, and doubts that count them.

    A column goes when its name says what it holds, or when at least half of its filled cells hold a mobile telephone
    number (11 digits) or an identity number (18 characters whose last checks the others). In other columns such
    numbers are hidden where they stand among words, as in a name followed by a telephone number.

    Parameters
    ----------
    frame
        Table or layer as read; not changed.
    label
        File, for messages.
    """
    left_out: list[Hashable] = []
    changed: dict[Hashable, pd.Series] = {}
    hidden = 0
    for column in frame.columns:
        if str(frame[column].dtype) == "geometry":
            continue
        if is_personal(str(column)):
            left_out.append(column)
            continue
        words = _words(frame[column])
        found = _holding(words)
        if not found.any() or _are_codes(words[found], str(column)):
            continue
        filled = words != ""
        if 2 * int(found.sum()) >= int(filled.sum()):
            left_out.append(column)
            continue
        bare = np.array([word.isdigit() for word in words.tolist()], dtype=bool)
        # A few bare numbers in a column of numbers are ids or amounts.
        among = found & ~bare if 2 * int(bare.sum()) >= int(filled.sum()) else found
        if among.any():
            hidden += int(among.sum())
            changed[column] = _hiding(frame[column], among)
    if not left_out and not changed:
        return frame, ()
    kept: Frame = frame.assign(**{str(name): series for name, series in changed.items()}).drop(columns=left_out)
    kept.attrs[LEFT_OUT] = tuple(str(name) for name in left_out)
    return kept, _doubts(left_out, hidden, label=label)


def is_personal(column: str) -> bool:
    """Return whether the name of a column says that it holds what belongs to a person."""
    name = "".join(_text(column).casefold().split())
    names, words = _named()
    return name in names or any(word in name for word in words)


def is_identity_number(text: str) -> bool:
    """Return whether a text is an identity number: a date of birth in its place, and a last character that checks."""
    if not _IDENTITY.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == text[-1].upper()


def _doubts(left_out: list[Hashable], hidden: int, *, label: str) -> tuple[Doubt, ...]:
    doubts = []
    place = Place(file=label)
    if left_out:
        names = ", ".join(_safe_name(str(name)) for name in left_out)
        doubts.append(Doubt(code="AG9050", place=place, count=len(left_out), values={"columns": names}))
    if hidden:
        doubts.append(Doubt(code="AG9051", place=place, count=hidden))
    return tuple(doubts)


def _safe_name(column: str) -> str:
    """Return the name of a column; a file without a header row may hold numbers there too."""
    return _without_numbers(_text(column))[:60]


def _words(series: pd.Series) -> NDArray[np.object_]:
    """Return the cells as plain text; '' for those that cannot hold such a number."""
    words = np.full(len(series), "", dtype=object)
    if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_datetime64_any_dtype(series.dtype):
        return words
    if pd.api.types.is_numeric_dtype(series.dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        whole = np.isfinite(values) & (np.abs(values) < 1e18)
        whole[whole] = values[whole] == np.floor(values[whole])
        words[whole] = [str(int(value)) for value in series[whole].tolist()]
        return words
    words[:] = [_text(value) for value in series.tolist()]
    return words


def _text(value: object) -> str:
    """Return a cell or a name without blanks at its ends, full-width digits made plain."""
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""


def _holding(words: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which words hold a telephone or identity number; each different word is looked at once."""
    number, different = pd.factorize(words)
    return np.array([_holds(word) for word in different], dtype=bool)[number]


def _holds(word: str) -> bool:
    return bool(_MOBILE.search(word)) or any(is_identity_number(match[0]) for match in _IDENTITY.finditer(word))


def _are_codes(words: NDArray[np.object_], column: str) -> bool:
    """Return whether numbers are those of things: ids of OpenStreetMap, or a county's codes with one beginning."""
    if _text(column).casefold() in packaged_toml("accessgis.sources.data", "personal.toml")["numbers"]:
        return True
    distinct = set(words.tolist())
    plain_numbers = all(word.isdigit() and len(word) == 11 for word in distinct)
    return plain_numbers and len(distinct) >= _FEW and len({word[:_SHARED_DIGITS] for word in distinct}) == 1


def _hiding(series: pd.Series, among: NDArray[np.bool_]) -> pd.Series:
    cells = [_without_numbers(_text(cell)) if here else cell for cell, here in zip(series.tolist(), among, strict=True)]
    return pd.Series(cells, index=series.index, dtype=series.dtype, name=series.name)


def _without_numbers(text: str) -> str:
    text = _IDENTITY.sub(lambda match: HIDDEN if is_identity_number(match[0]) else match[0], text)
    return _MOBILE.sub(HIDDEN, text)


@cache
def _named() -> tuple[frozenset[str], tuple[str, ...]]:
    told = packaged_toml("accessgis.sources.data", "personal.toml")
    return frozenset(_text(name).casefold() for name in told["columns"]), tuple(told["words"])
