"""Text in a table for a spreadsheet."""

from __future__ import annotations


def plain_text(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t" and text else text
