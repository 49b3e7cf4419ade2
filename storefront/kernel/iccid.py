"""ICCIDs (ITU-T E.118): text, never a number; masked wherever people or logs can see them."""

from __future__ import annotations

import re
import unicodedata

from storefront.kernel.errors import Kind, StorefrontError

SHORTEST, LONGEST = 18, 20
_SHAPE = re.compile(rf"89\d{{{SHORTEST - 2},{LONGEST - 2}}}")
_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9][0-9 \-]{16,40}[fF]?(?![0-9A-Za-z])")


class BadNumber(StorefrontError):
    """There is no ICCID in the text; `reason` is one of empty, letters, too_short, too_long, not_89."""

    kind = Kind.REJECTED
    code = "bad_sim_number"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, field="number")
        self.reason = reason


def normalise(text: str) -> str | None:
    """Digits only, a trailing filler F dropped; None unless it starts with 89 and has 18 to 20 digits."""
    plain = re.sub(r"[\s\-]", "", text).rstrip("fF")
    return plain if _SHAPE.fullmatch(plain) else None


def read_number(text: str) -> str:
    """The one ICCID in what a person typed or pasted, digits of any script, words around it allowed.

    Raises `BadNumber`.
    """
    typed = "".join(_plain(char) for char in text[:500]).strip()
    if not typed:
        raise BadNumber("empty")
    whole = normalise(typed)
    if whole is not None:
        return whole
    found = {iccid for run in _RUN.findall(typed) if (iccid := normalise(run)) is not None}
    if len(found) == 1:
        return found.pop()
    digits = re.sub(r"[\s\-]", "", typed).rstrip("fF")
    if not digits.isdigit():
        raise BadNumber("letters")
    if not digits.startswith("89"):
        raise BadNumber("not_89")
    raise BadNumber("too_short" if len(digits) < SHORTEST else "too_long")


def has_check_digit(iccid: str) -> bool:
    """Whether the last digit is the Luhn digit of the others; suppliers print numbers of which it is not."""
    total = 0
    for place, digit in enumerate(reversed(iccid)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def masked(iccid: str) -> str:
    """First and last four digits, for pages and logs: ``8985…1138``."""
    return f"{iccid[:4]}…{iccid[-4:]}"


def _plain(char: str) -> str:
    """A digit of any script as 0 to 9, any dash as a hyphen, any blank as a space."""
    if char.isascii():
        return char
    if (digit := unicodedata.digit(char, None)) is not None:
        return str(digit)
    category = unicodedata.category(char)
    return "-" if category == "Pd" else " " if category.startswith("Z") else "" if category == "Cf" else char
