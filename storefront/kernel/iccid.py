"""ICCIDs (ITU-T E.118): text, never a number; masked wherever people or logs can see them."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"89\d{16,18}")


def normalise(text: str) -> str | None:
    """Digits only, a trailing filler F dropped; None unless it starts with 89 and has 18 to 20 digits."""
    plain = re.sub(r"[\s\-]", "", text).rstrip("fF")
    return plain if _SHAPE.fullmatch(plain) else None


def masked(iccid: str) -> str:
    """First and last four digits, for pages and logs: ``8985…1138``."""
    return f"{iccid[:4]}…{iccid[-4:]}"
