"""How names are compared and written into addresses: without accents, without case, with typing errors counted."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
_GAPS = re.compile(r"[^a-z0-9]+")


def fold(text: str) -> str:
    """Lower case, accents dropped, everything else a single space: ``Côte d'Ivoire`` becomes ``cote d ivoire``."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _GAPS.sub(" ", plain).strip()


def slug(text: str) -> str:
    """A part of an address: ``Côte d'Ivoire`` becomes ``cote-d-ivoire``; empty when nothing Latin is left."""
    return fold(text).replace(" ", "-")


def distance(left: str, right: str, *, most: int) -> int:
    """Typing errors between two words (wrong, missing, extra or swapped letters); ``most + 1`` when there are more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        next_row = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, next_row[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            next_row.append(cost)
        if min(next_row) > most:
            return most + 1
        before, row = row, next_row
    return min(row[-1], most + 1)
