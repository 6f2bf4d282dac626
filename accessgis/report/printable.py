"""Text as files of office programs may hold it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_NO_CHARACTERS = frozenset("\ufffe\uffff")
"""What XML does not allow beside control characters."""


@lru_cache(maxsize=8192)
def printable(text: str, *, lines: bool = True) -> str:
    """Return text without control characters and halves of characters; ends of lines stay where ``lines`` is set."""
    return "".join(
        char
        for char in text
        if (lines and char == "\n") or (unicodedata.category(char) not in ("Cc", "Cs") and char not in _NO_CHARACTERS)
    )
